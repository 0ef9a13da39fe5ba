# made by tools/make_stubs.py: do not edit
__all__ = ['Finding', 'LFS_CURE', 'CHECKS', 'DULL', 'WholeFilm', 'OWN_KEYS', 'OWN_FILES', 'cure_for', 'broken', 'Scan', 'told_tasks', 'doctor_check', 'check_gaps', 'check_rows', 'check_film', 'is_alone', 'check_spans', 'check_films', 'check_pictures', 'true_size', 'check_sizes', 'check_nan', 'wrong_stats', 'check_stats', 'joint_name', 'check_names', 'check_needs', 'check_joints', 'likely_units', 'check_units', 'step_sizes', 'check_speed', 'brightness', 'check_cameras', 'check_coverage', 'Report', 'doctor', 'join_pointers', 'copy_film', 'copy_camera', 'CopyingWriter', 'guest', 'stranded', 'known_stats', 'guest_stats', 'copy_episode', 'copy_features', 'copy_rest', 'kept_seeds', 'to_keep', 'mendable', 'repair', 'numbers_in', 'doctor_cli']
import re, shlex, sys
from collections import Counter, OrderedDict, namedtuple
from pathlib import Path
import numpy as np
import pyarrow as pa
from fastcore.basics import patch
from fastcore.script import call_parse
from .dataset import VideoFile, _picture_column, counts, decode_png, exact_stats, load_stats, match_frames, picture_size, read_columns, units_of
from ..files import CURE, DatasetError, confine, parse_json, read_jsonl, regular, write_durable
from .layout import AUTO_FEATURES, NUMBERS, cameras_of, check_row, episode_rows, fill_path, find_root, is_v2, keys_of, left_out, load_info, load_tasks, names_of
from .stats import PixelStats, arrays, plain, unflatten_stats
from .writer import DatasetWriter, Encoder, JOINTS, json_bytes, leftovers
Finding = namedtuple('Finding', 'level check episodes found cure drop', defaults=[False])
LFS_CURE = 'run `git lfs pull` in its folder'

def cure_for(e, usual) -> str:
    ...

def broken(check, episodes, found) -> Finding:
    """An error that costs its episodes."""
    ...

class Scan:
    """A data set as far as it can be read: episode rows, per-episode columns, one VideoFile per film, and complaints."""

    def __init__(self, root):
        ...
    vectors = property(lambda self: [k for k, f in self.features.items() if f['dtype'].startswith('float') and k not in AUTO_FEATURES])

    def _complain(self, e):
        ...

    def _read(self, path):
        """The columns of every episode in one data file."""
        ...

    def _read_tasks(self):
        ...

    def film(self, key, e) -> VideoFile:
        """The film of an episode; raises when it cannot be opened."""
        ...

    def start(self, key, e) -> int:
        ...

    def spans(self, key) -> dict:
        """Which part of its film each episode claims."""
        ...

    def numbers(self, key, e) -> np.ndarray:
        """Which frame belongs to each row of an episode, -1 for none."""
        ...

    def cells(self, key, e) -> list:
        """The pictures of an episode that are kept in its data file."""
        ...

    def frames(self, key, e, rows) -> list:
        """Some pictures of an episode; raises where there is none."""
        ...

    def joined(self, key) -> np.ndarray:
        ...

def told_tasks(row) -> list:
    """The tasks that the episode table names."""
    ...
CHECKS = []

def doctor_check(f):
    """Register a check: a function from a Scan to an iterable of Findings."""
    ...

@doctor_check
def check_gaps(s):
    ...

@doctor_check
def check_rows(s):
    ...

def check_film(s, k, e):
    """One camera of one episode."""
    ...

def is_alone(s, key, e) -> bool:
    """Does no other episode share this film?"""
    ...

def check_spans(s, k):
    """Are the parts of a film that episodes claim next to each other?"""
    ...

@doctor_check
def check_films(s):
    ...

@doctor_check
def check_pictures(s):
    ...

def true_size(s, key) -> tuple | None:
    """The size of a camera's pictures: the declared one if any has it, else the most common."""
    ...

@doctor_check
def check_sizes(s):
    ...

@doctor_check
def check_nan(s):
    ...

def wrong_stats(d, x) -> str:
    """Do these statistics describe these rows?"""
    ...

@doctor_check
def check_stats(s):
    ...

def joint_name(s, key, j) -> str:
    ...

@doctor_check
def check_names(s):
    ...

@doctor_check
def check_needs(s):
    """Columns that have other names than training looks for."""
    ...

