"""Other people's arms: calibrations that are unusual, doubtful or impossible, files and motors that differ, motors that count beyond a turn, leaders, supplies."""
import json
from dataclasses import replace

import numpy as np
import pytest
from smolvla.arm import recording as recording_recording
from smolvla.arm import cameras as recording
from smolvla.data.writer import JOINTS
from smolvla.arm.wire import ManualClock
from smolvla.arm.bus import Bus, BusError, Found, MULTI_TURN, scan
from smolvla.arm.virtual import GEARS, Servo, TRIGGER, VirtualBus, twin_bus
from smolvla.arm.faults import diagnose
from smolvla.arm.recording import check_motors, open_cameras, preflight
from smolvla.arm.calibration import (
    Calibrating, Calibration, CalibrationDiffers, JointCalibration, TwinHand, USUAL,
    about_calibration, accept_findings, accepted_findings, calibrate_cli, calibration_paths,
    find_calibration, keep_calibration, load_calibration, misfits, pull, push, usual_span,
    write_file)
from smolvla.arm.so101 import NotSafe, SO101

@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_LEROBOT_CALIBRATION", str(tmp_path/"cal"))
    return tmp_path/"cal"

REAL = {  # offset, smallest, largest: arms that people use, numbers moved by a few ticks
    "a": ("follower", [(-275, 787, 3035), (390, 950, 3298), (494, 876, 3075), (181, 830, 3131), (1138, 157, 3989), (433, 1353, 2826)]),
    "b": ("follower", [(1550, 813, 3337), (-983, 825, 3207), (-1935, 1038, 3254), (-1897, 910, 3211), (1753, 0, 4095), (1129, 1900, 3493)]),
    "c": ("follower", [(-1731, 668, 3369), (-983, 825, 3207), (-1863, 852, 3056), (-1897, 910, 3211), (1753, 145, 3970), (1129, 2018, 3437)]),
    "leader": ("leader", [(-1967, 761, 3431), (2036, 874, 3239), (-1909, 824, 3110), (1971, 828, 3095), (834, 175, 4006), (849, 2035, 3269)])}

def calibration(rows): return Calibration({j: JointCalibration(i+1, 0, *x) for i, (j, x) in enumerate(zip(JOINTS, rows))})
def good(): return calibration(REAL["a"][1])
def changed(joint="elbow_flex", cal=None, **kw): return Calibration({**(cal or good()), joint: replace((cal or good())[joint], **kw)})
def raw(cal): return {j: dict(vars(c)) for j, c in cal.items()}

# --- three levels ---

@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("kind", ["so101", "so100", None])
def test_arms_that_people_use_pass(name, kind):
    role, rows = REAL[name]
    for r in (role, None):
        found = calibration(rows).findings(r, kind)
        assert not [f for f in found if f.level != "unusual"] and all("offset" in f for f in found)

