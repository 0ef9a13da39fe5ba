"Runs that are called twice, stopped, resumed with other flags, moved, or fed with odd data: what `fit`, `resume` and `--data` promise."
from torch import nn
import json, math, os, shutil, signal
import numpy as np, pytest, torch
from pathlib import Path
from smolvla.train import runs as T_runs
from smolvla.train import loop as T
from smolvla.data.dataset import LeRobotDataset
from smolvla.model.policy import SmolVLA
from smolvla.train.loop import *
from smolvla.train.data import *
from smolvla.train.prefix_cache import *
from smolvla.train.runs import *
from helpers import cache_dir, data, one_thread, root, write_set
from test_training import losses, small, tiny_policy

@pytest.fixture(scope="module")
def base(data, tmp_path_factory):
    "A policy folder to start from"
    folder = tmp_path_factory.mktemp("base"); tiny_policy(data.stats).save_pretrained(folder)
    return folder

def fields(**kw): return {k: v for k, v in small(**kw).items() if k != "quiet"}

def trainer(data, out, cache_dir, **kw):
    return Trainer(tiny_policy(data.stats), data, TrainConfig(out=str(out), cache_dir=cache_dir, **fields(**kw)), quiet=True)

def interrupted_at(t, step):
    "Ctrl-C during this step"
    real = t.train_step
    def train_step(pieces):
        r = real(pieces)
        if t.step == step: os.kill(os.getpid(), signal.SIGINT)
        return r
    t.train_step = train_step


# ---- fit again

def test_fit_goes_on_after_ctrl_c(data, tmp_path, cache_dir):
    calm, t = (trainer(data, tmp_path / n, cache_dir, ema=.9) for n in ("calm", "run"))
    calm.fit(); interrupted_at(t, 3); t.fit()
    assert t.step == 3 and t.stop and t.file.closed
    t.fit()
    assert t.step == 8 and not t.stop and losses(t) == losses(calm) and (tmp_path / "run/policy").is_dir()
    assert all(torch.equal(a, b) for a, b in zip(t.params.values(), calm.params.values()))
    assert [m["step"] for m in read_metrics(t.run) if "loss" in m] == list(range(1, 9))

def test_a_second_ctrl_c_leaves_a_trainer_that_goes_on(data, tmp_path, cache_dir):
    "It may come between backward and the update: half a gradient must not stay."
    calm, t = (trainer(data, tmp_path / n, cache_dir) for n in ("calm", "run"))
    calm.fit(); real = nn.utils.clip_grad_norm_
    def twice(*args):
        if t.step == 3: raise KeyboardInterrupt
        return real(*args)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(nn.utils, "clip_grad_norm_", twice)
        with pytest.raises(KeyboardInterrupt): t.fit()
    assert t.file.closed and t.started is None and len(read_metrics(t.run)) == 3
    t.fit()
    assert losses(t) == losses(calm)

def test_the_clock_adds_up(data, tmp_path, cache_dir):
    "Two calls share one budget: the learning rate never rises again, and a spent budget stays spent."
    t = trainer(data, tmp_path / "a", cache_dir, steps=100_000, minutes=.02, warmup_steps=0)
    interrupted_at(t, 3); t.fit(); first = t.elapsed
    assert 0 < first < 1.2 and t.started is None
    t.fit(); n = t.step
    lr = [m["lr"] for m in t.history if "lr" in m]
    assert t.elapsed >= 1.2 and lr == sorted(lr, reverse=True)
    t.fit()
    assert t.step == n, "the minutes are over"
    saved = json.loads((last_checkpoint(t.run) / "training_state/training_step.json").read_text())
    assert first < saved["elapsed"] <= t.elapsed and saved["elapsed"] > 1.  # the last checkpoint may be a step before the end

def test_a_finished_run_says_so_and_goes_on_when_it_is_given_more(data, tmp_path, cache_dir, capsys):
    t = trainer(data, tmp_path / "a", cache_dir, steps=4); t.fit(); t.quiet = False
    t.fit()
    assert "nothing is left to train: 4 of 4 steps" in capsys.readouterr().out and t.step == 4
    t.config.steps = 6; t.fit()
    assert t.step == 6 and last_checkpoint(t.run).name == "000006" and t.policy.training is False

def test_a_trainer_can_be_asked_before_it_runs(data, tmp_path, cache_dir):
    t = trainer(data, tmp_path / "a", cache_dir)
    assert t.progress() == 0 and t.lr() == lr_at(0, 8, 1e-3) and t.spent() == 0 and t.history == []


# ---- the log

