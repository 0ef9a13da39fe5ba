"""The published size on a GPU: milliseconds of one chunk at batch 1, and training samples per second.

    python tests/benchmarks/bench_gpu.py [--cameras 1 2 3] [--rounds 50] [--batch 64] [--device cuda] [--size smolvla_0.45b] [--keep]

Parity: the shipped nano policy draws the same chunks in float32 on the CPU and on the GPU, with TF32 off, as torch sets it, and on.
Chunk, in turns, with random bfloat16 weights; pictures are on the device already:
  as the reference  one picture after the other through the tower, cross keys and values, masks and tables anew at every step, eager
  ours, eager       policy.sample_actions
  ours, graph       the same captured once into a CUDA graph with static buffers: new pictures are copied in, one launch does all
The latter two also for the two halves of a chunk: `prefix` (pictures and words through the VLM) and `denoising` (ten steps on a finished prefix).
Before it is timed a graph must give what eager gives, on inputs it was not captured with. `launches` and `busy` are the kernels of one
eager call and their time on the GPU, as torch's profiler sees them.
Training: one update of the expert (float32 masters, autocast), 2 cameras, without a cache and with a cached prefix.
Share of peak: matrix products, counted, over this GPU's measured speed in a large bfloat16 product.
`--device cpu --size nano` runs every line but the graph without a GPU. Writes outputs/bench/gpu.json; --keep also tests/benchmarks/gpu.json, for chapter 07.
"""
import argparse, json, statistics, sys, time
from pathlib import Path
import torch
from torch.autograd import DeviceType
from torch.utils.flop_counter import FlopCounterMode
from transformers import SmolVLMConfig
from smolvla.model.policy import BACKBONES, SmolVLA, nano_policy, preset
from smolvla.model.vlm import build_vlm, nano_vlm_config

def build(size, device):
    c = preset(size, load_vlm_weights=False)
    vlm = nano_vlm_config() if size == "nano" else SmolVLMConfig(**BACKBONES[c.vlm_model_name], tie_word_embeddings=False)
    with torch.device(device): return SmolVLA(c, build_vlm(vlm, c.num_vlm_layers)).to(torch.bfloat16).eval()

def make_batch(policy, cameras, B, device, train=False):
    c, n = policy.config, policy.vlm.config.vision_config.image_size
    with torch.device(device):
        batch = dict(images=torch.rand(B, cameras, 3, n, n)*2 - 1, image_mask=torch.ones(B, cameras, dtype=torch.bool), state=torch.randn(B, 32),
                     tokens=torch.randint(5, 200, (B, 48)), token_mask=(torch.arange(48) < torch.randint(5, 48, (B, 1))))
        if train: batch |= dict(action=torch.randn(B, c.chunk_size, 32), action_is_pad=torch.zeros(B, c.chunk_size, dtype=torch.bool))
    return batch

def make_noise(policy, B, device): return torch.randn(B, policy.config.chunk_size, 32, device=device)

def as_the_reference(policy, batch, noise):
    seen = torch.cat([policy.look(batch["images"][:, i:i+1]) for i in range(batch["images"].shape[1])], 1)
    prefix, x, n = policy.prefix_kv(batch, seen), noise, policy.config.num_steps
    for k in range(n): x = x - policy.velocity(batch, x, torch.full((len(x),), 1 - k/n, device=x.device), prefix)/n
    return x[..., :policy.config.action_dim]

class Graphed:
    "`f` of one shape of batch as a CUDA graph."
    def __init__(self, f, batch, noise):
        self.batch, self.noise, side = {k: v.clone() for k, v in batch.items()}, noise.clone(), torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3): f(self.batch, self.noise)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph): self.out = f(self.batch, self.noise)
    def __call__(self, batch, noise):
        for k, v in batch.items(): self.batch[k].copy_(v)
        self.noise.copy_(noise); self.graph.replay()
        return self.out.clone()

def milliseconds(f, device):
    sync = torch.cuda.synchronize if device == "cuda" else lambda: None
    sync(); t = time.perf_counter(); f(); sync()
    return 1e3*(time.perf_counter() - t)

