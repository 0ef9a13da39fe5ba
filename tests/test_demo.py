"The demo: figures that look inside, a page without outside links, resuming, bad input, and a tiny run from end to end."
import json, re, shutil

import matplotlib
matplotlib.use("Agg")
import numpy as np, pytest, torch

from smolvla.evaluate import report as D
from smolvla.sim.demonstrations import EVAL_SEED0
from smolvla.evaluate.films import load_video
from smolvla.evaluate.rollouts import Episode, EvalResult
from smolvla.model.policy import SmolVLA
from smolvla.sim.twin import HOME, SO101Env
from smolvla.model.vlm import build_vlm, nano_tokenizer, nano_vlm_config


@pytest.fixture(scope="module")
def policy():
    torch.manual_seed(0)
    stats = {k: dict(mean=HOME, std=np.array([4, 4, 4, 4, 4, 1], np.float32), min=HOME - 9, max=HOME + 9, count=np.array([100])) for k in ("observation.state", "action")}
    return SmolVLA.new("nano", stats=stats, vlm=build_vlm(nano_vlm_config()), tokenizer=nano_tokenizer())


@pytest.fixture(scope="module")
def scene():
    env = SO101Env("pick_place")
    obs, _ = env.reset(seed=EVAL_SEED0, options={"instruction": "put the red cube in the left box"})
    yield env, obs
    env.close()


@pytest.fixture(scope="module")
def finished(policy, tmp_path_factory):
    "A whole demo at tiny size"
    root = tmp_path_factory.mktemp("demo")
    policy.save_pretrained(root/"policy")
    D.demo_cli(say="Put the red cube in the left box.", out=str(root/"out"), quick=True, policy=str(root/"policy"))
    return root


# ---- looking inside

def test_projection_hits_the_cubes(scene):
    env, _ = scene
    image = env.render(480).astype(int)
    for name, channel in (("red cube", 0), ("blue cube", 2)):
        x, y = D.project(env.data, env.position(name), size=480).round().astype(int)
        pixel = image[y, x]
        assert pixel[channel] > 1.5 * np.delete(pixel, channel).max(), (name, pixel)

def test_attention_rows_sum_to_one_and_padding_gets_none(policy, scene):
    batch = policy.preprocess(scene[1])
    w = D.cross_attention(policy, batch)
    assert w.shape == (2, 32, 57) and torch.allclose(w.sum(-1), torch.ones(2, 32), atol=1e-4)
    assert w[..., 32:56][..., ~batch["token_mask"][0]].abs().max() < 1e-6

