"Evaluation: statistics against known values, seeds, determinism, ceiling and floor, videos, bad input."
import numpy as np
import copy, dataclasses, json

import av, numpy as np, pytest, torch

from smolvla.evaluate import corrections as evaluation_corrections
from smolvla.model import policy as evaluation_policy
from smolvla.evaluate import rates as evaluation
from smolvla.data.dataset import LeRobotDataset
from smolvla.arm import driving
from smolvla.sim.demonstrations import EVAL_SEED0
from smolvla.evaluate.rates import Rate, mcnemar, wilson
from smolvla.evaluate.films import load_video, save_video, video_grid
from smolvla.evaluate.rollouts import (
    DemonstratorDriver, Episode, EvalResult, PolicyDriver, aim, drive, eval_cli, eval_seeds,
    evaluate, failure_gallery, load_result, result_grid, run_episode, tell)
from smolvla.evaluate.corrections import Lead, correct_cli
from smolvla.model.fast import FrozenPolicy
from smolvla.precision import Choice
from smolvla.model.policy import SmolVLA
from smolvla.sim.twin import HOME, SO101Env
from smolvla.sim.demonstrations import record_episode
from smolvla.model.vlm import build_vlm, nano_tokenizer, nano_vlm_config


@pytest.fixture(scope="module")
def policy():
    "A nano policy with random weights whose actions stay near the home pose"
    torch.manual_seed(0)
    stats = {k: dict(mean=HOME, std=np.array([4, 4, 4, 4, 4, 1], np.float32), min=HOME - 9, max=HOME + 9, count=np.array([100])) for k in ("observation.state", "action")}
    return SmolVLA.new("nano", stats=stats, vlm=build_vlm(nano_vlm_config()), tokenizer=nano_tokenizer(), num_steps=2)


class DoNothing:
    def reset(self, env, seed): pass
    def chunk(self, observe): return np.tile(HOME, (30, 1))


def same(a, b): return [dataclasses.replace(e, inference_ms=0, video=None) for e in a.episodes] == [dataclasses.replace(e, inference_ms=0, video=None) for e in b.episodes]


# ---- statistics

@pytest.mark.parametrize("k, n, low, high", [  # Newcombe 1998, table I, method 3
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)])
def test_wilson_matches_published_values(k, n, low, high):
    assert np.allclose(wilson(k, n, 1.959964), (low, high), atol=6e-5)

def test_wilson_is_symmetric_and_stays_inside():
    for n in (1, 7, 50):
        for k in range(n + 1):
            a, b = wilson(k, n)
            c, d = wilson(n - k, n)
            assert 0 <= a <= k / n <= b <= 1 and np.allclose((a, b), (1 - d, 1 - c))

@pytest.mark.parametrize("k, n", [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError, match="expected 0 <= k <= n"): wilson(k, n)

def test_mcnemar_exact_values():
    a, b = [1] * 8 + [0] * 2, [0] * 6 + [1] * 2 + [0, 1]     # 6 against 1, so 2 * (1 + 7) / 2**7
    r = mcnemar(a, b)
    assert (r.both, r.only_a, r.only_b, r.neither) == (2, 6, 1, 1) and r.p == pytest.approx(16 / 128)
    assert mcnemar([1, 0], [1, 0]).p == 1 and mcnemar([1, 0], [0, 1]).p == 1
    assert mcnemar([1] * 10, [0] * 10).p == pytest.approx(2 / 2**10)

def test_mcnemar_swaps_with_its_arguments():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 60)) < [[0.8], [0.5]]
    r, s = mcnemar(a, b), mcnemar(b, a)
    assert r.p == s.p and (r.only_a, r.only_b) == (s.only_b, s.only_a)
    with pytest.raises(ValueError, match="one entry per seed"): mcnemar(a, b[:-1])

def test_rate_shows_counts_and_interval():
    assert repr(Rate(17, 20)) == "17/20 (Wilson 95 %: 64-95 %)"


# ---- seeds

def test_training_seeds_are_refused():
    for seeds in ([EVAL_SEED0 - 1], [EVAL_SEED0, 3]):
        with pytest.raises(ValueError, match="may have been used in a recording"): eval_seeds(seeds)
    with pytest.raises(ValueError, match="recording"): evaluate(DoNothing(), "pick_place", [5])
    with pytest.raises(ValueError, match="twice"): eval_seeds([EVAL_SEED0, EVAL_SEED0])
    with pytest.raises(ValueError, match="no seeds"): eval_seeds(0)


