"Parity with LeRobot 0.4.4 place by place, equality of the two forwards, ablation switches, checkpoints, bad input."
import json, os, re, shutil, subprocess, sys
import pytest, torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from smolvla.model.flow import make_x_t
from smolvla.data.writer import JOINTS
from smolvla.model.policy import (
    BACKBONES, JOINTS_FILE, OURS, PRESETS, PrefixKV, SmolVLA, SmolVLAConfig, compare,
    first_difference, name_joints, nano_policy, preset, trace)
from smolvla.model.masks import make_att_2d_masks, prefix_blocks
from smolvla.model.vlm import ASSETS, build_vlm, nano_tokenizer, positions
from transformers import SmolVLMConfig
from helpers import REFERENCE, STATS, reference, reference_observation, reference_policy, tiny_config, tiny_observation, tiny_policy, tiny_vlm_config

def gap(a, b): return (a.detach().float() - b.float()).abs().max().item()

# --- the parity ladder -------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def case():
    policy = reference_policy(loss_version="2025")
    return policy, policy.preprocess(reference_observation()), reference()

def test_preprocessing_to_the_bit(case):
    _, batch, r = case
    for i in range(3):
        assert batch["images"][:, i].equal(r[f"in.image.{i}"]) and batch["image_mask"][:, i].equal(r[f"in.image_mask.{i}"])
    assert batch["tokens"].equal(r["in.tokens"]) and batch["token_mask"].equal(r["in.lang_mask"])
    assert batch["state"].equal(r["in.state"]) and batch["action"].equal(r["in.actions"])

def test_every_place_agrees(case):
    policy, batch, r = case
    found = compare(trace(policy, batch, r["in.noise"], r["in.time"]), r)
    assert len(found) > 20 and first_difference(trace(policy, batch, r["in.noise"], r["in.time"]), r, 1e-5) is None, found

@pytest.mark.parametrize("forward", ["split_forward", "joint_forward"])
@pytest.mark.parametrize("grad", [True, False])
def test_velocities(case, forward, grad):
    policy, batch, r = case
    with torch.set_grad_enabled(grad):
        assert gap(getattr(policy, forward)(batch, r["train.x_t"], r["in.time"]), r["train.v_t"]) < 1e-5
        assert gap(getattr(policy, forward)(batch, r["probe.x_t"], r["probe.time"]), r["probe.v_t"]) < 1e-5

def test_every_euler_step(case):
    policy, batch, r = case
    for k in range(10):
        assert gap(policy.velocity(batch, r["sample.x_t"][k], torch.full((2,), 1 - k/10)), r["sample.v_t"][k]) < 3e-5, f"step {k}"
    chunk = policy.sample_actions(batch, r["in.noise"])
    assert gap(chunk, r["sample.chunk"]) < 1e-5 and gap(policy.processor.unnormalize_action(chunk), r["sample.chunk_unnormalized"]) < 1e-3

def test_losses(case):
    policy, batch, r = case
    loss = lambda **kw: policy.loss(batch, r["in.noise"], r["in.time"], **kw)
    assert gap(loss(), r["train.loss"]) < 1e-5 and gap(loss(reduction="none"), r["train.loss_per_sample"]) < 1e-5
    assert gap(loss(), r["train.loss_with_action_is_pad_key"]) < 1e-5 # 0.4.4 ignores the key that its own data set emits
    try:
        for version, expected in (("2026-03", (r["train.losses"][..., :6]*~r["in.action_is_pad"][..., None]).mean()),
                                  ("2026-04", r["train.losses"][..., :6][~r["in.action_is_pad"]].mean())):
            policy.config.loss_version = version
            assert gap(loss(), expected) < 1e-5
    finally: policy.config.loss_version = "2025"

@pytest.mark.parametrize("joint", [False, True])
def test_gradients_of_every_trainable_tensor(joint):
    policy, r, g = reference_policy(loss_version="2025").train(), reference(), reference("ref_grads")
    expected = {k for k in g if not k.startswith("__")}
    assert {n for n, p in policy.named_parameters() if p.requires_grad} == expected and len(expected) == 47
    if joint: policy.vlm.requires_grad_(True) # then loss() takes the joint path
    policy.loss(policy.preprocess(reference_observation()), r["in.noise"], r["in.time"]).backward()
    for n, p in policy.named_parameters():
        if n in expected: assert gap(p.grad, g[n]) < 1e-5, n

