# made by tools/make_stubs.py: do not edit
__all__ = ['TrainingError', 'TrainData', 'data_places', 'open_data']
import hashlib, re
from pathlib import Path
import torch
import numpy as np
from fastcore.basics import patch
from ..data.dataset import LeRobotDataset
from ..data.layout import AUTO_FEATURES, keys_of, left_out
from ..data.stats import aggregate_stats
from ..data.doctor import likely_units

class TrainingError(ValueError):
    """Training cannot start, or has to stop; the message says what was found and what to do."""

def _counted(d):
    """Statistics of a set, each with the number of frames behind it; old and foreign files do not say."""
    ...

class TrainData:
    """Several LeRobot data sets (a set or a folder, or a list of them) seen as one: states, actions and tasks in memory, frames on request."""

    def __init__(self, datasets):
        ...

    def __len__(self):
        ...

    def _check_alike(self):
        """All data sets must share fps, cameras, and the names (so the units) of state and action."""
        ...

    def _join(self):
        """Columns of all sets end to end; `offsets` says where each set begins."""
        ...

    def starts(self, stride: int=1):
        """Frames used as observations; the action chunks behind them keep every frame."""
        ...

    def chunks(self, idx: np.ndarray, size: int, column: np.ndarray=None):
        """Cut chunks for many frames at once; past the episode's end the last action repeats, flagged."""
        ...

    def observation(self, idx: np.ndarray):
        """The observations of the frames `idx` (B,) with their pictures, decoded from the videos."""
        ...

def _refuse_unfit(d):
    """What a SmolVLA cannot be trained on, with the command that mends it."""
    ...

def _guessed_units(d):
    ...

def data_places(words) -> list:
    """Where the data sets are. A word that is no folder here and looks like owner/name is a hub id."""
    ...

def open_data(words) -> TrainData:
    """The data that --data names, in every command: folders, or ids on the hub, several as one."""
    ...
