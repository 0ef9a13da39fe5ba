# made by tools/make_stubs.py: do not edit
__all__ = ['LORA_TARGETS', 'WHOLE', 'FreezeReport', 'freeze_report', 'add_lora', 'lr_at', 'sample_rows', 'step_noise', 'loss_weights', 'WeightedLoss', 'EMA', 'TrainConfig', 'read_config', 'check_config', 'versions', 'split_episodes', 'Trainer', 'check_fit', 'checkpoints', 'last_checkpoint', 'read_metrics', 'plot_losses', 'LiveCurve']
import contextlib, ctypes, dataclasses, json, math, numbers, os, platform, shutil, signal, sys
import threading, time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path
import torch
import numpy as np
from fastcore.basics import patch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from tqdm.auto import tqdm
from ..precision import autocast, choose, shapes_of
from ..files import move_durable, write_durable
from ..data.writer import json_bytes
from ..model.processing import bind_cameras, parse_camera_map
from ..model.flow import sample_time
from .data import TrainData, TrainingError
from .prefix_cache import PrefixCache

class FreezeReport(list):
    """Rows of (part, trained, frozen); prints as a table."""

    def __repr__(self):
        ...

def freeze_report(policy) -> FreezeReport:
    """What trains and what does not, in parameters per part of a SmolVLA."""
    ...
LORA_TARGETS = '.*lm_expert.*\\.(q|v)_proj|.*\\.(state_proj|action_(in|out)_proj|action_time_mlp_(in|out))'

def add_lora(policy, rank: int, targets: str=LORA_TARGETS):
    """Freeze all weights and put a low-rank adapter (peft) beside the chosen matrices; `policy.save_pretrained` adds them in."""
    ...

def lr_at(step: float, steps: int, peak: float=0.0001, warmup: int=1000, decay_steps: int=30000, final: float=2.5e-06):
    """LeRobot's `cosine_decay_with_warmup`: a linear rise, then a cosine that is measured from step 0."""
    ...

@lru_cache(maxsize=4)
def _epoch_order(seed, epoch, n):
    ...

def sample_rows(step: int, batch_size: int, n: int, seed: int):
    """The samples of update `step`: epochs are permutations laid end to end, so nothing needs to be remembered."""
    ...

def step_noise(step: int, shape: tuple, seed: int):
    """Noise and time of update `step`, from a generator of its own."""
    ...

def loss_weights(pad: np.ndarray, loss_version: str='2026-04'):
    """Share of each sample in the mean of the batch: its real steps among all real steps (older loss versions: all alike)."""
    ...

class WeightedLoss(nn.Module):
    """Flow loss of one share of a batch, weighted so that the shares of all processes sum to the loss of the whole."""

    def __init__(self, policy):
        ...

    def forward(self, batch, noise, t, weights, prefix=None):
        ...

class EMA:
    """A slow average of the trainable weights; it starts quick, so that a short run is not held back by its first steps."""

    def __init__(self, params: dict, decay: float=0.999):
        ...

    @torch.no_grad()
    def update(self, step):
        ...

    def swapped(self):
        """Inside, the model holds the average."""
        ...

def _set(params, values):
    ...

@dataclass
class TrainConfig:
    """All that a run depends on; written to config.json, read back by --config and by recipes."""
    data: list = field(default_factory=list)
    out: str = ''
    policy: str = 'new'
    vlm: str = 'nano'
    preset: str = 'nano'
    policy_config: dict = field(default_factory=dict)
    camera_map: dict = None
    stats: str = 'auto'
    stats_prefix: str = None
    steps: int = 20000
    minutes: float = None
    batch_size: int = 64
    grad_accum: int = 1
    lr: float = 0.0001
    warmup_steps: int = 1000
    decay_steps: int = 30000
    decay_lr: float = 2.5e-06
    betas: tuple = (0.9, 0.95)
    eps: float = 1e-08
    weight_decay: float = 1e-10
    grad_clip: float = 10.0
    lora: int = 0
    lora_targets: str = LORA_TARGETS
    ema: float = 0.0
    compute_dtype: str = 'auto'
    fuse: bool = False
    seed: int = 1000
    cache: bool = True
    cache_dir: str = None
    cache_dtype: str = 'float16'
    frame_stride: int = 1
    val_fraction: float = 0.05
    val_samples: int = 256
    eval_every: int = 1000
    save_every: int = 1000
    log_every: int = 50
    keep: int = 2
    threads: int = 0
    device: str = 'cpu'

    def __post_init__(self):
        ...

def read_config(path):
    """Read a recipe, the config.json of a run, or a shipped recipe by its bare name; `FileNotFoundError` or `TrainingError` say what to write instead."""
    ...
WHOLE = dict(steps=1, batch_size=1, grad_accum=1, frame_stride=1, eval_every=1, save_every=1, log_every=1, keep=1, decay_steps=1, warmup_steps=0, lora=0, threads=0, val_samples=0, seed=0)

def check_config(c: TrainConfig):
    """Every number of a configuration is one that a run can be made with; `TrainingError` names the first that is not."""
    ...

def versions():
    """What the run was made with."""
    ...

def split_episodes(n: int, fraction: float, seed: int):
    """Hold out whole episodes: neighbouring frames are too alike to judge anything."""
    ...

