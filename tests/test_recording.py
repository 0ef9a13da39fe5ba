"What chapter 14 is too short to hold: cameras that misbehave, orders at the wrong moment, faults while recording, commands and their bad input."
import os
import json, os, subprocess, sys, threading, time
from pathlib import Path

import numpy as np
import pytest
from commands import command, linux
from smolvla.arm import recording as recording_recording
from smolvla.arm import cameras as recording
from smolvla.data.dataset import LeRobotDataset
from smolvla.files import DatasetError
from smolvla.data.writer import DatasetWriter, so101_features
from smolvla.data.doctor import doctor
from smolvla.arm.wire import ManualClock
from smolvla.arm.virtual import PtyServer, twin_bus
from smolvla.arm.faults import FAULTS
from smolvla.arm.cameras import (
    CameraLost, Shot, TwinCamera, Webcam, check_views, cut, device_number, find_cameras, likeness)
from smolvla.arm.recording import (
    BUTTONS, Recorder, as_size, check_camera, key_orders, open_cameras, preflight, record_cli,
    record_panel, recording_features, replay, replay_cli, timing)
from smolvla.sim.twin import HOME
from smolvla.arm.so101 import SO101

class Grey:
    "A camera that costs nothing; `gone` makes it fail"
    shape, source, name, error, fps, rate, gone = (32, 32), "grey", "overhead", "", 30, 30., False
    def __init__(self, clock): self.clock, self.n, self.shot = clock, 0, None
    def latest(self, max_age=.5):
        if self.gone: raise CameraLost("overhead: no new picture for 0.6 s")
        self.n += 1
        self.shot = Shot(np.full((32, 32, 3), 3*self.n % 255, np.uint8), self.clock.now(), self.n)
        return self.shot
    def close(self): pass

@pytest.fixture
def arm():
    a = SO101(twin_bus(clock=ManualClock())).connect()
    a.move_to(HOME)
    yield a
    a.mode = "closed"

def waving(arm):
    t0 = arm.clock.now()
    return lambda: HOME+np.array([20, 10, 10, 10, 20, 20])*np.sin(arm.clock.now()-t0)

@pytest.fixture
def rec(arm, tmp_path):
    with Recorder(tmp_path/"set", arm, {"overhead": Grey(arm.clock)}, waving(arm), "wave") as r: yield r

def settle(rec): rec.run(until=lambda: rec.orders.empty() and not rec.job)
def episode(rec, seconds=1.):
    rec.order("begin"); rec.run(seconds); rec.order("keep"); settle(rec)

# cameras

class Fake:
    "A capture object that does what it is told"
    def __init__(self, size=(48, 64), frames=10**9, hang=False): self.size, self.frames, self.n, self.hang, self.set_to = size, frames, 0, hang, {}
    def read(self):
        if self.hang: time.sleep(.3); return False, None
        time.sleep(.005); self.n += 1
        return self.n <= self.frames, np.full((*self.size, 3), self.n % 255, np.uint8)
    def get(self, key): return 42.
    def set(self, key, value): self.set_to[key] = value; return True
    def release(self): pass

def test_a_camera_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(CameraLost, match="wrist: it sends 64 x 48, not 640 x 480"): Webcam(0, "wrist", opener=lambda *a: Fake()).start()

def test_a_picture_is_cut_from_any_size():
    with Webcam(0, picture=(32, 32), opener=lambda *a: Fake()) as cam: assert cam.latest().picture.shape == (32, 32, 3) and cam.shape == (32, 32)

def test_exposure_is_frozen_after_warm_up():
    import cv2
    class Obeys(Fake):
        def read(self): time.sleep(.002); return True, np.full((48, 64, 3), 99, np.uint8)
        def get(self, key): return self.set_to.get(key, 42.)
        def getBackendName(self): return "V4L2"
    fake = Obeys()
    with Webcam(0, size=(48, 64), opener=lambda *a: fake) as cam:
        while not cam.lock: time.sleep(.01)
    assert cam.lock == "exposure locked at 42, white balance locked, focus locked" and cam.about == cam.lock
    assert fake.set_to[cv2.CAP_PROP_AUTO_EXPOSURE] == recording.MANUAL and fake.set_to[cv2.CAP_PROP_EXPOSURE] == 42. and fake.set_to[cv2.CAP_PROP_AUTOFOCUS] == 0

