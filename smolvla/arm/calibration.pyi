# made by tools/make_stubs.py: do not edit
__all__ = ['UNITS', 'LOW', 'HIGH', 'USUAL', 'ROLES', 'JointCalibration', 'Calibration', 'Finding', 'usual_span', 'check_arm', 'CalibrationDiffers', 'calibration_folder', 'calibration_paths', 'load_calibration', 'find_calibration', 'find_calibration_file', 'about_calibration', 'accept_findings', 'accepted_findings', 'Calibrating', 'push', 'misfits', 'pull', 'calibration_panel', 'TwinHand', 'keep_calibration', 'Keyboard', 'calibrate_arm', 'calibrate_cli', 'write_file']
import html, json, os, re, select, sys, threading
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
import numpy as np
from fastcore.basics import patch
from fastcore.script import call_parse
from ..files import write_durable
from ..data.writer import JOINTS, json_bytes
from ..sim.twin import HOME, JOINT_RANGE, to_radians, to_units
from .wire import ManualClock, TICKS
from .bus import Bus, BusError, PortLost, check_volts, nominal_volts
from .virtual import SPANS, TRIGGER, VirtualBus, twin_bus
from .faults import _cure
from .ports import ask, need_port, terminal
UNITS = ['degrees'] * 5 + ['percent']
LOW, HIGH = to_units(JOINT_RANGE.T)

@dataclass(frozen=True)
class JointCalibration:
    """One joint of LeRobot's file."""
    id: int
    drive_mode: int
    homing_offset: int
    range_min: int
    range_max: int

class Calibration(dict):
    """Joint -> JointCalibration, the content of LeRobot's calibration file."""

    @property
    def lo(self):
        ...

    @property
    def hi(self):
        ...

    def units(self, ticks) -> np.ndarray:
        """LeRobot's DEGREES for five joints, RANGE_0_100 for the gripper."""
        ...

    def ticks(self, values) -> np.ndarray:
        """The inverse of `units`, rounded to a tick and kept inside a turn."""
        ...

    def findings(self, role: str | None=None, kind: str | None=None) -> list[Finding]:
        """What looks wrong: impossible numbers, offsets near their end, spans unlike those of other arms."""
        ...

    def diff(self, other) -> list[tuple]:
        """Where two calibrations differ."""
        ...

    def unlike(self, motors) -> list[tuple]:
        """`diff` with what motors hold: they have no place for drive_mode."""
        ...

    def save(self, path: Path, overwrite: bool=False, **about) -> Path:
        """Write LeRobot's file, and beside it the units. Raises CalibrationDiffers instead of replacing another one."""
        ...

class Finding(str):
    """A sentence about a calibration. `level`: unusual is only said; doubtful stops a command until a person accepts it; impossible is refused."""
    level = 'unusual'

def _finding(level, text):
    ...
USUAL = {'shoulder_pan': (2100, 2900), 'shoulder_lift': (2100, 2600), 'elbow_flex': (2000, 2450), 'wrist_flex': (2050, 2550), 'wrist_roll': (3400, TICKS - 1), 'gripper': (1250, 1750)}

def usual_span(joint: str, role: str | None=None, kind: str | None=None) -> tuple[int, int]:
    """What is usual for this joint."""
    ...

def _joint_findings(j, c, lo, hi):
    """Of one joint; `lo` to `hi` is its usual span."""
    ...
ROLES = {'follower': 'robots', 'leader': 'teleoperators'}

def check_arm(role, kind):
    """ValueError for a role or a kind of arm that does not exist."""
    ...

class CalibrationDiffers(ValueError):
    """A calibration would replace another one; the message shows how they differ."""

def calibration_folder() -> Path:
    """LeRobot's: HF_LEROBOT_CALIBRATION, or calibration/ in its home in the Hugging Face cache."""
    ...

def calibration_paths(id: str, role: str='follower', kind: str='so101', folder: Path | None=None) -> list[Path]:
    ...

def load_calibration(path: Path) -> Calibration:
    """Read and check one. Raises ValueError that names what is wrong."""
    ...

def _whole(name, v):
    """An integer, also when it is written as 3.0 or as text."""
    ...

def find_calibration(id, role='follower', kind='so101', folder=None) -> tuple[Calibration | None, Path]:
    """Look in the new place and in the old ones."""
    ...

def find_calibration_file(id, role='follower', kind='so101', folder=None) -> Path:
    """The first that is there, or where it would be."""
    ...

def _now():
    ...

def _about(path):
    ...

def _against_file(cal, path, overwrite) -> str:
    """A line for each difference; a file that cannot be read differs altogether."""
    ...

def about_calibration(path: Path) -> dict:
    """What is noted beside it, {} when there is nothing that can be read."""
    ...

def accept_findings(path: Path, found: list, reason: str) -> Path:
    """A person vouches for what is doubtful. Other numbers later make another finding, and must be accepted anew."""
    ...

def _reason(reason):
    ...

def accepted_findings(path) -> set:
    """What has been accepted for this calibration."""
    ...

