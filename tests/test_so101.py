"""The arm: LeRobot's calibration, the gate, limits, watchdog, stop, faults at random moments, kinematics, teleoperation, lab; bad input."""
import contextlib, json, subprocess, sys, threading, time
from pathlib import Path
import numpy as np, pytest
from arms import ramp, sank
from commands import command, linux, patient
from smolvla.data.writer import JOINTS
from smolvla.arm.wire import ManualClock, TICKS
from smolvla.arm.bus import Bus, BusError
from smolvla.arm.virtual import PtyServer, twin_bus
from smolvla.arm.faults import FAULTS
from smolvla.sim.twin import HOME, to_radians, to_units
from smolvla.arm.calibration import (
    Calibrating, Calibration, CalibrationDiffers, HIGH, JointCalibration, LOW, TwinHand, UNITS,
    calibration_panel, calibration_paths, find_calibration, keep_calibration, load_calibration,
    pull, push)
from smolvla.arm.so101 import Limits, NotSafe, REST, SO101, Stopped, TORQUE, TooFar, as_values
from smolvla.arm.jog import Jogger, KEYS, Kinematics, jog_panel
from smolvla.arm.teleoperation import backlash, response_numbers, step_response, teleoperate

@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_LEROBOT_CALIBRATION", str(tmp_path/"cal"))
    return tmp_path/"cal"

@pytest.fixture
def arm():
    a = SO101(clock=ManualClock()).connect()
    yield a
    a.close()

def cal(lo=747, hi=3347, offset=0, **changes): return Calibration({j: JointCalibration(i+1, 0, offset, *changes.get(j, (lo, hi))) for i, j in enumerate(JOINTS)})

def twin(arm): return arm.bus.port.where.plant
def pause(arm, s): arm.clock.sleep(s); arm.bus.port.where.advance()
def off(dj, v, base=HOME): return base+v*np.eye(6)[JOINTS.index(dj)]

@contextlib.contextmanager
def every_step(arm):
    "Speeds (degrees/s) and shares of the torque limits at each physics step"
    plant, step, rows = twin(arm), twin(arm).step, []
    allowed = np.array([TORQUE[12.][j] for j in JOINTS])/100*2.94
    def checked(*a): step(*a); rows.append([*np.abs(np.degrees(plant.data.qvel[:5])), (np.abs(plant.data.actuator_force[:6])/allowed/max(1, arm.bus.port.where.supply/12)).max()])
    plant.step = checked
    try: yield rows
    finally: plant.step = step


# --- calibration ---

def test_units_are_lerobots():
    "LeRobot 0.4.4's formulas, written out"
    c, rng = cal(**{"gripper": (1300, 2800), "elbow_flex": (900, 3000)}), np.random.default_rng(0)
    for _ in range(100):
        t = rng.integers(800, 3300, 6)
        want = [(t[k]-(c[j].range_min+c[j].range_max)/2)*360/4095 for k, j in enumerate(JOINTS[:5])]+[(min(max(t[5], 1300), 2800)-1300)/1500*100]
        np.testing.assert_allclose(c.units(t), want, atol=1e-4)
        back = c.ticks(c.units(t))
        assert (back[:5] == t[:5]).all() and back[5] == min(max(t[5], 1300), 2800)
    flipped = Calibration({**c, "gripper": JointCalibration(6, 1, 0, 1300, 2800)})
    assert flipped.units([2047]*5+[1300])[5] == 100 and flipped.ticks([0]*5+[100])[5] == 1300
    assert UNITS == ["degrees"]*5+["percent"]

def test_new_and_old_places(folder):
    assert calibration_paths("a")[0] == folder/"robots"/"so_follower"/"a.json"
    for k, name in ((2, "so100_follower"), (1, "so101_follower"), (0, "so_follower")):
        path = calibration_paths("a")[k]
        assert path.parent.name == name
        cal(offset=k).save(path)
        assert find_calibration("a")[0] == cal(offset=k) and find_calibration("a")[1] == path     # the newest place wins
    assert calibration_paths("b", "leader")[0].parent.parts[-2:] == ("teleoperators", "so_leader")
    assert find_calibration("nobody") == (None, folder/"robots"/"so_follower"/"nobody.json")

def test_a_different_file_is_never_replaced_silently(folder):
    path = cal().save(folder/"a.json", port="COM5")
    cal().save(path)
    with pytest.raises(CalibrationDiffers, match="range_max: 3347 in the file, 2947 now"): cal(elbow_flex=(747, 2947)).save(path)
    assert load_calibration(path) == cal()
    cal(elbow_flex=(747, 2947)).save(path, overwrite=True)
    assert load_calibration(path)["elbow_flex"].range_max == 2947 and load_calibration(path.with_suffix(".json.bak")) == cal()
    about = json.loads((folder/"a.about").read_text())
    assert about["units"]["gripper"] == "percent" and set(json.loads(path.read_text())["gripper"]) == {"id", "drive_mode", "homing_offset", "range_min", "range_max"}

@pytest.mark.parametrize("text,says", [("{", "not JSON"), ("[]", "should have the joints"), ('{"a": 1}', "found a"), ('{"homing_offset": [1], "drive_mode": [0]}', "before May 2025"),
                                       (json.dumps({j: {"id": 1} for j in JOINTS}), "range_min"), (json.dumps({j: 3 for j in JOINTS}), "each joint")])
