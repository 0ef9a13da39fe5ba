"Checkpoints that we did not write: LeRobot's run, step and adapter folders, newer fields and steps, other scales, hostile files."
import json, os, shutil, time
import numpy as np
import pytest, torch
from hypothesis import HealthCheck, given, settings, strategies as st
from safetensors.torch import load_file, save_file
from smolvla.model.policy import (
    ADAPTER, CAMERAS_FILE, JOINTS_FILE, STATS_FILES, SmolVLA, SmolVLAConfig, load_policy,
    nano_policy, preset, resolve_checkpoint, whole_weight)
from smolvla.model.processing import PREFIX
from smolvla.model.vlm import ASSETS, build_vlm, nano_tokenizer
from helpers import STATS, tiny_config, tiny_observation, tiny_policy, tiny_vlm_config

NANO = ASSETS/"nano_policy"

@pytest.fixture
def saved(tmp_path):
    tiny_policy().save_pretrained(tmp_path/"ours")
    return tmp_path/"ours"

def rewrite(file, change):
    "Change a JSON file by a function, or by new entries"
    d = json.loads(file.read_text())
    d = {**d, **change} if isinstance(change, dict) else change(d) or d
    file.write_text(json.dumps(d))

def config(folder, **changes): rewrite(folder/"config.json", changes)
def load(folder, **kw): return SmolVLA.from_pretrained(folder, quiet=True, **kw)
def refusal(f, *words, error=(ValueError, OSError)):
    with pytest.raises(error) as e: f()
    for w in words: assert w in str(e.value), f"{w!r} not in {e.value}"
    assert len(str(e.value)) < 900, "one sentence"
def look(**cameras):
    obs = {k: v for k, v in tiny_observation().items() if "action" not in k and "mask" not in k}
    return {**{k: v for k, v in obs.items() if not k.startswith(PREFIX)}, **{PREFIX + k: obs[PREFIX + v] for k, v in cameras.items()}}
def step_of(folder, name, stem="policy_preprocessor"): return next(s for s in json.loads((folder/f"{stem}.json").read_text())["steps"] if s["registry_name"] == name)
def add_step(folder, stem, at, step): rewrite(folder/f"{stem}.json", lambda d: d["steps"].insert(at, step))
def same_chunk(p, q):
    noise = torch.randn(3, p.config.chunk_size, 32, generator=torch.Generator().manual_seed(0)); batch = p.preprocess(look(a="a", b="b"))
    return (p.sample_actions(batch, noise) - q.sample_actions(batch, noise)).abs().max().item()

# --- cameras and statistics are one object -----------------------------------------------------------------------------------------------
MAPS = [dict(front="a", wrist="b"), "front=a,wrist=b", {PREFIX + "front": PREFIX + "a", "wrist": PREFIX + "b"}, '{"front": "a", "wrist": "b"}']

@pytest.mark.parametrize("spelt", MAPS, ids=str)
def test_a_camera_map_survives_saving_however_it_was_spelt(tmp_path, spelt):
    p = tiny_policy(); p.use_stats(STATS, camera_map=spelt); p.save_pretrained(tmp_path)
    want = {PREFIX + "front": PREFIX + "a", PREFIX + "wrist": PREFIX + "b"}
    assert step_of(tmp_path, "rename_observations_processor")["config"]["rename_map"] == want, "LeRobot reads full names"
    q = load(tmp_path)
    assert q.camera_map == q.processor.camera_map == want and q.preprocess(look(front="a", wrist="b"))["images"].shape[1] == 2
    q.save_pretrained(tmp_path/"again"); assert load(tmp_path/"again").camera_map == want

def test_a_map_set_on_the_processor_itself_is_saved(tmp_path):
    p = tiny_policy(); p.processor.camera_map = {"front": "a"}; p.save_pretrained(tmp_path)
    assert load(tmp_path).camera_map == {PREFIX + "front": PREFIX + "a"}

def test_a_camera_that_is_left_out_stays_out(tmp_path):
    p = tiny_policy(); p.use_stats(STATS, camera_map="front=a,side=none"); p.save_pretrained(tmp_path)
    names = step_of(tmp_path, "rename_observations_processor")["config"]["rename_map"]
    assert names == {PREFIX + "front": PREFIX + "a"} and None not in names.values(), "no null where LeRobot expects a name"
    q = load(tmp_path)
    assert q.camera_map == {PREFIX + "side": None, PREFIX + "front": PREFIX + "a"}
    assert q.preprocess(look(front="a", side="b"))["images"].shape[1] == 1
    q.use_stats(STATS, camera_map={}); q.save_pretrained(tmp_path)
    assert not (tmp_path/CAMERAS_FILE).exists() and load(tmp_path).camera_map is None

def test_short_names_in_an_older_file_are_read(saved):
    rewrite(saved/"policy_preprocessor.json", lambda d: d["steps"][0]["config"].update(rename_map={"front": "a", "observation.images.wrist": "observation.images.b"}))
    assert load(saved).camera_map == {PREFIX + "front": PREFIX + "a", PREFIX + "wrist": PREFIX + "b"}

def test_other_statistics_keep_the_cameras(tmp_path):
    swap = dict(a="b", b="a"); p = tiny_policy(); p.use_stats(STATS, camera_map=swap, joint_names=["x", "y", "z"])
    before = p.preprocess(look(a="a", b="b"))["images"]
    p.use_stats({k: dict(mean=[0.]*3, std=[1.]*3) for k in STATS})
    assert p.preprocess(look(a="a", b="b"))["images"].equal(before) and p.processor.joint_names == ["x", "y", "z"]
    p.use_stats(STATS, camera_map={})
    assert p.preprocess(look(a="a", b="b"))["images"].equal(before.flip(1))

def test_a_refused_table_changes_nothing():
    p = tiny_policy(); before = p.processor
    refusal(lambda: p.use_stats({k: dict(mean=[0.]*5, std=[1.]*5) for k in STATS}), "another robot")
    assert p.processor is before and p.stats is STATS