def peak_tflops(device):
    n = 8192 if device == "cuda" else 1024
    a, b = (torch.randn(n, n, device=device, dtype=torch.bfloat16) for _ in "ab")
    return 2*n**3/min(milliseconds(lambda: a @ b, device) for _ in range(20))/1e9

def gflop(f):
    with FlopCounterMode(display=False) as count: f()
    return count.get_total_flops()/1e9

def kernels(f):
    "How many kernels one call launches, and the milliseconds in which the GPU works at them."
    A = torch.profiler.ProfilerActivity
    with torch.profiler.profile(activities=[A.CPU, A.CUDA], acc_events=True) as prof: f(); torch.cuda.synchronize()
    on_gpu = [e for e in prof.events() if e.device_type == DeviceType.CUDA]
    return dict(launches=len(on_gpu), busy=sum(e.time_range.elapsed_us() for e in on_gpu)/1e3)

def peak_gb(device): return torch.cuda.max_memory_allocated()/2**30 if device == "cuda" else None

def gap(a, b): return (a.float() - b.float()).abs().max().item()

@torch.no_grad()
def parity(device):
    "Largest difference of normalised actions between the CPU and the device."
    policy, modes = nano_policy(), torch.backends
    batch, noise = make_batch(policy, 2, 8, "cpu"), make_noise(policy, 8, "cpu")
    want, policy, out = policy.sample_actions(batch, noise), policy.to(device), dict(largest_action=0.)
    before = modes.cuda.matmul.allow_tf32, modes.cudnn.allow_tf32
    for name, tf32 in {"no TF32": (False, False), "torch's default": before, "TF32": (True, True)}.items():
        modes.cuda.matmul.allow_tf32, modes.cudnn.allow_tf32 = tf32
        out[name] = gap(policy.sample_actions({k: v.to(device) for k, v in batch.items()}, noise.to(device)).cpu(), want)
    modes.cuda.matmul.allow_tf32, modes.cudnn.allow_tf32 = before
    assert out["no TF32"] < 1e-3, f"float32 on {device} is {out['no TF32']} off"
    out["largest_action"] = want.abs().max().item()
    print("nano policy, float32, CPU against", device, out, flush=True)
    return out

