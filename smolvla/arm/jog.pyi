# made by tools/make_stubs.py: do not edit
__all__ = ['KEYS', 'AXES', 'WORDS', 'arm_model', 'Kinematics', 'Jogger', 'jog_panel', 'state_html', 'at_once']
import contextlib, functools, html, io, threading, time
from collections import deque
import numpy as np
from PIL import Image
from fastcore.basics import patch
from ..data.writer import JOINTS
from ..sim.twin import Camera, SITE, load_robot, mujoco, to_radians, to_units
from .bus import BusError
from .calibration import HIGH, LOW
from .so101 import NotSafe, SO101, Stopped
import mink

@functools.lru_cache(1)
def arm_model() -> mujoco.MjModel:
    ...

class Kinematics:
    """Differential inverse kinematics of the model: tip motion to joint motion, one step at a time."""

    def __init__(self, orientation: float=0.02):
        ...

    def tip(self, joints) -> tuple[np.ndarray, np.ndarray]:
        ...

    def move(self, joints, offset=(0, 0, 0), pitch: float=0.0, roll: float=0.0, steps: int=10) -> np.ndarray:
        """The joints for a tip that is moved by `offset` and turned."""
        ...
KEYS = {'w': ('x', 0.005), 's': ('x', -0.005), 'a': ('y', 0.005), 'd': ('y', -0.005), 'r': ('z', 0.005), 'f': ('z', -0.005), 't': ('pitch', 0.05), 'g': ('pitch', -0.05), 'q': ('roll', 0.05), 'e': ('roll', -0.05), 'o': ('gripper', 4), 'c': ('gripper', -4)}
AXES = ('y', 'x', 'roll', 'z')

class Jogger:
    """A target that keys, sticks and sliders move, and that is sent to the arm again and again."""

    def __init__(self, arm: SO101):
        ...

    def nudge(self, what: str, amount: float):
        """Move the target a little; what the arm cannot reach leaves it at the edge."""
        ...

    def key(self, k):
        ...

    def sticks(self, values):
        ...

    def stick(self, values, dt=1 / 30, dead=0.15):
        ...

    def joint(self, j, value):
        ...

    def _target(self):
        ...

    def tick(self):
        """Send the target. A distant one is approached slowly, because a slider can jump."""
        ...

    def run(self, hz=30):
        """Tick in a thread until `running` is False."""
        ...
WORDS = {'w': 'forward', 's': 'back', 'a': 'left', 'd': 'right', 'r': 'up', 'f': 'down', 't': 'tip up', 'g': 'tip down', 'q': 'turn ↻', 'e': 'turn ↺', 'o': 'open', 'c': 'close'}

def jog_panel(arm: SO101, run: bool=True):
    """STOP, sliders, millimetre buttons, keys and gamepad for one arm, and a picture of a simulated one. Its `.jogger` is the Jogger behind it."""
    ...

class _Wires:
    """What the widgets of a jog panel do."""

    def __init__(self, panel, arm, jog, stop, reset, sliders, buttons, keys, pad, status):
        ...

    def follow(self, at):
        ...

    def refresh(self):
        ...

    def stop(self, _):
        ...

    def again(self, _):
        ...

    def press(self, k):
        ...

    def typed(self, change):
        """The field is never emptied: what is typed meanwhile would count twice."""
        ...

    def moved(self, j, v):
        """A browser reports what the program put on a slider once more, a hair beside: that was no hand."""
        ...

    def axis(self, _):
        ...

    def button(self, change):
        ...

    def plugged(self, _):
        ...

def _show(panel, view):
    """Four times a second what the arm does; the picture where it is simulated."""
    ...

def state_html(arm, jog=None) -> str:
    """Mode and motors of an arm as a small table."""
    ...

def at_once(*widgets):
    """Clicks on these are handled also while a cell runs; ipykernel 7 keeps them for the shell that made the widget, which is busy then."""
    ...