def test_a_camera_that_never_sends_has_a_time_limit():
    t = time.monotonic()
    with pytest.raises(CameraLost, match="no picture within|stopped sending"): Webcam(0, opener=lambda *a: Fake(hang=True)).start(wait=1.)
    assert time.monotonic()-t < 10

def test_pictures_are_red_green_blue():
    blue = np.zeros((48, 64, 3), np.uint8); blue[..., 0] = 255                # OpenCV says blue first
    class Blue(Fake):
        def read(self): time.sleep(.005); return True, blue
    with Webcam(0, size=(48, 64), opener=lambda *a: Blue()) as cam: assert cam.latest().picture[0, 0].tolist() == [0, 0, 255]

def test_no_camera_and_no_film(tmp_path):
    with pytest.raises(CameraLost, match="smolvla_find_cameras"): device_number("/dev/v4l/by-path/nothing")
    (tmp_path/"text").mkdir()
    with pytest.raises(CameraLost, match="neither a film nor a camera"): device_number(tmp_path/"text")
    (tmp_path/"film.avi").write_bytes(b"no film at all")
    with pytest.raises(CameraLost): Webcam(tmp_path/"film.avi").start(2.)
    assert device_number("2") == device_number(2) == 2

def test_find_cameras_says_why(tmp_path):
    (found,) = find_cameras([(str(tmp_path/"x"), "x")], wait=1.)
    assert found.shot is None and "no camera" in found.about

