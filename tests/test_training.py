"""What chapter 08 is too short to hold: properties of the cache and the trainer, faults, bad input. About 60 s on one core."""
import shutil, time
import contextlib, errno, fcntl, json, math, os, re, shutil, signal
import numpy as np, pytest, torch
from pathlib import Path
from fastcore.script import anno_parser
from smolvla.train import prefix_cache as T_prefix_cache
from smolvla.train import loop as T
from smolvla.data.dataset import LeRobotDataset
from smolvla.data.writer import DatasetWriter, so101_features
from smolvla.model.policy import SmolVLA
from smolvla.train.loop import *
from smolvla.train.data import *
from smolvla.train.prefix_cache import *
from smolvla.train.runs import *
from smolvla.model.vlm import build_vlm, nano_vlm_config
from helpers import CAMS, SIZE, cache_dir, data, one_thread, root, write_set

def tiny_policy(stats, seed=0, **changes):
    "The nano policy's structure at 50 thousand parameters."
    torch.manual_seed(seed); c = nano_vlm_config()
    for k, v in dict(hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=SIZE, patch_size=8).items(): setattr(c.vision_config, k, v)
    for k, v in dict(hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=16).items(): setattr(c.text_config, k, v)
    fields = dict(num_vlm_layers=2, chunk_size=8, n_action_steps=4, resize_imgs_with_padding=(SIZE, SIZE), tokenizer_max_length=12)
    return SmolVLA.new("nano", stats, build_vlm(c), **(fields | changes))

def losses(t): return [m["loss"] for m in t.history if "loss" in m]

def small(**kw): return dict(steps=8, batch_size=8, lr=1e-3, val_fraction=0.34, eval_every=100, save_every=100, compute_dtype="float32", quiet=True) | kw


# ---- schedule, samples, noise

def test_schedule_is_the_reference():
    assert lr_at(0, 30_000) == pytest.approx(1e-4 / 1001)
    assert lr_at(500, 30_000) == pytest.approx(1e-4 / 1001 + (1e-4 - 1e-4 / 1001) / 2)
    assert lr_at(1000, 30_000) == pytest.approx(9.973e-5, abs=5e-9)       # the tiny jump down: the cosine starts at step 0
    assert lr_at(30_000, 30_000) == lr_at(99_999, 99_999) == pytest.approx(2.5e-6)
    assert lr_at(165, 5000) < lr_at(166, 5000) and lr_at(166, 5000) > lr_at(167, 5000)      # warm-up 166 of 5000
    assert lr_at(15_000, 90_000) == lr_at(15_000, 30_000)                 # longer runs are not stretched

def test_samples_are_epochs_end_to_end():
    rows = np.concatenate([sample_rows(s, 7, 10, seed=3) for s in range(10)])
    epochs = rows.reshape(7, 10)
    assert all(sorted(e) == list(range(10)) for e in epochs.tolist())
    assert len({tuple(e) for e in epochs.tolist()}) == 7                   # and no two alike
    assert (sample_rows(4, 7, 10, 3) == rows[28:35]).all() and (sample_rows(4, 7, 10, 4) != rows[28:35]).any()

def test_noise_depends_on_seed_and_step_only():
    a, b = step_noise(5, (4, 8, 32), 1), step_noise(5, (4, 8, 32), 1)
    assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
    others = [step_noise(5, (4, 8, 32), 2), step_noise(6, (4, 8, 32), 1), step_noise(-1, (4, 8, 32), 1)]
    assert all(not torch.equal(a[0], o[0]) and not torch.equal(a[1], o[1]) for o in others)
    assert a[1].min() > 0 and a[1].max() <= 1

def test_split_holds_out_whole_episodes():
    held = split_episodes(40, .1, 0)
    assert held.sum() == 4 and (held == split_episodes(40, .1, 0)).all() and (held != split_episodes(40, .1, 1)).any()
    assert split_episodes(2, .01, 0).sum() == 1 and not split_episodes(1, .5, 0).any() and not split_episodes(9, 0, 0).any()


# ---- several data sets as one

