"Engine room 07b: a frozen copy acts like the policy it was made of, whatever becomes of that one afterwards."
import copy, pickle

import pytest, torch
import torch.nn.functional as F
from torch import nn

from helpers import tiny_observation, tiny_policy
from smolvla.model.fast import (
    FastLinear, FrozenPolicy, attend_by_head, fast_copy, look_fast, make_fast)
from smolvla.precision import Choice, probe_eight_bits
from smolvla.model.vlm import attention, embed_images

AFTER = dict(none=lambda y, o: y, gelu=lambda y, o: F.gelu(y, approximate="tanh"), silu=lambda y, o: F.silu(y), add=lambda y, o: y + o, mul=lambda y, o: y*o)
ENGINES = ["plain", "packed", "int8"]
LIMIT = dict(plain=0., packed=1e-5, int8=.02)  # of the result's norm

def observation(B=3): return {k: v for k, v in tiny_observation(B).items() if "action" not in k}
def share(a, b): return ((a - b).float().norm()/b.float().norm()).item()

def chunk(policy, seed=0, obs=None):
    batch = policy.preprocess(obs or observation())
    noise = torch.randn(len(batch["state"]), 8, policy.config.max_action_dim, generator=torch.Generator().manual_seed(seed))
    return policy.sample_actions(batch, noise)

# ---- one layer

@pytest.mark.parametrize("then", AFTER)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", [(96,), (1, 96), (2, 7, 96), (0, 96)])
def test_a_fast_layer_is_linear(shape, engine, bias, then):
    torch.manual_seed(0)
    plain = nn.Linear(96, 64, bias=bias)
    fast = FastLinear(plain.weight, plain.bias, engine)
    x, other = torch.randn(shape), torch.randn(*shape[:-1], 64) if then in ("add", "mul") else None
    want, got = AFTER[then](plain(x), other), fast(x, then, other)
    assert got.shape == want.shape and got.dtype == want.dtype and not got.requires_grad
    assert not x.numel() or share(got, want) <= LIMIT[engine]

@pytest.mark.parametrize("engine", ENGINES)
def test_low_precision_keeps_the_residual(engine):
    torch.manual_seed(0)
    plain, x, h = nn.Linear(96, 64), torch.randn(40, 96), torch.randn(40, 64)
    try: fast = FastLinear(plain.weight, plain.bias, engine, torch.bfloat16)
    except RuntimeError as e:
        assert engine == "packed" and "bf16" in str(e)                      # this processor cannot: `choose` never picks it then
        return
    assert fast(x).dtype == torch.bfloat16 and share(fast(x), plain(x)) < .03
    assert fast(x, "add", h).dtype == torch.float32                         # a residual stays in its own precision

@pytest.mark.parametrize("engine", ENGINES)
def test_gradients_reach_the_input(engine):
    "Real-time chunking asks for them."
    torch.manual_seed(0)
    plain, x = nn.Linear(96, 64), torch.randn(5, 96, requires_grad=True)
    fast = FastLinear(plain.weight, plain.bias, engine)
    got, want = (torch.autograd.grad(m(x).square().sum(), x)[0] for m in (fast, plain))
    assert share(got, want) < .05

@pytest.mark.parametrize("engine", ENGINES)
def test_copied_and_sent_layers_are_the_same(engine):
    plain, x = nn.Linear(96, 64), torch.randn(5, 96)
    fast = FastLinear(plain.weight, plain.bias, engine)
    want = fast(x)
    for twin in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):     # as multiprocessing sends it to a worker of ours
        assert torch.allclose(twin(x), want, rtol=1e-5, atol=1e-6)

@pytest.mark.parametrize("engine", ENGINES)
def test_zeros_give_the_bias_and_the_weight_gives_nothing(engine):
    plain = nn.Linear(96, 64)
    fast = FastLinear(plain.weight, plain.bias, engine)
    assert torch.allclose(fast(torch.zeros(3, 96)), plain.bias.expand(3, 64), atol=1e-6)
    assert fast.weight.shape == plain.weight.shape and F.linear(torch.ones(1, 96), fast.weight).isnan().all()