def test_the_log_is_on_disk_line_by_line_and_closed_on_every_exit(data, tmp_path, cache_dir):
    t, seen = trainer(data, tmp_path / "a", cache_dir, steps=40), []
    real = t.train_step
    def bad(pieces):
        seen.append(len(read_metrics(t.run)))
        if t.step == 7: raise TrainingError("NaN")
        return real(pieces)
    t.train_step = bad
    with pytest.raises(TrainingError, match="NaN"): t.fit()
    assert seen == list(range(8)) and t.file.closed and len(read_metrics(t.run)) == 7

def test_a_finished_run_without_its_log_can_be_resumed(root, base, tmp_path, cache_dir):
    start(TrainConfig(data=[str(root)], out=tmp_path / "a", policy=base, cache_dir=cache_dir, **fields(steps=4)), quiet=True).fit()
    (tmp_path / "a/metrics.jsonl").unlink()
    t = resume(tmp_path / "a", quiet=True); t.fit()
    assert t.step == 4 and (tmp_path / "a/policy/model.safetensors").is_file()


# ---- resume with other flags

@pytest.fixture
def run(root, base, tmp_path, cache_dir):
    "A finished run of four steps"
    start(TrainConfig(data=[str(root)], out=tmp_path / "run", policy=base, cache_dir=cache_dir, **fields(steps=4, save_every=2)), quiet=True).fit()
    return tmp_path / "run"

def test_resume_obeys_what_may_change(run, capsys):
    train_cli(resume=str(run), steps=6, lr=5e-4, save_every=1, threads=1)
    said = capsys.readouterr().out
    c = read_config(run / "config.json")
    assert f"{run} goes on at step 4 with steps 4 -> 6, lr 0.001 -> 0.0005" in said and "save_every 2 -> 1" in said
    assert (c["steps"], c["lr"], c["save_every"]) == (6, 5e-4, 1) and [p.name for p in checkpoints(run)] == ["000005", "000006"]
    m = read_metrics(run)
    assert [x["step"] for x in m if "loss" in x] == [1, 2, 3, 4, 5, 6] and m[-2]["lr"] <= 5e-4

def test_resume_tells_what_it_cannot_do(run, capsys):
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    def says(match, **kw):
        with pytest.raises(SystemExit) as e: train_cli(resume=str(run), **kw)
        text = str(e.value.code)
        assert match in text and text.startswith("smolvla_train: ") and "\n" not in text, text
    says("has done 4 steps already: give --steps above that", steps=3)
    says("has done 4 steps already: give --steps above that", minutes=5.)
    says("--batch_size cannot change in a run that goes on", batch_size=4)
    says("--seed cannot change", seed=5)
    says("--policy cannot change", policy="nano")
    says("--chunk_size cannot change", chunk_size=4)
    says("--stats cannot change", stats="data")
    says("--camera_map cannot change", camera_map="front=overhead")
    says("--recipe begins a run", recipe="anything")
    says("--config begins a run", config="anything")
    says("--out cannot be had", out=str(run.parent / "other"))
    says("steps is 0: give a whole number from 1 upwards", steps=0)
    says("lr is -1.0", lr=-1.)
    says("minutes is nan", minutes=math.nan)
    if not torch.cuda.is_available(): says("sees no GPU", device="cuda")
    with pytest.raises(TrainingError, match="--out cannot change"): resume(run, quiet=True, out=str(run.parent / "other"))
    assert before == {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}, "a refusal touches nothing"
    train_cli(resume=str(run), batch_size=8, seed=1000, out=str(run), steps=4)   # what the run has already may be repeated
    assert "nothing is left to train: 4 of 4 steps are done" in capsys.readouterr().out

def test_a_spent_budget_is_told(run):
    c = json.loads((run / "config.json").read_text()); c.update(minutes=1e-5, steps=1000); (run / "config.json").write_text(json.dumps(c))
    with pytest.raises(TrainingError, match="has trained for .* minutes already: give --minutes above that"): resume(run, quiet=True, steps=2000)
    assert resume(run, quiet=True, steps=2000, minutes=1.).config.minutes == 1

def test_resume_finds_data_that_moved(run, root, tmp_path):
    moved, other = tmp_path / "moved", write_set(tmp_path / "other", 3, 12, seed=9)
    shutil.copytree(root, moved)
    c = json.loads((run / "config.json").read_text()); c["data"] = [str(tmp_path / "gone")]; (run / "config.json").write_text(json.dumps(c))
    with pytest.raises(FileNotFoundError, match="gone does not exist.*If the data was moved, say where it is: --resume .* --data FOLDER"): resume(run, quiet=True)
    with pytest.raises(TrainingError, match="is not what .* was trained on"): resume(run, quiet=True, data=[str(other)])
    train_cli(resume=str(run), data=[str(moved)], steps=5)
    assert read_config(run / "config.json")["data"] == [str(moved)] and last_checkpoint(run).name == "000005"