def test_mixed_sets_are_one(root, tmp_path):
    other = write_set(tmp_path / "b", episodes=2, frames=7, seed=1)
    both, parts = TrainData([root, other]), [LeRobotDataset(root), LeRobotDataset(other)]
    cols = np.concatenate([p.column("action") for p in parts]).astype(np.float64)
    assert np.allclose(both.stats["action"]["mean"], cols.mean(0), atol=1e-4) and np.allclose(both.stats["action"]["std"], cols.std(0), atol=1e-4)
    idx = np.array([40, 3, 36, 35])
    obs = both.observation(idx)
    for i, j in enumerate(idx):
        p, k = (parts[0], j) if j < 36 else (parts[1], j - 36)
        one = p[int(k)]
        assert (obs["observation.images.wrist"][i].numpy() == one["observation.images.wrist"]).all() and obs["task"][i] == one["task"]
        assert np.allclose(obs["observation.state"][i], one["observation.state"])
    chunk, pad = both.chunks(np.array([33]), 8)                            # three frames before the first set ends
    assert pad[0].tolist() == [False] * 3 + [True] * 5 and (chunk[0, 3:] == both.action[35]).all()
    assert both.starts(5).tolist() == [0, 5, 10, 12, 17, 22, 24, 29, 34, 36, 41, 43, 48]
    assert both.fingerprint != TrainData(root).fingerprint

@pytest.mark.parametrize("change, word", [(dict(fps=15), "fps"), (dict(cams=("overhead", "side")), "cameras")])
def test_sets_that_differ_are_refused(root, tmp_path, change, word):
    with pytest.raises(TrainingError, match=f"differ in {word}"): TrainData([root, write_set(tmp_path / "b", 1, 4, **change)])


# ---- the cache

def test_cache_equals_the_forward(data, tmp_path):
    p, idx = tiny_policy(data.stats), np.arange(0, 36, 5)
    a, pad = data.chunks(idx, 8)
    full = p.preprocess(data.observation(idx) | {"action": torch.from_numpy(a), "action_is_pad": torch.from_numpy(pad)})
    noise, t = step_noise(0, (len(idx), 8, 32), 0)
    want = p.loss(full, noise, t).item()
    for dtype, tol in (("float32", 1e-6), ("float16", 2e-4)):
        tr = Trainer(p, data, TrainConfig(out=tmp_path / dtype, batch_size=8, cache_dtype=dtype, cache_dir=tmp_path / dtype), quiet=True)
        b, prefix = tr.batch(idx)
        assert all(torch.equal(b[k], full[k]) for k in ("state", "action", "action_is_pad")) and set(b) == {"state", "action", "action_is_pad"}
        assert p.loss(b, noise, t, prefix=prefix).item() == pytest.approx(want, abs=tol)
        exact = p.prefix_kv(full)
        assert all(torch.allclose(x, y, atol=50 * tol, rtol=1e-3) for u, v in zip(prefix.kv, exact.kv) for x, y in zip(u, v)) and torch.equal(prefix.pad_mask, exact.pad_mask)

def test_cache_is_never_stale(data, tmp_path, capsys):
    p = tiny_policy(data.stats); folder = tmp_path / "c"
    def build(policy=p, d=data, **kw):
        c = PrefixCache.build(folder, policy, d, **kw)
        return (folder / "0.kv").stat().st_mtime_ns, c.gather(np.arange(len(c))).packed().numpy(), capsys.readouterr().out
    at, kv, _ = build()
    assert build()[0] == at and tiny_policy(data.stats, seed=0) and build(tiny_policy(data.stats))[0] == at, "an equal cache is used"
    trained = tiny_policy(data.stats)
    for q in trained.expert.parameters(): q.data += 1
    assert build(trained)[0] == at, "the expert plays no part"
    new = tiny_policy(data.stats); new.vlm.model.vision_model.post_layernorm.bias.data[0] += 1e-3
    at2, kv2, said = build(new)
    assert at2 != at and "frozen weights changed" in said and not np.array_equal(kv, kv2)
    assert "stride 1 -> 2" in build(new, stride=2)[2] and "dtype float16 -> float32" in build(new, stride=2, dtype="float32")[2]
    longer = tiny_policy(data.stats, tokenizer_max_length=14)
    assert "processor changed" in build(longer)[2]
    assert "data changed" in build(longer, TrainData(write_set(tmp_path / "other", 1, 5, seed=9)))[2]

