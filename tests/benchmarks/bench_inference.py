"""Milliseconds for one nano chunk at batch 1: vision and prefix, denoising, all; and what hoisting saves.

    python tests/benchmarks/bench_inference.py [--rounds 30] [--threads 2] [--dtype auto]

`all` is what select_action pays when its queue is empty (without preprocessing, which is listed apart). `naive` is the same chunk with `velocity` called at
every step on a cached prefix, so cross K/V, masks and tables are made ten times. Arms take turns; median and best of the wall clock, and CPU
milliseconds. Writes outputs/bench/inference.json.
"""
import argparse, json, statistics, time
from pathlib import Path
import torch
from smolvla.model.policy import SmolVLA, preset
from smolvla.model.vlm import build_vlm, nano_tokenizer, nano_vlm_config

STATS = {k: dict(mean=[0.]*6, std=[30.]*6) for k in ("observation.state", "action")}

def arms(policy, obs, noise):
    batch = policy.preprocess(obs); prefix = policy.prefix_kv(batch)
    def anew(f): policy.reset(); return f()  # a frozen copy remembers the last look: forget it
    def naive():
        x = noise
        for k in range(10): x = x - policy.velocity(batch, x, torch.full((1,), 1 - k/10), prefix)/10
        return x[..., :6]
    return {"preprocess": lambda: policy.preprocess(obs), "prefix": lambda: anew(lambda: policy.prefix_kv(batch)), "denoise": lambda: policy.sample_actions(batch, noise, prefix=prefix),
            "all": lambda: anew(lambda: policy.sample_actions(batch, noise)), "naive": naive}

if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--rounds", type=int, default=30); ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16"])
    a = ap.parse_args(); torch.set_num_threads(a.threads); torch.manual_seed(0)
    policy = SmolVLA(preset("nano"), build_vlm(nano_vlm_config(), 4), nano_tokenizer(), STATS).eval().fast(a.dtype)
    print(policy.choice)
    images = {f"observation.images.{n}": torch.randint(0, 255, (128, 128, 3), dtype=torch.uint8) for n in ("overhead", "wrist")}
    with torch.no_grad():
        todo = arms(policy, {**images, "observation.state": torch.zeros(6), "task": "put the red cube in the left box"}, torch.randn(1, 32, 32))
        assert (todo["naive"]() - todo["all"]()).abs().max() < (1e-4 if policy.choice.dtype == "float32" else 0.2)
        wall, cpu = {k: [] for k in todo}, {k: [] for k in todo}
        for i in range(a.rounds + 3):
            for k, f in todo.items():
                w, c = time.perf_counter(), time.process_time(); f()
                if i >= 3: wall[k].append(1e3*(time.perf_counter() - w)); cpu[k].append(1e3*(time.process_time() - c))
    print(f"nano, batch 1, 10 Euler steps, {policy.choice.dtype}, {a.threads} thread(s)")
    for k in todo: print(f"{k:<11}{statistics.median(wall[k]):7.1f} ms (best {min(wall[k]):.1f}), {statistics.median(cpu[k]):6.1f} CPU ms")
    ratio = statistics.median(n/d for n, d in zip(cpu["naive"], cpu["denoise"]))
    print(f"hoisting: {ratio:.2f}x less CPU time for denoising")
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out/"inference.json").write_text(json.dumps(dict(vars(a), wall_ms=wall, cpu_ms=cpu, hoisting=ratio, rows=[
        ["one nano chunk, batch 1, from pictures to actions", f"{statistics.median(wall['all']) + statistics.median(wall['preprocess']):.0f} ms, {policy.choice.dtype}", "< 60 ms"],
        ["denoising: CPU time at every step anew over hoisted", f"{ratio:.1f}x", ""]]), indent=1))
