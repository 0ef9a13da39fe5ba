"Chapter 11a: what the exercises on chunks that meet ask for"
import torch
from smolvla.learn import exercise, same

@exercise(hint="`(torch.arange(H) < ...).float()`; what was never planned cannot be kept.")
def hard_mask(answer):
    yield "one weight for each action", lambda: tuple(answer(3, 10, 5).shape) == (5,) and answer(3, 10, 5).is_floating_point(), "the shape is (H,), and weights are floating point numbers"
    yield "the first three are kept, the others free", lambda: same(answer(3, 10, 5), [1, 1, 1, 0, 0]), "step number `delay` is the first that the new chunk decides"
    yield "what was never planned is free", lambda: same(answer(3, 2, 5), [1, 1, 0, 0, 0]), "only two actions are left of the old chunk here"
    yield "a delay longer than the chunk keeps all of it", lambda: same(answer(9, 20, 4), [1, 1, 1, 1]), "there are still H weights, all of them 1"
    yield "nothing is kept without a delay", lambda: same(answer(0, 10, 3), [0, 0, 0]), "a delay of 0 frees all"

@exercise(hint="`.abs().amax((1, 2))` is the largest distance of each draw from a path; the nearer of the two paths counts.")
def torn(answer):
    path = torch.tensor([0., 1, 2, 1, 0])[None, :, None]
    draws = torch.cat([path, -path, path.abs()*0])
    crossed = torch.cat([path[:, :3], -path[:, 3:]], 1)  # begins on one path, ends on the other
    yield "who follows a path is not torn", lambda: same(answer(path.repeat(3, 1, 1), path, .3), 0.), "the draws are equal to `path`"
    yield "on the other side neither", lambda: same(answer(-path.repeat(3, 1, 1), path, .3), 0.), "a draw may follow `-path`"
    yield "one of three goes through the middle", lambda: same(answer(draws, path, .3), 1/3), "the share of the torn draws, from 0 to 1"
    yield "a draw that changes sides is torn", lambda: same(answer(crossed, path, .3), 1.), "all steps must be near the same path, not each step near one of them"
    yield "one step is enough, and the limit counts", lambda: same(answer(path + torch.tensor([0, 0, .5, 0, 0])[None, :, None], path, .3), 1.) and same(answer(path + .5, path, .6), 0.), \
        "compare the largest distance with `most`, not a mean"