def test_one_optimiser_step():
    policy, r, g, after = reference_policy(loss_version="2025").train(), reference(), reference("ref_grads"), reference("ref_after_step")
    batch, c = policy.preprocess(reference_observation()), policy.config
    trained = {n: p for n, p in policy.named_parameters() if p.requires_grad}
    before = policy.loss(batch, r["in.noise"], r["in.time"]); before.backward()
    norm = torch.nn.utils.clip_grad_norm_(trained.values(), c.optimizer_grad_clip_norm)
    torch.optim.AdamW(trained.values(), lr=c.optimizer_lr, betas=c.optimizer_betas, eps=c.optimizer_eps, weight_decay=c.optimizer_weight_decay).step()
    assert gap(before, g["__loss_before"]) < 1e-5 and gap(norm, g["__grad_norm_before_clip"]) < 1e-5
    for n, p in trained.items(): # where the gradient is only rounding noise, AdamW's first step has a random sign
        clear = g[n].abs() > 1e-5
        assert clear.any() and gap(p[clear], after[n][clear]) < 3e-6, n
    with torch.no_grad(): assert gap(policy.loss(batch, r["in.noise"], r["in.time"]), g["__loss_after_step"]) < 1e-5

def test_options_of_the_reference(case):
    "Losses that LeRobot reports for two other configs of the same weights (meta.json)."
    _, batch, r = case
    variants = json.loads((REFERENCE/"meta.json").read_text())["variants"]
    for name in ("special_tokens", "prefix_length"):
        v = dict(variants[name]); loss = v.pop("loss"); v.pop("cached_vs_train")
        with torch.no_grad(): assert abs(reference_policy(loss_version="2025", **v).loss(batch, r["in.noise"], r["in.time"]) - loss) < 1e-5, name

@pytest.mark.parametrize("dtype", [torch.bfloat16, None])
def test_low_precision_band(tmp_path, dtype):
    "The published layout: VLM and expert bfloat16, cross k/v and the five projections float32."
    weights = load_file(REFERENCE/"model.safetensors")
    fp32 = re.compile(r"lm_expert\.layers\.[13]\.self_attn\.[kv]_proj|model\.(state|action)_")
    shutil.copytree(REFERENCE, tmp_path, dirs_exist_ok=True)
    save_file({k: v if fp32.search(k) else v.bfloat16() for k, v in weights.items()}, tmp_path/"model.safetensors")
    policy, r = SmolVLA.from_pretrained(tmp_path, dtype=dtype, quiet=True), reference()
    assert policy.report.dtypes["expert"] == {"bfloat16": 33, "float32": 4}
    batch = policy.preprocess(reference_observation())
    assert gap(policy.sample_actions(batch, r["in.noise"]), r["sample.chunk"]) < 0.25
    policy.loss(batch, r["in.noise"], r["in.time"]).backward()

def test_debugger_names_the_layer(case):
    policy, batch, r = case
    healthy = trace(policy, batch, r["in.noise"], r["in.time"])
    broken = reference_policy()
    places = [("model.vlm_with_expert.vlm.model.connector.modality_projection.proj.weight", "prefix.embs"), ("model.action_in_proj.weight", "train.suffix_embs"),
              ("model.vlm_with_expert.vlm.model.text_model.layers.2.self_attn.k_proj.weight", "sample.kv.2.key"),
              ("model.vlm_with_expert.lm_expert.layers.1.self_attn.v_proj.weight", "train.hidden_in.expert.2"), ("model.action_out_proj.bias", "train.v_t")]
    for name, place in places:
        p = broken.get_parameter(name)
        with torch.no_grad(): p.mul_(1.1)
        assert first_difference(trace(broken, batch, r["in.noise"], r["in.time"]), healthy, 1e-5) == place
        with torch.no_grad(): p.div_(1.1)

# --- shapes at full size -----------------------------------------------------------------------------------------------------------------
def key_table():
    "The 500 tensors of lerobot/smolvla_base, written out from its specification."
    V, X, t = "model.vlm_with_expert.vlm.model.", "model.vlm_with_expert.lm_expert.", {}
    t[V + "vision_model.embeddings.patch_embedding.weight"], t[V + "vision_model.embeddings.position_embedding.weight"] = (768, 3, 16, 16), (1024, 768)
    for n in ("embeddings.patch_embedding.bias", "post_layernorm.weight", "post_layernorm.bias"): t[V + "vision_model." + n] = (768,)
    for i in range(12):
        L = f"{V}vision_model.encoder.layers.{i}."
        for n in ("q", "k", "v", "out"): t[f"{L}self_attn.{n}_proj.weight"], t[f"{L}self_attn.{n}_proj.bias"] = (768, 768), (768,)
        for n in ("layer_norm1", "layer_norm2"): t[f"{L}{n}.weight"] = t[f"{L}{n}.bias"] = (768,)
        t[L + "mlp.fc1.weight"], t[L + "mlp.fc1.bias"], t[L + "mlp.fc2.weight"], t[L + "mlp.fc2.bias"] = (3072, 768), (3072,), (768, 3072), (768,)
    t[V + "connector.modality_projection.proj.weight"], t[V + "text_model.norm.weight"] = (960, 12288), (960,)
    t[V + "text_model.embed_tokens.weight"] = t["model.vlm_with_expert.vlm.lm_head.weight"] = (49280, 960)
    for base, width, mlp in ((V + "text_model.", 960, 2560), (X, 720, 2048)):
        for i in range(16):
            L, kv_in = f"{base}layers.{i}.", 320 if base == X and i % 2 else width
            t[L + "self_attn.q_proj.weight"], t[L + "self_attn.o_proj.weight"] = (960, width), (width, 960)
            t[L + "self_attn.k_proj.weight"] = t[L + "self_attn.v_proj.weight"] = (320, kv_in)
            t[L + "mlp.gate_proj.weight"] = t[L + "mlp.up_proj.weight"] = (mlp, width)
            t[L + "mlp.down_proj.weight"], t[L + "input_layernorm.weight"], t[L + "post_attention_layernorm.weight"] = (width, mlp), (width,), (width,)
    t[X + "norm.weight"] = (720,)
    for n, shape in dict(state_proj=(960, 32), action_in_proj=(720, 32), action_out_proj=(32, 720), action_time_mlp_in=(720, 1440), action_time_mlp_out=(720, 720)).items():
        t[f"model.{n}.weight"], t[f"model.{n}.bias"] = shape, shape[:1]
    return t

