"Chapter 09d: what the exercises on grounding ask for"
import numpy as np
import torch
from smolvla.learn import exercise, same
from smolvla.sim.grounding import Scenes

def scenes():
    "Two shards of two scenes, pictures of one colour each"
    made = Scenes.__new__(Scenes)
    made.images = [np.full((2, 2, 128, 128, 3), colour, np.uint8) for colour in (10, 20)]
    return made

def harmless(answer, camera):
    made = scenes()
    answer(made, camera)
    return [a.min() for a in made.images] == [a.max() for a in made.images] == [10, 20]

@exercise(hint="Drop the rows with NaN first: one of them would spoil the mean.")
def guess_error(answer):
    two = np.array([[0, 0], [0, .2]])
    three = np.array([[0, 0], [0, 0], [.3, 0]])
    yield "two places 200 mm apart: each is 100 mm off their mean", lambda: same(answer(two), 100., 1e-3), "the places are metres, the error millimetres"
    yield "scenes without the thing do not count", lambda: same(answer(np.concatenate([two, np.full((3, 2), np.nan)])), 100., 1e-3), \
        "a row of NaN neither moves the average place nor has an error"
    yield "the median of the distances", lambda: same(answer(three), 100., 1e-3), "for places 0, 0 and 300 mm the average is 100 mm: the three errors are 100, 100 and 200"

@exercise(hint="`copy.copy(scenes)` is a new `Scenes` that shares everything; give it a list of copies of the arrays in `scenes.images`.")
def blinded(answer):
    yield "the pictures of this camera are grey", lambda: all((answer(scenes(), camera).picture(0)[camera] == 128).all() for camera in (0, 1)), \
        "the camera is the second axis of each array"
    yield "in every shard", lambda: all((a[:, 1] == 128).all() for a in answer(scenes(), 1).images), "`images` is a list of arrays, and all of them are shown"
    yield "the other camera sees what it saw", lambda: [a[:, 1].min() for a in answer(scenes(), 0).images] == [10, 20], "only one of the two cameras is blinded"
    yield "the scenes you were given still see", lambda: harmless(answer, 0) and harmless(answer, 1), "look at `scenes.images` after the call: a shallow copy shares its arrays"

@exercise(hint="`np.isnan(where[:, 0])` says where the thing is absent; keep the numbers of the other scenes, and call `ask` for those only.")
def miss(answer):
    where = np.array([[.2, .1, .3], [np.nan]*3, [.2, .1, .3], [.2, .1, .3]], np.float32)
    off = {0: np.zeros(3), 2: np.array([.003, .004, 0]), 3: np.array([.03, .04, 0])}
    high = np.array([0, .01, .5])
    yield "who says the truth misses by nothing", lambda: same(answer(lambda i: where[i], where[:1]), 0.), "compare ask(i) with row i"
    yield "10 mm beside it, and much too high: 10 mm", lambda: same(answer(lambda i: where[i] + high, where[:1]), 10., 1e-2), "on the table only x and y count, in millimetres"
    yield "the median of 0, 5 and 50 mm is 5", lambda: same(answer(lambda i: where[i] + off[i], where), 5., 1e-2), \
        "scene 1 has no such thing: do not ask there, and keep the numbers of the others"

@exercise(hint="`(queries @ patches.mT).softmax(-1) @ patches` gives one vector per thing; a linear layer makes two numbers of it.")
def Pooled(answer):
    torch.manual_seed(0)
    patches = torch.randn(3, 64, 192)
    with torch.no_grad(): net = answer(192)
    def trained():
        net.zero_grad()
        net(patches).square().mean().backward()
        return sum(p.grad is not None and bool(p.grad.any()) for p in net.parameters()) >= 2
    def bent():  # a mean that weighs all alike is affine
        far = lambda k: net(patches*k) - net(patches*0)
        return not same(far(20), 20*far(1), atol=.1)
    yield "two numbers for each of seven things", lambda: tuple(net(patches).shape) == (3, 7, 2), "the shape is (S,7,2)"
    yield "untrained it says about the middle", lambda: same(net(patches*0).mean(), 64., atol=10), "times 64, plus 64, at the very end"
    yield "each thing has a place of its own", lambda: bool((net(patches*20).std(1) > .1).all()), "seven different queries pool seven different means"
    yield "the order of the patches does not matter", lambda: same(net(patches.flip(1)), net(patches), 1e-2), "a pool forgets where its patches were"
    yield "nor does it when every patch comes twice", lambda: same(net(patches.repeat(1, 2, 1)), net(patches), 1e-2), "the weights sum to 1 over the patches, not over the things: which axis has the softmax?"
    yield "the patches decide how much each counts", bent, "the weight of a patch is a softmax of its product with the query"
    yield "queries and linear layer learn", trained, "both must be parameters of the module, and get a gradient"

@exercise(hint="Collect the two errors of every seed in an array (seeds, 2); then both answers are one line each.")
def race_verdict(answer):
    errors = {(True, 0): 8., (False, 0): 4., (True, 1): 6., (False, 1): 6., (True, 2): 5., (False, 2): 10., (True, 3): 100., (False, 3): 10., (True, 4): 10., (False, 4): 1.}
    def verdict(seeds): return answer(lambda slow, seed: errors[slow, seed], seeds)
    def calls():
        seen = []
        answer(lambda slow, seed: (seen.append((bool(slow), seed)), 1.)[1], range(2))
        return sorted(seen) == [(False, 0), (False, 1), (True, 0), (True, 1)]
    yield "twice as near on one seed", lambda: same(verdict([0]), (1, .5)), "a number of seeds, then a quotient: fast error divided by slow error"
    yield "a tie is no win", lambda: same(verdict([1]), (0, 1.)), "smaller, not equal"
    yield "the median of quotients of pairs", lambda: same(verdict([0, 1, 2, 3, 4]), (3, .5)), \
        "divide the two errors of each seed, then take the median; the quotient of two medians, or a mean, is something else"
    yield "each way runs once for each seed", calls, "note which (slow, seed) your function asks for: a run takes seconds"
