"""The three tables of the slides, sync and async in the twin, in virtual time: success, time to completion, items placed in 60 s.

    python tests/benchmarks/bench_async.py [--n 60] [--workers 2] [--keep]

Every mode drives the same scenes. Latency is simulated, so that a second of it costs nothing; the policy really runs. Finished episodes are
kept in outputs/bench/async_episodes.jsonl, and an interrupted run goes on from there; --measured shows the settings that are complete so far.
--keep writes tests/benchmarks/async.json, which chapter 11 shows."""
import argparse, json, multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm
from smolvla.serve.loop import (
    Control, ControlLoop, SimulatedLink, TwinRobot, VirtualClock, lag, smallest_g)
from smolvla.evaluate.report import machine
from smolvla.sim.demonstrations import EVAL_SEED0
from smolvla.evaluate.rates import Rate, mcnemar
from smolvla.serve.server import load_backends
from smolvla.sim.twin import SO101Env

N, WINDOW, MOST = 24, 60.0, 20.0                                      # actions of a chunk; seconds of table (c); seconds of an episode
MODES = {"sync": None, "async": "", "async, RTC": "vjp", "async, RTC identity": "identity"}
LATENCIES = [(0.0, 0.0), (0.1, 0.0), (0.3, 0.0), (0.4, 0.0), (1.0, 0.0), (0.3, 0.5)]   # seconds, jitter as a share of them
TASKS = ("pick_place", "sorting")

def control(mode, latency, jitter):
    "Asynchronous: look as late as chapter 11's formula allows, and twice the jitter earlier; where no threshold is enough, with half a chunk left"
    if mode == "sync": return Control(n=N, g=0)
    g = smallest_g(latency * (1 + 2 * jitter), N)
    return Control(n=N, g=0.5 if g is None else max(0.1, g), rtc=MODES[mode])

def start(): torch.set_num_threads(1); start.backend, start.env = load_backends("nano")["nano"], {}

def episode(task, mode, latency, jitter, seed):
    "One scene; the seconds at which things came to lie where they belong"
    env = start.env.setdefault(task, SO101Env(task, max_seconds=MOST))
    env.cameras = ("overhead", "wrist")
    env.reset(seed=seed)
    clock, robot, c, placed = VirtualClock(), TwinRobot(env), control(mode, latency, jitter), []
    link = SimulatedLink(lambda look: start.backend.infer([look])[0][:c.n], clock, lag(latency, jitter, seed))
    loop = ControlLoop(robot, link, c, clock, seed)
    while not robot.done:
        loop.tick()
        items = sum(env.done(g) for g in env.goals) if robot.done else int((env._stable >= 3).sum())
        placed += [clock.t] * (items - len(placed))
    return dict(task=task, mode=mode, latency=latency, jitter=jitter, seed=seed, g=c.g, ok=bool(robot.info["success"]), s=round(clock.t, 3), held=round(loop.count["held"] / 30, 3), looks=loop.count["look"],
                placed=[round(t, 3) for t in placed])

def measure(todo, file, workers):
    "Append every episode to the file as soon as it is over"
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), start) as pool, open(file, "a") as out:
        for f in tqdm(as_completed([pool.submit(episode, *t) for t in todo]), total=len(todo), unit="episode"):
            out.write(json.dumps(f.result()) + "\n")
            out.flush()

def saving(a, b, rng):
    "Share of the first's mean time that the second saves, with a bootstrap interval over scenes"
    draws = rng.integers(0, len(a), (2000, len(a)))
    s = 1 - b[draws].mean(1) / a[draws].mean(1)
    return [round(float(x), 3) for x in (1 - b.mean() / a.mean(), *np.quantile(s, [0.025, 0.975]))]

