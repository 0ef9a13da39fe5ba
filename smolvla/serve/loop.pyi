# made by tools/make_stubs.py: do not edit
__all__ = ['AGGREGATES', 'PROTOCOL', 'MESSAGE_LIMIT', 'MOST_PIXELS', 'SO101_UNITS', 'blend', 'ActionQueue', 'Control', 'moved', 'VirtualClock', 'Clock', 'Look', 'Reply', 'SimulatedLink', 'lag', 'NotSeen', 'ToyArm', 'toy_chunk', 'Tick', 'Trip', 'ControlLoop', 'steps_late', 'smallest_g', 'idle_share', 'FaultyLink', 'RobotSpec', 'TwinRobot', 'Console']
import os
import math, os, secrets, time
from collections import Counter, deque
from dataclasses import dataclass
from heapq import heappop, heappush
import numpy as np
from fastcore.basics import patch
from ..files import LineWriter

def blend(share):
    ...
AGGREGATES = {'latest': blend(1.0), 'weighted': blend(0.7), 'average': blend(0.5), 'conservative': blend(0.3)}

class ActionQueue:
    """Actions that wait, each under the number of the step it is for"""

    def __init__(self, n: int, combine=AGGREGATES['latest']):
        ...

    def __len__(self):
        ...

    def peek(self):
        ...

    def pop(self) -> np.ndarray:
        ...

    def merge(self, first: int, actions: np.ndarray) -> int:
        """Take over a chunk: what has passed is dropped, what overlaps is combined"""
        ...

    def _join(self, old, new):
        ...

    def keep(self, n: int) -> int:
        """Only the next n steps stay"""
        ...

    def rest(self) -> np.ndarray:
        ...

@dataclass(frozen=True)
class Control:
    """How an arm is driven; `ValueError` for what cannot work"""
    n: int = 24
    g: float = 0.7
    fps: float = 30.0
    tolerance: float | None = None
    aggregate: object = 'latest'
    deadline: float = 2.0
    splice_speed: float | None = None
    approach_speed: float = 90.0
    gap: float = 2.0
    rtc: str = ''

    def __post_init__(self):
        ...

    def problems(self) -> list[str]:
        """What cannot work, each with what would"""
        ...

def moved(state, before, tolerance: float) -> bool:
    """Has any joint moved more than the tolerance?"""
    ...

class VirtualClock:
    """Time that passes only when somebody waits"""

    def __init__(self):
        ...

    def now(self):
        ...

    def sleep_until(self, t):
        ...

class Clock:
    """The machine's monotonic clock, in seconds; setting the time of day does not move it"""

    def now(self):
        ...

    def sleep_until(self, t):
        ...

@dataclass
class Look:
    """One observation, on its way to the policy"""
    id: int
    step: int
    t: float
    observation: dict
    seed: int = 0
    leftover: np.ndarray | None = None
    delay: int = 0
    rtc: str = ''

@dataclass
class Reply:
    """What came back: a chunk, or why there is none"""
    id: int
    step: int
    actions: np.ndarray | None = None
    error: str = ''
    started: float = math.nan
    ended: float = math.nan

class SimulatedLink:
    """A policy behind a line that takes its time, all of it simulated; one look is worked on at a time"""

    def __init__(self, infer, clock: VirtualClock, latency):
        ...

    def submit(self, look: Look):
        ...

    def close(self):
        ...

    def replies(self) -> list[Reply]:
        ...

def lag(mean: float, jitter: float=0.0, seed: int=0):
    """Latencies, log-normal when they jitter: never negative, now and then long"""
    ...

class NotSeen(RuntimeError):
    """A camera has nothing to show right now; the arm itself is well"""

class ToyArm:
    """Six joints that are where they were told to be, two grey pictures: enough to practise with"""
    done, cameras, task = (False, ('observation.images.overhead', 'observation.images.wrist'), 'go round')

    def __init__(self, size=(48, 64)):
        ...

    def state(self):
        ...

    def observe(self):
        ...

    def act(self, command):
        ...

    @property
    def spec(self):
        ...

