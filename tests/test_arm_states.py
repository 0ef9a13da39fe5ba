"""The modes of the arm: the whole table, on paper and on a simulated arm; every mode with every event."""
import ast, inspect, itertools, json, threading

import pytest
from arms import ramp, sank
from smolvla.arm import so101
from smolvla.arm.bus import PortLost
from smolvla.arm.so101 import SO101, TRANSITIONS, Event, Limits, Mode, Stopped
from smolvla.arm.wire import ManualClock
from smolvla.sim.twin import HOME

EVERY = list(itertools.product(Mode, Event))
MOTION = {Mode.HOLDING, Mode.DRIVING}
ENDS = (Event.STOP, Event.CUT, Event.FAULT)

def after(mode, *events):
    "Where the table leads; None where it refuses"
    for e in events:
        if (mode := TRANSITIONS[e][mode]) is None: return None
    return mode

# --- the table itself ---

def test_the_table_is_whole():
    assert list(TRANSITIONS) == list(Event) and all(list(row) == list(Mode) for row in TRANSITIONS.values())
    assert all(to is None or isinstance(to, Mode) for row in TRANSITIONS.values() for to in row.values())

def test_a_mode_is_its_text():
    for m in Mode: assert m == m.value and f"{m:9}|" == f"{m.value:9}|" and repr(m) == repr(m.value) and json.dumps(m) == f'"{m.value}"'
    assert TRANSITIONS[Event.CLOSE]["driving"] == "closed", "a text finds its row"

@pytest.mark.parametrize("mode", Mode)
def test_stop_is_known_in_every_mode(mode):
    for e in ENDS: assert after(mode, e) == (Mode.CLOSED if mode == Mode.CLOSED else Mode.STOPPED)

@pytest.mark.parametrize("mode", Mode)
def test_close_ends_every_mode(mode): assert after(mode, Event.CLOSE) == Mode.CLOSED

def test_the_ways_into_motion():
    "Only torque leads from rest to motion; only reset and close lead out of stopped"
    into = {(m, e) for m, e in EVERY if m not in MOTION and after(m, e) in MOTION}
    out = {e for e in Event if after(Mode.STOPPED, e) not in (Mode.STOPPED, None)}
    assert into == {(Mode.FREE, Event.TORQUE)} and out == {Event.RESET, Event.CLOSE} and after(Mode.STOPPED, Event.RESET) == Mode.FREE

def test_closed_is_left_by_connect_alone():
    assert {e for e in Event if after(Mode.CLOSED, e) not in (Mode.CLOSED, None)} == {Event.CONNECT}

def test_what_is_refused():
    refused = {(m.value, e.name) for m, e in EVERY if after(m, e) is None}
    assert refused == {("closed", "TORQUE"), ("closed", "SEND"), ("closed", "RESET"), ("stopped", "TORQUE"), ("stopped", "SEND")}

def test_no_chain_of_events_moves_a_stopped_arm_without_reset():
    seen, todo = {Mode.STOPPED}, [Mode.STOPPED]
    while todo:
        m = todo.pop()
        for e in set(Event)-{Event.RESET, Event.CONNECT}:
            if (to := after(m, e)) and to not in seen: seen.add(to); todo.append(to)
    assert seen == {Mode.STOPPED, Mode.CLOSED}

def test_one_place_changes_the_mode():
    "Outside `__init__` and `_to` nobody assigns it"
    found = []
    for f in ast.walk(ast.parse(inspect.getsource(so101))):
        if not isinstance(f, ast.FunctionDef): continue
        for a in ast.walk(f):
            targets = a.targets if isinstance(a, ast.Assign) else [a.target] if isinstance(a, (ast.AugAssign, ast.AnnAssign)) else []
            names = [n.attr for t in targets for n in ast.walk(t) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in ("self", "arm")]
            if "mode" in names: found.append(f.name)
    assert sorted(found) == ["__init__", "_to"]

# --- the table in the arm ---

@pytest.fixture(scope="module")
def still(): return SO101(clock=ManualClock())

@pytest.mark.parametrize("mode,event", EVERY, ids=lambda x: x.name.lower())
def test_the_arm_obeys_the_table(mode, event, still):
    "Without a motor: the rule alone"
    arm = still
    arm.mode, arm.why = mode, "the reason"
    if after(mode, event) is None:
        with pytest.raises(Stopped, match="not connected" if mode == Mode.CLOSED else "the reason"): arm._to(event)
        assert arm.mode == mode
    else:
        arm._to(event)
        assert arm.mode is after(mode, event)
    arm.mode = Mode.CLOSED

def line(arm): return arm.bus.port.where
def torque(arm): return [s["Torque_Enable"] for s in line(arm).servos]

def brought(mode):
    "A simulated arm in this mode"
    arm = SO101(clock=ManualClock(), limits=Limits(lower=2.))
    if mode == Mode.CLOSED: return arm
    arm.connect()
    if mode in MOTION: arm.torque_on()
    if mode == Mode.DRIVING: arm.send(arm.state())
    if mode == Mode.STOPPED: arm.stop("the reason")
    assert arm.mode is mode
    return arm

def wait(arm, seconds):
    "The watchdog looks twenty times a second"
    for _ in range(round(20*seconds)):
        arm.clock.sleep(.05)
        line(arm).advance()
        arm.guard()

