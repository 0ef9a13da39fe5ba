"Masks of chapter 05: the rule against a slow reading of it, reference tensors, padding, bad input."
from pathlib import Path
import pytest, torch
from safetensors.torch import load_file
from smolvla.model.masks import (
    make_att_2d_masks, plot_mask, prefix_blocks, suffix_blocks, suffix_mask, suffix_positions)
from smolvla.model.vlm import attention, positions

REF = Path(__file__).parent/"reference_data"/"ref.safetensors"

def slow(pad, att):
    out = torch.zeros(*pad.shape, pad.shape[1], dtype=torch.bool)
    for b in range(len(pad)):
        for i in range(pad.shape[1]):
            for j in range(pad.shape[1]): out[b, i, j] = bool(att[b, :j+1].sum() <= att[b, :i+1].sum()) and bool(pad[b, i]) and bool(pad[b, j])
    return out

@pytest.mark.parametrize("seed", range(5))
def test_rule(seed):
    g = torch.Generator().manual_seed(seed)
    pad, att = torch.rand(3, 9, generator=g) > .3, torch.randint(0, 2, (3, 9), generator=g)
    mask = make_att_2d_masks(pad, att)
    assert torch.equal(mask, slow(pad, att))
    assert torch.equal((mask.float() @ mask.float() > 0), mask)  # transitive: no leak through depth

def test_reference():
    ref = load_file(REF)
    pad, P, H = ref["prefix.pad_mask"].bool(), ref["prefix.pad_mask"].shape[1], ref["in.action_is_pad"].shape[1]
    prefix, suffix = prefix_blocks(P - 1), suffix_blocks(H)
    assert torch.equal(prefix.expand(2, P), ref["prefix.att_mask"].long())
    assert torch.equal(make_att_2d_masks(pad, prefix), ref["sample.prefix_att_2d_mask"].bool())
    assert torch.equal(positions(pad), ref["sample.prefix_position_ids"].long())
    line = torch.cat([pad, torch.ones(2, H, dtype=torch.bool)], 1)
    assert torch.equal(make_att_2d_masks(line, torch.cat([prefix, suffix])), ref["train.att_2d_mask"].bool())
    assert torch.equal(positions(line), ref["train.position_ids"].long())
    assert torch.equal(suffix_mask(pad, suffix), ref["probe.att_2d_mask"].bool())
    assert torch.equal(suffix_positions(pad, H), ref["probe.position_ids"].long())

@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("state_in_suffix", [True, False])
def test_suffix_is_the_last_rows(causal, state_in_suffix):
    pad = torch.rand(4, 7, generator=torch.Generator().manual_seed(0)) > .3
    pad[:, -1] = True
    prefix, suffix = prefix_blocks(7 - (not state_in_suffix), not state_in_suffix), suffix_blocks(5, causal, state_in_suffix)
    line = torch.cat([pad, torch.ones(4, len(suffix), dtype=torch.bool)], 1)
    full = make_att_2d_masks(line, torch.cat([prefix, suffix]))
    assert torch.equal(suffix_mask(pad, suffix), full[:, 7:])
    assert torch.equal(suffix_positions(pad, len(suffix)), positions(line)[:, 7:])
    assert not full[:, :7, 7:].any()  # the prefix never sees the suffix

@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_blind_rows(dtype):
    "Fully masked rows: zeros, finite gradients, and no influence on the other rows."
    torch.manual_seed(0)
    x = torch.randn(2, 6, 4, 8, dtype=dtype, requires_grad=True)
    pad = torch.tensor([[1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0]]).bool()
    out = attention(x, x[:, :, :2], x[:, :, :2], make_att_2d_masks(pad, torch.zeros(6)))
    out.square().sum().backward()
    assert out.dtype == dtype and out.isfinite().all() and x.grad.isfinite().all()
    assert (out[~pad] == 0).all() and (out[pad] != 0).any()
    assert (x.grad[~pad] == 0).all()
    short = attention(x[:1, :4], x[:1, :4, :2], x[:1, :4, :2], torch.ones(1, 4, 4, dtype=torch.bool))
    torch.testing.assert_close(out[:1, :4], short)

def test_positions_skip_padding():
    assert positions(torch.tensor([[1, 0, 0, 1, 1, 0]]).bool()).tolist() == [[0, 0, 0, 1, 2, 2]]

def test_bad_input():
    ones = torch.ones(1, 4, dtype=torch.bool)
    with pytest.raises(ValueError, match="pad must be bool"): make_att_2d_masks(ones.int(), torch.zeros(4))
    with pytest.raises(ValueError, match="att has 5 tokens"): make_att_2d_masks(ones, torch.zeros(5))
    with pytest.raises(ValueError, match="start with 1"): suffix_mask(ones, torch.tensor([0, 1, 1]))
    with pytest.raises(ValueError, match="labels"): plot_mask(torch.ones(4, 4), ["a"])

def test_blocks_by_hand():
    assert prefix_blocks(3).tolist() == [0, 0, 0, 1] and prefix_blocks(3, False).tolist() == [0, 0, 0] and prefix_blocks(0).tolist() == [1]
    assert suffix_blocks(3).tolist() == [1, 1, 1] and suffix_blocks(3, False).tolist() == [1, 0, 0] and suffix_blocks(1, False).tolist() == [1]
    assert suffix_blocks(2, state=True).tolist() == [1, 1, 1] and suffix_blocks(2, False, True).tolist() == [1, 1, 0]
    assert all(b.dtype == torch.int64 for b in (prefix_blocks(2), suffix_blocks(2)))

def test_a_suffix_by_hand():
    pad = torch.tensor([[True, False, True], [True, True, True]])
    assert suffix_mask(pad, suffix_blocks(2))[0].int().tolist() == [[1, 0, 1, 1, 0], [1, 0, 1, 1, 1]]
    assert suffix_mask(pad, suffix_blocks(2, False))[1].int().tolist() == [[1, 1, 1, 1, 1]]*2
    assert suffix_positions(pad, 2).tolist() == [[2, 3], [3, 4]]

def test_shapes_that_are_none():
    ones = torch.ones(2, 4, dtype=torch.bool)
    for pad in (ones[0], ones[None], ones.float()):
        with pytest.raises(ValueError, match="pad must be bool"): make_att_2d_masks(pad, torch.zeros(4))
    for n in (3, 5):
        with pytest.raises(ValueError, match=f"att has {n} tokens but pad has 4"): make_att_2d_masks(ones, torch.zeros(n))
    for att in (torch.ones(2, 3), torch.zeros(3), torch.tensor([0, 1])):
        with pytest.raises(ValueError, match="1-D and start with 1"): suffix_mask(ones, att)
    assert make_att_2d_masks(ones, torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])).sum((1, 2)).tolist() == [2*2 + 3 + 4, 1 + 2 + 3 + 4]
