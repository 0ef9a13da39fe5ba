# made by tools/make_stubs.py: do not edit
__all__ = ['BUTTONS', 'SPECIAL', 'WORDS', 'CROP_WITH_COMMAS', 'CAMERAS_HELP', 'SHAPES', 'LARGEST', 'KEY_HELP', 'jog_lead', 'TwinOperator', 'recording_features', 'used_views', 'check_kept_views', 'other_views', 'keep_views', 'Recorder', 'Timing', 'timing', 'replay', 'check_motors', 'check_camera', 'check_loop', 'check_pose', 'preflight', 'recorder_html', 'jpeg', 'record_panel', 'key_orders', 'CameraWords', 'camera_words', 'open_cameras', 'as_size', 'record_twin', 'record_cli', 'replay_cli', 'find_cameras_cli']
import contextlib, html, io, json, re, threading, time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
import numpy as np
from fastcore.basics import patch
from fastcore.script import call_parse
from PIL import Image
from tqdm.auto import tqdm
from ..setup_check import Check, Checks, check_disk
from ..data.dataset import LeRobotDataset
from ..files import write_durable
from ..data.writer import DatasetWriter, JOINTS, json_bytes, so101_features
from ..sim.twin import HOME, SO101Env, mujoco
from ..sim.demonstrator import Demonstrator
from ..sim.demonstrations import EVAL_SEED0, Ledger, record
from .wire import ManualClock
from .bus import BusError
from .ports import need_port, terminal
from .calibration import Keyboard, UNITS
from .so101 import NotSafe, SO101, Stopped, ctrl_c_stops, unbroken
from .jog import Jogger, at_once
from .teleoperation import StopKey, gentle_end, press_stop, status_line
from smolvla.arm.cameras import CameraLost, TwinCamera, View, Webcam, check_views, cut, find_cameras, fit_views, twin_views, usual_views

def jog_lead(jogger):
    """Follow what keys, sliders or a gamepad say (chapter 13)."""
    ...

class TwinOperator:
    """Stands in for the person at the leader arm: plans in the twin's scene, and lays out the next one."""

    def __init__(self, arm: SO101):
        ...

    def __call__(self) -> np.ndarray | None:
        ...

    @property
    def success(self) -> bool:
        ...

    def new_scene(self, seed: int, say: str | None=None) -> str:
        """Put the things somewhere else; the arm stays where it is."""
        ...

def recording_features(cameras: dict) -> dict:
    """Chapter 01's SO-101 features, the wall clock (seconds since 1970), and the age of each picture (seconds)."""
    ...

def used_views(cameras: dict) -> dict:
    """Source, size that comes (height, width), view and light of each webcam."""
    ...

def _kept(root):
    """What meta/recording.json holds, or an empty beginning."""
    ...

def check_kept_views(root, cameras: dict):
    """ValueError when this set was recorded with another part of a camera's picture."""
    ...

def other_views(root, cameras: dict) -> list[str]:
    """Does a camera show the part of its picture that it showed when the data were recorded?"""
    ...

def keep_views(root, cameras: dict):
    """Write into meta/recording.json how each webcam is used."""
    ...

class Recorder:
    """Episodes from an arm, its cameras, and whoever leads. `run()` or `go()`, and orders from buttons or keys meanwhile."""

    def __init__(self, root, arm: SO101, cameras: dict, lead, task: str, fps: int=30, seconds: float=60.0):
        ...

    def say(self, what):
        ...

    def order(self, what):
        ...

    def _obey(self):
        """Take up the orders that fit the mode; the others are said and forgotten."""
        ...

    def _save(self, work, word):
        """Let the saver work; the arm goes on meanwhile."""
        ...

    def _saved(self):
        """Has the saver finished? A disk that is full keeps the episode in memory, and in mode held."""
        ...

    def _hold(self, why):
        """Something is missing: no more frames, until a person has looked."""
        ...

    def _reset(self):
        """After a stop: look at the arm again, then come slowly to where the leader is."""
        ...

    def approach(self):
        """Torque on, and slowly to the leader's pose, a distant one from above, so that nobody needs to hold both arms alike."""
        ...

    def _drive(self) -> tuple:
        """One tick of the arm: where it was when the goal was written, and the goal."""
        ...

    def tick(self):
        """One control step: orders, the arm, the pictures, and a frame when recording."""
        ...

    def run(self, seconds: float | None=None, until=lambda: False):
        """Tick with absolute deadlines; a free arm waits for the order `reset`. A tick that comes more than one period late is skipped, and counted."""
        ...

    def go(self) -> 'Recorder':
        """Run in a thread, for a panel of buttons."""
        ...

    def close(self):
        """Stop the thread, wait for the saver, free the data set. A person's unfinished episode is saved; raises OSError when the disk refuses."""
        ...

    def _close(self):
        ...

    def __enter__(self):
        ...

    def __exit__(self, *_):
        ...

    def episode(self, operator: TwinOperator, seed: int, say: str | None=None) -> bool:
        """One unattended episode of the twin, from the home pose: a folded arm would unfold through the cubes."""
        ...

