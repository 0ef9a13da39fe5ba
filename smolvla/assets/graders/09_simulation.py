"Chapter 09: what the exercises on the simulation ask for"
from functools import cache

import numpy as np

from smolvla.learn import exercise, same
from smolvla.sim.demonstrator import Demonstrator, rollout
from smolvla.sim.twin import FPS, HOME, Arm, SO101Env, base_model, frame, mujoco, to_radians

@cache
def scene():
    "A state with the arm at home; the model is a copy, whoever uses it"
    state = mujoco.MjData(base_model())
    state.qpos[:6] = to_radians(HOME)
    mujoco.mj_forward(state.model, state)
    return state

@exercise(hint="`project(data, xyz)` gives column and row; it gives NaN behind the camera, and every comparison with NaN is False.")
def visible(answer):
    def is_seen(*xyz): return bool(answer(scene(), xyz))
    yield "the middle of the table", lambda: is_seen(.2, 0, 0), "print project(data, (.2, 0, 0))"
    yield "too high", lambda: not is_seen(.2, 0, .4), "which row has a point 40 cm over the table?"
    yield "too far aside", lambda: not is_seen(.2, .6, 0) and not is_seen(.2, -.6, 0), "which column has it? There is an edge on either side"
    yield "behind the camera", lambda: not is_seen(.2, 0, 1.), "project gives NaN there: how does your comparison treat it?"
    yield "the highest point over the middle", lambda: [is_seen(.2, 0, z) for z in (.29, .31)] == [True, False], \
        "the picture has 128 pixels, from 0 to below 128"

@cache
def arm(): return Arm(base_model())

FAR = np.array([.5, 0, .12])

@cache
def stretched(): return arm().ik(FAR, frame(FAR, 1.5, 0), to_radians(HOME)[:5], 60)[0]

def reference(q, far, damping):
    "The largest change of a joint"
    error = far - arm().tip(q)[0]
    J = arm().jacobian()[:3].copy()
    inverse = np.linalg.pinv(J) if damping == 0 else J.T@np.linalg.inv(J@J.T + damping*np.eye(3))
    return np.abs(inverse@error).max()

@exercise(hint="J^T (J J^T + damping I)^-1 e, where e leads from `arm.tip(q)[0]` to the target. `arm.jacobian()` is that of the last "
               "`tip`; `np.linalg.pinv` inverts what it can.")
def largest_step(answer):
    home = to_radians(HOME)[:5]
    def fits(q, far, damping):
        wanted = reference(q, far, damping)
        arm().tip(np.full(5, .1))  # the Jacobian must be that of q, not of what came before
        return same(float(answer(arm(), q, far, damping)), wanted, 1e-6)
    near = arm().tip(home)[0]
    def aside(): return [near + (0, s*.05, 0) for s in (1, -1)]
    yield "on the spot there is nothing to do", lambda: abs(float(answer(arm(), home, near, 1e-4))) < 1e-9, "the error is target minus tip"
    yield "a change is large in either direction", lambda: all(fits(home, far, 1e-9) for far in aside()), \
        "take the absolute value of each joint's change, and the largest of the five; and the Jacobian after tip(q)"
    yield "much damping, small steps", lambda: float(answer(arm(), stretched(), FAR, 1e4)) < 1e-4, "where does the damping go in the formula?"
    yield "a stretched arm, damped", lambda: fits(stretched(), FAR, 1e-2), "add damping times the identity to J J^T: not its square"
    yield "a stretched arm, not damped", lambda: fits(stretched(), FAR, 0), "at damping 0 use the pseudo-inverse"

@cache
def tried(noise, seeds):
    "(wins, seconds) of the demonstrator"
    env = SO101Env("pick_place", render=False)
    demo, wins, steps = Demonstrator(env, noise=noise), 0, []
    for s in seeds:
        env.reset(seed=s)
        demo.rng = np.random.default_rng(s)
        demo.reset()
        for _ in rollout(env, demo): pass
        wins += env._info()["success"]
        steps.append(env.steps)
    return wins, np.mean(steps)/FPS

@exercise(hint="`rollout(env, demonstrator)` drives an episode: loop over it. Then `env.steps` counts its steps, 30 a second, and the last "
               "`info` says whether it was won; look at `env._info()` after the loop.")
def noise_table(answer):
    run = cache(lambda levels, seeds: answer("pick_place", levels, seeds))
    def row(noise, *seeds): return run((noise,), seeds)[noise]
    yield "a row for each level", lambda: set(run((0, 3), (0,))) == {0, 3}, "a dict whose keys are the levels"
    yield "an undisturbed episode is won", lambda: row(0, 0)[0] == 1, "how many episodes were won, not their share"
    yield "it lasts some seconds", lambda: same(row(0, 0)[1], tried(0, (0,))[1], 1e-3), "30 steps are a second"
    yield "the noise counts", lambda: same(row(6, 0), tried(6, (0,)), 1e-3), "give the level to the demonstrator, and let it be disturbed"
    yield "each episode is its own", lambda: same(row(3, 1, 2), tried(3, (1, 2)), 1e-3), \
        "reset environment and generator with the seed, and the demonstrator after the environment; average the seconds"