def test_broken_files_say_what_is_wrong(tmp_path, text, says):
    (tmp_path/"x.json").write_text(text)
    with pytest.raises(ValueError, match=says): load_calibration(tmp_path/"x.json")

def test_findings():
    assert [f.split(":")[0] for f in cal().findings()] != []
    assert "impossible" in cal(3000, 2000).findings()[0] and "11 bits" in cal(offset=2100).findings()[0] and "close to its end" in cal(offset=1950).findings()[0]

def pressed_to(bus, pose, seconds=1.):
    twin = bus.port.where.plant
    a, b = twin.data.qpos[:6].copy(), to_radians(np.array(pose, float))
    for s in np.linspace(0, 1, 40): twin.hand = a+(b-a)*s; bus.clock.sleep(seconds/40); bus.port.where.advance()

def test_guided_calibration_ends_where_the_twin_began(tmp_path):
    line = twin_bus(calibrated=False, clock=ManualClock(), seed=1)
    with Bus(line) as bus:
        pressed_to(bus, [0, -20, 10, 0, 0, 50])
        s = Calibrating(bus, tmp_path/"notes.json")
        with pytest.raises(ValueError, match="middle first"): s.look()
        s.middle()
        assert set(bus.sync_read("Present_Position").values()) <= {2045, 2046, 2047, 2048, 2049}
        with pytest.raises(ValueError, match="not swept yet"): s.finish()
        for j in JOINTS: s.lo[j], s.hi[j] = 2047-1100, 2047+1100
        s._note()
        s = Calibrating(bus, tmp_path/"notes.json")                    # another kernel
        c = s.finish()
        line.power_cycle()
        assert pull(bus) == c and c["wrist_roll"].range_max == 4095 and "101%" not in s.bars()

def test_the_calibration_panel(tmp_path):
    line = twin_bus(calibrated=False, clock=ManualClock(), seed=2)
    hand = TwinHand(line)
    with Bus(line) as bus:
        panel = calibration_panel(Calibrating(bus, tmp_path/"notes.json"))
        (middle, sweep, write), bars, note = panel.children[0].children, panel.children[1], panel.children[2]
        sweep.click(); assert "middle first" in note.value and not panel.sweeping
        hand.bend([0, 0, 0, 0, 0, 48])
        middle.click(); assert "offsets" in note.value
        write.click(); assert "not swept yet" in note.value and panel.calibration is None
        line.clock.sleep = lambda dt: (time.sleep(.002), ManualClock.sleep(line.clock, dt))     # two threads share this time
        sweep.click(); assert panel.sweeping and "end" in sweep.description
        hand.sweep(panel.session, ["gripper"]); eventually(lambda: panel.session.share("gripper") > .9 and "100%" in bars.value or "99%" in bars.value or "101%" in bars.value)
        sweep.click(); assert not panel.sweeping and "start" in sweep.description
        for j in JOINTS: panel.session.lo[j], panel.session.hi[j] = 2047-1100, 2047+1100
        write.click()
        assert "read back" in note.value and pull(bus) == panel.calibration
        line.inject("unplug", 0)
        sweep.click(); assert "gone" in note.value and not panel.sweeping

def test_the_seam_is_noticed(tmp_path):
    line = twin_bus(calibrated=False, clock=ManualClock())
    with Bus(line) as bus:
        pressed_to(bus, HOME)
        s = Calibrating(bus); s.middle()
        bus.write("Homing_Offset", "shoulder_pan", s.offsets["shoulder_pan"]-2000 if s.offsets["shoulder_pan"] > 0 else s.offsets["shoulder_pan"]+2000)
        for x in np.linspace(0, 20, 15): pressed_to(bus, off("shoulder_pan", x), .1); s.look()
        for x in np.linspace(0, -20, 15): pressed_to(bus, off("shoulder_pan", x), .1); s.look()
        assert s.wrapped == {"shoulder_pan"} and "passed the seam" in s.bars()
        with pytest.raises(ValueError, match="passed the seam"): s.finish()

def test_an_offset_that_does_not_fit_is_refused():
    line = twin_bus(calibrated=False, clock=ManualClock())
    with Bus(line) as bus:
        line.servos[2].mount += 4095-line.servos[2].position; line.plant.place(line.servos)
        line.plant.hand = line.plant.data.qpos[:6].copy()
        with pytest.raises(ValueError, match="elbow_flex.*horn"): Calibrating(bus).middle()


# --- the gate ---

@pytest.mark.parametrize("fault,says", [("old_firmware", "firmware differs"), ("overheated", "elbow_flex: overheated"), ("overloaded", "overload"), ("brownout", "voltage too low"),
                                        ("wrong_voltage", "voltage"), ("missing_motor", "3 .elbow_flex."), ("duplicate_id", "2 .shoulder_lift.*two motors with this id"), ("unplug", "no serial port")])
def test_no_torque_for_a_broken_arm(fault, says):
    bus = twin_bus(clock=ManualClock())
    bus.inject(fault, 2); bus.clock.sleep(.5)
    a = SO101(bus)
    with pytest.raises((NotSafe, BusError), match=says): a.connect()
    assert not any(s["Torque_Enable"] for s in bus.servos) and a.mode == "closed" and not a.bus.port.is_open

