# made by tools/make_stubs.py: do not edit
__all__ = ['MOTOR_KINDS', 'AMBIENT', 'HEATING', 'SLOWNESS', 'RAD', 'SPANS', 'TRIGGER', 'LONGEST', 'EFFORT', 'GEARS', 'Servo', 'Pendulums', 'Twin', 'VirtualBus', 'random_state', 'VirtualSerial', 'Server', 'PtyServer', 'TcpServer', 'twin_bus', 'virtual_arm_cli']
import contextlib, math, os, select, socket, sys, threading, time
from collections import Counter, deque
from unittest import mock
import serial
import numpy as np
from fastcore.basics import patch
from fastcore.script import call_parse
from ..data.writer import JOINTS
from ..sim.twin import SO101Env, base_model, mujoco
from .wire import ACTION, BAUDS, BROADCAST, INSTRUCTIONS, ManualClock, PING, READ, REGISTERS, REG_WRITE, RESET, SYNC_READ, SYNC_WRITE, TABLE_SIZE, TICKS, WRITE, WallClock, packet, register, split_packets
from .bus import MULTI_TURN
MOTOR_KINDS = {'7.4V': (7.4, 1.91, 3550, 80), '12V': (12.0, 2.94, 3072, 140), '7.4V 1/191': (7.4, 1.91 * 191 / 345, 3550 * 345 / 191, 80), '7.4V 1/147': (7.4, 1.91 * 147 / 345, 3550 * 345 / 147, 80)}
AMBIENT = 25.0

class Servo:
    """A virtual STS3215: registers, EEPROM that survives power cuts, and the numbers of the motor behind them."""

    def __init__(self, id: int=1, kind: str='7.4V', ticks: float=2048.0, gravity: float=0.0, **eeprom):
        ...

    @staticmethod
    def _store(image, name, value):
        ...

    def __getitem__(self, name):
        ...

    def __setitem__(self, name, value):
        ...

    def poke(self, address, *data):
        """Change memory and flash from outside, against all rules: for faults."""
        ...

    def power_on(self):
        """Forget RAM: registers from flash, torque off, no error."""
        ...

    @property
    def position(self) -> int:
        """Actual count minus the homing offset, folded into one turn unless bit 4 of Phase is set."""
        ...

    @property
    def stall(self) -> float:
        ...

    @property
    def amps(self) -> float:
        ...

    def write(self, address: int, data: bytes):
        """Put bytes into the table, with the side effects that the maker's manual gives them."""
        ...

    def measure(self):
        """Fill the read-only registers from the state of the motor."""
        ...

    def handle(self, code: int, params: bytes, everybody: bool=False) -> bytes | None:
        """Carry out one instruction."""
        ...

    def _glide(self, dt):
        """Move the set point towards the goal: limited speed, limited acceleration, in time to stop there."""
        ...

    def drive(self, dt) -> tuple[float, float]:
        """One step of the firmware."""
        ...

    def protect(self, dt):
        """Temperature, and the error bits that follow from everything."""
        ...
_WRITABLE = {a for r in REGISTERS.values() if r.writable for a in range(r.address, r.address + r.size)} | set(range(44, 55))
Servo.releases = 'goal'
Servo.backlash = 0.0
HEATING, SLOWNESS = (27.7, 600.0)
RAD = 2 * np.pi / TICKS

class Pendulums:
    """Each servo moves a joint of its own, with inertia, the motor's own braking and gravity."""
    dt, inertia, stiffness, damping = (1 / 500, 0.03, 17.8, 0.02)

    def step(self, servos, drives):
        ...
SPANS = {'shoulder_pan': (2725, 32), 'shoulder_lift': (2350, 77), 'elbow_flex': (2222, 9), 'wrist_flex': (2329, 17), 'wrist_roll': (3960, 135), 'gripper': (1475, 33)}
TRIGGER = 1240

class Twin:
    """The servos' shafts are the joints of a MuJoCo arm. Its stops lie where those of measured arms do."""

    def __init__(self, env: SO101Env | None=None, role: str='follower'):
        ...

    def place(self, servos):
        ...

    def step(self, servos, drives):
        ...
