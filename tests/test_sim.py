"""The twin: units, sentences, success and partial credit, labels that agree with pixels, the demonstrator, recording, bad input."""
import json, os, subprocess, sys, warnings
import gymnasium as gym, numpy as np, pytest
from smolvla.sim.twin import (
    Arm, BOXES, CUBES, FPS, HOME, JOINT_RANGE, NAMES, OBJECTS, SO101Env, base_model, cluster,
    draw_layout, frame, pitch_for, project, read_stl, robot_folder, to_radians, to_units)
from smolvla.sim.tasks import Goal, HELD_OUT, SENTENCES, TEMPLATES, instruction, parse
from smolvla.sim.demonstrator import Demonstrator, rollout
from smolvla.sim.demonstrations import Ledger, POINTS, random_scene, record


@pytest.fixture(scope="module")
def env():
    e = SO101Env("pick_place")
    yield e
    e.close()


@pytest.fixture(scope="module")
def blind(): return SO101Env("pick_place", render=False)


def stay(env, n=4):
    for _ in range(n): *_, info = env.step(HOME)
    return info


# --- units ---

def test_units_round_trip():
    q = np.random.default_rng(0).uniform(*JOINT_RANGE.T, size=(50, 6))
    np.testing.assert_allclose(to_radians(to_units(q)), q, atol=1e-6)
    assert to_units(q).dtype == np.float32

def test_units_anchor_values():
    assert to_units(JOINT_RANGE[:, 0])[5] == 0 and abs(to_units(JOINT_RANGE[:, 1])[5]-100) < 1e-4
    np.testing.assert_allclose(to_units(np.full(6, np.pi/6))[:5], 30, atol=1e-4)

def test_state_follows_action(blind):
    blind.reset(seed=0)
    target = HOME+np.array([15, 10, 10, -10, 20, 25], np.float32)
    for _ in range(40): obs, *_ = blind.step(target)
    np.testing.assert_allclose(obs["observation.state"], target, atol=1.5)

def test_targets_beyond_the_limits_are_clipped(blind):
    blind.reset(seed=0)
    blind.step(np.full(6, 1e6))
    np.testing.assert_allclose(blind.data.ctrl, JOINT_RANGE[:, 1])


# --- gymnasium ---

@pytest.mark.parametrize("name", ["PickPlace", "Stacking", "Sorting", "PickPlaceLego", "Pad"])
def test_env_checker(name):
    from gymnasium.utils.env_checker import check_env
    e = gym.make(f"smolvla/{name}-v0").unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_env(e)
    e.close()

def test_same_seed_same_episode_to_the_bit():
    def episode(seed):
        e, rng = SO101Env("stacking", randomize=True), np.random.default_rng(3)
        e.reset(seed=99); e.step(HOME)  # an earlier episode must leave no trace
        obs, _ = e.reset(seed=seed)
        for _ in range(10): obs, *_ = e.step(HOME+rng.uniform(-30, 30, 6))
        e.close()
        return [e.data.qpos.tobytes(), *(v.tobytes() if hasattr(v, "tobytes") else v for v in obs.values())]
    a, b, c = episode(5), episode(5), episode(6)
    assert a == b
    assert a[0] != c[0]

def test_time_runs_out():
    e = SO101Env(render=False, max_seconds=.2)
    e.reset(seed=0)
    assert [e.step(HOME)[3] for _ in range(6)] == [False]*5+[True]


# --- sentences ---

def test_every_sentence_is_a_legal_text_and_the_held_out_ones_are_apart(blind):
    assert all(blind.observation_space["task"].contains(s) for s in SENTENCES)
    for task in TEMPLATES:
        train = {instruction(task, np.random.default_rng(k)) for k in range(200)}
        test = {instruction(task, np.random.default_rng(k), held_out=True) for k in range(100)}
        assert train and test and not train & test
        assert all(parse(s)[0] == task for s in train | test)

@pytest.mark.parametrize("text, goals", [
    ("Put the red cube in the right box and the blue cube in the left box", (Goal("red cube", "right box"), Goal("blue cube", "left box"))),
    ("  put the  BLUE cube in the left box. ", (Goal("blue cube", "left box"),)),
    ("stack the red cube on the blue cube", (Goal("red cube", "blue cube"),)),
    ("put the red cube on the green pad", (Goal("red cube", "green pad"),)),
    ("put the yellow lego brick in the left box", (Goal("lego brick", "left box"),))])
def test_parse(text, goals): assert parse(text)[1] == goals

