"Chapter 06: what the exercises on the action expert ask for"
from functools import cache

import torch

from smolvla.learn import exercise, same
from smolvla.model.expert import Expert, SuffixRunner
from smolvla.model.masks import suffix_blocks
from smolvla.model.vlm import attention

def built(kinds):
    "How many parameters the real expert of nano width has"
    with torch.device("meta"): expert = Expert(144, 512, 6, 2, 32, kinds)
    return sum(p.numel() for p in expert.parameters())

@exercise(hint="Self layers read keys and values from the stream (width), cross layers from the VLM (kv). "
               "Besides: queries, output, three matrices of the MLP, two norms; and one norm at the end.")
def expert_params(answer):
    def fits(kinds): return int(answer(144, 512, 192, 64, kinds)) == built(kinds)
    yield "without layers the last norm is left", lambda: answer(10, 20, 8, 4, []) == 10, \
        "Expert(..., kinds=[]) still has one parameter tensor: list its named_parameters()"
    yield "one self layer", lambda: fits(["self"]), \
        "print the shapes of the named_parameters() of an Expert with one self layer, and tick them off"
    yield "one cross layer", lambda: fits(["cross"]), "k_proj and v_proj of a cross layer read something of another width"
    yield "layers that are skipped count nothing", lambda: fits(["self", "skip", "cross", "skip"]), \
        "where the expert has no layer there is no parameter"
    yield "nano", lambda: fits(["self", "cross"]*2), "compare with the expert of this chapter"

@cache
def small():
    "A function from suffix to output as `split` is, with an expert of random weights"
    g = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        expert = Expert(16, 32, 2, 1, 8, ["self", "cross", "self"])
    kv = [(torch.randn(2, 3, 1, 8, generator=g), torch.randn(2, 3, 1, 8, generator=g)) for _ in range(3)]
    pad = torch.ones(2, 3, dtype=torch.bool)
    return SuffixRunner(expert, kv, pad, suffix_blocks(12)), torch.randn(2, 12, 16, generator=g)

@exercise(hint="Clone the suffix, add 1 at position i, and compare both outputs of `run`: a position moved if any sample and "
               "any channel of it did.")
def moved_by(answer):
    x = torch.arange(2*5*3.).view(2, 5, 3)
    last = torch.tensor([0., 1.])[:, None, None]  # the second sample alone
    def kept(): return answer(lambda s: s, x, 1) is not None and same(x, torch.arange(30.).view(2, 5, 3))
    yield "where nothing is mixed, one position moves", lambda: list(answer(lambda s: s, x, 2)) == [2], \
        "with run = lambda s: s the answer for i=2 is [2]"
    yield "the suffix of the caller stays as it was", kept, "you wrote into the caller's tensor: clone it first"
    yield "down counts as up does", lambda: list(answer(lambda s: -s, x, 1)) == [1], "an output that falls has moved as well"
    yield "one sample of the batch is enough", lambda: list(answer(lambda s: last*s, x, 3)) == [3], \
        "the second sample moves and the first does not: look at all samples"
    yield "less than 1e-5 is no movement", lambda: list(answer(lambda s: 1e-6*s.double(), x, 0)) == [], "compare with the threshold of the task"
    yield "the expert is causal", lambda: list(answer(*small(), 7)) == [7, 8, 9, 10, 11], \
        "run answer(run, suffix, 7) with a SuffixRunner: who may look at action 7?"

def three(seed=0, S=4, T=5):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(2, S, 6, 32, generator=g), torch.randn(2, T, 2, 32, generator=g), torch.randn(2, T, 2, 32, generator=g)

@exercise(hint="`score_bias` makes numbers of a mask (B,1,T) of False; `fold_heads(q, 2)` and a transpose bring q, k and v into shape.")
def blind_attention(answer):
    q, k, v = three()
    wanted = attention(q, k, v, torch.ones(2, 4, 5, dtype=torch.bool)).view(2, 4, 2, 3, 32).permute(0, 2, 3, 1, 4).reshape(2, 2, 12, 32)
    mean = v.mean(1)[:, :, None].expand(2, 2, 12, 32)
    yield "the shape of folded heads", lambda: tuple(answer(q, k, v).shape) == (2, 2, 12, 32), "(B,2,3*S,32): kv heads first, see fold_heads"
    yield "all numbers are finite", lambda: bool(answer(q, k, v).isfinite().all()), \
        "a row of minus infinities has no softmax: what does score_bias put there?"
    yield "keys that are all alike give the mean of the values", lambda: same(answer(q, 0*k, v), mean, 1e-2), \
        "equal scores give equal weights, whatever was added to all of them"
    yield "other keys, other weights", lambda: same(answer(q, k, v), wanted, 1e-2), \
        "the queries still count: compute the softmax of (scores - 30000) by hand for one row"

LIMIT = 1 - sum(1/n for n in range(1, 9))/8  # of an output that knows its own input alone

@exercise(hint="Make a new SuffixRunner in every step (the cross keys belong to the graph), and new noise as well.")
def riddle_error(answer):
    measured = cache(lambda *kinds: float(answer(list(kinds))))
    yield "a finite number", lambda: 0 < measured("cross") < 100, "return a float: the mean squared error after training"
    yield "without training it would be about 2", lambda: measured("self") < 1, "does the optimiser get the parameters, and does it step?"
    yield "cross layers alone stay above the limit", lambda: measured("cross") > LIMIT - .03, \
        "no expert whose actions are blind to each other can be so good: is the error measured on fresh noise, with the causal mask?"
    yield "cross layers alone come near the limit", lambda: measured("cross") < LIMIT + .1, \
        "1 - (1 + 1/2 + ... + 1/8)/8 is possible: train longer, or with a larger step"
    yield "a self layer passes the limit clearly", lambda: measured("self") < .8*LIMIT, \
        "a self layer must see the actions before it: look at the block starts that you give to SuffixRunner"
