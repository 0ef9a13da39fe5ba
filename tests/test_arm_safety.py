"""Nobody may be hurt: old readings, Ctrl-C and SPACE while an arm moves, wishes that are none, two drivers on one arm."""
import contextlib, math, os, re, shutil, signal, threading, time
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from arms import ramp, sank
from commands import UNHURRIED, UNHURRIED_CAMERAS, command, linux, patient
from smolvla.data.writer import JOINTS
from smolvla.arm.wire import ManualClock
from smolvla.arm.bus import BusError, PortLost
from smolvla.arm.virtual import PtyServer, twin_bus
from smolvla.sim.twin import HOME, to_radians, to_units
from smolvla.arm.calibration import TwinHand
from smolvla.arm.so101 import (
    Limits, NotSafe, RAISED, SO101, Stopped, TooFar, as_values, close_all, ctrl_c_stops)
from smolvla.arm.jog import Jogger, Kinematics
from smolvla.arm.teleoperation import (
    backlash, gentle_end, meet, press_stop, step_response, teleoperate)

@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch): monkeypatch.setenv("HF_LEROBOT_CALIBRATION", str(tmp_path/"cal"))

@pytest.fixture
def arm():
    a = SO101(clock=ManualClock()).connect()
    yield a
    a.close(quick=True)

def line(arm): return arm.bus.port.where
def pose(arm): line(arm).advance(); return to_units(line(arm).plant.data.qpos[:6])[:5].copy()
def torque(arm): return [s["Torque_Enable"] for s in line(arm).servos]

def watch(arm, seconds, hz=200):
    "Largest speed (degrees/s over 50 ms) and largest distance of a joint from where it was"
    start, seen, n = pose(arm), [], hz//20
    for _ in range(int(seconds*hz)): arm.clock.sleep(1/hz); seen.append(pose(arm))
    seen = np.array(seen)
    return np.abs(seen[n:]-seen[:-n]).max()*hz/n, np.abs(seen-start).max()

def deaf(arm, times):
    "The next readings of the position are lost, each after its three tries"
    real, left = arm.bus.sync_read, [times]
    def read(name, motors=None):
        if name == "Present_Position" and left[0]: left[0] -= 1; raise BusError("injected: no whole reply in 3 tries")
        return real(name, motors)
    arm.bus.sync_read = read

def interrupts(arm, *at):
    "Ctrl-C at these sleeps of the arm's clock, counted from now"
    n, sleep = [0], arm.clock.sleep
    def short(dt):
        n[0] += 1; sleep(dt)
        if n[0] in at: raise KeyboardInterrupt
    arm.clock.sleep = short
    return lambda: setattr(arm.clock, "sleep", sleep)

# --- old readings ---

@pytest.mark.parametrize("bent", [[60, -20, 20, 40, 0, 20], [-50, -60, 30, 10, 90, 60]])
def test_torque_never_drives_to_where_the_arm_was(arm, bent):
    "A hand bends the free arm after the last reading, and the next reading is lost"
    arm.state()
    hand = TwinHand(line(arm)); hand.bend(bent); where = pose(arm)
    deaf(arm, 1)
    with pytest.raises(Stopped, match="no whole reply"): arm.torque_on()
    assert not any(torque(arm)) and arm.mode == "stopped"
    hand.let_go()
    arm.reset(); hand.bend(bent); arm.torque_on(); hand.let_go()
    assert all(torque(arm)) and watch(arm, 2)[1] < 6 and np.abs(pose(arm)-where).max() < 8

def test_a_bridge_has_an_age(arm):
    arm.move_to(HOME)
    deaf(arm, 1)
    assert np.abs(arm.send(HOME)-HOME).max() < 8                        # a fresh one is bridged
    arm.clock.sleep(arm.limits.hold+.1)
    deaf(arm, 1)
    with pytest.raises(Stopped, match="no whole reply"): arm.state()
    arm.reset()
    arm.state(); arm.clock.sleep(60); deaf(arm, 1)
    with pytest.raises(Stopped): arm.send(arm.last_state)
    assert not any(torque(arm))

def test_limits_are_in_the_motors_before_torque_is(arm):
    order, write = [], arm.bus.write
    arm.bus.write = lambda name, j, v: (order.append(name), write(name, j, v))[1]
    arm.torque_on()
    assert order.index("Torque_Enable") > max(k for k, n in enumerate(order) if n in ("Torque_Limit", "Acceleration"))
    arm.close(quick=True)
    with SO101(clock=ManualClock(), limits=Limits(acceleration=1)) as slow:
        slow.torque_on()
        assert all(s["Acceleration"] > 0 for s in line(slow).servos), "0 is the fastest"

# --- Ctrl-C ---

@pytest.mark.parametrize("presses", [(10,), (10, 14), (60, 62)])
def test_ctrl_c_while_it_folds_eases(arm, presses):
    "Once or twice: it sinks, and never falls"
    arm.move_to([0, -10, 10, 40, 0, 20]); start = pose(arm)
    undo = interrupts(arm, *presses)
    fast = []
    step = line(arm).plant.step
    def seen(*a): step(*a); fast.append(np.abs(np.degrees(line(arm).plant.data.qvel[:5])).max())
    line(arm).plant.step = seen
    with pytest.raises(KeyboardInterrupt): arm.close()
    undo()
    sinking = len(fast)
    assert not any(torque(arm)) and arm.mode == "closed" and max(fast) < 120
    assert arm.clock.now() > 0 and sinking > 200, "a second of sinking, not a cut"

