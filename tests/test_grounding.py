"Chapter 09d: labels that fit the pictures, losses that ignore what is missing, and a pre-training that can be interrupted."
import json
import numpy as np, pytest, torch
from smolvla.sim.grounding import (
    Demos, Scenes, THINGS, UNIT, draw_pictures, eye_loss, ground_loss, ground_net, make_batch,
    nearness, pretrain, question, render_shard, seeing_loss, spots)
from smolvla.sim.demonstrations import record
from smolvla.model.vlm import load_vlm, nano_tokenizer

NAN = float("nan")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("scenes")
    render_shard(out, 0, n=40)
    return out

@pytest.fixture(scope="module")
def scenes(folder): return Scenes(folder)

@pytest.fixture(scope="module")
def demos(tmp_path_factory):
    root = tmp_path_factory.mktemp("demos")/"pick_place"
    record("pick_place", 2, root, seed0=3)
    return Demos(root)


# ---- labels

@pytest.mark.parametrize("thing,channel", [("red cube", 0), ("blue cube", 2)])
def test_the_labelled_pixel_has_the_colour_of_the_thing(scenes, thing, channel):
    k, hits = THINGS.index(thing), []
    for i in range(len(scenes)):
        spot = scenes.seen(i)[0, k]
        if np.isnan(spot[0]): continue
        x, y = spot.astype(int)
        pixel = scenes.picture(i)[0][y, x].astype(int)
        hits.append(pixel[channel] > 1.3*np.delete(pixel, channel).max())
    assert len(hits) > 10 and np.mean(hits) > .6   # the arm hides some of them

def test_pixels_are_inside_the_picture_or_nan(scenes):
    p = scenes.pixels
    assert p.shape == (40, 2, len(THINGS), 2)
    ok = ~np.isnan(p)
    assert ((p[ok] >= 0) & (p[ok] < 128)).all() and (np.isnan(p[..., 0]) == np.isnan(p[..., 1])).all()
    assert np.isnan(p[:, 0][np.isnan(scenes.where[..., 0])]).all()     # what is not there is in no picture

def test_same_shard_same_scenes(folder, tmp_path):
    render_shard(tmp_path, 0, n=3)
    again, first = Scenes(tmp_path), Scenes(folder)
    assert all((again.picture(i) == first.picture(i)).all() for i in range(3))
    np.testing.assert_array_equal(again.pixels, first.pixels[:3])

def test_an_interrupted_shard_is_rendered_again(tmp_path):
    render_shard(tmp_path, 4, n=2)
    (tmp_path/"0004"/"asks.json").unlink()                              # killed before the last file
    with pytest.raises(FileNotFoundError, match="render_scenes"): Scenes(tmp_path)
    render_shard(tmp_path, 4, n=2)
    assert len(Scenes(tmp_path)) == 2

def test_questions_point_at_what_they_name(scenes):
    rng, seen = np.random.default_rng(0), 0
    for i in range(len(scenes)):
        text, points, answer = scenes.ask(i, rng)
        name = next((t for t in THINGS if text == f"where is the {t}?"), None)
        if name is None: continue
        seen += 1
        np.testing.assert_array_equal(points[0], scenes.where[i, THINGS.index(name)])
        assert np.isnan(points[1]).all() and answer.startswith("x ")
    assert seen > 5

def test_no_question_about_what_is_absent(scenes):
    where = scenes.where[0].copy(); where[THINGS.index("red cube")] = NAN
    rng = np.random.default_rng(1)
    texts = {question(where, -1, ["do it"], np.zeros((1, 2, 3)), rng)[0] for _ in range(200)}
    assert "where is the red cube?" not in texts and len(texts) > 4

def test_demonstrations_are_scenes_too(demos):
    text, points, _ = demos.ask(0, np.random.default_rng(0))
    assert points.shape == (2, 3) and np.isfinite(points[0]).all() and text
    assert np.isfinite(demos.seen(0)[0, THINGS.index("gripper")]).all() and np.isnan(demos.seen(0)[1]).all()


# ---- losses

def sure(pixels, T=64):
    return nearness(pixels, T).clamp(min=1e-9).log(), ((pixels-64)/UNIT)[:, None].expand(len(pixels), T, len(THINGS), 2)

@pytest.mark.parametrize("T", [16, 64])
def test_a_head_that_knows_reads_the_pixel_back(T):
    pixels = torch.rand(20, len(THINGS), 2)*127
    torch.testing.assert_close(spots(*sure(pixels, T)), pixels, atol=.01, rtol=0)

