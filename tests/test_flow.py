"Chapter 04 holds the lessons; here are the properties and the bad input."
import pytest, torch
from smolvla.model.flow import (
    LOSS_VERSIONS, METHODS, flow_loss, integrate, make_u_t, make_x_t, masked_mean, sample_time,
    sinusoidal_time, solver_times)

def test_times_are_beta():
    t = sample_time(200_000, torch.Generator().manual_seed(0))
    beta = torch.distributions.Beta(1.5, 1.)
    assert t.min() >= 0.001 and t.max() <= 1
    assert abs(t.mean() - (beta.mean*0.999 + 0.001)) < 2e-3 and abs(t.var() - beta.variance*0.999**2) < 2e-3
    for q in (0.1, 0.5, 0.9): assert abs((t < q).float().mean() - ((q - 0.001)/0.999)**1.5) < 5e-3

def test_same_generator_same_times():
    a, b = (sample_time(5, torch.Generator().manual_seed(3)) for _ in range(2))
    assert a.equal(b) and not a.equal(sample_time(5, torch.Generator().manual_seed(4)))

def test_velocity_is_the_time_derivative():
    a, n = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    t = torch.rand(3, dtype=torch.float64, requires_grad=True)
    x = make_x_t(a, n, t)
    u = make_u_t(a, n)
    for i in range(3):
        g, = torch.autograd.grad(x[i, 1, 2], t, retain_graph=True)
        torch.testing.assert_close(g[i], u[i, 1, 2])

def test_reference_time_embedding():
    from helpers import reference
    r = reference()
    e = sinusoidal_time(r["in.time"], 72)
    assert e.dtype == torch.float64 and (e - r["train.time_emb_f64"]).abs().max() < 1e-12

@pytest.mark.parametrize("method,order", [("euler", 1), ("midpoint", 2)])
def test_order_of_the_solvers(method, order):
    "dx/dt = x has the solution e^(t-1) x(1); halving the step divides the error by 2^order."
    x1 = torch.ones(1, 1, 1, dtype=torch.float64)
    error = lambda n: (integrate(lambda x, t: x, x1, n, method) - torch.exp(torch.tensor(-1., dtype=torch.float64))).abs().item()
    assert error(32)/error(64) == pytest.approx(2**order, rel=0.05)

@pytest.mark.parametrize("method", METHODS)
def test_integrate_asks_exactly_at_solver_times(method):
    asked = []
    integrate(lambda x, t: asked.append(t) or x, torch.zeros(1, 1, 1), 7, method)
    assert asked == solver_times(7, method) and asked[0] == 1 and min(asked) > 0

def test_solver_leaves_the_noise_alone():
    noise = torch.randn(2, 3, 4); before = noise.clone()
    integrate(lambda x, t: x, noise, 3)
    assert noise.equal(before)

def test_newest_loss_ignores_what_does_not_exist():
    v, u = torch.randn(2, 3, 6, 8)
    is_pad = torch.arange(6) >= torch.tensor([[6], [4], [1]])
    loss = flow_loss(v, u, is_pad, 5)
    v[..., 5:] = 99; v[is_pad] = -99
    torch.testing.assert_close(flow_loss(v, u, is_pad, 5), loss)
    torch.testing.assert_close(loss, torch.cat([(v - u)[i, :n, :5].square().flatten() for i, n in enumerate((6, 4, 1))]).mean())

def test_versions_agree_when_everything_exists():
    v, u = torch.randn(2, 3, 6, 8)
    a, b, c = (flow_loss(v, u, torch.zeros(3, 6, dtype=torch.bool), 8, version) for version in LOSS_VERSIONS)
    torch.testing.assert_close(a, b); torch.testing.assert_close(a, c)

def test_per_sample_losses():
    v, u = torch.randn(2, 3, 6, 8)
    is_pad = torch.arange(6) >= torch.tensor([[6], [4], [0]])
    per = flow_loss(v, u, is_pad, 5, reduction="none")
    assert per.shape == (3,) and per[2] == 0 and per.isfinite().all()
    weights = torch.tensor([6., 4, 0])
    torch.testing.assert_close((per*weights).sum()/10, flow_loss(v, u, is_pad, 5))
    torch.testing.assert_close(flow_loss(v, u, None, 5, "2025", "none").mean(), (v - u).square().mean())