class Calibrating:
    """LeRobot's calibration in steps: `middle`, then `watch` while somebody sweeps the joints, then `finish`. Notes make it resumable."""

    def __init__(self, bus: Bus, notes: Path | None=None, role: str='follower', kind: str='so101'):
        ...

    def _note(self):
        ...

    def middle(self) -> dict:
        """Call this with every joint near the middle of its motion. Raises ValueError when an offset cannot be stored."""
        ...

    def _free(self, offsets):
        """No torque, feedback within one turn, no limits, these offsets; written only where it differs."""
        ...

    def look(self) -> dict:
        """One reading while the joints are swept; call it at least 20 times a second. Up to ten lost ones in a row are bridged."""
        ...

    def watch(self, seconds: float, hz: float=50, show=None):
        """Look for a while, and note the result."""
        ...

    def share(self, j) -> float:
        """How much of a measured arm's span this joint has covered."""
        ...

    def bars(self) -> str:
        """A bar for each joint: the swept range, where the joint is, and what is still missing."""
        ...

    def text(self, width=48) -> str:
        """The same for a terminal: = is swept, | is where the joint is."""
        ...

    def result(self, least: float=0.5) -> Calibration:
        """Offsets and ranges seen so far. Raises ValueError while a joint is missing."""
        ...

    def finish(self, least: float=0.5) -> Calibration:
        """Write the result into the motors, each register read back, and return it."""
        ...
_CELLS = {'homing_offset': 'Homing_Offset', 'range_min': 'Min_Position_Limit', 'range_max': 'Max_Position_Limit'}

def push(bus: Bus, cal: Calibration) -> int:
    """Write a calibration into the motors, each register read back. Raises ValueError for one that no motor can hold, or of other ids."""
    ...

def misfits(bus: Bus, cal: Calibration, slack: int=60) -> list[str]:
    """Is this file of this arm? A joint that stood beyond its stops would say no. Writes nothing."""
    ...

def pull(bus: Bus) -> Calibration:
    """The calibration that the motors hold."""
    ...

def calibration_panel(session: Calibrating):
    """Buttons for the steps of a calibration, and live bars. `.calibration` is the result, None before the last step."""
    ...

def _start_sweep(panel, step, bars):
    """Start the thread that looks, or end it."""
    ...

def _end_sweep(panel):
    ...

def _write_result(panel):
    ...
_ROOM = {'shoulder_pan': (0, -95, 45, 90, 0, 48), 'shoulder_lift': (0, 0, -90, 0, 0, 48)}

class TwinHand:
    """A person's hand, for an arm in simulation: bends it, moves joints from stop to stop, waves, lets go."""

    def __init__(self, bus: VirtualBus):
        ...

    def bend(self, pose, seconds=1.5, hz=50):
        ...

    def _hold(self, radians, hz):
        ...

    def sweep(self, session, joints, margin=1.02, hz=50, seconds=2.0, show=None):
        """Joints to both stops and back, one after the other, while the session looks."""
        ...

    def wave(self, t):
        ...

    def let_go(self):
        ...

def keep_calibration(bus: Bus, cal: Calibration, id: str, role: str='follower', kind: str='so101', folder: Path | None=None, overwrite: bool=False, **about) -> Path:
    """Save under LeRobot's name. When one of this id exists, in the new place or an old one: put it back into the motors and raise CalibrationDiffers."""
    ...

def _old_calibration(id, role, kind, folder, overwrite):
    """As `find_calibration`; one that cannot be read stands in nobody's way who overwrites it."""
    ...

class Keyboard:
    """Keys of a terminal as they are pressed, without ENTER, also over SSH; Ctrl-C still interrupts. Use it in a `with` block."""

    def __enter__(self):
        ...

    def __exit__(self, *_):
        ...

    def get(self) -> str:
        ...

def _draw(session):
    """Bars that stay in their place."""
    ...

def _to_middle(session, hand):
    """Ask for the middle pose until it can be stored."""
    ...

def _sweep(session, hand):
    """Look until every joint has been at both stops: the hand of the twin, or somebody who then presses ENTER."""
    ...

def calibrate_arm(session, hand=None, least=0.5) -> Calibration:
    """All steps in a terminal, from where the session's notes are; `hand` moves a twin."""
    ...

@call_parse
def calibrate_cli(port: str='', id: str='arm', role: str='follower', kind: str='so101', overwrite: bool=False, write: bool=False, accept: str='', volts: float=0.0):
    """Calibrate an arm as LeRobot does, with live bars; its motors are free, and nothing moves by itself. Interrupted, it goes on where it was; another calibration is only replaced when you say so.
    Example: smolvla_calibrate --port /dev/ttyACM0 --id blue
    Example: smolvla_calibrate --port /dev/ttyACM0 --id blue --write
    Example: smolvla_calibrate --port twin --id blue"""
    ...

def _practice(role, volts, **kw):
    """A twin that nobody has calibrated."""
    ...

def _supply_fits(bus, volts):
    """BusError where motors measure another supply than a person says; 0 says nothing."""
    ...

def _calibrate_port(port, id, role, kind, folder, overwrite, notes, accept, volts=0.0):
    """The whole session on a port or the twin. (calibration, its file)"""
    ...

def _keep(bus, cal, id, role, kind, folder, overwrite, port):
    """Save; in a terminal, ask before another calibration is replaced."""
    ...

def write_file(port, id: str, role: str='follower', kind: str='so101', folder: Path | None=None, accept: str='', volts: float=0.0) -> str:
    """Write a calibration file into the motors, and read it back. Nothing moves; torque must be off. Raises ValueError for a file that seems to be of another arm."""
    ...