@pytest.mark.parametrize("k, v", [("steps", 0), ("steps", 2.5), ("steps", "9"), ("steps", True), ("batch_size", -1), ("grad_accum", 0), ("eval_every", 0), ("log_every", 0),
                                  ("frame_stride", 0), ("keep", 0), ("lr", math.inf), ("lr", 0), ("minutes", 0), ("ema", 1.), ("val_fraction", 1), ("val_fraction", -.1),
                                  ("lora", -1), ("threads", -2), ("stats", "mine"), ("warmup_steps", None)])
def test_numbers_out_of_range_are_told(data, tmp_path, k, v):
    with pytest.raises(TrainingError, match=f"^{k} is {v!r}: give "): Trainer(None, data, TrainConfig(out=tmp_path, **{k: v}))


# ---- data

def test_statistics_without_a_count(root, tmp_path):
    bare = shutil.copytree(root, tmp_path / "bare"); f = bare / "meta/stats.json"
    stats = {k: {s: x for s, x in v.items() if s != "count"} for k, v in json.loads(f.read_text()).items()}
    f.write_text(json.dumps(stats))
    one, both, want = TrainData(bare), TrainData([bare, write_set(tmp_path / "b", 2, 7, seed=1)]), TrainData([root, tmp_path / "b"])
    assert np.allclose(one.stats["action"]["mean"], TrainData(root).stats["action"]["mean"])
    assert all(np.allclose(both.stats["action"][s], want.stats["action"][s]) for s in ("mean", "std", "min", "max"))

def test_words_of_data(root, tmp_path, monkeypatch):
    monkeypatch.chdir(root.parent)
    odd = shutil.copytree(root, tmp_path / "a,b")
    assert data_places("set") == data_places(["set"]) == [str(root)] and data_places(None) == data_places("") == []
    assert data_places(f"{odd},set") == [str(tmp_path / "a"), str(root.parent / "b"), str(root)], "a comma parts, unless the whole is a folder"
    assert data_places([str(odd), "set, lerobot/pusht"]) == [str(odd), str(root), "lerobot/pusht"]
    monkeypatch.setenv("HOME", str(root.parent)); assert data_places("~/set") == [str(root)]
    assert len(open_data(["set", str(odd)])) == 2 * len(TrainData(root))
    (root.parent / "lerobot/pusht").mkdir(parents=True)
    assert data_places("lerobot/pusht") == [str(root.parent / "lerobot/pusht")], "a folder that is here wins"

def test_a_hub_id_is_fetched_and_kept_as_an_id(root, base, tmp_path, monkeypatch, cache_dir):
    import huggingface_hub
    asked = []
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda repo, **kw: asked.append(repo) or str(root))
    train_cli(data=["someone/so101_pick"], policy=str(base), out=str(tmp_path / "run"), steps=1, batch_size=4, cache=str(cache_dir))
    assert asked == ["someone/so101_pick"] and read_config(tmp_path / "run/config.json")["data"] == ["someone/so101_pick"]

def test_a_hub_id_without_a_network_is_one_sentence(tmp_path):
    with pytest.raises(SystemExit) as e: train_cli(data=["someone/so101_pick"], out=str(tmp_path / "x"))
    assert "smolvla_train: someone/so101_pick is no folder here, and the hub did not deliver it" in str(e.value.code)


# ---- policies and cameras

def test_a_run_folder_is_a_policy(run, root, tmp_path, cache_dir):
    c = dict(data=[str(root)], cache_dir=cache_dir, **fields(steps=1))
    done = start(TrainConfig(policy=run, out=tmp_path / "a", **c), quiet=True)
    assert torch.equal(done.policy.state_dict()["model.state_proj.bias"], SmolVLA.from_pretrained(run / "policy", quiet=True).state_dict()["model.state_proj.bias"])
    shutil.rmtree(run / "policy")                                           # stopped before its end: the last checkpoint counts
    start(TrainConfig(policy=run, out=tmp_path / "b", **c), quiet=True)

