"Chapter 13e: what the exercises on parts for the table ask for"
from smolvla.learn import exercise
from smolvla.sim.twin import CAM_POS
from smolvla.workshop.accessories import Sizes, cube, upright_length
from smolvla.workshop.solids import fit

@exercise(hint="`pivot` starts from `eye()`. The same three steps with another lens position: direction, plate direction, sum.")
def upright_for(answer):
    yield "at the height of CAM_POS it is the upright of the course", lambda: abs(answer(CAM_POS[2]) - upright_length(Sizes())) < .01, \
        "millimetres; compare with upright_length(Sizes())"
    yield "a higher lens needs a longer upright", lambda: answer(.55) > answer(CAM_POS[2]) > answer(.4), "what does your answer do with `height`?"
    for height, length in ((.55, 546.391), (.4, 390.984)):
        yield f"lens at {height} m", lambda height=height, length=length: abs(answer(height) - length) < .05, \
            "the tilt changes with the height, because the camera looks at the same point: compute the direction anew"

def _gaps(answer, c):
    part = answer(c)
    thing = cube(25, "").manifold
    return [fit(thing.translate([x, 0, 2 + c]), {"tray": part.manifold}) for x in (-31, 0, 31)]

@exercise(hint="One box, minus three boxes of 25 + 2c that reach out of its top.")
def tray(answer):
    yield "it passes the check", lambda: answer(.2).check() == [], "what does tray(.2).check() say?"
    yield "it is 5 mm high", lambda: abs(answer(.2).mesh.extents[2] - 5) < .01, "floors at 2 mm, pockets 3 mm deep"
    yield "every cube fits in", lambda: max(f.overlap for f in _gaps(answer, .2)) < .01, "where are the pockets, how wide and how deep?"
    yield "with the gap on every side", lambda: all(abs(f.gap - .2) < .01 for f in _gaps(answer, .2)), "the gap stands on both sides of a cube; more than the gap is too loose"
    yield "with another gap, too", lambda: answer(.5).check() == [] and all(abs(f.gap - .5) < .01 and f.overlap < .01 for f in _gaps(answer, .5)), \
        "the clearance is the argument: nothing may depend on .2"
    yield "held on all four sides, and from below", lambda: all(_held(answer, x) for x in (-31, 0, 31)), "a cube that is pushed sideways must meet a wall, one that is pushed down the floor at 2 mm"

def _held(answer, x):
    thing, body = cube(25, "").manifold, answer(.2).manifold
    return all((thing.translate([x + dx, dy, 2.2 + dz]) ^ body).volume() > 1 for dx, dy, dz in PUSHES)

PUSHES = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, -.5)]
