"Chapter 00a: what the exercises on the machine's checks ask for"
import os, time
from contextlib import contextmanager
from functools import cache
import numpy as np
from smolvla.learn import exercise, same
from smolvla.setup_check import Check, encode_decode, moving_square

@contextmanager
def swapped(owner, **names):
    "Put other functions into a module for a moment"
    old = {n: getattr(owner, n) for n in names}
    for n, f in names.items(): setattr(owner, n, f)
    try: yield
    finally:
        for n, f in old.items(): setattr(owner, n, f)

@exercise(hint="`os.getloadavg()[0]` and `os.cpu_count()`.")
def check_load(answer):
    def at(load, cores, limit):
        with swapped(os, getloadavg=lambda: (load, 99., 0.), cpu_count=lambda: cores): return answer(limit)
    yield "it returns a Check of this name", lambda: isinstance(at(1., 4, 1.5), Check) and at(1., 4, 1.5).name == "load", "return Check(\"load\", ...)"
    yield "a calm machine is fine", lambda: at(2., 8, 1.5).ok, "2 waiting programs on 8 cores, seen over the last minute"
    yield "a busy machine fails", lambda: not at(8., 4, 1.5).ok, "8 waiting programs on 4 cores are 2 per core"
    yield "the limit counts", lambda: at(8., 4, 2.5).ok and at(8., 4, 2.).ok, "the same machine with a higher limit; at the limit is fine"
    yield "there is a cure when it fails, and only then", lambda: at(8., 4, 1.5).cure and not at(2., 8, 1.5).cure, "an empty text when all is well"

@cache
def sent_and_back(codec): return moving_square().astype(float), encode_decode(moving_square(), codec).astype(float)

def error_of(codec):
    sent, back = sent_and_back(codec)
    return abs(back - sent).mean()

@exercise(hint="`encode_decode(moving_square(), \"mpeg4\")` returns frames like the ones that went in. Subtract as `int`: bytes wrap around.")
def codec_errors(answer):
    found = cache(lambda: answer(("mpeg4", "h264")))
    yield "a dict with the codecs' names", lambda: list(found()) == ["mpeg4", "h264"], "one entry for each codec, in the order given"
    yield "each error is one number", lambda: all(np.ndim(v) == 0 for v in found().values()), "the mean over frames, rows, columns and colours"
    yield "errors of both signs count", lambda: min(found().values()) > .5, "the mean of the absolute difference, in levels of 255"
    yield "no byte wraps around", lambda: max(found().values()) < 20, "1 - 2 is 255 for bytes; look at the type of what you subtract"
    yield "the numbers agree with ours", lambda: all(abs(v - error_of(k)) < .5 for k, v in found().items()), "the mean, not the largest and not a square"
    yield "only what is asked for", lambda: list(answer(("mpeg4",))) == ["mpeg4"], "the codecs come from the argument"

class Clock:
    "A clock that only its calls move: what takes how long is known exactly"
    def __init__(self): self.now = 0.
    def call(self, seconds):  # a function, or seconds for each call in turn; the last stays
        turns = list(seconds)
        def run(): self.now += turns.pop(0) if len(turns) > 1 else turns[0]
        return run

def measured(answer, f, g, slower=0.):
    clock = Clock()
    calls = [clock.call(f), clock.call(g)]
    if slower:
        steady = [lambda s=s: setattr(clock, "now", clock.now + s*(1 + slower*clock.now)) for s in (f[0], g[0])]
        calls = steady
    with swapped(time, perf_counter=lambda: clock.now): return answer(*calls, 9)

@exercise(hint="Call both once without timing. Then time them in turns, and take the median of what each pair says.")
def speedup(answer):
    yield "a function that takes half as long is 2 times as fast", lambda: same(measured(answer, [1.], [.5]), 2), "f's time divided by g's"
    yield "the first calls do not count", lambda: same(measured(answer, [50., 1.], [9., .5]), 2), "a first call may compile or load something"
    yield "one slow call of g does not count", lambda: same(measured(answer, [1.], [.5, .5, .5, 50., .5]), 2), "a mean, a sum or a maximum follows an outlier"
    yield "one slow call of f does not count either", lambda: same(measured(answer, [1., 1., 1., 1., 100., 1.], [.5]), 2), "nor may the one pair with the outlier decide"
    yield "a machine that slows down steadily does not decide", lambda: abs(measured(answer, [1.], [1.], .05) - 1) < .12, \
        "two equal functions; whoever is timed later looks slower, so time them in turns"
    def rounds():
        count = []
        with swapped(time, perf_counter=lambda: float(len(count))): answer(lambda: count.append(1), lambda: count.append(1), 5)
        return len(count)
    yield "no more calls than asked for", lambda: 12 <= rounds() <= 16, "repeats timed calls of each function, and a first one or two"
