"""The servo bus: packets, registers, the virtual chain and its faults, the driver on top of the SDK, id setup, diagnosis; LeRobot's own bus (opt-in)."""
import json, os, random, subprocess, sys, threading, time
from pathlib import Path
import numpy as np, pytest, scservo_sdk as sdk, serial
from serial.tools import list_ports
from commands import command, linux
from smolvla.arm import bus as motors_bus
from smolvla.arm import ports as motors_ports
from smolvla.arm import virtual as motors_virtual
from smolvla.arm import wire as motors
from smolvla.data.writer import JOINTS
from smolvla.arm.wire import (
    ACTION, BAUDS, BROADCAST, ManualClock, PING, READ, REGISTERS, REG_WRITE, RESET, SYNC_READ,
    SYNC_WRITE, TICKS, WRITE, errors_of, explain_packet, packet, register, split_packets)
from smolvla.arm.bus import Bus, BusError, Port, PortLost, nominal_volts, scan
from smolvla.arm.virtual import PtyServer, Servo, TcpServer, VirtualBus, twin_bus
from smolvla.arm.faults import FAULTS, broken_arm, diagnose
from smolvla.arm.ports import IdSetup

def chain(*servos, **kw): return VirtualBus(list(servos) or [Servo(i) for i in range(1, 7)], clock=ManualClock(), **kw)

def reply(bus, *args, baud=1_000_000):
    "Replies to one packet: [(id, errors, data)]"
    return split_packets(b"".join(r for _, r in bus.feed(packet(*args), baud)))[0]


# --- packets and registers ---

def test_any_stream_is_cut_right_however_it_arrives():
    rng = random.Random(0)
    for _ in range(200):
        sent = [(rng.randrange(253), rng.randrange(64), bytes(rng.randrange(256) for _ in range(rng.randrange(8)))) for _ in range(4)]
        stream, got, rest = b"\x00\x7f".join(packet(i, c, p) for i, c, p in sent), [], b""
        while stream:
            n = rng.randint(1, 9)
            found, rest, _ = split_packets(rest+stream[:n]); stream = stream[n:]
            got += found
        assert got == sent

def test_a_broken_packet_never_passes():
    good = packet(3, 0, [12, 34])
    for k in range(2, len(good)):
        for bit in range(8):
            bad = bytearray(good); bad[k] ^= 1 << bit
            assert (3, 0, bytes([12, 34])) not in split_packets(bytes(bad)+b"\x00"*8)[0]

