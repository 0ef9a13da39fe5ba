# made by tools/make_stubs.py: do not edit
__all__ = ['CLOSED', 'SLACK', 'FINGER_GAP0', 'FINGER_GAP1', 'gap_percent', 'smoothstep', 'Demonstrator', 'rollout']
import numpy as np
from fastcore.basics import patch
from .twin import Arm, BOXES, BOX_HALF, FPS, HOME, PAN_AXIS, SITE, SO101Env, _OPEN, _SHUT, frame, mujoco, pitch_for, slug, to_radians, to_units
from .tasks import Goal
CLOSED, SLACK = (0.0, 0.01)
FINGER_GAP0, FINGER_GAP1 = (0.0158, 0.0776)

def gap_percent(gap: float) -> float:
    ...

def smoothstep(n):
    ...

class Demonstrator:
    """Hover, descend, close, lift, over, lower, open, up, home; looks at the physics state between the parts."""

    def __init__(self, env: SO101Env, speed: float=1.5, rng: np.random.Generator | None=None, noise: float=0.0):
        ...

    def reset(self):
        """Call after env.reset()."""
        ...

    def act(self) -> np.ndarray | None:
        ...

    def _axes(self, thing):
        """Unit vectors (3,) across which the fingers can close, from the fixed to the moving one, with the half size along each."""
        ...

    def blocked(self, thing, tip, axis, gap) -> bool:
        """Would an open finger come down on another object or a box wall?"""
        ...

    def grasp(self, thing: str) -> tuple[np.ndarray, float, float]:
        """The grasp that turns the wrist least and hits nothing."""
        ...

    def solve(self, tip, roll, guess=None):
        """Joints (5,) for a tip position and roll, leaning by `pitch_for`."""
        ...

    def _emit(self, phase, q, grip):
        ...

    def _move(self, phase, q, grip):
        """All joints together; the farthest one turns about one radian a second (at speed 1)."""
        ...

    def _line(self, phase, tip, roll, seconds):
        """The finger tip on a straight line."""
        ...

    def _wait(self, phase, grip, seconds, until=lambda: True):
        """Only the gripper moves; then up to half a second more until a condition holds."""
        ...

    def _pick(self, thing):
        """Hover, descend and close, unless the thing is in the hand; lift. Returns roll and open gripper."""
        ...

    def release(self, thing, place, roll, height):
        """Tip position that holds the object, as it sits in the hand now, `height` metres over where it is let go."""
        ...

    def _place(self, thing, place, roll, wide):
        """Over, lower, open, up; gives up early when the thing is lost on the way."""
        ...

    def _plan(self):
        """Goal after goal, with up to three more tries, then home. Starts anywhere: a low hand is lifted first."""
        ...

    def disturb(self, action: np.ndarray) -> np.ndarray:
        """Add a smooth random push to the arm's joints; gentle where the fingers meet a thing."""
        ...

def rollout(env: SO101Env, demo: Demonstrator, noise: float | None=None):
    """Yields (obs, clean_action, executed_action, info) every step until the demonstrator is done or time is up."""
    ...