def test_a_fault_between_connect_and_torque(arm):
    arm.bus.port.where.inject("overheated", 1)
    arm.clock.sleep(.1)
    with pytest.raises(NotSafe, match="shoulder_lift"): arm.torque_on()
    assert not any(s["Torque_Enable"] for s in arm.bus.port.where.servos)

def test_uncalibrated_and_disagreeing(folder):
    with pytest.raises(NotSafe, match="no calibration"): SO101(twin_bus(calibrated=False, clock=ManualClock())).connect()
    bus = twin_bus(clock=ManualClock())
    with Bus(bus) as b: good = pull(b)
    good.save(calibration_paths("mine")[1])                            # the old folder
    with SO101(bus, id="mine") as a: assert a.calibration == good
    with pytest.raises(CalibrationDiffers, match="disagree"): SO101(bus, calibration=cal()).connect()
    with Bus(bus) as b: assert push(b, cal()) > 0 and pull(b) == cal() and push(b, cal()) == 0
    with SO101(bus, calibration=cal()) as a: assert a.calibration == cal()

def test_connecting_again_writes_nothing_and_drops_nothing():
    bus = twin_bus(clock=ManualClock())
    a = SO101(bus).connect(); a.move_to(HOME)
    a.bus.close(); a.mode = "closed"                                   # a program that was killed
    before, heard = to_units(bus.plant.data.qpos[:6]), bus.heard["WRITE"]
    b = SO101(bus).connect()
    bus.clock.sleep(.5); bus.advance()
    assert bus.heard["WRITE"] == heard and np.abs(to_units(bus.plant.data.qpos[:6])-before).max() < .5
    b.close()

def test_bad_arguments():
    for kw, says in ((dict(role="boss"), "follower or leader"), (dict(kind="so102"), "so101 or so100")):
        with pytest.raises(ValueError, match=says): SO101(**kw)
    with pytest.raises(BusError, match="no serial port"): SO101("/dev/ttyNOSUCH").connect()
    with pytest.raises(Stopped, match="not connected"): SO101().state()
    with pytest.raises(Stopped, match="not connected"): SO101().send(HOME)
    for bad, says in (([1, 2], r"shape \(6,\)"), ([np.nan]*6, "NaN"), ({"gripper.pos": 1}, "lacks shoulder_pan.pos")):
        with pytest.raises(ValueError, match=says): as_values(bad)

@pytest.mark.parametrize("kind", ["so101", "so100"])
def test_both_kinds_and_the_leader(kind):
    with SO101(kind=kind, role="leader", clock=ManualClock()) as a:
        assert a.state().shape == (6,) and not any(s["Torque_Enable"] for s in a.bus.port.where.servos)
        with pytest.raises(ValueError, match="no torque"): a.send(HOME)
        with pytest.raises(ValueError, match="no torque"): a.torque_on()


# --- moving ---

def test_torque_on_does_not_jump(arm):
    for s in arm.bus.port.where.servos: s["Goal_Position"] = 100       # a goal from yesterday
    with every_step(arm) as rows: arm.torque_on(); pause(arm, 1.)
    assert np.array(rows)[:, :5].max() < 25

def test_state_and_limits(arm):
    np.testing.assert_allclose(arm.state(), to_units(twin(arm).data.qpos[:6]), atol=.2)
    assert (arm.low >= LOW).all() and (arm.high <= HIGH).all()
    arm.move_to(off("shoulder_pan", 500))
    assert abs(arm.goal[0]-HIGH[0]) < .1 and arm.state()[0] < 111
    for j, s in zip(JOINTS, arm.bus.port.where.servos): assert s["Torque_Limit"] == TORQUE[12.][j] and s["Goal_Velocity"] > 0

def test_a_distant_first_target_is_refused_and_a_near_one_approached(arm):
    with pytest.raises(TooFar, match="shoulder_pan is .* move_to"): arm.send(off("shoulder_pan", 45))
    with every_step(arm) as rows:
        for _ in range(20): arm.send(off("shoulder_pan", 15)); arm.clock.sleep(1/30)
    assert 20 < np.array(rows)[:, 0].max() < 85                        # 40 degrees/s, a quarter more in the motors, and a joint that catches up

def test_no_command_is_faster_than_the_limit(arm):
    arm.move_to(HOME)
    rng = np.random.default_rng(0)
    with every_step(arm) as rows:
        for _ in range(150): arm.send(rng.uniform(LOW, HIGH)); arm.clock.sleep(1/30)
    rows = np.array(rows)
    assert rows[:, :5].max() < 200 and rows[:, 5].max() < 1.001

def test_a_blocked_arm_does_not_wind_up(arm):
    arm.move_to(HOME)
    twin(arm).hand = twin(arm).data.qpos[:6].copy()                    # somebody holds it
    for _ in range(60): sent = arm.send(off("shoulder_pan", 90)); arm.clock.sleep(1/30)
    assert sent[0]-arm.state()[0] < arm.limits.lead+1
    with every_step(arm) as rows:
        twin(arm).hand = None
        for _ in range(10): arm.send(off("shoulder_pan", 90)); arm.clock.sleep(1/30)
    assert np.array(rows)[:, :5].max() < 1.2*arm.limits.speed

