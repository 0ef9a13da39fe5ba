"""SmolVLA 0.45B at its published size, ours against the real LeRobot 0.4.4: same random weights, same inputs, in turns, one sitting.

    SMOLVLA_REFERENCE_PYTHON=.../bin/python .venv/bin/python tests/benchmarks/bench_published.py    # tests/reference/setup.sh makes the other Python
        [--cameras 1 2 3] [--threads 1 2] [--dtypes float32 mixed] [--rounds 3] [--parts chunk nearly] [--train] [--keep]

`mixed` is the layout of the published checkpoint: VLM and expert bfloat16, cross-attention k/v and the five projections float32; there we compute in
bfloat16 throughout. Each part is timed apart: vision (all cameras, at once here, one by one there), prefix (language layers over images, text, state),
denoising (ten Euler steps on the finished prefix), and the whole chunk; `nearly` is the chunk in eight bits with four steps (policy.nearly), `state` and
`one camera` are repeat calls through Recall in which only that has changed. With one thread seconds are CPU seconds of the process, which neighbours disturb less,
with more they are seconds of the clock; median over rounds; `of peak` is the share of this machine's speed in a large matrix product of that dtype, measured between the rounds.
`--train` times one update of the expert (2 cameras, batch 4): the reference's and ours, without a cache and with a cached prefix, in the dtypes of the
checkpoint as the reference does and with float32 masters as chapter 08 does; with the peak of the process and how far that is above the loaded model.
Writes outputs/bench/published.json (or published_train.json); --keep puts it into tests/benchmarks/ as well, for chapters 07 and 08.
"""
import argparse, ctypes, gc, json, os, statistics, subprocess, sys, tempfile, time
from pathlib import Path

HERE = Path(__file__).parent
PARTS = ("vision", "vision+prefix", "denoise", "chunk", "state", "one camera")
TRAIN = ("update", "update, float32 masters", "cached", "cached, float32 masters")

def inputs(torch, cameras, B, size=512, seed=0):
    g = torch.Generator().manual_seed(seed)
    return dict(images=torch.rand(B, cameras, 3, size, size, generator=g) * 2 - 1, tokens=torch.randint(5, 200, (B, 48), generator=g), state=torch.randn(B, 32, generator=g),
                noise=torch.randn(B, 50, 32, generator=g), action=torch.randn(B, 50, 32, generator=g), time=torch.rand(B, generator=g))

def make(folder, mixed=True):
    "One checkpoint per layout, with LeRobot's names: folder/float32 and folder/mixed."
    import re, torch
    from safetensors.torch import load_file, save_file
    from transformers import SmolVLMConfig
    from smolvla.model.policy import BACKBONES, SmolVLA, preset
    from smolvla.model.vlm import build_vlm, nano_tokenizer
    torch.manual_seed(0)
    c = preset("smolvla_0.45b", load_vlm_weights=False)
    vlm = build_vlm(SmolVLMConfig(**BACKBONES[c.vlm_model_name], tie_word_embeddings=False), c.num_vlm_layers)
    c.vlm_model_name = "vlm"
    stats = {k: dict(mean=[0.] * 6, std=[1.] * 6) for k in ("observation.state", "action")}
    SmolVLA(c, vlm, nano_tokenizer(), stats).save_pretrained(folder / "float32")
    if not mixed: return
    single = re.compile(r"lm_expert\.layers\.\d*[13579]\.self_attn\.[kv]_proj|model\.(state|action)_")
    os.makedirs(folder / "mixed")
    for p in (folder / "float32").iterdir():
        if p.name != "model.safetensors": os.symlink(p, folder / "mixed" / p.name)
    weights = load_file(folder / "float32" / "model.safetensors")
    save_file({k: v if single.search(k) else v.bfloat16() for k, v in weights.items()}, folder / "mixed" / "model.safetensors", metadata={"format": "pt"})