def test_ctrl_c_in_each_motion_is_stop():
    for move in (lambda a: a.move_to([60, -95, 45, 90, 0, 20]), lambda a: step_response(a, "wrist_roll", 10), lambda a: backlash(a), lambda a: a.approach([80, 0, 0, 0, 0, 20])):
        a = SO101(clock=ManualClock()).connect(); a.move_to(HOME)
        undo = interrupts(a, 8)
        with pytest.raises(KeyboardInterrupt): move(a)
        undo(); here = pose(a)
        assert a.mode == "stopped" and not any(torque(a)) and a.presses == 1
        with pytest.raises(Stopped, match="reset"): a.send(HOME)
        a.reset(); a.move_to(HOME); a.close(quick=True)

def test_teleoperation_ends_by_ctrl_c_with_stop():
    clock = ManualClock()
    with SO101(role="leader", clock=clock) as leader, SO101(clock=clock) as follower:
        line(leader).plant.hand = to_radians(np.array([40, -20, 20, 40, 0, 20.])); clock.sleep(1); line(leader).advance()
        def each(t, want, sent):
            if t > 1: raise KeyboardInterrupt
        teleoperate(leader, follower, 50, None, each)
        assert follower.mode == "stopped" and abs(pose(follower)[0]-40) < 4, "it did not travel to the rest pose"

def test_a_signal_while_an_arm_goes_down_is_only_counted(arm):
    arm.move_to(HOME)
    seen, sleep = [], arm.clock.sleep
    def press(dt):
        sleep(dt); seen.append(line(arm).servos[1]["Torque_Limit"])
        if len(seen) == 5: signal.raise_signal(signal.SIGINT)
    arm.clock.sleep = press
    with gentle_end(): arm.stop()
    arm.clock.sleep = sleep
    assert len([x for x in seen if 0 < x < 40]) > 12 and arm.mode == "stopped" and arm.presses == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

def test_the_third_press_cuts(arm):
    arm.move_to(HOME); t = arm.clock.now()
    undo = interrupts(arm, 1, 2, 3)
    with pytest.raises(KeyboardInterrupt): arm.move_to([60, -95, 45, 90, 0, 20])
    undo()
    assert not any(torque(arm)) and arm.clock.now()-t < .3

def test_the_second_stop_changes_nothing(arm):
    arm.move_to(HOME)
    limits, sleep = [], arm.clock.sleep
    def again(dt):
        sleep(dt); limits.append(line(arm).servos[1]["Torque_Limit"])
        if len(limits) == 4: threading.Thread(target=arm.stop).start(); time.sleep(.5)
    arm.clock.sleep = again
    arm.stop()
    arm.clock.sleep = sleep
    assert len([x for x in limits if 0 < x < 45]) > 15 and arm.presses == 2

def test_a_key_that_is_held_down_is_one_press(arm):
    arm.move_to(HOME)
    threads = threading.active_count()
    for _ in range(40): press_stop(arm); time.sleep(.001)
    end = time.monotonic()+10
    while arm.mode != "stopped" and time.monotonic() < end: time.sleep(.01)
    assert arm.mode == "stopped" and arm.presses < 3 and threading.active_count() <= threads+3

def test_an_arm_that_was_left_up_does_not_fall_after_ctrl_c():
    bus = twin_bus(clock=ManualClock())
    a = SO101(bus).connect(); a.move_to([0, -10, 10, 40, 0, 20]); a.bus.close(); a.mode = "closed"  # its program was killed
    with pytest.raises(KeyboardInterrupt):
        with SO101(bus) as b:
            assert b.held
            limits, write = [], bus.servos[1].write
            bus.servos[1].write = lambda at, data: (limits.append(at), write(at, data))[1]
            raise KeyboardInterrupt
    assert limits.count(48) > 15 and not any(s["Torque_Enable"] for s in bus.servos), "it sank"

def test_folding_only_when_asked():
    for fold, folded in ((False, False), (True, True)):
        bus = twin_bus(clock=ManualClock())
        with SO101(bus, fold=fold) as a: a.move_to(HOME+np.array([40, 0, 0, 0, 0, 0], np.float32))
        bus.advance()
        assert not any(s["Torque_Enable"] for s in bus.servos) and (abs(to_units(bus.plant.data.qpos[:6])[0]) < 8) == folded

# --- wishes that are none ---

@pytest.mark.parametrize("speed", [-5, 0, math.nan, math.inf, -math.inf, "40", None, True, 1j])
def test_no_speed_that_is_none(arm, speed):
    arm.move_to(HOME); before = pose(arm)
    with pytest.raises(ValueError, match="speed should be a number above 0"): arm.move_to([60, -95, 45, 90, 0, 20], speed=speed)
    assert arm.mode == "driving" and watch(arm, .3)[1] < 1
    with pytest.raises(ValueError, match="hz"): arm.move_to(HOME, hz=speed)

@pytest.mark.parametrize("kw", [dict(speed=3000.), dict(speed=1e9), dict(gripper_speed=1e6), dict(approach=5000.), dict(speed="135"), dict(speed=None), dict(speed=True), dict(speed=1j),
                                dict(patience=1.5), dict(patience=math.nan), dict(gap=[20]), dict(lead=np.array([1, 2])), dict(hold=-1), dict(lower=-math.inf)])
def test_limits_that_are_none(kw):
    with pytest.raises(ValueError, match=f"limits.{next(iter(kw))} should be"): Limits(**kw)

def test_limits_do_not_change():
    lim = Limits()
    with pytest.raises(FrozenInstanceError): lim.speed = math.nan
    assert replace(lim, speed=20.).approach == 20. and Limits(speed=np.float32(60)).speed == 60
    with pytest.raises(ValueError): replace(lim, lead=math.nan)

@pytest.mark.parametrize("lim", [Limits(speed=2800., gripper_speed=2800., approach=2800.), Limits(speed=1e-3, gripper_speed=1e-3)])
def test_goal_velocity_always_fits_and_is_never_the_fastest(lim):
    with SO101(clock=ManualClock(), limits=lim) as a:
        for slow in (True, False):
            a._approaching = slow
            a._write_goal(a.state())
            assert all(0 < s["Goal_Velocity"] <= 32767 for s in line(a).servos)

