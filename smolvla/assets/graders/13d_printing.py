"Chapter 13d: what the exercises on printing ask for"
import numpy as np
from smolvla.learn import exercise
from smolvla.workshop.solids import Part, box, holes, to_mesh

@exercise(hint="The washer, with a hole that reaches beyond both ends.")
def pipe(answer):
    part = lambda *a: Part("pipe", answer(*a))
    ring = lambda d, wall, h: np.pi/4*(d**2 - (d - 2*wall)**2)*h
    yield "it has the right outer size", lambda: np.allclose(part(20, 2, 30).mesh.extents, [20, 20, 30], atol=.05), "d across, h high"
    yield "it stands on the bed", lambda: abs(part(20, 2, 30).mesh.bounds[0, 2]) < 1e-6, "from z=0 to z=h"
    yield "the hole has the right diameter", lambda: abs(holes(part(20, 2, 30).manifold, 15)[0][0] - 16) < .05, "a wall stands on both sides of the hole"
    yield "it is open at both ends", lambda: abs(part(20, 2, 30).mesh.volume - ring(20, 2, 30)) < 15, "how far does the hole reach, below and above?"
    yield "it passes the check", lambda: part(20, 2, 30).check() == [] and part(30, 1.2, 12).check() == [], "what does the list say?"
    yield "any size", lambda: abs(part(40, 3, 7).mesh.volume - ring(40, 3, 7)) < 15, "nothing may depend on the size of the example"

@exercise(hint="Shell first: area times thickness, at most the volume. Then a share of what is left.")
def plastic(answer):
    cube, sheet = to_mesh(box(100, 100, 100)), to_mesh(box(100, 100, 1))
    yield "full infill is the part, in cm3", lambda: abs(answer(cube, 1, 1.) - 1000) < 1e-3, "1000 mm3 are 1 cm3"
    yield "no infill is the shell", lambda: abs(answer(cube, 1, 0.) - 60) < 1e-3, "six faces of 100 cm2, 1 mm thick"
    yield "something between", lambda: abs(answer(cube, 1, .25) - 295) < 1e-3, "the infill fills what the shell leaves, not everything"
    yield "a thin sheet is never more than itself", lambda: abs(answer(sheet, 1.2, .15) - 10) < 1e-3, "where two shells meet, the part is solid"

def _fence(*walls):
    "Walls in a row, of these thicknesses"
    out = box(40, 10, 2)
    for k, w in enumerate(walls): out = out + box(w, 10, 6).at(x=10*k - 10)
    return out

def _counted(answer, solid):
    "The answer, and how often it asked `thin_area`"
    names, n = answer.__globals__, [0]
    real = names["thin_area"]
    def counting(*a, **kw):
        n[0] += 1
        return real(*a, **kw)
    names["thin_area"] = counting
    try: return answer(solid), n[0]
    finally: names["thin_area"] = real

@exercise(hint="What is too thin for one `wall` is too thin for every larger one: halve the interval.")
def thinnest_wall(answer):
    yield "a block has no thin wall", lambda: abs(answer(box(30, 30, 6), 10.) - 10) < .1, "then it is `most`"
    yield "a wall of 2 mm", lambda: abs(answer(_fence(2.), 10.) - 2) < .1, "the largest `wall` for which thin_area is at most 0.5"
    yield "the thinnest of three", lambda: abs(answer(_fence(3.3, .9, 2.), 10.) - .9) < .1, "to a tenth of a millimetre"
    yield "up to another limit", lambda: abs(answer(_fence(3.3), 2.) - 2) < .1, "`most` is where the search ends"
    yield "at most 30 questions", lambda: _counted(answer, _fence(1.7))[1] <= 30, "how much of the interval does one question rule out?"