def test_cameras_given_before_statistics_are_not_forgotten(tmp_path):
    p = SmolVLA(tiny_config(), build_vlm(tiny_vlm_config()), nano_tokenizer(), camera_map="front=a", joint_names={"motors": ["x.pos", "y.pos", "z.pos"]})
    p.save_pretrained(tmp_path); q = load(tmp_path)
    for r in (p, q):
        assert r.processor is None and r.use_stats(STATS).processor.camera_map == {PREFIX + "front": PREFIX + "a"} and r.processor.joint_names == ["x", "y", "z"]

def test_a_map_at_loading_replaces_the_files(saved):
    assert load(saved, camera_map="top=a").camera_map == {PREFIX + "top": PREFIX + "a"}
    assert load_policy(saved, camera_map='{"top": "a"}', quiet=True).preprocess(look(top="a", b="b"))["images"].shape[1] == 2
    refusal(lambda: load(saved, camera_map="top"), "camera_map", "front=overhead")

@pytest.mark.parametrize("mode", ["IDENTITY", "MEAN_STD", "MIN_MAX", "QUANTILES", "QUANTILE10"])
def test_every_scale_makes_the_round_trip(tmp_path, mode):
    table = {k: dict(mean=[1., 2, 3], std=[2., 2, 2], min=[-9., -8, -7], max=[9., 8, 7], q01=[-4.]*3, q99=[4.]*3, q10=[-2.]*3, q90=[2.]*3, count=[5]) for k in STATS}
    kinds = dict(VISUAL="IDENTITY", STATE=mode, ACTION=mode)
    p = SmolVLA(tiny_config(normalization_mapping=kinds), build_vlm(tiny_vlm_config()), nano_tokenizer(), {} if mode == "IDENTITY" else table)
    p.save_pretrained(tmp_path); q = load(tmp_path); batch, noise = p.preprocess(tiny_observation()), torch.randn(3, 8, 32)
    assert q.preprocess(tiny_observation())["action"].equal(batch["action"]) and q.config.normalization_mapping == kinds
    a, b = (r.processor.unnormalize_action(r.sample_actions(batch, noise)) for r in (p, q))
    assert torch.allclose(a, b, atol=1e-5) and q.flat_stats().keys() == p.flat_stats().keys()
    if mode != "IDENTITY":
        assert q.flat_stats()["action.q90"].tolist() == [2.]*3, "the whole table travels"
        assert step_of(tmp_path, "normalizer_processor")["config"]["norm_map"] == kinds

def test_identity_needs_no_statistics_at_all():
    p = SmolVLA(tiny_config(normalization_mapping=dict(VISUAL="IDENTITY", STATE="IDENTITY", ACTION="IDENTITY")), build_vlm(tiny_vlm_config()), nano_tokenizer())
    assert p.preprocess(tiny_observation())["state"][:, :3].equal(tiny_observation()["observation.state"])

def test_normalised_pictures_make_the_round_trip(tmp_path):
    table = {**STATS, **{PREFIX + k: dict(mean=np.full((3, 1, 1), .4), std=np.full((3, 1, 1), .2)) for k in "ab"}}
    p = SmolVLA(tiny_config(normalization_mapping=dict(VISUAL="MEAN_STD", STATE="MEAN_STD", ACTION="MEAN_STD")), build_vlm(tiny_vlm_config()), nano_tokenizer(), table)
    p.save_pretrained(tmp_path)
    assert load_file(tmp_path/STATS_FILES["policy_preprocessor"])[PREFIX + "a.mean"].shape == (3, 1, 1)
    assert load(tmp_path).preprocess(tiny_observation())["images"].equal(p.preprocess(tiny_observation())["images"])

def test_nothing_of_an_earlier_policy_stays_in_the_folder(saved):
    p = tiny_policy(); p.use_stats(STATS, camera_map="side=none", joint_names=["x", "y", "z"]); p.save_pretrained(saved)
    assert (saved/CAMERAS_FILE).exists() and (saved/JOINTS_FILE).exists()
    SmolVLA(tiny_config(), build_vlm(tiny_vlm_config()), nano_tokenizer()).save_pretrained(saved)
    assert sorted(f.name for f in saved.iterdir()) == ["config.json", "model.safetensors", "vlm"]
    q = load(saved)
    assert q.processor is None and any("no statistics" in n for n in q.report.notes)
    refusal(lambda: q.preprocess(tiny_observation()), "no statistics")

# --- statistics of several robots ----------------------------------------------------------------------------------------------------------
def rename_stats(folder, *robots):
    for f in folder.glob("policy_*.safetensors"): save_file({f"{r}.{k}": v.clone() for k, v in load_file(f).items() for r in robots}, f)

def test_the_only_robot_is_taken_and_said(saved):
    rename_stats(saved, "so100.buffer"); p = load(saved)
    assert p.processor.action_stats["mean"].tolist() == STATS["action"]["mean"] and any("so100.buffer" in n for n in p.report.notes)

def test_several_robots_are_listed_and_the_datas_own_need_no_choice(saved):
    rename_stats(saved, "so100.buffer", "so100-red.buffer")
    refusal(lambda: load_policy(saved), "so100-red.buffer", "so100.buffer", "Pass stats_prefix=", "--stats_prefix", "--stats data")
    assert load_policy(saved, stats_prefix="so100-red.buffer", quiet=True).processor.stats_prefix == "so100-red.buffer"
    mine = {k: dict(mean=[7.]*3, std=[1.]*3) for k in STATS}
    assert load_policy(saved, stats=mine, quiet=True).processor.action_stats["mean"].tolist() == [7.]*3
    refusal(lambda: load_policy(saved, stats_prefix="so101"), "so101.observation.state", "stats_prefix=")

def test_a_table_for_actions_alone_as_smolvla_base_has_it(saved):
    for f in saved.glob("policy_*.safetensors"): save_file({f"so100.buffer.{k}": v.clone() for k, v in load_file(f).items() if k.startswith("action")}, f)
    refusal(lambda: load(saved), "observation.state", "so100.buffer.action")
    assert load(saved, stats=STATS).processor is not None

