"Chapter 12: what the exercises on the servo bus ask for"
from smolvla.arm import faults
from smolvla.arm.bus import Bus, BusError, scan
from smolvla.arm.virtual import VirtualBus
from smolvla.arm.wire import ManualClock, REGISTERS, checksum, packet
from smolvla.data.writer import JOINTS
from smolvla.learn import exercise, refuses

@exercise(hint="The checksum is 255 minus the last byte of the sum of everything after the header.")
def torque_packet(answer):
    yield "it is bytes", lambda: isinstance(answer(1), bytes), "`bytes([...])` of a list of numbers from 0 to 255"
    yield "it begins with the header and the id", lambda: answer(3)[:3] == b"\xff\xff\x03", "two bytes 255, then the id"
    yield "the length byte is right", lambda: answer(3)[3] == len(answer(3)) - 4, \
        "what follows the length byte: instruction, address, value, checksum"
    yield "it says: write 1 into register 40", lambda: answer(3)[4:7] == packet(3, 3, [40, 1])[4:7], \
        "the instruction WRITE, then the address, then the value"
    yield "the checksum fits for motor 1", lambda: answer(1)[-1] == checksum(answer(1)[2:-1]), \
        "the sum starts at the id and ends before the checksum"
    yield "the checksum fits for every id", lambda: all(answer(i) == packet(i, 3, [40, 1]) for i in range(254)), \
        "with a large id the sum no longer fits into one byte"
    yield "a motor obeys it", lambda: _torque_after(answer(2)), "feed it to a VirtualBus and read Torque_Enable"

def _torque_after(data):
    bus = VirtualBus(2, clock=ManualClock())
    bus.feed(data)
    return [s["Torque_Enable"] for s in bus.servos] == [0, 1]

@exercise(hint="Count bytes with `len(packet(...))`, questions and answers; a byte takes ten bits.")
def ticks_on_wire(answer):
    yield "half the baud rate, half the ticks", lambda: abs(answer(500_000)*2 - answer(1_000_000)) < 1e-6*answer(1_000_000), \
        "everything in a tick is bytes on the wire, nothing waits"
    yield "the size is right at a million baud", lambda: 500 < answer(1_000_000) < 1100, \
        "ticks a second, and ten bits for each byte"
    yield "all of it is counted at a million baud", lambda: abs(answer(1_000_000) - 751.88) < .1, \
        "one tick: a question and six answers, one packet of goals, a question and an answer of 31 bytes for the health"
    yield "and at 115,200", lambda: abs(answer(115_200) - 86.62) < .1, "nothing may depend on a fixed baud rate"

def _quiet(k=2):
    bus = VirtualBus(6, clock=ManualClock())
    for s in bus.servos: s["Goal_Time"] = 7
    bus.servos[k]["Response_Status_Level"] = 0
    return bus

def _silent(answer, port):
    with Bus(port) as bus: return [j for j in JOINTS if answer(bus, j)]

def _untouched(answer):
    port = _quiet()
    before = _settings(port)
    _silent(answer, port)
    return before == _settings(port)

def _settings(port):
    "Everything that can be written, of every motor"
    return [[s[r.name] for r in REGISTERS.values() if r.writable] for s in port.servos]

def _missing(answer):
    port = VirtualBus(6, clock=ManualClock())
    port.cut = 3
    with Bus(port) as bus: return refuses(lambda: answer(bus, JOINTS[4]), BusError)

@exercise(hint="Read `Goal_Time`, write the same number back, and catch the error of the write only.")
def is_silent(answer):
    yield "on a healthy arm nobody is silent", lambda: _silent(answer, VirtualBus(6, clock=ManualClock())) == [], \
        "a healthy motor acknowledges a write"
    yield "the silent motor is found, and no other", lambda: _silent(answer, _quiet()) == ["elbow_flex"], \
        "a write without an acknowledgement ends in a BusError"
    yield "nothing is changed", lambda: _untouched(answer), "compare the registers before and after: write what is there already"
    yield "a missing motor raises BusError", lambda: _missing(answer), "who does not answer a read either is not silent: which of your calls stand in `try`?"

def _found(fault=None, k=3):
    bus = VirtualBus(6, clock=ManualClock())
    if fault: bus.inject(fault, k)
    bus.clock.sleep(.5)
    return scan(bus, bauds=(1_000_000,), window=.05)

@exercise(hint="Print what `scan` says of an arm with this fault beside what it says of a healthy one.")
def suspect(answer):
    assert faults.FAULTS
    yield "a healthy arm is fine", lambda: answer(_found()) == "fine", "six motors, 5 V, no error bits, one firmware"
    for fault, look_at in (
            ("overheated", "the error bits of `status`; `errors_of` names them"),
            ("overloaded", "the error bits of `status`, and the name that the task gives the fault"),
            ("wrong_voltage", "the voltage of every motor; an error bit is set as well"),
            ("old_firmware", "compare the firmwares with each other"),
            ("missing_motor", "which ids of 1 to 6 did not answer?"),
            ("duplicate_id", "its entry has no voltage and a small share, and another id is absent: what do you ask first?")):
        yield f"{fault} is found", lambda fault=fault: answer(_found(fault)) == fault, look_at
        yield f"{fault} of another motor is found, too", lambda fault=fault: answer(_found(fault, 5)) == fault, "nothing may depend on one id"