def test_two_vlms_in_one_default_folder(data, tmp_path):
    "A second VLM takes the folder over while the first still trains: both read their own rows, and neither is served the other's later."
    first, second = tiny_policy(data.stats), tiny_policy(data.stats, seed=1)
    def opened(p, name): return Trainer(p, data, TrainConfig(out=tmp_path / name, batch_size=8), quiet=True)
    def own(t): # are these the keys and values of this trainer's VLM?
        want = t.policy.prefix_kv(t.policy.preprocess(data.observation(np.arange(36))))
        return all(torch.allclose(x, y, atol=1e-2) for u, v in zip(t.cache.gather(np.arange(36)).kv, want.kv) for x, y in zip(u, v))
    a = opened(first, "a"); b = opened(second, "b")
    assert a.cache.folder == b.cache.folder == tmp_path / "prefix_cache" / data.fingerprint[:12] and a.cache.key != b.cache.key
    assert own(a) and own(b) and own(opened(first, "a")) and own(b)

def test_cache_is_opened_under_the_lock(data, tmp_path, monkeypatch):
    "Otherwise a build by another VLM, between our build and our look, would hand us its rows."
    real, seen = PrefixCache.__init__, []
    def init(self, folder, manifest=None):
        with open(folder / ".lock") as f:
            try: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB); seen.append("free")
            except OSError: seen.append("held")
        real(self, folder, manifest)
    monkeypatch.setattr(PrefixCache, "__init__", init)
    for _ in range(2): PrefixCache.build(tmp_path / "c", tiny_policy(data.stats), data, quiet=True)
    assert seen == ["held", "held"]

def test_cache_build_resumes(data, tmp_path, monkeypatch):
    p, folder, calls, real = tiny_policy(data.stats), tmp_path / "c", [], T_prefix_cache._forward_rows
    def dies(policy, data, idx, *a):
        calls.append(len(idx))
        if len(calls) == 4: raise KeyboardInterrupt
        return real(policy, data, idx, *a)
    clock = iter(range(0, 10_000, 5)); monkeypatch.setattr(time, "monotonic", lambda: next(clock))     # every batch is due to be saved
    monkeypatch.setattr(T_prefix_cache, "_forward_rows", dies)
    with pytest.raises(KeyboardInterrupt): PrefixCache.build(folder, p, data, batch_size=8, quiet=True)
    assert (folder / "0.done").read_text() == "16"                                  # call 1 learned the shape, 2 and 3 wrote 8 rows each
    with open(folder / "0.kv", "ab") as f: f.write(b"half a row")                   # as a kill -9 leaves it
    calls.clear(); monkeypatch.setattr(T_prefix_cache, "_forward_rows", lambda policy, data, idx, *a: (calls.append(len(idx)), real(policy, data, idx, *a))[1])
    got = PrefixCache.build(folder, p, data, batch_size=8, quiet=True)
    want = PrefixCache.build(tmp_path / "fresh", p, data, batch_size=8, quiet=True)
    assert calls[:3] == [8, 8, 4] and np.array_equal(got.pad, want.pad)
    assert torch.equal(*(c.gather(np.arange(36)).packed() for c in (got, want))) and got.first == [0, 16]