def test_eval_and_drive_see_the_same_scene():
    "What smolvla_eval met at a seed can be watched with smolvla_drive --seed --say, in its own words or in held-out ones."
    class Look(DoNothing):
        def reset(self, env, seed): self.seen.append((env.text, env.data.qpos.copy(), env.data.ctrl.copy()))
    evaluated, driven, held_out = Look(), Look(), Look()
    for d in (evaluated, driven, held_out): d.seen = []
    seeds = [EVAL_SEED0 + 7, EVAL_SEED0 + 8]
    evaluate(evaluated, "pick_place", seeds, max_seconds=.1)
    evaluate(held_out, "pick_place", seeds, max_seconds=.1, held_out=True)
    for seed, (text, *_) in zip(seeds, evaluated.seen): drive(driven, text, seed, max_seconds=.1)
    for a, b, c in zip(evaluated.seen, driven.seen, held_out.seen):
        assert a[0] == b[0] != c[0] and all(np.array_equal(a[k], x[k]) for k in (1, 2) for x in (b, c))


# ---- episodes

@pytest.mark.parametrize("task", ["pick_place", "sorting", "stacking", "pick_place_lego", "pad"])
def test_demonstrator_succeeds_and_touches_the_named_object(task):
    r = evaluate(DemonstratorDriver(), task, 4)
    assert r.success.k == r.touched_right.k == 4 and r.progress == 1 and 1 < r.time_s < 15

def test_doing_nothing_fails_and_says_why():
    r = evaluate(DoNothing(), "pick_place", 3, max_seconds=1)
    assert r.success.k == 0 and r.progress == 0 and r.time_s is None
    assert {e.reason for e in r.episodes} == {"never touched anything"} and {e.touch for e in r.episodes} == {"none"} and {e.steps for e in r.episodes} == {30}

def test_obeying_another_sentence_is_the_wrong_cube():
    "The demonstrator gets the opposite sentence: the probe must notice, and name the cube."
    class Deaf(DemonstratorDriver):
        def reset(self, env, seed):
            goals, env.goals = env.goals, tuple(g._replace(thing={"red cube": "blue cube", "blue cube": "red cube"}[g.thing]) for g in env.goals)
            super().reset(env, seed)
            self.first = self.demo.act()     # plans for the wrong cube
            env.goals, self.env, self.wrong = goals, env, env.goals
        def chunk(self, observe):
            right, self.env.goals = self.env.goals, self.wrong
            try: return super().chunk(observe)
            finally: self.env.goals = right
    r = evaluate(Deaf(), "pick_place", 3, max_seconds=6)
    assert r.success.k == 0 and r.touched_right.k == 0
    assert all(e.touch == "wrong" and e.reason == f"touched the {e.touched} first" for e in r.episodes)

def test_wrong_box_and_unreleased_are_told_apart():
    class Left(DoNothing):
        def reset(self, env, seed): self.env, self.place = env, "left box"
    from smolvla.evaluate.rollouts import failure
    from smolvla.sim.twin import BOXES
    from smolvla.sim.tasks import Goal
    env = SO101Env("pick_place")
    env.reset(seed=EVAL_SEED0, options={"instruction": "put the red cube in the left box"})
    x, y = BOXES["right box"]
    env.put("red cube", (x, y, 0.015))
    for _ in range(10): info = env.step(HOME)[-1]
    info = {**info, "touched_first": "red cube"}
    assert failure(env, info, "red cube", True) == "put in the right box"
    env.put("red cube", (0.2, 0, 0.0125))
    for _ in range(3): env.step(HOME)
    assert failure(env, info, "red cube", True) == "dropped or missed the place"
    assert failure(env, info, "red cube", False) == "touched, not lifted"
    env.close()

def test_rendering_only_when_the_policy_looks_changes_nothing(policy):
    "A driver that looks at every step sees what one that looks every twelfth step sees"
    seen = {}
    class Spy(PolicyDriver):
        def chunk(self, observe):
            self.looks.append(observe())
            return super().chunk(lambda: self.looks[-1])
        def reset(self, env, seed):
            super().reset(env, seed)
            self.looks = []
    env = SO101Env("pick_place", max_seconds=1)
    spy = Spy(policy, 12)
    run_episode(spy, env, EVAL_SEED0)
    obs = [env.reset(seed=EVAL_SEED0)[0]]
    spy2 = PolicyDriver(policy, 12)
    spy2.reset(env, EVAL_SEED0)
    for look in spy.looks:
        for k in look: assert np.array_equal(look[k], obs[-1][k]), k
        actions = spy2.chunk(lambda: obs[-1])
        for a in actions[:30 - len(obs) + 1]: obs.append(env.step(a)[0])
    assert len(spy.looks) == 3
    env.close()

