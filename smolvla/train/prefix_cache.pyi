# made by tools/make_stubs.py: do not edit
__all__ = ['VLM', 'DTYPES', 'cache_key', 'PrefixCache']
import contextlib, hashlib, json, math, os, shutil, time
from pathlib import Path
import torch
import numpy as np
from fastcore.basics import patch
from tqdm.auto import tqdm
from ..precision import autocast
from ..files import try_lock, write_durable
from ..data.writer import json_bytes
from ..model.policy import PrefixKV
from .data import TrainData, TrainingError
VLM = 'model.vlm_with_expert.vlm.'

def _hash_tensors(items):
    ...

def cache_key(policy, data: TrainData, stride: int=1, dtype: str='float16', compute_dtype: str='float32'):
    """What the cached numbers depend on. Two equal keys mean equal numbers."""
    ...
DTYPES = {'float16': np.float16, 'float32': np.float32}

def _done(folder, first):
    ...

class PrefixCache:
    """Keys and values of the frozen prefix for every observation, on disk, in as many parts as processes computed them."""

    def __init__(self, folder, manifest: dict=None):
        ...

    def __len__(self):
        ...

    @classmethod
    def build(cls, folder, policy, data: TrainData, stride: int=1, dtype: str='float16', compute_dtype: str='float32', batch_size: int=32, device='cpu', quiet: bool=False, rank: int=0, size: int=1, wait=lambda: None) -> PrefixCache:
        """Compute the prefix of every observation once. Never stale: what it depends on is compared first. Raises `TrainingError`."""
        ...

    def gather(self, rows: np.ndarray, device='cpu') -> PrefixKV:
        """The prefix of some rows (B,) of the cache, ready for `policy.loss(batch, prefix=...)`."""
        ...

def _stale_reason(manifest, key):
    ...

@contextlib.contextmanager
def _locked(folder, what):
    """One process at a time in `folder`; a dead one holds nothing."""
    ...

def _need_space(folder, nbytes, what):
    ...

def _forward_rows(policy, data, idx, compute_dtype, device):
    """Rows of the cache for the frames `idx`: (b, L, 2, P, D) float32, the pad mask (b, P), and how many K/V heads."""
    ...

def _write_all(f, x):
    """Unbuffered, so that a full disk is met here and nowhere else."""
    ...

def _read_manifest(folder, key, quiet):
    """What an earlier build left; {} if there is nothing that may be used."""
    ...

def _new_manifest(folder, policy, data, key, device):
    """Clear the folder; one forward tells the shape of a row."""
    ...

def _divide(parts, done, n):
    """Cut what is missing in `parts`, of which `done` rows each are on disk, so that `n` processes have work."""
    ...

def _checked_rows(policy, data, idx, m, device):
    """Rows as they will lie on disk; `TrainingError` when they do not fit the file or the format."""
    ...

def _fill(folder, policy, data, m, part, batch_size, device, bar):
    """Write the rows of one part; its count never includes a row that is not safely on disk."""
    ...

def _open_manifest(folder, policy, data, key, device, quiet, size):
    """What process 0 does: use, go on with, or begin a cache; divide what is missing among `size` processes."""
    ...

def _told_manifest(folder, key, rank):
    ...