class Ours:
    def __init__(self, folder, layout):
        import torch
        from smolvla.model.policy import SmolVLA
        plain = SmolVLA.from_pretrained(folder, dtype=torch.float32 if layout == "float32" else torch.bfloat16, quiet=True).eval()
        self.plain, self.policy = plain, plain.fast("float32" if layout == "float32" else "auto")  # updates train the plain one
    def parts(self, x):
        import torch
        p, B = self.policy, len(x["state"])
        batch = dict(images=x["images"], image_mask=torch.ones(B, x["images"].shape[1], dtype=torch.bool), tokens=x["tokens"], token_mask=torch.ones_like(x["tokens"], dtype=torch.bool), state=x["state"])
        prefix = p.prefix_kv(batch)
        def anew(f): p.reset(); return f()  # a frozen copy remembers the last look: forget it
        return {"vision": lambda: p.look(x["images"]), "vision+prefix": lambda: anew(lambda: p.prefix_kv(batch)), "denoise": lambda: p.sample_actions(batch, x["noise"], prefix=prefix),
                "chunk": lambda: anew(lambda: p.sample_actions(batch, x["noise"])), "nearly": lambda: anew(lambda: p.sample_actions(batch, x["noise"])), **self.repeats(batch, x)}
    def repeats(self, batch, x):
        p, n = self.policy, iter(range(1, 1000))
        def state(): return p.sample_actions({**batch, "state": batch["state"] + next(n)}, x["noise"])
        def one_camera():
            images = batch["images"].clone(); images[:, -1] += 1e-3*next(n)
            return p.sample_actions({**batch, "images": images}, x["noise"])
        return {"state": state, "one camera": one_camera}
    def gflop(self, part, cameras):
        "Counted where nothing is computed: chapter 07's bill of matrix products."
        import torch
        from torch.utils.flop_counter import FlopCounterMode
        from smolvla.model.policy import BACKBONES, SmolVLA, preset
        from smolvla.model.vlm import build_vlm
        from transformers import SmolVLMConfig
        c = preset("smolvla_0.45b")
        with torch.device("meta"), torch.no_grad():
            big = SmolVLA(c, build_vlm(SmolVLMConfig(**BACKBONES[c.vlm_model_name], tie_word_embeddings=False), c.num_vlm_layers))
            batch = dict(images=torch.empty(1, cameras, 3, 512, 512), image_mask=torch.ones(1, cameras, dtype=torch.bool), state=torch.empty(1, 32),
                         tokens=torch.zeros(1, 48, dtype=torch.long), token_mask=torch.ones(1, 48, dtype=torch.bool))
            kv = big.prefix_kv(batch)
            with FlopCounterMode(display=False) as count:
                {"vision": lambda: big.look(batch["images"]), "vision+prefix": lambda: big.prefix_kv(batch), "denoise": lambda: big.sample_actions(batch, torch.empty(1, 50, 32), prefix=kv),
                 "chunk": lambda: big.sample_actions(batch, torch.empty(1, 50, 32))}[part]()
        return count.get_total_flops() / 1e9
    def update(self, x, cached, masters):
        import torch
        p, B = self.plain.train(), len(x["state"])
        if not hasattr(self, "opt"):
            for q in p.parameters():
                if q.requires_grad and masters: q.data = q.data.float()  # computed in bfloat16
            self.opt = torch.optim.AdamW([q for q in p.parameters() if q.requires_grad], lr=1e-4, fused=True)
        batch = dict(images=x["images"], image_mask=torch.ones(B, x["images"].shape[1], dtype=torch.bool), tokens=x["tokens"], token_mask=torch.ones_like(x["tokens"], dtype=torch.bool),
                     state=x["state"], action=x["action"], action_is_pad=torch.zeros(B, 50, dtype=torch.bool))
        low = masters and next(p.vlm.parameters()).dtype == torch.bfloat16
        if cached and not hasattr(self, "prefix"):
            with torch.autocast("cpu", torch.bfloat16, enabled=low): self.prefix = p.prefix_kv(batch)
            # a run that finds its cache on the disk never wakes the vision tower
            p.vlm.model.vision_model = self.policy = None
            gc.collect(); ctypes.CDLL(None).malloc_trim(0)
        def step():
            with torch.autocast("cpu", torch.bfloat16, enabled=low): loss = p.loss(batch, x["noise"], x["time"], prefix=self.prefix if cached else None)
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
    def update(self, x, cached, masters):
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

