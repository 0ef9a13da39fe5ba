"""Training with the prefix cache and without, in one process, on a CPU or a GPU, at nano or a published size (with random weights).

    python tests/benchmarks/bench_training.py [--threads 1] [--batch 32] [--steps 4] [--rounds 3] [--dtype auto] [--fuse] [--device cpu] [--preset nano]

Three arms train the same policy on the same samples and take turns, so that a busy machine slows them alike:
  cached   prefix K/V from the cache, `split` forward of the state token and the expert
  split    the same, but video decoding, preprocessing and the frozen VLM run at every step
  joint    as the reference trains: no cache, prefix and suffix through the layers together, gradients through the frozen text layers
With --fuse each arm's loss is compiled (a minute or two at the start, not counted), and a fourth arm, `plain`, is `joint` left as it is.
Prints samples per CPU second of the process (what a quiet core gives, whatever else runs) and per second of wall clock, and the ratios
of CPU seconds (of wall clock on a GPU, where also the TFLOP/s: their share of the GPU's peak is the MFU of tutorials/scale.ipynb); writes outputs/bench/training.json.
"""
import argparse, json, statistics, tempfile, time
from pathlib import Path
import numpy as np, torch
from smolvla.data.writer import DatasetWriter, so101_features
from transformers import SmolVLMConfig
from smolvla.model.policy import BACKBONES, PRESETS, SmolVLA, preset
from smolvla.train.loop import TrainConfig, Trainer, WeightedLoss
from smolvla.train.data import TrainData
from smolvla.model.vlm import build_vlm, nano_tokenizer, nano_vlm_config

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

def trainer(data, folder, arm, a):
    torch.manual_seed(0)
    c = preset(a.preset, input_features=PRESETS["nano"]["input_features"], pad_language_to="max_length")  # the cameras of the set above
    vlm = nano_vlm_config() if a.preset == "nano" else SmolVLMConfig(**BACKBONES[c.vlm_model_name], tie_word_embeddings=False)
    p = SmolVLA.new(c, data.stats, build_vlm(vlm, c.num_vlm_layers), nano_tokenizer())
    if arm in ("joint", "plain"): p.velocity = lambda batch, x_t, t, prefix=None: p.joint_forward(batch, x_t, t)
    t = Trainer(p, data, TrainConfig(out=folder / arm, batch_size=a.batch, cache=arm == "cached", cache_dir=folder / "cache", compute_dtype=a.dtype, fuse=a.fuse and arm != "plain", val_fraction=0, device=a.device), quiet=True)
    t.at = 0.
    if t.config.fuse: t.fuse()
    return t

def mega_flop(t): # of one sample's update, matrix products only: what the ratio would be on a machine without overheads
    from torch.utils.flop_counter import FlopCounterMode
    batch, prefix, *rest = t._load(0)[0]
    with FlopCounterMode(display=False) as count:
        WeightedLoss(t.policy)(batch, *rest, prefix).backward()
    t.opt.zero_grad(set_to_none=True)
    return count.get_total_flops() / t.config.batch_size / 1e6

def one_round(t, steps): # losses, CPU seconds and wall seconds per sample
    c, w = time.process_time(), time.perf_counter()
    losses = [t.train_step(t._load(s))[0] for s in range(steps)]       # each ends with .item(), so a GPU has finished too
    n = steps * t.config.batch_size
    return losses, (time.process_time() - c) / n, (time.perf_counter() - w) / n

if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for k, d in dict(threads=1, batch=32, steps=4, rounds=3).items(): ap.add_argument(f"--{k}", type=int, default=d)
    ap.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16"], help="auto measures which is quicker here")
    ap.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    ap.add_argument("--preset", default="nano", choices=list(PRESETS))
    ap.add_argument("--fuse", action="store_true", help="all arms through torch.compile, as the shipped policy was trained")
    a = ap.parse_args(); torch.set_num_threads(a.threads)
    with tempfile.TemporaryDirectory() as d:
        data = write_set(Path(d) / "set"); arms = {k: trainer(data, Path(d), k, a) for k in ("cached", "split", "joint", "plain")[:4 if a.fuse else 3]}
        precision = {t.precision for t in arms.values()}; a.dtype = arms["cached"].config.compute_dtype
        first = {k: one_round(t, 1)[0][0] for k, t in arms.items()}
        assert max(first.values()) - min(first.values()) < (1e-3 if a.dtype == "float32" else 3e-2), f"the arms do not compute the same loss: {first}"
        flop = {k: mega_flop(t) for k, t in arms.items()}
        got = {k: [] for k in arms}
        for _ in range(a.rounds):
            for k, t in arms.items(): got[k].append(one_round(t, a.steps if k == "cached" else max(1, a.steps // 2))[1:])
    cpu, wall = ({k: [r[i] for r in v] for k, v in got.items()} for i in (0, 1))
    if a.device == "cuda": cpu = wall
    print(*precision, sep="\n")
    print(f"{a.preset} on {torch.cuda.get_device_name() if a.device == 'cuda' else 'the CPU'}, {a.threads} thread(s), {a.dtype}{', fused' if a.fuse else ''}, batch {a.batch}; first loss {first['cached']:.4f} in all arms")
    for k in arms: print(f"{k:<7}{flop[k]:7.0f} MFLOP a sample {1 / statistics.median(cpu[k]):7.1f} samples per CPU second {1 / statistics.median(wall[k]):7.1f} per second {flop[k] / 1e6 / statistics.median(wall[k]):8.3f} TFLOP/s")
    ratio = {k: statistics.median(x / y for x, y in zip(cpu[k], cpu["cached"])) for k in arms if k != "cached"}
    print(f"the cache is {ratio['split']:.1f} times faster than split without a cache, {ratio['joint']:.1f} times faster than the reference's joint step")
    bound = flop["split"] / flop["cached"]
    print(f"operations alone: {bound:.1f} times fewer with the cache")
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out / "training.json").write_text(json.dumps(dict(cpu=cpu, wall=wall, flop=flop, ratio=ratio, **vars(a), rows=[
        [f"training {a.preset}, batch {a.batch}, with the prefix cache, samples a second", f"{1/statistics.median(wall['cached']):.0f}, {a.dtype}", ""],
        ["training, samples/s with the prefix cache over without it", f"{ratio['split']:.1f}x", ">= 5x"],
        ["the same, counting only operations (video, batching and optimiser left out)", f"{bound:.1f}x", ""],
        ["training, samples/s with the prefix cache over the reference's way: joint, no cache, not compiled", f"{ratio['plain' if a.fuse else 'joint']:.1f}x", ""]]), indent=1))