@pytest.mark.parametrize("text", ["", "dance", "put the red cube in the red box", "put the purple cube in the left box"])
def test_unknown_sentences_get_examples(blind, text):
    with pytest.raises(ValueError, match="put the red cube in the left box"): parse(text)
    if text:
        with pytest.raises(ValueError, match="does not understand"): blind.reset(options={"instruction": text})

def test_a_sentence_of_another_task_sets_the_scene():
    e = SO101Env("pick_place", render=False)
    _, info = e.reset(seed=1, options={"instruction": "put the green lego brick in the right box"})
    assert info["task"] == "pick_place_lego" and "lego brick" in e.truth() and e.brick_color == "green"
    _, info = e.reset(seed=1)
    assert info["task"] == "pick_place" and "lego brick" not in e.truth()


# --- success and partial credit ---

@pytest.mark.parametrize("place, success", [((.20, .155, .0145), True), ((.13, .155, .0125), False), ((.20, .10, .0125), False),
                                            ((.20, -.155, .0145), False), ((.20, .155, .12), False)])
def test_box_success_can_fail(blind, place, success):
    blind.reset(seed=0, options={"instruction": "put the red cube in the left box"})
    blind.put("red cube", place)
    assert stay(blind, 3 if place[2] > .1 else 10)["success"] == success  # in the last case the cube is still falling

def test_the_wrong_cube_in_the_box_is_no_success(blind):
    blind.reset(seed=0, options={"instruction": "put the red cube in the left box"})
    blind.put("blue cube", (.20, .155, .0145))
    info = stay(blind, 10)
    assert not info["success"] and info["progress"] == 0

def drive_until(env, demo, phase):
    for _ in rollout(env, demo):
        if demo.phase == phase: return env._info()
    raise AssertionError(f"never reached {phase}")

def test_held_over_the_box_is_half_a_success(blind):
    blind.reset(seed=3, options={"instruction": "put the red cube in the left box"})
    info = drive_until(blind, Demonstrator(blind), "open")
    dx = np.abs(np.subtract(blind.truth()["red cube"], blind.truth()["left box"]))[:2]
    assert blind.truth()["held"] == "red cube" and dx.max() < .03   # inside the outline of the box
    assert not info["success"] and info["progress"] == .5 and info["touched_first"] == "red cube"
    assert blind.subgoal()[0] == "red cube"

def test_sorting_counts_each_cube(blind):
    blind.reset(seed=0, options={"instruction": "put the red cube in the right box and the blue cube in the left box"})
    assert blind.subgoal()[0::2] == ("red cube", "right box")
    blind.put("red cube", (.20, -.155, .0145))
    info = stay(blind, 10)
    assert info["progress"] == .5 and not info["success"]
    assert blind.subgoal()[0::2] == ("blue cube", "left box")
    blind.put("blue cube", (.20, .155, .0145))
    assert stay(blind, 10)["success"]

@pytest.mark.parametrize("shift, success", [(0, True), (.06, False)])
def test_stacking_and_pad(blind, shift, success):
    blind.reset(seed=0, options={"instruction": "stack the red cube on the blue cube"})
    x, y, z = blind.position("blue cube")
    blind.put("red cube", (x, y+shift, z+.0251 if success else z))
    assert stay(blind, 20)["success"] == success
    blind.reset(seed=0, options={"instruction": "put the red cube on the green pad"})
    x, y, _ = blind.position("green pad")
    blind.put("red cube", (x, y+shift, .0125))
    blind.put("blue cube", (.27, -.1, .0125))
    assert stay(blind, 20)["success"] == success


# --- labels and pixels ---

IS_COLOR = {"red cube": lambda r, g, b: (r > 90) & (g < 60) & (b < 60), "blue cube": lambda r, g, b: (b > 90) & (r < 60) & (g < 90),
            "green pad": lambda r, g, b: (g > 90) & (r < 70) & (b < 110)}

def centre_of_color(image, name):
    rows, cols = np.nonzero(IS_COLOR[name](*np.moveaxis(image.astype(int), -1, 0)))
    return (np.array([cols.mean(), rows.mean()])+.5 if len(rows) else None), len(rows)

def test_random_scene_truth_lies_on_the_coloured_pixels(env):
    rng, checked, close = np.random.default_rng(0), 0, 0
    for _ in range(50):
        s = random_scene(env, rng)
        if s["task"] == "pick_place_lego": continue
        image = s["obs"]["observation.images.overhead"]
        for name in [n for n in s["truth"] if n in IS_COLOR]:
            where, n = centre_of_color(image, name)
            if n < (30 if name in CUBES else 250): continue  # hidden by the arm
            checked, close = checked+1, close+(np.linalg.norm(where-project(env.data, s["truth"][name])) < 3)
    assert checked > 30 and close >= .9*checked   # an arm in front of half a cube moves its visible centre