def memory(what): return int(next(line for line in open("/proc/self/status") if line.startswith(what)).split()[1]) / 2**20  # GB

def serve(which, folder, layout):
    "One JSON line in, one out."
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    import torch
    t = time.perf_counter(); model = dict(ours=Ours, theirs=Theirs)[which](folder, layout)
    print(json.dumps(dict(load_s=time.perf_counter() - t)), flush=True)
    loaded = memory("VmRSS")
    kept, made, warm = {}, {}, set()
    for line in sys.stdin:
        r = json.loads(line); torch.set_num_threads(r["threads"]); key = (r["cameras"], r["batch"])
        if key not in kept: kept.clear(); made.clear(); kept[key] = inputs(torch, *key)
        if r["part"] == "nearly" and not model.policy.eight_bits: model.policy = model.plain.fast(eight_bits=True, num_steps=4)
        if r["part"] == "gflop": print(json.dumps(dict(gflop={p: model.gflop(p, r["cameras"]) for p in ("vision", "vision+prefix", "denoise", "chunk")})), flush=True); continue
        with torch.set_grad_enabled(r["part"] in TRAIN):
            if r["part"] in TRAIN: f = model.update(kept[key], "cached" in r["part"], "masters" in r["part"])
            else: f = (made.get(key) or made.setdefault(key, model.parts(kept[key])))[r["part"]]
            if (key, r["part"], r["threads"]) not in warm: f(); warm.add((key, r["part"], r["threads"]))
            Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
            c, w = time.process_time(), time.perf_counter(); y = f()
            out = dict(seconds=time.process_time() - c if r["threads"] == 1 else time.perf_counter() - w)
        if r["part"] == "chunk": out["chunk"] = y.flatten()[:300].tolist()
        if r.get("peak"): out["peak"] = matmul_peak(torch, torch.float32 if layout == "float32" else torch.bfloat16)
        out |= dict(peak_gb=memory("VmHWM"), loaded_gb=loaded)
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
    ap.add_argument("--dtypes", nargs="+", default=["float32", "mixed"]); ap.add_argument("--rounds", type=int, default=3); ap.add_argument("--parts", nargs="+", choices=[*PARTS, "nearly"], default=[*PARTS, "nearly"]); ap.add_argument("--train", action="store_true"); ap.add_argument("--keep", action="store_true")
    a = ap.parse_args()
    python = os.environ.get("SMOLVLA_REFERENCE_PYTHON") or sys.exit("set SMOLVLA_REFERENCE_PYTHON; tests/reference/setup.sh makes it")
    table, bills = [], {}
    with tempfile.TemporaryDirectory() as tmp:
        make(Path(tmp))
        def start(layout): return {"ours": Server(sys.executable, "ours", Path(tmp) / layout, layout), "theirs": Server(python, "theirs", Path(tmp) / layout, layout)}
        for layout in a.dtypes:
            for arm in TRAIN if a.train else (None,):  # each training arm in a fresh process
                both = start(layout)
                if arm in (None, TRAIN[0]): print(f"{layout}: loaded in {both['ours'].load_s:.1f} s, the reference in {both['theirs'].load_s:.1f} s", flush=True)
                load = {k: v.load_s for k, v in both.items()}
                cases = [(t, 2, 4, arm) for t in a.threads] if a.train else [(t, n, 1, p) for t in a.threads for n in a.cameras for p in PARTS if p in a.parts and (p != "one camera" or n > 1)]
                if layout == "mixed" and "nearly" in a.parts and not a.train: cases += [(t, n, 1, "nearly") for t in a.threads for n in a.cameras]  # last: the policy stays as it is then
                for threads, cameras, batch, part in cases:
                    if cameras not in bills and not a.train: bills[cameras] = both["ours"].ask(threads=threads, cameras=cameras, batch=1, part="gflop")["gflop"]
                    row = one(both, layout, threads, cameras, batch, part, a.rounds, bills.get(cameras, {}).get(part))
                    if part == "nearly": note_ratio(table, row)
                    table.append(row | dict(load_s=load))
                for s in both.values(): s.stop()
    result = dict(machine=machine(), rounds=a.rounds, rows=table)
    name = f"published{'_train' if a.train else ''}.json"
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out / name).write_text(json.dumps(result, indent=1) + "\n")
    if a.keep: keep(HERE / name, result)

