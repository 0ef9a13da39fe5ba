# made by tools/make_stubs.py: do not edit
__all__ = ['SPARE', 'REPLIES', 'pack', 'unpack', 'jpeg_head', 'look_message', 'ClockOffset', 'is_loopback', 'open_channel', 'ServerRefused', 'PolicyClient', 'explain', 'JsonLog']
import json, math, os, re, threading, time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import grpc
import numpy as np
from PIL import Image
from fastcore.basics import patch
from . import async_pb2 as pb
from ..files import LineWriter, _append_to
from .loop import Clock, Control, Look, MESSAGE_LIMIT, MOST_PIXELS, PROTOCOL, Reply, RobotSpec

def pack(x: np.ndarray, jpeg: int=0) -> pb.Tensor:
    """An array as a message: its type, its shape, its bytes"""
    ...

def unpack(t: pb.Tensor, dtype: str, shape: tuple, name: str) -> np.ndarray:
    """The array of a message; `ValueError` before anything is allocated when it is not what was agreed on"""
    ...
SPARE = 64 * 2 ** 10
_JPEG_TABLES = {196, 219, 221, 224, 238}
_SEVERAL = 'it has several scans, or a rare coding, which may take for ever: send a baseline JPEG'

def _segment(data, at):
    """(kind, bytes) of the segment that begins here"""
    ...

def _jpeg_size(segment, before):
    """(height, width, bands), named once"""
    ...

def jpeg_head(data: bytes) -> tuple[tuple, bytes, int]:
    """Follow the segments of a baseline JPEG up to its scan; `ValueError` for a long or odd chain"""
    ...

def _unpack_jpeg(t, shape, name):
    ...

def _decode(data, size):
    """By Pillow's decoder alone; its reader of heads is not asked"""
    ...

def look_message(look: Look, jpeg: int=0) -> pb.Look:
    """A look as it travels"""
    ...

class ClockOffset:
    """How far the server's monotonic clock is ahead of ours, from the exchange that spent least time on the way (as NTP does)"""

    def __init__(self):
        ...

    def add(self, sent, received, answered, back):
        ...

    @property
    def value(self):
        ...

    @property
    def error(self):
        ...

def is_loopback(host: str) -> bool:
    """Does this name stay on this machine?"""
    ...

def open_channel(address: str, certificate: str | None=None) -> grpc.Channel:
    """`ValueError` for an address without port, or beyond this machine without TLS"""
    ...

class ServerRefused(ValueError):
    """The server does not want this robot; the message says what both sides have"""

class PolicyClient:
    """A policy on another machine, as a link. A thread of its own packs, sends and waits, so that no control step does."""

    def __init__(self, address: str, policy: str, spec: RobotSpec, control: Control=Control(), token: str='', certificate: str | None=None, jpeg: int=90, clock=None):
        ...

    def submit(self, look: Look):
        ...

    def replies(self):
        ...

    def call(self, name: str, message, timeout: float):
        """One call, with its deadline; `grpc.RpcError` when it fails"""
        ...

    def hello(self) -> pb.Hello:
        ...

    def greet(self, timeout: float=5.0):
        """The handshake, and the measurement of the clocks; `ServerRefused` when the two do not fit, `ConnectionError` when nobody answers"""
        ...

    def _ping(self, timeout):
        ...

    def _ask(self, look):
        """Pack, send, wait, unpack; whatever goes wrong becomes a reply that says so"""
        ...

    def _infer(self, look):
        ...

    def close(self):
        """Say goodbye, when anybody is there to hear it"""
        ...
REPLIES = dict(Greet=pb.Welcome, Time=pb.Pong, Infer=pb.Chunk, Leave=pb.Farewell)
_HINTS = {'UNAVAILABLE': 'is smolvla_serve running there? Does it want --tls, and is the certificate its own and still valid?', 'UNAUTHENTICATED': 'copy the token of the server', 'DEADLINE_EXCEEDED': 'no answer in time', 'UNIMPLEMENTED': 'this is another service, or another protocol', 'RESOURCE_EXHAUSTED': 'the message is larger than the server takes'}

def explain(address, e) -> str:
    """What a failed call means, in one line"""
    ...

def _proxy_hint(address, code):
    ...

class JsonLog:
    """One JSON object a line. A full disk or a pipe that nobody reads costs lines, never the arm."""

    def __init__(self, path=None):
        ...

    def __call__(self, event: str, **more):
        ...

    def flush(self, seconds: float=1.0) -> bool:
        ...

    def _line(self, event, **more):
        ...

    @property
    def lost(self) -> int:
        ...
