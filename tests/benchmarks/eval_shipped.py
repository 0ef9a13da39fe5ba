"""The table of the shipped policy: 100 unseen seeds on each task, at most 20 s simulated time.

    .venv/bin/python tests/benchmarks/eval_shipped.py [--policy FOLDER] [--n 100] [--workers 2] [--out outputs/eval/shipped]

Each task is saved when it is done; an interrupted run goes on with the task it was at. `--keep` writes the table that chapter 10 shows
(tests/benchmarks/shipped.json)."""
import argparse, hashlib, json
from pathlib import Path

import matplotlib.pyplot as plt
from smolvla.evaluate.report import machine
from smolvla.model.policy import load_policy
from smolvla.sim.demonstrations import EVAL_SEED0
from smolvla.evaluate.films import save_video
from smolvla.evaluate.rollouts import evaluate, failure_gallery, load_result, result_grid
from smolvla.model.vlm import ASSETS

WANTED = {"pick_place": "success >= 80 %, named first >= 95 %", "sorting": "success >= 50 %", "stacking": "success >= 30 %", "pick_place_lego": "success >= 30 %"}


def measure(a, task, held_out):
    "One result, from its file when it is there"
    file = a.out/f"{task}{'-other-words' if held_out else ''}.json"
    if file.exists() and (r := load_result(file)).success.n == a.n and r.policy == a.policy: return r
    r = evaluate(a.policy, task, range(a.seed0, a.seed0 + a.n), workers=a.workers, held_out=held_out, video_dir=a.out/file.stem, progress=True)
    save_video(a.out/f"{file.stem}.mp4", result_grid(r), 20)
    if fig := failure_gallery(r):
        fig.savefig(a.out/f"{file.stem}-failures.png", bbox_inches="tight")
        plt.close(fig)
    r.to_json(file)
    return r


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--policy", default="nano")
    p.add_argument("--n", type=int, default=100)
    p.add_argument("--seed0", type=int, default=EVAL_SEED0 + 1000, help="n_action_steps was chosen on the seeds before these")
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--out", type=Path, default=Path("outputs/eval/shipped"))
    p.add_argument("--keep", action="store_true", help="also write tests/benchmarks/shipped.json")
    a = p.parse_args()
    results = {(t, False): None for t in WANTED} | {("pick_place", True): None}
    for task, held_out in results:
        results[task, held_out] = measure(a, task, held_out)
        print(results[task, held_out], flush=True)
    print("\n| task | success | named object first | median time | aim at the grasp, median | wanted |\n|---|---|---|---|---|---|")
    for (task, held_out), r in results.items():
        time = "-" if r.time_s is None else f"{r.time_s:.1f} s"
        aim = r.summary()["aim where fingers close"].removesuffix(", median")
        print(f"| {task}{', other words' if held_out else ''} | {r.success} | {r.touched_right} | {time} | {aim} | {'' if held_out else WANTED[task]} |")
    rows = {f"{t}{', other words' if h else ''}": dict(success=[r.success.k, r.success.n], touched_right=[r.touched_right.k, r.touched_right.n], time_s=r.time_s,
            wanted="" if h else WANTED[t], summary=r.summary()) for (t, h), r in results.items()}
    weights = (ASSETS/"nano_policy" if a.policy == "nano" else Path(a.policy))/"model.safetensors"
    table = json.dumps(dict(command=" ".join(["python tests/benchmarks/eval_shipped.py", "--n", str(a.n)]), seed0=a.seed0, n_action_steps=load_policy(a.policy).config.n_action_steps,
                            weights=hashlib.sha256(weights.read_bytes()).hexdigest()[:12], machine=dict(machine()), rows=rows), indent=1)
    (a.out/"summary.json").write_text(table)
    if a.keep: (Path(__file__).parent/"shipped.json").write_text(table)


if __name__ == "__main__": main()