@pytest.mark.parametrize("bad", [np.zeros(6, complex)+1j, [1j]*6, [1+0j]+[0]*5, ["0"]*6, "000000", [None]*6, [[0]*6], [0]*5, [True]*6, {f"{j}.pos": 1j for j in JOINTS}, np.array([object()]*6)])
def test_actions_are_real_numbers(arm, bad):
    with pytest.raises(ValueError, match="action"): as_values(bad)
    with pytest.raises(ValueError): arm.send(bad)
    assert not any(torque(arm)), "nothing moves"

@pytest.mark.parametrize("kw", [dict(size=math.nan), dict(size=math.inf), dict(size=0), dict(size="5"), dict(size=1j), dict(size=-60), dict(joint="knee"), dict(hz=0), dict(hz=math.nan), dict(seconds=-1), dict(seconds=math.inf)])
def test_a_step_that_is_none_moves_nothing(arm, kw):
    with pytest.raises(ValueError): step_response(arm, **kw)
    assert arm.mode == "free" and not any(torque(arm))

@pytest.mark.parametrize("kw", [dict(joint="knee"), dict(reach=math.nan), dict(reach=60), dict(speed=0), dict(repeats=0)])
def test_backlash_asks_before_it_moves(arm, kw):
    with pytest.raises(ValueError): backlash(arm, **kw)
    assert arm.mode == "free"

def test_the_jog_thread_survives_and_says_so(arm):
    arm.move_to(HOME)
    jog = Jogger(arm)
    jog.joint("wrist_roll", math.nan); jog.tick()
    assert "NaN" in jog.error and jog.target is None
    jog.sticks([math.nan, math.inf, 2, -3]); jog.tick()
    jog.kin = None; jog.moved = arm.clock.now(); jog.sticks([1, 0, 0, 0]); jog.tick()
    assert jog.error
    jog.kin = Kinematics(); jog.sticks([]); jog.joint("wrist_roll", 5.); jog.tick()
    assert not jog.error and watch(arm, .3)[0] < 60

# --- two drivers ---

def test_two_drivers_on_one_bus_are_refused():
    bus = twin_bus(clock=ManualClock())
    a = SO101(bus).connect(); a.move_to(HOME)
    for role in ("follower", "leader"):
        with pytest.raises(BusError, match="driven by another SO101.*close"): SO101(bus, id="b", role=role).connect()
    assert a.connect() is a and all(torque(a)) and a.send(HOME) is not None
    a.close(quick=True)
    with SO101(bus, id="b") as b: assert b.mode == "free"

@linux
def test_two_drivers_on_one_port_are_refused():
    bus = twin_bus()
    with PtyServer(bus) as server, SO101(server.port):
        with pytest.raises(BusError, match="driven by another SO101"): SO101(server.port, id="b").connect()

# --- from above ---

def test_a_distant_target_is_approached_from_above(arm):
    kin, low = Kinematics(), []
    arm.move_to([-70, -20, 20, 50, 0, 20])
    send = arm.send
    arm.send = lambda a: (low.append((arm.goal[0], kin.tip(arm.goal)[0][2])), send(a))[1]
    arm.approach([70, -20, 20, 50, 0, 20])
    del arm.send
    heights = [z for pan, z in low if -60 < pan < 60]
    assert min(heights) > .25 and np.abs(pose(arm)-[70, -20, 20, 50, 0]).max() < 8
    low.clear(); arm.send = lambda a: (low.append(1), send(a))[1]
    arm.approach([75, -20, 20, 50, 0, 20])                               # a near one goes straight
    assert len(low) < 80 and abs(arm.goal[0]-75) < 1

def test_leader_and_follower_meet_before_they_move_together():
    clock = ManualClock()
    with SO101(role="leader", clock=clock) as leader, SO101(clock=clock) as follower:
        turning = [0.]
        real = leader.state
        def state():
            turning[0] += 40
            return real()*0+np.array([(turning[0] % 160)-80, -60, 60, 60, 0, 20], np.float32)
        leader.state = state                                            # somebody waves it about
        with pytest.raises(TooFar, match="hold the leader still"): meet(leader, follower)
        del leader.state
        line(leader).plant.hand = to_radians(np.array([80, -40, 20, 40, 0, 20.])); clock.sleep(1); line(leader).advance()
        meet(leader, follower)
        assert follower._approaching and np.abs(leader.state()-follower.state())[:5].max() < 8

def test_teleoperation_that_ends_before_its_first_tick_can_be_shown():
    clock = ManualClock()
    with SO101(role="leader", clock=clock) as leader, SO101(clock=clock) as follower:
        undo = interrupts(follower, 1)
        t = teleoperate(leader, follower, 50)
        undo()
    assert "before the first tick" in t._repr_markdown_() and math.isnan(t.p99)

# --- in a terminal: SPACE and Ctrl-C in every command that moves an arm ---

def twice(sig=signal.SIGINT):
    def press(p): p.send_signal(sig); time.sleep(.4); p.send_signal(sig)
    return press

def sentence(tmp_path, bus):
    "A recorded episode: the arm waves for a few seconds"
    from smolvla.data.writer import DatasetWriter, so101_features
    here = to_units(bus.plant.data.qpos[:6])
    with DatasetWriter(tmp_path/"set", 30, so101_features({})) as w:
        for k in range(300): w.add_frame({"observation.state": here, "action": here+np.float32([10*math.sin(k/10), 0, 0, 0, 0, 0])}, task="wave")
        w.save_episode()

ENDS = [(" ", "STOP was pressed"), ("\x03", "sank where it was"), (twice(), "sank where it was"), (twice(signal.SIGTERM), "sank where it was")]

