"Processing: bit-equal to LeRobot's tensors, and one clear message for each kind of bad input."
import json, math, re, warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from smolvla.model.processing import (
    Batch, CameraBinding, ENDS, Processor, bind_cameras, camera_slots, explain, floor_spread,
    is_hub_id, load_tokenizer, lookup_stats, normalize, pad_vector, parse_camera_map,
    refuse_lfs_pointer, rescale, rescale_back, resize_with_pad, stats_prefixes, to_float_nchw,
    tokenize, unnormalize)

REF, CAM = Path(__file__).parent/"reference_data", "observation.images."

@pytest.fixture(scope="module")
def ref(): return load_file(REF/"ref.safetensors")

@pytest.fixture(scope="module")
def tok(): return load_tokenizer(REF/"vlm")

@pytest.fixture(scope="module")
def proc(tok):
    stats = load_file(REF/"policy_preprocessor_step_5_normalizer_processor.safetensors")
    return Processor([CAM + "camera1", CAM + "camera2", CAM + "empty_camera_0"], stats, tok, resize=(64, 64), tokenizer_max_length=24, empty_cameras=1)

@pytest.fixture
def obs(ref):
    return {CAM + "camera1": ref["raw.camera1_u8"], CAM + "camera2": ref["raw.camera2_u8"], CAM + "camera2_padding_mask": ref["in.image_mask.1"],
            "observation.state": ref["raw.state"], "action": ref["raw.action"], "action_is_pad": ref["in.action_is_pad"],
            "task": ["pick up the cube", "stack"]}

def complaint(f, *words, error=ValueError):
    "`f` raises `error` in one line that contains all `words`"
    with pytest.raises(error) as e: f()
    for w in words: assert w in str(e.value), f"{w!r} not in {e.value}"
    assert "\n" not in str(e.value).strip()

# -- parity with LeRobot 0.4.4

def test_reference_bit_for_bit(proc, obs, ref):
    b = proc(obs)
    for i in range(3):
        assert torch.equal(b["images"][:, i], ref[f"in.image.{i}"])
        assert torch.equal(b["image_mask"][:, i], ref[f"in.image_mask.{i}"])
    for k, r in dict(tokens="in.tokens", token_mask="in.lang_mask", state="in.state", action="in.actions", action_is_pad="in.action_is_pad").items():
        assert torch.equal(b[k], ref[r]), k
    assert torch.equal(proc.unnormalize_action(ref["sample.chunk_padded"]), ref["sample.chunk_unnormalized"])

def test_float_frames_and_numpy_give_the_same_batch(proc, obs):
    want = proc(obs)
    for cam in ("camera1", "camera2"): obs[CAM + cam] = obs[CAM + cam].permute(0, 3, 1, 2).float()/255
    got = proc({k: v.numpy() if torch.is_tensor(v) else v for k, v in obs.items()})
    for k in want: assert torch.equal(want[k], got[k]), k

def test_tokens_may_come_ready_made(proc, obs):
    want = proc(obs)
    task = obs.pop("task")
    tokens, mask = tokenize(proc.tokenizer, task, 24)
    got = proc({**obs, "observation.language.tokens": tokens, "observation.language.attention_mask": mask})
    assert torch.equal(want["tokens"], got["tokens"]) and torch.equal(want["token_mask"], got["token_mask"])

def test_one_row_alone_equals_the_row_in_a_batch(proc, obs):
    want, got = proc(obs), proc({k: v[0] for k, v in obs.items()})
    for k in ("images", "image_mask", "state", "action", "action_is_pad"): assert torch.equal(got[k], want[k][:1]), k
    assert torch.equal(got["tokens"], want["tokens"][:1, :got["tokens"].shape[1]])

# -- pictures

@pytest.mark.parametrize("h,w", [(48, 64), (64, 48), (480, 640), (37, 91), (200, 100), (20, 31), (128, 128)])
def test_resize_keeps_aspect_and_pads_left_and_top(h, w):
    x = resize_with_pad(torch.ones(1, 3, h, w), 128, 96, pad_value=0.)
    assert x.shape == (1, 3, 96, 128)
    ratio = max(w/128, h/96)
    top, left = 96 - int(h/ratio), 128 - int(w/ratio)
    assert (x[..., :top, :] == 0).all() and (x[..., :left] == 0).all()
    assert torch.allclose(x[..., top:, left:], torch.ones(1))
    assert top == 0 or left == 0

