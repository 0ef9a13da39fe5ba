"""The shipped policy through bus, gears, driver limits and a latency, against the ideal arm of chapter 10 on the same scenes.

    python tests/benchmarks/eval_arm.py [--n 100] [--workers 2] [--keep]

Everything is simulated time. Finished episodes are kept in outputs/bench/arm_episodes.jsonl, and an interrupted run goes on from there.
--keep writes tests/benchmarks/arm.json, which chapter 14b shows."""
import argparse, json, multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm
from smolvla.serve.loop import Control, smallest_g
from smolvla.evaluate.report import machine
from smolvla.arm.driving import drive_twin
from smolvla.sim.demonstrations import EVAL_SEED0
from smolvla.evaluate.rates import mcnemar
from smolvla.evaluate.rollouts import evaluate
from smolvla.serve.server import load_backends

TASKS = ("pick_place", "sorting")
WAYS = {"ideal arm": None, "bus, gears, limits": 0., "and 0.1 s latency, async": .1, "and 0.3 s latency, async": .3}

def start(): torch.set_num_threads(1); start.backend = load_backends("nano")["nano"]

def episode(task, way, seed):
    if WAYS[way] is None:
        e = evaluate("nano", task, seeds=[seed]).episodes[0]
        ok, s = e.success, e.time_s or 20.
    else:
        g = smallest_g(WAYS[way], 24)
        ok, s, _ = drive_twin(start.backend, task, seed, WAYS[way], Control(g=g or 0.))
    return dict(task=task, way=way, seed=seed, ok=bool(ok), s=round(float(s), 3))

def summary(rows):
    "rows: way -> episodes in the order of their seeds"
    ok = {w: np.array([r["ok"] for r in rs]) for w, rs in rows.items()}
    ideal, out = ok["ideal arm"], {}
    for w, rs in rows.items():
        other = w != "ideal arm"
        out[w] = dict(success=[int(ok[w].sum()), len(rs)], median_s=round(float(np.median([r["s"] for r in rs if r["ok"]])), 2), p=mcnemar(ideal, ok[w]).p if other else None,
                      only_ideal=int((ideal & ~ok[w]).sum()), only_arm=int((ok[w] & ~ideal).sum()))
    return out

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--n", type=int, default=100, help="scenes of each task")
    p.add_argument("--seed0", type=int, default=EVAL_SEED0 + 5000)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--keep", action="store_true", help="also write tests/benchmarks/arm.json")
    a = p.parse_args()
    file, seeds = Path("outputs/bench/arm_episodes.jsonl"), range(a.seed0, a.seed0 + a.n)
    file.parent.mkdir(parents=True, exist_ok=True)
    read = lambda: {(r["task"], r["way"], r["seed"]): r for r in map(json.loads, file.read_text().splitlines())} if file.exists() else {}
    known = read()
    todo = [(t, w, s) for t in TASKS for s in seeds for w in WAYS if (t, w, s) not in known]
    with ProcessPoolExecutor(a.workers, multiprocessing.get_context("spawn"), start) as pool, open(file, "a") as out:
        for f in tqdm(as_completed([pool.submit(episode, *t) for t in todo]), total=len(todo), unit="episode"):
            out.write(json.dumps(f.result()) + "\n")
            out.flush()
    known = read()
    tables = {t: summary({w: [known[t, w, s] for s in seeds] for w in WAYS}) for t in TASKS}
    print(json.dumps(tables, indent=1))
    if a.keep:
        kept = dict(command=f"python tests/benchmarks/eval_arm.py --n {a.n}", seeds=[seeds[0], seeds[-1]], machine=dict(machine()), tasks=tables)
        (Path(__file__).parent/"arm.json").write_text(json.dumps(kept, indent=1))

if __name__ == "__main__": main()