def test_same_seed_same_episode_in_any_number_of_processes(policy, tmp_path):
    one = evaluate(policy, "pick_place", 2, max_seconds=1)
    two = evaluate(policy, "pick_place", 2, max_seconds=1, workers=2, video_dir=tmp_path)
    assert same(one, two) and one.compare(two).p == 1
    assert all(len(load_video(e.video)) == 11 for e in two.episodes)     # 30 steps, every third, and the start
    assert same(load_result(two.to_json(tmp_path/"r.json")), two)
    assert json.loads((tmp_path/"r.json").read_text())["success"]["n"] == 2
    for other, what in ((dict(task="stacking"), "task"), (dict(seeds=1), "seeds"), (dict(max_seconds=0.1), "max_seconds")):
        result = evaluate(DoNothing(), **{**dict(task="pick_place", seeds=2, max_seconds=1), **other})
        with pytest.raises(ValueError, match=f"different {what}"): one.compare(result)

def test_drivers_stay_in_their_process():
    with pytest.raises(ValueError, match="workers=1"): evaluate(DoNothing(), "pad", 2, workers=2)

def test_n_action_steps_decides_how_often_we_look(policy):
    looks = [evaluate(policy, "pick_place", 1, n_action_steps=n, max_seconds=1).episodes[0].chunks for n in (5, 15, 32)]
    assert looks == [6, 2, 1]
    with pytest.raises(ValueError, match="choose 1 to 32"): PolicyDriver(policy, 33)

def test_aim_measures_the_pinch_point(policy):
    from smolvla.evaluate.rollouts import AimProbe
    env = SO101Env("pick_place")
    probe = AimProbe(DemonstratorDriver())
    for s in eval_seeds(4):
        run_episode(probe, env, s, film=probe.watch)
        assert probe.grasp < 4 and probe.first > 10     # closes on the cube, starts elsewhere
    a = aim(policy, "pick_place", 2, max_seconds=0.5)
    assert np.isfinite(a.first).all() and np.isnan(a.grasp).all() and a.summary()["closed"] == 0
    env.close()


# ---- videos

def test_video_plays_back(tmp_path):
    frames = np.zeros((23, 65, 71, 3), np.uint8)
    frames[:, :, :, 1] = np.arange(23)[:, None, None] * 10
    path = save_video(tmp_path/"deep"/"v.mp4", frames, 10)
    back = load_video(path)
    assert back.shape == (23, 66, 72, 3) and np.abs(back[:, :65, :71, 1].mean((1, 2)) - frames[:, 0, 0, 1]).max() < 4
    with av.open(str(path)) as v:
        s = v.streams.video[0]
        assert s.codec_context.name == "h264" and s.codec_context.pix_fmt == "yuv420p" and s.average_rate == 10
    raw = path.read_bytes()
    assert raw.find(b"moov") < raw.find(b"mdat")
    with pytest.raises(ValueError, match="uint8"): save_video(tmp_path/"w.mp4", frames[:0], 10)

def test_grid_waits_for_the_longest():
    a, b = np.full((3, 40, 40, 3), 255, np.uint8), np.full((7, 40, 40, 3), 90, np.uint8)
    g = video_grid([a, b, a], ["one", "two", "three"], [True, False, None], columns=2)
    assert g.shape == (7, 2 * 59, 2 * 46, 3)
    assert tuple(g[0, 0, 0]) == (46, 160, 67) and tuple(g[0, 0, 46]) == (207, 34, 46) and (g[6, 10, 10] == 255).all()
    with pytest.raises(ValueError, match="no videos"): video_grid([], [], [])

def test_gallery_and_grid_of_a_result(tmp_path):
    r = evaluate(DoNothing(), "pad", 2, max_seconds=0.5, video_dir=tmp_path)
    assert result_grid(r).shape[0] == 6 and len([ax for ax in failure_gallery(r).axes if ax.images]) == 2
    good = dataclasses.replace(r.episodes[0], success=True, reason="")
    assert failure_gallery(EvalResult("pad", "x", [good])) is None


# ---- commands and bad input

def test_drive_films_a_sentence(tmp_path):
    e = drive(DemonstratorDriver(), "Put the BLUE cube in the left box.", EVAL_SEED0 + 3, tmp_path/"d.mp4", size=96)
    assert e.success and e.expected == "blue cube" and "done after" in tell(e)
    assert load_video(e.video).shape[1:] == (96, 96, 3)

