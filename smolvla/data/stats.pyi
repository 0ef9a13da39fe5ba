# made by tools/make_stubs.py: do not edit
__all__ = ['QUANTILES', 'vector_stats', 'join_stats', 'aggregate_stats', 'PixelStats', 'unflatten_stats', 'plain', 'arrays', 'counted', 'check_stats_shapes']
import numpy as np
from fastcore.basics import patch
from ..files import CURE, DatasetError
from .layout import NUMBERS
QUANTILES = {'q01': 0.01, 'q10': 0.1, 'q50': 0.5, 'q90': 0.9, 'q99': 0.99}

def vector_stats(x: np.ndarray) -> dict:
    """Statistics of a column over all its rows, in float64."""
    ...

def join_stats(parts: list) -> dict:
    """One feature's statistics, joined. Mean, std, min, max and count are exact; quantiles are count-weighted averages."""
    ...

def aggregate_stats(parts: list) -> dict:
    """Join statistics, feature by feature."""
    ...

class PixelStats:
    """Statistics of the frames seen so far, from one 256-bin histogram per colour."""

    def __init__(self):
        ...

    def add(self, frame: np.ndarray):
        ...

    def stats(self) -> dict:
        ...

def unflatten_stats(row: dict) -> dict:
    """The stats/<feature>/<stat> columns of one episode row as {feature: {stat: array}}."""
    ...

def plain(stats) -> dict:
    ...

def arrays(stats: dict, what='meta/stats.json') -> dict:
    """Statistics as arrays, if they are numbers."""
    ...

def counted(stats: dict, n: int) -> dict:
    """The same, with a count of `n` where there is none; only the features that have mean and std."""
    ...

def check_stats_shapes(stats, info, path) -> dict:
    """One mean for each value of a column."""
    ...