# --- newer fields, other steps ------------------------------------------------------------------------------------------------------------
def test_unknown_fields_are_kept_and_said(saved, capsys):
    config(saved, wings=2, future={"a": [1, None]}, use_relative_actions=False, rtc_config=dict(enabled=True, execution_horizon=8))
    p = SmolVLA.from_pretrained(saved); out = capsys.readouterr().out
    assert "'wings'" in out and "rtc_config" in out and p.config.extra == {"wings": 2, "future": {"a": [1, None]}, "use_relative_actions": False}
    p.save_pretrained(saved/"again"); d = json.loads((saved/"again/config.json").read_text())
    assert d["wings"] == 2 and d["future"] == {"a": [1, None]} and d["rtc_config"]["execution_horizon"] == 8
    load_policy(saved); assert "'wings'" in capsys.readouterr().err
    load_policy(saved, quiet=True); assert capsys.readouterr() == ("", "")

@pytest.mark.parametrize("field", [dict(use_relative_actions=True), dict(delta_actions=1), dict(action_mode="delta"), dict(relative_joints=["pan"])], ids=str)
def test_fields_that_change_actions_are_refused(saved, field):
    config(saved, **field); refusal(lambda: load(saved), *field, "LeRobot")

def test_details_of_what_is_switched_off_do_no_harm(saved):
    config(saved, use_relative_actions=False, relative_exclude_joints=["gripper"], action_mode="absolute"); assert len(load(saved).config.extra) == 3

def test_a_misspelt_field_is_refused(saved):
    rewrite(saved/"config.json", lambda d: {("chunk_sise" if k == "chunk_size" else k): v for k, v in d.items()})
    refusal(lambda: load(saved), "chunk_sise", "did you mean 'chunk_size'")
    refusal(lambda: load_policy("nano", num_stepz=3), "num_stepz", "num_steps")

@pytest.mark.parametrize("null", ["input_features", "output_features", "normalization_mapping", "rtc_config", "device", "license", "compile_mode", "resize_imgs_with_padding"])
def test_null_where_lerobot_allows_it(saved, null):
    config(saved, **{null: None}); assert load(saved).config is not None

@pytest.mark.parametrize("stem,at,step", [
    ("policy_preprocessor", 3, dict(registry_name="relative_actions_processor", config=dict(enabled=True))),
    ("policy_postprocessor", 1, dict(registry_name="absolute_actions_processor", config=dict(enabled=True))),
    ("policy_postprocessor", 0, dict(registry_name="chunk_safety_processor", config={})), ("policy_postprocessor", 2, {"class": "mine.steps.Smooth", "config": {}}),
    ("policy_preprocessor", 0, dict(registry_name="openarm_delta_actions", config={})), ("policy_preprocessor", 2, {"class": "x.RelativeActionsProcessorStep", "config": {"enabled": True}})])
def test_steps_that_change_actions_are_refused(saved, stem, at, step):
    add_step(saved, stem, at, step)
    refusal(lambda: load(saved), step.get("registry_name", "").split(".")[-1], "LeRobot", stem)

@pytest.mark.parametrize("stem,at,step", [
    ("policy_preprocessor", 3, dict(registry_name="relative_actions_processor", config=dict(enabled=False))),
    ("policy_postprocessor", 1, dict(registry_name="absolute_actions_processor", config={})),
    ("policy_preprocessor", 1, dict(registry_name="render_messages_processor", config=dict(a=[1]))), ("policy_preprocessor", 0, {"class": "mine.steps.Blur", "config": {}})])
def test_other_steps_are_kept_where_they_stood_and_said(saved, stem, at, step):
    add_step(saved, stem, at, step); p = load(saved)
    assert any("kept on saving" in n for n in p.report.notes)
    p.save_pretrained(saved/"again")
    assert json.loads((saved/f"again/{stem}.json").read_text())["steps"][at] == step
    assert len(load(saved/"again").report.notes) == len(p.report.notes)

def test_the_tensors_of_a_kept_step_are_kept_and_are_no_statistics(saved):
    add_step(saved, "policy_preprocessor", 4, dict(registry_name="whitening_processor", config={}, state_file="white.safetensors"))
    save_file({"action.mean": torch.full((3,), 99.)}, saved/"white.safetensors"); p = load(saved)
    assert p.processor.action_stats["mean"].tolist() == STATS["action"]["mean"]
    p.save_pretrained(saved/"again"); assert load_file(saved/"again/white.safetensors")["action.mean"].tolist() == [99.]*3

def test_other_renames_are_kept_and_said(saved):
    more = {"observation.joints": "observation.state", PREFIX + "top": PREFIX + "a"}
    rewrite(saved/"policy_preprocessor.json", lambda d: d["steps"][0]["config"].update(rename_map=more)); p = load(saved)
    assert p.camera_map == {PREFIX + "top": PREFIX + "a"} and any("observation.joints" in n for n in p.report.notes)
    p.save_pretrained(saved/"again"); assert step_of(saved/"again", "rename_observations_processor")["config"]["rename_map"] == more

def test_the_processor_files_say_how_it_is_scaled(saved):
    for f in ("policy_preprocessor", "policy_postprocessor"):
        save_file({**load_file(saved/STATS_FILES[f]), **{f"{k}.{s}": torch.tensor(v) for k in STATS for s, v in dict(min=[-1.]*3, max=[1.]*3).items()}}, saved/STATS_FILES[f])
        rewrite(saved/f"{f}.json", lambda d: [s["config"]["norm_map"].update(ACTION="MIN_MAX") for s in d["steps"] if "norm_map" in s["config"]] and None)
    p = load(saved)
    assert p.config.normalization_mapping["ACTION"] == "MIN_MAX" and any("MIN_MAX" in n for n in p.report.notes)
    assert p.processor.unnormalize_action(torch.tensor([[1., -1, 0]])).tolist() == [[1., -1, 0]]
    rewrite(saved/"policy_postprocessor.json", lambda d: d["steps"][0]["config"]["norm_map"].update(ACTION="MEAN_STD"))
    refusal(lambda: load(saved), "two ways")

# --- where a policy may lie ----------------------------------------------------------------------------------------------------------------
def lerobot_run(folder, *steps, last=True, source=NANO):
    for s in steps:
        shutil.copytree(source, folder/f"checkpoints/{s}/pretrained_model")
        (folder/f"checkpoints/{s}/training_state").mkdir(); (folder/f"checkpoints/{s}/pretrained_model/train_config.json").write_text("{}")
    if last: (folder/"checkpoints/last").symlink_to(steps[-1])
    return folder