@pytest.mark.parametrize("name,tensors,params,learn", [("smolvla_0.24b", 500, 243_967_328, 37_043_744), ("smolvla_0.45b", 500, 450_046_176, 99_880_992),
                                                       ("smolvla_2.25b", 740, 2_237_274_000, 527_392_800)])
def test_full_size(name, tensors, params, learn):
    c = preset(name)
    with torch.device("meta"): p = SmolVLA(c, build_vlm(SmolVLMConfig(**BACKBONES[c.vlm_model_name], tie_word_embeddings=False), c.num_vlm_layers))
    mine = {k: tuple(v.shape) for k, v in p.state_dict().items()}
    assert len(mine) == tensors and sum(v.numel() for v in p.parameters()) == params and sum(v.numel() for v in p.parameters() if v.requires_grad) == learn
    if name == "smolvla_0.45b": assert mine == key_table()

# --- one model, two forwards -------------------------------------------------------------------------------------------------------------
SWITCHES = [{}, dict(state_in="suffix"), dict(causal_actions=False), dict(state_in="suffix", causal_actions=False), dict(self_attn_every_n_layers=-1),
            dict(attention_mode="self_attn"), dict(num_expert_layers=2, self_attn_every_n_layers=-1), dict(num_vlm_layers=2), dict(num_vlm_layers=0),
            dict(skip_every_second_layer=True, num_vlm_layers=2), dict(expert_width_multiplier=0.25), dict(expert_width_multiplier=1.0), dict(train_state_proj=False),
            dict(objective="regression"), dict(chunk_size=3), dict(loss_version="2026-03"), dict(pad_language_to="longest"), dict(max_action_dim=7, max_state_dim=9)]

@pytest.mark.parametrize("changes", SWITCHES, ids=str)
def test_switches_run_and_both_forwards_agree(changes, tmp_path):
    policy = tiny_policy(**changes).train()
    c = policy.config
    batch = policy.preprocess(tiny_observation(chunk=c.chunk_size))
    noise, time = torch.randn(3, c.chunk_size, c.max_action_dim), torch.tensor([0.9, 0.5, 0.1])
    grads, losses = [], []
    for joint in (False, True):
        policy.zero_grad()
        losses.append(policy.loss(batch, noise, time)); losses[-1].backward()
        grads.append({n: p.grad.clone() for n, p in policy.named_parameters() if p.requires_grad and n.startswith("model.") and ".vlm." not in n})
        policy.vlm.requires_grad_(True)
    policy.freeze()
    assert gap(losses[0], losses[1]) < 1e-5*max(1, losses[1].item())
    for n, g in grads[0].items(): assert gap(g, grads[1][n]) < 1e-5*max(1, g.abs().max().item()), n
    silent = {n for n, g in grads[0].items() if g.abs().max() == 0}
    assert silent == ({"model.action_in_proj.weight"} if c.objective == "regression" else set()), "zeros ask nothing of action_in_proj"
    chunk = policy.sample_actions(batch, noise)
    assert chunk.shape == (3, c.chunk_size, 3) and chunk.isfinite().all()
    if c.objective == "flow": # the denoiser's tables against plain Euler on the joint forward
        x = noise
        for k in range(c.num_steps): x = x - policy.joint_forward(batch, x, torch.full((3,), 1 - k/c.num_steps)).detach()/c.num_steps
        assert gap(chunk, x[..., :3]) < 1e-4
    policy.save_pretrained(tmp_path)
    again = SmolVLA.from_pretrained(tmp_path, quiet=True)
    assert again.config == c and gap(again.sample_actions(batch, noise), chunk) < 1e-5