def test_resize_passes_the_right_size_through():
    x = torch.rand(2, 3, 16, 24)
    assert resize_with_pad(x, 24, 16) is x

def test_resize_is_not_antialiased():
    stripes = torch.zeros(1, 1, 8, 64); stripes[..., ::4] = 1
    assert resize_with_pad(stripes, 16, 2).max() == 0      # samples at 1.5, 5.5, ... fall between the stripes; a filter would see 0.25

def test_pixel_layouts_and_ranges():
    complaint(lambda: to_float_nchw(torch.rand(2, 48, 64, 3)), "expected uint8", "(2, 48, 64, 3)")
    complaint(lambda: to_float_nchw(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), "observation.images.wrist"), "observation.images.wrist", "(2, 3, 8, 8)")
    complaint(lambda: to_float_nchw(torch.rand(1, 3, 8, 8)*255), "[0, 1]", "divide by 255")
    complaint(lambda: to_float_nchw(torch.full((1, 3, 8, 8), math.nan)), "[0, 1]", "NaN")
    complaint(lambda: resize_with_pad(torch.rand(3, 8, 8), 4, 4), "(3, 8, 8)")
    complaint(lambda: resize_with_pad(torch.rand(1, 3, 2, 900), 64, 64), "900x2", "thin")

def test_pixels_are_not_changed_in_place(proc, obs):
    x = torch.rand(1, 3, 8, 8); y = x.clone(); to_float_nchw(x)
    f = {**obs, CAM + "camera1": torch.rand(2, 3, 64, 64)}; g = f[CAM + "camera1"].clone(); proc(f)
    assert torch.equal(x, y) and torch.equal(f[CAM + "camera1"], g)

# -- vectors

def test_eps_is_on_one_side_only():
    x, m, s = torch.tensor([3.]), torch.tensor([1.]), torch.tensor([1e-8])
    assert normalize(x, m, s).item() == pytest.approx(1e8, rel=1e-5)       # 2/(1e-8 + 1e-8)
    assert unnormalize(torch.tensor([2.]), m, s).item() == pytest.approx(1 + 2e-8)

def test_pad_vector():
    assert pad_vector(torch.ones(2, 6), 32).sum() == 12
    complaint(lambda: pad_vector(torch.ones(40), 32), "40", "32", "max_state_dim")

def test_wrong_width_names_both_counts(proc, obs):
    complaint(lambda: proc({**obs, "observation.state": torch.zeros(2, 7)}), "observation.state", "7", "6")
    complaint(lambda: proc({**obs, "action": torch.zeros(2, 16, 14)}), "action", "14", "6")
    complaint(lambda: proc({**obs, "action": torch.zeros(2, 2, 16, 6)}), "chunk", "chunk_size")
    complaint(lambda: proc.unnormalize_action(torch.zeros(5, 4)), "4", "6")

@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_names_row_and_joint(proc, obs, tok, bad):
    named = Processor(proc.image_keys, proc.stats, tok, resize=(64, 64), joint_names=["pan", "lift", "elbow", "wrist", "roll", "gripper"])
    state = obs["observation.state"].clone(); state[1, 2] = bad
    complaint(lambda: named({**obs, "observation.state": state}), "observation.state", str(bad), "[1]", "elbow")
    action = obs["action"].clone(); action[0, 4, 5] = bad
    complaint(lambda: proc({**obs, "action": action}), "action", "[0, 4]", "index 5")

# -- statistics

def test_stats_of_another_robot_are_not_used_silently():
    stats = {f"so100.buffer.{k}": {"mean": np.zeros(6), "std": np.ones(6)} for k in ("action", "observation.state")}
    complaint(lambda: lookup_stats(stats, "action"), "so100.buffer.action", "stats_prefix='so100.buffer'")
    assert lookup_stats(stats, "action", "so100.buffer")["std"].shape == (6,)
    complaint(lambda: lookup_stats({}, "action"), "Found: nothing")
    complaint(lambda: lookup_stats({"action": {"min": [0.], "max": [1.]}}, "action"), "no mean and std")
    complaint(lambda: lookup_stats(None, "action"), "Found: nothing")