def test_runs_and_steps_of_lerobot(tmp_path):
    r = lerobot_run(tmp_path/"run", "010000", "020000"); newest = (r/"checkpoints/020000/pretrained_model").resolve()
    for place in (r, r/"checkpoints", r/"checkpoints/last", r/"checkpoints/last/pretrained_model", r/"checkpoints/020000", newest/"model.safetensors", newest/"train_config.json"):
        assert resolve_checkpoint(place).resolve() == newest, place
    assert resolve_checkpoint(r/"checkpoints/010000").parent.name == "010000" and load_policy(r, quiet=True).config.chunk_size == 32
    (r/"checkpoints/last").unlink(); assert resolve_checkpoint(r).resolve() == newest
    (newest/"model.safetensors").unlink(); assert resolve_checkpoint(r).parent.name == "010000", "a step without weights is passed over"

def test_runs_of_ours(tmp_path, saved):
    run = tmp_path/"run"; (run/"checkpoints").mkdir(parents=True); (run/"config.json").write_text('{"batch_size": 8, "steps": 10}')
    shutil.copytree(saved, run/"checkpoints/000005/pretrained_model"); (run/"checkpoints/000009.tmp").mkdir()
    assert resolve_checkpoint(run) == run/"checkpoints/000005/pretrained_model"
    shutil.copytree(saved, run/"policy"); assert resolve_checkpoint(str(run)) == run/"policy" and load(run).config == load(saved).config

@pytest.mark.parametrize("name", ["outputs/train/nope", "outputs/nope", "./nope", "../nope", "~/nope_nope", "/nope/x", "nope", "here/nope", "a/b/c", "nope.safetensors"])
def test_a_local_name_never_asks_the_hub(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path); (tmp_path/"here").mkdir()
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *a, **k: pytest.fail("the hub was asked"))
    refusal(lambda: load_policy(name), "neither a folder nor a hub id", error=FileNotFoundError)

def test_a_hub_id_that_is_not_here_says_so(): refusal(lambda: load_policy("lerobot/smolvla_base"), "lerobot/smolvla_base", "hub did not give it", error=FileNotFoundError)

@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "vlm/config.json", "vlm/tokenizer.json", "policy_preprocessor.json", STATS_FILES["policy_preprocessor"]])
def test_git_lfs_pointers_are_named_with_the_cure(saved, file):
    (saved/file).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    refusal(lambda: load(saved), "Git LFS pointer", "git lfs pull", file)

def test_a_run_that_left_the_vlm_behind(saved, tmp_path):
    shutil.copytree(NANO, tmp_path/"nano"); shutil.rmtree(tmp_path/"nano/vlm")
    p = load_policy(tmp_path/"nano", quiet=True); assert any("nano VLM" in n for n in p.report.notes) and p.tokenizer is not None
    shutil.copytree(saved, tmp_path/"other"); shutil.rmtree(tmp_path/"other/vlm")
    refusal(lambda: load(tmp_path/"other"), "the VLM 'vlm' is neither a folder", "copy it", error=FileNotFoundError)
    config(tmp_path/"other", pretrained_path=str(saved)); q = load(tmp_path/"other")
    assert any(str(saved) in n for n in q.report.notes) and same_chunk(q, load(saved)) == 0

def test_a_bare_name_of_a_vlm_never_asks_the_hub(saved, monkeypatch):
    shutil.rmtree(saved/"vlm"); monkeypatch.setattr("smolvla.model.policy.SmolVLMConfig.from_pretrained", lambda *a, **k: pytest.fail("the hub was asked"))
    refusal(lambda: load(saved), "nor on the hub", error=FileNotFoundError)

def test_a_policy_in_memory_is_returned_as_it_is(saved):
    p = tiny_policy()
    assert load_policy(p) is p
    refusal(lambda: load_policy(p, camera_map="a=b"), "camera_map", "use_stats")

def test_one_loader_takes_every_keyword(saved):
    p = load_policy(saved, camera_map="top=a", dtype="bfloat16", n_action_steps=2, quiet=True)
    assert p.model.state_proj.weight.dtype == torch.bfloat16 and p.config.n_action_steps == 2 and p.camera_map
    assert load_policy(saved, dtype=torch.float16, quiet=True).model.state_proj.weight.dtype == torch.float16
    refusal(lambda: load_policy(saved, dtype="int4"), "int4", "bfloat16")

# --- adapters ------------------------------------------------------------------------------------------------------------------------------
TARGETS = r".*lm_expert.*\.(q|v)_proj|model\.(state_proj|action_in_proj|action_out_proj|action_time_mlp_in|action_time_mlp_out)"

@pytest.fixture
def adapter(tmp_path, saved):
    "A LeRobot adapter folder made by peft itself, and the policy with the adapter beside its weights"
    peft = pytest.importorskip("peft")
    q = load(saved); torch.manual_seed(1)
    wrapped = peft.get_peft_model(q, peft.LoraConfig(r=4, lora_alpha=12, target_modules=TARGETS, init_lora_weights=False))
    for n, w in wrapped.named_parameters():
        if "lora_" in n: torch.nn.init.normal_(w, std=.2)
    wrapped.save_pretrained(tmp_path/"adapter")
    rewrite(tmp_path/"adapter"/ADAPTER, dict(base_model_name_or_path=str(saved)))
    for f in saved.glob("policy_*"): shutil.copy(f, tmp_path/"adapter")
    shutil.copy(saved/"config.json", tmp_path/"adapter"); config(tmp_path/"adapter", use_peft=True, pretrained_path=str(saved))
    return tmp_path/"adapter", q

def test_an_adapter_is_added_to_its_base(adapter, tmp_path, saved):
    folder, q = adapter; p = load_policy(folder, quiet=True)
    assert same_chunk(p, q) < 1e-5 and same_chunk(p, load(saved)) > .01 and any("adapter" in n for n in p.report.notes)
    p.save_pretrained(tmp_path/"whole"); assert same_chunk(load(tmp_path/"whole"), q) < 1e-5 and not load(tmp_path/"whole").config.use_peft
    half = load_policy(folder, dtype=None, quiet=True); assert {w.dtype for w in half.parameters()} == {torch.float32}

def test_a_run_of_adapters(adapter, tmp_path):
    folder, q = adapter; run = lerobot_run(tmp_path/"lora_run", "000100", source=folder)
    assert same_chunk(load_policy(run, quiet=True), q) < 1e-5