def test_move_to_notices_an_obstacle(arm):
    arm.move_to(HOME)
    twin(arm).hand = twin(arm).data.qpos[:6].copy()
    with pytest.raises(Stopped, match="did not reach"): arm.move_to(off("shoulder_pan", 60)); arm.send(HOME)

def test_dicts_and_what_was_sent(arm):
    arm.move_to(HOME)
    first = arm.send(off("wrist_roll", 90)); arm.clock.sleep(1/30)
    sent = arm.send({f"{j}.pos": v for j, v in zip(JOINTS, off("wrist_roll", 90))})
    assert sent.dtype == np.float32 and abs(sent[4]-first[4]-4.5) < .1     # one thirtieth of 135 degrees/s


# --- watchdog and stop ---

def left_alone(arm, pose):
    "The arm in this pose, and nobody commands: its largest distance from there while it sinks or folds, degrees"
    arm.move_to(pose); arm.send(pose)
    pause(arm, .6); arm.guard()
    assert arm.mode == "holding"
    with pytest.raises(TooFar): arm.send(off("shoulder_pan", 60))      # what comes after a pause is a first target
    pause(arm, 4.); arm.guard(); assert arm.mode == "holding"
    start = arm.state()
    pause(arm, 6.)
    with every_step(arm) as rows: arm.guard()
    assert arm.mode == "free" and not any(s["Torque_Enable"] for s in arm.bus.port.where.servos)
    return np.abs(arm.state()-start)[:5], np.abs(rows)[:, :5].max()

@pytest.mark.parametrize("fold", [None, False])
def test_silence_holds_then_sinks(fold):
    "Nobody asked for a motion: no joint goes anywhere but down, and none falls"
    with SO101(clock=ManualClock(), fold=fold) as arm:
        seen = ramp(arm.bus.port.where)
        moved, speed = left_alone(arm, off("shoulder_pan", 40))
        assert moved[0] < 2 and moved[4] < 2 and moved.max() < 60 and speed < 120 and sank(seen, 8), "the pan stays, it does not fold"
        arm.move_to(HOME)                                              # and it can go on
        assert arm.mode == "driving" and arm.presses == 0

def test_silence_folds_only_when_asked():
    with SO101(clock=ManualClock(), fold=True) as arm:
        left_alone(arm, off("shoulder_pan", 40))
        np.testing.assert_allclose(arm.state()[:5], REST[:5], atol=6)
        arm.move_to(HOME)

def test_the_watchdog_sees_faults_while_holding(arm):
    arm.move_to(HOME)
    arm.bus.port.where.inject("overheated", 2)
    with pytest.raises(Stopped, match="elbow_flex"):
        for _ in range(30): pause(arm, .1); arm.guard()
    assert arm.mode == "stopped" and not any(s["Torque_Enable"] for s in arm.bus.port.where.servos)

def test_stop_sinks_and_latches(arm):
    arm.move_to([0, 0, 0, 0, 0, 20])
    with every_step(arm) as rows: arm.stop(); pause(arm, 1.)
    assert np.array(rows)[:, :5].max() < 120
    for do in (lambda: arm.send(HOME), lambda: arm.move_to(HOME), arm.torque_on):
        with pytest.raises(Stopped, match="reset"): do()
    arm.reset()
    arm.move_to(HOME)
    assert arm.mode == "driving"

def test_stop_now_cuts_at_once(arm):
    arm.move_to(HOME); t = arm.clock.now()
    arm.stop(now=True)
    assert arm.clock.now() == t and not any(s["Torque_Enable"] for s in arm.bus.port.where.servos) and arm.mode == "stopped"

def test_stop_from_another_thread_while_the_loop_hangs(arm):
    arm.move_to(HOME)
    arm.lock.acquire()
    t = threading.Thread(target=arm.stop); t.start(); t.join(3)
    arm.lock.release()
    assert not t.is_alive() and not any(s["Torque_Enable"] for s in arm.bus.port.where.servos)
    with pytest.raises(Stopped): arm.send(HOME)

def test_with_eases_down_and_a_crash_sinks():
    for error, folded in ((None, True), (KeyboardInterrupt, False), (RuntimeError, False)):  # Ctrl-C is STOP: nobody asked for another motion
        bus = twin_bus(clock=ManualClock())
        a = SO101(bus)
        with contextlib.suppress(RuntimeError, KeyboardInterrupt):
            with a:
                a.move_to(off("shoulder_pan", 40))
                if error: raise error
        assert not any(s["Torque_Enable"] for s in bus.servos) and a.mode == "closed"
        assert (abs(to_units(bus.plant.data.qpos[:6])[0]) < 8) == folded, error

def test_python_ends_and_the_arm_lies_down(tmp_path):
    code = ("from smolvla.arm.calibration import *; from smolvla.arm.so101 import *; from smolvla.arm.bus import *; from smolvla.arm.faults import *; from smolvla.arm.jog import *; from smolvla.arm.teleoperation import *; from smolvla.arm.wire import *; from smolvla.arm.bus import *; from smolvla.arm.virtual import *; from smolvla.arm.faults import *; from smolvla.arm.ports import *; import atexit\n"
            "bus = twin_bus(clock=ManualClock()); atexit.register(lambda: None)\n"
            "a = SO101(bus).connect(); a.move_to([20, -80, 45, 80, 0, 20])\n"
            "import smolvla.arm.so101 as m; atexit.unregister(m.close_all)\n"
            "atexit.register(lambda: print('torque', sum(s['Torque_Enable'] for s in bus.servos), a.mode)); atexit.register(m.close_all)")
    r = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert r.stdout.strip() == "torque 0 closed", r.stderr[-500:]