def test_projection_notices_a_wrong_label(env):
    env.reset(seed=2)
    wrong = np.add(env.truth()["red cube"], (0, .03, 0))
    where, n = centre_of_color(env.observe()["observation.images.overhead"], "red cube")
    assert n > 30 and np.linalg.norm(where-project(env.data, env.truth()["red cube"])) < 2
    assert np.linalg.norm(where-project(env.data, wrong)) > 4

def test_random_scene_is_reproducible_and_varied(blind):
    a = [random_scene(blind, np.random.default_rng(k)) for k in range(40)]
    b = random_scene(blind, np.random.default_rng(7))
    assert a[7]["truth"] == b["truth"] and a[7]["instruction"] == b["instruction"]
    assert {s["task"] for s in a} == set(TEMPLATES)
    held = [s for s in a if s["truth"]["held"]]
    assert held and all(s["subgoal"][0] == s["truth"]["held"] for s in held)
    assert all(s["truth"]["gripper"][2] > 0 for s in a)

def test_reset_after_random_scene_is_an_ordinary_reset(blind):
    blind.reset(seed=11); want = blind.data.qpos.copy(), blind.model.body_pos.copy()
    random_scene(blind, np.random.default_rng(0))
    blind.reset(seed=11)
    assert (blind.data.qpos == want[0]).all() and (blind.model.body_pos == want[1]).all()


# --- kinematics ---

def test_ik_reaches_the_working_region():
    arm, rng = Arm(base_model()), np.random.default_rng(0)
    for _ in range(40):
        pos = np.array([rng.uniform(.15, .27), rng.uniform(-.1, .1), rng.uniform(.01, .08)])
        q, left = arm.ik(pos, frame(pos, pitch_for(pos), 0), to_radians(HOME)[:5], 40)
        assert left < 1e-3 and np.linalg.norm(arm.tip(q)[0]-pos) < 1e-3