def test_cache_faults(data, tmp_path, monkeypatch):
    p = tiny_policy(data.stats)
    (tmp_path / "busy").mkdir()
    with open(tmp_path / "busy" / ".lock", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        with pytest.raises(TrainingError, match="another process"): PrefixCache.build(tmp_path / "busy", p, data, quiet=True)
    with monkeypatch.context() as m:
        m.setattr(shutil, "disk_usage", lambda f: shutil._ntuple_diskusage(10**6, 10**6, 1000))
        with pytest.raises(TrainingError, match=r"needs 0\.00 GB but .* has 0\.00 GB free: free some space"): PrefixCache.build(tmp_path / "small", p, data, quiet=True)
    with open("/dev/full", "ab", buffering=0) as f, pytest.raises(TrainingError, match="No space left on device"): T_prefix_cache._write_all(f, np.zeros(10))
    huge = tiny_policy(data.stats)
    huge.vlm.model.text_model.layers[0].self_attn.v_proj.weight.data *= 1e7
    with pytest.raises(TrainingError, match="too large for float16"): PrefixCache.build(tmp_path / "huge", huge, data, quiet=True)
    with pytest.raises(TrainingError, match="cache=False"): PrefixCache.build(tmp_path / "t", tiny_policy(data.stats, train_expert_only=False), data, quiet=True)


# ---- the trainer

def test_trains_the_expert_and_nothing_else(data, tmp_path, cache_dir):
    p = tiny_policy(data.stats)
    p.expert.to(torch.bfloat16)                                             # as a released checkpoint loaded with dtype=None
    before = {k: v.clone() for k, v in p.state_dict().items()}
    t = train(p, data, tmp_path / "a", cache_dir=cache_dir, **small(compute_dtype="bfloat16", steps=30, lr=3e-3))
    changed = {k for k, v in p.state_dict().items() if not torch.equal(v.float(), before[k].float())}
    assert changed == set(t.params) and not any("vlm." in k for k in changed) and all(q.dtype == torch.float32 for q in t.params.values())
    assert np.mean(losses(t)[-5:]) < np.mean(losses(t)[:5]) - .1

def test_vlm_can_be_trained_without_the_cache(data, tmp_path):
    p = tiny_policy(data.stats, train_expert_only=False, freeze_vision_encoder=False)
    before = p.vlm.model.vision_model.embeddings.patch_embedding.weight.clone()
    train(p, data, tmp_path / "a", cache=False, **small(steps=2))
    assert not torch.equal(before, p.vlm.model.vision_model.embeddings.patch_embedding.weight)

def test_cache_changes_nothing(data, tmp_path, cache_dir):
    with_, without = (train(tiny_policy(data.stats), data, tmp_path / str(c), cache=c, cache_dir=cache_dir, **small()) for c in (True, False))
    assert np.allclose(losses(with_), losses(without), atol=2e-3)

def test_ctrl_c_and_resume_are_exact(data, tmp_path, cache_dir, capsys):
    before = signal.getsignal(signal.SIGINT)                                # a background shell starts us with Ctrl-C ignored
    kw = dict(cache_dir=cache_dir, ema=.9, grad_accum=2, **small(steps=12, eval_every=3, save_every=4))
    calm = train(tiny_policy(data.stats), data, tmp_path / "calm", **kw)
    def aim(policy):                                                        # called every 3 steps; the second time the user loses patience
        aim.n += 1
        if aim.n == 2: os.kill(os.getpid(), signal.SIGINT)
        return dict(aim_mm=aim.n)
    aim.n = 0
    t = train(tiny_policy(data.stats), data, tmp_path / "run", aim=aim, **kw)
    assert t.step == 6 and f"--resume {tmp_path / 'run'}" in capsys.readouterr().out and not (tmp_path / "run/policy").exists()
    assert signal.getsignal(signal.SIGINT) is before
    (tmp_path / "run/checkpoints/000009.tmp").mkdir()                       # a half-written one is not seen
    with open(tmp_path / "run/metrics.jsonl", "a") as f: f.write('{"step": 7, "lo')
    torch.manual_seed(99)
    again = resume(tmp_path / "run", quiet=True)
    assert again.step == 6
    again.fit()
    assert losses(again) == losses(calm) == [m["loss"] for m in read_metrics(tmp_path / "run") if "loss" in m]
    assert all(torch.equal(a, b) for a, b in zip(again.ema.avg.values(), calm.ema.avg.values()))
    assert [m["aim_mm"] for m in again.history if "aim_mm" in m] == [1, 2]
    a, b = (SmolVLA.from_pretrained(d / "policy", quiet=True).state_dict() for d in (tmp_path / "run", tmp_path / "calm"))
    assert all(torch.equal(a[k], b[k]) for k in a) and torch.equal(a["model.state_proj.bias"], calm.ema.avg["model.state_proj.bias"])

def test_another_device_needs_another_process(data, tmp_path, cache_dir, monkeypatch):
    train(tiny_policy(data.stats), data, tmp_path / "a", cache_dir=cache_dir, **small(steps=1))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)             # Accelerate would go on on the CPU
    with pytest.raises(ValueError, match="trained on cpu.*train on cuda in a new one"): train(tiny_policy(data.stats), data, tmp_path / "b", device="cuda", cache_dir=cache_dir, **small(steps=1))

