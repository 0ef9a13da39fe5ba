"""SmolVLA 0.45B at its published size, ours against the real LeRobot 0.4.4: same random weights, same inputs, in turns, one sitting.

    SMOLVLA_REFERENCE_PYTHON=.../bin/python .venv/bin/python tests/benchmarks/bench_published.py    # tests/reference/setup.sh makes the other Python
        [--cameras 1 2 3] [--threads 1 2] [--dtypes float32 mixed] [--rounds 3] [--train]

`mixed` is the layout of the published checkpoint: VLM and expert bfloat16, cross-attention k/v and the five projections float32; there we compute in
bfloat16 throughout. Each part is timed apart: vision (all cameras, at once here, one by one there), prefix (language layers over images, text, state),
denoising (ten Euler steps on the finished prefix), and the whole chunk. Seconds are CPU seconds of the process divided by the number of threads, median
over rounds. `peak` is the share of this machine's matrix-product speed, measured between the rounds. `--train` times one update of the expert
(2 cameras, batch 4): the reference's, ours without a cache, ours with a cached prefix; and what the process grows by. Writes outputs/bench/published.json.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time
from pathlib import Path

HERE = Path(__file__).parent
GFLOP = {"vision": (177 + 38, 0), "prefix": (14.5, 21.7), "denoise": (104, 2)}  # fixed or per camera, see facts: matmuls of one chunk

def inputs(torch, cameras, B, size=512, seed=0):
    g = torch.Generator().manual_seed(seed)
    return dict(images=torch.rand(B, cameras, 3, size, size, generator=g) * 2 - 1, tokens=torch.randint(5, 200, (B, 48), generator=g), state=torch.randn(B, 32, generator=g),
                noise=torch.randn(B, 50, 32, generator=g), action=torch.randn(B, 50, 32, generator=g), time=torch.rand(B, generator=g))

def make(folder):
    "One checkpoint per layout, with LeRobot's names."
    import re, torch
    from safetensors.torch import load_file, save_file
    from transformers import SmolVLMConfig
    from smolvla.policy import BACKBONES, SmolVLA, preset
    from smolvla.vlm import build_vlm, nano_tokenizer
    torch.manual_seed(0)
    c = preset("smolvla_0.45b", load_vlm_weights=False)
    vlm = build_vlm(SmolVLMConfig(**BACKBONES[c.vlm_model_name], tie_word_embeddings=False), c.num_vlm_layers)
    c.vlm_model_name = "vlm"
    stats = {k: dict(mean=[0.] * 6, std=[1.] * 6) for k in ("observation.state", "action")}
    SmolVLA(c, vlm, nano_tokenizer(), stats).save_pretrained(folder / "float32")
    single = re.compile(r"lm_expert\.layers\.\d*[13579]\.self_attn\.[kv]_proj|model\.(state|action)_")
    os.makedirs(folder / "mixed")
    for p in (folder / "float32").iterdir():
        if p.name != "model.safetensors": os.symlink(p, folder / "mixed" / p.name)
    weights = load_file(folder / "float32" / "model.safetensors")
    save_file({k: v if single.search(k) else v.bfloat16() for k, v in weights.items()}, folder / "mixed" / "model.safetensors", metadata={"format": "pt"})

class Ours:
    def __init__(self, folder, layout):
        import torch
        from smolvla.policy import SmolVLA
        self.policy = SmolVLA.from_pretrained(folder, dtype=torch.float32 if layout == "float32" else torch.bfloat16, quiet=True).eval()
    def parts(self, x):
        import torch
        from smolvla.vlm import embed_images
        p, B = self.policy, len(x["state"])
        batch = dict(images=x["images"], image_mask=torch.ones(B, x["images"].shape[1], dtype=torch.bool), tokens=x["tokens"], token_mask=torch.ones_like(x["tokens"], dtype=torch.bool), state=x["state"])
        pixels, prefix = x["images"].to(p.vlm.model.connector.modality_projection.proj.weight.dtype), p.prefix_kv(batch)
        return {"vision": lambda: embed_images(p.vlm, pixels), "vision+prefix": lambda: p.prefix_kv(batch), "denoise": lambda: p.sample_actions(batch, x["noise"], prefix=prefix),
                "chunk": lambda: p.sample_actions(batch, x["noise"])}
    def update(self, x, cached):
        import torch
        p, B = self.policy.train(), len(x["state"])
        if not hasattr(self, "opt"):
            for q in p.parameters():
                if q.requires_grad: q.data = q.data.float()  # fp32 masters, computed in bfloat16
            self.opt = torch.optim.AdamW([q for q in p.parameters() if q.requires_grad], lr=1e-4, fused=True)
        batch = dict(images=x["images"], image_mask=torch.ones(B, x["images"].shape[1], dtype=torch.bool), tokens=x["tokens"], token_mask=torch.ones_like(x["tokens"], dtype=torch.bool),
                     state=x["state"], action=x["action"], action_is_pad=torch.zeros(B, 50, dtype=torch.bool))
        low = next(p.vlm.parameters()).dtype == torch.bfloat16
        with torch.autocast("cpu", torch.bfloat16, enabled=low): prefix = p.prefix_kv(batch) if cached else None
        def step():
            with torch.autocast("cpu", torch.bfloat16, enabled=low): loss = p.loss(batch, x["noise"], x["time"], prefix=prefix)
            loss.backward(); self.opt.step(); self.opt.zero_grad(set_to_none=True)
        return step

class Theirs:
    def __init__(self, folder, layout):
        sys.path.insert(0, str(HERE.parent / "reference"))
        import check_policy, torch
        from lerobot.policies.smolvla.modeling_smolvla import SmolVLAPolicy
        check_policy.patch_positions()
        os.chdir(folder)
        self.policy = SmolVLAPolicy.from_pretrained(".", strict=True).eval()
        self.policy.float()
        if layout == "mixed":
            we = self.policy.model.vlm_with_expert
            we.bfloat16()
            for layer in list(we.lm_expert.layers)[1::2]: layer.self_attn.k_proj.float(), layer.self_attn.v_proj.float()
    def args(self, x):
        import torch
        B, images = len(x["state"]), list(x["images"].unbind(1))
        return images, [torch.ones(B, dtype=torch.bool)] * len(images), x["tokens"], torch.ones_like(x["tokens"], dtype=torch.bool), x["state"]
    def parts(self, x):
        import torch
        from lerobot.policies.smolvla.modeling_smolvla import make_att_2d_masks
        m, a = self.policy.model, self.args(x)
        def prefix():
            embs, pad, att = m.embed_prefix(*a[:4], state=a[4])
            return m.vlm_with_expert.forward(attention_mask=make_att_2d_masks(pad, att), position_ids=torch.cumsum(pad, 1) - 1, past_key_values=None, inputs_embeds=[embs, None],
                                             use_cache=True, fill_kv_cache=True)[1], pad
        kv, pad = prefix()
        def denoise():
            y = x["noise"]
            for k in range(10): y = y - .1 * m.denoise_step(x_t=y, prefix_pad_masks=pad, past_key_values=kv, timestep=torch.tensor(1 - .1 * k).expand(len(y)))
            return y
        return {"vision": lambda: [m.vlm_with_expert.embed_image(i) for i in a[0]], "vision+prefix": prefix, "denoise": denoise, "chunk": lambda: m.sample_actions(*a, noise=x["noise"])[..., :6]}
    def update(self, x, cached):
        import torch
        m = self.policy.train().model
        if not hasattr(self, "opt"): self.opt = torch.optim.AdamW([q for q in self.policy.parameters() if q.requires_grad], lr=1e-4, betas=(.9, .95), eps=1e-8, weight_decay=1e-10)
        def step(): m.forward(*self.args(x), x["action"], x["noise"], x["time"])[..., :6].mean().backward(); self.opt.step(); self.opt.zero_grad(set_to_none=True)
        return step

def matmul_peak(torch, dtype): # GFLOP per second of what `threads` threads do
    a, b, n = torch.randn(2048, 2048, dtype=dtype), torch.randn(2048, 2048, dtype=dtype), 0
    a @ b
    t = time.perf_counter()
    while time.perf_counter() - t < .5: a @ b; n += 1
    return n * 2 * 2048**3 / (time.perf_counter() - t) / 1e9

def serve(which, folder, layout):
    "One JSON line in, one out."
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    import torch
    t = time.perf_counter(); model = dict(ours=Ours, theirs=Theirs)[which](folder, layout)
    print(json.dumps(dict(load_s=time.perf_counter() - t)), flush=True)
    kept = {}
    for line in sys.stdin:
        r = json.loads(line); torch.set_num_threads(r["threads"]); key = (r["cameras"], r["batch"])
        if key not in kept: kept.clear(); kept[key] = inputs(torch, *key)
        with torch.set_grad_enabled(r["part"] in ("update", "cached")):
            f = model.update(kept[key], r["part"] == "cached") if r["part"] in ("update", "cached") else model.parts(kept[key])[r["part"]]
            f()  # warm
            c, w = time.process_time(), time.perf_counter(); y = f()
            out = dict(cpu=(time.process_time() - c) / r["threads"], wall=time.perf_counter() - w)
        if r["part"] == "chunk": out["chunk"] = y.flatten()[:300].tolist()
        if r.get("peak"): out["peak"] = matmul_peak(torch, torch.float32 if layout == "float32" else torch.bfloat16)
        out["rss_gb"] = int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) / 2**20
        print(json.dumps(out), flush=True)

class Server:
    def __init__(self, python, which, folder, layout):
        self.p = subprocess.Popen([python, __file__, "serve", which, str(folder), layout], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None if os.environ.get("DEBUG") else subprocess.DEVNULL, text=True)
        self.load_s = self.read(which)["load_s"]
    def read(self, what):
        for line in self.p.stdout:  # the reference prints now and then
            if line.startswith("{"): return json.loads(line)
        sys.exit(f"{what} stopped; set DEBUG=1 to see why")
    def ask(self, **r): print(json.dumps(r), file=self.p.stdin, flush=True); return self.read(r)
    def stop(self): self.p.stdin.close(); self.p.wait()

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 3]); ap.add_argument("--threads", type=int, nargs="+", default=[1])
    ap.add_argument("--dtypes", nargs="+", default=["float32", "mixed"]); ap.add_argument("--rounds", type=int, default=3); ap.add_argument("--train", action="store_true")
    a = ap.parse_args()
    python = os.environ.get("SMOLVLA_REFERENCE_PYTHON") or sys.exit("set SMOLVLA_REFERENCE_PYTHON; tests/reference/setup.sh makes it")
    table = []
    with tempfile.TemporaryDirectory() as tmp:
        make(Path(tmp))
        for layout in a.dtypes:
            both = {"ours": Server(sys.executable, "ours", Path(tmp) / layout, layout), "theirs": Server(python, "theirs", Path(tmp) / layout, layout)}
            print(f"{layout}: loaded in {both['ours'].load_s:.1f} s, the reference in {both['theirs'].load_s:.1f} s", flush=True)
            for threads in a.threads:
                cases = [(n, 1, p) for n in a.cameras for p in ("vision", "vision+prefix", "denoise", "chunk")] if not a.train else [(2, 4, "update"), (2, 4, "cached")]
                for cameras, batch, part in cases: table.append(one(both, layout, threads, cameras, batch, part, a.rounds))
            for s in both.values(): s.stop()
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out / f"published{'_train' if a.train else ''}.json").write_text(json.dumps(table, indent=1))

def one(both, layout, threads, cameras, batch, part, rounds):
    got = {k: [] for k in both}
    for i in range(rounds):
        for k, s in both.items():
            if (k, part) != ("theirs", "cached"): got[k].append(s.ask(threads=threads, cameras=cameras, batch=batch, part=part, peak=k == "ours"))
    s = {k: statistics.median(r["cpu"] for r in v) for k, v in got.items() if v}
    row = dict(layout=layout, threads=threads, cameras=cameras, batch=batch, part=part, seconds=s, peak=statistics.median(r["peak"] for r in got["ours"]),
               rss_gb={k: v[-1]["rss_gb"] for k, v in got.items() if v})
    if part == "chunk": row["gap"] = max(abs(x - y) for x, y in zip(got["ours"][0]["chunk"], got["theirs"][0]["chunk"]))
    text = f"{layout:8} {threads} thread(s) {cameras} camera(s) batch {batch} {part:14} ours {s['ours']:6.2f} s"
    if "theirs" in s: text += f"   reference {s['theirs']:6.2f} s   {s['theirs'] / s['ours']:.2f}x"
    print(text + (f"   largest difference {row['gap']:.1e}" if "gap" in row else "") + f"   memory {row['rss_gb']}", flush=True)
    return row

if __name__ == "__main__":
    serve(*sys.argv[2:]) if sys.argv[1:2] == ["serve"] else main()
