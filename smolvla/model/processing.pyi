# made by tools/make_stubs.py: do not edit
__all__ = ['ENDS', 'PREFIX', 'to_float_nchw', 'resize_with_pad', 'normalize', 'unnormalize', 'floor_spread', 'rescale', 'rescale_back', 'lookup_stats', 'stats_prefixes', 'pad_vector', 'tokenize', 'refuse_lfs_pointer', 'is_hub_id', 'load_tokenizer', 'CameraBinding', 'parse_camera_map', 'camera_slots', 'bind_cameras', 'Batch', 'Processor', 'explain']
import json, re, warnings
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
import torch
import numpy as np
import torch.nn.functional as F
from fastcore.basics import patch
from transformers import PreTrainedTokenizerFast

def to_float_nchw(images, name: str='image') -> torch.Tensor:
    """Pixels in the network's order and scale; `ValueError` for any other layout, range, or NaN"""
    ...

def resize_with_pad(images: torch.Tensor, width: int, height: int, pad_value: float=0.0) -> torch.Tensor:
    """Shrink or grow without distortion, then pad left and top (as LeRobot's `resize_with_pad`); `ValueError` unless 4-D"""
    ...

def normalize(x: torch.Tensor, mean: torch.Tensor, std: torch.Tensor, eps: float=1e-08) -> torch.Tensor:
    """MEAN_STD as LeRobot does it: `(x - mean) / (std + eps)`"""
    ...

def unnormalize(x: torch.Tensor, mean: torch.Tensor, std: torch.Tensor) -> torch.Tensor:
    """The way back, `x*std + mean`, which has no eps"""
    ...

def floor_spread(spread: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
    """What to divide by: a joint that never moved in the data gets a hundredth of the largest spread"""
    ...
ENDS = dict(MEAN_STD=('mean', 'std'), MIN_MAX=('min', 'max'), QUANTILES=('q01', 'q99'), QUANTILE10=('q10', 'q90'))

def _spread(stats, mode):
    """Where a scale begins, and how wide it is"""
    ...

def rescale(x: torch.Tensor, stats: dict, mode: str='MEAN_STD', eps: float=1e-08) -> torch.Tensor:
    """Any of LeRobot's scales"""
    ...

def rescale_back(x: torch.Tensor, stats: dict, mode: str='MEAN_STD', eps: float=1e-08) -> torch.Tensor:
    """The inverse of `rescale`"""
    ...

def _nested(stats: dict) -> dict:
    """Both spellings of a statistics table as the nested one"""
    ...

def _not_found(table, full, key, mode) -> str:
    ...

def _numbers(v):
    """One statistic as (D,) float32; NaN when it is no list of numbers"""
    ...

def _short(v):
    """What a message shows of a statistic"""
    ...

def _usable(a, b, mode):
    """Finite, of one shape, and the right way round"""
    ...

def lookup_stats(stats: dict, key: str, prefix: str | None=None, mode: str='MEAN_STD') -> dict:
    """The statistics of `key`; `ValueError` naming what was found when they are missing or unusable"""
    ...

def stats_prefixes(stats: dict) -> list:
    """Whose statistics a table holds"""
    ...

def pad_vector(x: torch.Tensor, n: int) -> torch.Tensor:
    """Zeros on the right up to `n`; `ValueError` when the vector is already wider"""
    ...

def tokenize(tokenizer, tasks: list, max_length: int=48, padding: str='longest') -> tuple:
    """Instructions to tokens; warns when one had to be cut, `ValueError` for anything but text"""
    ...

def refuse_lfs_pointer(path):
    """`ValueError` with the cure when Git LFS left a pointer of three lines in place of the file"""
    ...

def is_hub_id(name) -> bool:
    """Could this only mean a place on the hub? Not when it looks like a path or begins with a folder"""
    ...

def load_tokenizer(folder) -> PreTrainedTokenizerFast:
    """The tokenizer of a VLM, padding on the right; `FileNotFoundError` when there is none, `ValueError` without a pad token"""
    ...
PREFIX = 'observation.images.'

def _key(name):
    ...

@dataclass(repr=False)
class CameraBinding:
    """Which camera feeds which slot, in the policy's order; prints as a table"""
    rows: list
    unused: list = field(default_factory=list)

    def __repr__(self):
        ...

def _map_of_text(text):
    """What was typed as a camera map, as pairs"""
    ...

def _camera_name(name):
    """One camera or slot by its full name"""
    ...

def parse_camera_map(given) -> dict | None:
    """The one form of a camera map; `ValueError` for anything else"""
    ...

def camera_slots(cameras, camera_map=None) -> dict:
    """Where each camera goes; `ValueError` for a camera that is not there, and for two on one slot"""
    ...

def _invert(policy_keys, found_keys, mapping):
    """{slot: camera} asked for by `mapping` and by equal names; cameras that feed nothing; those left out on purpose"""
    ...

def bind_cameras(policy_keys, found_keys, mapping=None, empty_cameras: int=0) -> CameraBinding:
    """Match cameras to slots by name; `ValueError` when nothing matches, or when a camera is left over while a slot is missing"""
    ...

class Batch(dict):
    """What the network receives, a dict of tensors that remembers its processor and the names of its pictures"""

    def __init__(self, *args, processor=None, slots=None, **kwargs):
        ...

    def to(self, device):
        ...

    def __repr__(self):
        ...

@dataclass
class Processor:
    """From LeRobot observations to network inputs; `ValueError` at once when statistics are missing"""
    image_keys: list
    stats: dict
    tokenizer: object
    resize: tuple | None = (512, 512)
    max_state_dim: int = 32
    max_action_dim: int = 32
    tokenizer_max_length: int = 48
    pad_language_to: str = 'longest'
    norm_map: dict = field(default_factory=lambda: dict(VISUAL='IDENTITY', STATE='MEAN_STD', ACTION='MEAN_STD'))
    empty_cameras: int = 0
    camera_map: dict | None = None
    stats_prefix: str | None = None
    joint_names: list | None = None
    eps: float = 1e-08

    def __post_init__(self):
        ...

    def _find(self, kind, key):
        """The statistics that `norm_map` asks for, None when it asks for none"""
        ...

    def mode(self, kind: str) -> str:
        """How this kind of value is scaled"""
        ...

    def _binding(self, obs):
        ...

    def _camera(self, obs, cam, slot=None) -> tuple:
        ...

    def images(self, obs: dict) -> tuple:
        """Bind, resize, pad and scale every camera"""
        ...

    def words(self, obs: dict) -> tuple:
        """Tokenise the instructions, unless they come as tokens"""
        ...

    def _joint(self, i) -> str:
        ...

    def _mind_still(self, x, z, stats, mode):
        """Say it once when a joint that never moved in the data is somewhere else now"""
        ...

    def _vector(self, x, key, stats, width):
        """Check, scale and pad one vector (...,D)"""
        ...

    def vectors(self, obs: dict) -> dict:
        """Normalise and pad state and action"""
        ...

    def __call__(self, obs: dict) -> Batch:
        """The whole way from the world to the network"""
        ...

    def unnormalize_action(self, x: torch.Tensor) -> torch.Tensor:
        """What the network says, back in degrees"""
        ...

def _need(obs, key):
    """The entry, or a message that lists what is there"""
    ...

def _cameras(obs):
    ...

def _raw_state(batch, processor, row):
    """The joints of one row in robot units, as far as they are known"""
    ...

def _explain_text(batch, processor, row):
    """Words, masks and joints of one row, as lines"""
    ...

def explain(batch, processor=None, row: int=0):
    """Show one row of a batch as the model sees it: text on stdout and a figure of the pictures"""
    ...