@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")
def test_a_port_is_as_good_as_twin_in_real_time():
    bus = twin_bus(paced=True)
    with PtyServer(bus) as server, SO101(server.port, limits=Limits(hold=.3)) as a:
        a.bus.port.slack = .3                                          # this machine may be busy
        a.move_to(a.state()+np.array([5, 0, 0, 0, 5, 5]), speed=20)
        assert abs(a.state()[0]-5) < 4
        for _ in range(100):
            time.sleep(.05)
            if a.mode == "holding": break                              # its own thread saw the silence
        assert a.mode == "holding"


# --- two hands at once, and at the wrong moment ---

@pytest.fixture
def live():
    "A twin in real time, with its watchdog"
    a = SO101(limits=Limits(hold=.3, lower=.8)).connect()
    yield a
    a.close(quick=True)

def torque(arm): return [s["Torque_Enable"] for s in arm.bus.port.where.servos]

def eventually(what, seconds=20):
    end = time.monotonic()+seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(.01)

def in_thread(f, *args):
    "Start f in a thread; the list holds what it returned or raised"
    out = []
    def go():
        try: out.append(f(*args))
        except Exception as e: out.append(e)
    t = threading.Thread(target=go, daemon=True); t.start()
    return out, t

def test_connecting_twice_changes_nothing(live):
    live.move_to(live.state())
    n = threading.active_count()
    assert live.connect() is live and live.mode == "driving" and threading.active_count() == n and all(torque(live))

def test_stop_while_another_thread_moves_sinks(live):
    seen = ramp(live.bus.port.where)
    out, t = in_thread(live.move_to, off("shoulder_pan", 80))
    eventually(lambda: live.mode == "driving"); time.sleep(.3)
    live.stop()
    t.join(20)
    assert isinstance(out[0], Stopped) and live.mode == "stopped" and not any(torque(live)) and sank(seen, 8)

@pytest.mark.parametrize("fold", [None, True])
def test_stop_while_the_watchdog_lowers_sinks(live, fold):
    live.fold = fold
    live.move_to(HOME)
    seen = ramp(live.bus.port.where)
    eventually(lambda: any("lowering" in e[1] for e in live.events)); time.sleep(.2)
    live.stop()
    eventually(lambda: live.mode == "stopped", 3)                      # one that sinks already goes on sinking
    assert live.mode == "stopped" and not any(torque(live)) and sank(seen, 8)

def test_stop_while_close_lowers_sinks(live):
    live.move_to(HOME)
    seen = ramp(live.bus.port.where)
    _, t = in_thread(live.close)
    time.sleep(.3)
    live.stop()
    t.join(20)
    assert live.mode == "closed" and not any(torque(live)) and sank(seen, 8)

def test_closing_while_another_thread_sends(live):
    live.move_to(HOME)
    def pull():
        while True: live.send(off("shoulder_pan", 60)); time.sleep(.005)
    out, t = in_thread(pull)
    time.sleep(.2)
    live.close()
    t.join(20)
    assert isinstance(out[0], Stopped) and not any(torque(live))
    np.testing.assert_allclose(to_units(twin(live).data.qpos[:6])[:3], REST[:3], atol=12)

def test_two_threads_that_send_are_no_faster_than_one(live):
    live.move_to(HOME)
    with every_step(live) as rows:
        def go(side):
            for _ in range(60): live.send(off("shoulder_pan", 60*side)); time.sleep(.01)
        for _, t in [in_thread(go, 1), in_thread(go, -1)]: t.join(30)
    assert np.array(rows)[:, :5].max() < 200 and live.mode == "driving"

def test_ctrl_c_while_connecting(monkeypatch):
    a = SO101(clock=ManualClock())
    monkeypatch.setattr(a, "_configure", lambda: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt): a.connect()
    assert a.mode == "closed" and not a.bus.port.is_open
    monkeypatch.undo()
    with a: assert a.mode == "free"

def test_a_line_that_fails_between_two_torques(arm):
    "Three motors are stiff, the fourth does not answer: all let go"
    write = arm.bus.write
    def half(name, j, value):
        if (name, j) == ("Torque_Enable", "wrist_flex"): raise BusError("motor 4 (wrist_flex): no reply")
        return write(name, j, value)
    arm.bus.write = half
    with pytest.raises(Stopped, match="wrist_flex"): arm.send(arm.state())
    del arm.bus.write
    assert arm.mode == "stopped" and not any(torque(arm))

def test_an_arm_that_was_left_up_is_laid_down():
    bus = twin_bus(clock=ManualClock())
    a = SO101(bus).connect(); a.move_to(HOME)
    a.bus.close(); a.mode = "closed"                                   # its program was killed
    with SO101(bus) as b: assert b.mode == "free" and all(torque(b))
    assert not any(torque(b))
    np.testing.assert_allclose(to_units(bus.plant.data.qpos[:6])[:3], REST[:3], atol=10)

