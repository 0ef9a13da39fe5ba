"""The published size on a GPU: milliseconds of one chunk at batch 1, and training samples per second.

    python tests/benchmarks/bench_gpu.py [--cameras 1 2 3] [--rounds 50] [--batch 64] [--device cuda] [--size smolvla_0.45b]

Chunk, in turns, with random bfloat16 weights:
  as the reference  one picture after the other through the tower, cross keys and values, masks and tables anew at every step, eager
  ours, eager       policy.sample_actions
  ours, graph       the same captured once into a CUDA graph with static buffers: new pictures are copied in, one launch does all
Training: one update of the expert (float32 masters, autocast), without a cache and with a cached prefix.
Share of peak: matrix products counted on the meta device, over this GPU's measured speed in a large bfloat16 product.
`--device cpu --size nano` runs every line but the graph without a GPU. Writes outputs/bench/gpu.json.
"""
import argparse, json, statistics, time
from pathlib import Path
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import SmolVLMConfig
from smolvla.policy import BACKBONES, SmolVLA, preset
from smolvla.vlm import build_vlm, nano_vlm_config

def build(size, device):
    c = preset(size, load_vlm_weights=False)
    vlm = nano_vlm_config() if size == "nano" else SmolVLMConfig(**BACKBONES[c.vlm_model_name], tie_word_embeddings=False)
    with torch.device(device): return SmolVLA(c, build_vlm(vlm, c.num_vlm_layers)).to(torch.bfloat16).eval()

def make_batch(policy, cameras, B, device, train=False):
    c, n = policy.config, policy.vlm.config.vision_config.image_size
    with torch.device(device):
        batch = dict(images=torch.rand(B, cameras, 3, n, n)*2 - 1, image_mask=torch.ones(B, cameras, dtype=torch.bool), state=torch.randn(B, 32),
                     tokens=torch.randint(5, 200, (B, 48)), token_mask=torch.ones(B, 48, dtype=torch.bool))
        if train: batch |= dict(action=torch.randn(B, c.chunk_size, 32), action_is_pad=torch.zeros(B, c.chunk_size, dtype=torch.bool))
    return batch

def as_the_reference(policy, batch, noise):
    seen = torch.cat([policy.look(batch["images"][:, i:i+1]) for i in range(batch["images"].shape[1])], 1)
    prefix, x, n = policy.prefix_kv(batch, seen), noise, policy.config.num_steps
    for k in range(n): x = x - policy.velocity(batch, x, torch.full((len(x),), 1 - k/n, device=x.device), prefix)/n
    return x[..., :policy.config.action_dim]

class Graphed:
    "`sample_actions` of one shape of batch as a CUDA graph."
    def __init__(self, policy, batch, noise):
        self.batch, self.noise, side = {k: v.clone() for k, v in batch.items()}, noise.clone(), torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3): policy.sample_actions(self.batch, self.noise)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph): self.out = policy.sample_actions(self.batch, self.noise)
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
    a = torch.randn(n, n, device=device, dtype=torch.bfloat16)
    return 2*n**3/min(milliseconds(lambda: a @ a, device) for _ in range(10))/1e9

def gflop(f):
    with FlopCounterMode(display=False) as count: f()
    return count.get_total_flops()/1e9

@torch.no_grad()
def chunks(policy, size, cameras, rounds, device, peak):
    batch, noise = make_batch(policy, cameras, 1, device), torch.randn(1, policy.config.chunk_size, 32, device=device)
    arms = {"as the reference": lambda: as_the_reference(policy, batch, noise), "ours, eager": lambda: policy.sample_actions(batch, noise)}
    if device == "cuda":
        graph = Graphed(policy, batch, noise)
        arms["ours, graph"] = lambda: graph(batch, noise)
    want, times = arms["as the reference"]().float(), {k: [] for k in arms}
    for name, f in arms.items():
        assert (f().float() - want).abs().max() < .1*want.abs().max(), f"{name} computes something else"
    for _ in range(rounds):
        for name, f in arms.items(): times[name].append(milliseconds(f, device))
    with torch.device("meta"):
        big = build(size, "meta"); work = gflop(lambda: big.sample_actions(make_batch(big, cameras, 1, "meta"), torch.empty(1, big.config.chunk_size, 32)))
    rows = {k: statistics.median(v) for k, v in times.items()}
    for k, ms in rows.items(): print(f"{cameras} camera(s)  {k:18}{ms:8.2f} ms   {rows['as the reference']/ms:5.1f}x   {work/ms/peak:.1%} of peak", flush=True)
    return dict(cameras=cameras, milliseconds=rows, gflop=work)

def training(size, B, rounds, device):
    policy = build(size, device).train()
    for p in policy.parameters():
        if p.requires_grad: p.data = p.data.float()
    opt = torch.optim.AdamW([p for p in policy.parameters() if p.requires_grad], lr=1e-4, fused=True)
    batch = make_batch(policy, 2, B, device, train=True)
    with torch.autocast(device, torch.bfloat16), torch.no_grad(): cached = policy.prefix_kv(batch)
    def step(prefix):
        with torch.autocast(device, torch.bfloat16): loss = policy.loss(batch, prefix=prefix)
        loss.backward(); opt.step(); opt.zero_grad(set_to_none=True)
    out = {}
    for name, prefix in (("no cache", None), ("cached prefix", cached)):
        step(prefix)
        out[name] = B/statistics.median(milliseconds(lambda: step(prefix), device) for _ in range(rounds))*1e3
        print(f"training, batch {B}, 2 cameras, {name}: {out[name]:.1f} samples/s", flush=True)
    return out

if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 3]); ap.add_argument("--rounds", type=int, default=50); ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--device", default="cuda", choices=["cuda", "cpu"]); ap.add_argument("--size", default="smolvla_0.45b", choices=["smolvla_0.24b", "smolvla_0.45b", "smolvla_2.25b", "nano"])
    a = ap.parse_args()
    if a.device == "cuda" and not torch.cuda.is_available(): raise SystemExit("no GPU here; --device cpu --size nano tries the script without one")
    torch.manual_seed(0)
    name, peak = torch.cuda.get_device_name() if a.device == "cuda" else "CPU", peak_tflops(a.device)
    print(f"{name}: {peak:.1f} TFLOP/s in a large bfloat16 product", flush=True)
    policy = build(a.size, a.device)
    rows = [chunks(policy, a.size, n, a.rounds, a.device, peak) for n in a.cameras]; del policy
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out/"gpu.json").write_text(json.dumps(dict(vars(a), device=name, tflops=peak, chunk=rows, training=training(a.size, a.batch, max(a.rounds//10, 2), a.device)), indent=1))