def toy_chunk(look: Look, n: int=24) -> np.ndarray:
    """A policy for it: swing for two seconds, rest for one, and so on"""
    ...

@dataclass
class Tick:
    """One control step, for figures"""
    t: float
    step: int
    queue: int
    mode: str
    command: np.ndarray

@dataclass
class Trip:
    """One look from capture to the end, for figures"""
    look: Look
    state: np.ndarray
    ended: float = math.nan
    outcome: str = 'waiting'
    late: int = 0
    reply: Reply | None = None

class ControlLoop:
    """Algorithm 1: execute, look in time, merge what comes back. One thread owns the queue and the arm."""

    def __init__(self, robot, link, control: Control=Control(), clock=None, seed: int=0, log=None, keep: int=20000):
        ...

    def say(self, kind, text=''):
        ...

    def tick(self):
        """One control step: what has come in, a look if it is time for one, an action, and the wait for the next step"""
        ...

    def run(self, seconds: float=math.inf):
        """Tick until the robot is done or time is up. What the robot raises ends the drive: it is told, the link is closed, the caller gets it"""
        ...

    def _wants_look(self, now):
        """Is it time to ask for a chunk? A queue that ran dry must be served, whatever the filter says."""
        ...

    def _look(self, now):
        """Capture and send. The first action of the answer is for the step that comes next."""
        ...

    def _refusal(self, r, now) -> str:
        """Why a reply must not reach the arm"""
        ...

    def _receive(self, now):
        """Merge the chunk that is waited for; everything else is refused, and told"""
        ...

    def _merge(self, r, now):
        ...

    def _fail(self, now, why):
        """Give a look up and ask again soon; later and later while it keeps failing"""
        ...

    def _act(self, now) -> str:
        """Execute the action of this step, or hold the pose; slowly at first, and limited where chunks meet"""
        ...

    def _send(self, command):
        """Tell the arm; what it made of the command counts from now on"""
        ...

    def _arrived(self, target, before, step) -> bool:
        """Was this the whole way, or did it bring the arm no nearer, because it cannot come nearer?"""
        ...

    def _mind_clock(self, now):
        """After a jump (a laptop that slept) the world is another one: forget what was planned for the old"""
        ...

    def _mind_task(self, task, now):
        """Another sentence: what waits was thought for the old one. Keep what bridges the way to the next chunk, and ask at once"""
        ...

    def latency(self) -> np.ndarray:
        ...

    def tell(self) -> str:
        """One line about a drive"""
        ...

def steps_late(latency: float, fps: float) -> int:
    ...

def smallest_g(latency: float, n: int=24, fps: float=30.0) -> float | None:
    """The smallest threshold with which the queue never runs dry"""
    ...

def idle_share(g: float, latency: float, n: int=24, fps: float=30.0) -> float:
    """How much of its time the arm holds still for want of an action"""
    ...

class FaultyLink:
    """A link on a bad day: every reply meets its fate on the way"""

    def __init__(self, link, clock, fate, seed: int=0):
        ...

    def submit(self, look):
        ...

    def close(self):
        ...

    def replies(self):
        ...

@dataclass
class RobotSpec:
    """What a robot has, for the handshake"""
    cameras: dict
    joints: list
    units: list
PROTOCOL = 1
MESSAGE_LIMIT = 16 * 2 ** 20
MOST_PIXELS = 4096 * 2160
SO101_UNITS = ['degrees'] * 5 + ['percent']

class TwinRobot:
    """The twin of chapter 09 as the loop sees a robot: it draws only when it looks"""

    def __init__(self, env):
        ...

    @property
    def task(self):
        ...

    def state(self):
        ...

    def observe(self):
        ...

    def act(self, command):
        ...

    @property
    def spec(self) -> RobotSpec:
        ...

class Console:
    """Each trouble of a drive once, on standard error, and its end; everything goes to the log, if there is one"""

    def __init__(self, log=None):
        ...

    def __call__(self, event, **more):
        ...

    def flush(self, seconds: float=1.0):
        ...
