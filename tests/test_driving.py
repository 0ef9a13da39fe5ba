"What chapter 14b is too short to hold: drives that end, bad input, the command on a virtual arm behind a pseudo-terminal."
import json, os, re, subprocess, sys, time
from pathlib import Path

import numpy as np
import pytest
from async_toys import Toy
from commands import linux
from smolvla.serve.loop import Control, NotSeen, SimulatedLink, lag
from smolvla.arm.driving import (
    ArmRobot, Driving, check_chunk, drive_arm, drive_cli, drive_panel, drive_twin)
from smolvla.arm.wire import ManualClock
from smolvla.arm.virtual import PtyServer, twin_bus
from smolvla.serve.server import PolicyServer, load_backends
from smolvla.arm.cameras import CameraLost
from smolvla.sim.twin import SO101Env
from smolvla.arm.so101 import Limits, SO101

class Cam:
    shape, name, shot, gone = (128, 128), "overhead", None, False
    def latest(self, max_age=.5):
        if self.gone: raise CameraLost("overhead: no new picture for 0.6 s")
        self.shot = type("S", (), dict(picture=np.zeros((128, 128, 3), np.uint8)))
        return self.shot
    def close(self): pass

@pytest.fixture
def arm():
    env = SO101Env("pick_place", cameras=()); env.reset(seed=1_000_000)
    a = SO101("twin", env=env, clock=ManualClock()).connect()
    yield a
    a.mode = "closed"

def swing(arm, amplitude=10.):
    "A policy without a network: a slow wave of the shoulder around where the arm was"
    start, t0 = arm.state().astype(np.float32), arm.clock.now()
    def infer(look):
        t = look.t-t0+np.arange(24)/30
        return start+np.outer(np.sin(t), [amplitude, 0, 0, 0, 0, 0]).astype(np.float32)
    return infer

def drive(arm, infer=None, seconds=3., latency=.1, **kw):
    robot = ArmRobot(arm, {"overhead": Cam()}, "wave", seconds)
    return robot, drive_arm(robot, SimulatedLink(infer or swing(arm), arm.clock, lag(latency)), Control(g=.5), **kw)

def test_a_drive_follows_the_policy_and_ends_in_time(arm):
    robot, loop = drive(arm)
    assert not loop.ended and 85 <= len(loop.ticks) <= 95 and np.ptp([t.command[0] for t in loop.ticks]) > 5
    assert loop.tell().startswith("not done after")

def test_spec_and_observation_have_lerobots_names(arm):
    robot = ArmRobot(arm, {"overhead": Cam()}, "wave")
    assert robot.spec.cameras == {"observation.images.overhead": (128, 128)} and robot.spec.units == ["degrees"]*5+["percent"]
    assert set(robot.observe()) == {"observation.images.overhead", "observation.state", "task"}

def test_the_first_action_is_approached_slowly(arm):
    here = arm.state().astype(np.float32)
    robot, loop = drive(arm, lambda look: np.tile(here+np.float32([60, 0, 0, 0, 0, 0]), (24, 1)), 4.)
    speed = np.abs(np.diff([t.command[0] for t in loop.ticks]))*30
    assert not loop.ended and speed.max() <= arm.limits.approach+1 and abs(arm.state()[0]-here[0]-60) < 6

@pytest.mark.parametrize("fault", ["unplug", "overheated", "overloaded", "missing_motor", "duplicate_id", "wrong_voltage", "brownout"])
def test_what_the_arm_refuses_ends_the_drive_with_a_reason(arm, fault):
    n = [0]
    def stop():
        n[0] += 1
        if n[0] == 30: arm.bus.port.where.inject(fault, 2)
    robot, loop = drive(arm, seconds=6., stop=stop)
    assert loop.ended.startswith("Stopped") and arm.mode == "stopped" and len(loop.ticks) < 150 and "ended by" in loop.tell()