def test_skipping_keeps_the_right_layers():
    torch.manual_seed(0)
    vlm = build_vlm(tiny_vlm_config(6)); norms = [l.self_attn.q_proj.weight.norm().item() for l in vlm.model.text_model.layers]
    p = SmolVLA.new(tiny_config(skip_every_second_layer=True, num_vlm_layers=2), STATS, vlm, nano_tokenizer())
    assert [l.self_attn.q_proj.weight.norm().item() for l in p.vlm.model.text_model.layers] == [norms[0], norms[2]]

def test_unfrozen_vlm_learns_what_lerobot_says():
    policy = tiny_policy(train_expert_only=False).train()
    policy.loss(policy.preprocess(tiny_observation())).backward()
    learns = {n.removeprefix("model.vlm_with_expert.vlm.").split(".weight")[0] for n, p in policy.named_parameters() if p.grad is not None and p.grad.abs().max() > 0}
    assert "model.text_model.layers.2.self_attn.q_proj" in learns and "model.connector.modality_projection.proj" in learns and "model.text_model.embed_tokens" in learns
    assert not any(n.startswith(("model.text_model.layers.3", "model.vision_model", "lm_head", "model.text_model.norm")) for n in learns)

def test_frozen_vlm_stays_in_eval_and_without_gradient():
    policy = tiny_policy().train()
    assert policy.training and not policy.vlm.training and policy.frozen
    prefix = policy.prefix_kv(policy.preprocess(tiny_observation()))
    assert not any(t.requires_grad for pair in prefix.kv for t in pair)

@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_cached_prefix(dtype):
    policy = tiny_policy()
    batch = policy.preprocess(tiny_observation())
    prefix, few = policy.prefix_kv(batch), {k: batch[k] for k in ("state", "action", "action_is_pad")}
    stored = PrefixKV.unpack(prefix.packed().to(dtype).contiguous(), prefix.pad_mask, 2)
    noise, time = torch.randn(3, 8, 32), torch.rand(3)
    tolerance = {torch.float32: 1e-6, torch.float16: 1e-2, torch.bfloat16: 1e-1}[dtype]
    assert abs(policy.loss(few, noise, time, prefix=stored) - policy.loss(batch, noise, time)) < tolerance
    assert gap(policy.sample_actions(few, noise, prefix=stored), policy.sample_actions(batch, noise)) < 10*tolerance
    with torch.autocast("cpu", torch.bfloat16): policy.loss(few, noise, time, prefix=stored).backward()
    assert all(p.grad.isfinite().all() and p.grad.dtype == torch.float32 for p in policy.parameters() if p.requires_grad)

def test_one_sample_or_many():
    policy = tiny_policy(); obs = tiny_observation(); noise = torch.randn(3, 8, 32)
    obs.pop("action"); obs.pop("action_is_pad")
    many = policy.sample_actions(policy.preprocess(obs), noise)
    for i in range(3):
        one = {k: [v[i]] if isinstance(v, list) else v[i:i + 1] for k, v in obs.items()}
        assert gap(policy.sample_actions(policy.preprocess(one), noise[i:i + 1])[0], many[i]) < 1e-4
    bare = {k: v[0] for k, v in obs.items()}
    assert gap(policy.sample_actions(policy.preprocess(bare), noise[:1])[0], many[0]) < 1e-4

@pytest.mark.parametrize("num_steps", [1, 4, 17])
@pytest.mark.parametrize("method", ["euler", "midpoint"])
def test_any_number_of_steps(num_steps, method):
    policy = tiny_policy(); batch = policy.preprocess(tiny_observation())
    a, b = (policy.sample_actions(batch, torch.ones(3, 8, 32), num_steps, method=method) for _ in range(2))
    assert a.equal(b) and a.isfinite().all()

# --- the queue ---------------------------------------------------------------------------------------------------------------------------
def test_queue():
    policy = tiny_policy(); obs = {k: v[0] for k, v in tiny_observation().items() if "action" not in k}
    torch.manual_seed(1); actions = [policy.select_action(obs) for _ in range(4)]
    torch.manual_seed(1); chunk = policy.processor.unnormalize_action(policy.sample_actions(policy.preprocess(obs)))[0]
    for i in range(3): torch.testing.assert_close(actions[i], chunk[i])
    assert actions[0].shape == (3,) and len(policy.queue) == 2 and not torch.allclose(actions[3], chunk[3])
    policy.reset(); assert not policy.queue

def test_queue_of_another_batch_is_refused():
    policy = tiny_policy(); obs = {k: v for k, v in tiny_observation().items() if "action" not in k}
    assert policy.select_action(obs).shape == (3, 3)
    with pytest.raises(ValueError, match="reset"): policy.select_action({k: v[0] for k, v in obs.items()})