@linux
@patient
@pytest.mark.parametrize("how,says", [ENDS[1], ENDS[2], (" ", "ENTER looks at every motor")], ids=["Ctrl-C", "twice", "SPACE"])
def test_teleoperating_with_a_leader_stops(how, says, tmp_path):
    bus = twin_bus()
    seen = ramp(bus)
    with PtyServer(bus) as server:
        typed = [("SPACE is STOP", how)] if how != " " else [("SPACE is STOP", " "), (says, "\n"), ("s, SPACE is STOP", " "), (says, "\x1b")]
        code, text = command(tmp_path, "teleoperate", "--port", server.port, "--leader", "twin", "--hz", "30", typed=typed, before=UNHURRIED)
    assert code == 1 and says in text and "Traceback" not in text, text
    assert sank(seen) and not any(s["Torque_Enable"] for s in bus.servos)

@linux
@patient
@pytest.mark.parametrize("fold", [True])
def test_escape_ends_and_folds_only_when_asked(fold, tmp_path):
    bus = twin_bus()
    with PtyServer(bus) as server:
        code, text = command(tmp_path, "teleoperate", "--port", server.port, "--leader", "twin", "--hz", "30", *["--fold"]*fold, typed=[("SPACE is STOP", "\x1b")])
    assert code == 0 and "ticks of" in text and not any(s["Torque_Enable"] for s in bus.servos), text
    lift = to_units(bus.plant.data.qpos[:6])[1]
    assert not fold or lift < -92

@linux
@patient
@pytest.mark.parametrize("how", [twice()], ids=["twice"])
def test_jogging_by_keys_sinks_after_ctrl_c(how, tmp_path):
    bus = twin_bus(); seen = ramp(bus)
    with PtyServer(bus) as server:
        code, text = command(tmp_path, "teleoperate", "--port", server.port, typed=[("free", "rrrrrr"), ("driving", how)], before=UNHURRIED)
    assert code == 1 and "sank where it was" in text and sank(seen), text

@linux
@patient
@pytest.mark.parametrize("how,says", ENDS, ids=["SPACE", "Ctrl-C", "twice", "kill"])
def test_a_replay_stops(how, says, tmp_path):
    bus = twin_bus(); seen = ramp(bus)
    sentence(tmp_path, bus)
    with PtyServer(bus) as server:
        typed = [("SPACE or Ctrl-C", lambda p: time.sleep(3)), ("", how)]
        code, text = command(tmp_path, "replay", "set", "--port", server.port, typed=typed, before=UNHURRIED)
    assert code in (1, -signal.SIGTERM) and says in text and "Traceback" not in text and sank(seen), text  # -15: the second one came when it was leaving

@linux
@patient
@pytest.mark.parametrize("how,says", ENDS[:3], ids=["SPACE", "Ctrl-C", "twice"])
def test_a_drive_stops(how, says, tmp_path):
    from async_toys import Toy
    from bench_recording import film
    from smolvla.serve.server import PolicyServer
    films = [film(tmp_path/f"{n}.avi", k, 2) for k, n in enumerate(("overhead", "wrist"))]
    toy = Toy(); toy.cameras = {f"observation.images.{n}": (128, 128) for n in ("overhead", "wrist")}; toy.joints = [f"{j}.pos" for j in JOINTS]
    toy.infer = lambda looks: [np.tile(np.asarray(look.observation["observation.state"], np.float32), (32, 1)) for look in looks]
    bus = twin_bus(paced=True); seen = ramp(bus)
    with PtyServer(bus) as port, PolicyServer({"toy": toy}, port=0) as s:
        typed = [("driving: stay", lambda p: time.sleep(1)), ("", how)]
        code, text = command(tmp_path, "drive", "--port", port.port, "--server", s.address, "--policy", "toy", "--say", "stay", "--max_seconds", "60",
                             "--cameras", f"overhead={films[0]},wrist={films[1]}", typed=typed, before=UNHURRIED_CAMERAS)
    assert says in text and "Traceback" not in text and sank(seen) and not any(s["Torque_Enable"] for s in bus.servos), text

def small_film(path, seed):
    "64 x 48: next to nothing to decode"
    import cv2
    out = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (64, 48))
    for k in range(60): out.write(np.roll(np.tile(np.arange(64, dtype=np.uint8)[None, :, None]*3, (48, 1, 3)), seed+k, 1))
    out.release()
    return path

def recording(tmp_path, port, typed, *more):
    "smolvla_record at a terminal, on this port, with two films as cameras"
    films = [small_film(tmp_path/f"{n}.avi", 9*k) for k, n in enumerate(("overhead", "wrist"))]
    return command(tmp_path, "record", "--port", port, "--say", "wave", "--out", "set", "--episodes", "9", "--size", "64x48",
                   "--cameras", f"overhead={films[0]},wrist={films[1]}", *more, seconds=120, typed=typed, before=UNHURRIED_CAMERAS)

def whole(folder):
    "The set opens, every frame of it can be read, and no doctor objects"
    from smolvla.data.dataset import LeRobotDataset
    from smolvla.data.doctor import doctor
    ds = LeRobotDataset(folder)
    assert doctor(folder).ok, doctor(folder)
    for key in ds.camera_keys: assert len(ds.frames(key, range(ds.num_frames))) == ds.num_frames
    return ds

IN_EPISODE = [(" ", "STOP was pressed"), ("\x03", "every saved episode is kept"), (twice(), "every saved episode is kept")]