@pytest.mark.parametrize("mean,std", [([0., math.nan], [1., 1.]), ([0., 0.], [1., -1.]), ([0., 0.], [1.])])
def test_unusable_stats_raise(mean, std):
    complaint(lambda: lookup_stats({"action": {"mean": mean, "std": std}}, "action"), "unusable")

def test_both_spellings_of_stats_agree(proc):
    nested = {"action": {"mean": proc.action_stats["mean"].numpy(), "std": proc.action_stats["std"].numpy()}}
    for s in ("mean", "std"): assert torch.equal(lookup_stats(nested, "action")[s], proc.action_stats[s])

def test_processor_without_stats_raises_at_once(tok):
    complaint(lambda: Processor(["a"], {}, tok), "observation.state")
    complaint(lambda: Processor(["a"], {}, tok, norm_map=dict(VISUAL="MEAN_STD")), "MEAN_STD", "VISUAL")
    complaint(lambda: Processor(["a"], {}, tok, norm_map=dict(STATE="MIN_MAX")), "MIN_MAX", "STATE")
    p = Processor(["a"], {}, tok, norm_map=dict(STATE="IDENTITY", ACTION="IDENTITY"))
    assert torch.equal(p.unnormalize_action(torch.ones(2, 6)), torch.ones(2, 6))

# -- LeRobot's other scales, and joints that never moved

TABLE = dict(mean=[1., 2., 3.], std=[2., 4., 0.], min=[-5., -6., 3.], max=[5., 10., 3.], q01=[-4., -5., 3.], q99=[4., 9., 3.],
             q10=[-2., -1., 3.], q90=[2., 5., 3.], count=[9])

@pytest.mark.parametrize("mode", ENDS)
def test_scales_are_lerobots(mode):
    "The formulas of LeRobot 0.6.1's normalize_processor.py, written out"
    x, (a, b) = torch.tensor([[3., -1., 3.], [-7., 20., 3.]]), (torch.tensor(TABLE[k]) for k in ENDS[mode])
    s = lookup_stats({"action": TABLE}, "action", mode=mode)
    span = torch.where(b - a == 0, torch.tensor(1e-8), b - a)
    there = (x - a)/(b + 1e-8) if mode == "MEAN_STD" else 2*(x - a)/span - 1
    back = there*b + a if mode == "MEAN_STD" else (there + 1)/2*span + a
    assert torch.equal(rescale(x, s, mode), there) and torch.equal(rescale_back(there, s, mode), back)
    assert torch.allclose(rescale_back(rescale(x, s, mode), s, mode), x, atol=1e-5)

@pytest.mark.parametrize("mode", ["IDENTITY", *ENDS])
@pytest.mark.parametrize("kind", ["STATE", "ACTION"])
def test_a_processor_scales_each_kind_its_own_way(tok, mode, kind):
    other = dict(STATE="ACTION", ACTION="STATE")[kind]
    p = Processor(["a"], {"action": TABLE, "observation.state": TABLE}, tok, norm_map={kind: mode, other: "MEAN_STD"})
    x = torch.tensor([[2., 0., 3.]])
    out = p.vectors({"observation.state": x, "action": x[None]})
    want = x if mode == "IDENTITY" else rescale(x, lookup_stats({"action": TABLE}, "action", mode=mode), mode)
    assert torch.equal((out["state"] if kind == "STATE" else out["action"][0])[:, :3], want)
    if kind == "ACTION": assert torch.allclose(p.unnormalize_action(out["action"])[0, :, :3], x, atol=1e-6)

def test_a_scale_without_its_statistics_says_which():
    complaint(lambda: lookup_stats({"action": dict(mean=[0.], std=[1.])}, "action", mode="QUANTILES"), "q01 and q99", "QUANTILES", "smolvla_doctor")
    complaint(lambda: lookup_stats({"action": dict(min=[2.], max=[1.])}, "action", mode="MIN_MAX"), "unusable", "min [2.0]")
    complaint(lambda: lookup_stats({"action": dict(mean="abc", std=[1.])}, "action"), "unusable", "abc")
    complaint(lambda: lookup_stats({"action": dict(mean=[[0.], [1., 2.]], std=[1.])}, "action"), "unusable")

def test_an_unknown_scale_is_named(tok):
    complaint(lambda: Processor(["a"], {}, tok, norm_map=dict(STATE="LOG")), "'LOG' of STATE", "QUANTILE10")

