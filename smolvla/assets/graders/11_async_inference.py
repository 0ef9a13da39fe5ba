"Chapter 11: what the exercises on asynchronous inference ask for"
import numpy as np
from smolvla.learn import exercise, same
from smolvla.serve.loop import smallest_g

CASES = ((24, 30), (50, 30), (15, 10), (9, 20))

@exercise(hint="Twice the steps that pass during one inference must fit into a chunk.")
def slowest(answer):
    yield "some threshold hides this latency", lambda: all(smallest_g(answer(*c), *c) is not None for c in CASES), "smallest_g(slowest(n, fps), n, fps) must not be None; try an odd n as well"
    yield "a step more is too slow", lambda: all(smallest_g(answer(*c) + 1/c[1], *c) is None for c in CASES), "one control step, 1 / fps, later no threshold may be enough"
    yield "not even a thousandth of a second more", lambda: all(smallest_g(answer(*c) + .001, *c) is None for c in CASES), "the longest latency is a whole number of steps"

@exercise(hint="`np.clip` takes arrays as bounds.")
def gentle(answer):
    zero = np.zeros(6)
    yield "small changes pass", lambda: same(answer(zero, np.array([1., -1, 2, -2, 3, 0])), [1, -1, 2, -2, 3, 0]), "up to 3 degrees the new action is taken as it is"
    yield "large ones stop at 3 degrees", lambda: same(answer(zero, np.full(6, 9.)), [3]*6), "no joint further than 3 degrees"
    yield "in both directions", lambda: same(answer(zero, np.full(6, -9.)), [-3]*6), "the new action may lie below the old one"
    yield "each joint for itself", lambda: same(answer(zero, np.array([9., 1, -1, 2, 0, -9])), [3, 1, -1, 2, 0, -3]), "one fast joint does not hold up or shorten the way of the others"
    yield "measured from the old action", lambda: same(answer(np.full(6, 50.), np.full(6, 60.)), [53]*6), "the old action need not be zero"

def losses(answer, share, length, n=20_000, fate=None):
    rng, fate = np.random.default_rng(0), fate or answer(share, length)
    return np.array([not fate(rng, "reply") for _ in range(n)])

def runs(lost):
    "Mean length of the runs of losses"
    return lost.sum()/max(1, (lost[1:] & ~lost[:-1]).sum() + lost[0])

def two_radios(answer):
    good, bad = answer(.001, 5), answer(.9, 1000)
    losses(answer, 0, 0, 4000, bad)
    return losses(answer, 0, 0, 200, good).mean() < .2

@exercise(hint="Leave the bad state with probability 1/length. In balance as many losses begin as end: that gives the probability to enter it.")
def bursts(answer):
    yield "a reply is lost or delivered at once", lambda: {repr(answer(.5, 2)(np.random.default_rng(s), "r")) for s in range(50)} == {"[]", "[(0, 'r')]"}, \
        "`bursts` returns a function of (rng, reply) that returns [] or [(0, reply)]"
    yield "with a share of 0 nothing is lost", lambda: not losses(answer, 0., 5, 500).any(), "the good state is never left"
    yield "so many are lost", lambda: abs(losses(answer, .3, 5).mean() - .3) < .04 and abs(losses(answer, .1, 3).mean() - .1) < .03, "count the losses of 20,000 replies; how long does the good state last?"
    yield "in runs so long", lambda: abs(runs(losses(answer, .3, 5)) - 5) < .6 and abs(runs(losses(answer, .1, 3)) - 3) < .5, "the mean number of losses in a row; with which probability does the bad state end?"
    yield "runs differ in length", lambda: len({len(r) for r in "".join("xo"[int(not x)] for x in losses(answer, .3, 5, 3000)).split("o")}) > 8, "each reply draws whether the state changes"
    yield "two radios have moods of their own", lambda: two_radios(answer), "every call of `bursts` starts a state that no other fate shares"
