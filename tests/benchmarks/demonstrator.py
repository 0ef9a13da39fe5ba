"""How often does the twin's demonstrator succeed? n fresh seeds a task, clean and with disturbed execution.

    python tests/benchmarks/demonstrator.py --n 100 --out tests/benchmarks/demonstrator.json

Prints one line a task; chapter 09 shows the kept JSON.
"""
import argparse, json
from pathlib import Path
import numpy as np
from smolvla.sim.twin import SO101Env
from smolvla.sim.tasks import TEMPLATES
from smolvla.sim.demonstrator import Demonstrator, rollout


def measure(task, n, noise, seed0):
    env = SO101Env(task, render=False)
    demo = Demonstrator(env, noise=noise)
    wins, named, steps, failed = 0, 0, [], []
    for seed in range(seed0, seed0+n):
        env.reset(seed=seed)
        demo.rng = np.random.default_rng(seed)
        demo.reset()
        for _ in rollout(env, demo): pass
        info = env._info()
        wins, named = wins+info["success"], named+(info["touched_first"] == env.goals[0].thing)
        steps.append(env.steps)
        if not info["success"]: failed.append(seed)
    return {"task": task, "noise": noise, "n": n, "success": wins, "touched_first": named, "steps_mean": round(float(np.mean(steps)), 1),
            "steps_max": max(steps), "failed_seeds": failed}


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--n", type=int, default=100, help="seeds a task")
    p.add_argument("--seed0", type=int, default=50_000, help="first seed")
    p.add_argument("--noise", type=float, nargs="*", default=[0.0, 1.5], help="disturbances, degrees")
    p.add_argument("--out", type=Path, help="write the result here as JSON")
    a = p.parse_args()
    rows = []
    for noise in a.noise:
        for task in TEMPLATES:
            rows.append(measure(task, a.n, noise, a.seed0))
            r = rows[-1]
            print(f"{task:16s} noise {noise:3} deg: {r['success']}/{a.n}, named thing touched first {r['touched_first']}/{a.n}, {r['steps_mean']} steps, failed {r['failed_seeds']}", flush=True)
    if a.out: a.out.write_text(json.dumps({"seed0": a.seed0, "speed": 1.5, "rows": rows}, indent=1)+"\n")