def test_near_patches_share_a_thing():
    pixels = torch.rand(50, len(THINGS), 2)*127
    near = nearness(pixels, 64)
    torch.testing.assert_close(near.sum(1), torch.ones(50, len(THINGS)))
    assert (near > 0).sum(1).max() <= 4 and (near.flatten(0, 0).argmax(1)//8 == (pixels[..., 1]//16).long()).float().mean() > .95

def test_seeing_loss_is_lowest_at_the_truth():
    pixels = 8 + torch.rand(4, len(THINGS), 2)*112
    here, place = sure(pixels)
    right = seeing_loss(here, place, pixels)
    assert right < seeing_loss(torch.zeros_like(here), place, pixels) and right < seeing_loss(here, place+.2, pixels)
    assert right < seeing_loss(here, place, pixels.roll(1, 0))

def test_missing_things_teach_nothing():
    here, off = torch.randn(2, 64, 7, requires_grad=True), torch.randn(2, 64, 7, 2, requires_grad=True)
    pixels = torch.full((2, 7, 2), NAN); pixels[0, 3] = torch.tensor([50., 60.])
    seeing_loss(here, off, pixels).backward()
    only = torch.zeros(2, 64, 7, dtype=torch.bool); only[0, :, 3] = True
    assert here.grad.isfinite().all() and (here.grad[~only] == 0).all() and (here.grad[only] != 0).any() and (off.grad[~only] == 0).all()

def test_a_batch_with_nothing_to_see_gives_zero():
    loss = seeing_loss(torch.randn(2, 64, 7, requires_grad=True), torch.randn(2, 64, 7, 2), torch.full((2, 7, 2), NAN))
    loss.backward()
    assert loss == 0

def test_the_eyes_learn_without_the_language_layers(scenes):
    torch.manual_seed(0)
    net = ground_net()
    eye_loss(net, draw_pictures([scenes], 2, np.random.default_rng(0))[1])[0].backward()
    has = {n for n, p in net.named_parameters() if p.grad is not None}
    assert any("connector" in n for n in has) and any("vision_model" in n for n in has) and not any("text_model" in n or n.startswith(("head", "side")) for n in has)

def test_all_parts_get_a_gradient(scenes, demos):
    torch.manual_seed(0)
    net = ground_net()
    batch = make_batch([scenes, demos], 4, 2, nano_tokenizer(), np.random.default_rng(0))
    point, seen, words = ground_loss(net, batch, True)
    (point + seen + words).backward()
    silent = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert not silent, silent

def test_share_decides_where_pictures_come_from(scenes, demos):
    rows, _ = draw_pictures([scenes, demos], 30, np.random.default_rng(0), [0., 1.])
    assert all(s is demos for s, _ in rows)


# ---- the run

class Stop(Exception): pass

def run(scenes, out, steps, eyes=2):
    "Steps of a pre-training on a few scenes, stopped from outside the way a kill would, after a checkpoint."
    class Counted:
        n = 0
        def __len__(self): return len(scenes)
        def picture(self, i): return scenes.picture(i)
        def seen(self, i): return scenes.seen(i)
        def ask(self, i, rng): return scenes.ask(i, rng)
    import smolvla.sim.grounding as G
    real, calls = G.report, []
    def report(run, *a):
        calls.append(run.step)
        if run.step == steps: run.save(); raise Stop
    G.report = report
    try:
        with pytest.raises(Stop): pretrain([Counted()], {"scenes": [scenes]}, out, minutes=60, batch=2, questions=1, eyes=eyes, report_every=1, fuse=False)
    finally: G.report = real
    return calls

def test_resume_goes_on_where_it_stopped(scenes, tmp_path):
    "The clock steers the learning rate, so weights differ a little with timing; step, data and parts do not."
    from safetensors import safe_open
    assert run(scenes, tmp_path, 4) == [1, 2, 3, 4]
    assert run(scenes, tmp_path, 6) == [5, 6]
    with safe_open(tmp_path/"state.safetensors", "pt") as f:
        assert f.metadata()["step"] == "6" and float(f.metadata()["seconds"]) > 0 and any(k.startswith("opt.") for k in f.keys())

def test_a_finished_run_leaves_a_vlm_and_a_log(scenes, tmp_path):
    pretrain([scenes], {"scenes": [scenes]}, tmp_path, minutes=60, steps=4, batch=2, questions=1, eyes=1, report_every=3, fuse=False)
    rows = [json.loads(line) for line in (tmp_path/"metrics.jsonl").read_text().splitlines()]
    assert rows and {"scenes.eyes_px", "scenes.pick", "scenes.place"} <= set(rows[-1]) and len(rows[-1]["scenes.pick"]) == 2
    assert load_vlm(tmp_path/"nano_vlm").config.text_config.hidden_size == 192
    assert (tmp_path/"nano_vlm"/"pointing.safetensors").exists()


# ---- the command

def refused(match, tmp_path, **kw):
    from smolvla.sim.grounding import ground_cli
    with pytest.raises(SystemExit, match=f"smolvla_ground: .*{match}") as e: ground_cli(**{**dict(out=str(tmp_path/"o"), scenes=str(tmp_path/"s")), **kw})
    assert "\n" not in str(e.value.code) and not (tmp_path/"s").exists() and not (tmp_path/"o").exists(), "refused before a scene is drawn"

@pytest.mark.parametrize("n", [1, 999, 1000])
def test_too_few_scenes_are_refused_before_drawing(tmp_path, n): refused("give --n 2000 or more", tmp_path, n=n)

@pytest.mark.parametrize("kw", [dict(n=0), dict(n=-5), dict(minutes=0), dict(minutes=float("nan")), dict(workers=0)])
def test_numbers_of_the_command(tmp_path, kw): refused(f"--{next(iter(kw))} is .*above 0", tmp_path, **kw)

def test_data_of_the_command_is_looked_at_first(tmp_path, demos):
    refused("does not exist", tmp_path, data=[str(tmp_path/"nowhere")])
    record("pad", 1, tmp_path/"few", seed0=3)
    refused("has 1 episodes, and the last 6 are held out", tmp_path, data=[str(tmp_path/"few")])

def test_the_command_trains_on_two_shards(tmp_path, monkeypatch):
    import smolvla.sim.grounding as G
    monkeypatch.setattr(G, "SHARD", 3)
    monkeypatch.setattr(G, "render_scenes", lambda folder, n, workers: [render_shard(folder, s, 3) for s in range(-(-n//3))])
    seen = {}
    monkeypatch.setattr(G, "pretrain", lambda train, test, out, minutes, **kw: seen.update(train=len(train[0]), test=len(test["scenes"][0])))
    G.ground_cli(out=str(tmp_path/"o"), scenes=str(tmp_path/"s"), n=4)
    assert seen == dict(train=3, test=3)
    G.ground_cli(out=str(tmp_path/"o"), scenes=str(tmp_path/"s"), n=1)      # the scenes that are there count