def test_unplugged_and_plugged_in_again(arm):
    line = arm.bus.port.where
    arm.move_to(HOME)
    line.inject("unplug", 0)
    with pytest.raises(Stopped, match="gone"): arm.send(HOME)
    with pytest.raises(BusError): arm.reset()
    line.unplugged = False
    arm.reset()
    assert all(torque(arm))                                            # the motors never heard of it
    arm.move_to(HOME)
    line.inject("unplug", 0)
    with pytest.raises(Stopped): arm.send(HOME)
    line.unplugged = False
    line.servos[2]._store(line.servos[2].flash, "Homing_Offset", 5); line.power_cycle()
    arm.given = arm.calibration                                        # and now another arm hangs there
    with pytest.raises(CalibrationDiffers, match="elbow_flex"): arm.reset()
    assert arm.mode == "stopped" and not arm.bus.port.is_open

@pytest.mark.parametrize("kw", [dict(speed=np.nan), dict(gap=np.inf), dict(lead=-1), dict(hold=0), dict(patience=-1), dict(lower=np.nan), dict(acceleration=np.inf)])
def test_limits_that_are_none(kw):
    with pytest.raises(ValueError, match=f"limits.{next(iter(kw))}"): Limits(**kw)

def test_limits_and_volts_that_are_some():
    assert Limits(lower=np.inf, patience=0).lower == np.inf
    for v in (np.nan, 0, 24):
        with pytest.raises(ValueError, match="volts"): SO101(volts=v)

def test_waiting_in_simulated_time_ends(arm):
    "t + (due - t) may be a rounding error short of due"
    for t in np.random.default_rng(0).uniform(0, 1e5, 3000):
        arm.clock.t = .1
        arm.wait_until(t)
        assert abs(arm.clock.t-t) < 1e-6
    arm.bus.port.where.t = arm.clock.t

def test_the_watchdog_survives(live, monkeypatch):
    live.move_to(HOME)
    guard, calls = live.guard, []
    def broken():
        calls.append(1)
        if len(calls) == 1: raise ZeroDivisionError("a bug")
        return guard()
    live.guard = broken
    eventually(lambda: live.mode == "free")                            # it still holds, and then lowers
    assert any("a bug" in e[1] for e in live.events)


# --- faults at random moments (tests/benchmarks/bench_bus.py does a hundred of each) ---

@pytest.fixture(scope="module")
def bench():
    import importlib.util
    spec = importlib.util.spec_from_file_location("bench_bus", Path(__file__).parent/"benchmarks"/"bench_bus.py")
    spec.loader.exec_module(m := importlib.util.module_from_spec(spec))
    return m

@pytest.mark.parametrize("fault", FAULTS)
def test_faults_never_move_the_arm_unsafely(fault, bench):
    one_injection = bench.one_injection
    for seed in (1, 2):
        end, (speed, torque) = one_injection(fault, seed)
        assert speed < bench.SAFE_SPEED and torque < 1.001
        assert end == ("went on" if fault in ("lost_bytes", "bad_checksums", "old_firmware") else "stopped")


# --- kinematics, jogging, teleoperation, lab ---

def test_kinematics_agree_with_chapter_09():
    from smolvla.sim.twin import Arm, base_model
    kin, ours = Kinematics(), Arm(base_model())
    for q in np.random.default_rng(0).uniform(LOW, HIGH, (5, 6)): np.testing.assert_allclose(kin.tip(q)[0], ours.tip(to_radians(q)[:5])[0], atol=1e-5)

@pytest.mark.parametrize("axis", range(3))
def test_jogging_moves_along_one_axis(axis):
    kin, q = Kinematics(), np.array([10, -40, 50, 60, 20, 30.])
    p0, r0 = kin.tip(q)
    q2 = kin.move(q, .01*np.eye(3)[axis])
    p1, r1 = kin.tip(q2)
    np.testing.assert_allclose(p1-p0, .01*np.eye(3)[axis], atol=4e-4)
    assert np.trace(r0.T@r1) > 2.98 and q2[5] == 30

def test_turning_keeps_the_place():
    kin, q = Kinematics(), np.array([10, -40, 50, 60, 20, 30.])
    for kw in (dict(pitch=.1), dict(roll=.1)):
        p, r = kin.tip(kin.move(q, steps=30, **kw))
        assert np.linalg.norm(p-kin.tip(q)[0]) < 2e-3
        assert .02 < np.arccos(np.clip((np.trace(kin.tip(q)[1].T@r)-1)/2, -1, 1)) < .15

def test_out_of_reach_stays_at_the_edge():
    kin, q = Kinematics(), HOME
    for _ in range(60): q = kin.move(q, (.02, 0, 0))
    assert np.isfinite(q).all() and (q >= LOW-.1).all() and (q <= HIGH+.1).all()