@linux
@patient
@pytest.mark.parametrize("how,says", IN_EPISODE, ids=["SPACE", "Ctrl-C", "twice"])
def test_an_episode_that_is_stopped_is_kept(how, says, tmp_path):
    "One episode is saved; in the middle of the next one somebody stops the arm: it sinks, and neither loses a frame"
    shutil.rmtree(tmp_path/"set", ignore_errors=True)
    bus = twin_bus(paced=True); seen = ramp(bus)
    with PtyServer(bus) as server:
        typed = [("ready ", "\x1b[C"), ("recording   1", "oo"), ("recording   2", "\x1b[C"), ("ready       0.0 s, 1 of 9", "\x1b[C"), ("recording   2", how)]
        typed += [(says, "\x1b[C"), ("ready       0.0 s, 2 of 9", "\x1b")] if how == " " else []
        code, text = recording(tmp_path, server.port, typed)
    assert code == (0 if how == " " else 1) and says in text and "Traceback" not in text, text
    assert sank(seen) and not any(s["Torque_Enable"] for s in bus.servos)
    ds, shown = whole(tmp_path/"set"), 30*float(re.findall(r"recording +([0-9.]+) s, 1 of", text)[-1])
    assert ds.num_episodes == 2 and ds.tasks == ["wave"]
    assert shown-2 <= ds.episodes["to"][1]-ds.episodes["from"][1] <= shown+90, "what was shown is what is kept"

@pytest.fixture
def full_pipe():
    "Standard output into a pipe that is full and that nobody reads"
    r, w = os.pipe()
    os.set_blocking(w, False)
    with contextlib.suppress(BlockingIOError):
        while True: os.write(w, b"x"*4096)
    os.set_blocking(w, True)
    out = os.fdopen(w, "w")
    yield out
    os.set_blocking(r, False)
    for _ in range(99):
        with contextlib.suppress(BlockingIOError): os.read(r, 2**16)      # who stalls may end
        time.sleep(.001)
    os.close(r)
    with contextlib.suppress(OSError): out.close()

def test_a_full_pipe_stops_no_loop(full_pipe, arm, tmp_path, monkeypatch):
    "Recording and jogging go on, and STOP counts, while nobody reads what they say"
    from smolvla.arm.recording import Recorder, _enough
    from smolvla.arm.teleoperation import StopKey, _line, jog_keys
    arm.move_to(HOME)
    with Recorder(tmp_path/"set", arm, {}, lambda: HOME, "wave") as rec:
        monkeypatch.setattr("sys.stdout", full_pipe)
        def work():
            rec.order("begin"); rec.run(3., until=lambda: _enough(rec, 9)); rec.order("keep"); rec.run(30., until=lambda: _enough(rec, 9) or rec.writer.num_episodes)
            jog_keys(arm, StopKey(arm), 30, 3., lambda jog: _line(arm, jog.error))
        hand = threading.Thread(target=work, daemon=True)
        hand.start(); hand.join(40)
        monkeypatch.undo()
        assert not hand.is_alive(), "it waits for a reader"
        assert rec.writer.num_episodes == 1 and rec.writer.info["total_frames"] >= 80
        arm.stop()
        assert arm.mode == "stopped" and not any(torque(arm))

def test_ctrl_c_tears_no_frame_and_no_episode(arm, tmp_path):
    "While a frame goes to its cameras, while the last episode goes to disk: STOP at once, the interruption afterwards"
    from smolvla.arm.cameras import TwinCamera
    from smolvla.arm.recording import Recorder
    def press(of, name, at):
        n, real = [0], getattr(of, name)
        def pressed(*a, **k):
            n[0] += 1
            if n[0] == at: signal.raise_signal(signal.SIGINT); assert arm.presses
            return real(*a, **k)
        setattr(of, name, pressed)
    arm.move_to(HOME)
    views = {n: TwinCamera(arm, n, (32, 32)) for n in ("overhead", "wrist")}
    with pytest.raises(KeyboardInterrupt), gentle_end(), Recorder(tmp_path/"set", arm, views, lambda: HOME, "wave") as rec:
        press(rec.writer.pool, "submit", 10)                              # between the two pictures of the fifth frame
        press(rec.writer, "save_episode", 1)                              # the second time, in fright
        rec.order("begin"); rec.run(2.)
    assert arm.presses == 2 and whole(tmp_path/"set").num_frames == 5
    for key in ("overhead", "wrist"): assert len(list((tmp_path/"set").rglob(f"*{key}*/**/*.mp4"))) == 1

@linux
@patient
@pytest.mark.parametrize("how", [twice()], ids=["twice"])
def test_a_recording_stops_and_keeps_what_was_saved(how, tmp_path):
    shutil.rmtree(tmp_path/"set", ignore_errors=True)
    bus = twin_bus(paced=True); seen = ramp(bus)
    with PtyServer(bus) as server:
        typed = [("ready ", "\x1b[C"), ("recording   1", "oo"), ("recording   2", "\x1b[C"), ("ready       0.0 s, 1 of 9", " "), ("STOP was pressed", "\n"), ("ready ", lambda p: time.sleep(1)), ("ready ", how)]
        code, text = recording(tmp_path, server.port, typed)
    assert code == 1 and "every saved episode is kept" in text and "Traceback" not in text and sank(seen), text
    assert whole(tmp_path/"set").num_episodes == 1

def unattended(tmp_path, at, press):
    "The demonstrator leads the twin; `press` is called in one of the ticks"
    from smolvla.arm.recording import Recorder, TwinOperator, record_twin
    from smolvla.sim.twin import SO101Env
    env = SO101Env("pad", cameras=()); env.reset(seed=0)
    with gentle_end(), SO101(clock=ManualClock(), env=env) as arm, Recorder(tmp_path/"set", arm, {}, (op := TwinOperator(arm)), "", seconds=math.inf) as rec:
        send, n = arm.send, [0]
        def counted(a):
            n[0] += 1
            if n[0] == at: press(arm)
            return send(a)
        arm.send = counted
        record_twin(rec, op, 5, 0)

@pytest.mark.parametrize("at", [3, 300])
def test_stop_ends_an_unattended_recording(at, tmp_path):
    "SPACE, on the way to the first pose and in an episode: it ends, and no scene is said to have failed"
    with pytest.raises(Stopped, match="STOP was pressed"): unattended(tmp_path, at, lambda arm: arm.stop())
    with pytest.raises(KeyboardInterrupt): unattended(tmp_path, at, lambda arm: signal.raise_signal(signal.SIGINT))
    kept = (tmp_path/"set/meta/recording.json")
    assert not kept.is_file() or '"failed": []' in kept.read_text()