@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler")
def test_fused_is_the_same_loss(data, tmp_path, cache_dir):
    plain, fused = (train(tiny_policy(data.stats), data, tmp_path / str(f), fuse=f, cache_dir=cache_dir, **small(steps=2)) for f in (False, True))
    assert np.allclose(losses(plain), losses(fused), atol=1e-4)
    assert plain.policy.state_dict().keys() == fused.policy.state_dict().keys()

def test_fuse_says_what_is_missing(data, tmp_path, cache_dir, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match="C\\+\\+ compiler"): train(tiny_policy(data.stats), data, tmp_path / "a", fuse=True, cache_dir=cache_dir, **small(steps=1))

def test_lora_trains_adapters_only_and_resumes(data, root, tmp_path, cache_dir):
    tiny_policy(data.stats).save_pretrained(tmp_path / "base")
    base = SmolVLA.from_pretrained(tmp_path / "base", quiet=True).state_dict()
    c = TrainConfig(data=root, out=tmp_path / "calm", policy=tmp_path / "base", lora=4, lr=1e-2, warmup_steps=0, cache_dir=cache_dir, steps=6, save_every=3, eval_every=100, batch_size=8, val_fraction=.34)
    calm = start(c, quiet=True)
    assert all("lora_" in k for k in calm.params) and sum(p.numel() for p in calm.params.values()) < sum(v.numel() for k, v in base.items() if "vlm." not in k) / 4
    calm.fit()
    saved = SmolVLA.from_pretrained(tmp_path / "calm/policy", quiet=True)          # strict: LeRobot's names and nothing else
    moved = {k for k, v in saved.state_dict().items() if not torch.allclose(v, base[k], atol=1e-6)}
    assert moved and all(re.fullmatch(LORA_TARGETS, k.removesuffix(".weight")) for k in moved)
    batch, noise = saved.preprocess(data.observation(np.array([1]))), torch.randn(1, 8, 32)
    assert torch.allclose(saved.sample_actions(batch, noise), calm.policy.sample_actions(batch, noise), atol=1e-4)
    half = start(make_config(tmp_path / "calm/config.json", out=tmp_path / "half"), quiet=True)
    half.aim = lambda policy: {}
    step = half.train_step
    def stop_after_three(pieces): half.stop = half.step == 2; return step(pieces)
    half.train_step = stop_after_three; half.fit()
    assert half.step == 3
    again = resume(tmp_path / "half", quiet=True); again.fit()
    assert losses(again) == losses(calm) and all(torch.equal(again.params[k], calm.params[k]) for k in calm.params)

def test_lora_in_the_vlm_needs_no_cache(data, tmp_path, cache_dir):
    where = dict(lora=2, lora_targets=r".*text_model.*\.(q|v)_proj")
    with pytest.raises(ValueError, match="train with cache=False"): train(tiny_policy(data.stats), data, tmp_path / "a", cache_dir=cache_dir, **where, **small(steps=1))
    p = tiny_policy(data.stats)
    t = train(p, data, tmp_path / "b", cache=False, **where, **small(steps=3, lr=1e-2, warmup_steps=0))
    assert all("text_model" in k for k in t.params) and any(q.abs().max() > 0 for k, q in t.params.items() if "lora_B" in k)
    with pytest.raises(ValueError, match="only in memory.*pretrained_model"): resume(tmp_path / "b", quiet=True)
    with pytest.raises(ValueError, match="no adapter could be added"): train(tiny_policy(data.stats), data, tmp_path / "c", cache=False, lora=2, lora_targets="nothing", **small(steps=1))