@pytest.mark.parametrize("words", ["front=overhead", '{"front": "overhead"}', {"observation.images.front": "observation.images.overhead"}])
def test_a_camera_map_of_any_form_trains_resumes_and_loads(base, tmp_path, words):
    other = write_set(tmp_path / "set", 3, 12, cams=("front", "wrist"))
    c = TrainConfig(data=[str(other)], out=tmp_path / "run", policy=base, camera_map=words, stats="data", cache_dir=tmp_path / "c", **fields(steps=2))
    start(c, quiet=True).fit()
    t = resume(tmp_path / "run", quiet=True, steps=3); t.fit()
    again = SmolVLA.from_pretrained(tmp_path / "run/policy", quiet=True)
    assert t.step == 3 and again.processor.camera_map == {"observation.images.front": "observation.images.overhead"}
    start(TrainConfig(data=[str(other)], out=tmp_path / "more", policy=tmp_path / "run", stats="data", cache_dir=tmp_path / "c", **fields(steps=1)), quiet=True)  # kept by use_stats

def test_a_new_policy_takes_short_names_and_leaves_cameras_out(tmp_path):
    data = TrainData(write_set(tmp_path / "set", 1, 4, cams=("front", "wrist")))
    p = new_policy(data, camera_map="front=overhead,wrist=none")
    assert p.config.image_keys == ["observation.images.overhead"]
    assert p.preprocess(data.observation(np.array([0])))["images"].shape[1] == 1

@pytest.mark.parametrize("words", ["front", "front:overhead", "{front=overhead}", '["top"]', "=overhead", '{"a": 3}'])
def test_a_camera_map_that_is_none_is_told(words):
    with pytest.raises(ValueError, match="camera_map"): TrainConfig(camera_map=words)

def test_statistics_of_several_robots(base, root, tmp_path, cache_dir):
    from safetensors.torch import load_file, save_file
    many = shutil.copytree(base, tmp_path / "many")
    for f in many.glob("policy_*.safetensors"):
        s = load_file(f); save_file({f"{r}.buffer.{k}": v.clone() for r in ("so100", "so100-red") for k, v in s.items()}, f)
    def begin(**kw): return start(TrainConfig(data=[str(root)], policy=many, out=tmp_path / "o", cache_dir=cache_dir, **fields(steps=1), **kw), quiet=True)
    with pytest.raises(ValueError, match="stats_prefix.*so100"): begin()
    for kw in (dict(stats="data"), dict(stats_prefix="so100.buffer"), dict(stats_prefix="so100-red.buffer", stats="policy")):
        assert torch.isfinite(begin(**kw).policy.processor.action_stats["mean"]).all()


# ---- what a mutant would change without a word

def test_rate_clip_and_average_step_by_step(data, tmp_path, cache_dir):
    "The logged rate is the schedule's and the optimizer's, the clip is applied, the average is that of the weights after each update."
    kw = dict(steps=6, ema=.9, warmup_steps=3, decay_steps=6, lr=3e-3)
    t = trainer(data, tmp_path / "a", cache_dir, **kw, grad_clip=.01, betas=(.8, .9), eps=1e-7, weight_decay=.02)
    assert {k: t.opt.defaults[k] for k in ("betas", "eps", "weight_decay")} == dict(betas=(.8, .9), eps=1e-7, weight_decay=.02)
    name = next(iter(t.params)); want, seen, real = t.params[name].detach().clone(), [], t.train_step
    def train_step(pieces):
        nonlocal want
        r = real(pieces); step, w = t.step, t.params[name].detach()
        d = min(.9, (1 + step) / (10 + step)); want = d * want + (1 - d) * w
        seen.append((t.opt.param_groups[0]["lr"], r[1], w.clone()))
        return r
    t.train_step = train_step; t.fit()
    rates = [m["lr"] for m in t.history if "lr" in m]
    assert rates == [s[0] for s in seen] == pytest.approx([lr_at(k, 6, 3e-3, 3, 6, 2.5e-6) for k in range(6)])
    assert torch.allclose(t.ema.avg[name], want, atol=1e-7) and not torch.equal(want, seen[-1][2])
    assert all(s[1] > .01 for s in seen) and [m["grad_norm"] for m in t.history if "loss" in m] == [s[1] for s in seen], "the norm in the log is the one before the clip"
    saved = SmolVLA.from_pretrained(t.run / "policy", quiet=True).state_dict()[name]
    assert torch.allclose(saved, t.ema.avg[name], atol=1e-7), "what is left is the average"

def test_the_clip_bounds_the_gradient(data, tmp_path, cache_dir):
    "Plain gradient descent in the optimizer's place: one update moves the weights by the rate times the clip, and no further."
    t = trainer(data, tmp_path / "a", cache_dir, steps=1, warmup_steps=0, lr=.5, grad_clip=.01)
    t.opt = torch.optim.SGD(t.params.values(), lr=0.); before = {k: p.detach().clone() for k, p in t.params.items()}
    t.train_step(t._load(0))
    moved = sum(((p.detach() - before[k])**2).sum() for k, p in t.params.items()).sqrt().item()
    assert moved == pytest.approx(.5 * .01, rel=1e-3)