@linux
@patient
def test_the_demonstrator_of_the_twin_stops_at_a_key(tmp_path):
    typed = [("recording the twin", lambda p: time.sleep(2)), ("", " ")]
    code, text = command(tmp_path, "record", "--port", "twin", "--out", "set", "--episodes", "50", "--size", "32x32", typed=typed, seconds=200)
    assert code == 1 and "STOP was pressed" in text and "Traceback" not in text, text

# --- the supply ---

@pytest.mark.parametrize("volts", ["5", "7.4", "12"])
def test_every_command_knows_every_supply(volts, tmp_path):
    "Twins of 5, 7.4 and 12 V: calibrated, led, recorded by one spelling"
    code, text = command(tmp_path, "calibrate", "--port", "twin", "--volts", volts)
    assert code == 0 and "saved: " in text, text
    code, text = command(tmp_path, "teleoperate", "--port", "twin", "--leader", "twin", "--volts", volts, "--seconds", ".3", before=UNHURRIED)
    assert code == 0 and "ticks of" in text, text

def test_commands_pass_the_supply_on(monkeypatch, capsys):
    from smolvla.arm import recording as R_recording
    from smolvla.arm import teleoperation as S_teleoperation
    import smolvla.arm.driving as D, smolvla.arm.cameras as R, smolvla.arm.calibration as S
    class Seen(Exception): pass
    def arm(*a, volts=None, **k): raise ValueError(f"supply {volts}")
    for m in (D, R_recording, S_teleoperation): monkeypatch.setattr(m, "SO101", arm)
    monkeypatch.setattr(R_recording, "LeRobotDataset", lambda root: type("Set", (), {"num_episodes": 1}))
    for cli, how in ((S_teleoperation.teleoperate_cli, dict(port="x", leader="")), (R_recording.record_cli, dict(port="twin")), (R_recording.replay_cli, dict(data="set", port="x")), (D.drive_cli, dict(port="x", say="wave", server="localhost:1"))):
        monkeypatch.setattr(S_teleoperation, "terminal", lambda: True)
        for given, passed in ((7.4, "7.4"), (0., "None")):
            with pytest.raises(SystemExit, match=f"supply {passed}"): cli(volts=given, **how)

@pytest.mark.parametrize("volts", [24., -5., math.nan, math.inf])
def test_supplies_that_are_none(volts, tmp_path, monkeypatch):
    from smolvla.arm.calibration import calibrate_cli
    monkeypatch.chdir(tmp_path)
    for role in ("follower", "leader"):
        with pytest.raises(SystemExit, match="smolvla_calibrate: volts is that of the supply, 5, 7.4 or 12"): calibrate_cli(port="twin", volts=volts, role=role)
    with pytest.raises(ValueError, match="5, 7.4 or 12"): SO101(volts=volts)

def test_another_supply_than_a_person_says_is_noticed(folder):
    from smolvla.arm.calibration import pull, write_file
    from smolvla.arm.bus import Bus
    line = twin_bus(clock=ManualClock(), volts=12)
    with Bus(line) as bus: from_motors = pull(bus)
    from smolvla.arm.calibration import calibration_paths
    from_motors.save(calibration_paths("blue")[0])
    with pytest.raises(BusError, match="voltage too high .12.* V of 5 V.*Switch off now"): write_file(line, "blue", volts=5)
    assert "0 registers" in write_file(line, "blue", volts=12) and "0 registers" in write_file(line, "blue")

# --- the numbers themselves ---

def test_limits_at_their_edges():
    for kw in (dict(speed=2800.), dict(approach=2800., speed=2800.), dict(patience=0), dict(hold=1e-9), dict(lower=math.inf), dict(gap=1e9), dict(lead=3000.)): Limits(**kw)
    for kw in (dict(speed=2800.1), dict(gripper_speed=2801.), dict(approach=2800.1), dict(speed=0), dict(gap=0), dict(hold=0), dict(lead=0.), dict(hold=math.inf), dict(lead=math.inf),
               dict(patience=math.inf), dict(patience=-1), dict(patience=.5), dict(lower=0), dict(hold=np.bool_(True))):
        with pytest.raises(ValueError, match=f"limits.{next(iter(kw))}"): Limits(**kw)
    assert Limits(speed=30.).approach == 30. and Limits(speed=60.).approach == 40. and Limits().gap == 20 and Limits().lead == 25

@pytest.mark.parametrize("volts,good", [(4, True), (5, True), (13, True), (3.9, False), (13.1, False)])
def test_volts_of_a_supply(volts, good):
    if good: assert SO101(volts=volts).volts == volts
    else:
        with pytest.raises(ValueError, match="volts"): SO101(volts=volts)

def test_where_and_how_fast_is_one_packet(arm):
    arm.torque_on()
    goal, turn = HOME + np.arange(6.), (arm.calibration.hi-arm.calibration.lo)[5]/100
    for slow, (joint, grip) in ((True, (50, 125)), (False, (135, 400))):
        arm._approaching = slow
        heard = line(arm).heard["SYNC_WRITE"]
        arm._write_goal(goal)
        assert line(arm).heard["SYNC_WRITE"] == heard+1
        assert [s["Goal_Velocity"] for s in line(arm).servos] == [math.ceil(joint*4096/360)]*5 + [math.ceil(grip*turn)]
        assert [s["Goal_Position"] for s in line(arm).servos] == arm.calibration.ticks(goal).tolist()
        np.testing.assert_allclose(arm.goal, goal, atol=1e-4)