def press(arm, n):
    for _ in range(n): arm.stop("pressed")

def sent(arm): arm.send(HOME if arm.mode == "closed" else arm.state())

def torn(arm):
    "The line is torn, and the next reading notices it"
    def read(*_): raise PortLost("torn")
    arm.bus.sync_read = read
    try: arm.state()
    finally: del arm.bus.sync_read

HAPPENS = {
    "connect": (lambda a: a.connect(), [Event.CONNECT]),
    "torque_on": (lambda a: a.torque_on(), [Event.TORQUE]),
    "send": (sent, [Event.SEND]),
    "silence for 1 s": (lambda a: wait(a, 1), [Event.SILENCE]),
    "silence for 2.5 s": (lambda a: wait(a, 2.5), [Event.SILENCE, Event.SUNK]),
    "lie_down": (lambda a: a.lie_down(), [Event.FOLDED]),
    "stop": (lambda a: press(a, 1), [Event.STOP]),
    "stop twice": (lambda a: press(a, 2), [Event.STOP]*2),
    "stop three times": (lambda a: press(a, 3), [Event.STOP, Event.STOP, Event.CUT]),
    "stop now": (lambda a: a.stop(now=True), [Event.CUT]),
    "torn line": (torn, [Event.FAULT]),
    "reset": (lambda a: a.reset(), [Event.RESET]),
    "close": (lambda a: a.close(), [Event.CLOSE]),
    "close quick": (lambda a: a.close(quick=True), [Event.CLOSE])}

def test_every_event_happens_to_the_simulated_arm():
    assert {e for _, events in HAPPENS.values() for e in events} == set(Event)

@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("what", HAPPENS)
def test_every_event_in_every_mode(mode, what):
    arm = brought(mode)
    do, events = HAPPENS[what]
    if what == "send" and mode == Mode.FREE: events = [Event.TORQUE, Event.SEND]   # it asks for torque first
    expected = after(mode, *events)
    if expected is None or what == "torn line":
        with pytest.raises(Stopped): do(arm)
        assert arm.mode is (mode if expected is None else expected)
    else:
        do(arm)
        assert arm.mode is expected
    if arm.mode in (Mode.CLOSED, Mode.STOPPED): assert not any(torque(arm))
    if arm.mode in MOTION: assert all(torque(arm))
    arm.close(quick=True)
    assert arm.mode is Mode.CLOSED and not any(torque(arm)) and not arm.bus.port.is_open

# --- what the table forbids, and what the code did before ---

def test_a_late_fault_does_not_reopen_a_closed_arm():
    "A thread that hung while the arm was closed meets a port that is gone"
    arm = brought(Mode.DRIVING)
    arm.close(quick=True)
    with pytest.raises(Stopped, match="torn"): arm._fault("torn")
    assert arm.mode is Mode.CLOSED
    arm.connect()
    assert arm.bus.port.is_open and arm.mode is Mode.FREE, "it can be connected again"
    arm.close()

def test_torque_that_comes_after_a_cut_is_refused():
    "STOP, now, from another thread, while torque_on still looks at the motors"
    arm = brought(Mode.FREE)
    soften = arm._soften
    def pressed():
        soften()
        t = threading.Thread(target=lambda: arm.stop("pressed", now=True))
        t.start(); t.join()
    arm._soften = pressed
    with pytest.raises(Stopped, match="pressed"): arm.torque_on()
    assert arm.mode is Mode.STOPPED and not any(torque(arm))
    arm.close()

def test_folding_does_not_undo_a_cut():
    arm = brought(Mode.DRIVING)
    sink = arm._sink
    def pressed(*a):
        arm.stop("pressed", now=True)
        sink(*a)
    arm._sink = pressed
    arm.lie_down()
    assert arm.mode is Mode.STOPPED and not any(torque(arm))
    del arm._sink
    arm.close()

@pytest.mark.parametrize("end", [lambda a: a.stop(), lambda a: a.close(), lambda a: a.close(quick=True)])
def test_an_arm_that_was_reset_while_it_was_up_sinks(end):
    "`look and reset` can be clicked while it holds; it fell at the next STOP"
    arm = brought(Mode.FREE)
    arm.move_to(HOME)
    arm.reset()
    assert arm.mode is Mode.FREE and arm.held and all(torque(arm))
    seen = ramp(line(arm))
    end(arm)
    assert sank(seen, 8) and not any(torque(arm))
    arm.close()

def test_silence_is_counted_from_either_limit():
    "A patience that is longer than the lowering: an arm that drives sinks at once"
    arm = SO101(clock=ManualClock(), limits=Limits(hold=20., lower=1.)).connect()
    arm.send(arm.state())
    wait(arm, 1.2)
    assert arm.mode is Mode.FREE and not any(torque(arm)) and [e[1] for e in arm.events][-2:] == ["no commands: lowering", "no commands: sunk"]
    arm.close()

def test_stop_while_it_sinks_by_itself_stops():
    arm = brought(Mode.HOLDING)
    sink = arm._sink
    def pressed(*a):
        arm._pressed("pressed")
        sink(*a)
    arm._sink = pressed
    arm._lower()
    assert arm.mode is Mode.STOPPED and arm.why == "pressed"
    arm.close(quick=True)