# --- checkpoints -------------------------------------------------------------------------------------------------------------------------
def test_folder_is_lerobots(tmp_path):
    reference_policy().save_pretrained(tmp_path)
    for f in ("config.json", "policy_preprocessor.json", "policy_postprocessor.json"): assert json.loads((tmp_path/f).read_text()) == json.loads((REFERENCE/f).read_text()), f
    assert list(json.loads((tmp_path/"config.json").read_text())) == list(json.loads((REFERENCE/"config.json").read_text())), "order of the fields"
    ours, theirs = load_file(tmp_path/"model.safetensors"), load_file(REFERENCE/"model.safetensors")
    assert ours.keys() == theirs.keys() and all(ours[k].equal(theirs[k]) for k in ours)
    for stem in ("policy_preprocessor_step_5_normalizer", "policy_postprocessor_step_0_unnormalizer"):
        ours, theirs = (load_file(d/f"{stem}_processor.safetensors") for d in (tmp_path, REFERENCE))
        assert all(ours[k].equal(theirs[k]) for k in ("action.mean", "action.std", "observation.state.mean", "observation.state.std"))

def test_our_fields_only_when_used():
    assert not set(OURS) & set(tiny_config().to_dict())
    assert set(OURS) & set(tiny_config(objective="regression", causal_actions=False).to_dict()) == {"objective", "causal_actions"}

@pytest.fixture
def saved(tmp_path):
    tiny_policy().save_pretrained(tmp_path)
    return tmp_path

def damage(folder, change):
    w = load_file(folder/"model.safetensors"); w = change(w) or w
    save_file(w, folder/"model.safetensors")

def test_report_is_printed(saved, capsys):
    p = SmolVLA.from_pretrained(saved)
    out = capsys.readouterr().out
    assert f"{len(p.state_dict())} tensors loaded, 0 missing, 0 unexpected" in out and "expert" in out and "float32" in out

def test_compiled_and_legacy_names(saved):
    expected = SmolVLA.from_pretrained(saved, quiet=True).state_dict()
    def change(w):
        out = {k.replace("model.", "model._orig_mod.", 1): v for k, v in w.items()}
        return out | {"normalize_inputs.buffer_observation_state.mean": torch.full((3,), 7.), "normalize_inputs.buffer_observation_state.std": torch.ones(3),
                      "unnormalize_outputs.buffer_action.mean": torch.full((3,), 5.), "unnormalize_outputs.buffer_action.std": torch.ones(3)}
    damage(saved, change)
    p = SmolVLA.from_pretrained(saved, quiet=True)
    assert len(p.report.dropped) == 4 and all(v.equal(expected[k]) for k, v in p.state_dict().items())
    assert p.processor.action_stats["mean"].tolist() == STATS["action"]["mean"], "the processor files win"
    for f in saved.glob("policy_*"): f.unlink()
    p = SmolVLA.from_pretrained(saved, quiet=True)
    assert p.processor.action_stats["mean"].tolist() == [5, 5, 5] and p.processor.state_stats["mean"].tolist() == [7, 7, 7]

def test_depth_and_width_from_the_file(saved):
    c = json.loads((saved/"config.json").read_text())
    (saved/"config.json").write_text(json.dumps({**c, "num_vlm_layers": 2, "expert_width_multiplier": 0.5}))
    p = SmolVLA.from_pretrained(saved, quiet=True)
    assert p.config.num_vlm_layers == 4 and p.expert.width == 18 and len(p.report.notes) == 2

def test_mixed_robots_need_an_explicit_key(saved):
    f = saved/"policy_preprocessor_step_5_normalizer_processor.safetensors"
    many = {f"{robot}.buffer.{k}": v.clone() for k, v in load_file(f).items() for robot in ("so100", "so100-red")}
    for g in saved.glob("policy_*.safetensors"): save_file(many, g)
    with pytest.raises(ValueError, match="Pass stats_prefix="): SmolVLA.from_pretrained(saved, quiet=True)
    p = SmolVLA.from_pretrained(saved, quiet=True, stats_prefix="so100.buffer")
    assert p.processor.action_stats["mean"].tolist() == STATS["action"]["mean"]
    p.save_pretrained(saved/"again") # then the names are plain, and LeRobot finds them
    assert "action.mean" in load_file(saved/"again/policy_postprocessor_step_0_unnormalizer_processor.safetensors")

def test_camera_renaming_travels(tmp_path):
    p = tiny_policy(); p.use_stats(STATS, camera_map={"observation.images.top": "observation.images.a"})
    p.save_pretrained(tmp_path)
    obs = tiny_observation(); obs["observation.images.top"] = obs.pop("observation.images.a")
    assert SmolVLA.from_pretrained(tmp_path, quiet=True).preprocess(obs)["images"].shape == (3, 2, 3, 32, 32)

def test_joint_names_of_a_data_set():
    assert name_joints(["pan.pos", "lift.pos"], 2) == name_joints({"motors": ["pan", "lift"]}, 2) == ["pan", "lift"]
    assert name_joints(None, 6) == JOINTS and name_joints(None, 3) is None and name_joints({}, 3) is None
    for names in (["pan"], "pan", dict(motors=[1, 2, 3, 4])):
        with pytest.raises(ValueError, match="one name for each"): name_joints(names, 3)