def test_config_repeats_the_run(data, root, tmp_path, cache_dir):
    tiny_policy(data.stats).save_pretrained(tmp_path / "start")
    first = start(TrainConfig(data=root, out=tmp_path / "a", policy=tmp_path / "start", cache_dir=cache_dir, steps=4, batch_size=8, seed=5), quiet=True); first.fit()
    made = json.loads((tmp_path / "a/config.json").read_text())["made_with"]
    assert made["data_fingerprint"] == data.fingerprint and made["versions"]["torch"] == torch.__version__
    again = start(make_config(tmp_path / "a/config.json", out=tmp_path / "b"), quiet=True); again.fit()
    other = start(make_config(tmp_path / "a/config.json", out=tmp_path / "c", seed=6), quiet=True); other.fit()
    assert losses(first) == losses(again) != losses(other)

def test_a_new_policy_belongs_to_its_seed(data, root, tmp_path, cache_dir):
    p = tiny_policy(data.stats); p.vlm.save_pretrained(tmp_path / "vlm"); p.tokenizer.save_pretrained(tmp_path / "vlm")
    c = TrainConfig(data=root, out=tmp_path / "a", vlm=tmp_path / "vlm", cache_dir=cache_dir, batch_size=8, steps=2, warmup_steps=0,
                    policy_config=dict(num_vlm_layers=2, chunk_size=8, n_action_steps=4, resize_imgs_with_padding=[SIZE, SIZE], tokenizer_max_length=12))
    first = start(c, quiet=True); first.fit(); torch.randn(7)
    again = start(make_config(tmp_path / "a/config.json", out=tmp_path / "b"), quiet=True); again.fit()
    assert losses(first) == losses(again) and again.policy.config.chunk_size == 8
    assert all(torch.equal(v, p.vlm.state_dict()[k]) for k, v in again.policy.vlm.state_dict().items()), "the VLM comes from the folder and stays"
    assert again.policy.config.input_features["observation.images.wrist"]["shape"] == [3, SIZE, SIZE]
    loaded = SmolVLA.from_pretrained(tmp_path / "b/policy", quiet=True)
    act = loaded.select_action({k: v[0] if k != "task" else v[:1] for k, v in data.observation(np.array([3])).items()})
    assert act.shape == (6,) and torch.isfinite(act).all()

def test_new_policy_takes_a_seed(data, root, tmp_path):
    p = tiny_policy(data.stats); p.vlm.save_pretrained(tmp_path / "vlm"); p.tokenizer.save_pretrained(tmp_path / "vlm")
    fields = dict(vlm=tmp_path / "vlm", num_vlm_layers=2, chunk_size=8, n_action_steps=4, resize_imgs_with_padding=(SIZE, SIZE), tokenizer_max_length=12)
    def weights(**kw): torch.randn(3); return new_policy(data, **fields, **kw).state_dict()
    default, same, other = weights(), weights(seed=TrainConfig().seed), weights(seed=6)
    assert all(torch.equal(default[k], same[k]) for k in default) and not torch.equal(default["model.state_proj.weight"], other["model.state_proj.weight"])
    del fields["vlm"]
    begun = start_policy(TrainConfig(vlm=tmp_path / "vlm", seed=6, policy_config=fields), data).state_dict()
    assert all(torch.equal(other[k], begun[k]) for k in other), "the command line and Python agree"

def test_only_the_newest_checkpoints_stay(data, tmp_path, cache_dir):
    train(tiny_policy(data.stats), data, tmp_path / "a", cache_dir=cache_dir, keep=2, **small(steps=5, save_every=1))
    assert [p.name for p in checkpoints(tmp_path / "a")] == ["000004", "000005"]