def test_attention_is_the_one_the_layer_uses(policy, scene):
    "Weights times values through the output projection is exactly what the layer adds before its MLP"
    from smolvla.model.expert import heads_of, turn
    batch = policy.preprocess(scene[1])
    noise = torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        run, h = policy.runner(batch, policy.prefix_kv(batch)), policy.embed_suffix(batch, noise, torch.ones(1))
        i = next(i for i, layer in enumerate(run.expert.layers) if layer.kind == "cross")
        for j in range(i): h = run.layer(j, h)
        layer, (k, v) = run.expert.layers[i], run.kv[i]
        k, v = (x.repeat_interleave(run.expert.heads // run.expert.kv_heads, 1) for x in (k, v))
        q = turn(heads_of(layer.self_attn.q_proj, layer.input_layernorm(h), run.expert.head_dim), run.table["cross"]).transpose(1, 2)
        w = (q @ k.transpose(-1, -2) / run.expert.head_dim**0.5).masked_fill(~run.pad[:, None, None], -1e9).softmax(-1)
        added = h + layer.self_attn.o_proj((w @ v).transpose(1, 2).flatten(2))
        assert torch.allclose(run.layer(i, h), added + layer.mlp(layer.post_attention_layernorm(added)), atol=1e-4)
    assert torch.allclose(D.cross_attention(policy, batch, time=1.0)[0], w.mean((0, 1)), atol=1e-5)

def test_self_attention_only_has_nothing_to_show(scene):
    stats = {k: dict(mean=HOME, std=np.ones(6, np.float32), min=HOME, max=HOME, count=np.array([9])) for k in ("observation.state", "action")}
    p = SmolVLA.new("nano", stats=stats, vlm=build_vlm(nano_vlm_config()), tokenizer=nano_tokenizer(), attention_mode="self_attn")
    with pytest.raises(ValueError, match="no cross-attention"): D.cross_attention(p, p.preprocess(scene[1]))

def test_flow_path_ends_at_the_chunk(policy, scene):
    path = D.denoising_path(policy, policy.preprocess(scene[1]))
    assert path.shape == (11, 32, 6) and np.abs(path[-1] - D.plans(policy, scene[1], 1)[0]).max() < 1e-2
    assert len(D.plans(policy, scene[1], 3)) == 3


# ---- the page

def outside(text): return re.findall(r'(?:src|href)\s*=\s*["\'](?!data:)[^"\']*|url\(|@import|https?://', text)

def test_page_escapes_and_links_to_nothing():
    import matplotlib.pyplot as plt
    text = D.page("a <b>", [D.table_html([("x<y", 1)], ("k", "v")), D.figure_html(plt.figure(figsize=(1, 1)), 'say "hi" & <go>')])
    assert outside(text) == [] and "<title>a &lt;b&gt;</title>" in text and "x&lt;y" in text and "&#34;hi&#34; &amp; &lt;go&gt;" in text
    assert "1 &lt; 2" in D.page("t", ["1 < 2"]), "only what a macro made is left as it is"

def test_a_hostile_sentence_stays_words():
    "Every value of the report's template is escaped, wherever it stands"
    from types import SimpleNamespace as N
    evil = '<script>alert("1")</script>'
    result = N(success=N(k=1, n=2), seeds=[1, 2])
    text = D.PAGES.get_template("report.html").render(
        title=evil, learned=True, sentence=evil, data=N(num_episodes=1, num_frames=2, camera_keys=["a"]), updates=3,
        before=result, after=result, verdict=evil, comparison=[(evil, evil, evil)], films=[evil], rates=evil, losses=evil, drives=[N(success=True)],
        driven=[evil], intent=evil, flow=evil, attention=evil, other_attention=evil, timings={evil: evil}, machine=[(evil, evil)], seed=0, out=evil)
    assert "<script" not in text and text.count("&lt;script") == 19 and outside(text) == []

def test_verdict_says_what_the_episodes_support(tmp_path):
    def result(wins): return EvalResult("pad", "x", [Episode(EVAL_SEED0 + i, "s", i < wins, 0, None, "red cube", None, "", 1, 1, 1) for i in range(20)])
    demo = D.Demo(tmp_path)
    for before, after, words in ((0, 15, "The difference is real"), (15, 0, "became worse"), (3, 4, "cannot tell the two apart")):
        demo.before, demo.after = result(before), result(after)
        assert words in demo.verdict()


# ---- steps

def test_claim_keeps_what_is_true_and_never_deletes_what_is_not_ours(tmp_path):
    demo, f = D.Demo(tmp_path), tmp_path/"x"
    assert demo.claim(f, "1") is False
    f.mkdir()
    assert demo.claim(f, "1") is True
    assert demo.claim(f, "2") is False and not f.exists()
    other = tmp_path/"mine"
    other.write_text("precious")
    with pytest.raises(ValueError, match="not made by a demo"): demo.claim(other, "1")
    assert other.read_text() == "precious"

def test_a_file_counts_only_when_it_is_finished(tmp_path):
    demo, f = D.Demo(tmp_path), tmp_path/"r.json"
    assert demo.claim(f, "1") is False
    f.write_text('{"cut": ')                                            # killed while writing
    assert demo.claim(f, "1") is False and not f.exists()
    f.write_text("{}"); demo.finished(f, "1")
    assert demo.claim(f, "1") is True and D.Demo(tmp_path).claim(f, "1") is True
    assert demo.claim(f, "2") is False and not f.exists()

@pytest.mark.parametrize("left", ["nothing", "an empty folder", "a set without an episode", "frames of an episode"])
def test_a_demo_stopped_in_its_first_episode_goes_on(tmp_path, monkeypatch, left):
    "The same command records, whatever the first attempt had made when it was stopped."
    from smolvla.data.writer import DatasetWriter
    from smolvla.sim.demonstrations import features
    demo = D.Demo(tmp_path, seed=1, demonstrations=1, workers=1, quiet=True); root = tmp_path/"dataset"
    def interrupted(task, episodes, root, *args, **kw):
        if left == "an empty folder": root.mkdir(parents=True)
        if left in ("a set without an episode", "frames of an episode"):
            with DatasetWriter(root, 30, features()) as w:
                if left == "frames of an episode":
                    zeros = {k: np.zeros(f["shape"], f["dtype"] if f["dtype"] != "video" else np.uint8) for k, f in features().items()}
                    for _ in range(5): w.add_frame(zeros, task="half an episode")
        raise KeyboardInterrupt
    with monkeypatch.context() as m:
        m.setattr(D, "record", interrupted)
        with pytest.raises(KeyboardInterrupt): demo.demonstrate()
    again = D.Demo(tmp_path, seed=1, demonstrations=1, workers=1, quiet=True)
    again.demonstrate()
    assert again.data.num_episodes == 1 and again.health.ok and root.is_dir()
    again.demonstrate()
    assert again.timings["record 1 demonstrations"] == "from before"

def test_sentences_are_checked_first(tmp_path):
    assert D.say_list(None) == D.DEFAULTS and len(D.say_list("put the red cube in the left box;stack the red cube on the blue cube;")) == 2
    with pytest.raises(SystemExit, match="(?s)smolvla_demo: .*fly to the moon.*put the red cube"): D.demo_cli(say="fly to the moon", out=str(tmp_path/"o"), quick=True)
    assert not (tmp_path/"o").exists()

def test_missing_policy_is_named(tmp_path):
    with pytest.raises(SystemExit, match="nowhere holds no policy"): D.demo_cli(out=str(tmp_path/"o"), quick=True, policy=str(tmp_path/"nowhere"))


# ---- from end to end

def test_quick_demo_leaves_a_page_that_carries_everything(finished):
    text = (finished/"out/report.html").read_text()
    assert outside(text) == [] and text.count("<video") == 3 and text.count("<img") == 6
    assert "0 of 2" in text and "Wilson 95 %" in text and "cannot tell the two apart" in text and "put the red cube in the left box" in text
    assert load_video(finished/"out/drive_0.mp4").shape[1:] == (384, 384, 3)

def test_second_demo_reuses_all_but_the_drive(finished, capsys):
    before = (finished/"out/finetune/policy/model.safetensors").read_bytes()
    D.demo_cli(say="put the blue cube in the right box", out=str(finished/"out"), quick=True, policy=str(finished/"policy"))
    said = capsys.readouterr().out
    assert said.count("there from before") == 4 and 'drive: "put the blue cube in the right box"\n' in said
    assert (finished/"out/finetune/policy/model.safetensors").read_bytes() == before
    assert json.loads((finished/"out/drive_0.json").read_text())["instruction"] == "put the blue cube in the right box"

def test_an_interrupted_demo_goes_on(finished, policy, monkeypatch, capsys):
    "Ctrl-C in the second evaluation: data, policy and first evaluation stay; the same command finishes"
    real, calls = D.evaluate, []
    def interrupted(*args, **kw):
        calls.append(1)
        raise KeyboardInterrupt
    (finished/"out/after.json").unlink()
    monkeypatch.setattr(D, "evaluate", interrupted)
    args = dict(say="put the blue cube in the right box", out=str(finished/"out"), quick=True, policy=str(finished/"policy"))
    with pytest.raises(SystemExit, match="the same command goes on"): D.demo_cli(**args)
    assert len(calls) == 1
    monkeypatch.setattr(D, "evaluate", real)
    capsys.readouterr()
    D.demo_cli(**args)
    assert "evaluate after training\n" in capsys.readouterr().out and (finished/"out/after.json").exists()
