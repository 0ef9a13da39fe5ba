"""Control steps a second of the twin, and how much of a step is drawing.

    python tests/benchmarks/bench_sim.py

Writes outputs/bench/sim.json.
Times are CPU time of this process, the best of several rounds, because machines have neighbours: "a second" is what an idle
core would do. LP_NUM_THREADS=0 keeps the software renderer in this one thread.
"""
import json, os, time
from pathlib import Path
os.environ.setdefault("LP_NUM_THREADS", "0")
import numpy as np
from smolvla.sim.twin import HOME, SO101Env, make_spec, mujoco, to_radians
from smolvla.sim.demonstrator import Demonstrator, rollout
from smolvla.sim.demonstrations import random_scene


def best(fn, rounds=5):
    times = []
    for _ in range(rounds):
        t = time.process_time(); fn(); times.append(time.process_time()-t)
    return min(times)


def step_ms(env, n=30):
    env.reset(seed=0)
    swing = [HOME+20*np.sin(k/5)*np.array([1, .3, .3, .3, 1, .5]) for k in range(n)]
    def run():
        for a in swing: env.step(a)
    return 1e3*best(run)/n


def default_pair_ms():
    "Two 128-pixel pictures as MuJoCo draws them out of the box: STL meshes, shadow map, antialiasing."
    spec = make_spec(light=False)
    spec.worldbody.lights[0].castshadow, spec.visual.quality.offsamples = True, 4
    m = spec.compile(); d = mujoco.MjData(m); d.qpos[:6] = to_radians(HOME); mujoco.mj_forward(m, d)
    def pair():
        for c in ("overhead", "wrist_cam"): r.update_scene(d, c); r.render()
    with mujoco.Renderer(m, 128, 128) as r:
        pair()
        return 1e3*best(pair, 3)


def episode_seconds(env):
    env.reset(seed=1)
    demo, n = Demonstrator(env), 0
    t = time.process_time()
    for _ in rollout(env, demo): n += 1
    return (time.process_time()-t)/n


if __name__ == "__main__":
    blind, seeing = SO101Env(render=False), SO101Env()
    physics, both, plain = step_ms(blind), step_ms(seeing), default_pair_ms()
    draw = both-physics
    rng = np.random.default_rng(0)
    scenes = best(lambda: [random_scene(seeing, rng) for _ in range(20)], 3)/20
    act = episode_seconds(blind)
    print("| what | ms | a second |\n|---|---|---|")
    for name, ms in (("physics of a control step", physics), ("control step with two 128 px cameras", both), ("two pictures", draw),
                     ("two pictures, MuJoCo's defaults", plain), ("random scene with two pictures", 1e3*scenes), ("demonstrator's step without pictures", 1e3*act)):
        print(f"| {name} | {ms:.2f} | {1e3/ms:.0f} |")
    print(f"\ndrawing is {draw/both:.0%} of a control step; ours is {plain/draw:.0f} times cheaper than the default")
    for e in (blind, seeing): e.close()
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out/"sim.json").write_text(json.dumps(dict(rows=[
        ["twin with two 128 px cameras, control steps a CPU second", f"{1e3/both:.0f}", "100"], ["of that, drawing", f"{draw/both:.0%}", ""]]), indent=1))