@pytest.mark.parametrize("supply,limits", [(5., (50, 80, 70, 50, 50, 50)), (7.4, (50, 80, 70, 50, 50, 50)), (12., (50, 70, 60, 50, 50, 40))])
def test_strength_and_acceleration(arm, supply, limits):
    arm.volts = supply
    arm._soften()
    assert tuple(s["Torque_Limit"] for s in line(arm).servos) == limits
    assert {s["Acceleration"] for s in line(arm).servos} == {17_100}
    for given, there in ((1., 100), (1e6, 25_400)):
        arm.limits = Limits(acceleration=given)
        arm._soften()
        assert {s["Acceleration"] for s in line(arm).servos} == {there}

def test_how_far_a_goal_goes(arm):
    arm.torque_on()
    here = np.array([0, 0, 0, 0, 0, 20.])
    arm.goal, far = here, here + [90, -90, 90, -90, 90, 60]
    for slow, joint, grip in ((False, 135, 400), (True, 40, 100)):
        arm._approaching = slow
        step = arm._shorten(far, here, .02)-here
        np.testing.assert_allclose(step, np.array([joint, -joint, joint, -joint, joint, grip])*.02, rtol=1e-6)
    arm._approaching = False
    np.testing.assert_allclose(arm._shorten(here+1, here, .1), here+1)
    np.testing.assert_allclose(arm._shorten(far, here, 10)-here, [25, -25, 25, -25, 25, 60])            # the lead; the gripper has none
    np.testing.assert_allclose(arm._shorten(far, here-30, 10)[[0, 2]], (here-5)[[0, 2]])                # also where the arm hangs behind
    arm.goal = arm.high.astype(float)
    np.testing.assert_allclose(arm._shorten(arm.high+50, arm.high, 1), arm.high)
    arm.goal = arm.low.astype(float)
    np.testing.assert_allclose(arm._shorten(arm.low-50, arm.low, 1), arm.low)

def test_how_far_one_tick_goes(arm):
    arm.move_to(HOME); arm.send(HOME)
    def step(pause):
        before = arm.goal.copy(); arm.clock.sleep(pause)
        return (arm.send(HOME+[80, 0, 0, 0, 0, 0])-before)[0]
    assert abs(step(1/50)-135/50) < .05
    assert abs(step(.4)-13.5) < .05, "a late tick counts as a tenth of a second"
    arm.move_to(HOME); arm.send(HOME)
    assert 0 < step(.6) <= 4.1, "after a pause slowly again"

def test_the_first_target(arm):
    here = arm.state()
    for k in range(5):
        with pytest.raises(TooFar, match=JOINTS[k]): arm.send(here + np.sign((arm.low+arm.high)[k]/2-here[k])*21.*np.eye(6)[k])
    sent = arm.send(here + np.array([19, 0, 0, 0, 0, 60.]))
    assert abs(sent[0]-here[0]) < 40/30+.2 and 2 < sent[5]-here[5] < 100/30+.2 and arm.mode == "driving"

def test_how_many_readings_may_be_lost(arm):
    arm.limits = Limits(patience=2)
    for _ in range(2):
        arm.state(); deaf(arm, 2)
        for k in (1, 2): arm.state(); assert arm.misses == k
        arm.state(); assert arm.misses == 0
    deaf(arm, 3)
    for _ in range(2): arm.state()
    with pytest.raises(Stopped, match="no whole reply"): arm.state()

def sick(arm, *healths):
    "What the next looks of the watchdog see; an error is raised"
    left = list(healths)
    def poll(period):
        if not left: return None
        h = left.pop(0)
        if isinstance(h, Exception): raise h
        return h
    arm.bus.poll = poll
    return left

def test_what_the_watchdog_believes(arm):
    arm.move_to(HOME)
    good, other = arm.bus.check("elbow_flex"), arm.bus.check("wrist_roll")
    hot, warm, starved, burning = replace(good, temperature=61), replace(other, temperature=61), replace(good, voltage=10.), replace(good, voltage=14.)
    sick(arm, hot, None, good, hot, warm, other, starved, good, hot, good)
    for _ in range(11): arm._watch_health()
    for rows, says in (((hot, hot), "elbow_flex: hot"), ((warm, hot, warm), "wrist_roll: hot"), ((hot, other, hot), "elbow_flex: hot"), ((starved, starved), "too low"), ((burning,), "too high"),
                       ((replace(good, torque_on=False),), "has lost its torque"), ((replace(good, status=1), replace(good, status=1)), "elbow_flex")):
        left = sick(arm, *rows)
        for _ in rows[1:]: arm._watch_health()
        with pytest.raises(Stopped, match=says): arm._watch_health()
        assert not left and arm.mode == "stopped" and not any(torque(arm))
        arm.reset(); sick(arm); arm.move_to(HOME)
    arm.mode = "free"
    sick(arm, replace(good, torque_on=False)); arm._watch_health()      # a free arm has none

def test_a_watchdog_that_hears_nothing(arm):
    arm.move_to(HOME); arm.limits = Limits(patience=2)
    sick(arm, BusError("a"), BusError("b"), BusError("c"))
    arm._watch_health(); arm._watch_health()
    with pytest.raises(Stopped, match="bus: c"): arm._watch_health()
    arm.reset(); sick(arm, PortLost("gone"))
    with pytest.raises(Stopped, match="gone"): arm._watch_health()

def test_error_bits_of_other_motors_do_not_count(arm):
    arm.move_to(HOME); sick(arm)
    arm.bus.errors = {99: 32, "gripper": 0}; arm._watch_health()
    arm.bus.errors = {"gripper": 32}
    with pytest.raises(Stopped, match="gripper: overload"): arm._watch_health()

def heard(arm, name):
    "Values that all motors are told from now on, with their moments"
    out, write = [], arm.bus.sync_write
    def spy(n, values):
        if n == name: out.append((arm.clock.now(), dict(values)))
        write(n, values)
    arm.bus.sync_write = spy
    return out