def keep(file, result):
    "Rows measured anew replace those kept, the others stay."
    def key(r): return [r[k] for k in ("layout", "threads", "cameras", "batch", "part")]
    old = json.loads(file.read_text())["rows"] if file.exists() else []
    new = [key(r) for r in result["rows"]]
    file.write_text(json.dumps(result | dict(rows=[r for r in old if key(r) not in new] + result["rows"]), indent=1) + "\n")

def machine():
    info = dict(line.split(":", 1) for line in open("/proc/cpuinfo") if ":" in line)
    return f"{next(v.strip() for k, v in info.items() if k.startswith('model name'))}, {os.cpu_count()} cores"

def note_ratio(table, row):
    whole = next(r for r in table if r["part"] == "chunk" and all(r[k] == row[k] for k in ("layout", "threads", "cameras")))
    row["over_reference"] = whole["seconds"]["theirs"] / row["seconds"]["ours"]
    print(f"{'':9}nearly over the reference's whole chunk: {row['over_reference']:.2f}x", flush=True)

def one(both, layout, threads, cameras, batch, part, rounds, gflop):
    got = {k: [] for k in both}
    for i in range(rounds):
        for k, s in both.items():
            if k == "ours" or part in ("vision", "vision+prefix", "denoise", "chunk", "update"): got[k].append(s.ask(threads=threads, cameras=cameras, batch=batch, part=part, peak=k == "ours"))
    s = {k: statistics.median(r["seconds"] for r in v) for k, v in got.items() if v}
    row = dict(layout=layout, threads=threads, cameras=cameras, batch=batch, part=part, seconds=s, matmul_gflops=statistics.median(r["peak"] for r in got["ours"]),
               peak_gb={k: max(r["peak_gb"] for r in v) for k, v in got.items() if v}, loaded_gb={k: v[0]["loaded_gb"] for k, v in got.items() if v})
    if gflop: row |= dict(gflop=gflop, of_peak={k: gflop / v / row["matmul_gflops"] for k, v in s.items()})
    if part == "chunk": row["gap"] = max(abs(x - y) for x, y in zip(got["ours"][0]["chunk"], got["theirs"][0]["chunk"]))
    text = f"{layout:8} {threads} thread(s) {cameras} camera(s) batch {batch} {part:24} ours {s['ours']:6.2f} s"
    if "theirs" in s: text += f"   reference {s['theirs']:6.2f} s   {s['theirs'] / s['ours']:.2f}x"
    if gflop: text += "   of peak " + ", ".join(f"{v:.0%}" for v in row["of_peak"].values())
    print(text + (f"   largest difference {row['gap']:.1e}" if "gap" in row else "") + "   GB " + ", ".join(f"{v:.1f}" for v in row["peak_gb"].values()), flush=True)
    return row

if __name__ == "__main__":
    serve(*sys.argv[2:]) if sys.argv[1:2] == ["serve"] else main()
