"""Training samples per second at nano, with the prefix cache and without, in one process.

    python tests/benchmarks/bench_training.py [--threads 2] [--batch 64] [--steps 6] [--dtype float32]

Both arms train the same policy on the same samples; "without" decodes video and runs the frozen VLM at every step. Arms alternate, so that
a busy machine slows both. Prints samples/s of each round, the medians, and their ratio; writes outputs/bench/training.json.
"""
import argparse, json, statistics, tempfile, time
from pathlib import Path
import numpy as np, torch
from smolvla.data import DatasetWriter, so101_features
from smolvla.policy import SmolVLA
from smolvla.training import TrainConfig, TrainData, Trainer, WeightedLoss
from smolvla.vlm import build_vlm, nano_vlm_config

def write_set(root, episodes=4, frames=60):
    rng = np.random.default_rng(0)
    with DatasetWriter(root, fps=30, features=so101_features({"overhead": (128, 128), "wrist": (128, 128)})) as w:
        for _ in range(episodes):
            img = rng.integers(0, 255, (8, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)
            for i in range(frames):
                q = rng.normal(size=6).astype(np.float32)
                w.add_frame({"observation.state": q, "action": q, "observation.images.overhead": np.roll(img, i, 0), "observation.images.wrist": np.roll(img, -i, 1)}, task="put the red cube in the left box")
            w.save_episode()
    return TrainData(root)

def trainer(data, folder, cache, a):
    torch.manual_seed(0)
    p = SmolVLA.new("nano", data.stats, build_vlm(nano_vlm_config()))
    t = Trainer(p, data, TrainConfig(out=folder / str(cache), batch_size=a.batch, cache=cache, cache_dir=folder / "cache", compute_dtype=a.dtype, val_fraction=0), quiet=True)
    t.model, t.at = WeightedLoss(p), 0.
    return t

def rate(t, steps):
    t0 = time.perf_counter()
    for s in range(steps): t.train_step(t._load(s))
    return steps * t.config.batch_size / (time.perf_counter() - t0)

if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for k, d in dict(threads=2, batch=64, steps=6, rounds=3).items(): ap.add_argument(f"--{k}", type=int, default=d)
    ap.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    a = ap.parse_args(); torch.set_num_threads(a.threads)
    with tempfile.TemporaryDirectory() as d:
        data = write_set(Path(d) / "set"); arms = {c: trainer(data, Path(d), c, a) for c in (True, False)}
        for t in arms.values(): rate(t, 1)
        got = {c: [] for c in arms}
        for r in range(a.rounds):
            for c, t in arms.items(): got[c].append(rate(t, a.steps if c else max(1, a.steps // 3)))
            print(f"round {r + 1}: with cache {got[True][-1]:.0f} samples/s, without {got[False][-1]:.0f}")
    med = {c: statistics.median(v) for c, v in got.items()}
    ratio = statistics.median(x / y for x, y in zip(got[True], got[False]))
    print(f"median: {med[True]:.0f} and {med[False]:.0f} samples/s; the cache makes training {ratio:.1f} times faster ({a.threads} threads, {a.dtype}, batch {a.batch})")
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out / "training.json").write_text(json.dumps(dict(with_cache=got[True], without=got[False], ratio=ratio, **vars(a)), indent=1))