Servo.mount = 0

class VirtualBus:
    """A chain of STS3215 that answers bytes with bytes."""

    def __init__(self, servos: list | int=6, plant=None, volts: float=5.0, clock=None, paced: bool=False, seed: int=0):
        ...

    def _power(self):
        """Voltage at each motor; one that gets enough again starts anew."""
        ...

    def _step(self):
        """One step: voltage, firmware, motion, protection."""
        ...

    def advance(self):
        """Let the motors live until now."""
        ...

    def power_cycle(self):
        """The switch off and on again: RAM is forgotten, errors are gone."""
        ...

    def _answers(self, id, code, params, listeners):
        """Replies to one packet: [(motors that speak at once, error bits and data of each)]."""
        ...

    def feed(self, data: bytes, baud: int=1000000) -> list[tuple[float, bytes]]:
        """Let time pass, then let every motor that hears these bytes react."""
        ...

    def _spoil(self, reply):
        """A bad cable: a byte is lost, or a bit is turned."""
        ...

    def open_serial(self, port=None, **kw):
        ...

    def in_process(self, port='virtual'):
        """While this lasts, a program of this process that opens the serial port `port` gets this bus: for drivers that cannot be handed an object."""
        ...

def random_state(seed):
    ...
LONGEST = 5.0
EFFORT = 0.25

def _mix(packets):
    """What a wire carries when several talk at once: 0 wins."""
    ...

class VirtualSerial:
    """The part of `serial.Serial` that drivers use, with a VirtualBus at the other end."""

    def __init__(self, bus, port=None, baudrate=1000000, timeout=None, **_):
        ...

    def _arrived(self):
        """Bytes whose time has come."""
        ...
    in_waiting = property(_arrived)

    def write(self, data):
        ...

    def read(self, size=1):
        ...

    def reset_input_buffer(self):
        ...

    def flush(self):
        ...

    def close(self):
        ...

class Server:
    """A thread that carries bytes between a VirtualBus and somebody outside."""

    def __init__(self, bus):
        ...

    def __enter__(self):
        ...

    def __exit__(self, *_):
        ...

    def close(self):
        ...

    def _run(self):
        ...

    def _reply(self, data, baud, send):
        ...

class PtyServer(Server):
    """The bus as a pseudo-terminal; `port` is its path. Linux and macOS."""

    def _open(self):
        ...

    def _shut(self):
        ...

    def _turn(self):
        ...

    def _rate(self):
        ...

    def _custom(self):
        """Rates without a constant of their own (termios2 of Linux)."""
        ...

class TcpServer(Server):
    """The bus over TCP; `port` is the address for pyserial. One client at a time, this machine only unless `host` says otherwise."""

    def __init__(self, bus, host='127.0.0.1', number=0):
        ...

    def _open(self):
        ...

    def _shut(self):
        ...

    def _turn(self):
        ...
GEARS = ('7.4V 1/191', '7.4V', '7.4V 1/191', '7.4V 1/147', '7.4V 1/147', '7.4V 1/147')

def twin_bus(env: SO101Env | None=None, calibrated: bool=True, backlash: float=0.5, seed: int=0, role: str='follower', volts: float | None=None, turns=(), **kw) -> VirtualBus:
    """Six servos whose shafts are the joints of the simulated SO-101."""
    ...

def _check_twin(role, volts, turns):
    ...

def _calibrated(servo, joint, span):
    """Offset and limits, as `smolvla_calibrate` would leave them."""
    ...

@call_parse
def virtual_arm_cli(tcp: bool=False, number: int=0, fresh: bool=False, role: str='follower', volts: float=0.0, turns: str='', fault: str=''):
    """A simulated SO-101 on a serial port, for any program that talks to Feetech servos. Ctrl-C ends it.
    Example: smolvla_virtual_arm --fault overheated
    Example: smolvla_virtual_arm --role leader
    Then in another terminal python -c "from smolvla.arm.bus import scan; print(scan('/dev/pts/3'))" with the port it prints."""
    ...
