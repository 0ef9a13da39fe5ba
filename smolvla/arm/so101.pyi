# made by tools/make_stubs.py: do not edit
__all__ = ['REST', 'TORQUE', 'FASTEST', 'TRANSITIONS', 'RAISED', 'NotSafe', 'TooFar', 'Stopped', 'Limits', 'Mode', 'Event', 'SO101', 'unbroken', 'ctrl_c_stops', 'as_values', 'close_all']
import atexit, contextlib, math, numbers, signal, threading, time, weakref
from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from pathlib import Path
import numpy as np
from fastcore.basics import patch
from ..data.writer import JOINTS
from .wire import TICKS, WallClock, errors_of
from .bus import Bus, BusError, PortLost, check_volts, nominal_volts
from .virtual import twin_bus
from .faults import CURES, _cure
from .calibration import Calibration, CalibrationDiffers, Finding, HIGH, LOW, _about, _reason, accept_findings, accepted_findings, calibration_paths, find_calibration, find_calibration_file, pull

class NotSafe(RuntimeError):
    """The arm is not in a state in which it may be moved; the message lists why, and the cures."""

class TooFar(ValueError):
    """The first target is far from where the arm is: use move_to."""

class Stopped(RuntimeError):
    """The arm was stopped, by the button, the watchdog or a fault; look, then call reset()."""
REST = np.array([0, -100, 90, 75, 0, 5], np.float32)
TORQUE = {5.0: dict(zip(JOINTS, (50, 80, 70, 50, 50, 50))), 7.4: dict(zip(JOINTS, (50, 80, 70, 50, 50, 50))), 12.0: dict(zip(JOINTS, (50, 70, 60, 50, 50, 40)))}
FASTEST = 2800.0

def _check_limit(name, v):
    """ValueError for a limit that is none: NaN compares as false with everything."""
    ...

@dataclass(frozen=True)
class Limits:
    """What the driver allows. Degrees and seconds; the gripper in percent. `replace(limits, speed=60)` makes others."""
    speed: float = 135.0
    gripper_speed: float = 400.0
    approach: float = 40.0
    gap: float = 20.0
    lead: float = 25.0
    acceleration: float = 1500.0
    hold: float = 0.5
    lower: float = 10.0
    patience: int = 5

    def __post_init__(self):
        ...

class Mode(StrEnum):
    """What an arm is doing. It compares and prints as its text."""
    CLOSED = auto()
    FREE = auto()
    HOLDING = auto()
    DRIVING = auto()
    STOPPED = auto()

    def __repr__(self):
        ...

class Event(Enum):
    """What changes the mode."""
    CONNECT = 'the gate was passed'
    TORQUE = 'the present pose is held'
    SEND = 'a goal was written'
    SILENCE = 'no goal for `limits.hold`'
    SUNK = 'no goal for `limits.lower`: it sank'
    FOLDED = 'it folded, and let go'
    STOP = 'STOP or Ctrl-C, once or twice: it sank'
    CUT = 'the third press, or `now`: torque cut'
    FAULT = 'a fault: it sank'
    RESET = 'somebody looked; every motor is well'
    CLOSE = 'torque off, port closed'

def _grid(text):
    """{event: {mode: the mode afterwards, None where Stopped is raised}} of a table in words."""
    ...
TRANSITIONS = _grid('\n          closed   free     holding  driving  stopped\nconnect   free     free     holding  driving  stopped\ntorque    refused  holding  holding  holding  refused\nsend      refused  free     driving  driving  refused\nsilence   closed   free     holding  holding  stopped\nsunk      closed   free     free     free     stopped\nfolded    closed   free     free     free     stopped\nstop      closed   stopped  stopped  stopped  stopped\ncut       closed   stopped  stopped  stopped  stopped\nfault     closed   stopped  stopped  stopped  stopped\nreset     refused  free     free     free     free\nclose     closed   closed   closed   closed   closed\n')