def test_nan_stops_before_the_weights(data, tmp_path, cache_dir):
    p = tiny_policy(data.stats)
    with pytest.raises(TrainingError, match=r"training stopped before the weights were touched. The last good checkpoint is .*00000\d"):
        train(p, data, tmp_path / "a", cache_dir=cache_dir, **small(steps=40, save_every=1, lr=1e30, warmup_steps=0))
    assert all(torch.isfinite(v).all() for v in SmolVLA.from_pretrained(last_checkpoint(tmp_path / "a") / "pretrained_model", quiet=True).state_dict().values())

def test_full_disk_keeps_the_last_checkpoint(data, tmp_path, cache_dir, monkeypatch):
    real, n = T.save_file, [0]
    def full(*a, **kw):
        n[0] += 1
        if n[0] > 3: raise OSError(errno.ENOSPC, "No space left on device")
        return real(*a, **kw)
    monkeypatch.setattr(T, "save_file", full)                               # a checkpoint takes three of them
    with pytest.raises(TrainingError, match="cannot write .*No space left.*000002.*--resume"):
        train(tiny_policy(data.stats), data, tmp_path / "a", cache_dir=cache_dir, **small(save_every=2))
    assert [p.name for p in (tmp_path / "a/checkpoints").iterdir()] == ["000002"]
    monkeypatch.undo()
    assert resume(tmp_path / "a", quiet=True).step == 2

def test_minutes_drive_the_schedule(data, tmp_path, cache_dir):
    t = train(tiny_policy(data.stats), data, tmp_path / "a", cache_dir=cache_dir, minutes=.02, **small(steps=1_000_000, warmup_steps=0, decay_steps=100))
    lr = [m["lr"] for m in t.history if "lr" in m]
    assert 3 < t.step < 1000 and lr == sorted(lr, reverse=True)
    t.step, t.at, t.config.decay_steps = 500_000, .5, 1_000_000
    assert t.lr() == pytest.approx(lr_at(500_000, 1_000_000, 1e-3, 0, 1_000_000))

def test_ema_is_an_average():
    w = torch.nn.Parameter(torch.zeros(3)); e, want = EMA({"w": w}, .99), torch.zeros(3)
    for s in range(1, 50):
        w.data += 1; e.update(s); d = min(.99, (1 + s) / (10 + s)); want = d * want + (1 - d) * w.data
    assert torch.allclose(e.avg["w"], want)
    with e.swapped(): assert torch.equal(w, e.avg["w"])
    assert w[0] == 49


# ---- bad input

def test_policy_and_data_must_fit(data, root, tmp_path, cache_dir):
    go = lambda p, d=data, **kw: Trainer(p, d, TrainConfig(out=tmp_path / "x", batch_size=8, cache_dir=cache_dir, **kw), quiet=True)
    with pytest.raises(ValueError, match="chunk_size=50, the policy predicts chunks of 8"): go(tiny_policy(data.stats), TrainData(LeRobotDataset(root, chunk_size=50)))
    side = tiny_policy(data.stats, input_features={f"observation.images.{c}": dict(type="VISUAL", shape=[3, SIZE, SIZE]) for c in ("top", "wrist")})
    with pytest.raises(ValueError, match=r"camera_map=\{'overhead': 'top'\}"): go(side)
    side.processor.camera_map = dict(overhead="top"); go(side)              # the cure works
    seven = {k: {s: np.ones(7) for s in ("mean", "std")} for k in ("observation.state", "action")}
    wide = tiny_policy(seven, input_features={**side.config.input_features, "observation.state": dict(type="STATE", shape=[7])}, output_features={"action": dict(type="ACTION", shape=[7])})
    wide.processor.camera_map = dict(overhead="top")
    with pytest.raises(ValueError, match="expects observation.state of 7 numbers, .* has 6"): go(wide)
    with pytest.raises(ValueError, match="policy has no statistics"): go(tiny_policy(None))
    radians = TrainData(write_set(tmp_path / "rad", 2, 5, scale=math.pi / 180))
    far = {k: {**v, "mean": v["mean"] + 1000} if k == "action" else v for k, v in radians.stats.items()}
    with pytest.raises(ValueError, match="are the units the same"): go(tiny_policy(far), radians)
    with pytest.raises(ValueError, match="does not divide into 1 processes x grad_accum 3"): go(tiny_policy(data.stats), grad_accum=3)
    with pytest.raises(ValueError, match="use float32 or bfloat16"): go(tiny_policy(data.stats), compute_dtype="int8")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="sees no GPU"): go(tiny_policy(data.stats), device="cuda")

