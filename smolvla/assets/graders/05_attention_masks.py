"Chapter 05: what the exercises on attention masks ask for"
import torch
from smolvla.learn import exercise, same
from smolvla.model.masks import make_att_2d_masks, suffix_blocks, suffix_mask

def whole(blocks): return make_att_2d_masks(torch.ones(1, len(blocks), dtype=torch.bool), torch.as_tensor(blocks))[0]

@exercise(hint="A block start at every even index.")
def pair_blocks(answer):
    yield "one value for each action", lambda: len(answer(6)) == 6 and len(answer(7)) == 7, "chunk_size values, whether it is even or odd"
    yield "the first action starts a block", lambda: bool(answer(4)[0]), "a block begins where the value is True, so index 0 must be True"
    yield "pairs see each other and what came before", lambda: same(whole(answer(6)).sum(1), [2, 2, 4, 4, 6, 6]), \
        "print make_att_2d_masks(torch.ones(1, 6).bool(), pair_blocks(6)) and compare its rows with the task"
    yield "an odd action at the end is alone in its block", lambda: same(whole(answer(5)).sum(1), [2, 2, 4, 4, 5]), "look at the last row for a chunk of five"

@exercise(hint="The strip of `suffix_mask` is prefix columns, then suffix columns.")
def cross_mask(answer):
    pad = torch.tensor([[True, True, True, False, False], [True]*5])
    yield "a row for each action, a column for each prefix token", lambda: tuple(answer(pad, 3).shape) == (2, 3, 5), "the shape is (B, S, P): the suffix has no columns here"
    yield "no action looks at a padded token", lambda: not answer(pad, 3)[0, :, 3:].any(), "where prefix_pad is False, nobody may look"
    yield "every action looks at every real token", lambda: same(answer(pad, 3), pad[:, None].expand(2, 3, 5)), "the first action may look at the last prefix token, too"

@exercise(hint="Two layers are enough to find a leak: if the mask times itself opens no square, no power does.")
def leaks(answer):
    blocks, causal = whole([True, False, True, True, False]), torch.ones(4, 4).tril().bool()
    peek = torch.eye(3).bool()
    peek[0, 1] = peek[1, 2] = True
    far = torch.eye(5).bool()
    for i in range(4): far[i, i + 1] = True
    yield "block masks do not leak", lambda: not answer(blocks) and not answer(causal), "everything these masks forbid stays forbidden in every layer"
    yield "0 looks at 1, and 1 at 2: then 0 learns of 2", lambda: bool(answer(peek)), "row 0 does not allow column 2, but two layers do"
    yield "a longer chain leaks as well", lambda: bool(answer(far)), "the leak need not be near the diagonal of a small mask"
    yield "a full mask forbids nothing, so it cannot leak", lambda: not answer(torch.ones(3, 3).bool()), "compare with what one layer forbids"

def window(tokens, w, ring=False):
    "Each token looks at itself and at the w before it; in a ring the first looks at the last"
    back = torch.arange(tokens)[:, None] - torch.arange(tokens)
    if ring: back = back % tokens
    return (back >= 0) & (back <= w)

@exercise(hint="`reach(mask, n)` says who can have learned of whom after n layers: when is it the same for n and n + 1?")
def layers_needed(answer):
    yield "a block mask needs one layer", lambda: answer(whole([True, False, True, True, False])) == 1, "one layer shows each token all that it will ever learn of"
    yield "a token that sees only itself needs one as well", lambda: answer(torch.eye(4).bool()) == 1, "the answer is at least 1"
    yield "six tokens, each looks at the one before it: five", lambda: answer(window(6, 1)) == 5, "the last learns of the first after five looks"
    yield "seven tokens and a window of two: three", lambda: answer(window(7, 2)) == 3, "six steps back, two a layer"
    yield "a ring of five, where nobody is first: four", lambda: answer(window(5, 1, ring=True)) == 4, "the mask need not be causal: count until nothing changes, not until everything before is seen"