def test_the_base_may_be_named_relatively_or_by_the_caller(adapter, saved, tmp_path):
    folder, q = adapter
    for name in ("../ours", None): rewrite(folder/ADAPTER, dict(base_model_name_or_path=name)); assert same_chunk(load(folder), q) < 1e-5, name
    config(folder, pretrained_path=None); refusal(lambda: load(folder), "does not say of which policy", "base=")
    assert same_chunk(load(folder, base=saved), q) < 1e-5
    (folder/"config.json").unlink(); assert same_chunk(load_policy(folder, base=str(saved), quiet=True), q) < 1e-5

HEADS = ["q_proj", "state_proj", "action_out_proj"]

def kinds_of_adapter():
    "What people make with peft, by name"
    import peft
    lora = lambda **kw: peft.LoraConfig(**dict(r=4, lora_alpha=12, target_modules=TARGETS) | kw)
    patterns = dict(rank_pattern={"state_proj": 2, r".*layers\.0\..*q_proj": 6}, alpha_pattern={"v_proj": 3, "^model.action_out_proj": 1})
    return {"plain": lora(), "rslora": lora(use_rslora=True), "dora": lora(use_dora=True), "patterns": lora(**patterns), "list": lora(target_modules=HEADS),
            "saved whole": lora(target_modules=["q_proj"], modules_to_save=["state_proj", "action_out_proj"]), "all biases": lora(target_modules=HEADS, bias="all"),
            "its biases": lora(target_modules=HEADS, bias="lora_only"), "a bias of its own": lora(lora_bias=True, target_modules=["state_proj"]), "some layers": lora(target_modules=["q_proj"], layers_to_transform=[1]),
            "not this": lora(target_modules=HEADS, exclude_modules=["state_proj"]), "embedding": lora(target_modules=["embed_tokens"]), "patches": lora(target_modules=["patch_embedding"]),
            "gaussian": lora(init_lora_weights="gaussian"), "fan": lora(fan_in_fan_out=True), "AdaLoRA": peft.AdaLoraConfig(target_modules=HEADS, init_r=4, total_step=10),
            "LoHa": peft.LoHaConfig(target_modules=TARGETS, r=3), "LoKr": peft.LoKrConfig(target_modules=TARGETS, r=3), "HRA": peft.HRAConfig(target_modules=TARGETS, r=4),
            "IA3": peft.IA3Config(target_modules=HEADS, feedforward_modules=["state_proj"]), "OFT": peft.OFTConfig(target_modules=["q_proj", "state_proj"], oft_block_size=0, r=8),
            "VeRA": peft.VeraConfig(target_modules=["q_proj"], r=4), "Fourier": peft.FourierFTConfig(target_modules=["q_proj"], n_frequency=10),
            "norms": peft.LNTuningConfig(target_modules=["input_layernorm"])}

@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["plain", "rslora", "dora", "patterns", "list", "saved whole", "all biases", "its biases", "a bias of its own", "some layers", "not this", "embedding",
                                  "patches", "gaussian", "fan", "AdaLoRA", "LoHa", "LoKr", "HRA", "IA3", "OFT", "VeRA", "Fourier", "norms"])
def test_every_kind_of_adapter_is_what_peft_makes_of_it(kind, tmp_path, saved):
    "Loaded by name, against the same folder merged by peft itself."
    peft = pytest.importorskip("peft"); folder = tmp_path/"adapter"
    wrapped, g = peft.get_peft_model(load(saved), kinds_of_adapter()[kind]), torch.Generator().manual_seed(3)
    for p in wrapped.parameters():
        if p.requires_grad: p.data += torch.randn(p.shape, generator=g)*.2*(p.data.abs().mean() + .1)
    wrapped.save_pretrained(folder); rewrite(folder/ADAPTER, dict(base_model_name_or_path=str(saved)))
    shutil.copy(saved/"config.json", folder)
    for f in saved.glob("policy_*"): shutil.copy(f, folder)
    direct, mine = peft.PeftModel.from_pretrained(load(saved), folder).merge_and_unload().eval(), load(folder)
    want, have = direct.state_dict(), mine.state_dict()
    assert want.keys() == have.keys() and all(torch.equal(want[k], have[k]) for k in want)
    assert sum(not torch.equal(v, have[k]) for k, v in load(saved).state_dict().items()) > 0 and same_chunk(direct, mine) == 0
    assert {k: p.requires_grad for k, p in mine.named_parameters()} == {k: p.requires_grad for k, p in load(saved).named_parameters()} and not hasattr(mine, "peft_config")

def test_an_adapter_on_a_base_in_half_precision(adapter, saved, tmp_path):
    folder, q = adapter; p = load_policy(folder, dtype=torch.bfloat16, quiet=True)
    whole = load(folder); assert {w.dtype for w in p.parameters()} == {torch.bfloat16}
    base = load_policy(saved, dtype=torch.bfloat16, quiet=True).float().state_dict()
    for k, w in whole.state_dict().items(): torch.testing.assert_close(p.state_dict()[k].float(), w, atol=.02, rtol=.02)
    assert any(not torch.equal(p.state_dict()[k].float(), base[k]) for k in base)

def test_an_adapter_stays_in_its_folder(adapter, tmp_path):
    file = adapter[0]/"adapter_model.safetensors"; shutil.move(file, tmp_path/"t.safetensors"); file.symlink_to(tmp_path/"t.safetensors")
    refusal(lambda: load(adapter[0]), "leads out of the checkpoint")
    file.unlink(); file.with_suffix(".bin").write_bytes(b"x"); refusal(lambda: load(adapter[0]), "is a pickle, which can run code")

def test_an_adapter_without_peft_says_what_to_install(adapter, monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "peft", None); refusal(lambda: load(adapter[0]), "pip install peft")

def edit_adapter(folder, change): w = load_file(folder/"adapter_model.safetensors"); save_file(change(w) or w, folder/"adapter_model.safetensors")

def test_layers_trained_whole_are_taken_whole(adapter, saved):
    folder, _ = adapter; bias = torch.arange(32.)
    edit_adapter(folder, lambda w: w.update({"base_model.model.model.action_out_proj.bias": bias}))
    assert load(folder).model.action_out_proj.bias.equal(bias)