class Trainer:
    """Trains what is not frozen. Everything random follows from (seed, step), so a resumed run repeats the lost steps exactly."""

    def __init__(self, policy, data: TrainData, config: TrainConfig, aim=None, quiet: bool=False):
        ...

    def _prepare_device(self):
        """Processes, device and threads."""
        ...

    def _choose_precision(self):
        """Settle `compute_dtype`, once for the whole run; `precision` says why."""
        ...

    def _spread(self):
        """The loss as a module, ready for as many processes as there are."""
        ...

    def _prepare_weights(self):
        """What trains, as fp32 masters; AdamW and the average over them."""
        ...

    def _prepare_rows(self):
        """All states and actions, normalised; rows to train on and rows to validate on."""
        ...

    def _prepare_cache(self):
        """The prefix of every observation; each process computes its part and reads all."""
        ...

    def batch(self, rows: np.ndarray):
        """State, chunk and prefix of some rows (b,) of `starts`; with a cache no picture is touched."""
        ...

    def _draw(self, rows, step):
        ...

    def plan(self, rows: np.ndarray, step: int):
        """Cut the rows (B,) of a whole batch into pieces. Weights count real action steps, so the cut does not change the loss."""
        ...

    def spent(self):
        ...

    def progress(self):
        """How far the run is, by steps or by the clock, whichever is further. Processes agree on the clock and on stopping."""
        ...

    def lr(self):
        ...

    def gradients(self, pieces: list):
        """Forward and backward of pieces (batch, prefix, noise, time, weights), see `plan`; the gradients are added to the parameters."""
        ...

    def train_step(self, pieces: list):
        """One update. A loss or gradient that is not finite changes nothing and raises."""
        ...

    def _val_loss(self):
        """Flow loss of the held-out rows, 64 at a time."""
        ...

    def usable(self):
        """Inside, the policy is what will be used: the average of its weights if there is one, and whole. All processes enter together."""
        ...

    def evaluate(self):
        """Flow loss on held-out episodes with noise and times that never change, and the aim."""
        ...

    def _nan_message(self, loss, norm):
        ...

    def _open_run(self):
        """The run folder: what is needed to repeat it, and the log up to the step we are at."""
        ...

    def _running(self):
        """One call of `fit`: clock and log end with it, however it ends, so that the next call goes on from here."""
        ...

    def _log(self, **metrics):
        ...

    def _gather(self, tensors: dict):
        ...

    def _write_state(self, folder):
        """Masters, moments, average, random state and step: what `restore` reads."""
        ...

    def save(self):
        """Write a checkpoint beside the others and rename it when it is whole. `pretrained_model` is the policy to use. The main process writes, all gather."""
        ...

    def restore(self, checkpoint):
        """Weights, moments, average, random state and step, exactly as they were when `save` made the folder `checkpoint`."""
        ...

    def _load(self, step):
        """The pieces of update `step` that belong to this process, with their batches."""
        ...

    def fuse(self):
        """Compile the loss; `TrainingError` without a compiler."""
        ...

    def fit(self):
        """Train until the steps or the minutes are spent, or until Ctrl-C; then save the policy and the plots. Called again, it goes on."""
        ...

    def seconds_per_update(self, n: int=5):
        """What an update costs on this machine, without changing a weight."""
        ...

    def _recent(self):
        ...

    def _nothing_left(self):
        ...

    def _finish(self, live):
        """Checkpoint, plots, and the policy ready to be loaded; or, after Ctrl-C, a checkpoint and how to go on."""
        ...

    def _leave_policy(self):
        ...

    def open_loop(self, rows: np.ndarray):
        """Chunks that the policy predicts from the recorded observations of some rows (b,) of `starts`, beside what the demonstrator did."""
        ...

    def plot_open_loop(self, n: int=3):
        """Predicted (solid) against demonstrated (dashed) chunks of `n` held-out frames, one column each."""
        ...

def _check_units(policy, data):
    """Means many standard deviations apart: another unit, or another robot."""
    ...

def check_fit(policy, data: TrainData, c: TrainConfig):
    """The policy and the data must agree before hours are spent; `ValueError` says where they do not."""
    ...

def _in_one_piece(t):
    ...

def _sliced_like(t, p):
    ...

def _put(policy, weights):
    ...

def checkpoints(run):
    """Complete checkpoints of a run folder; a half-written one carries another name."""
    ...

def last_checkpoint(run):
    """The newest complete checkpoint of a run folder."""
    ...

def read_metrics(run):
    """The lines of metrics.jsonl in a run folder; one cut short by a crash is left out."""
    ...

@contextlib.contextmanager
def _disk(trainer, tmp=None):
    """A disk that is full or gone ends the run with one message; what was whole stays whole."""
    ...

def plot_losses(history: list, ax=None, title: str=''):
    """Training loss, smoothed, and validation loss, on a log axis."""
    ...

class LiveCurve:
    """The loss curve in a notebook, redrawn in place; elsewhere it draws nothing."""

    def __init__(self, on):
        ...

    def update(self, history, force=False):
        ...

@contextlib.contextmanager
def _stop_on_signal(trainer):
    """Ctrl-C and a polite kill finish the step and save; a second Ctrl-C stops at once."""
    ...

def _keep_memory():
    """Ask glibc to keep up to a gigabyte that was freed; any other C library stays as it is."""
    ...
