# made by tools/make_stubs.py: do not edit
__all__ = ['GONE', 'BOARDS', 'WHY', 'MULTI_TURN', 'LIMITS', 'BusError', 'PortLost', 'ports', 'Port', 'Bus', 'nominal_volts', 'Health', 'Found', 'Scan', 'scan', 'check_volts']
import contextlib, sys, threading
from collections import Counter
from dataclasses import dataclass
import serial
import scservo_sdk as sdk
from fastcore.basics import patch
from serial.tools import list_ports
from ..data.writer import JOINTS
from .wire import BAUDS, BROADCAST, PING, REGISTERS, WRITE, WallClock, errors_of, packet, register, split_packets
from termios import error as termios_error
GONE = (OSError, TypeError, termios_error)

class BusError(ConnectionError):
    """A motor or the line did not do what was asked; the message says what to look at."""

class PortLost(BusError):
    """The serial port itself is gone."""
BOARDS = ('1a86:55d3', '1a86:7523', '0483:5740')

def ports() -> list[tuple]:
    """Serial ports of this machine that could be an arm, USB bridges of servo boards first."""
    ...

def _why_not(where, e):
    """The cause of a failed opening, with its cure."""
    ...

class Port(sdk.PortHandler):
    """The SDK's port handler, without its traps. Raises PortLost with the cure when it cannot be opened."""

    def __init__(self, where, baudrate: int=1000000, slack: float=0.034):
        ...

    def setupPort(self, baud):
        ...

    def _connect(self, baud):
        ...

    def getCFlagBaud(self, baud):
        ...

    def getCurrentTime(self):
        ...

    def setPacketTimeout(self, length):
        ...

    def readPort(self, n):
        ...

    def clearPort(self):
        ...

class Bus:
    """Motors by name on one serial line. One thread at a time; errors are BusError with the motor's name."""

    def __init__(self, port, motors: dict | None=None, baudrate: int=1000000, retries: int=2, slack: float=0.034):
        ...

    def open(self):
        ...

    def close(self):
        ...

    def __enter__(self):
        ...

    def __exit__(self, *_):
        ...

    def id(self, motor):
        ...

    def _ask(self, motor, what, send, n=0):
        """Send until the reply is whole and holds n bytes, at most 1 + retries times."""
        ...

    def _lost(self, e):
        ...

    def block(self, motor, address, n) -> bytes:
        ...

    def read(self, name: str, motor) -> float:
        """One register of one motor."""
        ...

    def _put(self, r, motor, value):
        ...

    def ping(self, motor) -> bool:
        """Does it answer? One try."""
        ...

    def unlocked(self, motor):
        """EEPROM of this motor can be written for good inside; it is locked again at the end."""
        ...

    def write(self, name: str, motor, value: float) -> bool:
        """Set one register. EEPROM: torque must be off; only when it differs, for good, and read back. ID and Baud_Rate: see `IdSetup`."""
        ...

    def _gather(self, address, n, ids):
        """One SYNC_READ: {id: (error bits, data)} of the replies that came whole."""
        ...

    def sync_block(self, address, n, motors=None) -> dict:
        """The same n bytes of many motors in one transfer, with bounded retries for those that were lost."""
        ...

    def sync_read(self, name: str, motors: list | None=None) -> dict:
        """One register of many motors, in one transfer."""
        ...

    def sync_write(self, name: str, values: dict):
        """One register of many motors, in one packet that nobody answers."""
        ...

    def sync_put(self, address, n, data):
        """n bytes from this address on for many motors (name -> bytes), in one packet that nobody answers."""
        ...

    def single_turn(self, motor) -> bool:
        """Let this motor count within one turn, as LeRobot 0.6.1 does. Torque must be off where that must be written."""
        ...

    def torque_off(self):
        """Everybody lets go: eight bytes to the broadcast address, nothing to wait for. Never retried, never locked out."""
        ...

    def check(self, motor) -> Health:
        """Everything that one motor measures, in one transfer; the first time also who it is."""
        ...

    def poll(self, period: float=0.5) -> Health | None:
        """Call it in every tick of a control loop: it asks one motor now and then, in turn."""
        ...

    def who(self, window=None) -> list[int]:
        """Asked three times when anybody talks, because an answer may be lost."""
        ...

    def look(self, id, baud) -> Found:
        """Question one motor: who it is, how it is, and how reliably it answers."""
        ...
WHY = {sdk.COMM_RX_TIMEOUT: 'no reply', sdk.COMM_RX_CORRUPT: 'a broken reply', sdk.COMM_PORT_BUSY: 'the port is busy', sdk.COMM_TX_FAIL: 'the request could not be sent'}
_CURE = {'no reply': 'Is its plug seated, the power on, its id right? diagnose(port) looks further.', 'a broken reply': 'Noise, a loose plug, or two motors with this id. diagnose(port) looks further.'}
MULTI_TURN = 16
LIMITS = {'temperature': 60.0, 'sag': 0.9, 'over': 1.15}

def nominal_volts(volts: float) -> float:
    """5, 7.4 or 12 V, whichever is nearest; an arm below 4 V has a bad supply, not another one."""
    ...

@dataclass
class Health:
    """What one motor says about itself."""
    motor: str
    position: int
    velocity: float
    load: float
    voltage: float
    temperature: float
    current: float
    torque_on: bool
    torque_limit: float
    lock: bool
    status: int
    firmware: str
    model: int

    def problems(self, volts: float | None=None) -> list[str]:
        """What is wrong with it, in words."""
        ...

@dataclass
class Found:
    """A motor that answered a scan."""
    id: int
    baud: int
    model: int
    firmware: str
    position: int
    voltage: float
    temperature: float
    status: int
    share: float
    phase: int = 0

class Scan(list):
    """Motors found, in the order of baud rate and id; shows itself as a table."""

    def _repr_markdown_(self):
        ...

def scan(port, bauds=tuple(BAUDS.values()), window: float | None=None) -> Scan:
    """Everybody on the line, at every baud rate. Moves and changes nothing."""
    ...

def check_volts(volts: float | None):
    """ValueError for a supply that no arm has."""
    ...