@pytest.mark.parametrize("call,words", [
    (lambda: sinusoidal_time(torch.rand(2), 7), "odd"), (lambda: solver_times(0), "at least one step"), (lambda: solver_times(3, "rk4"), "euler"),
    (lambda: masked_mean(torch.zeros(1, 1, 1), loss_version="2024"), "2026-04"), (lambda: masked_mean(torch.zeros(1, 1, 1), reduction="sum"), "none")])
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words): call()

@pytest.mark.parametrize("n,method,times", [(1, "euler", [1]), (4, "euler", [1, .75, .5, .25]), (1, "midpoint", [1, .5]), (2, "midpoint", [1, .75, .5, .25])])
def test_times_of_a_solver(n, method, times): assert solver_times(n, method) == times

def test_defaults_are_smolvlas():
    asked = []
    integrate(lambda x, t: asked.append(t) or x, torch.zeros(1, 1, 1))
    assert asked == pytest.approx([1 - k/10 for k in range(10)])
    assert solver_times(2) == [1, .5] and LOSS_VERSIONS[-1] == "2026-04"
    v, pad = torch.arange(8.).reshape(1, 2, 4), torch.tensor([[False, True]])
    assert masked_mean(v, pad, 2) == .5 and flow_loss(v, torch.zeros_like(v), pad, 2) == .5 and masked_mean(v) == 3.5

def test_a_midpoint_step_by_hand():
    "x' = x + t from x(1) = 2: half a step back, then a whole one with that velocity"
    at = 2 - .5*(2 + 1)
    assert integrate(lambda x, t: x + t, torch.full((1, 1, 1), 2.), 1, "midpoint").item() == pytest.approx(2 - (at + .5))
    assert integrate(lambda x, t: x + t, torch.full((1, 1, 1), 2.), 1).item() == pytest.approx(2 - 3)

def test_waves_by_hand():
    t = torch.tensor([0., .25, 1.])
    waves = sinusoidal_time(t, 4, .5, 2.)
    torch.testing.assert_close(waves, torch.stack([(2*torch.pi*t.double()/.5).sin(), (2*torch.pi*t.double()/2).sin(), (2*torch.pi*t.double()/.5).cos(), (2*torch.pi*t.double()/2).cos()], 1))
    assert sinusoidal_time(t, 2).shape == (3, 2)
    torch.testing.assert_close(sinusoidal_time(t, 4)[:, 1], (2*torch.pi*t.double()/4).sin())

def test_three_losses_by_hand():
    errors = torch.tensor([[[1., 2, 100], [3., 4, 100], [50., 50, 50]], [[5., 6, 100], [70., 70, 70], [80., 80, 80]]])
    pad = torch.tensor([[False, False, True], [False, True, True]])
    by_hand = {"2025": (errors.mean(), errors.mean((1, 2))), "2026-03": (21/12, [10/6, 11/6]), "2026-04": (21/6, [10/4, 11/2])}
    for version, (mean, each) in by_hand.items():
        assert masked_mean(errors, pad, 2, version).item() == pytest.approx(float(mean)) and masked_mean(errors, pad, 2, version, "none").tolist() == pytest.approx([float(x) for x in each])
    assert masked_mean(errors, None, 2, "2026-03").item() == pytest.approx(errors[..., :2].mean().item())
    assert masked_mean(errors, torch.ones_like(pad), 2) == 0 and masked_mean(errors, pad).item() == pytest.approx((103 + 107 + 111)/9)

def test_nearly_no_time_is_nearly_data():
    t = sample_time(200_000, torch.Generator().manual_seed(1))
    assert (t < .002).float().mean() < 3e-4 and (t > .999).float().mean() == pytest.approx(.0015, rel=.3)

def test_the_mean_of_a_single_number():
    errors, pad = torch.tensor([[[7., 1], [9., 1]]]), torch.tensor([[False, True]])
    assert masked_mean(errors, pad, 1) == 7 and masked_mean(errors, pad, 1, reduction="none").tolist() == [7]

def test_the_line_by_hand():
    a, n = torch.full((3, 2, 1), 10.), torch.full((3, 2, 1), -2.)
    assert make_x_t(a, n, torch.tensor([0., 1., .25])).tolist() == [[[10.]]*2, [[-2.]]*2, [[7.]]*2] and make_u_t(a, n).eq(-12).all()
