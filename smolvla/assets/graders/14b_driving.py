"Chapter 14b: what the exercises on driving ask for"
from types import SimpleNamespace
import numpy as np
from smolvla.arm.driving import check_chunk
from smolvla.arm.so101 import Limits
from smolvla.data.writer import JOINTS
from smolvla.learn import exercise, same

def _loop(commands, fps=30):
    return SimpleNamespace(ticks=[SimpleNamespace(command=np.array(c, float)) for c in commands], control=SimpleNamespace(fps=fps))

MOVES = [[0, 0, 0, 0, 0, 0], [1, 0, -2, 0, 0, 50], [3, 0, -5, 1, 0, 0], [3, 0, -1, -3, .5, 0]]

@exercise(hint="`np.diff` along the ticks, its absolute value, the largest in each column, times the ticks in a second.")
def commanded_speed(answer):
    yield "five numbers", lambda: np.shape(answer(_loop(MOVES))) == (5,), "the gripper counts in percent: it is left out"
    yield "an arm that holds still has no speed", lambda: same(answer(_loop([[9, 8, 7, 6, 5, 4]]*3)), np.zeros(5)), "a speed is a difference, not a place"
    yield "the largest step of each joint", lambda: same(answer(_loop(MOVES)), [60, 0, 120, 120, 15], 1e-3), \
        "a joint may turn in either direction, and its largest step may be anywhere"
    yield "another rate", lambda: same(answer(_loop(MOVES, 10)), [20, 0, 40, 40, 5], 1e-3), "ticks a second stand in loop.control.fps"

def _moved(flip=(), still=(), zero=0., quick=False):
    t = np.arange(-3, 150)[:, None]/30
    c = 30*np.sin((20. if quick else 2.)*t + np.arange(6)) + 10*np.sin(3.1*t + 2*np.arange(6))
    for j in still: c[:, j] = 12.
    states = c[:-3].copy()
    for j in flip: states[:, j] = 20 - states[:, j]
    return c[3:], states + zero

@exercise(hint="Compare how a joint was told to move with how it moved about three ticks later: what sign has the product?")
def mirrored(answer):
    yield "an arm that obeys", lambda: list(answer(*_moved())) == [], "no joint moves opposite to its commands"
    yield "one joint is mirrored", lambda: list(answer(*_moved(flip=[4]))) == [JOINTS[4]], "the names are those of JOINTS"
    yield "two are", lambda: list(answer(*_moved(flip=[3, 0]))) == [JOINTS[0], JOINTS[3]], "in the order of JOINTS"
    yield "a joint that holds still is not", lambda: list(answer(*_moved(flip=[1], still=[2]))) == [JOINTS[1]], "nobody told it to move"
    yield "another zero is not a mirror", lambda: list(answer(*_moved(flip=[1], zero=-200.))) == [JOINTS[1]], "compare motions, not places"
    yield "nor is a joint that moves quickly", lambda: list(answer(*_moved(quick=True))) == [], \
        "three ticks late, a quick joint may be on its way back already: compare a command with the state three ticks later"

def _arm(state=(0, -60, 60, 0, 0, 20), speed=135.):
    half = np.array([110, 100, 95, 95, 160])
    return SimpleNamespace(state=lambda: np.array(state, float), low=np.append(-half, 0.), high=np.append(half, 100.), limits=Limits(speed=speed))

def _line(chunk, arm, name): return next(c.ok for c in check_chunk(np.asarray(chunk, float), arm) if c.name == name)
def _fastest(chunk): return np.abs(np.diff(np.asarray(chunk, float)[:, :5], axis=0)).max()*30

@exercise(hint="The check compares each row with the row six ticks later. Which motion is back at its place by then?")
def unnoticed(answer):
    yield "24 rows of six numbers", lambda: np.shape(answer(_arm())) == (24, 6), "a chunk is (n, 6), n = 24 here"
    for name, look_at in (("start", "row 0 must be close to arm.state()"), ("range", "no row may leave arm.low to arm.high"),
                          ("motion", "some joint must move"), ("speed", "over six ticks nothing may be quicker than arm.limits.speed")):
        yield f"the line {name} is ok", lambda name=name: _line(answer(_arm()), _arm(), name), look_at
    yield "and one step is four times too quick", lambda: _fastest(answer(_arm())) > 4*135, \
        "between two neighbouring rows a joint of the first five must turn by more than 4*135/30 degrees"
    yield "also near the end of the range, and with other limits", lambda: all(
        c.ok for a in ENDS for c in check_chunk(np.asarray(answer(a), float), a)) and all(_fastest(answer(a)) > 4*a.limits.speed for a in ENDS), \
        "read state, range and speed from the arm: on which side is there room?"

ENDS = [_arm((109, 99, 94, 94, 159, 99), 60.), _arm((-109, -99, -94, -94, -159, 1), 135.)]
