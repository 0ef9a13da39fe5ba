# made by tools/make_stubs.py: do not edit
__all__ = ['JOINTS', 'Encoder', 'PngEncoder', 'vector_feature', 'camera_feature', 'bare_feature', 'so101_features', 'check_features', 'checked', 'check_same', 'next_file', 'holds_episode', 'leftovers', 'refuse_links', 'lock_folder', 'DatasetWriter', 'json_bytes', 'info_bytes', 'trim_table', 'resume_stats', 'parquet_bytes', 'tasks_table', 'film_facts']
import errno, io, json, os, re
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
import av
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from av.video.reformatter import VideoReformatter
from fastcore.basics import patch
from PIL import Image
from .dataset import episode_stats, exact_stats, load_stats, units_of
from ..files import CURE, DatasetError, try_lock, write_durable
from .layout import AUTO_FEATURES, DATA_PATH, EPISODES_PATH, NUMBERS, UNITS_FILE, VIDEO_PATH, cameras_of, check_feature, fill_path, is_v2, keys_of, left_out, load_episodes, load_info, load_tasks, read_parquet, to_numpy
from .stats import PixelStats, aggregate_stats, plain, vector_stats

class Encoder:
    """H.264 in memory: frames in, the bytes of one mp4 out."""

    def __init__(self, fps, height, width, crf, gop):
        ...

    def add(self, frame):
        ...

    def finish(self) -> bytes:
        ...

    def _mux(self, packets):
        ...

class PngEncoder:
    """The lossless alternative (dtype `image`): one PNG per frame, stored inside the parquet file."""

    def __init__(self):
        ...

    def add(self, frame):
        ...

    def finish(self) -> list:
        ...

def vector_feature(names: list, units=None) -> dict:
    """Describe a float32 vector."""
    ...

def camera_feature(height: int, width: int, dtype: str='video') -> dict:
    """Describe one RGB camera."""
    ...

def bare_feature(f) -> dict:
    """A feature as it stands in info.json: without units."""
    ...
JOINTS = ['shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper']

def so101_features(cameras: dict) -> dict:
    """State, action (degrees; gripper 0 closed to 100 open) and cameras of an SO-101 data set."""
    ...

def check_features(fps, features):
    ...

def checked(key, x, f) -> np.ndarray:
    """The value of one feature in one frame; `f` is its entry in `features`."""
    ...

def check_same(root, info, fps, features):
    """Refuse to continue a set of another version, another fps or other features."""
    ...

def next_file(rows: list, kind: str, chunks_size: int) -> tuple:
    """The number after the last file in use."""
    ...

def holds_episode(path, n) -> bool:
    """Does this file of the episode table hold one of the first `n` episodes?"""
    ...

def leftovers(root, info, rows) -> list:
    """What a crash left behind: files numbered after the last committed episode, and half-written ones."""
    ...

def refuse_links(root):
    """A writer stays in its folder."""
    ...

def lock_folder(root) -> int:
    """One writer per data set."""
    ...

class DatasetWriter:
    """Write a LeRobot v3.0 data set, one durable episode after another, or continue one. Leaving `with` drops an unfinished episode and frees the lock."""
    guests = ()

    def __init__(self, root, fps: int, features: dict, robot_type: str='so_follower', crf: int=18, gop: int=8):
        ...
    num_episodes = property(lambda self: self.info['total_episodes'])

    def __len__(self):
        ...

    def __enter__(self):
        ...

    def __exit__(self, *exc):
        ...

    def _create(self, robot_type):
        """A new set: info.json with zero episodes."""
        ...

    def _save_units(self):
        ...

    def _resume(self):
        """Continue a set: same fps, same features, leftovers of a crash removed."""
        ...

    def _clear(self):
        """Begin an episode."""
        ...

    def add_frame(self, frame: dict, task: str=None):
        """Add one time step. A bad frame raises and changes nothing; cameras are encoded in a thread."""
        ...

    def discard_episode(self):
        """Forget the episode in progress."""
        ...

    def finalize(self):
        """Drop an unfinished episode and free the lock. Saved episodes need nothing more."""
        ...

    def _free(self, kind) -> tuple:
        """A number that no file of this kind has, whatever the table says."""
        ...

    def _episode_table(self, columns, task_index, encoded) -> pa.Table:
        """The rows of an episode, in LeRobot's types."""
        ...

    def _episode_row(self, step_tasks, stats, n) -> dict:
        ...

    def _commit(self, new, shared):
        """Write the episode's own files, then the shared ones; take the first back if the disk refuses."""
        ...

    def _note_films(self, encoded):
        ...

    def _write_episode(self, columns, step_tasks, encoded, pixel_stats):
        """New files first, `info.json` last: until that one is renamed into place, the episode does not exist."""
        ...

    def save_episode(self) -> int:
        """Put the episode on disk for good. When the disk is full, nothing saved before is touched and the episode stays in memory: free some space, call again."""
        ...

    def undo_episode(self) -> int:
        """Take the last saved episode back; one in progress is not touched. Raises DatasetError when there is none, or when its files hold other episodes too."""
        ...

def json_bytes(x) -> bytes:
    ...

def info_bytes(info) -> bytes:
    ...

def trim_table(root, info):
    """Remove the rows of episodes that do not exist from files that hold others too."""
    ...

def resume_stats(root, info) -> dict:
    """Statistics of every frame so far, to which an episode's own can be joined."""
    ...

def parquet_bytes(table: pa.Table) -> bytes:
    ...

def tasks_table(tasks) -> pa.Table:
    """A pandas frame with index `task` and column `task_index`; row order = task_index."""
    ...

def film_facts(data: bytes, fps) -> dict:
    """What LeRobot notes about a film."""
    ...
