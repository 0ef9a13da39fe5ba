"Engine room 00b: a format and an engine are chosen by speed and value, on any processor."
import os, subprocess, sys

import pytest, torch
import torch.nn.functional as F
from torch import nn

from smolvla import precision
from smolvla.precision import (
    AVX2, Choice, autocast, choose, int8_linear, pack, pack_int8, packed_linear, probe_eight_bits,
    quantise, shapes_of)

SHAPES = [(64, 96, 128), (64, 128, 96)]

def limited(code):
    "What a process prints that has neither AVX-512 nor VNNI."
    p = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env={**os.environ, **AVX2}, capture_output=True, text=True, timeout=120)
    assert p.returncode == 0, p.stderr
    return p.stdout.split("\n")

@pytest.mark.parametrize("training", [False, True])
def test_a_choice_names_what_was_measured(training):
    c = choose(SHAPES, training=training)
    assert c.dtype in ("float32", "bfloat16") and "GFLOP/s" in c.why and repr(c).startswith(c.dtype)
    assert choose(SHAPES, training=training) == c                          # measured once per process

def slow(seconds):  # a table of ways, as `_measured` returns it
    return lambda *key: (seconds, 1e9)

@pytest.mark.parametrize("seconds,want", [
    ({("float32", False): 1., ("bfloat16", False): .3}, ("bfloat16", False)),
    ({("float32", False): 1., ("bfloat16", False): .9}, ("float32", False)),             # not clearly quicker
    ({("float32", False): 1., ("bfloat16", False): 30.}, ("float32", False)),            # emulated
    ({("float32", False): 1., ("bfloat16", False): "wrong values (0.3 off)"}, ("float32", False)),
    ({("float32", False): 1., ("float32", True): .5, ("bfloat16", False): .45, ("bfloat16", True): "refused"}, ("float32", True)),
    ({("float32", False): 1., ("float32", True): .95, ("bfloat16", False): .5, ("bfloat16", True): .3}, ("bfloat16", True)),
    ({("bfloat16", False): 1., ("bfloat16", True): 2.}, ("bfloat16", False))])
def test_the_quickest_that_is_right_and_clearly_so(seconds, want, monkeypatch):
    monkeypatch.setattr(precision, "_measured", slow(seconds))
    c = choose([(1, 2, 3)])
    assert (c.dtype, c.packed) == want

@pytest.mark.parametrize("how", ["raises", "wrong"])
def test_a_private_operator_is_tried_before_it_is_trusted(how, monkeypatch):
    def bad(x, blocks, bias=None, then="none"):
        if how == "raises": raise RuntimeError("no such operator")
        return torch.zeros(x.shape[0], 128)
    monkeypatch.setattr(precision, "packed_linear", bad)
    x, w = precision._operands((64, 96, 128), "cpu")
    got = precision._time_way(precision._packed, torch.float32, [(x, w)])
    assert isinstance(got, str) and ("refused" in got if how == "raises" else "wrong values" in got)

def test_shapes_are_those_that_cost_most():
    net = nn.Sequential(nn.Linear(8, 64), *[nn.Linear(16, 16) for _ in range(9)], nn.Linear(64, 8), nn.Linear(2, 2))
    assert shapes_of(net, 5) == [(5, 16, 16), (5, 8, 64), (5, 64, 8)]

@pytest.mark.parametrize("then", ["none", "gelu", "silu"])
def test_packed_is_linear(then):
    torch.manual_seed(0)
    m, x = nn.Linear(24, 40), torch.randn(3, 7, 24)
    want = {"none": lambda y: y, "gelu": lambda y: F.gelu(y, approximate="tanh"), "silu": F.silu}[then](m(x))
    with torch.no_grad(): got = packed_linear(x, pack(m.weight), m.bias.detach(), then)
    assert torch.allclose(got, want, atol=1e-5)

WORST = """
import torch
from smolvla.precision import *
levels, why = probe_eight_bits()
x, w = torch.ones(4, 96), torch.ones(8, 96)
y = int8_linear(x, *pack_int8(*quantise(w, levels)), torch.float32)
print(levels, ((y - 96).abs().max()/96).item())
y = int8_linear(x, *pack_int8(*quantise(w, 127)), torch.float32)
print(((y - 96).abs().max()/96).item())
"""

def test_eight_bits_are_right_at_the_worst_case_everywhere(capsys):
    for run in (lambda: limited(WORST), lambda: (exec(WORST, {}), capsys.readouterr().out.split("\n"))[1]):
        levels, error = run()[0].split()
        assert int(levels) in (63, 127) and float(error) < .01

def test_the_limited_process_is_a_laptop_without_vnni():
    "If this passes, what the suite says about such a laptop on this machine means something."
    rows = limited(WORST)
    assert rows[0].split()[0] == "63" and float(rows[1]) > .2              # 127 levels saturate there
    assert limited("from smolvla.precision import choose; print(choose([(64, 192, 768)], training=True).dtype)")[0] == "float32"

def test_eight_bits_are_refused_where_nothing_is_right(monkeypatch):
    monkeypatch.setattr(precision, "int8_linear", lambda x, *a: torch.zeros(len(x), 16))
    probe_eight_bits.cache_clear()
    try: assert probe_eight_bits() == (0, "eight-bit products saturate on this processor")
    finally: probe_eight_bits.cache_clear()

@pytest.mark.parametrize("levels", [63, 127])
def test_quantised_rows_stay_in_range(levels):
    w = torch.randn(6, 50)*torch.tensor([1e-3, 1., 50., 0., 1e4, 1.])[:, None]
    q, scale = quantise(w, levels)
    assert q.dtype == torch.int8 and q.abs().max() <= levels and torch.isfinite(scale).all()
    assert ((q*scale[:, None] - w).abs() <= .51*scale[:, None]).all()

def test_autocast_refuses_other_formats():
    with pytest.raises(ValueError, match="use float32 or bfloat16, or auto to measure"): autocast("cpu", "int8")
    assert Choice("bfloat16", False, "x").torch_dtype == torch.bfloat16