def test_head_by_head_is_attention():
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 640, 3, 16).bfloat16()
    got, want = attend_by_head(q, k, v), attention(q, k, v)
    assert got.dtype == want.dtype and got.shape == want.shape and share(got, want) < .02

# ---- the whole policy

FORMS = [("float32", False, False), ("float32", True, False), ("float32", False, True), ("bfloat16", False, False)]
OFF = {("float32", False, False): 1e-5, ("float32", True, False): 1e-5, ("float32", False, True): .1, ("bfloat16", False, False): .1}

@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("changes", [{}, dict(state_in="suffix"), dict(self_attn_every_n_layers=-1), dict(attention_mode="self_attn"), dict(objective="regression")], ids=str)
def test_a_copy_acts_like_its_policy(form, changes):
    policy = tiny_policy(**changes)
    dtype, packed, eight = form
    frozen = FrozenPolicy(policy, Choice(dtype, packed, ""), eight)
    assert share(chunk(frozen), chunk(policy)) <= OFF[form]

def halve(policy):
    for p in policy.parameters(): p.data.mul_(.5)

def average(policy):
    for p in policy.parameters(): p.data.copy_(torch.zeros_like(p))

def load(policy): policy.load_state_dict({k: v*3 for k, v in policy.state_dict().items()})

def one_number(policy): policy.expert.layers[0].mlp.down_proj.weight.data[0, 0] += 5

def other_tensor(policy): policy.expert.layers[0].mlp.down_proj.weight.data = torch.randn_like(policy.expert.layers[0].mlp.down_proj.weight)

def optimiser(policy):
    policy.train()
    opt = torch.optim.AdamW([p for p in policy.parameters() if p.requires_grad], lr=.1, fused=True)
    policy.loss(policy.preprocess(tiny_observation())).backward()
    opt.step()
    policy.eval()

def merged(policy):
    from smolvla.train.loop import add_lora
    add_lora(policy, 4)
    for n, p in policy.named_parameters():
        if "lora_B" in n: p.data.normal_()
    for m in policy.modules():
        if hasattr(m, "merge") and hasattr(m, "get_delta_weight"): m.merge()

CHANGES = [halve, average, load, one_number, other_tensor, optimiser, merged]

@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_no_change_of_the_policy_reaches_its_copy_and_none_is_missed_by_the_policy(change, mode):
    policy = tiny_policy()
    frozen = FrozenPolicy(policy, Choice("float32", True, ""))
    with mode(): before, old = chunk(frozen), chunk(policy)
    change(policy)
    frozen.reset()
    with mode(): after, new = chunk(frozen), chunk(policy)
    assert torch.equal(before, after)
    assert not torch.equal(old, new)
    anew = tiny_policy()                                                    # a policy that never knew other weights
    if change is not merged: anew.load_state_dict(policy.state_dict()); assert torch.allclose(chunk(anew), new, atol=1e-6)

def test_adapters_are_added_in():
    from smolvla.train.loop import add_lora
    policy = tiny_policy()
    add_lora(policy, 4)
    for n, p in policy.named_parameters():
        if "lora_B" in n: p.data.normal_(std=.1)
    assert share(chunk(fast_copy(policy, "float32")), chunk(policy)) < 1e-5

def test_the_copy_is_closed():
    frozen = fast_copy(tiny_policy(), "float32")
    for wrong in (lambda: frozen.train(), lambda: frozen.save_pretrained("x"), lambda: frozen.load_state_dict({}), lambda: frozen.to("cpu"), lambda: frozen.half()):
        with pytest.raises(RuntimeError, match="frozen copy"): wrong()
    assert frozen.eval() is frozen and not any(p.requires_grad for p in frozen.parameters())