@pytest.mark.parametrize("change,words", [
    (lambda d: rewrite(d/ADAPTER, dict(base_model_name_or_path="lerobot/smolvla_base")), ["adapter on", "lerobot/smolvla_base", "not here", "base="]),
    (lambda d: rewrite(d/ADAPTER, dict(base_model_name_or_path="/nowhere/at/all")), ["/nowhere/at/all", "base="]),
    (lambda d: (rewrite(d/ADAPTER, dict(base_model_name_or_path=["x"])), config(d, pretrained_path=3)), ["does not say", "base="]),
    (lambda d: rewrite(d/ADAPTER, dict(base_model_name_or_path=str(d))), ["itself an adapter"]),
    (lambda d: rewrite(d/ADAPTER, dict(base_model_name_or_path=str(NANO))), ["right base"]),
    (lambda d: rewrite(d/ADAPTER, dict(peft_type="IA3")), ["lora_A", "right base"]), (lambda d: rewrite(d/ADAPTER, dict(use_dora=True)), ["lacks", "lora_magnitude_vector"]),
    *[(lambda d, k=k: rewrite(d/ADAPTER, dict(peft_type=k)), [f"peft_type={k!r}", "only LoRA"]) for k in ("PROMPT_TUNING", "XLORA", "ADAPTION_PROMPT", "nonsense")],
    (lambda d: rewrite(d/ADAPTER, dict(megatron_config={"a": 1}, megatron_core="antigravity")), ["megatron_config"]), (lambda d: rewrite(d/ADAPTER, dict(layer_replication=[[0, 2]])), ["layer_replication"]),
    (lambda d: rewrite(d/ADAPTER, dict(r=10**9)), ["r=1000000000"]), (lambda d: rewrite(d/ADAPTER, dict(r=90_000)), ["right base"]), (lambda d: rewrite(d/ADAPTER, dict(r=0)), ["right base"]),
    (lambda d: rewrite(d/ADAPTER, dict(rank_pattern={"(.*)*x": 2})), ["a pattern"]), (lambda d: rewrite(d/ADAPTER, dict(alpha_pattern={"q_proj": "x"})), ["a pattern"]), (lambda d: rewrite(d/ADAPTER, dict(alpha_pattern={"(": 2})), ["right base"]),
    (lambda d: rewrite(d/ADAPTER, dict(modules_to_save=["state_proj"])), ["right base"]), (lambda d: edit_adapter(d, lambda w: {k: v*float("nan") for k, v in w.items()}), ["NaN", "right base"]),
    (lambda d: rewrite(d/ADAPTER, dict(init_lora_weights="pissa_niter_4")), ["pissa"]), (lambda d: rewrite(d/ADAPTER, dict(lora_alpha="x")), ["lora_alpha"]),
    (lambda d: (d/ADAPTER).write_text("[]"), ["adapter"]), (lambda d: (d/"adapter_model.safetensors").unlink(), ["adapter_model.safetensors"]),
    (lambda d: shutil.copy(NANO/"model.safetensors", d), ["both an adapter and whole weights"]),
    (lambda d: edit_adapter(d, lambda w: {k: v for k, v in w.items() if "lora_B" not in k}), ["lacks one of its two matrices"]),
    (lambda d: edit_adapter(d, lambda w: {k: v[:, :1].contiguous() if "lora_A" in k else v for k, v in w.items()}), ["right base"]),
    (lambda d: edit_adapter(d, lambda w: {k: torch.zeros(10**6, 1) if "lora_B" in k else torch.zeros(1, 10**6) for k in w}), ["right base"]),
    (lambda d: edit_adapter(d, lambda w: w.update(strange=torch.zeros(2))), ["strange"])])
def test_bad_adapters(adapter, change, words):
    change(adapter[0]); refusal(lambda: load(adapter[0]), *words)

def test_peft_merge_does_not_count_twice(tmp_path):
    from smolvla.train.loop import add_lora
    q = add_lora(tiny_policy(), 4); torch.manual_seed(0)
    for n, w in q.named_parameters():
        if "lora_B" in n: torch.nn.init.normal_(w, std=.2)
    layers = [m for m in q.modules() if hasattr(m, "get_delta_weight")]
    beside = [whole_weight(m).clone() for m in layers]
    for m in layers: m.merge()
    for m, want in zip(layers, beside): torch.testing.assert_close(whole_weight(m), want)
    q.save_pretrained(tmp_path); merged = load_file(tmp_path/"model.safetensors")
    for m in layers: m.unmerge()
    q.save_pretrained(tmp_path); unmerged = load_file(tmp_path/"model.safetensors")
    for k in merged: torch.testing.assert_close(merged[k], unmerged[k], atol=1e-5, rtol=1e-5)
    for m in layers: m.enable_adapters(False); assert whole_weight(m) is m.get_base_layer().weight

# --- hostile files ---------------------------------------------------------------------------------------------------------------------------
DEEP = "["*200_000 + "]"*200_000

def vlm(d, **changes): rewrite(d/"vlm/config.json", lambda c: {**c, **{k: {**c[k], **v} if isinstance(v, dict) and isinstance(c.get(k), dict) else v for k, v in changes.items()}})
def pre(d, change): rewrite(d/"policy_preprocessor.json", change)