@doctor_check
def check_joints(s):
    ...

def likely_units(x: np.ndarray, names: list) -> str | None:
    """What units joints have that do not say so."""
    ...

@doctor_check
def check_units(s):
    ...

def step_sizes(s, key, e) -> np.ndarray:
    """How fast each joint moves: 1 means 360 degrees a second, or half the joint's range in one frame for other units."""
    ...

@doctor_check
def check_speed(s):
    ...

def brightness(s, key, e, n=4) -> tuple:
    """Look at `n` frames of an episode."""
    ...
DULL = {'nearly black': lambda m, c, d: m < 10, 'one colour only': lambda m, c, d: m >= 10 and c < 3, 'a still picture': lambda m, c, d: c >= 3 and d < 0.0001}

@doctor_check
def check_cameras(s):
    ...

@doctor_check
def check_coverage(s):
    ...

class Report:
    """What `doctor` found: prints as a table, `plot()` draws the numbers behind it."""

    def __init__(self, scan, findings):
        ...
    ok = property(lambda self: not any((f.level == 'error' for f in self.findings)))

    def rows(self) -> list:
        ...

    def __repr__(self):
        ...

    def _repr_markdown_(self):
        ...

    def plot(self, axs=None):
        """Joint spread, fastest step and brightness of every episode; grey is the normal range. Returns the figure."""
        ...

def doctor(root) -> Report:
    """Look for what ruins training. A broken file is a finding; only an unreadable meta/info.json raises."""
    ...

def join_pointers(findings) -> list:
    """One line for all Git-LFS pointers, of which there are usually as many as files."""
    ...

def copy_film(s, key, e) -> bytes | Encoder:
    """Byte for byte if the film holds this episode alone and its clock is even."""
    ...

def copy_camera(s, key, e) -> tuple:
    """One camera of one episode, for `repair`: the file itself if it holds this episode alone, else encoded again."""
    ...
WholeFilm = namedtuple('WholeFilm', 'path start')

class CopyingWriter(DatasetWriter):
    """A DatasetWriter that also takes what it could not make: guests, and films that episodes share."""
    guests = property(lambda self: left_out(self.features))

    def __init__(self, *args, **kw):
        ...

    def share(self, films) -> dict:
        """Films as bytes, except those that are written already."""
        ...

    def _episode_row(self, step_tasks, stats, n):
        ...

def guest(s, key, e):
    """One episode of a column that is not served, as it is."""
    ...

def stranded(s) -> dict:
    """Columns that are neither served nor can go along with a copy."""
    ...

def known_stats(s) -> dict:
    """What the set itself says about its episodes."""
    ...

def guest_stats(known, guests, episodes) -> dict:
    """The statistics of guests, where every episode has them."""
    ...

def copy_episode(s, e, features, writer, stats):
    """One whole episode of a scan into a `CopyingWriter`."""
    ...

def copy_features(s, lost=()) -> dict:
    """The columns of the copy: guests, and served ones; cameras with the size of their pictures."""
    ...
OWN_KEYS = ('data_path', 'video_path', 'codebase_version', 'features', 'fps', 'robot_type', 'splits', 'chunks_size', 'data_files_size_in_mb', 'video_files_size_in_mb', 'total_episodes', 'total_frames', 'total_tasks', 'total_videos', 'total_chunks')
OWN_FILES = ('data', 'meta', 'videos', 'meta/episodes', *(f'meta/{n}' for n in ('info.json', 'units.json', 'stats.json', 'tasks.parquet', 'tasks.jsonl', 'episodes.jsonl', 'episodes_stats.jsonl')))

def copy_rest(s, out, keep) -> list:
    """Files that are no part of the format, such as a README or what a recorder noted."""
    ...

def kept_seeds(state: dict, n: int, keep: list) -> dict:
    """Which scenes the copy holds."""
    ...

def to_keep(report: Report, drop) -> list:
    """The whole episodes, less those that are not wanted."""
    ...

def mendable(report) -> bool:
    """Would a copy be whole, and hold anything?"""
    ...

def repair(root, out, drop=()) -> Report:
    """Copy what is whole into a new v3.0 set, renumbered, with fresh statistics."""
    ...

def numbers_in(text) -> list:
    """Numbers and ranges as people write them: 3,17 or 0-2."""
    ...

@call_parse
def doctor_cli(root: str, out: str='', drop: str='', plot: str=''):
    """Find what ruins training in a data set; exit code 1 when there are errors, with --out in the copy. Example: smolvla_doctor outputs/demo/dataset"""
    ...