def test_a_camera_that_goes_makes_it_hold_and_go_on(arm):
    robot = ArmRobot(arm, {"overhead": Cam()}, "wave", 8.)
    n = [0]
    def stop():
        n[0] += 1
        robot.cameras["overhead"].gone = 40 <= n[0] < 120
    loop = drive_arm(robot, SimulatedLink(swing(arm), arm.clock, lag(.1)), Control(g=.5), stop=stop)
    modes = "".join(t.mode[0] for t in loop.ticks)
    assert not loop.ended and loop.count["blind"] > 3 and "h"*40 in modes and modes[-60:].count("a") > 30 and issubclass(CameraLost, NotSeen)

def test_broken_chunks_never_reach_the_arm(arm):
    sent, send = [], arm.send
    arm.send = lambda a: (sent.append(np.array(a)), send(a))[1]
    here = arm.state().astype(np.float32)
    bad = iter([np.full((24, 6), np.nan), np.zeros((3, 6)), np.zeros((24, 5))]*50)
    robot, loop = drive(arm, lambda look: next(bad), 3.)
    assert loop.count["failed"] > 2 and np.isfinite(sent).all() and np.abs(np.array(sent)-here).max() < 2

def test_half_speed_is_a_limit_of_the_driver(arm):
    arm.limits = Limits(speed=60.)
    robot, loop = drive(arm, swing(arm, 80.), 4.)
    assert np.abs(np.diff([t.command[0] for t in loop.ticks])).max()*30 <= 61

def test_no_joint_is_faster_than_the_speed_that_was_asked_for(arm):
    arm.limits = Limits(speed=20.)
    assert arm.limits.approach == 20.
    here, sent, send = arm.state(), [], arm.send
    arm.send = lambda a: (sent.append(send(a)), sent[-1])[1]
    arm.move_to(here+[60, 0, 0, 0, 0, 0])
    assert abs(arm.state()[0]-here[0]-60) < 4 and np.abs(np.diff([s[0] for s in sent])).max()*50 <= 21

def test_a_chunk_is_judged(arm):
    here = arm.state()
    fine = here+np.linspace(0, 10, 24)[:, None]*[1, 0, 0, 0, 0, 0]
    assert all(c.ok for c in check_chunk(fine, arm))
    for bad, name in ((fine+[50, 0, 0, 0, 0, 0], "start"), (fine+np.linspace(0, 300, 24)[:, None]*[1, 0, 0, 0, 0, 0], "range"), (fine+np.arange(24)[:, None]*[9, 0, 0, 0, 0, 0], "speed"), (np.tile(here, (24, 1)), "motion")):
        assert name in [c.name for c in check_chunk(bad, arm) if not c.ok], name

def test_the_nano_policy_through_the_bus():
    ok, s, loop = drive_twin(load_backends("nano")["nano"], "pick_place", 1_000_001, .1, Control(g=.5))
    assert ok and s < 10 and loop.count["failed"] == 0

# panel

def test_the_panel_drives_and_stops(arm):
    d = Driving(arm, {"overhead": Cam()}, SimulatedLink(swing(arm), arm.clock, lag(.1)), Control(g=.5), seconds=1e9)
    panel = drive_panel(d, "wave", run=False)
    (stop, _, _, status), (_, go, reset) = panel.children, panel.children[1].children
    go.click()
    end = time.monotonic()+40
    while arm.mode != "driving" and time.monotonic() < end: time.sleep(.01)
    go.click()                                                        # twice is once
    stop.click(); d.thread.join(20)
    while arm.mode != "stopped" and time.monotonic() < end: time.sleep(.01)
    panel.refresh()
    assert not d.thread.is_alive() and arm.mode == "stopped" and "stopped" in status.value
    reset.click()
    assert arm.mode == "free" and d.text == "ready"

# what the cameras showed when the policy learned