def test_frame_is_a_rotation():
    R = frame(np.array([.2, .1, .05]), .3, 1.1)
    np.testing.assert_allclose(R@R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(R) > .99

def test_clustering_keeps_the_outline():
    tris = read_stl(robot_folder()/"assets/under_arm_so101_v1.stl")
    v, f = cluster(tris, .002)
    assert len(f) < len(tris)/5 and np.abs(np.ptp(v, 0)-np.ptp(tris, (0, 1))).max() < .001 and f.max() < len(v)


# --- demonstrator ---

@pytest.mark.parametrize("task", TEMPLATES)
def test_demonstrator_succeeds(task):
    e = SO101Env(task, render=False)
    demo = Demonstrator(e)
    for seed in (900, 901):
        e.reset(seed=seed); demo.reset()
        for _ in rollout(e, demo): pass
        info = e._info()
        assert info["success"] and info["progress"] == 1 and info["touched_first"] == e.goals[0].thing, (task, seed)

def test_demonstrator_recovers_when_the_cube_is_taken_away(blind):
    blind.reset(seed=3, options={"instruction": "put the red cube in the left box"})
    demo, moved = Demonstrator(blind), False
    for _ in rollout(blind, demo):
        if demo.phase == "lift" and not moved and blind.position("red cube")[2] > .03:
            blind.put("red cube", (.20, -.05, .0125), .4); blind.data.qvel[:] = 0; moved = True
    assert moved and blind._info()["success"]

def test_noise_disturbs_what_is_executed_and_not_the_label(blind):
    def run(noise):
        blind.reset(seed=5)
        d = Demonstrator(blind, rng=np.random.default_rng(0))
        return [(a, x) for _, a, x, _ in rollout(blind, d, noise)]
    clean, noisy = run(0.), run(2.)
    assert all(a is x for a, x in clean)
    gaps = np.array([x-a for a, x in noisy])
    assert 1 < gaps[:, :5].std() < 3 and (gaps[:, 5] == 0).all()
    assert all(a.dtype == x.dtype == np.float32 for a, x in noisy)
    np.testing.assert_array_equal([a for a, _ in clean[:10]], [a for a, _ in noisy[:10]])  # the plan itself does not shake


def test_demonstrator_starts_anywhere():
    "A closed hand beside the cube, as a policy leaves it after a miss: up, over, and no jump on the way."
    env = SO101Env("pick_place", render=False)
    for seed in range(3):
        env.reset(seed=seed)
        demo = Demonstrator(env)
        tip = env.subgoal()[1]+(.0, .04, .005)
        for _ in range(60): env.step(np.append(to_units(np.append(demo.solve(tip, 0.), 0))[:5], 0.))
        env.steps, start = 0, to_units(env.data.ctrl[:6])
        demo.reset(); commands = [start]
        while (a := demo.act()) is not None: commands.append(a); env.step(a)
        assert env._info()["success"], seed
        assert np.abs(np.diff(commands, axis=0))[:, :5].max() < 12, seed   # degrees a step

# --- recording ---

def test_record_resumes_and_keeps_names(tmp_path):
    from smolvla.data.dataset import LeRobotDataset
    root = tmp_path/"demos"
    assert record("pick_place", 1, root, seed0=40, noise=1., quiet=True)["episodes"] == 1
    assert record("pick_place", 1, root, seed0=40, noise=1., quiet=True)["frames_added"] == 0
    out = record("pick_place", 2, root, seed0=40, noise=1., quiet=True)
    ds = LeRobotDataset(root)
    assert out["episodes"] == ds.num_episodes == 2 and ds.fps == FPS
    assert ds.features["action"]["names"] == NAMES and ds.features["observation.environment_state"]["names"] == POINTS
    points = ds.column("observation.environment_state")
    lift = np.linalg.norm(points[:, :3]-points[:, 6:], axis=1)
    assert lift.min() < .03 and (points[:, 2] > 0).all()          # the gripper reaches the thing it is sent to
    assert json.loads((root/"meta/recording.json").read_text())["runs"]

def test_ctrl_c_keeps_what_is_saved_and_the_same_command_goes_on(tmp_path, monkeypatch):
    from smolvla.sim import demonstrations as sim_demonstrations
    import smolvla.sim.twin as sim
    from smolvla.arm import recording as recording_recording
    from smolvla.arm import cameras as recording
    from smolvla.data.dataset import LeRobotDataset
    one = sim_demonstrations._one
    def interrupted(task, seed, *how):
        if seed == 61: raise KeyboardInterrupt
        return one(task, seed, *how)
    monkeypatch.setattr(sim_demonstrations, "_one", interrupted)
    with pytest.raises(SystemExit, match="every saved episode is kept"):
        recording_recording.record_cli(task="pick_place", episodes=2, out=str(tmp_path/"demos"), seed=60, workers=1)
    assert LeRobotDataset(tmp_path/"demos").num_episodes == 1
    monkeypatch.setattr(sim_demonstrations, "_one", one)
    assert record("pick_place", 2, tmp_path/"demos", seed0=60, quiet=True)["episodes"] == 2

def test_two_recorders_on_one_folder(tmp_path):
    from smolvla.data.writer import DatasetWriter
    from smolvla.arm.recording import record_cli
    from smolvla.sim.demonstrations import features
    with DatasetWriter(tmp_path/"demos", FPS, features()):
        with pytest.raises(SystemExit, match="another process"): record_cli(out=str(tmp_path/"demos"), episodes=1, workers=1)

def test_ledger_forgets_an_episode_that_was_not_saved(tmp_path):
    (tmp_path/"meta").mkdir()
    ledger = Ledger(tmp_path, 0)
    ledger.run("a")["seeds"] += [0, 1]
    ledger.save("a")
    assert Ledger(tmp_path, 2).run("a")["seeds"] == [0, 1]
    assert Ledger(tmp_path, 1).run("a")["seeds"] == [0]


# --- a seed is a scene ---

def scene(env, seed, text=None):
    "Where everything is and what it looks like, but for the colour that a sentence may ask for"
    env.reset(seed=seed, options={"instruction": text} if text else None)
    looks = np.delete(env.model.geom_rgba, np.flatnonzero(env._thing == OBJECTS.index("lego brick")), 0)
    return np.concatenate([env.data.qpos, env.data.ctrl, looks.ravel(), env.model.body_pos.ravel(), env.model.light_diffuse.ravel()])

@pytest.mark.parametrize("task", TEMPLATES)
@pytest.mark.parametrize("randomize", [False, True])
def test_a_seed_is_a_scene_whatever_is_said(task, randomize):
    e, other = SO101Env(task, render=False, randomize=randomize), SO101Env("pad", render=False, randomize=randomize)
    for seed in (0, 7, 1_000_007):
        own = scene(e, seed); text = e.text
        drawn = [instruction(task, np.random.default_rng(k), held) for k in range(4) for held in (False, True)]
        for said in (text, text.upper() + ".", *drawn):
            assert np.array_equal(scene(e, seed, said), own), (seed, said)
            assert np.array_equal(scene(other, seed, said), own), "the sentence decides the task, not the environment's own"
            assert e.text == said.lower().rstrip(".")

def test_the_brick_keeps_its_colour_unless_another_is_asked_for(blind):
    e = SO101Env("pick_place_lego", render=False)
    for seed in range(6):
        e.reset(seed=seed); own = e.brick_color
        e.reset(seed=seed, options={"instruction": "put the lego brick in the left box"})
        assert e.brick_color == own
        e.reset(seed=seed, options={"instruction": "put the green lego brick in the left box"})
        assert e.brick_color == "green"

STORED = {0: ("grab the blue cube and drop it in the left box", .19, -.064, .249, .058),
          11: ("pick up the red cube and place it in the left box", .215, .014, .176, .06),
          1_000_000: ("take the red cube and put it in the box on the right", .183, .006, .239, -.063),
          1_000_007: ("place the blue cube inside the left box", .267, -.062, .196, -.063)}

def test_scenes_of_seeds_are_those_of_the_stored_results():
    "shipped.json and every recording depend on these places (metres); a draw more or less in `reset` would move them all."
    e = SO101Env("pick_place", render=False)
    for seed, want in STORED.items():
        e.reset(seed=seed)
        assert (e.text, *np.round([e.position(c)[:2] for c in ("red cube", "blue cube")], 3).ravel().tolist()) == want


# --- bad input ---

@pytest.mark.parametrize("action, message", [(np.full(6, np.nan), "NaN"), (np.array([0, 0, 0, 0, 0, np.inf]), "infinity"), (np.zeros(5), r"shape \(6,\)"),
                                             (np.zeros((1, 6)), r"shape \(6,\)")])
def test_bad_actions(blind, action, message):
    blind.reset(seed=0)
    before = blind.data.qpos.copy()
    with pytest.raises(ValueError, match=message): blind.step(action)
    assert (blind.data.qpos == before).all()

def test_bad_construction():
    with pytest.raises(ValueError, match="unknown task.*pick_place"): SO101Env("juggle")
    with pytest.raises(ValueError, match="no camera"): SO101Env(cameras=("front",))
    with pytest.raises(ValueError, match="lacks.*blue cube"):
        SO101Env("stacking", render=False).reset(seed=0, options={"instruction": "stack the red cube on the blue cube", "layout": {"red cube": (.2, 0, 0)}})

def test_bad_recordings(tmp_path):
    with pytest.raises(ValueError, match="unknown task"): record("juggle", 1, tmp_path/"x")
    with pytest.raises(ValueError, match="at least 1"): record("pick_place", 0, tmp_path/"x")
    assert not (tmp_path/"x").exists()

def test_behind_the_camera(env):
    env.reset(seed=0)
    assert np.isnan(project(env.data, (2, 0, 1))).all()
    two = project(env.data, [[.2, 0, 0], [2, 0, 1]])
    assert np.isnan(two[1]).all() and (two[0] == project(env.data, (.2, 0, 0))).all() and (0 < two[0]).all() and (two[0] < 128).all()

def test_without_opengl_there_is_one_clear_message():
    code = "from smolvla.sim.twin import SO101Env\ne = SO101Env(render=False); e.reset(seed=0); print('physics works')\nSO101Env().reset(seed=0)"
    p = subprocess.run([sys.executable, "-c", code], env={**os.environ, "MUJOCO_GL": "disable"}, capture_output=True, text=True, timeout=120)
    assert "physics works" in p.stdout and p.returncode != 0
    assert "apt-get install" in p.stderr and "libegl1" in p.stderr

@pytest.mark.parametrize("backend", ["glfw", "nonsense"])
def test_an_opengl_that_cannot_draw_here_is_told_in_one_sentence(backend):
    from smolvla.sim.twin import gl_backend
    if gl_backend() != "egl" or os.environ.get("DISPLAY"): pytest.skip("needs a machine with EGL and without a screen")
    code = "from smolvla.sim.twin import SO101Env\nSO101Env().reset(seed=0)"
    p = subprocess.run([sys.executable, "-c", code], env={**os.environ, "MUJOCO_GL": backend}, capture_output=True, text=True, timeout=120)
    last = p.stderr.strip().splitlines()[-1]
    assert p.returncode == 1 and f"MUJOCO_GL={backend} cannot draw here: set MUJOCO_GL=egl" in last and "Exception ignored" not in p.stderr
