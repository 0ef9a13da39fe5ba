"Chapter 06 shows one case; here every kind of expert, padding, gradients, dtypes."
import pytest, torch
import torch.nn.functional as F
from smolvla.model.vlm import attention, build_vlm, positions, prefix_forward, prefix_mask
from smolvla.model.masks import prefix_blocks, suffix_blocks
from smolvla.model.expert import (
    SuffixRunner, append_token, build_expert, expert_widths, fold_heads, folded_attention,
    joint_forward, layer_kinds, score_bias, unfold_heads)
from helpers import tiny_vlm_config

B, P, S = 3, 10, 6

def case(seed=0, **kw):
    torch.manual_seed(seed)
    text = build_vlm(tiny_vlm_config()).model.text_model.requires_grad_(False)
    expert = build_expert(text.config, 0.75, **kw)
    for p in [*text.parameters(), *expert.parameters()]: p.data.normal_(std=p.shape[-1]**-0.5) if p.ndim > 1 else p.data.uniform_(0.5, 1.5)
    embs, state, suffix = torch.randn(B, P, 24), torch.randn(B, 1, 24), torch.randn(B, S, expert.width)
    pad = torch.ones(B, P, dtype=torch.bool); pad[0, 2:5] = False; pad[1, 7:] = False # a camera that is missing, a short sentence
    return text, expert, embs, state, suffix, pad

def joint(text, expert, embs, state, suffix, pad, causal=True):
    prefix = torch.cat([embs, state], 1)
    att = torch.cat([prefix_blocks(P), suffix_blocks(S, causal)])
    return joint_forward(text, expert, prefix, suffix, F.pad(pad, (0, 1 + S), value=True), att)[1]

def split(text, expert, embs, state, suffix, pad, causal=True):
    with torch.no_grad(): kv = prefix_forward(text.layers, embs, prefix_mask(pad), positions(pad))
    return SuffixRunner(expert, *append_token(text.layers, kv, pad, state), suffix_blocks(S, causal))(suffix)

KINDS = [{}, dict(self_attn_every_n=-1), dict(attention_mode="self_attn"), dict(num_layers=2, self_attn_every_n=-1), dict(num_layers=2, attention_mode="self_attn"), dict(self_attn_every_n=3)]

@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("kw", KINDS, ids=str)
def test_split_equals_joint(kw, causal):
    text, expert, embs, state, suffix, pad = case(**kw)
    assert [layer.kind for layer in expert.layers] == [k for k in expert.kinds if k != "skip"]
    grads = []
    target = torch.randn(B, S, expert.width)
    for f in (joint, split):
        expert.zero_grad(); s, x = state.clone().requires_grad_(), suffix.clone().requires_grad_()
        out = f(text, expert, embs, s, x, pad, causal)
        (out - target).square().mean().backward()
        grads.append((out.detach(), s.grad, x.grad, *(p.grad for p in expert.parameters())))
    for a, b in zip(*grads): assert (a - b).abs().max() <= 1e-5*max(1, a.abs().max()), "split and joint part"
    with torch.no_grad(): torch.testing.assert_close(split(text, expert, embs, state, suffix, pad, causal), grads[0][0], atol=1e-5, rtol=0) # SDPA path
    assert grads[0][1].abs().max() > 1e-7, "the state must receive a gradient"

def test_padding_is_invisible():
    text, expert, embs, state, suffix, pad = case()
    out = split(text, expert, embs, state, suffix, pad)
    embs = torch.where(pad[..., None], embs, torch.randn(B, P, 24)*9)
    torch.testing.assert_close(split(text, expert, embs, state, suffix, pad), out, atol=1e-5, rtol=0)
    longer, more = F.pad(embs, (0, 0, 0, 4), value=3.), F.pad(pad, (0, 4))
    torch.testing.assert_close(split(text, expert, longer, state, suffix, more), out, atol=1e-5, rtol=0)

@pytest.mark.parametrize("causal", [True, False])
def test_who_sees_the_future(causal):
    text, expert, embs, state, suffix, pad = case()
    out = split(text, expert, embs, state, suffix, pad, causal)
    suffix[:, 3] += 1
    moved = (split(text, expert, embs, state, suffix, pad, causal) - out).abs().amax((0, 2)) > 1e-5
    assert moved.tolist() == ([False]*3 + [True]*3 if causal else [True]*S)

def test_cross_only_actions_never_meet():
    text, expert, embs, state, suffix, pad = case(self_attn_every_n=-1)
    out = split(text, expert, embs, state, suffix, pad)
    suffix[:, 3] += 1
    assert ((split(text, expert, embs, state, suffix, pad) - out).abs().amax((0, 2)) > 1e-5).tolist() == [False, False, False, True, False, False]

@pytest.mark.parametrize("grad", [True, False])
def test_folded_attention_is_attention(grad):
    q, k, v, mask = torch.randn(2, 5, 6, 8), torch.randn(2, 7, 2, 8), torch.randn(2, 7, 2, 8), torch.rand(2, 5, 7) < 0.6
    mask[..., 0] = True
    with torch.set_grad_enabled(grad):
        out = folded_attention(fold_heads(q.requires_grad_(grad), 2), k.transpose(1, 2), v.transpose(1, 2), score_bias(mask.repeat(1, 3, 1)))
    torch.testing.assert_close(unfold_heads(out, 5), attention(q, k, v, mask), atol=1e-5, rtol=0)

@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("grad", [True, False])
def test_a_blind_row_is_finite(dtype, grad):
    q, k = torch.randn(1, 1, 4, 8, dtype=dtype, requires_grad=grad), torch.randn(1, 1, 5, 8, dtype=dtype)
    with torch.set_grad_enabled(grad): out = folded_attention(q, k, k, score_bias(torch.zeros(1, 1, 5, dtype=torch.bool)))
    assert out.isfinite().all()
    if grad: out.sum().backward(); assert q.grad.isfinite().all()

def test_autocast_stays_close():
    text, expert, embs, state, suffix, pad = case()
    out = split(text, expert, embs, state, suffix, pad)
    with torch.autocast("cpu", torch.bfloat16): low = split(text, expert, embs, state, suffix, pad)
    assert 0 < (low.float() - out).abs().mean() < 0.03

def test_widths_and_kinds():
    assert [expert_widths(960, w) for w in (1, 0.75, 0.5, 0.25)] == [(960, 2560), (720, 2048), (480, 1280), (240, 768)]
    assert layer_kinds(4) == ["self", "cross"]*2 and layer_kinds(4, 2, "self_attn") == ["self", "skip"]*2
    assert layer_kinds(6, -1, "cross_attn", 3) == ["self", "cross", "cross"]*2

@pytest.mark.parametrize("args,words", [((4, -1, "both"), "cross_attn"), ((4, 3), "divide"), ((16, 8), "two kinds")])
def test_bad_input(args, words):
    with pytest.raises(ValueError, match=words): layer_kinds(*args)
