"Chapter 13: what the exercises on calibration and stopping ask for"
from functools import cache
import numpy as np
from smolvla.arm.so101 import SO101
from smolvla.arm.wire import ManualClock
from smolvla.learn import exercise
from smolvla.sim.twin import HOME

@exercise(hint="Zero is the middle of the range. How far apart are the two middles?")
def zero_shift(answer):
    yield "the same range shifts nothing", lambda: answer((700, 3300), (700, 3300)) == 0, "the middles are the same"
    yield "a range that is short by the same amount at both ends shifts nothing", lambda: abs(answer((800, 3200), (700, 3300))) < 1e-6, \
        "the zero is the middle, not an end"
    yield "the elbow of the task", lambda: abs(abs(answer((747, 2947), (747, 3347))) - 17.58) < .01, "4095 ticks are 360 degrees"
    yield "too large is positive", lambda: answer((747, 2947), (747, 3347)) > 0, "compute one tick's angle with both ranges, and subtract"
    yield "short at the lower end: too small", lambda: abs(answer((1147, 3347), (747, 3347)) + 17.58) < .01, "both ends count"

@exercise(hint="One send moves the goal by at most `speed / hz`; the last one may be shorter.")
def ticks_needed(answer):
    yield "nothing to do, no send", lambda: answer(0, 135, 30) == 0, "the goal is the target already"
    yield "a whole number of steps", lambda: answer(45, 135, 30) == 10, "4.5 degrees a send"
    yield "a rest needs one more send", lambda: answer(40, 135, 30) == 9 and answer(.1, 135, 30) == 1, "half a step is a send as well"
    yield "floats do not add a send", lambda: answer(2.1, 3, 10) == 7, "what is 2.1/.3 for Python?"
    yield "another rate", lambda: answer(40, 60, 50) == 34, "both speed and hz count"
    yield "the simulated arm agrees", lambda: abs(_driven() - answer(40, 135, 30)) <= 1, "a real send may be one tick off, not more"

@cache
def _driven():
    with SO101("twin", clock=ManualClock()) as arm:
        arm.move_to(HOME)
        n = 0
        while abs(arm.goal[0] - 40) > .01 and n < 100:
            arm.clock.sleep(1/30)
            arm.send(HOME + np.array([40, 0, 0, 0, 0, 0]))
            n += 1
        return n

@cache
def _sinks(pose):
    "The same measurement, by the clock of the physics"
    with SO101("twin", clock=ManualClock()) as arm:
        arm.move_to(np.array(pose, float))
        plant, speeds = arm.bus.port.where.plant, [0.]
        step = plant.step
        def timed(*a):
            step(*a)
            speeds.append(float(np.abs(np.degrees(plant.data.qvel[:5])).max()))
        plant.step = timed
        arm.stop()
        arm.clock.sleep(.5)
        arm.bus.port.where.advance()
        return max(speeds)

STRETCHED, FOLDED = (0, 0, 0, 0, 0, 20), tuple(HOME.tolist())

@exercise(hint="`rows` has the time in column 0, the joints in 1 to 5, the gripper in 6; `stop` lets the arm's clock run while it lowers the torque.")
def sinking(answer):
    found = {}
    def of(pose):
        if pose not in found: found[pose] = float(answer(np.array(pose, float)))
        return found[pose]
    yield "it is a speed", lambda: of(FOLDED) > 0, "whatever its direction: a falling joint has a negative speed"
    yield "an arm that hangs over the table sinks faster than a bent one", lambda: of(FOLDED) < of(STRETCHED), \
        "does the arm move to `pose` before it stops?"
    yield "from HOME", lambda: abs(of(FOLDED) - _sinks(FOLDED)) < .05*_sinks(FOLDED), \
        "film from the moment of stop() for half a second after it, and nothing before or after"
    yield "stretched out", lambda: abs(of(STRETCHED) - _sinks(STRETCHED)) < .05*_sinks(STRETCHED), \
        "which joint is the fastest? All five count, the gripper does not"