def test_nan_in_the_data_is_named(root, tmp_path):
    import pyarrow as pa, pyarrow.parquet as pq
    shutil.copytree(root, tmp_path / "nan"); f = sorted((tmp_path / "nan/data").glob("*/*.parquet"))[0]; t = pq.read_table(f)
    a = t["action"].to_pylist(); a[5][2] = math.nan
    pq.write_table(t.set_column(t.column_names.index("action"), "action", pa.array(a, t["action"].type)), f)
    with pytest.raises(ValueError, match="action is NaN or infinite at row 5"): TrainData(tmp_path / "nan")

def test_run_folders_are_guarded(data, root, tmp_path, cache_dir):
    grown = shutil.copytree(root, tmp_path / "grown")
    train(tiny_policy(data.stats), grown, tmp_path / "a", cache_dir=cache_dir, **small(steps=1))
    with pytest.raises(ValueError, match="already holds a run"): train(tiny_policy(data.stats), grown, tmp_path / "a", **small())
    with pytest.raises(FileNotFoundError, match="not a run folder"): resume(tmp_path)
    (tmp_path / "recipe").mkdir(); (tmp_path / "recipe/config.json").write_text(json.dumps(dict(data=[str(grown)])))
    with pytest.raises(ValueError, match="was not written by a run"): resume(tmp_path / "recipe")
    write_set(grown, 1, 4, seed=7)                                          # appends an episode
    with pytest.raises(ValueError, match="changed or extended since.*--policy"): resume(tmp_path / "a", quiet=True)

def test_command_line(root, tmp_path):
    text = " ".join(anno_parser(train_cli.__wrapped__).format_help().split())
    assert "smolvla_train --resume" in text and all(f"--{f}" in text for f in ("data", "out", "minutes", "recipe", "config", "policy", "vlm", "seed", "threads"))
    def says(match, **kw):
        with pytest.raises(SystemExit, match=match): train_cli(**kw)
    says("give --data FOLDER", out=str(tmp_path / "x"))
    says("give --out FOLDER", data=[str(root)])
    says("does not exist", data=[f"{tmp_path}/nothing"], out=str(tmp_path / "x"))
    says("no meta/info.json", data=[str(tmp_path)], out=str(tmp_path / "x"))
    says("no recipe nowhere", recipe="nowhere", out="x")
    (tmp_path / "r.json").write_text('{"stepz": 3}'); says(r"unknown fields \['stepz'\]", recipe=str(tmp_path / "r.json"), out="x")
    (tmp_path / "r.json").write_text('{"steps": 3'); says("is not JSON", recipe=str(tmp_path / "r.json"), out="x")
    says("only be chosen for a new policy", data=[str(root)], out=str(tmp_path / "x"), policy="nano", chunk_size=50)
    says("neither a folder nor a hub id", data=[str(root)], out=str(tmp_path / "x"), policy="no such policy")
    says("not a run folder", resume=str(tmp_path))

def test_recipe_and_flags_meet(tmp_path):
    (tmp_path / "r.json").write_text(json.dumps(dict(about="for a test", data=["d"], steps=7, policy_config=dict(chunk_size=4))))
    c = make_config(tmp_path / "r.json", out="o", steps=None, lr=.5)
    assert (c.steps, c.lr, c.policy_config, c.data) == (7, .5, dict(chunk_size=4), ["d"])

def test_undeclared_units_that_look_different_are_not_mixed(tmp_path):
    sets = [write_set(tmp_path/name, 2, 5, scale=scale) for name, scale in (("degrees", 1), ("radians", math.pi/180))]
    for root in sets: (root/"meta/units.json").unlink()
    assert len(TrainData([sets[1]]))
    with pytest.raises(ValueError, match="look like degrees, those of .*radians like radians.*smolvla_edit units"): TrainData(sets)