def test_a_gamepad(arm):
    "A stick that is held counts for half a second after its last message; any button is STOP"
    import ipywidgets as w
    panel = jog_panel(arm, run=False)
    jog, pad = panel.jogger, panel.children[-1].children[0]
    arm.move_to([0, -40, 50, 60, 0, 30])
    pad.set_trait("axes", [w.widget_controller.Axis() for _ in range(4)]); pad.set_trait("buttons", [w.widget_controller.Button() for _ in range(2)])
    before = arm.goal.copy()
    pad.axes[0].set_trait("value", 1.)                                              # to the right, and the message is the last one
    for _ in range(60): jog.tick(); arm.clock.sleep(1/30)
    moved = Kinematics().tip(arm.goal)[0]-Kinematics().tip(before)[0]
    assert -.07 < moved[1] < -.03 and abs(moved[0]) < .03               # 10 cm/s for half a second
    pad.buttons[1].set_trait("pressed", True)
    eventually(lambda: arm.mode == "stopped")

def test_every_key_does_something(arm):
    arm.move_to([0, -40, 50, 60, 0, 30])
    for k in KEYS:
        jog = Jogger(arm); jog.key(k)
        assert np.abs(jog.target-arm.goal).max() > .2, k
    jog = Jogger(arm); jog.key("?")
    assert jog.target is None
    jog.stick([0, -1, 0, 0]); assert np.abs(jog.target-arm.goal).max() > .1
    jog.key(" "); assert arm.mode == "stopped"

def test_a_slider_that_jumps_is_followed_slowly(arm):
    jog = Jogger(arm); jog.joint("shoulder_pan", 80)
    with every_step(arm) as rows:
        for _ in range(150): jog.tick(); arm.clock.sleep(1/30)
    assert np.array(rows)[:, :5].max() < 90 and abs(arm.state()[0]-80) < 2 and not jog.error

def test_the_panel(arm):
    panel = jog_panel(arm, run=False)
    stop, (sliders, status), keys = panel.children[0], panel.children[1].children[:2], panel.children[3].children[0]
    assert stop.description == "STOP" and [s.description.split(",")[0] for s in sliders.children] == JOINTS
    sliders.children[0].value = 12.
    for _ in range(30): panel.jogger.tick(); arm.clock.sleep(1/30)
    assert abs(arm.state()[0]-12) < 2
    keys.value = "r"
    once = panel.jogger.target.copy()
    keys.value = "rr"; twice = panel.jogger.target.copy()
    keys.value = "r"
    assert np.abs(twice-once).max() > .2 and (panel.jogger.target == twice).all(), "each key counts once, and a deleted one not at all"
    stop.click()
    for _ in range(300):
        if arm.mode == "stopped": break
        time.sleep(.02)
    panel.refresh()
    assert arm.mode == "stopped" and "stopped" in status.value
    panel.children[3].children[1].click()
    assert arm.mode == "free"

def test_teleoperation():
    clock = ManualClock()
    with SO101(role="leader", clock=clock) as leader, SO101(clock=clock) as follower:
        hand = twin(leader)
        hand.hand = to_radians(off("shoulder_pan", 50))
        clock.sleep(1)
        seen = []
        def each(t, want, sent):
            hand.hand = to_radians(off("shoulder_pan", 50+20*np.sin(2*t)))
            seen.append((want[0], sent[0])); clock.sleep(.001 if len(seen) != 50 else .04)
        with every_step(follower) as rows: t = teleoperate(leader, follower, 100, 3, each)
        assert np.array(rows)[:, :5].max() < 1.2*follower.limits.speed     # 50 degrees apart at first
        assert t.skipped == 3 and abs(len(t.error_ms)-297) < 3 and np.median(t.tracking) < 4 and "p99" in t._repr_markdown_()
        for hz in (0, 500):
            with pytest.raises(ValueError, match="1 to 200"): teleoperate(leader, follower, hz)
        with pytest.raises(ValueError, match="mixed up"): teleoperate(follower, leader)

def test_the_lab(arm):
    arm.move_to(HOME)
    numbers = response_numbers(step_response(arm, "wrist_roll", 10))
    assert 10 < numbers["latency_ms"] < 120 and 30 < numbers["rise_ms"] < 400 and abs(numbers["left"]) < 1
    with pytest.raises(ValueError, match="limits.lead"): step_response(arm, "wrist_roll", 60)
    wide = backlash(arm, "shoulder_pan", 2)
    arm.bus.port.where.servos[0].backlash = 0.
    assert wide > backlash(arm, "shoulder_pan", 2)+.15


# --- commands ---

@pytest.mark.parametrize("name", ["calibrate", "teleoperate"])
def test_help_of_commands(name, tmp_path):
    code, text = command(tmp_path, name, "--help")
    assert code == 0 and f"Example: smolvla_{name}" in " ".join(text.split())

def test_calibrating_a_twin_unattended(tmp_path):
    args = ("calibrate", "--port", "twin", "--id", "blue")
    code, text = command(tmp_path, *args)
    path = tmp_path/"outputs"/"twin_calibration"/"robots"/"so_follower"/"blue.json"
    assert code == 0 and "saved: " in text and load_calibration(path).findings() == [] and not path.with_suffix(".notes").exists()
    assert not (tmp_path/"cal").exists()                               # practice leaves LeRobot's folder alone
    before = path.read_text()
    code, text = command(tmp_path, *args)               # no hand does it twice alike
    assert code == 1 and "holds another calibration" in text and "--overwrite" in text and path.read_text() == before and "Traceback" not in text
    code, text = command(tmp_path, *args, "--overwrite")
    assert code == 0 and "going on from the notes" in text and path.read_text() != before and path.with_suffix(".json.bak").read_text() == before