def test_twin_camera_in_several_threads(arm):
    cam, seen = TwinCamera(arm, "overhead", (48, 64)), []
    def look():
        for _ in range(3): arm.clock.sleep(.05); seen.append(cam.latest().picture.mean())
    threads = [threading.Thread(target=look) for _ in range(3)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert len(seen) == 9 and np.std(seen) < 20
    with pytest.raises(ValueError, match="overhead, wrist"): TwinCamera(arm, "ceiling")

def test_cut_never_stretches():
    round_ = np.zeros((480, 640, 3), np.uint8); yy, xx = np.mgrid[:480, :640]
    round_[(yy-240)**2+(xx-320)**2 < 200**2] = 255
    small = cut(round_, (100, 100))[..., 0] > 127
    assert abs(int(small.any(0).sum())-int(small.any(1).sum())) <= 1
    assert cut(round_, (480, 640)) is round_ and cut(round_, (90, 160)).shape == (90, 160, 3)

# views

def test_views_find_what_is_missing_and_what_is_dark(arm):
    a, b = (TwinCamera(arm, n, (64, 64)).latest().picture for n in ("overhead", "wrist"))
    assert likeness(a, a) > .999 and likeness(a, np.zeros_like(a)) == 0
    lines = check_views({"overhead": a}, {"overhead": a, "wrist": b})
    assert [c.ok for c in lines] == [True, False] and "no camera in this slot" in lines[1].found
    assert "upside down" in check_views({"overhead": a[::-1]}, {"overhead": a})[0].cure

# the recorder

def test_frames_hold_what_was_sent_and_when(rec, arm):
    episode(rec, 2.)
    ds = LeRobotDataset(rec.writer.root)
    assert ds.num_frames == 60 and ds.tasks == ["wave"] and ds.units["action"] == ["degrees"]*5+["percent"]
    np.testing.assert_allclose(np.diff(ds.column("wall_time").ravel()), 1/30, atol=1e-5)
    assert np.abs(ds.column("action")-ds.column("observation.state"))[:, :5].max() < 15 and np.ptp(ds.column("action"), axis=0).max() > 10
    assert abs(ds.column("wall_time").ravel()[0]-time.time()) < 600
    assert timing(ds, 0).problems() == []

def test_orders_at_the_wrong_moment_do_nothing_and_say_so(rec):
    for what in ("keep", "again"): rec.order(what)
    rec.run(.1)
    assert rec.mode == "ready" and [w for _, w in rec.events] == ["keep: not while ready", "again: not while ready"]
    rec.order("undo"); settle(rec)
    assert rec.mode == "ready" and "only the episode that was saved last" in rec.why
    rec.order("begin"); rec.run(.2); rec.order("begin"); rec.order("undo"); rec.run(.1)
    assert rec.mode == "recording" and rec.events[-1][1] == "undo: not while recording"

def test_again_forgets_and_undo_takes_back(rec):
    episode(rec); episode(rec)
    rec.order("begin"); rec.run(.5); rec.order("again"); rec.run(.1)
    assert rec.mode == "ready" and len(rec.writer) == 0 and rec.writer.num_episodes == 2
    rec.order("undo"); settle(rec)
    assert LeRobotDataset(rec.writer.root).num_episodes == 1
    episode(rec)
    assert LeRobotDataset(rec.writer.root).num_episodes == 2 and not [f for f in doctor(rec.writer.root).findings if f.level == "error"]

def test_end_in_the_middle_keeps_the_episode(rec):
    rec.order("begin"); rec.run(1.); rec.order("end"); rec.run(5.)
    assert rec.mode == "closed" and LeRobotDataset(rec.writer.root).num_frames >= 29

def test_a_long_episode_is_kept_by_itself(arm, tmp_path):
    with Recorder(tmp_path/"set", arm, {"overhead": Grey(arm.clock)}, waving(arm), "wave", seconds=.5) as rec:
        rec.order("begin"); rec.run(until=lambda: rec.writer.num_episodes == 1)
    assert LeRobotDataset(tmp_path/"set").num_frames == 15

def test_an_arm_that_was_laid_down_stays_down(rec, arm):
    rec.run(.2)
    arm.lie_down()
    rec.run(1.)
    assert arm.mode == "free" and not any(s["Torque_Enable"] for s in arm.bus.port.where.servos) and "lies without torque" in rec.why
    rec.order("reset"); rec.run(.2)
    assert arm.mode == "driving" and rec.why == ""

def test_what_was_jogged_before_a_stop_is_forgotten(arm, tmp_path):
    from smolvla.arm.recording import jog_lead
    from smolvla.arm.jog import Jogger
    jog = Jogger(arm)
    with Recorder(tmp_path/"set", arm, {"overhead": Grey(arm.clock)}, jog_lead(jog), "jog") as rec:
        for _ in range(20): jog.nudge("z", .005)
        rec.run(.2)
        arm.stop(); rec.run(.2)
        jog.nudge("x", .02)                                           # typed while it is stopped
        arm.clock.sleep(2); was = arm.state()
        rec.order("reset"); rec.run(1.)
        assert arm.mode == "driving" and np.abs(arm.state()-was).max() < 3

def test_undo_is_for_the_last_one_once(rec):
    episode(rec); episode(rec); episode(rec)
    for _ in range(3): rec.order("undo"); settle(rec)
    assert rec.writer.num_episodes == 2 and "once" in rec.why

def test_the_sentence_of_an_episode_does_not_change_in_its_middle(rec):
    rec.task = " "; rec.order("begin"); rec.run(.2)
    assert rec.mode == "ready" and "write the sentence first" in rec.why
    rec.task = "wave"; rec.order("begin"); rec.run(.3)
    rec.task = "w"; rec.run(.3); rec.order("keep"); settle(rec)
    assert LeRobotDataset(rec.writer.root).tasks == ["wave"]

def test_whatever_the_lead_raises_holds(rec):
    lead, rec.lead = rec.lead, lambda: 1/0 if len(rec.writer) > 5 else HOME
    rec.order("begin"); rec.run(1.)
    assert rec.mode == "held" and "ZeroDivisionError" in rec.why and len(rec.writer) == 6
    rec.lead = lead; rec.order("keep"); settle(rec)
    assert LeRobotDataset(rec.writer.root).num_frames == 6

def test_closing_in_the_middle_saves_the_episode(arm, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        with Recorder(tmp_path/"set", arm, {"overhead": Grey(arm.clock)}, waving(arm), "wave") as rec:
            rec.order("begin"); rec.run(.5)
            raise KeyboardInterrupt
    assert LeRobotDataset(tmp_path/"set").num_frames == 15

def test_closing_on_a_full_disk_says_so(arm, tmp_path, monkeypatch):
    import smolvla.data.dataset as D
    rec = Recorder(tmp_path/"set", arm, {"overhead": Grey(arm.clock)}, waving(arm), "wave")
    rec.order("begin"); rec.run(.5); rec.order("keep"); rec.run(.05)
    settle(rec)
    rec.order("begin"); rec.run(.5)
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="no space left"): rec.close()
    monkeypatch.undo()
    assert LeRobotDataset(tmp_path/"set").num_episodes == 1

def test_a_camera_that_goes_holds_and_the_arm_waits(rec, arm):
    rec.order("begin"); rec.run(1.)
    rec.cameras["overhead"].gone = True
    rec.run(1.)
    assert rec.mode == "held" and len(rec.writer) == 30 and "no new picture" in rec.why and arm.mode in ("driving", "holding")
    rec.cameras["overhead"].gone = False
    rec.order("keep"); settle(rec)
    assert rec.mode == "ready" and LeRobotDataset(rec.writer.root).num_frames == 30

def test_a_full_disk_keeps_the_episode_in_memory(rec, monkeypatch):
    import smolvla.data.dataset as D
    rec.order("begin"); rec.run(.5)
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    rec.order("keep"); settle(rec)
    assert rec.mode == "held" and "no space left" in rec.why and len(rec.writer) == 15
    monkeypatch.undo()
    rec.order("keep"); settle(rec)
    assert rec.mode == "ready" and LeRobotDataset(rec.writer.root).num_episodes == 1

def test_a_lead_that_says_nonsense_is_refused(rec, arm):
    rec.lead = lambda: np.full(6, np.nan)
    rec.order("begin"); rec.run(.5)
    assert rec.mode == "ready" and "NaN" in rec.why and np.isfinite(arm.goal).all()

def test_a_distant_leader_is_approached_after_reset(rec, arm):
    rec.lead = lambda: HOME+np.array([60, 0, 0, 0, 0, 0])
    arm.stop(); arm.reset()
    rec.run(.5)
    assert arm.mode == "free" and "reset" in rec.why and not any(s["Torque_Enable"] for s in arm.bus.port.where.servos), "nobody has asked for a motion"
    rec.order("reset"); rec.run(.2)
    assert rec.why == "" and abs(arm.state()[0]-60) < 5

@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_costs_a_saved_episode(fault, rec, arm):
    episode(rec)
    before = {p: p.read_bytes() for p in rec.writer.root.rglob("file-*")}
    rec.order("begin"); rec.run(.7)
    arm.bus.port.where.inject(fault, 2)
    rec.run(2.)
    assert rec.mode in ("recording", "held") and ("\n  File" not in rec.why)
    rec.order("keep"); settle(rec)
    ds = LeRobotDataset(rec.writer.root)
    assert ds.num_episodes == 2 and all(p.read_bytes() == b for p, b in before.items())
    assert not [f for f in doctor(rec.writer.root).findings if f.level == "error"]

def test_two_recorders_on_one_folder(rec, arm):
    with pytest.raises(DatasetError, match="another"): Recorder(rec.writer.root, arm, rec.cameras, rec.lead, "wave")

def test_a_set_without_our_columns_is_not_continued(arm, tmp_path):
    with DatasetWriter(tmp_path/"set", 30, so101_features({"overhead": (32, 32)})): pass
    with pytest.raises(DatasetError, match="other features"): Recorder(tmp_path/"set", arm, {"overhead": Grey(arm.clock)}, waving(arm), "wave")
    with pytest.raises(ValueError, match="no wall clock"): timing(_plain(tmp_path/"plain"), 0)

def _plain(root):
    with DatasetWriter(root, 30, so101_features({})) as w:
        for _ in range(3): w.add_frame({"observation.state": HOME, "action": HOME}, task="t")
        w.save_episode()
    return LeRobotDataset(root)

def test_a_killed_recording_keeps_what_was_saved(tmp_path):
    code = f"""import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_recording import *
arm = SO101(twin_bus(clock=ManualClock())).connect(); arm.move_to(HOME)
rec = Recorder({str(tmp_path/'set')!r}, arm, {{"overhead": Grey(arm.clock)}}, waving(arm), "wave")
while True: episode(rec, .5); print(rec.writer.num_episodes, flush=True)"""
    p = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])})
    try: promised = [int(p.stdout.readline()) for _ in range(3)][-1]
    finally: p.kill(); p.wait()
    ds = LeRobotDataset(tmp_path/"set")
    assert ds.num_episodes >= promised >= 3 and not [f for f in doctor(tmp_path/"set").findings if f.level == "error"]