@torch.no_grad()
def chunks(policy, size, cameras, rounds, device, peak):
    batch, noise = make_batch(policy, cameras, 1, device), make_noise(policy, 1, device)
    other, noise2, kv = make_batch(policy, cameras, 1, device), make_noise(policy, 1, device), policy.prefix_kv(batch)
    parts = {"chunk": lambda b, x: policy.sample_actions(b, x), "prefix": lambda b, x: policy.prefix_kv(b).packed(), "denoising": lambda b, x: policy.sample_actions(b, x, prefix=kv)}
    arms = {("chunk", "as the reference"): lambda b, x: as_the_reference(policy, b, x), **{(part, "ours, eager"): f for part, f in parts.items()}}
    if device == "cuda": arms |= {(part, "ours, graph"): Graphed(f, batch, noise) for part, f in parts.items()}
    gaps, want = {}, as_the_reference(policy, other, noise2)
    for (part, arm), f in arms.items():
        exact = want if (part, arm) == ("chunk", "ours, eager") else parts[part](other, noise2)
        gaps[part, arm], span = gap(f(other, noise2), exact), exact.abs().max().item()
        assert gaps[part, arm] < .1*span, f"{part}, {arm}, is {gaps[part, arm]} off, values reach {span}"
    assert gap(want, as_the_reference(policy, batch, noise)) > .1*want.abs().max(), "other inputs, the same chunk: nothing was compared"
    times = {k: [] for k in arms}
    for _ in range(rounds):  # in turns
        for k, f in arms.items(): times[k].append(milliseconds(lambda: f(batch, noise), device))
    with torch.device("meta"):
        big = build(size, "meta"); work = gflop(lambda: big.sample_actions(make_batch(big, cameras, 1, "meta"), torch.empty(1, big.config.chunk_size, 32)))
    rows, first = [], statistics.median(times["chunk", "as the reference"])
    for (part, arm), v in times.items():
        v, ms = sorted(v), statistics.median(v)
        rows.append(dict(cameras=cameras, part=part, arm=arm, ms=ms, ms_5=v[len(v)//20], ms_95=v[-1 - len(v)//20], gap=gaps[part, arm]))
        if part == "chunk": rows[-1] |= dict(speedup=first/ms, of_peak=work/ms/peak)
        if device == "cuda" and arm != "ours, graph": rows[-1] |= kernels(lambda: arms[part, arm](batch, noise))
        print({k: round(x, 4) if isinstance(x, float) else x for k, x in rows[-1].items()}, flush=True)
    if device == "cuda": torch.cuda.reset_peak_memory_stats(); policy.sample_actions(batch, noise)
    return dict(cameras=cameras, gflop=work, peak_gb=peak_gb(device), largest_action=want.abs().max().item(), rows=rows)

def training_gflop(size, B, cached):
    "Of one update, counted without computing; torch's counter does not know the attention kernels of a GPU."
    with torch.device("meta"):
        big = build(size, "meta").train(); batch = make_batch(big, 2, B, "meta", train=True)
        with torch.no_grad(): prefix = big.prefix_kv(batch) if cached else None
        return gflop(lambda: big.loss(batch, prefix=prefix).backward())

def training(size, B, rounds, device, peak):
    policy = build(size, device).train()
    for p in policy.parameters():
        if p.requires_grad: p.data = p.data.float()
    opt = torch.optim.AdamW([p for p in policy.parameters() if p.requires_grad], lr=1e-4, fused=True)
    batch, out = make_batch(policy, 2, B, device, train=True), []
    with torch.autocast(device, torch.bfloat16), torch.no_grad(): cached = policy.prefix_kv(batch)
    def step(prefix):
        with torch.autocast(device, torch.bfloat16): loss = policy.loss(batch, prefix=prefix)
        loss.backward(); opt.step(); opt.zero_grad(set_to_none=True)
        return loss.item()
    for name, prefix in (("no cache", None), ("cached prefix", cached)):
        work = training_gflop(size, B, prefix is not None); step(prefix); step(prefix)
        if device == "cuda": torch.cuda.reset_peak_memory_stats()
        ms = statistics.median(milliseconds(lambda: step(prefix), device) for _ in range(rounds))
        out.append(dict(batch=B, cameras=2, prefix=name, rounds=rounds, ms=ms, samples_per_s=1e3*B/ms, gflop=work, of_peak=work/ms/peak,
                        peak_gb=peak_gb(device)))
        print(out[-1], flush=True)
    return out

if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 3]); ap.add_argument("--rounds", type=int, default=50); ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--device", default="cuda", choices=["cuda", "cpu"]); ap.add_argument("--size", default="smolvla_0.45b", choices=["smolvla_0.24b", "smolvla_0.45b", "smolvla_2.25b", "nano"])
    ap.add_argument("--keep", action="store_true", help="also write tests/benchmarks/gpu.json")
    a = ap.parse_args()
    if a.device == "cuda" and not torch.cuda.is_available(): raise SystemExit("no GPU here; --device cpu --size nano tries the script without one")
    torch.manual_seed(0)
    name, peak = torch.cuda.get_device_name() if a.device == "cuda" else "CPU", peak_tflops(a.device)
    print(f"{name}, torch {torch.__version__}: {peak:.1f} TFLOP/s in a large bfloat16 product", flush=True)
    found = dict(machine=name, torch=torch.__version__, command=" ".join(["python", "tests/benchmarks/bench_gpu.py", *sys.argv[1:]]), size=a.size, rounds=a.rounds, peak_tflops=peak, parity=parity(a.device))
    files = [Path("outputs/bench/gpu.json")] + [Path(__file__).with_name("gpu.json")]*a.keep
    def save(**more):
        found.update(more); files[0].parent.mkdir(parents=True, exist_ok=True)
        for f in files: f.write_text(json.dumps(found, indent=1) + "\n")
    policy = build(a.size, a.device)
    save(chunks=[chunks(policy, a.size, n, a.rounds, a.device, peak) for n in a.cameras]); del policy
    save(training=training(a.size, a.batch, max(a.rounds//4, 2), a.device, peak))