def test_joint_names_travel_and_are_said(tmp_path):
    p, names = tiny_policy(), ["pan", "lift", "hand"]
    assert p.processor.joint_names is None and reference_policy().processor.joint_names == JOINTS
    p.use_stats(STATS, joint_names=[f"{n}.pos" for n in names])
    p.use_stats(STATS)                                                         # other statistics of the same robot
    p.save_pretrained(tmp_path)
    assert json.loads((tmp_path/JOINTS_FILE).read_text()) == names and "joint_names" not in (tmp_path/"config.json").read_text()
    q = SmolVLA.from_pretrained(tmp_path, quiet=True)
    assert q.processor.joint_names == names
    bad = tiny_observation(); bad["observation.state"][1, 2] = torch.nan
    with pytest.raises(ValueError, match=r"observation.state is nan at \[1\], hand"): q.preprocess(bad)
    tiny_policy().save_pretrained(tmp_path)                                    # a robot without names: none are left behind
    assert not (tmp_path/JOINTS_FILE).exists() and SmolVLA.from_pretrained(tmp_path, quiet=True).processor.joint_names is None

def test_six_joints_are_an_so101s_and_need_no_file(tmp_path):
    p = reference_policy(); p.save_pretrained(tmp_path)
    assert not (tmp_path/JOINTS_FILE).exists() and SmolVLA.from_pretrained(tmp_path, quiet=True).processor.joint_names == JOINTS
    bad = reference_observation(); bad["action"] = bad["action"].clone(); bad["action"][0, 4, 3] = torch.inf
    with pytest.raises(ValueError, match=f"{JOINTS[3]}"): p.preprocess(bad)

@pytest.mark.parametrize("dtype,size", [(torch.float16, 2), (torch.bfloat16, 2), (torch.float32, 4)])
def test_dtype_on_disk_and_in_memory(tmp_path, dtype, size):
    p = tiny_policy(); p.save_pretrained(tmp_path, dtype=dtype)
    assert (tmp_path/"model.safetensors").stat().st_size == pytest.approx(size*sum(q.numel() for q in p.parameters()), rel=0.2)
    assert {q.dtype for q in SmolVLA.from_pretrained(tmp_path, quiet=True).parameters()} == {torch.float32}
    assert {q.dtype for q in SmolVLA.from_pretrained(tmp_path, dtype=None, quiet=True).parameters()} == {dtype}

def test_a_full_disk_loses_nothing(saved, monkeypatch):
    before = {f.name: f.read_bytes() for f in saved.iterdir() if f.is_file()}
    def full(*a, **k): raise OSError(28, "No space left on device")
    monkeypatch.setattr("smolvla.model.policy.save_file", full)
    with pytest.raises(OSError, match="untouched"): tiny_policy(seed=1).save_pretrained(saved)
    assert before == {f.name: f.read_bytes() for f in saved.iterdir() if f.is_file()}