HOSTILE = {
    "text for a number": lambda d: config(d, chunk_size="9"), "true for a number": lambda d: config(d, chunk_size=True), "a fraction": lambda d: config(d, num_steps=2.5),
    "null for a number": lambda d: config(d, max_state_dim=None), "nan": lambda d: (d/"config.json").write_text((d/"config.json").read_text().replace("0.75", "NaN")),
    "infinity": lambda d: config(d, min_period=float("inf")), "a huge number": lambda d: config(d, num_steps=10**30), "huge chunks": lambda d: config(d, chunk_size=10**9),
    "negative cameras": lambda d: config(d, empty_cameras=-1), "a million cameras": lambda d: config(d, empty_cameras=10**6), "a picture of terabytes": lambda d: config(d, resize_imgs_with_padding=[10**6, 10**6]),
    "resize text": lambda d: config(d, resize_imgs_with_padding="512"), "resize of another tower": lambda d: config(d, resize_imgs_with_padding=[64, 64]),
    "nested config": lambda d: (d/"config.json").write_text(DEEP), "a list": lambda d: (d/"config.json").write_text("[1]"), "no json": lambda d: (d/"config.json").write_bytes(b"\xff\xfe\x00"),
    "long digits": lambda d: (d/"config.json").write_text('{"chunk_size": ' + "9"*10_000 + "}"), "features a list": lambda d: config(d, input_features=[1]),
    "feature without type": lambda d: config(d, input_features={"observation.state": {"shape": [3]}}), "feature shape text": lambda d: config(d, output_features={"action": {"type": "ACTION", "shape": "3"}}),
    "feature shape huge": lambda d: config(d, output_features={"action": {"type": "ACTION", "shape": [10**12]}}), "feature null": lambda d: config(d, input_features={"observation.state": None}),
    "mode unknown": lambda d: config(d, normalization_mapping={"STATE": "LOG"}), "mode a list": lambda d: config(d, normalization_mapping={"STATE": ["MEAN_STD"]}), "modes text": lambda d: config(d, normalization_mapping="x"),
    "type a list": lambda d: config(d, type=["smolvla"]), "vlm name a number": lambda d: config(d, vlm_model_name=3), "vlm name empty": lambda d: config(d, vlm_model_name=""),
    "vlm elsewhere": lambda d: (shutil.move(d/"vlm", d.parent/"elsewhere"), config(d, vlm_model_name="../elsewhere")),
    "vlm absolute": lambda d: (shutil.move(d/"vlm", d.parent/"elsewhere"), config(d, vlm_model_name=str(d.parent/"elsewhere"))),
    "vlm with a zero": lambda d: config(d, vlm_model_name="vlm\0"), "vlm by backslash": lambda d: config(d, vlm_model_name="..\\elsewhere"), "vlm on a drive": lambda d: config(d, vlm_model_name="c:vlm"),
    "a million vision layers": lambda d: vlm(d, vision_config=dict(num_hidden_layers=10**6)), "another vision depth": lambda d: vlm(d, vision_config=dict(num_hidden_layers=2)),
    "vision width": lambda d: vlm(d, vision_config=dict(hidden_size=32)), "vision width huge": lambda d: vlm(d, vision_config=dict(hidden_size=10**9)), "vision heads": lambda d: vlm(d, vision_config=dict(num_attention_heads=3)),
    "patch zero": lambda d: vlm(d, vision_config=dict(patch_size=0)), "patch text": lambda d: vlm(d, vision_config=dict(patch_size="8")), "patch larger": lambda d: vlm(d, vision_config=dict(patch_size=64)),
    "text width": lambda d: vlm(d, text_config=dict(hidden_size=48)), "text vocabulary": lambda d: vlm(d, text_config=dict(vocab_size=7)), "text heads": lambda d: vlm(d, text_config=dict(num_attention_heads=10**5)),
    "text head_dim": lambda d: vlm(d, text_config=dict(head_dim=10**7)), "another language model": lambda d: vlm(d, text_config=dict(model_type="bert")), "activation": lambda d: vlm(d, text_config=dict(hidden_act="nothing")),
    "rope": lambda d: vlm(d, text_config=dict(rope_parameters=dict(rope_type="strange"))), "scale zero": lambda d: vlm(d, scale_factor=0), "scale does not divide": lambda d: vlm(d, scale_factor=3),
    "kv heads": lambda d: vlm(d, text_config=dict(num_key_value_heads=3)), "vlm a list": lambda d: (d/"vlm/config.json").write_text("[]"), "vlm nested": lambda d: (d/"vlm/config.json").write_text(DEEP),
    "vlm parts a list": lambda d: vlm(d, text_config=[1]), "tokenizer of another": lambda d: rewrite(d/"vlm/tokenizer.json", lambda t: t["added_tokens"].append(dict(id=10**6, content="<far>", single_word=False, lstrip=False, rstrip=False, normalized=False, special=True))),
    "tokenizer a list": lambda d: (d/"vlm/tokenizer.json").write_text("[]"),
    "no steps": lambda d: (d/"policy_preprocessor.json").write_text("{}"), "steps a number": lambda d: (d/"policy_preprocessor.json").write_text('{"steps": 3}'), "a step a list": lambda d: pre(d, lambda c: c["steps"].append([])),
    "processor nested": lambda d: (d/"policy_postprocessor.json").write_text(DEEP), "processor a list": lambda d: (d/"policy_postprocessor.json").write_text("[]"), "config of a step a list": lambda d: pre(d, lambda c: c["steps"][0].update(config=[1])),
    "rename a list": lambda d: pre(d, lambda c: c["steps"][0].update(config={"rename_map": ["a"]})), "rename to a number": lambda d: pre(d, lambda c: c["steps"][0].update(config={"rename_map": {"a": 3}})),
    "statistics elsewhere": lambda d: (shutil.move(d/STATS_FILES["policy_preprocessor"], d.parent/"out.safetensors"), pre(d, lambda c: c["steps"][5].update(state_file="../out.safetensors"))),
    "statistics absolute": lambda d: pre(d, lambda c: c["steps"][5].update(state_file="/etc/passwd")), "statistics a number": lambda d: pre(d, lambda c: c["steps"][5].update(state_file=3)),
    "statistics a folder": lambda d: pre(d, lambda c: c["steps"][5].update(state_file="vlm")), "norm_map a list": lambda d: pre(d, lambda c: c["steps"][5]["config"].update(norm_map=[1])),
    "norm_map unknown": lambda d: pre(d, lambda c: c["steps"][5]["config"]["norm_map"].update(STATE="LOG")), "cameras a number": lambda d: (d/CAMERAS_FILE).write_text("3"), "cameras a list": lambda d: (d/CAMERAS_FILE).write_text('["a"]'),
    "names a number": lambda d: (d/JOINTS_FILE).write_text("3"), "names nested": lambda d: (d/JOINTS_FILE).write_text(DEEP), "statistics nan": lambda d: save_file({"action.mean": torch.full((3,), torch.nan), "action.std": torch.ones(3)}, d/STATS_FILES["policy_postprocessor"]),
    "statistics 2-D": lambda d: save_file({"action.mean": torch.zeros(3, 2), "action.std": torch.ones(3, 2)}, d/STATS_FILES["policy_postprocessor"]),
    "layers far away": lambda d: save_file({**load_file(d/"model.safetensors"), "model.vlm_with_expert.vlm.model.text_model.layers.999999.mlp.up_proj.weight": torch.zeros(1)}, d/"model.safetensors"),
    "header lies": lambda d: (d/"model.safetensors").write_bytes((10**15).to_bytes(8, "little") + b"{}"), "a pipe for weights": lambda d: ((d/"model.safetensors").unlink(), os.mkfifo(d/"model.safetensors")),
    "a pipe for a config": lambda d: ((d/"config.json").unlink(), os.mkfifo(d/"config.json")), "a pipe for steps": lambda d: ((d/"policy_preprocessor.json").unlink(), os.mkfifo(d/"policy_preprocessor.json")),
    "a folder for a config": lambda d: ((d/"config.json").unlink(), (d/"config.json").mkdir())}

