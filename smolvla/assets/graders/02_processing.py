"Chapter 02: what the exercises on processing ask for"
from functools import cache
import numpy as np
import torch
from smolvla.learn import exercise, same
from smolvla.model.processing import Processor

MEAN, STD = torch.tensor([0., -40, 50, 60, 0, 30]), torch.tensor([30., 30, 30, 20, 25, 25])

@cache
def poses(n=200): return MEAN + STD*torch.randn(n, 6, generator=torch.Generator().manual_seed(0))

def processor(mean=MEAN, std=STD):
    six = dict(mean=mean.tolist(), std=std.tolist())
    return Processor(["overhead"], {"observation.state": six, "action": six}, None, resize=(128, 128))

@exercise(hint="Take off the border, move to the edge of the first pixel, scale, and move back to the middle of a pixel.")
def to_camera(answer):
    yield "a square picture of the same size stays as it is", lambda: same(answer(5, 7, 64, 64, 64), (5, 7)), "no border and a ratio of 1: nothing changes"
    yield "half the pixels: pixel 0 covers 0 and 1", lambda: same(answer(0, 0, 256, 256, 128), (.5, .5)), "the middle of camera pixels 0 and 1 lies at 0.5: mind the half pixels"
    yield "the border of a wide picture is on top", lambda: same(answer(63.5, 79.5, 640, 480, 128), (319.5, 239.5)), "640 x 480 leaves 96 rows of 128; the middle goes to the middle"
    yield "the lower right corner stays a corner", lambda: same(answer(127.5, 127.5, 640, 480, 128), (639.5, 479.5)), "where the picture ends, at 127.5, the camera's ends"
    yield "an upright picture has its border on the left", lambda: same(answer(31.5, -.5, 480, 640, 128), (-.5, -.5)), "480 x 640 leaves 96 columns; the first edge of the picture is -0.5"
    yield "other sizes", lambda: same(answer(0, 16, 320, 240, 64), (2, 2)), "use w, h and size; 320 x 240 leaves 48 rows of 64"

@exercise(hint="`[\"state\"]` has 32 columns, of which the robot has the first six.")
def spread_seen(answer):
    yield "it is one plain number", lambda: isinstance(answer(processor(), poses()), float), "`.item()` makes a float of a tensor"
    yield "ordinary poses spread by about 1", lambda: abs(answer(processor(), poses()) - 1) < .1, "six joints, not all 32 columns"
    yield "the spread is that of the poses, joint by joint", lambda: same(answer(processor(), poses()[:50]), (poses()[:50].std(0)/STD).mean(), 1e-3), \
        "the standard deviation over the poses (dimension 0) of each joint, then the mean over joints"
    yield "radians spread a 57th", lambda: same(answer(processor(), poses()/57.3), answer(processor(), poses())/57.3, 1e-4), "poses go in as they were recorded"
    yield "the processor's statistics count", lambda: same(answer(processor(std=2*STD), poses()), answer(processor(), poses())/2, 1e-3), "use the processor that is given"

def clip(step, n=4, size=24, noise=0):
    base = (np.arange(size*size*3).reshape(size, size, 3)*7 % 251).astype(np.uint8)
    return np.stack([np.roll(base, step*i, axis=1) for i in range(n)])

def blink(n): return np.stack([np.full((8, 8, 3), 100 + i % 2, np.uint8) for i in range(n)])

def lit(levels, n=4, size=8): return np.stack([np.full((size, size, 3), levels[i % 2], np.uint8) for i in range(n)])

@exercise(hint="Compare the mean absolute change between frames, as `int`: bytes wrap around.")
def looks_swapped(answer):
    yield "right way round", lambda: not answer(clip(0), clip(5)), "the wrist moves, the overhead camera does not: nothing is swapped"
    yield "swapped", lambda: bool(answer(clip(5), clip(0))), "the clip that is called overhead moves"
    yield "a bright still picture is no motion", lambda: not answer(lit((250, 250)), lit((10, 12))), "the change from frame to frame, not brightness"
    yield "a small change downwards is small", lambda: not answer(lit((100, 99)), lit((50, 90))), "100 to 99 is a change of 1; look at the type of what you subtract"
    yield "clips of other sizes and lengths", lambda: not answer(lit((10, 14), 9, 16), lit((10, 20), 3)), "a mean, since a sum grows with the clip"

def recorded(*joints):
    x = poses().clone()
    for j in joints: x[:, j] /= 57.3
    return x

def with_joint(j, values):
    x = poses().clone()
    x[:, j] = values
    return x

@exercise(hint="Look at how far each joint moves against `std`, and at how large its numbers become. Neither is enough alone.")
def radian_joints(answer):
    noise = torch.randn(200, generator=torch.Generator().manual_seed(1))
    yield "all in degrees: none", lambda: list(answer(poses(), MEAN, STD)) == [], "an empty list"
    yield "one joint in radians", lambda: list(answer(recorded(3), MEAN, STD)) == [3], "its spread is a 57th of the statistics'"
    yield "several of them", lambda: list(answer(recorded(0, 2, 5), MEAN, STD)) == [0, 2, 5], "joint by joint; the first joint has the mean 0"
    yield "a joint that moves a tenth of the usual", lambda: list(answer(with_joint(0, 3*noise.clamp(-1, 1)), MEAN, STD)) == [], "a tenth is not a 57th"
    yield "a joint that rests", lambda: list(answer(with_joint(4, .2), MEAN, STD)) == [], "a joint without any spread says nothing of its unit"
    yield "a joint that trembles at 60 degrees", lambda: list(answer(with_joint(3, 60 + .5*noise.clamp(-1, 1)), MEAN, STD)) == [], "60 cannot be radians"
    yield "the statistics given count", lambda: list(answer(recorded(1), MEAN*2, STD*2)) == [1] and list(answer(poses()/30, MEAN/30, STD/30)) == [], \
        "an arm of short ways has statistics of its own"