def per_window(rows):
    "Items placed in each whole minute, when scene follows scene"
    ends = np.cumsum([r["s"] for r in rows])
    times = np.array([e - r["s"] + t for r, e in zip(rows, ends) for t in r["placed"]])
    return np.bincount((times // WINDOW).astype(int), minlength=int(ends[-1] // WINDOW) + 1)[:int(ends[-1] // WINDOW)].tolist()

def summary(rows):
    "What the tables show of one setting; rows: mode -> episodes in the order of their seeds"
    rng, out = np.random.default_rng(0), {}
    ok = {m: np.array([r["ok"] for r in rs]) for m, rs in rows.items()}
    for m, rs in rows.items():
        both = ok[m] & ok["sync"]
        s, sync = (np.array([r["s"] for r in x])[both] for x in (rs, rows["sync"]))
        items = per_window(rs)
        out[m] = dict(g=rs[0]["g"], success=[int(ok[m].sum()), len(rs)], p=mcnemar(ok["sync"], ok[m]).p, scenes=int(both.sum()), mean_s=round(float(s.mean()), 2), std_s=round(float(s.std()), 2), sync_s=round(float(sync.mean()), 2),
                      saved=saving(sync, s, rng) if m != "sync" else None, waited=round(sum(r["held"] for r in rs) / sum(r["s"] for r in rs), 3),
                      items=items, items_60s=round(sum(len(r["placed"]) for r in rs) * WINDOW / sum(r["s"] for r in rs), 2), looks=round(float(np.mean([r["looks"] for r in rs])), 1))
    for m in out: out[m]["items_ratio"] = round(out[m]["items_60s"] / max(out["sync"]["items_60s"], 1e-9), 2)
    return out

def show(task, table):
    print(f"\n{task}\n| latency, s | mode | g | (a) success | waits | (b) mean time, s (std) | saved (95 %) | (c) items in 60 s | over sync |\n|---|---|---|---|---|---|---|---|---|")
    for latency, row in table.items():
        for m, r in row.items():
            saved = "" if r["saved"] is None else "{:.0f} % ({:.0f} to {:.0f})".format(*(100 * x for x in r["saved"]))
            print(f"| {latency} | {m} | {r['g']:g} | {Rate(*r['success'])} | {100 * r['waited']:.0f} % | {r['mean_s']:.2f} ({r['std_s']:.2f}) | {saved} | {r['items_60s']:.1f} | {r['items_ratio']:.2f}x |")

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--n", type=int, default=60, help="scenes a setting")
    p.add_argument("--seed0", type=int, default=EVAL_SEED0 + 3000)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--measured", action="store_true", help="no new episodes, only the tables of what is there")
    p.add_argument("--keep", action="store_true", help="also write tests/benchmarks/async.json")
    a = p.parse_args()
    file, seeds = Path("outputs/bench/async_episodes.jsonl"), range(a.seed0, a.seed0 + a.n)
    file.parent.mkdir(parents=True, exist_ok=True)
    key = lambda r: (r["task"], r["mode"], r["latency"], r["jitter"], r["seed"], r["g"])
    read = lambda: {key(r): r for r in map(json.loads, file.read_text().splitlines())} if file.exists() else {}
    todo = {(t, m, l, j, s, control(m, l, j).g): (t, m, l, j, s) for l, j in LATENCIES for t in TASKS for s in seeds for m in MODES}
    known = read()
    if not a.measured: measure([v for k, v in todo.items() if k not in known], file, a.workers)
    known, tables = read(), {}
    for t in TASKS:
        for l, j in LATENCIES:
            rows = {m: [known[k] for s in seeds if (k := (t, m, l, j, s, control(m, l, j).g)) in known] for m in MODES}
            rows = {m: r for m, r in rows.items() if len(r) == a.n}
            if "sync" in rows: tables.setdefault(t, {})[f"{l:g}" + (f" +- {j:.0%}" if j else "")] = summary(rows)
    for t, table in tables.items(): show(t, table)
    kept = dict(command=f"python tests/benchmarks/bench_async.py --n {a.n}", seeds=[seeds[0], seeds[-1]], n=N, machine=dict(machine()), tables=tables)
    target = Path(__file__).parent/"async.json"
    old = json.loads(target.read_text()) if target.exists() else {}
    text = json.dumps({**{k: v for k, v in old.items() if k == "stack"}, **kept}, indent=1)
    Path("outputs/bench/async.json").write_text(text)
    if a.keep: target.write_text(text)

if __name__ == "__main__": main()