# timing

def test_timing_sees_skipped_and_repeated():
    class Set:
        features = {"wall_time": {}, "camera_age": {"names": ["a"]}}; fps = 30; root = "set"
        episodes = {"from": [0], "to": [4]}
        def __init__(self, t, age): self.c = {"wall_time": np.array(t)[:, None], "camera_age": np.array(age)}
        def column(self, k): return self.c[k]
    even = timing(Set([0, 1/30, 2/30, 3/30], [0, 0, 0, 0]), 0)
    assert even.skipped == 0 and even.repeated == {"a": 0} and even.problems() == []
    gap = timing(Set([0, 1/30, 4/30, 5/30], [0, 1/30, 0, .2]), 0)
    assert gap.skipped == 2 and gap.repeated == {"a": 2} and len(gap.problems()) == 4

# replay

def test_replay_refuses_other_joints_and_units(arm, tmp_path):
    ds = _plain(tmp_path/"p")
    assert replay(arm, ds).shape == (3, 6)
    ds.features["action"]["info"] = {"units": ["normalised"]*6}
    with pytest.raises(ValueError, match="normalised"): replay(arm, ds)
    del ds.features["action"]["info"]
    with pytest.raises(ValueError, match="does not say"): replay(arm, ds)
    ds.features["action"]["names"] = ["x"]*6
    with pytest.raises(ValueError, match="other joints"): replay(arm, ds)