# ---- other people's sets: what the trainer says, and that its cure works

def renamed(root, out, names):
    "The same set, its columns and cameras under other names"
    from smolvla.data.edit import Source, edit
    s = Source(root); s.name |= names; edit({"": [s]}, out)
    return out

@pytest.mark.parametrize("names,words", [
    ({"action": "actions"}, ["has no action", "--columns actions=action`"]),
    ({"action": "actions", "observation.state": "state"}, ["no observation.state and no action", "--columns state=observation.state,actions=action`"]),
    ({"observation.state": "observation.qpos"}, ["has no observation.state", "observation.qpos, action", "--columns NAME=observation.state`"]),
    ({"observation.images.overhead": "image", "observation.images.wrist": "wrist_image"}, ["cameras image, wrist_image", "--cameras image=image,wrist_image=wrist_image`"])])
def test_columns_by_other_names_are_told_how(root, tmp_path, names, words):
    from smolvla.data.edit import rename
    odd = renamed(root, tmp_path / "odd", names)
    with pytest.raises(TrainingError) as e: TrainData(odd)
    assert all(w in str(e.value) for w in words) and str(odd) in str(e.value), e.value
    typed = str(e.value).rpartition(" --")[2].rstrip("`")
    if "NAME" not in typed: rename(odd, tmp_path / "even", **dict([typed.split(" ")])); assert len(TrainData(tmp_path / "even")) == len(TrainData(root))

@pytest.mark.filterwarnings("ignore:.*left out")
def test_a_set_with_depth_alone_says_why_there_is_no_camera(tmp_path):
    import foreign_sets as F
    root = F.with_guests(tmp_path / "set"); F.edit(root / "meta/info.json", lambda i: i["features"].pop(F.CAM) and None)
    with pytest.raises(TrainingError, match=r"no camera \(observation.images.depth is a depth camera.*\): SmolVLA needs"): TrainData(root)

def test_sets_that_differ_are_sent_to_merge(root, tmp_path):
    other = renamed(root, tmp_path / "other", {"observation.images.wrist": "observation.images.hand"})
    with pytest.raises(TrainingError, match=f"differ in cameras.*smolvla_edit merge {root} {other} --out NEW"): TrainData([root, other])

@pytest.mark.parametrize("state,action", [(43, 28), (5, 40), (33, 33)])
def test_a_new_policy_is_as_wide_as_its_data(tmp_path, state, action):
    import foreign_sets as F
    g = np.random.default_rng(0); columns = {"observation.state": g.normal(size=(22, state)).astype(np.float32), "action": g.normal(size=(22, action)).astype(np.float32)}
    root = F.build(tmp_path / "wide", data=columns)
    c = new_policy(root).config
    assert (c.max_state_dim, c.max_action_dim) == (max(32, state), max(32, action))
    with pytest.raises(ValueError, match="at most 32; a new policy can have more"): new_policy(root, max_state_dim=32, max_action_dim=32)

def test_cameras_that_nobody_looks_at_are_said(tmp_path, cache_dir):
    more = TrainData(write_set(tmp_path / "more", cams=("overhead", "side")))
    policy = new_policy(more, camera_map="overhead=overhead,side=none", num_vlm_layers=2, chunk_size=8, n_action_steps=4)
    t = Trainer(policy, more, TrainConfig(out=str(tmp_path / "run"), cache_dir=cache_dir, **fields()), quiet=True)
    assert T_runs._camera_notes(t) == ["observation.images.side is not used by the policy"]
    t.policy.config.input_features["observation.images.wrist"] = dict(type="VISUAL", shape=[3, 32, 32]); t.policy.processor.camera_map = None
    t.data = TrainData(write_set(tmp_path / "less", cams=("overhead",)))
    assert T_runs._camera_notes(t) == ["nothing feeds the policy's observation.images.wrist: it is skipped"]

def test_a_run_of_lerobot_is_no_run_to_resume(tmp_path):
    (tmp_path / "lerobot/checkpoints/000100/pretrained_model").mkdir(parents=True)
    for folder in ("lerobot", "lerobot/checkpoints/000100"):
        with pytest.raises(FileNotFoundError, match=f"LeRobot's: begin from its weights with --policy {tmp_path / folder}"): T_runs.resume(tmp_path / folder)
