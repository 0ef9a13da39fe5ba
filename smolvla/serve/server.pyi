# made by tools/make_stubs.py: do not edit
__all__ = ['MOST_JOINT', 'PolicyBackend', 'Job', 'Busy', 'TooLate', 'PolicyFailed', 'Batcher', 'Session', 'misfits', 'read_look', 'checked', 'Metrics', 'Calm', 'Service', 'event_loop', 'from_thread', 'BadLook', 'HealthPage', 'make_certificate', 'read_certificate', 'Doorkeeper', 'Readers', 'guarded', 'handlers', 'health_handlers', 'Door', 'PolicyServer', 'certificate_cli', 'load_backends', 'serve_cli']
import os
import asyncio, contextlib, hmac, ipaddress, json, math, os, re, secrets, signal, socket, sys
import threading, time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby, islice
from pathlib import Path
import grpc
import prometheus_client as prom
import torch
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastcore.basics import patch
from fastcore.script import call_parse, store_true
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2
from . import async_pb2 as pb
from ..model.policy import SmolVLA, load_policy
from .loop import Look, MESSAGE_LIMIT, MOST_PIXELS, PROTOCOL, SO101_UNITS
from .chunking import RTC, soft_mask
from .wire import JsonLog, SPARE, is_loopback, pack, unpack

class PolicyBackend:
    """A SmolVLA as the server sees it: looks in, chunks in robot units out, several at once"""

    def __init__(self, policy: SmolVLA, units: list | None=None, any_size: bool=False):
        ...

    def infer(self, looks: list[Look]) -> list[np.ndarray]:
        """One pass for all looks that fit together"""
        ...

    def _pass(self, looks, mode):
        ...

    def _guide(self, looks, mode):
        """What is left of each old chunk, in the network's numbers"""
        ...

@dataclass
class Job:
    """One look in the waiting room"""
    look: Look
    until: float
    done: Future = field(default_factory=Future)

class Busy(RuntimeError):
    """The waiting room is full"""

class TooLate(RuntimeError):
    """The answer would come after its deadline"""

class PolicyFailed(RuntimeError):
    """The policy raised, or gave something that is no chunk"""

class Batcher(threading.Thread):
    """The only thread that touches a policy. Whoever arrives while it works goes together into the next batch."""
    late = 5.0

    def __init__(self, backend, most: int=8, room: int=32):
        ...

    def submit(self, look: Look, until: float) -> Job:
        ...

    def close(self):
        """Finish what waits, then end"""
        ...

    def _room_for(self, n):
        ...

    def place(self):
        """Held while a look is unpacked: pictures are decoded only when there is room, `Busy` otherwise"""
        ...

    def trouble(self) -> str:
        """Is the thread alive, and does it get anywhere?"""
        ...

    def run(self):
        """Whatever a policy raises or returns, this thread goes on"""
        ...

    def _next(self):
        """Wait for looks; none when the server closes. Who hung up while waiting is left out."""
        ...

    def _work(self, jobs, started):
        """A look that makes the policy fail must not take the others down with it: then each gets a pass of its own"""
        ...

    def _chunks(self, jobs):
        """One chunk for each look, as numbers that the policy cannot change any more"""
        ...
_ENDED = 'the thread of this policy has ended: start the server again'

def _words(e):
    """What went wrong, also when it cannot say so"""
    ...

@dataclass
class Session:
    """A robot that has been let in"""
    policy: str
    cameras: dict
    joints: int
    n: int
    rtc: str
    used: float

def _camera_misfits(hello, b):
    ...

def misfits(hello: pb.Hello, backends: dict) -> list[str]:
    """Everything about a robot that does not fit, each with what both sides have"""
    ...

def read_look(m: pb.Look, s: Session) -> Look:
    """A message turned into an observation; `ValueError` when it is not what the session agreed on"""
    ...
MOST_JOINT = 1000000.0

def _sane(x, where, cure):
    ...

def checked(actions, s: Session) -> np.ndarray:
    """What the policy made; `ValueError` when no arm should get it"""
    ...

class Metrics:
    """Counters, gauges and one histogram in a registry of their own, as the text that Prometheus reads"""
    bounds = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)

    def __init__(self):
        ...

    def _of(self, kind, name, about, **more):
        ...

    def add(self, name, value=1, **labels):
        ...

    def observe(self, name, seconds):
        ...

    def watch(self, name, value):
        ...

    def counts(self, name: str, label: str) -> dict:
        """What a counter has counted so far"""
        ...

    def text(self) -> str:
        """The samples, without comments and without the times at which counters were made"""
        ...

class Calm:
    """A log that strangers cannot fill: of each kind of event a few lines, then `rate` a second"""

    def __init__(self, log, burst: int=30, rate: float=2.0):
        ...

    def __call__(self, event, **more):
        ...