# preflight

def test_preflight_lists_what_is_wrong(arm, tmp_path):
    good = preflight(arm, {"overhead": Grey(arm.clock)}, tmp_path/"not"/"there")
    assert not [c for c in good if not c.ok and not c.name.startswith("camera")], good
    cam = Grey(arm.clock); cam.gone = True
    bad = preflight(arm, {"overhead": cam}, tmp_path)
    assert [c.name for c in bad if not c.ok] == ["camera overhead"] and not any(c.name == "loop" for c in bad)
    slow = Grey(arm.clock); slow.rate = 15.
    assert "USB port" in check_camera(slow).cure
    leader = SO101(twin_bus(clock=arm.clock), role="leader").connect()
    leader.bus.port.where.plant.hand = np.radians([70, 0, 0, 0, 0, 20]); arm.clock.sleep(2); leader.bus.port.where.advance()
    far = preflight(arm, {"overhead": Grey(arm.clock)}, tmp_path, leader)
    assert [c.name for c in far if not c.ok and not c.name.startswith("camera")] == ["pose"]

# panel

def test_the_panel_gives_orders(rec, arm):
    panel = record_panel(rec, run=False)
    stop, orders, say, status, pictures = panel.children
    assert [b.description for b in orders.children] == list(BUTTONS.values())
    begin, keep, *_ = orders.children
    begin.click(); rec.run(1.); panel.refresh()
    assert "recording" in status.value and pictures.children[0].children[1].value[:2] == b"\xff\xd8"
    say.value = "wave <twice>"; keep.click(); settle(rec)
    assert rec.task == "wave <twice>" and rec.writer.num_episodes == 1
    stop.click()
    for _ in range(500):
        if arm.mode == "stopped": break
        time.sleep(.01)
    rec.run(.1); panel.refresh()
    assert arm.mode == "stopped" and "STOP was pressed" in status.value

# commands

def test_find_cameras_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(recording_recording, "find_cameras", lambda: [recording.FoundCamera("/dev/v4l/by-path/a", "/dev/video0", "a camera", Shot(np.zeros((48, 64, 3), np.uint8), 0., 1)), recording.FoundCamera("b", "b", "no camera")])
    recording_recording.find_cameras_cli(out=str(tmp_path))
    said = capsys.readouterr().out
    assert (tmp_path/"camera_0.jpg").read_bytes()[:2] == b"\xff\xd8" and "overhead=/dev/v4l/by-path/a" in said and "no picture" in said

def test_keys():
    assert key_orders("", "ready") == ([], "") and key_orders("\x1b[D\x7f\nq", "held") == (["again", "undo", "reset"], "q")
    assert key_orders("\x1b[C\x1b", "recording")[0] == ["keep", "end"]
    assert key_orders("\x1b[A\x1b[3~\x1bOP", "ready") == ([], "") and key_orders("\xe0M\x08\x1bOC", "ready")[0] == ["begin", "undo", "begin"]

@pytest.mark.parametrize("text,words", [("", "slot=source"), ("overhead,overhead", "different slots"), ("overhead=/dev/video0,wrist", "wrist has no source"), ("ceiling", "overhead, wrist")])
def test_camera_text_that_cannot_be_understood(text, words):
    with SO101("twin", clock=ManualClock()) as a:
        with pytest.raises(ValueError, match=words): open_cameras(text, a)

