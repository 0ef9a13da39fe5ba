# made by tools/make_stubs.py: do not edit
__all__ = ['FILMS', 'VideoFile', 'counts', 'nearest', 'match_frames', 'read_columns', 'match_rows', 'refuse_nan', 'check_sentences', 'find_cameras', 'LeRobotDataset', 'open_picture', 'decode_png', 'picture_size', 'needed_frames', 'exact_stats', 'stats_of_episodes', 'episode_stats', 'load_stats', 'units_of']
import hashlib, io, json, os, re, warnings
from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
import av
import numpy as np
import pyarrow as pa
from av.video.reformatter import VideoReformatter
from fastcore.basics import patch
from PIL import Image
from ..files import CURE, DatasetError, confine, read_json, read_jsonl, reason, regular
from .layout import AUTO_FEATURES, NUMBERS, cameras_of, fill_path, find_root, is_v2, keys_of, left_out, load_episodes, load_info, load_tasks, names_of, read_parquet, to_numpy, to_words, whole
from .stats import aggregate_stats, arrays, check_stats_shapes, counted, plain, unflatten_stats, vector_stats
FILMS = {'protocol_whitelist': 'file', 'format_whitelist': 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi'}

class VideoFile:
    """One video, its frames addressed by number. The decoder stays where it is, so the next frame costs one frame."""

    def __init__(self, path):
        ...
    size = property(lambda self: (self.stream.codec_context.height, self.stream.codec_context.width))

    def __len__(self):
        ...

    def close(self):
        ...

    def _advance(self, pts):
        """Decode on, up to the frame shown at `pts`."""
        ...

    def frame(self, i: int) -> np.ndarray:
        """Decode frame `i`: go on from where the decoder is, or seek to the last key frame before `i`."""
        ...

    def clock(self, fps) -> np.ndarray:
        """When each frame is shown, in frames of the data set."""
        ...

def counts(t: np.ndarray, needed: int) -> bool:
    """May frames be counted? If the clock ticks evenly, at the right pace or for exactly these rows."""
    ...

def nearest(t, rows) -> np.ndarray:
    """The frame shown nearest to each time."""
    ...

def match_frames(film: VideoFile, fps, start, stamps: np.ndarray, needed: int) -> np.ndarray:
    """Which frame belongs to each row of an episode: by count, or by the film's clock."""
    ...

def read_columns(root, path, features) -> dict:
    """The columns of one data file: numbers and strings. Counters such as `index`, and strings, are (n,)."""
    ...

def match_rows(root, rows, columns) -> tuple:
    """Rows and episode table must tell one story, else every later frame would be a wrong one."""
    ...

def refuse_nan(root, columns):
    ...

def check_sentences(root, columns, tasks):
    """Every row's task must be in the list."""
    ...

def find_cameras(root, info, rows, video=True) -> tuple:
    """Where the pictures are. Cameras that have no film or cannot be served are left out, with a warning."""
    ...

class LeRobotDataset:
    """A LeRobot data set (v3.0 or v2.1): numbers in memory, frames decoded when asked for."""

    def __init__(self, root, chunk_size: int=None, video: bool=True, check: bool=True, max_open: int=128):
        ...
    num_frames = property(lambda self: len(self.columns['index']))
    num_episodes = property(lambda self: len(self.rows))

    def __len__(self):
        ...

    def _load_columns(self):
        ...

    def _reset_caches(self):
        ...

    def __getstate__(self):
        ...

    def _cached(self, cache, key, make, size):
        ...

    def __repr__(self):
        ...

    def column(self, key: str) -> np.ndarray:
        """A whole column, in memory."""
        ...

    def _png(self, key, ep, k) -> np.ndarray:
        """Frame `k` of an episode whose pictures are PNGs inside the data file; the last few columns stay in memory, still compressed."""
        ...

    def _place(self, key, ep) -> np.ndarray:
        """Where the pictures of an episode are in their film."""
        ...

    def _film(self, key, ep) -> VideoFile:
        ...

    def _frame(self, key, i) -> np.ndarray:
        ...

    def _indices(self, indices) -> np.ndarray:
        ...

    def frames(self, key: str, indices) -> np.ndarray:
        """Frames of one camera. Decoded in sorted order, so that neighbours share one pass of the decoder."""
        ...

    def chunks(self, indices, chunk_size: int=None) -> tuple:
        """The actions from each frame on; beyond the end of its episode the last one is repeated and marked as padding."""
        ...

    def chunk(self, i: int) -> tuple:
        """The chunk of one frame."""
        ...

    def batch(self, indices) -> dict:
        """Several samples at once, stacked: what a training step wants."""
        ...

    def __getitem__(self, i: int) -> dict:
        """One sample: NumPy arrays, and the task as a string."""
        ...

    @property
    def stats(self) -> dict:
        """Statistics of the whole set; raises when there are none."""
        ...

    @property
    def units(self) -> dict:
        ...

    @property
    def fingerprint(self) -> str:
        """Changes when rows, tasks, features or films change; equal for a copy elsewhere."""
        ...

def _picture_column(root, path, key) -> pa.ChunkedArray:
    """The pictures of one camera in one data file, still packed."""
    ...

def open_picture(cell, what='the picture') -> Image.Image:
    """A picture from a table, if it is one."""
    ...

def decode_png(cell, shape=None, what='the picture') -> np.ndarray:
    """Unpack a picture from a table; its size is compared first."""
    ...

def picture_size(cell, what='the picture') -> tuple:
    """The size of a picture that is whole: a PNG's check sums tell, a JPEG is unpacked."""
    ...

def needed_frames(paths, starts, lengths) -> dict:
    """How long each film has to be."""
    ...

def exact_stats(root) -> dict:
    """Of all rows of all numeric columns, whatever the files say about themselves."""
    ...

def stats_of_episodes(root, info) -> list:
    """What each episode says about itself; little, or nothing, in converted sets."""
    ...

def episode_stats(root, info) -> dict:
    """The sum over the episodes; counted anew where an episode does not know its own."""
    ...

def load_stats(root, info: dict) -> dict:
    """meta/stats.json; or the sum over the episodes in v2.1, and when the file lags behind because a crash came in between."""
    ...

def units_of(feature) -> list:
    ...