def test_unknown_sentence_lists_what_can_be_said():
    with pytest.raises(ValueError, match="put the red cube in the left box"): drive(DemonstratorDriver(), "make coffee")
    with pytest.raises(SystemExit, match="(?s)smolvla_drive: .*make coffee.*stack the red cube"): driving.drive_cli(policy="nowhere", say="make coffee")

def test_commands_name_what_is_missing(tmp_path):
    for n in (1, 2):
        with pytest.raises(SystemExit, match="smolvla_eval: .*nowhere"): eval_cli(policy=str(tmp_path/"nowhere"), episodes=2, workers=n, out=str(tmp_path))
    with pytest.raises(SystemExit, match="unknown task 'fly'"): eval_cli(policy=str(tmp_path), task="fly", episodes=1, workers=1, out=str(tmp_path))
    with pytest.raises(SystemExit, match="recording"): eval_cli(seed=3, episodes=1, out=str(tmp_path))
    (tmp_path/"r.json").write_text("{}")
    with pytest.raises(ValueError, match="not a result of smolvla_eval"): load_result(tmp_path/"r.json")

def test_corrections_begin_where_the_policy_is(policy, tmp_path):
    lead, env = Lead(str(tmp_path/"p"), longest=1.), SO101Env("pick_place", image_size=32)
    policy.save_pretrained(tmp_path/"p")
    env.reset(seed=7); before = env.state()
    assert lead(env, 7) and env.steps == 0 and env.cameras == ("overhead", "wrist")
    moved = env.state()
    assert np.abs(moved - before).max() > .5                             # it has driven, somewhere
    frames = record_episode(env, 7, lead=lead)
    assert np.allclose(frames[0]["observation.state"], moved, atol=1e-3) and env._info()["success"]
    assert not np.allclose(record_episode(env, 7)[0]["observation.state"], moved, atol=1e-3)
    env.close()

def test_a_scene_that_the_policy_solves_needs_no_correction(monkeypatch):
    env = SO101Env("pad", image_size=32)
    monkeypatch.setattr(evaluation_corrections, "_leader", lambda name, written: DemonstratorDriver())
    monkeypatch.setattr(np.random, "default_rng", lambda seed=None: type("R", (), {"uniform": lambda self, a, b: b})())
    env.reset(seed=3)
    assert Lead("anything")(env, 3) is False and env._info()["success"]
    env.close()

def test_a_leader_trained_anew_drives_with_its_new_weights(policy, tmp_path, monkeypatch):
    policy = copy.deepcopy(policy)
    drivers = []
    monkeypatch.setattr(evaluation_corrections, "as_driver", lambda name: drivers.append(evaluation_policy.load_policy(name)) or DemonstratorDriver())
    env = SO101Env("pad", image_size=32); lead = Lead(str(tmp_path/"p"), .5)
    for n in (1, 2, 2): # saved, trained on and saved again, only used again
        if n > len(drivers):
            with torch.no_grad(): policy.model.action_out_proj.bias.fill_(n)
            policy.save_pretrained(tmp_path/"p")
        env.reset(seed=3); lead(env, 3)
        assert len(drivers) == n and (drivers[-1].model.action_out_proj.bias == n).all()
    env.close()

def test_correct_command(policy, tmp_path, capsys):
    policy.save_pretrained(tmp_path/"p")
    with pytest.raises(SystemExit, match="smolvla_correct: .*nowhere"): correct_cli(policy=str(tmp_path/"nowhere"), out=str(tmp_path/"d"))
    with pytest.raises(SystemExit, match="belong to evaluation"): correct_cli(policy=str(tmp_path/"p"), seed=EVAL_SEED0, out=str(tmp_path/"d"))
    with pytest.raises(SystemExit, match="smolvla_correct: .*float8.*bfloat16"): correct_cli(policy=str(tmp_path/"p"), compute_dtype="float8", out=str(tmp_path/"d"))
    with pytest.raises(SystemExit, match="smolvla_correct: .*camera_map"): correct_cli(policy=str(tmp_path/"p"), camera_map="=,", out=str(tmp_path/"d"))
    correct_cli(policy=str(tmp_path/"p"), task="pad", episodes=1, workers=1, out=str(tmp_path/"d"))
    assert "1 corrections" in capsys.readouterr().out and LeRobotDataset(tmp_path/"d").num_episodes == 1
    runs = json.loads((tmp_path/"d/meta/recording.json").read_text())["runs"]
    assert all("after Lead" in k for k in runs)