def test_pictures_may_be_normalised_too(obs, proc):
    stats = {**proc.stats, **{f"{CAM}camera{i}": dict(mean=[[[.5]]]*3, std=[[[.25]]]*3) for i in (1, 2)}}
    p = Processor(proc.image_keys, stats, proc.tokenizer, (64, 64), empty_cameras=1, norm_map=dict(VISUAL="MEAN_STD", STATE="MEAN_STD", ACTION="MEAN_STD"))
    x = to_float_nchw(obs[CAM + "camera1"])
    want = resize_with_pad((x - .5)/(.25 + 1e-8), 64, 64)*2 - 1
    got = p(obs)["images"]
    assert torch.allclose(got[:, 0], want, atol=1e-5) and (got[:, 2] == -1).all()
    complaint(lambda: Processor(["camera1"], proc.stats | {CAM + "camera1.mean": None, CAM + "camera1.std": None}, proc.tokenizer,
                                norm_map=dict(VISUAL="MEAN_STD")), "camera1", "VISUAL")

@pytest.mark.parametrize("std", [0., 1e-9, 3e-7])
@pytest.mark.parametrize("mode", ENDS)
def test_a_joint_that_never_moved_stays_small(tok, std, mode):
    "0.05 of encoder noise used to reach the network as millions"
    a, b = ENDS[mode]
    table = {a: [0., 0., 3.], b: [20., 10., std if mode == "MEAN_STD" else 3. + std]}
    p = Processor(["a"], {"action": table, "observation.state": table}, tok, norm_map=dict(STATE=mode, ACTION=mode), joint_names=["pan", "lift", "hand"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z = p.vectors({"observation.state": torch.tensor([5., 5., 3.05])})["state"]
    assert abs(z[0, 2]) < 2 and torch.equal(z[0, :2], rescale(torch.tensor([5., 5., 3.]), p.state_stats, mode)[:2])
    where = p.vectors({"observation.state": torch.tensor([5., 5., 3.])})["state"][0, 2]
    assert where == (0 if mode == "MEAN_STD" else -1), "where the data stood, LeRobot's number"
    with pytest.warns(UserWarning, match="hand never moved in the data"): z = p.vectors({"observation.state": torch.tensor([5., 5., 90.])})["state"]
    assert abs(z[0, 2]) < 2000 and p.told == {2}

def test_a_robot_that_never_moved_at_all(tok):
    still = dict(mean=[1., 2.], std=[0., 0.])
    p = Processor(["a"], {"action": still, "observation.state": still}, tok)
    assert p.vectors({"observation.state": torch.tensor([1.5, 2.])})["state"][0, :2].tolist() == pytest.approx([.5, 0.])
    assert p.unnormalize_action(torch.full((1, 2), 9.)).tolist() == [[1., 2.]]

def test_explain_undoes_every_scale(obs, proc, tok):
    from smolvla.model.processing import _raw_state
    for mode in ENDS:
        p = Processor(["camera1"], {"action": TABLE, "observation.state": TABLE}, tok, (64, 64), norm_map=dict(STATE=mode, ACTION=mode))
        b = p({CAM + "camera1": obs[CAM + "camera1"][:1], "observation.state": torch.tensor([2., 0., 3.04]), "task": "x"})
        assert torch.allclose(_raw_state(b, p, 0), torch.tensor([2., 0., 3.04]), atol=1e-5), mode

def test_prefixes_of_a_table():
    many = {f"{r}.buffer.{k}.mean": [0.] for r in ("so100", "so100-red") for k in ("action", "observation.state")}
    assert stats_prefixes(many) == ["so100-red.buffer", "so100.buffer"] and stats_prefixes({"action": {"mean": [0.]}}) == [""]
    assert stats_prefixes({"reaction": {"mean": 1}, "observation.images.a": {}}) == [] == stats_prefixes(None)

# -- the last of a short history

def test_a_history_is_its_last_moment(proc, obs):
    "An observation with a time axis (B,T,...): pictures and state of the last step count, LeRobot takes the same"
    want = proc({k: v for k, v in obs.items() if "action" not in k})
    history = {k: v for k, v in obs.items() if "action" not in k}
    for k in (CAM + "camera1", CAM + "camera2", "observation.state"):
        history[k] = torch.stack([torch.zeros_like(history[k]), history[k]], 1)
    got = proc(history)
    for k in ("images", "state", "image_mask"): assert torch.equal(got[k], want[k]), k

def test_far_from_the_data_begins_at_five(proc, obs):
    from smolvla.model.processing import _explain_text
    s, one = proc.state_stats, {k: v[:1] for k, v in obs.items()}
    for sigma, marked in ((4.9, 0), (5.1, 6), (-5.1, 6)):
        one["observation.state"] = (s["mean"] + sigma*s["std"])[None]
        assert sum("far from the data: units?" in line for line in _explain_text(proc(one), proc, 0)) == marked, sigma

# -- words

def test_newline_is_added_once(tok):
    a, _ = tokenize(tok, ["pick"]); b, _ = tokenize(tok, ["pick\n"])
    assert torch.equal(a, b)

def test_padding_is_on_the_right_whatever_the_tokenizer_says(tok):
    tok.padding_side = "left"
    try: _, mask = tokenize(tok, ["pick up the cube", "up"], 24, "max_length")
    finally: tok.padding_side = "right"
    assert mask.shape == (2, 24) and (mask.long().diff(dim=1) <= 0).all() and mask[:, 0].all()

def test_a_cut_instruction_warns(tok):
    with pytest.warns(UserWarning, match="cut from"): tokens, _ = tokenize(tok, ["pick up the cube and put it into the box"], 6)
    assert tokens.shape == (1, 6)
    n = tokenize(tok, ["pick"])[0].shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("error"); tokenize(tok, ["pick"], n)       # exactly full is not cut

def test_bad_tasks(proc, obs, tok):
    complaint(lambda: proc({k: v for k, v in obs.items() if k != "task"}), "'task'")
    complaint(lambda: tokenize(tok, ["", "x"]), "non-empty")
    complaint(lambda: tokenize(tok, [3]), "non-empty")
    complaint(lambda: tokenize(tok, ["x"], padding="left"), "pad_language_to")

def test_tokenizer_folder(tmp_path):
    complaint(lambda: load_tokenizer(tmp_path), "no tokenizer.json", error=FileNotFoundError)
    complaint(lambda: load_tokenizer(tmp_path/"nowhere"), "no tokenizer at", error=FileNotFoundError)
    (tmp_path/"tokenizer.json").write_text("{")
    complaint(lambda: load_tokenizer(tmp_path), "cannot be read")

# -- cameras

def how(b): return [r[2] for r in b.rows]

def test_order_is_the_policys(): assert [r[1] for r in bind_cameras(["a", "b"], ["b", "a"]).rows] == [CAM + "a", CAM + "b"]

def test_missing_slots_are_skipped_or_blank():
    assert how(bind_cameras(["a", "b", "c"], ["b"])) == ["skipped", "bound", "skipped"]
    assert how(bind_cameras(["a", "b", "c"], ["b"], empty_cameras=1)) == ["empty, masked", "bound", "skipped"]
    assert how(bind_cameras(["a", "b", "c"], ["b"], empty_cameras=5)) == ["empty, masked", "bound", "empty, masked"]

def test_a_left_over_camera_beside_a_missing_slot_is_refused():
    complaint(lambda: bind_cameras(["a", "wrist"], ["a", "wrst"]), "wrst", "camera_map={'wrst': 'wrist'}")
    complaint(lambda: bind_cameras(["a"], []), "none")
    assert bind_cameras(["a"], ["a", "extra"]).unused == [CAM + "extra"]
    assert how(bind_cameras(["a", "wrist"], ["a", "x"], {"x": None})) == ["bound", "skipped"]
    assert how(bind_cameras(["a", "empty_camera_0"], ["a", "x"], empty_cameras=1)) == ["bound", "empty, masked"]

def test_bad_maps():
    complaint(lambda: bind_cameras(["a"], ["x"], {"y": "a"}), "y", "camera_map")
    complaint(lambda: bind_cameras(["a"], ["x"], {"x": "b"}), "'observation.images.b'")
    complaint(lambda: bind_cameras(["a"], ["x", "a"], {"x": "a"}), "both feed")

ONE = {CAM + "front": CAM + "overhead", CAM + "side": None}

@pytest.mark.parametrize("form", ["front=overhead,side=none", " front = overhead , side = NULL ", '{"front": "overhead", "side": null}', dict(front="overhead", side=None),
    {CAM + "front": "overhead", "side": "none"}, json.dumps(ONE), ONE, f"{CAM}front={CAM}overhead,side=null"], ids=str)
def test_every_spelling_of_a_camera_map_is_one_map(form):
    assert parse_camera_map(form) == ONE == parse_camera_map(parse_camera_map(form))

def test_no_camera_map_and_an_empty_one_differ():
    assert parse_camera_map(None) is None is parse_camera_map("") and parse_camera_map("{}") == {} == parse_camera_map({})

@pytest.mark.parametrize("form", ["front", "front:overhead", "front=", "=a", "a=b=c", "a=b,,c=d", '["top"]', '{"a": ["b"]}', '{"a": 3}', "{", "["*100_000, '{"a":'*100_000,
    ["top"], 3, {"a": 3}, {3: "a"}, {"": "a"}, {"observation.state": "a"}, dict(a="observation.state"), '{"a": "b", "a": "c"}', "a=b,a=c", {"a": "b", CAM + "a": "c"}])
def test_any_other_camera_map_is_one_sentence(form):
    complaint(lambda: parse_camera_map(form), "camera_map")

def test_slots_of_a_new_policy():
    assert camera_slots(["front", CAM + "top"], "front=overhead") == {CAM + "overhead": CAM + "front", CAM + "top": CAM + "top"}
    assert list(camera_slots(["front", "top"], dict(front=None))) == [CAM + "top"]
    complaint(lambda: camera_slots(["front"], "nosuch=camera1"), "nosuch", "front")
    complaint(lambda: camera_slots(["front", "top"], "front=x,top=x"), "both feed", "front", "top")
    complaint(lambda: camera_slots(["front", "top"], "front=top"), "both feed")

def test_refusals_can_be_pasted_into_a_command():
    complaint(lambda: bind_cameras(["camera1", "camera2"], ["overhead", "wrist"]), "--camera_map overhead=camera1,wrist=camera2")
    assert bind_cameras(["camera1", "camera2"], ["overhead", "wrist"], "overhead=camera1,wrist=camera2").unused == []

def test_a_processor_has_one_spelling(proc, tok):
    forms = [dict(front="camera2"), "front=camera2", {CAM + "front": CAM + "camera2"}]
    assert len({str(Processor(["camera1", "camera2"], proc.stats, tok, camera_map=f).camera_map) for f in forms}) == 1

# -- places

def test_only_a_hub_id_is_a_hub_id(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path); (tmp_path/"mine").mkdir()
    names = dict.fromkeys(["vlm", "mine/policy", "outputs/run", "./a/b", "../a", "/a/b", "~/a", "a/b/c", "a\\b", "", ".", "a/", "c:/x"], False)
    assert {n: is_hub_id(n) for n in names} == names and is_hub_id("lerobot/smolvla_base") and is_hub_id("HuggingFaceTB/SmolVLM2-2.2B-Instruct")
    complaint(lambda: load_tokenizer("vlm"), "no tokenizer at 'vlm'", error=FileNotFoundError)

def test_a_git_lfs_pointer_is_named_with_its_cure(tmp_path):
    file = tmp_path/"tokenizer.json"; file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    complaint(lambda: refuse_lfs_pointer(file), "git lfs pull", str(tmp_path))
    complaint(lambda: load_tokenizer(tmp_path), "git lfs pull")

def test_binding_prints_as_a_table():
    lines = repr(bind_cameras(["a", "b"], ["a", "x", "y"], {"x": "b"})).splitlines()
    assert len(lines) == 4 and re.search(r"b\s+x\s+bound", lines[2]) and re.search(r"-\s+y\s+unused", lines[3])

def test_cameras_of_different_size_need_a_resize(proc, obs, tok):
    p = Processor(proc.image_keys, proc.stats, tok, resize=None, empty_cameras=1)
    complaint(lambda: p(obs), "differ", "resize")
    obs[CAM + "camera2"] = obs[CAM + "camera1"]
    x = p(obs)["images"]
    assert x.shape == (2, 3, 3, 48, 64) and (x[:, 2] == -1).all()

def test_batch_sizes_must_agree(proc, obs):
    complaint(lambda: proc({**obs, "task": ["only one"]}), "batch size", "'tokens': 1")

def test_misspelt_key_suggests_the_right_one(proc, obs):
    obs["observations.state"] = obs.pop("observation.state")
    complaint(lambda: proc(obs), "no 'observation.state'", "Did you mean 'observations.state'")

# -- the batch and its picture

def test_batch_remembers_its_processor_across_devices(proc, obs):
    b = proc(obs).to("cpu")
    assert isinstance(b, Batch) and b.processor is proc and b.slots == ["camera1", "camera2", "empty_camera_0"]

def test_batch_names_its_pictures_after_the_slots_they_fill(proc, obs):
    obs["observation.images.front"] = obs.pop(CAM + "camera1"); del obs[CAM + "camera2"], obs[CAM + "camera2_padding_mask"]
    p = Processor(["camera1", "camera2", "spare"], proc.stats, proc.tokenizer, (64, 64), camera_map=dict(front="camera2"), empty_cameras=1)
    b = p(obs)
    assert b.slots == ["camera1", "camera2"] and b["image_mask"].tolist() == [[False, True]]*2  # the third is skipped

def test_explain_shows_padding_words_and_units(proc, obs, capsys):
    import matplotlib; matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    obs["observation.state"] = obs["observation.state"]*100
    explain(proc(obs), row=1); out = capsys.readouterr().out
    fig = plt.gcf(); titles = [a.get_title() for a in fig.axes]; plt.close(fig)
    assert "far from the data" in out and "5 of them padding" in out and "stack" in re.sub(r"[', \[\]]", "", out.splitlines()[0])
    assert titles == ["camera1", "camera2: masked", "empty_camera_0: masked"]

def test_explain_works_without_a_processor(proc, obs, capsys):
    import matplotlib; matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    explain(dict(proc(obs))); titles = [a.get_title() for a in plt.gcf().axes]; plt.close("all")
    assert titles[0] == "camera 0"
    assert "network" in capsys.readouterr().out

# -- what holds when nothing is said

def test_defaults_are_smolvlas(tok):
    table = dict(mean=[0.], std=[1.])
    p = Processor(["a"], {"action": table, "observation.state": table}, tok)
    assert (p.resize, p.max_state_dim, p.max_action_dim, p.tokenizer_max_length, p.pad_language_to, p.empty_cameras, p.eps) == ((512, 512), 32, 32, 48, "longest", 0, 1e-8)
    assert p.norm_map == dict(VISUAL="IDENTITY", STATE="MEAN_STD", ACTION="MEAN_STD") and p.told == set() and p.image_stats == {}
    with pytest.warns(UserWarning, match="cut from .* to 48 tokens"): tokens, mask = tokenize(tok, ["pick " * 99])
    assert tokens.shape == mask.shape == (1, 48)
    x = torch.zeros(1, 1, 2, 4)
    assert resize_with_pad(x + 1, 4, 4).sum() == 8 and resize_with_pad(x, 4, 4, 7.)[0, 0, :2].eq(7).all()
    assert normalize(torch.tensor(1.), torch.tensor(0.), torch.tensor(0.)) == 1e8
    assert rescale(torch.tensor([3.]), dict(mean=torch.tensor([1.]), std=torch.tensor([2.]))).item() == pytest.approx(1.)

def test_the_shape_of_actions(proc, obs):
    for bad in (torch.zeros(6), torch.zeros(()), torch.zeros(1, 2, 3, 6)): complaint(lambda: proc.vectors({**obs, "action": bad}), "action must be a chunk (B,H,A)")
    one = proc.vectors({"observation.state": obs["observation.state"][0], "action": obs["action"][0]})
    assert one["action"].shape == (1, *obs["action"].shape[1:2], 32) and one["action_is_pad"].shape == one["action"].shape[:2] and not one["action_is_pad"].any()

@pytest.mark.parametrize("lo,hi,good", [(0., 1., True), (-1e-6, .5, False), (.5, 1 + 1e-6, False), (1., 1., True), (0., 0., True)])
def test_float_pixels_at_the_edges(lo, hi, good):
    x = torch.full((3, 2, 2), lo)
    x[0, 0, 0] = hi
    if good: assert to_float_nchw(x).equal(x)
    else: complaint(lambda: to_float_nchw(x), "[0, 1]")
    assert to_float_nchw(torch.full((2, 2, 3), 255, dtype=torch.uint8)).eq(1).all() and to_float_nchw(torch.full((1, 4, 2, 2, 3), 51, dtype=torch.uint8)).shape == (1, 4, 3, 2, 2)