@pytest.mark.parametrize("r", REGISTERS.values(), ids=lambda r: r.name)
def test_registers_round_trip(r):
    top = (1 << (8*r.size if r.sign is None else r.sign))-1
    for n in {0, 1, top//2, top, *((-1, -top) if r.sign is not None else ())}: assert round(r.decode(r.encode(n*r.scale))/r.scale) == n
    with pytest.raises(ValueError, match="does not fit"): r.encode((top+1)*r.scale)
    with pytest.raises(ValueError, match="does not fit"): r.encode(-(top+1)*r.scale)

def test_registers_do_not_overlap_and_eeprom_is_below_40():
    cells = [a for r in REGISTERS.values() for a in range(r.address, r.address+r.size)]
    assert len(cells) == len(set(cells)) and max(cells) < 87
    assert all(r.eeprom == (r.address < 40) for r in REGISTERS.values())

def test_explaining_garbage_says_so(): assert "checksum" in explain_packet(bytes.fromhex("ff ff 01 02 01 00"))[0][1]


# --- the virtual chain ---

def test_broadcast_rules():
    bus = chain()
    assert [i for i, *_ in reply(bus, BROADCAST, PING)] == [1, 2, 3, 4, 5, 6]
    assert reply(bus, BROADCAST, READ, [56, 2]) == [] == reply(bus, BROADCAST, WRITE, [41, 7])
    assert all(s["Acceleration"] == 700 for s in bus.servos)

def test_sync_read_answers_in_the_order_of_its_list():
    assert [i for i, *_ in reply(chain(), BROADCAST, SYNC_READ, [56, 2, 5, 1, 9, 3])] == [5, 1, 3]

def test_sync_write_reaches_those_named():
    bus = chain()
    assert reply(bus, BROADCAST, SYNC_WRITE, [42, 2, 2, 10, 1, 4, 20, 2]) == []
    assert [s["Goal_Position"] for s in bus.servos][1::2] == [266, 532, 2048]

def test_buffered_writes_wait_for_action():
    bus = chain()
    reply(bus, 1, REG_WRITE, [41, 9])
    assert bus.servos[0]["Acceleration"] == 0
    assert reply(bus, BROADCAST, ACTION) == [] and bus.servos[0]["Acceleration"] == 900

def test_id_writes_answer_with_the_old_id_and_baud_writes_at_the_old_rate():
    bus = chain(Servo(1))
    assert reply(bus, 1, WRITE, [5, 8]) == [(1, 0, b"")] and reply(bus, 1, PING) == [] and reply(bus, 8, PING)
    assert reply(bus, 8, WRITE, [6, 1]) == [(8, 0, b"")] and reply(bus, 8, PING) == [] and reply(bus, 8, PING, baud=500_000)

def test_response_level_0_answers_only_questions():
    bus = chain(Servo(1, Response_Status_Level=0))
    assert reply(bus, 1, PING) and reply(bus, 1, READ, [56, 2]) and not reply(bus, 1, WRITE, [41, 3])
    assert bus.servos[0]["Acceleration"] == 300

def test_reset_keeps_the_id():
    bus = chain(Servo(4, P_Coefficient=16))
    reply(bus, 4, RESET)
    assert bus.servos[0]["ID"] == 4 and bus.servos[0]["P_Coefficient"] == 32

def test_read_only_cells_ignore_writes():
    bus = chain(Servo(1))
    reply(bus, 1, WRITE, [56, 1, 1]); reply(bus, 1, WRITE, [0, 9])
    assert reply(bus, 1, READ, [0, 2])[0][2] == bytes([3, 10]) and bus.servos[0].position == 2048

@pytest.mark.parametrize("lock,kept", [(0, True), (1, False)])
def test_eeprom_lasts_only_unlocked(lock, kept):
    s = Servo(1); s["Lock"] = lock
    s.write(31, REGISTERS["Homing_Offset"].encode(-77))
    assert s["Homing_Offset"] == -77
    s.power_on()
    assert (s["Homing_Offset"] == -77) == kept and s["Lock"] == 1

def test_two_motors_with_one_id_ping_well_and_read_badly():
    bus = chain(Servo(3, ticks=1000), Servo(3, ticks=3001))
    assert reply(bus, 3, PING) == [(3, 0, b"")] and reply(bus, 3, READ, [56, 2]) == []

def test_offset_and_turns():
    s = Servo(1, ticks=5000, Homing_Offset=100)
    assert s.position == 5000-100-TICKS
    s["Phase"] = 28
    assert s.position == 4900
    s["Phase"] = 12
    s.write(40, [128])
    assert s.position == 2048 and s["Torque_Enable"] == 0

def settle(bus, seconds):
    for _ in range(int(seconds/.5)): bus.clock.sleep(.5); bus.advance()

def test_torque_gravity_and_limits():
    bus = chain(Servo(1, gravity=.86))
    s = bus.servos[0]
    settle(bus, 2)
    assert s.position < 1400                                     # it fell
    s["Goal_Position"], s["Torque_Enable"], s.setpoint = 2048, 1, float(s.position)
    settle(bus, 3)
    assert 2010 < s.position < 2048 and 55 < s.torque/s.stall*100 < 75   # short of the goal; 64 % of the stall torque at 5 V
    s["Torque_Limit"] = 30
    settle(bus, 2)
    assert s.position < 1700 and abs(s.torque) <= .3*s.stall+1e-9        # 30 % cannot hold it

def test_goals_are_clamped_and_speed_is_limited():
    bus = chain(Servo(1, Min_Position_Limit=1900, Max_Position_Limit=2500))
    s = bus.servos[0]
    s["Goal_Position"], s["Torque_Enable"], s.setpoint, s["Goal_Velocity"], top = 4000, 1, 2048., 200, 0
    for _ in range(400): bus.clock.sleep(.01); bus.advance(); top = max(top, s.speed)
    assert abs(s.position-2500) < 3 and 180 < top < 260

def test_torque_on_goes_to_an_old_goal():
    "The worse of two possible firmwares: drivers must write the goal first"
    bus = chain(Servo(1))
    s = bus.servos[0]
    s.ticks = 2500.
    s.write(40, [1])
    settle(bus, 2)
    assert abs(s.position-2048) < 10

def test_overload_latches_and_lets_go():
    for how, free in (("goal", True), ("power", False)):
        bus = chain(Servo(1, gravity=1.5))
        s = bus.servos[0]
        s.releases = how
        s["Torque_Enable"], s.setpoint = 1, 2048.
        settle(bus, 3)
        assert errors_of(s.status) == ["overload"] and abs(s.torque) <= .2*s.stall+1e-6
        assert reply(bus, 1, PING)[0][1] == 0x20
        s.write(42, REGISTERS["Goal_Position"].encode(1024))
        assert (s.status == 0) == free
        bus.power_cycle()
        assert s.status == 0 and not s["Torque_Enable"]

def test_heat_follows_torque_and_unloads():
    bus = chain(Servo(1, gravity=.91))
    s = bus.servos[0]
    s.torque = .91
    for _ in range(3600): s.torque = .91; s.protect(1.)
    assert 46 < s.temperature < 50                               # facts: 0.91 N m settles at 48 C
    s.temperature = 71
    s["Torque_Enable"], s.setpoint = 1, 2048.
    settle(bus, .5)
    assert s.status & 4 and s.drive(.002) == (0., 0.)

def test_brownout_restarts_the_motors():
    bus = chain()
    for s in bus.servos: s.write(40, [1])
    bus.inject("brownout")
    settle(bus, .5)
    assert not any(s["Torque_Enable"] for s in bus.servos) and all(s.powered for s in bus.servos)

def test_supply_sags_under_load():
    bus = chain(Servo(1, gravity=.86))
    bus.resistance, s = .5, bus.servos[0]
    bus.clock.sleep(.1); bus.advance(); free = s.volts
    s["Goal_Position"], s["Torque_Enable"], s.setpoint = 2048, 1, float(s.position)
    settle(bus, 2)
    assert s.volts < free-.2

def test_replies_take_as_long_as_on_a_wire():
    bus = chain(paced=True)
    for s in bus.servos: s["Return_Delay_Time"] = 100
    due = [t-bus.clock.now() for t, _ in bus.feed(packet(BROADCAST, SYNC_READ, [56, 2, *range(1, 7)]))]
    np.testing.assert_allclose(due, .14e-3+np.arange(1, 7)*(.1e-3+.08e-3), atol=1e-9)

def test_no_fault_is_unknown():
    with pytest.raises(ValueError, match="lost_bytes"): chain().inject("gremlins")
    with pytest.raises(ValueError, match="1 to 10"): broken_arm(11)


# --- through the SDK and through wires ---

def sdk_words(port):
    "What the unmodified SDK reads: model of 3, six positions, and error of motor 9"
    h, p = sdk.PortHandler(port), sdk.PacketHandler(0)
    assert h.openPort()
    group = sdk.GroupSyncRead(h, p, 56, 2)
    for i in range(1, 7): group.addParam(i)
    out = p.ping(h, 3), group.txRxPacket(), [group.getData(i, 56, 2) for i in range(1, 7)], p.ping(h, 9)[1], p.write2ByteTxRx(h, 2, 42, 1234)
    h.closePort()
    return out

EXPECTED = (777, 0, 0), 0, [2048]*6, sdk.COMM_RX_TIMEOUT, (0, 0)

@linux
def test_unmodified_sdk_over_a_terminal():
    bus = VirtualBus([Servo(i) for i in range(1, 7)])
    with PtyServer(bus) as server:
        assert sdk_words(server.port) == EXPECTED == sdk_words(server.port)     # and again, after the port was closed
    assert bus.servos[1]["Goal_Position"] == 1234

def test_unmodified_sdk_in_process():
    with VirtualBus([Servo(i) for i in range(1, 7)]).in_process() as port: assert sdk_words(port) == EXPECTED
    with pytest.raises(serial.SerialException): serial.Serial("/dev/no-such-port")  # everything else is as before

def test_unmodified_sdk_over_tcp(monkeypatch):
    "The SDK opens devices only; one line makes pyserial take addresses as well"
    monkeypatch.setattr(serial, "Serial", lambda port, **kw: serial.serial_for_url(port, **kw))
    with TcpServer(VirtualBus([Servo(i) for i in range(1, 7)])) as server: assert sdk_words(server.port) == EXPECTED

@linux
@pytest.mark.parametrize("baud", [1_000_000, 115_200, 76_800, 250_000])
def test_a_terminal_knows_the_baud_rate(baud):
    code = next(c for c, b in BAUDS.items() if b == baud)
    with PtyServer(VirtualBus([Servo(1, Baud_Rate=code)])) as server:
        for b in (1_000_000, 115_200, 76_800, 250_000):
            with Bus(server.port, {"m": 1}, b, slack=.1) as bus: assert any(bus.ping("m") for _ in range(5 if b == baud else 1)) == (b == baud)   # a starved machine may need a second try

def test_our_bus_over_tcp():
    with TcpServer(VirtualBus([Servo(i) for i in range(1, 7)])) as server, Bus(server.port) as bus:
        assert bus.sync_read("Present_Position") == dict.fromkeys(JOINTS, 2048)
        assert [f.id for f in scan(server.port, window=.05)] == []          # somebody is on it already
    with TcpServer(VirtualBus(3)) as server: assert [f.id for f in scan(server.port, window=.05)] == [1, 2, 3]


# --- the driver ---

def test_late_replies_are_not_taken_for_new_ones():
    line = chain(Servo(1, ticks=1000))
    with Bus(line, {"m": 1}, retries=0) as bus:
        line.late = 1.
        with pytest.raises(BusError, match="no reply"): bus.read("Present_Position", "m")
        line.late, line.servos[0].ticks = 0., 1500.
        line.clock.sleep(2)
        assert bus.read("Present_Position", "m") == 1500

def test_an_exception_does_not_leave_the_port_busy(monkeypatch):
    line = chain(Servo(1))
    with Bus(line, {"m": 1}) as bus:
        monkeypatch.setattr(bus.port, "readPort", lambda n: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt): bus.read("Present_Position", "m")
        monkeypatch.undo()
        assert bus.read("Present_Position", "m") == 2048

@pytest.mark.parametrize("fault", ["lose", "corrupt", "deaf"])
def test_retries_are_bounded_and_counted(fault):
    line = chain()
    with Bus(line, retries=5) as bus:
        setattr(line, fault, .1)
        for _ in range(100): assert len(bus.sync_read("Present_Position")) == 6 and bus.read("Present_Voltage", "gripper") == 5.
        assert sum(n for (what, _), n in bus.counters.items() if what not in ("requests", "writes")) > 20
        setattr(line, fault, 1.)
        before = bus.counters["requests", "gripper"]
        with pytest.raises(BusError, match=r"6 \(gripper\).*6 times"): bus.read("Present_Voltage", "gripper")
        assert bus.counters["requests", "gripper"] == before+6
        with pytest.raises(BusError, match="1 .shoulder_pan., 2"): bus.sync_read("Present_Position")

def test_a_missing_motor_is_named_and_the_others_are_not():
    line = chain(); line.cut = 4
    with Bus(line) as bus:
        with pytest.raises(BusError) as e: bus.sync_read("Present_Position")
        assert "5 (wrist_roll), 6 (gripper)" in str(e.value) and "elbow" not in str(e.value)
        assert bus.sync_read("Present_Position", JOINTS[:4]) == dict.fromkeys(JOINTS[:4], 2048)

def test_error_bits_of_a_sync_read_are_seen():
    line = chain(); line.inject("overloaded", 1)
    with Bus(line) as bus:
        bus.sync_read("Present_Position")
        assert errors_of(bus.errors["shoulder_lift"]) == ["overload"] and not bus.errors["gripper"]

def test_eeprom_is_written_only_when_it_differs_and_torque_is_off():
    line = chain()
    with Bus(line) as bus:
        assert bus.write("P_Coefficient", "gripper", 16) and not bus.write("P_Coefficient", "gripper", 16)
        line.power_cycle()
        assert bus.read("P_Coefficient", "gripper") == 16 and bus.read("Lock", "gripper") == 1
        bus.write("Torque_Enable", "gripper", 1)
        with pytest.raises(BusError, match="torque off"): bus.write("P_Coefficient", "gripper", 20)
        for name, says in (("ID", "IdSetup"), ("Baud_Rate", "IdSetup"), ("Present_Load", "measured")):
            with pytest.raises(ValueError, match=says): bus.write(name, "gripper", 1)
        with pytest.raises(ValueError, match="no motor"): bus.read("ID", "elbow")
        with pytest.raises(ValueError, match="use write"): bus.sync_write("P_Coefficient", {"gripper": 1})

def test_a_value_that_does_not_stick_is_noticed(monkeypatch):
    line = chain(Servo(1))
    monkeypatch.setattr(line.servos[0], "write", lambda address, data: None)
    with Bus(line, {"m": 1}) as bus:
        with pytest.raises(BusError, match="reads back as 32"): bus.write("P_Coefficient", "m", 16)

def test_lock_closes_again_after_a_failure():
    line = chain(Servo(1))
    with Bus(line, {"m": 1}) as bus:
        with pytest.raises(RuntimeError):
            with bus.unlocked("m"): raise RuntimeError
        assert bus.read("Lock", "m") == 1

def test_the_cable_is_pulled():
    line = chain()
    bus = Bus(line).open()
    line.inject("unplug")
    for do in (lambda: bus.read("Present_Voltage", "gripper"), lambda: bus.sync_read("Present_Position"), lambda: bus.sync_write("Goal_Position", {"gripper": 1}),
               lambda: bus.torque_off(), lambda: bus.ping("gripper")):
        with pytest.raises(PortLost): do()
    with pytest.raises(PortLost): bus.open()
    line.unplugged = False
    with bus.open(): assert bus.ping("gripper")

@linux
def test_a_terminal_that_vanishes():
    line = VirtualBus([Servo(1)])
    server = PtyServer(line)
    bus = Bus(server.port, {"m": 1}).open()
    assert bus.ping("m")
    line.inject("unplug", 0); time.sleep(.1)
    with pytest.raises(BusError):
        for _ in range(3): bus.read("Present_Position", "m")
    server.close()
    with pytest.raises(PortLost): Bus(server.port).open()

def test_opening_what_is_not_there():
    with pytest.raises(PortLost, match="no serial port.*Ports found"): Bus("/dev/ttyNOSUCH").open()
    with pytest.raises(PortLost): Bus("socket://127.0.0.1:9").open()
    with pytest.raises(PortLost, match="not open"): Bus(chain()).read("ID", "gripper")
    with pytest.raises(ValueError, match="same id"): Bus(chain(), {"a": 1, "b": 1})

@linux
def test_one_program_at_a_time():
    with PtyServer(VirtualBus([Servo(1)])) as server, Bus(server.port):
        with pytest.raises(PortLost, match="in use"): Bus(server.port).open()

def test_health_beside_a_loop():
    line = chain()
    with Bus(line) as bus:
        seen = []
        for _ in range(60): seen.append(bus.poll(.5)); line.clock.sleep(1/60)
        asked = [h.motor for h in seen if h]
        assert asked[:6] == JOINTS and 10 <= len(asked) <= 12                # everybody twice in a second, one a tick
        assert [h.problems(5.) for h in bus.health.values()] == [[]]*6 and {(h.firmware, h.model) for h in bus.health.values()} == {("3.10", 777)}
        line.servos[2].temperature, line.supply = 63., 4.2
        line.clock.sleep(.1)
        assert bus.check("elbow_flex").problems(5.) == ["hot", "voltage too low"]
        line.supply = 5.9
        line.clock.sleep(.1)
        assert bus.check("gripper").problems(5.) == ["voltage too high"]

def test_stop_does_not_wait_for_the_lock():
    line = chain()
    with Bus(line) as bus:
        for j in JOINTS: bus.write("Torque_Enable", j, 1)
        bus.lock.acquire()
        t = threading.Thread(target=bus.torque_off); t.start(); t.join(1)
        assert not t.is_alive() and not any(s["Torque_Enable"] for s in line.servos)

@pytest.mark.parametrize("volts,nominal", [(4.2, 5), (5.2, 5), (7.3, 7.4), (11.2, 12), (12.4, 12), (2.0, 5)])
def test_nominal_volts(volts, nominal): assert nominal_volts(volts) == nominal


# --- scan, ids, diagnosis ---

def test_scan_finds_every_rate():
    line = chain(*[Servo(i+1, Baud_Rate=c) for i, c in enumerate(BAUDS)])
    assert [(f.id, f.baud) for f in scan(line, window=.05)] == [(i+1, b) for i, b in enumerate(BAUDS.values())]
    assert "no motor" in scan(chain(Servo(1, Baud_Rate=9)), window=.05)._repr_markdown_()

def test_ids_can_be_interrupted_anywhere(tmp_path):
    "The power fails after the n-th packet of a step, for every n: the next run finishes it"
    for n in range(1, 300):
        motor, line = Servo(1, Baud_Rate=1), chain()
        line.servos, notes, heard = [motor], tmp_path/f"{n}.json", [0]
        def handle(code, params, everybody=False):
            if code == WRITE: heard[0] += 1
            if heard[0] >= n: line.cut, motor.powered = 0, False; return None
            return Servo.handle(motor, code, params, everybody)
        motor.handle = handle
        try: IdSetup(line, notes=notes, window=.05).step("gripper"); failed = False
        except BusError: failed = True
        del motor.handle
        line.cut = None; line.power_cycle()
        assert "gripper" in IdSetup(line, notes=notes, window=.05).step("gripper")
        assert (motor.flash[5], motor.flash[6], motor["Lock"]) == (6, 0, 1)
        assert json.loads(notes.read_text())["done"] == ["gripper"] and IdSetup(line, notes=notes).todo[0] == "wrist_roll"
        if not failed: break
    assert 4 <= n < 20

def test_ids_refuse_what_is_not_clear():
    setup = lambda *servos: IdSetup(chain(*servos), window=.05).step("gripper")
    for servos, says in (((Servo(1), Servo(2)), "2 new motors"), ((Servo(1), Servo(1, ticks=77)), "two motors with one id"), ((Servo(1, Baud_Rate=99),), "no new motor")):
        with pytest.raises(BusError, match=says): setup(*servos)
    other = Servo(1); other.poke(3, *(2825).to_bytes(2, "little"))
    with pytest.raises(BusError, match="2825"): setup(other)
    with pytest.raises(ValueError, match="no joint"): IdSetup(chain(), window=.05).step("hand")

def test_finished_motors_may_stay_on_the_line():
    line = chain(Servo(1))
    setup, rest = IdSetup(line, window=.05), [Servo(1) for _ in range(5)]
    for name in list(setup.todo):
        setup.step(name)
        if rest: line.servos.append(rest.pop())
    assert [s["ID"] for s in line.servos] == [6, 5, 4, 3, 2, 1] and setup.todo == []

@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_name(name):
    "At any motor, with any seed: the finding is the fault, and nothing else is said"
    for seed in range(4):
        line = VirtualBus(6, clock=ManualClock(), seed=seed)
        line.clock.sleep(.2); line.advance()
        line.inject(name); line.clock.sleep(.5)
        assert [d.fault for d in diagnose(line, window=.05)] == [name], (seed, name)

def test_a_sound_arm_has_no_finding():
    for line in (VirtualBus(6, clock=ManualClock()), twin_bus(clock=ManualClock()), VirtualBus(6, clock=ManualClock(), volts=7.4)): assert diagnose(line, window=.05) == []

def test_other_findings():
    assert [d.fault for d in diagnose(chain(Servo(1, Baud_Rate=1)), {"m": 1}, window=.05)] == ["other_baud"]
    assert [d.fault for d in diagnose(chain(Servo(1)), {"a": 1, "b": 2}, window=.05)] == ["missing_motor"]
    assert [d.fault for d in diagnose(chain(Servo(1)), {"a": 1}, volts=12., window=.05)] == ["brownout"]


# --- the twin ---

def test_bytes_move_the_arm():
    line = twin_bus(clock=ManualClock())
    env = line.plant.env
    with Bus(line) as bus:
        bus.sync_write("Goal_Position", bus.sync_read("Present_Position"))
        for j in JOINTS: bus.write("Torque_Enable", j, 1)
        before = env.state()
        bus.sync_write("Goal_Position", {"shoulder_pan": 2047+300, "wrist_roll": 2047-300})
        line.clock.sleep(1.5); line.advance()
        assert abs(env.state()[0]-300*360/TICKS) < .6 and abs(env.state()[4]+300*360/TICKS) < .6
        assert np.abs(env.state()-before)[[1, 2, 3]].max() < 3
        bus.torque_off()
        line.clock.sleep(3.); line.advance()
        assert env.data.site("gripperframe").xpos[2] < .06                    # it lies down, on the table and not below it

def test_percent_and_degrees_agree_with_chapter_09():
    from smolvla.arm.virtual import SPANS
    line = twin_bus(clock=ManualClock(), seed=3)
    state = line.plant.env.state()
    for k, (s, j) in enumerate(zip(line.servos, JOINTS)):
        lo, hi = s["Min_Position_Limit"], s["Max_Position_Limit"]
        value = (s.position-lo)/(hi-lo)*100 if j == "gripper" else (s.position-(lo+hi)/2)*360/4095
        assert abs(value-state[k]) < .2, j


# --- LeRobot itself, opt-in: see tests/reference/setup.sh ---

REFERENCE = os.environ.get("SMOLVLA_REFERENCE_PYTHON")

@pytest.mark.skipif(not REFERENCE, reason="needs LeRobot: set SMOLVLA_REFERENCE_PYTHON, see tests/reference/setup.sh")
@pytest.mark.parametrize("kind", ["terminal", "tcp"])
def test_lerobot_reference(kind):
    script = Path(__file__).parent/"reference"/"check_motors.py"
    for _ in range(3):                                          # LeRobot gives a reply 50 ms; a starved machine may need longer
        line = VirtualBus([Servo(i) for i in range(1, 7)], paced=True)
        with (PtyServer if kind == "terminal" else TcpServer)(line) as server:
            r = subprocess.run([REFERENCE, str(script), server.port], capture_output=True, text=True, timeout=300, env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
        if not r.returncode or not any(w in r.stderr for w in ("no status packet", "Missing motor IDs")): break
    assert r.returncode == 0, r.stderr[-2000:]
    got = json.loads(r.stdout.splitlines()[-1])
    assert got["ids"] == {"1000000": [1, 2, 3, 4, 5, 6]} or kind == "tcp"
    assert got["calibration"]["gripper"] == [6, 1, 2000, 3000] and got["after"] == {j: 2048 for j in JOINTS[:5]} | {"gripper": 2300}
    assert got["missing"] and got["torque"] == [1]*6
    assert line.servos[5]["Max_Torque_Limit"] == 50.


# --- nothing waits for ever ---

def within(seconds, f):
    "f in a thread of its own; its result, or a failure when it has not ended by then"
    out = []
    t = threading.Thread(target=lambda: out.append(f()), daemon=True); t.start(); t.join(seconds)
    assert not t.is_alive(), f"still waiting after {seconds} s"
    return out[0] if out else None

class Babble:
    "A line that never stops talking"
    clock = motors.WallClock()
    def __init__(self, text): self.text, self.is_open = text, True
    def open_serial(self, **_): return self
    in_waiting = 4096
    def read(self, n=1): return (self.text*(n//len(self.text)+1))[:n]
    def write(self, data): return len(data)
    def reset_input_buffer(self): pass
    def close(self): pass

@pytest.mark.parametrize("text", [b"\xff", b"\x00", b"\xff\xff\x02\x02\x00\xfb", b"\xff\xff\x01\xf0", b"\xff\xff\x01\x00\x00\x00"], ids=["ones", "zeros", "another motor", "long", "length 0"])
def test_a_reply_that_never_ends(text):
    def go():
        with Bus(Babble(text)) as bus:
            for do in (lambda: bus.read("Present_Position", 1), lambda: bus.sync_read("Present_Position"), lambda: bus.write("Torque_Enable", 1, 0)):
                with pytest.raises(BusError): do()
            return bus.ping(1), bus.who(.05)
    assert within(20, go) == (False, [2] if len(text) == 6 and text[2] == 2 else [])

@linux
def test_a_computer_that_never_reads():
    "Requests whose replies nobody fetches fill the terminal; the server neither hangs nor refuses to end, and the line works afterwards"
    bus = VirtualBus([Servo(i) for i in range(1, 7)])
    with PtyServer(bus) as server:
        line = serial.Serial(server.port, 1_000_000, timeout=0, write_timeout=5)
        for _ in range(600): line.write(packet(BROADCAST, SYNC_READ, [0, 80, 1, 2, 3, 4, 5, 6]))
        time.sleep(.3)
        line.close()
        def go():
            with Bus(server.port) as b: return b.sync_read("Present_Position")
        assert within(20, go) == dict.fromkeys(JOINTS, 2048)
        line = serial.Serial(server.port, 1_000_000, timeout=0, write_timeout=5)
        for _ in range(600): line.write(packet(BROADCAST, SYNC_READ, [0, 80, 1, 2, 3, 4, 5, 6]))
        within(5, server.close)

@linux
def test_a_board_that_takes_no_bytes():
    "Nobody reads what we send: after a second the port counts as lost"
    master, slave = os.openpty()
    import tty; tty.setraw(slave)
    def go():
        with Bus(os.ttyname(slave)) as bus:
            with pytest.raises(PortLost, match="Write timeout"):
                for _ in range(20_000): bus.sync_write("Goal_Position", dict.fromkeys(JOINTS, 2048))
    within(30, go)
    os.close(master); os.close(slave)

def test_a_tcp_client_that_never_reads():
    import socket
    with TcpServer(VirtualBus(6)) as server:
        host, port = server.port.removeprefix("socket://").split(":")
        c = socket.create_connection((host, int(port))); c.settimeout(.1)
        with pytest.raises(TimeoutError):
            for _ in range(10**6): c.sendall(packet(BROADCAST, SYNC_READ, [0, 80, 1, 2, 3, 4, 5, 6])*100)
        within(10, server.close)
        c.close()

@linux
def test_a_closed_server_closes_nobody_elses_files():
    bus = VirtualBus(1)
    server = PtyServer(bus)
    bus.inject("unplug", 0)
    server._thread.join(5)
    mine = [os.open(os.devnull, os.O_RDONLY) for _ in range(8)]          # these take the numbers that became free
    server.close(); server.close()
    for fd in mine: os.fstat(fd); os.close(fd)

def test_a_machine_that_is_too_slow_gets_slow_motion():
    class Slow(motors_virtual.Pendulums):
        def step(self, *a): time.sleep(.004); super().step(*a)          # half as fast as time
    bus = VirtualBus(1, Slow())
    time.sleep(1.)
    t = time.monotonic(); bus.advance(); t = time.monotonic()-t
    assert bus.behind > .3 and bus.t <= bus.clock.now() and t < 1.
    assert chain(Servo(1), plant=Slow()).behind == 0

def test_no_packet_breaks_the_chain():
    "Any bytes: the virtual motors answer or keep silent"
    rng, bus = random.Random(1), chain()
    for _ in range(3000):
        code = rng.choice([PING, READ, WRITE, REG_WRITE, ACTION, RESET, SYNC_READ, SYNC_WRITE, 99])
        reply(bus, rng.choice([1, 2, 3, 6, BROADCAST]), code, [rng.randrange(256) for _ in range(rng.randrange(12))])
        if rng.random() < .05: bus.clock.sleep(.01)

def test_extreme_measurements_fit_their_registers():
    s = Servo(1)
    s.speed, s.temperature, s.volts, s.ticks, s.torque = 1e6, 400., 40., 1e7, 50.
    s["Phase"] = 28
    s.measure()
    assert s["Present_Velocity"] == 32767 and s["Present_Position"] == 32767


# --- commands ---

@pytest.mark.parametrize("name", ["find_port", "setup_motors", "virtual_arm"])
def test_help_of_commands(name, tmp_path):
    code, text = command(tmp_path, name, "--help")
    assert code == 0 and f"Example: smolvla_{name}" in " ".join(text.split())

class Usb:
    "What pyserial says about a port"
    def __init__(self, device, vid=0x1a86, pid=0x55d3, serial_number=None, location="1-2:1.0"):
        self.device, self.vid, self.pid, self.serial_number, self.location, self.description = device, vid, pid, serial_number, location, "USB Serial"

def show_ports(monkeypatch, *lists):
    "pyserial finds these ports, one list after the other; the last one for ever"
    lists = list(lists)
    monkeypatch.setattr(list_ports, "comports", lambda: lists.pop(0) if len(lists) > 1 else lists[0])

def test_ports_and_rules(monkeypatch, tmp_path):
    show_ports(monkeypatch, [Usb("COM9", 1, 2), Usb("COM4"), Usb("ttyS0", None)])
    assert [p[0] for p in motors_bus.ports()] == ["COM4", "COM9"]               # a known board first, no port without USB
    assert motors_ports.new_ports([("a", "", "")], [("a", "", ""), ("b", "", "")]) == ["b"]
    assert 'ATTRS{serial}=="X1"' in motors_ports.udev_rule("arm", 1, 2, "X1", "1-2") and 'KERNELS=="1-2"' in motors_ports.udev_rule("arm", 1, 2, None, "1-2")
    for bad in ("", "a b", 'x"', "../x"):
        with pytest.raises(ValueError, match="letters, digits"): motors_ports.udev_rule(bad, 1, 2)

@linux
def test_a_port_that_may_not_be_opened(monkeypatch):
    show_ports(monkeypatch, [Usb("/dev/ttyX")])
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert motors_ports.port_advice("/dev/ttyX", "blue") == "", "a port that is not there needs no advice about permissions"
    monkeypatch.setattr(os.path, "exists", lambda *_: True)
    advice = motors_ports.port_advice("/dev/ttyX", "blue")
    assert "dialout" in advice and "70-blue.rules" in advice and 'KERNELS=="1-2", ATTRS{idVendor}=="1a86"' in advice and 'SYMLINK+="blue"' in advice
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert motors_ports.port_advice("/dev/ttyX") == ""

@pytest.mark.parametrize("found,says", [([], "no USB serial port"), ([Usb("COM4")], "only candidate is COM4"), ([Usb("COM4"), Usb("COM5")], "Several ports")])
def test_finding_ports_without_a_terminal(found, says, monkeypatch, capsys):
    show_ports(monkeypatch, found)
    motors_ports.find_port_cli.__wrapped__()
    assert says in capsys.readouterr().out

def test_finding_a_port_by_its_cable(monkeypatch, capsys):
    a, b = Usb("/dev/ttyACM0"), Usb("/dev/ttyACM1")
    monkeypatch.setattr(motors_ports, "terminal", lambda: True); monkeypatch.setattr(time, "sleep", lambda s: None)
    show_ports(monkeypatch, [a, b], [a, b], [a, b], [a], [a], [a, Usb("/dev/ttyACM7")])
    motors_ports.find_port_cli.__wrapped__()
    out = capsys.readouterr().out
    assert "/dev/ttyACM1 went away" in out and "The arm is on /dev/ttyACM7" in out
    show_ports(monkeypatch, [a])
    monkeypatch.setattr(time, "monotonic", iter(range(0, 9999, 30)).__next__)   # a minute passes, nobody pulls
    with pytest.raises(SystemExit, match="no port went away"): motors_ports.find_port_cli.__wrapped__()

def test_practising_without_a_terminal(tmp_path):
    code, text = command(tmp_path, "setup_motors", "--port", "twin", "--notes", "n.json")
    assert code == 0 and text.count("is now id") == 5 and text.count("| 100% |") == 6
    code, text = command(tmp_path, "setup_motors", "--port", "twin", "--notes", "n.json")
    assert code == 0 and "done already" in text and "is now" not in text
    assert "is now" in command(tmp_path, "setup_motors", "--port", "twin", "--notes", "n.json", "--forget")[1]

@pytest.mark.parametrize("args,says", [((), "--port is missing"), (("--port", "/dev/ttyNOSUCH"), "needs a terminal"), (("--port", "twin", "--notes", "."), "smolvla_setup_motors: ")])
def test_setup_says_what_is_missing(args, says, tmp_path):
    code, text = command(tmp_path, "setup_motors", *args)
    assert code == 1 and says in text and "Traceback" not in text

@linux
def test_setup_in_a_terminal_stops_and_goes_on(tmp_path):
    key = "then ENTER"
    code, text = command(tmp_path, "setup_motors", "--port", "twin", "--notes", "n.json", typed=[(key, "\n"), (key, "q\n")])
    assert code == 1 and "gripper: id 1" in text and "what is done stays done" in text and "Traceback" not in text
    code, text = command(tmp_path, "setup_motors", "--port", "twin", "--notes", "n.json", typed=[(key, "\n"), (key, "\x03")])
    assert code == 1 and "motor for wrist_roll" in text and "Traceback" not in text and json.loads((tmp_path/"n.json").read_text())["done"] == ["gripper", "wrist_roll"]
    code, text = command(tmp_path, "setup_motors", "--port", "twin", "--notes", "n.json", typed=[(key, "\n")]*4)
    assert code == 0 and "motor for wrist_flex" in text and text.count("100%") == 6

def test_a_walk_that_never_succeeds_ends():
    setup = IdSetup(chain(Servo(1), Servo(2)), window=.05)
    said = []
    with pytest.raises(BusError, match="2 new motors"): motors_ports.walk_ids(setup, lambda name: True, said.append)
    assert len(said) == 9
