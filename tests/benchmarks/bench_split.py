"""One training step, `split` against `joint`: time and memory, same weights, same batch, one process.

    python tests/benchmarks/bench_split.py [--preset nano] [--batch 32] [--rounds 5] [--threads 1] [--dtype float32]

The VLM is frozen in both arms and pictures are in the batch (no cache: that is bench_training.py). The arms take turns. Time is CPU seconds
of the process, so that other programs disturb little; `kept` is what the graph holds for the backward pass (weights not counted); `peak` is
the growth of the resident set of a forked child that does one step. Prints the ratios and writes outputs/bench/split.json.
"""
import argparse, json, os, resource, statistics, time
from pathlib import Path
import torch
from transformers import SmolVLMConfig
from smolvla.model.policy import BACKBONES, SmolVLA, preset
from smolvla.model.vlm import build_vlm, nano_vlm_config

def make(name, B):
    torch.manual_seed(0)
    c = preset(name)
    vlm = build_vlm(nano_vlm_config() if name == "nano" else SmolVLMConfig(**BACKBONES[c.vlm_model_name]), c.num_vlm_layers)
    side, cameras, L = vlm.config.vision_config.image_size, len(c.image_keys), c.tokenizer_max_length
    batch = dict(images=torch.rand(B, cameras, 3, side, side)*2 - 1, image_mask=torch.ones(B, cameras, dtype=torch.bool), tokens=torch.randint(5, 200, (B, L)),
                 token_mask=(torch.arange(L) < L//2).expand(B, L), state=torch.randn(B, 32), action=torch.randn(B, c.chunk_size, 32))
    return SmolVLA(c, vlm).train(), batch, torch.randn(B, c.chunk_size, 32), torch.rand(B)

def step(policy, forward, batch, noise, time, dtype):
    policy.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
        t = time[:, None, None]
        v = forward(batch, t*noise + (1 - t)*batch["action"], time)
        loss = (v - noise + batch["action"]).square().mean()
    return loss

def kept(policy, f):
    weights, seen = {p.untyped_storage().data_ptr() for p in policy.parameters()}, {}
    def pack(x): seen[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes(); return x
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x): loss = f()
    return sum(n for k, n in seen.items() if k not in weights)/2**20

def peak(f): # MiB by which one step grows a forked child
    r, w = os.pipe()
    if not (pid := os.fork()):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        f().backward()
        os.write(w, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before).encode()); os._exit(0)
    os.waitpid(pid, 0)
    return int(os.read(r, 100))/1024

if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--preset", default="nano"); ap.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    for k, d in dict(batch=32, rounds=5, threads=1).items(): ap.add_argument(f"--{k}", type=int, default=d)
    a = ap.parse_args(); torch.set_num_threads(a.threads)
    policy, *rest = make(a.preset, a.batch)
    arms = {k: lambda f=f: step(policy, f, *rest, a.dtype) for k, f in (("split", policy.split_forward), ("joint", policy.joint_forward))}
    memory = {k: dict(peak=peak(f), kept=kept(policy, f)) for k, f in arms.items()}
    losses, seconds = {}, {k: [] for k in arms}
    for i in range(a.rounds + 1):
        for k, f in arms.items():
            t = time.process_time(); loss = f(); loss.backward(); losses[k] = loss.item()
            if i: seconds[k].append(time.process_time() - t)
    assert abs(losses["split"] - losses["joint"]) < (1e-4 if a.dtype == "float32" else 5e-2), losses
    print(f"{a.preset}, batch {a.batch}, {a.dtype}, {a.threads} thread(s); both losses {losses['split']:.4f}")
    for k in arms: print(f"{k:<7}{a.batch/statistics.median(seconds[k]):7.1f} samples per CPU second, kept {memory[k]['kept']:7.1f} MiB, peak {memory[k]['peak']:7.1f} MiB")
    ratio = dict(time=statistics.median(j/s for j, s in zip(seconds["joint"], seconds["split"])), **{m: memory["joint"][m]/memory["split"][m] for m in ("kept", "peak")})
    print("joint over split: " + ", ".join(f"{k} {v:.2f}x" for k, v in ratio.items()))
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out/"split.json").write_text(json.dumps(dict(vars(a), seconds=seconds, memory=memory, ratio=ratio, rows=[
        ["one update without a cache: time of joint over split", f"{ratio['time']:.1f}x", ""], ["the same: peak memory", f"{ratio['peak']:.1f}x", ""]]), indent=1))