@pytest.mark.parametrize("text", ["640", "640x", "x480", "axb", "5x5", "9000x9000", "640,480", "640x480x3", "64²x48", "-640x480", ""])
def test_sizes_that_are_none(text):
    with pytest.raises(ValueError, match="WIDTHxHEIGHT"): as_size(text)

@pytest.mark.parametrize("how,words", [(dict(port="/dev/nothing"), "--say is missing"), (dict(port="/dev/nothing", say="x"), "terminal"), (dict(port="twin", leader="twin", say="x"), "terminal|no hand"),
                                       (dict(port="twin", size="3"), "WIDTHxHEIGHT"), (dict(port="twin", cameras="ceiling"), "overhead, wrist"), (dict(port="twin", task="juggling"), "juggling")])
def test_record_says_what_is_wrong(how, words, tmp_path):
    with pytest.raises(SystemExit, match=f"(?s)smolvla_record: .*({words})"): record_cli(out=str(tmp_path/"set"), episodes=1, **how)

def test_record_the_twin_and_go_on(tmp_path, capsys):
    how = dict(out=str(tmp_path/"set"), port="twin", task="pick_place", size="32x32", seed=3)
    record_cli(episodes=1, **how); record_cli(episodes=2, **how)
    ds = LeRobotDataset(tmp_path/"set")
    assert ds.num_episodes == 2 and "2 episodes" in capsys.readouterr().out
    seeds = json.loads((tmp_path/"set/meta/recording.json").read_text())["runs"]
    assert len(set(next(iter(seeds.values()))["seeds"])) == 2

def test_every_episode_begins_in_its_own_scene(tmp_path):
    record_cli(out=str(tmp_path/"set"), port="twin", task="pick_place", size="48x48", episodes=2, seed=40)
    ds = LeRobotDataset(tmp_path/"set")
    for i in ds.episodes["from"]:
        a, b, c = ds.frames("observation.images.overhead", [i, i+1, i+2]).astype(int)
        assert np.abs(a-b).mean() < 2*np.abs(b-c).mean()+.5, "the first picture shows the scene before"

def test_replay_command(tmp_path, capsys):
    record_cli(out=str(tmp_path/"set"), port="twin", task="pick_place", size="32x32", episodes=1)
    replay_cli(data=str(tmp_path/"set"), port="twin")
    assert "actions sent" in capsys.readouterr().out
    for how, words in ((dict(data=str(tmp_path/"none"), port="twin"), "none"), (dict(data=str(tmp_path/"set"), port=""), "--port"), (dict(data=str(tmp_path/"set"), port="twin", episode=7), "episodes 0 to 0")):
        with pytest.raises(SystemExit, match=f"(?s)smolvla_replay: .*{words}"): replay_cli(**how)

@linux
def test_arrow_keys_record_in_a_terminal(tmp_path):
    "A virtual arm on a port, films as cameras, a person at a terminal: begin, jog, keep"
    from bench_recording import film
    films = [film(tmp_path/f"{n}.avi", k, 2) for k, n in enumerate(("overhead", "wrist"))]
    with PtyServer(twin_bus(paced=True)) as server:
        code, text = command(tmp_path, "record", "--port", server.port, "--say", "wave", "--out", "set", "--episodes", "1", "--size", "64x48", "--cameras", f"overhead={films[0]},zoom=1.5,wrist={films[1]}",
                             seconds=120, typed=[("RIGHT begin", ""), (r"ready ", "\x1b[C"), (r"recording   0", "oo"), (r"recording   1", "\x1b[C")])
    assert code == 0 and "1 episodes in set" in text and "six motors" in text and "Traceback" not in text, text
    ds = LeRobotDataset(tmp_path/"set")
    assert ds.num_episodes == 1 and ds.num_frames > 20 and ds.tasks == ["wave"] and np.ptp(ds.column("action")[:, 5]) > 2
    kept = json.loads((tmp_path/"set/meta/recording.json").read_text())["cameras"]
    assert kept["overhead"]["view"] == "zoom=1.5" and kept["wrist"] == {"source": str(films[1]), "sends": [480, 640], "view": "", "light": ""} and "zoom=1.5" in text

def test_features_say_units():
    f = recording_features({"a": Grey(None), "b": Grey(None)})
    assert f["camera_age"]["shape"] == [2] and f["wall_time"]["dtype"] == "float64" and f["observation.images.a"]["shape"] == [32, 32, 3]