def test_eval_command_writes_json_grid_and_gallery(policy, tmp_path, capsys):
    policy.save_pretrained(tmp_path/"p")
    eval_cli(policy=str(tmp_path/"p"), task="pick_place", episodes=2, workers=1, max_seconds=0.5, out=str(tmp_path/"o"), compare=str(tmp_path/"p"))
    said = capsys.readouterr().out
    assert "0/2 (Wilson 95 %: 0-66 %)" in said and "exact McNemar p = 1" in said
    assert {p.name for p in (tmp_path/"o").iterdir()} == {"result.json", "grid.mp4", "failures.png", "episodes"}

def test_eval_never_writes_over_another_evaluation(policy, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path); policy.save_pretrained(tmp_path/"p")
    kw = dict(policy="p", task="pad", episodes=1, workers=1, max_seconds=.1)
    eval_cli(**kw)
    for more in (dict(seed=EVAL_SEED0 + 5), dict(episodes=2), dict(max_seconds=.2), dict(held_out=True), dict(n_action_steps=3)): eval_cli(**{**kw, **more})
    assert len(list((tmp_path/"outputs/eval").glob("*/result.json"))) == 6
    out = tmp_path/"mine"; eval_cli(**kw, out=str(out)); first = (out/"result.json").read_bytes()
    for more, what in ((dict(seed=EVAL_SEED0 + 5), "seeds was 1000000 to 1000000 and is 1000005 to 1000005"), (dict(episodes=2), "seeds"), (dict(max_seconds=.2), "max_seconds"),
                       (dict(task="sorting"), "task"), (dict(policy="nano"), "policy"), (dict(held_out=True), "held_out"), (dict(num_steps=1), "num_steps")):
        with pytest.raises(SystemExit, match=f"smolvla_eval: .*mine holds another evaluation, its {what}.*choose another --out"): eval_cli(**{**kw, **more}, out=str(out))
    assert (out/"result.json").read_bytes() == first
    eval_cli(**kw, out=str(out))                                            # the same one may be repeated
    result = load_result(out/"result.json")
    assert result.policy == "p" and result.settings["camera_map"] is None

@pytest.mark.parametrize("more, what", [(dict(max_seconds=-1), "max_seconds is -1"), (dict(workers=0), "workers is 0"), (dict(n_action_steps=0), "n_action_steps is 0"),
                                        (dict(num_steps=-2), "num_steps is -2"), (dict(episodes=0), "at least one episode"), (dict(n=0), "at least one episode")])
def test_eval_tells_numbers_out_of_range(tmp_path, more, what):
    with pytest.raises(SystemExit, match=f"smolvla_eval: .*{what}"): eval_cli(**{**dict(task="pad", episodes=1, out=str(tmp_path)), **more})

def test_eval_takes_a_camera_map_and_a_prefix(policy, tmp_path):
    from safetensors.torch import load_file, save_file
    slots = copy.deepcopy(policy); slots.save_pretrained(tmp_path/"p")
    f = tmp_path/"p/config.json"; c = json.loads(f.read_text())
    c["input_features"] = {k.replace("overhead", "camera1").replace("wrist", "camera2"): v for k, v in c["input_features"].items()}; f.write_text(json.dumps(c))
    for s in (tmp_path/"p").glob("policy_*.safetensors"): save_file({f"so100.buffer.{k}": v for k, v in load_file(s).items()}, s)
    kw = dict(policy=str(tmp_path/"p"), task="pad", episodes=1, workers=1, max_seconds=.1, out=str(tmp_path/"o"))
    with pytest.raises(SystemExit, match="smolvla_eval: "): eval_cli(**kw)
    eval_cli(**kw, camera_map="overhead=camera1,wrist=camera2", stats_prefix="so100.buffer")
    r = load_result(tmp_path/"o/result.json")
    assert r.settings["stats_prefix"] == "so100.buffer" and r.settings["camera_map"] == "overhead=camera1,wrist=camera2" and r.policy == str(tmp_path/"p")

@pytest.mark.parametrize("form", [("float32", False, True, 3), ("bfloat16", False, False, None), ("float32", True, False, None)], ids=str)
def test_workers_drive_the_very_same_policy(policy, form):
    "Eight bits, number format and solver steps travel with it"
    dtype, packed, eight, steps = form
    frozen = FrozenPolicy(policy, Choice(dtype, packed, "asked for"), eight, steps)
    here, there = (evaluate(frozen, "pad", 2, max_seconds=1.5, workers=n) for n in (1, 2))
    def told(r): return [(e.seed, e.steps, e.chunks, e.progress, e.first_mm, e.grasp_mm) for e in r.episodes]
    assert told(here) == told(there) and here.settings == there.settings and "asked for" in here.settings["precision"]