# --- bad input: one clear message each -----------------------------------------------------------------------------------------------------
def rewrite(folder, **changes): (folder/"config.json").write_text(json.dumps({**json.loads((folder/"config.json").read_text()), **changes}))
def cut(f): f.write_bytes(f.read_bytes()[:f.stat().st_size//2])
EXPERT = "model.vlm_with_expert.lm_expert.layers.0.self_attn.q_proj.weight"

@pytest.mark.parametrize("fault,error,words", [
    (lambda d: cut(d/"model.safetensors"), ValueError, "damaged"),
    (lambda d: (d/"model.safetensors").write_bytes(b"PK not safetensors"), ValueError, "damaged"),
    (lambda d: ((d/"model.safetensors").unlink(), (d/"pytorch_model.bin").write_bytes(b"x")), FileNotFoundError, "pickle"),
    (lambda d: (d/"model.safetensors").unlink(), FileNotFoundError, "incomplete"),
    (lambda d: (d/"config.json").unlink(), FileNotFoundError, "no config.json"),
    (lambda d: (d/"config.json").write_text("{"), ValueError, "damaged"),
    (lambda d: rewrite(d, type="act"), ValueError, "'act' policy"),
    (lambda d: rewrite(d, use_relative_actions=True), ValueError, "use_relative_actions"),
    (lambda d: rewrite(d, n_action_steps=99), ValueError, "chunk_size"),
    (lambda d: rewrite(d, vlm_model_name="nobody/nothing"), FileNotFoundError, "nobody/nothing"),
    (lambda d: (d/"vlm/tokenizer.json").unlink(), FileNotFoundError, "tokenizer.json"),
    (lambda d: damage(d, lambda w: {k: v for k, v in w.items() if k != EXPERT}), ValueError, "1 missing"),
    (lambda d: damage(d, lambda w: w.update(extra=torch.zeros(1))), ValueError, "1 unexpected, e.g. extra"),
    (lambda d: damage(d, lambda w: w.update({EXPERT: torch.zeros(5, 5)})), ValueError, r"1 of another shape.*\(5, 5\) in the file"),
    (lambda d: save_file({"a": torch.zeros(2)}, d/"model.safetensors"), ValueError, "not the weights of a SmolVLA"),
    (lambda d: cut(d/"policy_preprocessor_step_5_normalizer_processor.safetensors"), ValueError, "damaged"),
    (lambda d: (d/JOINTS_FILE).write_text('["pan"]'), ValueError, "one name for each"),
    (lambda d: (d/JOINTS_FILE).write_text("["), ValueError, "damaged"),
    (lambda d: rewrite(d, output_features={"action": {"type": "ACTION", "shape": [4]}}), ValueError, "another robot")])
def test_bad_checkpoints(saved, fault, error, words):
    fault(saved)
    with pytest.raises(error, match=words): SmolVLA.from_pretrained(saved, quiet=True)

def test_no_such_place(tmp_path):
    with pytest.raises(FileNotFoundError, match="neither a folder nor a hub id"): SmolVLA.from_pretrained(tmp_path/"nothing")
    with pytest.raises(FileNotFoundError, match="no SmolVLA checkpoint"): SmolVLA.from_pretrained(tmp_path)

@pytest.mark.parametrize("changes,words", [(dict(chunk_size=0), "chunk_size=0"), (dict(n_action_steps=9), "beyond its end"), (dict(attention_mode="both"), "attention_mode"),
    (dict(state_in="middle"), "state_in"), (dict(objective="l2"), "objective"), (dict(expert_width_multiplier=0), "expert_width"), (dict(n_obs_steps=2), "n_obs_steps"),
    (dict(adapt_to_pi_aloha=True), "aloha"), (dict(max_action_dim=2), "at most 2"), (dict(min_period=5.), "min_period"), (dict(loss_version="1999"), "loss_version")])
def test_bad_configs(changes, words):
    with pytest.raises(ValueError, match=words): tiny_config(**changes)

def test_all_contradictions_at_once():
    with pytest.raises(ValueError) as e: tiny_config(chunk_size=2, n_action_steps=5, objective="x")
    assert "n_action_steps" in str(e.value) and "objective" in str(e.value)

@pytest.mark.parametrize("call,words", [
    (lambda p, b: p.velocity(b, torch.zeros(3, 9, 32), torch.zeros(3)), r"expected \(3, 8, 32\)"), (lambda p, b: p.velocity(b, torch.zeros(3, 8, 32), torch.zeros(1)), r"\(3,\)"),
    (lambda p, b: p.sample_actions(b, torch.zeros(3, 8, 3)), r"expected \(3, 8, 32\)"), (lambda p, b: p.sample_actions(b, num_steps=-2), "at least one step"),
    (lambda p, b: p.loss({k: v for k, v in b.items() if k != "action"}), "no action"), (lambda p, b: p.loss({**b, "action": b["action"][:, :4]}), "chunk_size=8"),
    (lambda p, b: p.prefix_kv({"state": b["state"]}), "no images"), (lambda p, b: p.loss(b, reduction="sum"), "reduction"),
    (lambda p, b: p.preprocess({**tiny_observation(), "observation.state": torch.full((3, 3), torch.nan)}), "nan")])
def test_bad_calls(call, words):
    policy = tiny_policy(); batch = policy.preprocess(tiny_observation())
    with pytest.raises(ValueError, match=words): call(policy, batch)

def test_no_statistics_no_tokenizer():
    bare = SmolVLA(tiny_config(), build_vlm(tiny_vlm_config()))
    with pytest.raises(ValueError, match="no statistics"): bare.preprocess(tiny_observation())
    bare.use_stats(STATS)
    with pytest.raises(ValueError, match="no tokenizer"): bare.preprocess(tiny_observation())
    with pytest.raises(ValueError, match="another robot"): bare.use_stats({k: dict(mean=[0.]*5, std=[1.]*5) for k in STATS})

def test_nan_weights_do_not_reach_the_robot():
    policy = tiny_policy(); obs = {k: v for k, v in tiny_observation().items() if "action" not in k}
    with torch.no_grad(): policy.model.action_out_proj.bias[0] = torch.nan
    with pytest.raises(ValueError, match="NaN"): policy.select_action(obs)

@pytest.mark.parametrize("name", PRESETS)
def test_presets(name):
    c = preset(name)
    assert SmolVLAConfig.from_dict(json.loads(json.dumps(c.to_dict()))) == c and c.action_dim == 6
    assert c is not preset(name) and preset(name, chunk_size=77, n_action_steps=5).chunk_size == 77 and preset(name).chunk_size != 77
    with pytest.raises(ValueError, match="no field"): preset(name, wings=2)

def test_nano_policy_loads_or_says_why():
    if (ASSETS/"nano_policy"/"model.safetensors").is_file(): assert nano_policy().config.chunk_size == 32
    else:
        with pytest.raises(FileNotFoundError, match="smolvla_train"): nano_policy()

# --- the live reference (opt-in: see tests/reference/setup.sh) -----------------------------------------------------------------------------
@pytest.mark.skipif("SMOLVLA_REFERENCE_PYTHON" not in os.environ, reason="needs LeRobot: sh tests/reference/setup.sh, then SMOLVLA_REFERENCE_PYTHON=...")
def test_lerobot_loads_what_we_save(tmp_path):
    tiny_policy(num_steps=4).save_pretrained(tmp_path/"once")
    policy = SmolVLA.from_pretrained(tmp_path/"once", quiet=True); obs = {k: v for k, v in tiny_observation().items() if "action" not in k and "mask" not in k}
    obs["observation.images.b"] = (obs["observation.images.b"]*255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
    policy.save_pretrained(tmp_path/"checkpoint")
    noise, tasks = torch.randn(3, 8, 32), obs.pop("task")
    save_file({**obs, "noise": noise}, tmp_path/"in.safetensors", metadata={"tasks": "\n".join(tasks)})
    script = REFERENCE.parent/"reference"/"check_policy.py"
    subprocess.run([os.environ["SMOLVLA_REFERENCE_PYTHON"], script, tmp_path/"checkpoint", tmp_path/"in.safetensors", tmp_path/"out.safetensors"], check=True)
    theirs, ours = load_file(tmp_path/"out.safetensors"), policy.sample_actions(policy.preprocess({**obs, "task": tasks}), noise)
    assert gap(ours, theirs["chunk"]) < 3e-5 and gap(policy.processor.unnormalize_action(ours), theirs["chunk_unnormalized"]) < 1e-4

@pytest.mark.skipif("SMOLVLA_REFERENCE_PYTHON" not in os.environ, reason="needs LeRobot: sh tests/reference/setup.sh, then SMOLVLA_REFERENCE_PYTHON=...")
def test_full_size_ladder(tmp_path):
    "The 0.45B model with random weights beside the real LeRobot: every place, every gradient, one optimiser step. Some minutes, 9 GB of memory, 4 GB of disk."
    sys.path.insert(0, str(REFERENCE.parent/"benchmarks"))
    from bench_published import inputs, make
    make(tmp_path, mixed=False)
    x = inputs(torch, cameras=2, B=2); x["action"][..., 6:] = 0; x["state"][..., 6:] = 0
    save_file(x, tmp_path/"in.safetensors")
    subprocess.run([os.environ["SMOLVLA_REFERENCE_PYTHON"], REFERENCE.parent/"reference"/"check_ladder.py", tmp_path/"float32", tmp_path/"in.safetensors", tmp_path/"out.safetensors"], check=True)
    r, policy = load_file(tmp_path/"out.safetensors"), SmolVLA.from_pretrained(tmp_path/"float32", quiet=True, loss_version="2025").train()
    yes = torch.ones(2, 2, dtype=torch.bool)
    batch = dict(images=x["images"], image_mask=yes, tokens=x["tokens"], token_mask=torch.ones_like(x["tokens"], dtype=torch.bool), state=x["state"], action=x["action"], action_is_pad=torch.zeros(2, 50, dtype=torch.bool))
    ours = trace(policy, batch, x["noise"], x["time"])
    found = compare(ours, r); print({k: f"{v:.1e}" for k, v in found.items()})
    assert len(found) == 2 + 2*16 + 2 and first_difference(ours, r, 3e-5) is None, found
    assert r["sample.prefix_position_ids"].equal(positions(ours["prefix.pad_mask"]))
    att = prefix_blocks(ours["prefix.pad_mask"].shape[1] - 1)
    assert r["sample.prefix_att_2d_mask"].equal(make_att_2d_masks(ours["prefix.pad_mask"], att))
    loss = policy.loss(batch, x["noise"], x["time"]); loss.backward()
    assert gap(loss, r["train.loss"]) < 1e-5
    trained, worst = {n: p for n, p in policy.named_parameters() if p.requires_grad}, {}
    assert {f"grad.{n}" for n in trained} == {n for n in r if n.startswith("grad.")}
    for n, p in trained.items(): worst[n] = gap(p.grad, r[f"grad.{n}"])/r[f"grad.{n}"].abs().max().item()
    print(f"largest difference of a gradient, as a share of its tensor's largest: {max(worst.values()):.1e}, {max(worst, key=worst.get)}")
    assert max(worst.values()) < 1e-3, worst
    torch.nn.utils.clip_grad_norm_(trained.values(), 10.)
    torch.optim.AdamW(trained.values(), lr=1e-4, betas=(.9, .95), eps=1e-8, weight_decay=1e-10).step()
    for n, p in trained.items(): # where the gradient is only rounding noise, AdamW's first step has a random sign
        clear = r[f"grad.{n}"].abs() > 1e-3*r[f"grad.{n}"].abs().max()
        assert clear.any() and gap(p[clear], r[f"after.{n}"][clear]) < 3e-6, n
