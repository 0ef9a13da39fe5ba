# made by tools/make_stubs.py: do not edit
__all__ = ['IdSetup', 'MotorBox', 'walk_ids', 'setup_motors_cli', 'new_ports', 'udev_rule', 'port_advice', 'need_port', 'terminal', 'ask', 'wait_for_change', 'find_port_cli']
import json, os, sys, time
from pathlib import Path
from fastcore.basics import patch
from fastcore.script import call_parse
from serial.tools import list_ports
from ..files import write_durable
from ..data.writer import JOINTS, json_bytes
from .wire import ManualClock, register
from .bus import BOARDS, Bus, BusError, Found, PortLost, ports, scan
from .virtual import Servo, VirtualBus

class IdSetup:
    """Give the motors of an arm their ids and a million baud. Stop anywhere, run it again: each step looks first and does what is missing."""

    def __init__(self, port, motors: dict | None=None, notes: str | Path | None=None, window: float | None=None):
        ...

    @property
    def todo(self):
        ...

    def _mark(self, name):
        ...

    def newcomer(self, name) -> Found:
        """The one motor on the line that is not done yet. Raises BusError when there is none, or more than one."""
        ...

    def step(self, name: str) -> str:
        """Make the connected motor the one for this joint: id, then baud rate, then lock, each read back."""
        ...

class MotorBox:
    """Six new motors beside a virtual line, to practise with; `connect` plugs in one of them and nothing else."""

    def __init__(self, motors: dict, done: list=()):
        ...

    def connect(self, *names):
        ...

def walk_ids(setup: IdSetup, ready, say=print) -> bool:
    """One motor at a time, until all are done, or `ready` says stop. A step that fails is offered again, up to ten times in a row."""
    ...

@call_parse
def setup_motors_cli(port: str='', notes: str='outputs/setup_motors.json', forget: bool=False):
    """Give the six motors of an arm their ids, one at a time. Stop anywhere (Ctrl-C) and run it again: it goes on where it was.
    Example: smolvla_setup_motors --port /dev/ttyACM0
    Example: smolvla_setup_motors --port twin"""
    ...

def _connected(name, setup, box):
    """Ask for one motor (the box plugs it in by itself); False to stop."""
    ...

def new_ports(before: list, after: list) -> list[str]:
    """The ports that appeared. Call it with the lists exchanged for those that went away."""
    ...

def udev_rule(name: str, vid: int, pid: int, serial: str | None=None, location: str | None=None) -> str:
    """Linux: whoever sits at this machine may open the board, under a name that stays."""
    ...

def port_advice(device: str, name: str='so101') -> str:
    """Why a port that exists cannot be opened, and the two cures."""
    ...

def need_port(port):
    """ValueError for a command without its --port."""
    ...

def terminal() -> bool:
    """Is somebody there who can read questions and answer them?"""
    ...

def ask(text: str, command: str) -> str:
    """`input` that never waits for somebody who cannot be there: SystemExit without a terminal."""
    ...

def wait_for_change(before: list, seconds: float=60) -> list:
    """Look until the list of ports is another one, or the time is over."""
    ...

def _guide():
    """The difference, in a terminal. Returns the device or SystemExit."""
    ...

@call_parse
def find_port_cli(only_list: bool=False, name: str='so101'):
    """Which serial port is the arm on? Lists them, then guides through pulling the cable and plugging it in again (in a terminal only).
    Example: smolvla_find_port
    Example: smolvla_find_port --only_list"""
    ...