@pytest.mark.parametrize("do,seconds,steps", [(lambda a: a.stop(), 1., 20), (lambda a: a.lie_down(), .5, 10)])
def test_sinking_is_even(arm, do, seconds, steps):
    arm.move_to(HOME)
    seen, goals = heard(arm, "Torque_Limit"), heard(arm, "Goal_Position")
    do(arm)
    assert [set(v.values()) for _, v in seen] == [{40*k/steps} for k in range(steps, -1, -1)] and all(set(v) == set(JOINTS) for _, v in seen)
    np.testing.assert_allclose(np.diff([t for t, _ in seen]), seconds/steps, atol=1e-9)
    assert len(goals) == 1 and not any(torque(arm))
    there = arm.bus.sync_read("Present_Position")
    assert all(abs(goals[0][1][j]-there[j]) < 150 for j in JOINTS)

def test_letting_go_is_said_three_times(arm):
    arm.move_to(HOME)
    real, calls = arm.bus.torque_off, []
    def flaky():
        calls.append(1)
        if len(calls) < 3: raise BusError("noise")
        real()
    arm.bus.torque_off, arm.held = flaky, True
    arm._cut()
    assert len(calls) == 3 and not any(torque(arm)) and arm.held is False

def test_when_the_watchdog_acts(arm):
    arm.move_to(HOME); arm.send(HOME)
    t, looks = arm.sent, []
    arm._watch_health = lambda: looks.append(arm.clock.now())
    def after(s): arm.clock.t = t+s; line(arm).advance(); arm.guard(); return arm.mode, arm._approaching, len(looks)
    assert after(.49) == ("driving", False, 0)
    assert after(.51) == ("holding", True, 1)
    assert after(9.9) == ("holding", True, 2)
    assert after(10.1)[0] == "free" and not any(torque(arm))
    n = len(looks)
    assert after(99)[2] == n, "a free arm is not watched"

def test_the_way_of_move_to(arm):
    arm.move_to(HOME)
    for speed, steps in ((40., 75), (20., 150), (500., 75)):            # limits.approach is the fastest
        start, sent, send = arm.goal.astype(float), [], arm.send
        arm.send = lambda a: (sent.append((arm.clock.now(), np.array(a))), send(a))[1]
        end = HOME.astype(float) + (0 if abs(start[0]-HOME[0]) > 30 else np.array([60, 0, 0, 0, 0, 0]))
        arm.move_to(end, speed=speed)
        del arm.send
        way = np.array([a for _, a in sent])[:steps]
        np.testing.assert_allclose(way, start+(end-start)*np.arange(1, steps+1)[:, None]/steps, atol=1e-4)
        np.testing.assert_allclose(np.diff([t for t, _ in sent]), .02, atol=1e-9)
        assert steps < len(sent) < steps+50, "it settles, and does not wait longer than needed"

def test_rates_of_move_to(arm):
    arm.move_to(HOME, hz=1000)
    for hz in (1000.5, 1e4):
        with pytest.raises(ValueError, match="hz should be a number above 0, at most 1000"): arm.move_to(HOME, hz=hz)

def test_what_reset_and_connect_forget(arm):
    arm.move_to(HOME); arm.stop("enough")
    assert (arm.mode, arm.why, arm.presses) == ("stopped", "enough", 1)
    arm.misses = 3; arm._low["gripper", "hot"] = 1
    arm.reset()
    assert (arm.mode, arm.why, arm.presses, arm.misses, dict(arm._low), arm.last_state) == ("free", "", 0, 0, {}, None) and not arm._stop.is_set()
    arm.stop("again"); arm.close(); arm.connect()
    assert (arm.mode, arm.why, arm.presses, arm.misses) == ("free", "", 0, 0) and not arm._stop.is_set()

def test_a_gate_that_stays_shut(arm):
    real = arm.bus.check
    for change, says in ((dict(model=778), "gripper is model 778"), (dict(firmware="3.9"), "firmware differs"), (dict(voltage=5.), "gripper: voltage too low"), (dict(temperature=60), "gripper: hot .*60 °C")):
        arm.bus.check = lambda j: replace(real(j), **(change if j == "gripper" else {}))
        with pytest.raises(NotSafe, match=says): arm.torque_on()
        assert arm.mode == "free" and not any(torque(arm))
    arm.bus.check = real
    assert arm.inspect() == []
    arm.volts = None; arm.inspect()
    assert arm.volts == 12

def test_ctrl_c_while_it_sinks_goes_on_its_way_afterwards(arm):
    arm.move_to(HOME)
    seen, sleep = heard(arm, "Torque_Limit"), arm.clock.sleep
    def press(dt):
        sleep(dt)
        if len(seen) == 5: signal.raise_signal(signal.SIGINT)
    arm.clock.sleep = press
    with pytest.raises(KeyboardInterrupt): arm.close(quick=True)
    arm.clock.sleep = sleep
    assert len(seen) == 21 and arm.mode == "closed" and arm.presses == 1 and not any(torque(arm))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

def test_when_python_ends_it_sinks_where_it_is():
    bus = twin_bus(clock=ManualClock())
    a = SO101(bus).connect(); a.move_to(HOME+np.array([40, 0, 0, 0, 0, 0], np.float32))
    close_all()
    bus.advance()
    assert a.mode == "closed" and not any(s["Torque_Enable"] for s in bus.servos) and abs(to_units(bus.plant.data.qpos[:6])[0]-40) < 8

def test_a_distant_gripper_alone_needs_no_way_from_above(arm):
    arm.move_to(HOME)
    before = pose(arm)
    goals, send = [], arm.send
    arm.send = lambda a: (goals.append(np.array(a)), send(a))[1]
    arm.approach(HOME+np.array([0, 0, 0, 0, 0, 60], np.float32))
    assert np.abs(np.array(goals)[:, :5]-HOME[:5]).max() < 2 and np.abs(pose(arm)-before).max() < 2
