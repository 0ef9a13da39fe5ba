# made by tools/make_stubs.py: do not edit
__all__ = ['CURE', 'LFS', 'DatasetError', 'reason', 'is_lfs_pointer', 'regular', 'leads_out', 'confine', 'read_text', 'parse_json', 'read_json', 'read_jsonl', 'sync', 'sync_tree', 'move_durable', 'open_new', 'write_durable', 'try_lock', 'LineWriter']
import atexit, errno, io, json, os, stat, sys, threading, time, weakref
from collections import deque
from pathlib import Path, PurePosixPath
from fastcore.basics import patch

class DatasetError(ValueError):
    """A data set that cannot be read or written as asked; the message says what was found and what to do."""

def reason(e) -> str:
    ...
CURE = '`smolvla_doctor ROOT` explains, `smolvla_doctor ROOT --out NEW` saves what is whole.'
LFS = b'version https://git-lfs.github.com/spec/'

def is_lfs_pointer(path) -> bool:
    """Did git leave a note here, in place of a large file?"""
    ...

def regular(path, most: int=None) -> Path:
    """The path of a plain file; pipes, devices and Git-LFS pointers are refused."""
    ...

def leads_out(path) -> bool:
    """Absolute, or with steps up?"""
    ...

def confine(root, path) -> Path:
    """`root/path`, if that lies inside the data set, links followed."""
    ...

def read_text(path, most: int=1 << 28) -> str:
    """A UTF-8 text file."""
    ...

def parse_json(text, path, kind: type=dict):
    """JSON text from a file; `path` is for the message."""
    ...

def read_json(path) -> dict:
    ...

def read_jsonl(path) -> list:
    ...

def sync(path):
    """Force to the disk what was written; a folder's entries are forced apart from its files"""
    ...

def sync_tree(folder):
    ...

def move_durable(whole, final):
    """Force a folder to the disk, then rename it: a reader sees no half of it, after a power cut either"""
    ...

def open_new(path) -> int:
    """Open a file that was not there, never through a link that somebody put in its place."""
    ...

def write_durable(path, data: bytes):
    """Write under another name, force it to the disk, rename: a reader sees the old file or the whole new one."""
    ...

def try_lock(path) -> int | None:
    """One process (or one descriptor) at a time; a process that dies holds nothing.

    Linux and macOS lock the file or folder itself. Windows locks no folder: there a file `.lock`
    in it takes its place. Windows was not tried."""
    ...

def _lock_now(fd):
    """`OSError` when another descriptor holds the lock"""
    ...

class LineWriter:
    """Lines on their way out. What stalls costs lines, never the time of who speaks."""

    def __init__(self, file=None, room: int=10000, tell=lambda n: ''):
        ...

    def put(self, line: str):
        ...

    def flush(self, seconds: float=1.0) -> bool:
        ...

    def _drop(self):
        ...

    def _run(self):
        """Write until nothing waits"""
        ...
_writers = weakref.WeakSet()

@atexit.register
def _flush_all():
    ...

def _write(file, text):
    """Past Python's buffers where there is a real file: who stalls in them keeps Python from ending"""
    ...

def _append_to(path):
    """A file to append to; a pipe that nobody reads is refused, opening would wait for a reader"""
    ...