@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_checkpoints_are_one_sentence(saved, name):
    HOSTILE[name](saved); begun = time.process_time()
    refusal(lambda: load(saved))
    assert time.process_time() - begun < 5

def test_a_link_that_leads_out_is_not_followed(saved, tmp_path):
    shutil.move(saved/"vlm", tmp_path/"elsewhere"); (saved/"vlm").symlink_to(tmp_path/"elsewhere")
    refusal(lambda: load(saved), "leads out of the checkpoint")
    (saved/"vlm").unlink(); (saved/"vlm").symlink_to("vlm"); refusal(lambda: load(saved), "leads out of the checkpoint")  # in a circle
    (saved/"vlm").unlink(); shutil.move(tmp_path/"elsewhere", saved/"vlm"); file = saved/STATS_FILES["policy_preprocessor"]
    shutil.move(file, tmp_path/"s.safetensors"); file.symlink_to(tmp_path/"s.safetensors"); refusal(lambda: load(saved), "leads out of the checkpoint")

def test_the_hubs_cache_of_links_is_read(saved, tmp_path):
    "snapshots/REVISION holds links to ../../blobs"
    home = tmp_path/"models--a--b"; (home/"snapshots").mkdir(parents=True); (home/"blobs").mkdir(); shutil.copytree(saved, home/"snapshots/abc")
    for k, f in enumerate(sorted(p for p in (home/"snapshots/abc").rglob("*") if p.is_file())):
        shutil.move(f, home/f"blobs/{k}"); f.symlink_to(home/f"blobs/{k}")
    assert same_chunk(load(home/"snapshots/abc"), load(saved)) == 0

def test_a_vlm_elsewhere_is_taken_when_the_caller_says_so(saved, tmp_path):
    shutil.move(saved/"vlm", tmp_path/"elsewhere"); p = load(saved, vlm_model_name=str(tmp_path/"elsewhere"))
    p.save_pretrained(tmp_path/"whole")                        # and comes along when the policy is saved
    assert (tmp_path/"whole/vlm/tokenizer.json").is_file() and same_chunk(load(tmp_path/"whole"), p) == 0

JSON = st.recursive(st.none() | st.booleans() | st.integers(-10**12, 10**12) | st.floats() | st.text(max_size=8), lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=8), x, max_size=3), max_leaves=6)
PLACES = ["config.json", "policy_preprocessor.json", "policy_postprocessor.json", "vlm/config.json"]

def spots(d, at=()):
    "Every place in a JSON value"
    yield at
    for k, v in d.items() if isinstance(d, dict) else enumerate(d) if isinstance(d, list) else (): yield from spots(v, (*at, k))

def put(d, at, value):
    if not at: return value
    d[at[0]] = put(d[at[0]], at[1:], value)
    return d

@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    d = tmp_path_factory.mktemp("fuzz"); tiny_policy().save_pretrained(d); return d

@pytest.mark.parametrize("file", PLACES)
@settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_json_loads_or_is_one_sentence(whole, file, data):
    text = (whole/file).read_text(); d = json.loads(text); places = list(spots(d))
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.sampled_from(places))
        try: d = put(d, at, data.draw(JSON))
        except (KeyError, TypeError, IndexError): pass             # a place inside what the first change replaced
    (whole/file).write_text(json.dumps(d)); begun = time.process_time()
    try: load(whole)
    except (ValueError, OSError) as e: assert str(e) and len(str(e)) < 3000
    finally: (whole/file).write_text(text)
    assert time.process_time() - begun < 10

# --- calls --------------------------------------------------------------------------------------------------------------------------------------
def test_configs_do_not_share_their_dicts():
    features = {"observation.state": dict(type="STATE", shape=[6])}; c = SmolVLAConfig(input_features=features, empty_cameras=2)
    assert list(features) == ["observation.state"] and len(c.image_keys) == 2
    c = tiny_config(num_vlm_layers=0); p = SmolVLA.new(c, STATS, build_vlm(tiny_vlm_config()), nano_tokenizer())
    assert c.num_vlm_layers == 0 and p.config.num_vlm_layers == 4 and p.config.input_features is not c.input_features
    p.config.input_features.clear(); assert c.input_features

def test_no_state_is_said():
    p = tiny_policy(); obs = {k: v for k, v in look(a="a", b="b").items() if k != "observation.state"}
    refusal(lambda: p.select_action(obs), "observation.state", "task")
    refusal(lambda: p.predict_chunk(obs), "observation.state")

def test_predict_chunk_is_in_robot_units():
    p = tiny_policy(); many = look(a="a", b="b"); one = {k: v[0] for k, v in many.items()}; noise = torch.randn(3, 8, 32)
    chunk = p.predict_chunk(many, noise)
    assert chunk.shape == (3, 8, 3) and p.predict_chunk(one).shape == (8, 3) and not p.queue
    torch.testing.assert_close(chunk, p.processor.unnormalize_action(p.sample_actions(p.preprocess(many), noise)))
    with torch.no_grad(): p.model.action_out_proj.bias[0] = torch.nan
    refusal(lambda: p.predict_chunk(one), "NaN")

def test_calling_a_policy_is_its_loss():
    p = tiny_policy(); batch = p.preprocess(tiny_observation()); noise, t = torch.randn(3, 8, 32), torch.rand(3)
    assert p(batch, noise=noise, time=t).equal(p.loss(batch, noise, t)) and p(batch, noise=noise, time=t, reduction="none").shape == (3,)