@dataclass
class Timing:
    """How even an episode is."""
    frames: int
    fps: float
    skipped: int
    worst_ms: float
    repeated: dict
    oldest_ms: dict

    def problems(self, fps=30) -> list[str]:
        ...

def timing(ds: LeRobotDataset, episode: int) -> Timing:
    """From the wall clock and the ages of the pictures. Raises ValueError for a set that does not have them."""
    ...

def replay(arm: SO101, ds: LeRobotDataset, episode: int=0, each=None) -> np.ndarray:
    """Send the actions of an episode at its own rate. Raises ValueError for other joints or units."""
    ...

def check_motors(arm: SO101) -> Checks:
    """Port, motors, calibration: what chapter 13's gate asks, as a page."""
    ...

def check_camera(cam) -> Check:
    """Its rate, its size, and whether anything is to be seen."""
    ...

def check_loop(arm: SO101, cameras: dict, fps: int=30, seconds: float=2.0) -> Check:
    """The recording loop without moving anything: reads the joints and every picture at the rate of a recording."""
    ...

def check_pose(leader: SO101, arm: SO101) -> Check:
    """How far the two arms are apart."""
    ...

def preflight(arm: SO101, cameras: dict, root, leader: SO101 | None=None, wanted: dict | None=None, fps: int=30) -> Checks:
    """The page before a lesson. Moves nothing."""
    ...

def recorder_html(rec: Recorder) -> str:
    """What the recorder is doing, for people."""
    ...

def jpeg(picture, quality=80) -> bytes:
    ...
BUTTONS = {'begin': 'start episode', 'keep': 'keep it', 'again': 'do it again', 'undo': 'take back the last', 'reset': 'look and reset', 'end': 'end'}

def record_panel(rec: Recorder, run: bool=True):
    """STOP, the orders, the sentence, the pictures. Its `.refresh()` draws what is now."""
    ...

def _refresh(rec, views, status):
    ...

def _keep_fresh(rec, panel):
    ...

def key_orders(pressed: str, mode: str) -> tuple[list, str]:
    """Right arrow: begin or keep. Left arrow: again. Backspace: undo. ENTER: reset. ESC: end. Unknown special keys do nothing."""
    ...
SPECIAL = {**dict.fromkeys(('\x1b[C', '\x1bOC', 'àM', '\x00M'), 'next'), **dict.fromkeys(('\x1b[D', '\x1bOD', 'àK', '\x00K'), 'again'), **dict.fromkeys(('\x7f', '\x08'), 'undo'), '\n': 'reset', '\x1b': 'end'}

def _listen(rec, keys, jog):
    """In a thread of its own, so that SPACE counts also while the arm approaches."""
    ...

def _enough(rec, episodes):
    """A line that says how it is going; True when the set is large enough."""
    ...
WORDS = ('zoom', 'crop', 'rotate', 'capture')
CROP_WITH_COMMAS = '(crop\\s*=\\s*\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)(?=\\s*(?:,|$))'
CAMERAS_HELP = 'write slot=source for each, with different slots, for example overhead=/dev/video0,wrist=/dev/video2'

def _four(text):
    ...