class Service:
    """The four calls. Every answer is explicit; nothing that a stranger sends reaches the policy unchecked."""

    def __init__(self, backends: dict, token: str='', batch: int=8, most_sessions: int=64, log=None, workers: int=4):
        ...

    def _watch(self):
        ...

    def troubles(self) -> list[str]:
        ...

    def health(self) -> dict:
        ...

    def largest(self) -> int:
        ...

    def greet(self, hello: pb.Hello) -> pb.Welcome:
        """Let a robot in, or say why not"""
        ...

    def leave(self, goodbye: pb.Goodbye) -> pb.Farewell:
        ...

    async def answer(self, m: pb.Look, seconds: float) -> pb.Chunk:
        """One chunk for one look, or the reason why not"""
        ...

    def infer(self, m: pb.Look, seconds: float) -> pb.Chunk:
        """`answer`, for who has no loop"""
        ...

    async def _chunk(self, m, s, until):
        """(actions, when the policy began)"""
        ...

    def _why(self, e):
        """(status, message) for what went wrong"""
        ...

    def _end(self, answer, status, message=''):
        ...
_loops, _loops_lock = ({}, threading.Lock())

def event_loop() -> asyncio.AbstractEventLoop:
    """The loop of this process, in a thread of its own. gRPC wants all servers of a process on one."""
    ...

def from_thread(coroutine, seconds: float | None=None):
    """Run it in that loop, wait for what it returns"""
    ...

class BadLook(ValueError):
    """A message that is not what the session agreed on"""
_NOT_GREETED = 'greet first: this server does not know the session (it may have been started again)'

class _Page(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self):
        ...

    def _found(self):
        ...

    def _asked_here(self):
        ...

    def log_message(self, *args):
        ...

class HealthPage(ThreadingHTTPServer):
    """/health and /metrics over HTTP, on this machine only; too many connections lose the oldest"""
    daemon_threads, request_queue_size, most = (True, 128, 16)

    def __init__(self, server, port):
        ...

    def process_request(self, request, address):
        ...

    def close_request(self, request):
        ...

    def handle_error(self, request, address):
        ...

def make_certificate(folder, hosts: list[str], days: float=365) -> Path:
    """A certificate that the server signs itself, and a random token: what both sides need to trust each other"""
    ...

def read_certificate(folder) -> tuple[bytes, bytes, str]:
    """`FileNotFoundError` or `ValueError` with the cure when something is missing, or past its date"""
    ...

class Doorkeeper(grpc.aio.ServerInterceptor):
    """Turns away who has no token, whatever he calls, by the head of the call alone"""

    def __init__(self, service: Service):
        ...

    async def intercept_service(self, continuation, call):
        ...

    async def _deny(self, messages, context):
        ...

class Readers:
    """Calls whose message has not come yet: so long each, and so many"""

    def __init__(self, seconds: float=10.0, most: int=128):
        ...

    async def read(self, context) -> bytes:
        ...

    def _make_room(self):
        """Who has most calls open loses the oldest of them"""
        ...

    def _drop(self, t):
        ...

    async def close(self):
        ...

def guarded(service: Service, readers: Readers, kind, work, most: int=2 ** 16, too_large=None):
    """Read one message and answer it; no exception ever leaves"""
    ...

def handlers(service: Service, readers: Readers | None=None) -> grpc.GenericRpcHandler:
    """The four calls, each taken for a stream of messages, so that the first is read when we say"""
    ...

def _one(handle):
    ...

def _generic(name, calls):
    ...

def _to_bytes(m):
    ...

def health_handlers(service: Service, readers: Readers | None=None, most: int=16) -> grpc.GenericRpcHandler:
    """gRPC's standard health service: Check, List and Watch"""
    ...

def _names(service):
    ...

def _state(service, name):
    """The answer for this name; None when there is no such name"""
    ...

async def _watch(service, name, context):
    """Tell the state, and every change, until the server closes"""
    ...

class Door:
    """gRPC's server in the loop of the calls, for use from any thread"""
    options = [('grpc.max_receive_message_length', MESSAGE_LIMIT), ('grpc.so_reuseport', 0), ('grpc.max_concurrent_streams', 1024), ('grpc.server_handshake_timeout_ms', 10000), ('grpc.keepalive_time_ms', 30000), ('grpc.keepalive_timeout_ms', 10000)]

    def __init__(self, service: Service, where: str, credentials=None):
        ...

    async def _open(self, where, credentials):
        ...

    def start(self):
        ...

    def stop(self, grace: float | None) -> threading.Event:
        ...

    def trouble(self) -> str:
        """Do the loop of the calls and the threads that unpack answer?"""
        ...

class PolicyServer:
    """The service behind a port. Beyond this machine it needs TLS and a token, and does not start without."""

    def __init__(self, backends: dict, host: str='127.0.0.1', port: int=8765, tls=None, batch: int=8, health_port: int | None=None, log=None, workers: int=4):
        ...

    def start(self):
        ...

    def stop(self, grace: float=5.0):
        """Let nobody in any more, finish what was begun, close"""
        ...

    def __enter__(self):
        ...

    def __exit__(self, *args):
        ...

@call_parse
def certificate_cli(host: str=None, out: str='outputs/tls', days: int=365):
    """A certificate and a token for smolvla_serve beyond this machine. Example: smolvla_certificate --host 192.168.1.20"""
    ...

def load_backends(names: str, any_size: bool=False, device: str='cpu', compute_dtype: str='auto') -> dict:
    """The policies a server may serve"""
    ...

@call_parse
def serve_cli(policy: str='nano', host: str='127.0.0.1', port: int=8765, tls: str=None, batch: int=8, health_port: int=8766, log: str=None, any_size: store_true=False, threads: int=None, device: str='cpu', compute_dtype: str='auto'):
    """Serve policies to arms. Example: smolvla_serve --policy nano"""
    ...