@pytest.mark.parametrize("joint", JOINTS)
def test_levels_by_span(joint):
    "Everything within 15 % of a usual span passes; half of one is doubtful; nothing else is impossible"
    lo, hi = usual_span(joint, "follower", "so101")
    level = lambda span: {f.level for f in changed(joint, range_min=2047-span//2, range_max=2047-span//2+span).findings("follower", "so101")}
    assert level(lo) == level(min(hi, 4090)) == set() and level(round(.85*lo)) == {"unusual"}
    assert level(round(.2*(lo+hi))) == {"doubtful"} and level(10) == {"doubtful"}

def test_a_leader_has_a_trigger():
    short = changed("gripper", range_min=2000, range_max=2900)
    assert short.findings("leader") == [] and [f.level for f in short.findings("follower")] == ["unusual"] and short.findings() == []
    assert usual_span("gripper", "leader", "so100")[0] < usual_span("gripper", "leader")[0] < usual_span("gripper", "follower")[0]

@pytest.mark.parametrize("kw,says", [(dict(range_min=3000, range_max=1000), "range"), (dict(range_min=1000, range_max=1000), "range"), (dict(range_max=4096), "range"), (dict(range_min=-1), "range"),
                                     (dict(homing_offset=2048), "11 bits"), (dict(homing_offset=-3100), "11 bits"), (dict(drive_mode=2), "drive_mode"), (dict(id=2), "ids"), (dict(id=0), "ids"), (dict(id=253), "ids"), (dict(id=254), "ids")])
def test_the_impossible_is_refused_everywhere(kw, says):
    bad = changed(**kw)
    assert [f for f in bad.findings() if f.level == "impossible" and says in f]
    line = twin_bus(clock=ManualClock())
    with Bus(line) as bus:
        before = pull(bus)
        with pytest.raises(ValueError, match=says): push(bus, bad)
        assert pull(bus) == before
    with pytest.raises((NotSafe, CalibrationDiffers)): SO101(line, calibration=bad).connect()

# --- the page before a lesson, and a person who vouches ---

def arm_with(**spans):
    line = twin_bus(clock=ManualClock())
    with Bus(line) as b:
        cal = pull(b)
        for joint, span in spans.items(): cal = changed(joint, cal, range_min=2047-span//2, range_max=2047-span//2+span)
        push(b, cal)
    return SO101(line, "x")

def bad(arm): return [c.name for c in preflight(arm, {}, ".") if not c.ok and c.name != "loop"]

@pytest.mark.parametrize("span", [2248, 2562, 2701, 2850, 1900])
def test_other_peoples_spans_may_record_and_drive(span):
    with arm_with(shoulder_pan=span) as a: assert bad(a) == []

def test_a_doubtful_arm_stops_until_somebody_vouches(folder):
    with arm_with(elbow_flex=1024) as a:
        assert bad(a) == ["follower x calibration"] and "--accept" in [c for c in check_motors(a) if not c.ok][0].cure
        for no in ("", "  ", "ok", None):
            with pytest.raises(ValueError, match="few words"): a.accept(no)
        kept = a.accept("a stop of the elbow is printed too thick")
        assert kept == folder/"robots"/"so_follower"/"x.about" and bad(a) == [] and a.accept("once more, nothing is left") is None
        row, = json.loads(kept.read_text())["accepted"]
        assert row["reason"].startswith("a stop") and "elbow_flex: swept 90 degrees" in row["finding"] and row["when"]
        path = a.calibration.save(calibration_paths("x")[0])
        assert accepted_findings(path) == {row["finding"]} and about_calibration(path)["units"]["gripper"] == "percent", "saving keeps it"
    path.unlink()
    with arm_with(elbow_flex=900) as a:
        assert bad(a) == ["follower x calibration"], "other numbers must be accepted anew"
    for text in ("{", "[]", '{"accepted": 3}', '{"accepted": [1, {"finding": 2}, {}]}', '{"accepted": {"a": 1}}'):
        kept.write_text(text)
        assert accepted_findings(path) == set()
    with pytest.raises(ValueError, match="cannot be accepted"): accept_findings(path, changed(homing_offset=3000).findings(), "it is right")

# --- files ---

@pytest.mark.parametrize("change,says", [(dict(elbow_flex=dict(id=2)), "ids"), (dict(gripper=dict(id=0)), "ids"), (dict(gripper=dict(id=253)), "ids"), (dict(gripper=dict(id=-1)), "ids"),
    (dict(gripper=dict(range_min=1360.7)), "whole"), (dict(gripper=dict(range_min=None)), "each joint"), (dict(gripper=dict(range_min=True)), "whole"), (dict(gripper=dict(range_min="many")), "each joint"),
    (dict(gripper=dict(range_min=float("inf"))), "each joint"), (dict(gripper=dict(range_min=[1])), "each joint"), (dict(gripper=dict(model="sts")), "each joint")])
def test_files_that_are_none(change, says, tmp_path):
    content = raw(good())
    for j, kw in change.items(): content[j].update(kw)
    (tmp_path/"x.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=says): load_calibration(tmp_path/"x.json")

def test_files_that_are_some(tmp_path):
    for text in ("\ufeff"+json.dumps(raw(good())), json.dumps(dict(reversed(raw(good()).items()))), json.dumps(raw(changed(id=13))), json.dumps({j: {**v, "id": float(v["id"])} for j, v in raw(good()).items()})):
        (tmp_path/"x.json").write_text(text, encoding="utf-8")
        assert load_calibration(tmp_path/"x.json")["gripper"] == good()["gripper"]
    for data in (b"\xff\xfe\x00", b"", b"["*100_000):
        (tmp_path/"x.json").write_bytes(data)
        with pytest.raises(ValueError, match="JSON"): load_calibration(tmp_path/"x.json")

@pytest.mark.parametrize("id", ["../x", "..", ".", "", "a/b", "/etc/x", "a\\b", "C:x", "x\0", "x\n", " ", "..\\x", 3, None, "x"*300])
def test_an_id_stays_in_its_folder(id):
    for use in (calibration_paths, find_calibration, lambda i: SO101(id=i), lambda i: write_file("twin", i)):
        with pytest.raises(ValueError, match="name of a file"): use(id)

@pytest.mark.parametrize("id", ["blue", "arm 2", "my.arm", "Arm-7_b", "großer"])
def test_ids_that_people_use(id, folder): assert calibration_paths(id)[0] == folder/"robots"/"so_follower"/f"{id}.json"

def test_a_broken_file_can_be_replaced(folder):
    line = twin_bus(clock=ManualClock())
    path = calibration_paths("x")[0]; path.parent.mkdir(parents=True); path.write_text("{")
    with Bus(line) as bus:
        with pytest.raises(ValueError, match="overwriting replaces"): keep_calibration(bus, pull(bus), "x")
        assert keep_calibration(bus, pull(bus), "x", overwrite=True) == path and load_calibration(path) == pull(bus) and path.with_suffix(".json.bak").read_text() == "{"

# --- drive_mode ---

def test_a_gripper_with_drive_mode_1_works_mirrored():
    "As LeRobot's 0..100; the motors have no register for it"
    line = twin_bus(clock=ManualClock())
    with Bus(line) as bus: turned = changed("gripper", pull(bus), drive_mode=1)
    with SO101(line, calibration=pull_plain(line)) as a: plain = a.state()
    with SO101(line, calibration=turned) as b:
        assert abs(b.state()[5]+plain[5]-100) < 1 and np.allclose(b.state()[:5], plain[:5], atol=.5)
        b.move_to([0, -95, 45, 90, 0, 80])
        assert abs(b.state()[5]-80) < 4
    assert [f.level for f in changed("shoulder_pan", drive_mode=1).findings()] == ["unusual"]

def pull_plain(line):
    with Bus(line) as bus: return pull(bus)

# --- a file into the motors ---

def other_offsets(line, by=200):
    with Bus(line) as bus:
        was = pull(bus)
        push(bus, changed("elbow_flex", was, homing_offset=was["elbow_flex"].homing_offset-by))
    return was

def test_a_file_is_written_into_the_motors(folder):
    line = twin_bus(clock=ManualClock())
    was = other_offsets(line)
    was.save(calibration_paths("blue")[2])                              # an old folder
    with pytest.raises(CalibrationDiffers, match="smolvla_calibrate --port virtual --id blue --write"): SO101(line, "blue").connect()
    assert "1 registers were changed" in write_file(line, "blue") and pull_plain(line) == was
    line.power_cycle()
    assert pull_plain(line) == was and "0 registers" in write_file(line, "blue")
    with SO101(line, "blue") as a: assert a.calibration == was

def test_what_is_not_written(folder):
    line = twin_bus(clock=ManualClock())
    with pytest.raises(ValueError, match="no calibration .*nobody.json"): write_file(line, "nobody")
    was = other_offsets(line)
    far = changed("elbow_flex", was, homing_offset=was["elbow_flex"].homing_offset+1400 if was["elbow_flex"].homing_offset < 0 else was["elbow_flex"].homing_offset-1400)
    far.save(calibration_paths("far")[0])
    before = pull_plain(line)
    with pytest.raises(ValueError, match="another arm: elbow_flex would stand"): write_file(line, "far")
    assert pull_plain(line) == before
    Calibration({j: replace(c, id=c.id+10) for j, c in was.items()}).save(calibration_paths("ids")[0])
    with pytest.raises(ValueError, match="other ids.*smolvla_setup_motors"): write_file(line, "ids")
    was.save(calibration_paths("up")[0])
    line.servos[3]["Torque_Enable"] = 1
    with pytest.raises(BusError, match="wrist_flex: torque is on, and nothing was written"): write_file(line, "up")
    assert pull_plain(line) == before
    line.servos[3]["Torque_Enable"] = 0
    assert "registers were changed" in write_file(line, "far", accept="the horn was turned on purpose")
    assert "elbow_flex would stand" in accepted_findings(calibration_paths("far")[0]).pop()

def test_the_command_writes_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="no calibration"): calibrate_cli(port="twin", id="blue", write=True)
    calibrate_cli(port="twin", id="blue")
    calibrate_cli(port="twin", id="blue", write=True)
    assert "blue.json is in the motors" in capsys.readouterr().out
    for id in ("../x", "a/b"):
        with pytest.raises(SystemExit, match="name of a file"): calibrate_cli(port="twin", id=id)
    with pytest.raises(SystemExit, match="few words"): calibrate_cli(port="twin", id="blue", accept=" ")

# --- motors that count beyond a turn ---

def test_the_driver_keeps_motors_within_a_turn():
    line = twin_bus(clock=ManualClock(), turns=("elbow_flex", "gripper"))
    raw = line.servos[2].position
    assert raw > 4095 and [d.fault for d in diagnose(line, window=.05)] == ["multi_turn"]*2
    with SO101(line) as a:
        assert not any(s["Phase"] & MULTI_TURN for s in line.servos) and (np.abs(a.state()[:5]) < 120).all()
        a.move_to([0, -95, 45, 90, 0, 20])
        assert abs(a.state()[2]-45) < 5
    line.power_cycle()
    assert not any(s["Phase"] & MULTI_TURN for s in line.servos), "for good"
    assert diagnose(line, window=.05) == [] and Found(1, 1, 777, "3.10", 0, 5., 25., 0, 1.).phase == 0

def test_a_stiff_motor_beyond_a_turn_is_refused_and_not_moved():
    line = twin_bus(clock=ManualClock(), turns=("elbow_flex",))
    line.servos[2]["Torque_Enable"] = 1
    with pytest.raises(BusError, match="torque off before writing Phase"): SO101(line).connect()
    assert line.servos[2]["Phase"] & MULTI_TURN

@pytest.mark.parametrize("use", [lambda bus: push(bus, pull(bus)), lambda bus: Calibrating(bus).middle(), lambda bus: [bus.single_turn(j) for j in JOINTS]])
def test_everything_that_calibrates_clears_it(use):
    line = twin_bus(clock=ManualClock(), turns=("shoulder_pan", "wrist_flex"))
    with Bus(line) as bus: use(bus)
    assert all(s["Phase"] == 12 for s in line.servos)

# --- leaders and supplies ---

@pytest.mark.parametrize("volts", [5, 7.4, 12])
@pytest.mark.parametrize("role", ["follower", "leader"])
def test_twins_of_all_supplies(role, volts):
    line = twin_bus(clock=ManualClock(), role=role, volts=volts)
    assert diagnose(line, window=.05) == [] and all(abs(f.voltage-volts) < .3 for f in scan(line, window=.05))
    with SO101(line, role=role) as a:
        assert a.volts == volts and a.doubts() == [] and a.calibration.findings(role) == [] and not a.inspect()
        if role == "follower":
            a.move_to([0, -30, 30, 60, 0, 50])
            assert np.abs(a.state()[:5]-[0, -30, 30, 60, 0]).max() < 8, "strong enough"
    if volts != 12:
        line.inject("wrong_voltage", 0); line.clock.sleep(.5)
        assert [d.fault for d in diagnose(line, window=.05)] == ["wrong_voltage"]

def test_the_twin_of_a_leader():
    with SO101("twin", role="leader", clock=ManualClock()) as a:
        line, c = a.bus.port.where, a.calibration["gripper"]
        assert a.volts == 5 and abs(c.range_max-c.range_min-TRIGGER) < 3 and [s.kind for s in line.servos] == list(GEARS)
        hand = TwinHand(line); hand.bend([10, -40, 20, 30, 5, 70])
        assert np.abs(a.state()-[10, -40, 20, 30, 5, 70]).max() < 3
    line = twin_bus(calibrated=False, clock=ManualClock(), role="leader")
    with Bus(line) as bus:
        session, hand = Calibrating(bus, role="leader"), TwinHand(line)
        hand.bend([0, 0, 0, 0, 0, 48]); session.middle(); hand.sweep(session, JOINTS[:4]+["gripper"])
        assert .9 < session.share("gripper") < 1.1 and session.finish().findings("leader") == []
    with SO101("twin", volts=5, clock=ManualClock()) as b: assert b.volts == 5 and b.bus.port.where.supply == 5

@pytest.mark.parametrize("kw", [dict(role="boss"), dict(volts=24), dict(volts="5"), dict(turns=["knee"])])
def test_twins_that_are_none(kw):
    with pytest.raises(ValueError): twin_bus(**kw)

# --- the commands that stop for it ---

@pytest.fixture
def short_elbow(monkeypatch):
    "Commands meet an arm whose elbow only goes 90 degrees, in simulated time"
    from smolvla.arm import driving
    for module in (recording_recording, driving):
        monkeypatch.setattr(module, "SO101", lambda *a, **kw: arm_with(elbow_flex=1024))
        monkeypatch.setattr(module, "open_cameras", lambda *a: {})
        monkeypatch.setattr(module, "preflight", lambda arm, *a: check_motors(arm))
    monkeypatch.setattr(recording_recording, "terminal", lambda: True)

@pytest.mark.parametrize("accept,says", [("", "not ready: follower x calibration"), (" ", "few words"), ("the elbow has a stop", "no terminal")])
def test_recording_stops_for_a_doubtful_arm(accept, says, short_elbow, tmp_path, capsys):
    with pytest.raises(SystemExit, match=says): recording_recording.record_cli(port="/dev/arm", say="wave", out=str(tmp_path/"set"), accept=accept)
    assert ("accepted, see" in capsys.readouterr().out) == (says == "no terminal")

@pytest.mark.parametrize("accept,says", [("", "not ready: follower x calibration"), ("the elbow has a stop", "UNAVAILABLE")])
def test_driving_stops_for_a_doubtful_arm(accept, says, short_elbow, capsys):
    from smolvla.arm.driving import drive_cli
    with pytest.raises(SystemExit, match=f"(?s){says}"): drive_cli(port="/dev/arm", say="wave", server="localhost:1", accept=accept, max_seconds=1.)
    assert ("accepted, see" in capsys.readouterr().out) == bool(accept)

@pytest.mark.parametrize("text", ["{ front: {type: opencv, index_or_path: 0, width: 640}}", '{"front": 0}', "[0, 2]"])
def test_cameras_as_yaml_are_told_how(text):
    with pytest.raises(ValueError, match="not as YAML or JSON: overhead="): open_cameras(text, type("A", (), {"simulated": False}))