@linux
def test_a_calibration_is_replaced_only_after_yes(tmp_path):
    args = ("calibrate", "--port", "twin")
    command(tmp_path, *args)
    path = tmp_path/"outputs"/"twin_calibration"/"robots"/"so_follower"/"arm.json"
    before = path.read_text()
    code, text = command(tmp_path, *args, typed=[("y/n", "n\n")])
    assert code == 1 and path.read_text() == before
    code, text = command(tmp_path, *args, typed=[("y/n", "y\n")])
    assert code == 0 and path.read_text() != before

class QuickHand(TwinHand):
    def bend(self, pose, seconds=.4, hz=30): super().bend(pose, seconds, hz)

@linux
@patient
def test_calibrating_a_port_by_hand_stops_and_goes_on(tmp_path):
    "A hand in this process, questions in another: interrupted in the sweep, then finished"
    bus = twin_bus(calibrated=False)
    hand = QuickHand(bus)
    notes = tmp_path/"cal"/"robots"/"so_follower"/"red.notes"
    def some(*joints):
        def go(p):
            for j in joints: hand.sweep(Looker(), [j], seconds=1.2, hz=30)
        return go
    class Looker:
        def look(self): pass
        def _note(self): pass
    for f in notes.parent.glob("red*"): f.unlink()
    with PtyServer(bus) as server:
        hand.bend([0, 0, 0, 0, 0, 48])
        args = ("calibrate", "--port", server.port, "--id", "red")
        code, text = command(tmp_path, *args, typed=[("then ENTER", "\n"), ("full turn", some("shoulder_pan")), ("full turn", "\x03")])
        assert code == 1 and "run it again to go on" in text and "Traceback" not in text, text
        seen = json.loads(notes.read_text())
        assert seen["hi"]["shoulder_pan"]-seen["lo"]["shoulder_pan"] > 1500 and seen["hi"]["gripper"]-seen["lo"]["gripper"] < 1000
        typed = [("full turn", "\n"), ("not swept yet", some(*[j for j in JOINTS if j != "wrist_roll"])), ("full turn", "\n"), ("off and on", "\n")]
        code, text = command(tmp_path, *args, typed=typed)
        assert code == 0 and "going on from the notes" in text and "saved: " in text and not notes.exists(), text
        with Bus(server.port) as b: assert pull(b) == load_calibration(notes.with_suffix(".json"))

def test_keeping_a_calibration_puts_the_old_one_back(folder):
    bus = twin_bus(clock=ManualClock())
    with Bus(bus) as b:
        good = pull(b)
        path = keep_calibration(b, good, "a")
        assert path == calibration_paths("a")[0] and find_calibration("a")[0] == good
        old = good.save(calibration_paths("old")[1])                    # found in the folder of an earlier LeRobot
        push(b, cal())
        with pytest.raises(CalibrationDiffers, match="so101_follower.*another calibration"): keep_calibration(b, cal(), "old")
        assert pull(b) == good and not calibration_paths("old")[0].exists()
        push(b, cal())
        assert keep_calibration(b, cal(), "old", overwrite=True) == calibration_paths("old")[0] and pull(b) == cal() and load_calibration(old) == good

@pytest.mark.parametrize("name,args,says", [("calibrate", (), "--port is missing"), ("calibrate", ("--port", "/dev/ttyNO"), "no serial port"), ("calibrate", ("--port", "twin", "--role", "boss"), "boss"),
    ("teleoperate", (), "--port is missing"), ("teleoperate", ("--port", "twin"), "keys need a terminal"), ("teleoperate", ("--port", "/dev/ttyNO", "--leader", "twin"), "no serial port"),
    ("teleoperate", ("--port", "twin", "--leader", "twin", "--hz", "900"), "1 to 200")])
def test_commands_say_what_is_missing(name, args, says, tmp_path):
    code, text = command(tmp_path, name, *args)
    assert code == 1 and says in text and "Traceback" not in text

def test_teleoperating_twins(tmp_path):
    code, text = command(tmp_path, "teleoperate", "--port", "twin", "--leader", "twin", "--seconds", "1")
    assert code == 0 and "ticks of 16.7 ms" in text

@linux
@patient
@pytest.mark.parametrize("end", ["\x1b", "\x03", "kill", "hang up"])
def test_keys_in_a_terminal(end, tmp_path):
    "Jog, STOP, reset, and every way to end: the arm lies down"
    import signal
    last = end if len(end) == 1 else lambda p: p.send_signal(signal.SIGTERM if end == "kill" else signal.SIGHUP)
    bus = twin_bus()
    with PtyServer(bus) as server:
        typed = [("free", "rrrrrr"), ("driving", " "), ("stopped", "\n"), ("free", "rr"), ("driving", last)]
        code, text = command(tmp_path, "teleoperate", "--port", server.port, typed=typed)
        assert code == (0 if end == "\x1b" else 1) and "Traceback" not in text, text
        assert not any(s["Torque_Enable"] for s in bus.servos)
        bus.clock.sleep(.2)
        np.testing.assert_allclose(to_units(bus.plant.data.qpos[:6])[:3], REST[:3], atol=10)   # the free hand hangs