def test_another_view_than_the_policy_learned_from_is_said(tmp_path):
    from smolvla.arm.driving import learned_views
    from smolvla.arm.cameras import View, Webcam
    root, run = tmp_path/"set", tmp_path/"run"
    (root/"meta").mkdir(parents=True); run.mkdir()
    kept = {"overhead": {"source": "/dev/video0", "sends": [480, 640], "view": "zoom=1.5,rotate=180", "light": ""}, "wrist": {"source": "1", "sends": [480, 640], "view": "", "light": ""}}
    (root/"meta/recording.json").write_text(json.dumps({"cameras": kept}))
    (run/"config.json").write_text(json.dumps({"data": [str(root), str(tmp_path/"gone")]}))
    views = {"overhead": Webcam("/dev/video0", "overhead"), "wrist": Webcam("/dev/video1", "wrist")}
    said, = learned_views(run, views)
    assert "camera overhead shows all of it" in said and "zoom=1.5,rotate=180" in said and "--cameras overhead=/dev/video0,zoom=1.5,rotate=180" in said
    views["overhead"].view = View(zoom=1.5, rotate=180)
    assert learned_views(run, views) == []
    for nothing in ("nano", str(root), str(tmp_path/"nowhere")): assert learned_views(nothing, views) == []
    for broken in ("[]", "{", '{"data": 3}', '{"data": null}'):
        (run/"config.json").write_text(broken)
        assert learned_views(run, views) == []
    (run/"config.json").write_text(json.dumps({"data": str(root)})); (root/"meta/recording.json").write_text("no json")
    assert learned_views(run, views) == []

# the command

@pytest.mark.parametrize("how,words", [(dict(port="/dev/nothing"), "--say is missing"), (dict(port="/dev/nothing", say="wave", server="localhost:1"), "/dev/nothing"), (dict(port="twin", policy="nowhere"), "nowhere"),
                                       (dict(port="twin", g=2.0), "outside"), (dict(port="twin", server="localhost:1"), "UNAVAILABLE"), (dict(port="twin", size="9", server="localhost:1"), "WIDTHxHEIGHT"),
                                       (dict(server="localhost:1", tls="/nowhere"), "smolvla_certificate"), (dict(server="localhost:1", compute_dtype="float32"), "smolvla_serve --compute_dtype"),
                                       (dict(compute_dtype="float8"), "float8.*bfloat16"), (dict(port="twin", compute_dtype="float8"), "float8.*bfloat16")])
def test_the_command_says_what_is_wrong(how, words):
    with pytest.raises(SystemExit, match=f"(?s)smolvla_drive: .*{words}"): drive_cli(max_seconds=1., **how)

@linux
def test_the_command_drives_an_arm_on_a_port_without_torch(tmp_path):
    "Server here, virtual arm behind a pseudo-terminal, client in a process that cannot load torch, films as cameras"
    from bench_recording import film
    films = [film(tmp_path/f"{n}.avi", k, 2) for k, n in enumerate(("overhead", "wrist"))]
    toy = Toy(); toy.cameras = {f"observation.images.{n}": (128, 128) for n in ("overhead", "wrist")}; toy.joints = [f"{j}.pos" for j in ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")]
    toy.infer = lambda looks: [np.tile(np.asarray(look.observation["observation.state"], np.float32), (32, 1)) for look in looks]
    code = f"""import sys
for m in ('torch', 'transformers'): sys.modules[m] = None
from smolvla.arm.driving import drive_cli
drive_cli(port=sys.argv[1], server=sys.argv[2], policy='toy', say='stay', max_seconds=2.0, cameras='overhead={films[0]},wrist={films[1]}')"""
    bus = twin_bus(paced=True)
    with PtyServer(bus) as port, PolicyServer({"toy": toy}, port=0) as s:
        p = subprocess.run([sys.executable, "-c", code, port.port, s.address], capture_output=True, text=True, timeout=180, env={**os.environ, "HF_LEROBOT_CALIBRATION": str(tmp_path/"cal"), "PYTHONPATH": str(Path(__file__).parents[1])})
    assert p.returncode == 0 and re.search(r"[1-9]\d* chunks", p.stdout), p.stdout+p.stderr
    assert not any(s["Torque_Enable"] for s in bus.servos), "the arm is laid down and free"