class SO101:
    """An SO-101 or SO-100, follower or leader, on a serial port or in simulation. Use it in a `with` block."""

    def __init__(self, port='twin', id: str='arm', role: str='follower', kind: str='so101', calibration: Calibration | None=None, volts: float | None=None, limits: Limits | None=None, env=None, clock=None, fold: bool | None=None):
        ...

    def log(self, what):
        ...

    def __enter__(self):
        ...

    def __exit__(self, kind, *_):
        """After an error or Ctrl-C it sinks where it is: nobody has asked for another motion."""
        ...

    def _to(self, event: Event):
        """Every change of mode goes through here, one at a time."""
        ...

    def _refuse(self):
        ...

    def inspect(self) -> list[str]:
        """Ask every motor how it is."""
        ...

    def connect(self) -> 'SO101':
        """Open the port, look at everything, move nothing; once more, it does nothing. Raises BusError, NotSafe or CalibrationDiffers."""
        ...

    def _open(self):
        """The gate. It stays open only for an arm that passed."""
        ...

    def _alone(self):
        """Two drivers with different wishes pull one arm to and fro: the second one is refused."""
        ...

    def _calibrate(self):
        """Decide which calibration holds."""
        ...

    def doubts(self) -> list[Finding]:
        """What is doubtful about this arm's calibration, and not accepted."""
        ...

    def accept(self, reason: str) -> Path | None:
        """Vouch for this arm's calibration."""
        ...

    def _configure(self):
        """Registers as LeRobot sets them, each written only where it differs; an arm that holds itself up keeps doing so."""
        ...

    def _range(self):
        """The model's range, inside what was recorded at calibration."""
        ...

    def feel(self) -> np.ndarray:
        """Where the arm is. A lost reading is bridged with the one before, unless that is older than `limits.hold`; more than `limits.patience` in a row stop the arm."""
        ...

    def state(self) -> np.ndarray:
        """Where the joints are, for an observation."""
        ...

    def _write_goal(self, goal):
        """Goal_Position, Goal_Time and Goal_Velocity lie side by side: one packet says where, and never how fast at most is forgotten."""
        ...

    def torque_on(self):
        """Hold the present pose, with reduced torque and limited speed. Raises NotSafe when a motor is not well."""
        ...

    def _soften(self):
        """Each motor's own limits: how fast it speeds up (0 would be the fastest), and how strong it is."""
        ...

    def stop(self, why: str='STOP was pressed', now: bool=False):
        """Freeze, let the arm sink within a second, torque off. Pressed again, it changes nothing; the third press cuts. From any thread, also while another one sends."""
        ...

    def _pressed(self, why='Ctrl-C'):
        """Count it; from here on nothing new is sent. Short enough for a signal handler."""
        ...

    def _halt(self, now=False, event=Event.STOP):
        """Sink as soon as the lock can be had; a thread that hangs with it must not keep the arm up."""
        ...

    def _ease(self, what, event=Event.STOP) -> list:
        """Sink once, then no torque. The lock is ours. STOP, pressed meanwhile, counts more than silence."""
        ...

    def _sink(self, seconds=1.0, steps=20):
        """Goal = here, then less and less torque. Errors are ignored: this is the last resort but one."""
        ...

    def _cut(self):
        """Broadcast torque off, three times, because nobody acknowledges it."""
        ...

    def _fault(self, why, cause=None):
        ...

    def _watch_health(self):
        """One motor now and then; a hot or starved one must say so twice, an error bit counts at once."""
        ...

    def reset(self):
        """After a stop: look at everything again; the arm stays free until the next command. A port that was lost is opened anew, with the whole gate: another arm may hang there now."""
        ...

    def _running(self):
        """May it move? STOP counts from the press on, not only when the arm has sunk."""
        ...

    def _shorten(self, want, state, dt):
        ...

    def send(self, action) -> np.ndarray:
        """One tick of control. Raises TooFar for a distant first target, Stopped after a fault or the button."""
        ...

    def _put(self, goal):
        ...

    def move_to(self, target, speed: float=40.0, hz: float=50) -> np.ndarray:
        """Go there slowly. Raises Stopped when it does not arrive: something is in the way."""
        ...

    def _go(self, end, speed, hz):
        """A straight line in joint space, and a second to settle."""
        ...

    def approach(self, target, speed: float=40.0) -> np.ndarray:
        """Slowly to a target: a near one straight, a distant one from above."""
        ...

    def guard(self):
        """One look of the watchdog. A thread calls it; in simulated time you do."""
        ...

    def _lower(self):
        """Nobody commands: sink where it is, and lie free until the next command. The lock is ours."""
        ...

    def _start_eyes(self):
        ...

    def lie_down(self):
        """Fold slowly into the rest pose, then let go. An arm without torque is left where it is."""
        ...

    def close(self, quick: bool=False):
        """Lay the arm down, torque off, close the port. Called by `with`, and when Python ends. Ctrl-C meanwhile ends the folding: the arm sinks."""
        ...

    def _go_down(self, quick) -> list:
        """Fold and let go, or sink. Whatever comes between, it sinks."""
        ...
_SETTINGS = {'Return_Delay_Time': 0, 'Operating_Mode': 0, 'P_Coefficient': 16, 'I_Coefficient': 0, 'D_Coefficient': 32}
_GRIPPER = {'Max_Torque_Limit': 50, 'Protection_Current': 1625, 'Overload_Torque': 25}
_open_arms = weakref.WeakSet()

def _on_signal(number, do):
    """Let a signal do something else, where that is possible; returns what undoes it."""
    ...
_interrupts = [0]

@contextlib.contextmanager
def _counting(arm):
    """While an arm goes down, Ctrl-C is counted and interrupts nothing: who presses it again in fright must not make the arm fall."""
    ...

@contextlib.contextmanager
def unbroken(arm: SO101):
    """While this lasts, Ctrl-C is STOP at once, but interrupts only afterwards: what is being written stays whole."""
    ...

@contextlib.contextmanager
def ctrl_c_stops(arm: SO101):
    """While this lasts, Ctrl-C is STOP, and then KeyboardInterrupt goes on its way. For functions that move an arm."""
    ...

def _real(action):
    """Float64 of numbers; ValueError for texts, complex numbers and other things, whose half would be thrown away."""
    ...

def as_values(action) -> np.ndarray:
    """An action as numbers in the order of the joints. Raises ValueError for another shape, a missing joint, or NaN."""
    ...

def _positive(name, value, most=math.inf):
    """A number above 0, or ValueError."""
    ...
RAISED = (-90, 0, 60)

@atexit.register
def close_all():
    """Whatever is still connected sinks where it is."""
    ...