def test_the_policy_is_left_as_it_was():
    policy = tiny_policy().train()
    names, trains = set(policy.state_dict()), {n for n, p in policy.named_parameters() if p.requires_grad}
    fast_copy(policy, "bfloat16", num_steps=2)
    assert policy.training and policy.config.num_steps == 3
    assert set(policy.state_dict()) == names and {n for n, p in policy.named_parameters() if p.requires_grad} == trains

def test_words_for_what_was_chosen():
    policy = tiny_policy()
    assert "measured" in policy.fast().choice.why and policy.fast("float32").choice.why == "asked for"
    assert policy.fast("float32", eight_bits=True).eight_bits == (probe_eight_bits()[0] > 0)
    with pytest.raises(ValueError, match="use float32 or bfloat16, or auto to measure"): policy.fast("int4")

def test_eight_bits_that_are_wrong_here_are_refused_aloud(monkeypatch):
    from smolvla.model import fast
    monkeypatch.setattr(fast, "probe_eight_bits", lambda: (0, "eight-bit products saturate on this processor"))
    policy = tiny_policy()
    frozen = policy.fast("float32", eight_bits=True)
    assert not frozen.eight_bits and "saturate" in frozen.choice.why and share(chunk(frozen), chunk(policy)) < 1e-5

def test_a_first_call_under_inference_mode_is_like_any_other():
    policy = tiny_policy()
    frozen = fast_copy(policy, "float32")
    with torch.inference_mode(): first = chunk(frozen)
    frozen.reset()
    with torch.no_grad(): later = chunk(frozen)
    assert torch.equal(first, later)
    assert all(not t.is_inference() for m in frozen.modules() if isinstance(m, FastLinear) for t in (m.dense(), m.weight))

def test_look_fast_is_embed_images():
    policy, images = tiny_policy(), torch.rand(2, 2, 3, 32, 32)*2 - 1
    vlm = make_fast(copy.deepcopy(policy.vlm).requires_grad_(False), Choice("float32", True, ""))
    with torch.no_grad(): assert share(look_fast(vlm, images), embed_images(policy.vlm, images)) < 1e-5

# ---- the last look

def test_recall_computes_what_changed_and_nothing_else(monkeypatch):
    frozen, looks = fast_copy(tiny_policy(), "float32"), []
    look = frozen.look
    monkeypatch.setattr(frozen, "look", lambda images: looks.append(images.shape[1]) or look(images))
    batch = frozen.preprocess(observation())

    def check(change, cameras, **new):
        looks.clear()
        batch.update(new)
        got = frozen.prefix_kv(batch)
        seen = sum(looks)
        want = type(frozen).__mro__[1].prefix_kv(frozen, batch, look(batch["images"]))
        assert seen == cameras, change
        assert torch.equal(got.pad_mask, want.pad_mask), change
        assert all((a - b).abs().max() < 1e-6 for x, y in zip(got.kv, want.kv) for a, b in zip(x, y)), change
    check("first", 2)
    check("state", 0, state=batch["state"] + 1)
    check("second camera", 1, images=torch.stack([batch["images"][:, 0], -batch["images"][:, 1]], 1))
    check("words", 0, tokens=batch["tokens"].flip(1))
    check("a camera goes away", 0, image_mask=batch["image_mask"] & torch.tensor([True, False]))
    check("longer text", 0, tokens=F.pad(batch["tokens"], (0, 2)), token_mask=F.pad(batch["token_mask"], (0, 2)))
    check("fewer robots", 2, **{k: v[:1] for k, v in batch.items()})

def test_select_action_forgets_at_reset():
    frozen, obs = fast_copy(tiny_policy(), "float32"), observation()
    frozen.select_action(obs)
    assert frozen.recall.looked == 2
    frozen.queue.clear()
    frozen.select_action(obs)
    assert frozen.recall.looked == 0
    frozen.reset()
    frozen.select_action(obs)
    assert frozen.recall.looked == 2
