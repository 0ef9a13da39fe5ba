"Chapter 04: what the exercises on flow matching ask for"
import torch
from smolvla.learn import exercise, same
from smolvla.model.flow import integrate

def bent(x, t): return -2*x + torch.tensor([1., -1.])*t

def start(): return torch.linspace(-1, 1, 8).view(4, 1, 2)

def paths(step): return torch.tensor([[0.]*8 + [s] + [5.]*7 for s in step])[..., None]

def runge_kutta(v, x, n):
    for k in range(n):
        t, h = 1 - k/n, 1/n
        a = v(x, t)
        b = v(x - h/2*a, t - h/2)
        c = v(x - h/2*b, t - h/2)
        x = x - h/6*(a + 2*b + 2*c + v(x - h*c, t - h))
    return x

@exercise(hint="`t = 1 - tau`, and time runs backwards.")
def velocity_tau(answer):
    yield "the network is asked at its own time", lambda: same(abs(answer(lambda x, t: x*t, 2., .25)), 1.5), \
        "tau = 0.25 lies near the noise; where is the noise in our time?"
    yield "the velocity points from noise to data", lambda: same(answer(lambda x, t: x*t, 2., .25), -1.5), \
        "ours points towards growing t, the slides' towards growing tau"
    def walk(n=20):
        x = start()
        for k in range(n): x = x + answer(bent, x, k/n)/n
        return x
    yield "Euler steps end where ours do", lambda: same(walk(), integrate(bent, start(), 20), 1e-4), \
        "walk from tau=0 to 1 by hand with two steps, and beside it from t=1 to 0"

@exercise(hint="`demos[:, 8, 0]` are the positions beside the cup.")
def l1_error(answer):
    yield "one demonstration, one distance", lambda: same(answer(paths([2.]), -1), 3), "the distance of 2 and -1; is step 8 the ninth?"
    yield "the unit stays that of the demonstrations", lambda: same(answer(paths([1., 3.]), 0), 2), "distances of 1 and 3 have the mean 2; nothing is squared"
    yield "both sides count", lambda: same(answer(paths([1., -1., 1.]), 0), 1), "a distance has no sign"
    yield "a far demonstration counts in full", lambda: same(answer(paths([0., 0., 9.]), 0), 3), "the mean of the distances, not their median"
    yield "it is a plain number", lambda: isinstance(answer(paths([1.]), 0), float), "`.item()` makes a float of a tensor"

@exercise(hint="Step `k` begins at `t = 1 - k/n` with `a = v(x, t)`, and Euler would end at `x - a/n`. Ask there, at the time where the step ends.")
def heun(answer):
    asked = []
    def seen(x, t):
        asked.append(float(t))
        return torch.ones_like(x)
    yield "a constant speed goes the whole way", lambda: same(answer(seen, start(), 4), start() - 1), "n steps of length 1/n, towards t = 0"
    yield "two questions for each step", lambda: len(asked) == 8, "ask once at the beginning and once at the end of each step"
    yield "at the beginning and the end of each step", lambda: same(sorted(asked), [0, .25, .25, .5, .5, .75, .75, 1]), "print the times at which you ask"
    yield "one step is exact when the speed changes evenly", lambda: same(answer(lambda x, t: t, 0., 1), -.5), "the mean of both directions makes the step"
    yield "the second question is asked at the place where Euler ends", lambda: same(answer(lambda x, t: x, 1., 1), .5), \
        "with v = x, from 1: the first direction is 1, the second is that at the place 0"
    yield "each step starts where the last one ended", lambda: same(answer(lambda x, t: x, 1., 2), .625**2), "the trial step must not move x; only the mean does"

@exercise(hint="Let the error be `c/n**p`: write down the two differences, divide them, and see what is left.")
def solver_order(answer):
    steps = []
    def exact(p):
        def solver(v, x, n):
            steps.append(n)
            return x + torch.tensor([3., -4.])/n**p
        return solver
    yield "three runs", lambda: bool(answer(exact(1), None, torch.zeros(1, 1, 2), 4)) and sorted(steps) == [4, 8, 16], "run the solver with n, 2n and 4n steps, once each"
    yield "an error like 1/n has order 1", lambda: same(answer(exact(1), None, start(), 4), 1, .02), "twice the steps must halve the difference"
    yield "an error like 1/n**3 has order 3", lambda: same(answer(exact(3), None, torch.zeros(1, 1, 2), 1), 3, .02), "a ratio of 8 is an order of 3"
    yield "an order need not be whole", lambda: same(answer(exact(1.5), None, torch.zeros(1, 1, 2), 4), 1.5, .02), "no rounding of the order"
    yield "Euler is of first order", lambda: same(answer(lambda v, x, n: integrate(v, x, n), bent, start().double(), 64), 1, .1), "give the solver v and x"
    yield "midpoint is of second order", lambda: same(answer(lambda v, x, n: integrate(v, x, n, "midpoint"), bent, start().double(), 64), 2, .15), \
        "the differences of neighbouring runs, not those to the best run"
    yield "Runge and Kutta's is of fourth order", lambda: same(answer(runge_kutta, bent, start().double(), 16), 4, .3), "the same three runs, with a better solver"