SHAPES = {'zoom': ('\\d+(\\.\\d*)?', float, 'zoom=1.5'), 'rotate': ('\\d+', int, 'rotate=180'), 'crop': ('\\d+(:\\d+){3}', _four, 'crop=160:0:320:480')}

@dataclass
class CameraWords:
    """What a person wrote about one camera."""
    slot: str
    source: str
    words: dict

    @property
    def view(self) -> View:
        ...

    @property
    def capture(self) -> tuple | None:
        ...

def camera_words(text: str) -> list[CameraWords]:
    """Slots, sources and the words behind them. Raises ValueError for text that is none of this."""
    ...

def _add_word(found, piece, key, value):
    ...

def _new_camera(found, slot, source):
    ...

def _webcam(c, size):
    """A camera as its words want it, not yet open."""
    ...

def _inside(c, asked):
    ...

def _large_enough(cam):
    """A camera that sends less than what is to be recorded is refused; a zoom may enlarge."""
    ...

def open_cameras(text: str, arm: SO101, size: tuple=(480, 640)) -> dict:
    """Open all. ValueError for text that is not understood, CameraLost for a camera without answer."""
    ...

def _twin_cameras(cams, arm, size):
    ...
LARGEST = (2160, 3840)

def as_size(text: str) -> tuple:
    """640x480, as people write it."""
    ...

def _left_out(rec, run, save):
    """The attempt failed; Stopped when somebody, or a fault, has stopped the arm: that is no failure of the scene."""
    ...

def record_twin(rec: Recorder, operator: TwinOperator, episodes: int, seed: int=0, say: str | None=None) -> int:
    """Unattended demonstrations through bus, driver and cameras. A second call adds what is missing."""
    ...

def _accept(reason, *arms):
    """Say where it is kept."""
    ...

def _usual(root):
    """What the cameras saw in the episodes that are there already, or None."""
    ...

def _record_arm(port, leader, cameras, say, out, episodes, seconds, size, task, seed, ids, kind, fold=False, accept='', volts=0.0):
    """One recording session; returns the recorder's last words."""
    ...
KEY_HELP = 'RIGHT begin an episode, keep it   LEFT do it again   BACKSPACE take back the last   SPACE = STOP   ENTER look and reset   ESC end'

@call_parse
def record_cli(task: str='pick_place', episodes: int=20, out: str=None, seed: int=0, noise: float=0.0, speed: float=1.5, workers: int=2, randomize: bool=False, port: str='', leader: str='', cameras: str='overhead,wrist', say: str=None, seconds: float=60.0, size: str='640x480', id: str='arm', leader_id: str='leader', kind: str='so101', fold: bool=False, accept: str='', volts: float=0.0):
    """Record demonstrations as a LeRobot v3.0 data set: without --port quickly in the simulator, with --port on an arm. What is saved survives anything.
    Example: smolvla_record --task pick_place,sorting --episodes 20 --out outputs/data/mixed --noise 1.5
    Example: smolvla_record --port /dev/ttyACM0 --leader /dev/ttyACM1 --cameras overhead=/dev/video0,wrist=/dev/video2 --say 'put the red cube in the left box' --out outputs/data/boxes
    Example: smolvla_record --port twin --task sorting --episodes 3 --size 128x128"""
    ...

def _wanted_views(like):
    """The views to compare with: none, the twin's, or those of a data set."""
    ...

def _fitting_words(found, wanted):
    """Say what fits, and the words for --cameras."""
    ...

@call_parse
def replay_cli(data: str, episode: int=0, port: str='', id: str='arm', kind: str='so101', fold: bool=False, volts: float=0.0):
    """Send the actions of a recorded episode to an arm, beginning slowly. SPACE and Ctrl-C are STOP: the arm freezes and sinks.
    Example: smolvla_replay outputs/data/boxes --episode 3 --port /dev/ttyACM0"""
    ...

@call_parse
def find_cameras_cli(out: str='outputs/cameras', like: str=''):
    """List the cameras with their stable paths and save a picture of each. Look at the pictures.
    Example: smolvla_find_cameras
    Example: smolvla_find_cameras --like twin"""
    ...
