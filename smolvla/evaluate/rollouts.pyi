# made by tools/make_stubs.py: do not edit
__all__ = ['FILM_EVERY', 'eval_seeds', 'Episode', 'failure', 'PolicyDriver', 'DemonstratorDriver', 'run_episode', 'pinch_point', 'AimProbe', 'EvalResult', 'load_result', 'acting_policy', 'as_driver', 'evaluate', 'Aim', 'aim', 'failure_gallery', 'result_grid', 'drive', 'tell', 'eval_cli']
import json, multiprocessing, re, signal, sys, textwrap, time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
import torch
import numpy as np
from fastcore.basics import patch
from fastcore.script import call_parse
from tqdm import tqdm
from ..files import write_durable
from ..model.policy import SmolVLA, load_policy
from ..model.fast import FrozenPolicy
from ..sim.twin import Arm, BOXES, FPS, HOME, SO101Env, to_radians, to_units
from ..sim.tasks import check_task, instruction, parse
from ..sim.demonstrator import Demonstrator, FINGER_GAP0, FINGER_GAP1
from ..sim.demonstrations import EVAL_SEED0
from .rates import Paired, Rate, mcnemar
from .films import load_video, save_video, video_grid

def eval_seeds(seeds, start: int=EVAL_SEED0) -> list[int]:
    """Seeds for evaluation; `ValueError` for one that a recording may have used, or for one that comes twice"""
    ...

@dataclass
class Episode:
    """What happened in one episode"""
    seed: int
    instruction: str
    success: bool
    progress: float
    time_s: float | None
    expected: str
    touched: str | None
    reason: str
    steps: int
    chunks: int
    inference_ms: float
    first_mm: float | None = None
    grasp_mm: float | None = None
    video: str | None = None

    @property
    def touch(self):
        ...

def failure(env: SO101Env, info: dict, expected: str, lifted: bool) -> str:
    """Why an episode did not succeed, in a few words"""
    ...

class PolicyDriver:
    """Drives with a SmolVLA: look, predict a chunk, act `n_action_steps` of it, look again. The noise follows from the episode's seed."""

    def __init__(self, policy: SmolVLA, n_action_steps: int | None=None, num_steps: int | None=None):
        ...

    def reset(self, env: SO101Env, seed: int):
        ...

    @torch.inference_mode()
    def chunk(self, observe) -> np.ndarray:
        ...

class DemonstratorDriver:
    """Drives with chapter 09's demonstrator, which knows where everything is: the ceiling of a task"""

    def reset(self, env: SO101Env, seed: int):
        ...

    def chunk(self, observe) -> np.ndarray:
        ...

def run_episode(driver, env: SO101Env, seed: int, instruction: str | None=None, film=None) -> Episode:
    """Drive one episode and say what happened"""
    ...

def pinch_point(arm: Arm, command: np.ndarray) -> np.ndarray:
    """The point midway between the finger tips"""
    ...

class AimProbe:
    """Sits between a driver and the environment and notes where the fingers aim; changes nothing"""
    closing = 10

    def __init__(self, driver):
        ...

    def reset(self, env, seed):
        ...

    def miss(self, command):
        """Height of the pinch point (m), and its horizontal distance from the thing (mm)"""
        ...

    def chunk(self, observe):
        ...

    def watch(self, env):
        ...

@dataclass
class EvalResult:
    """Episodes of one policy on one task"""
    task: str
    policy: str
    episodes: list[Episode]
    settings: dict = field(default_factory=dict)
    wall_s: float = 0.0

    @property
    def seeds(self):
        ...

    @property
    def success(self):
        ...

    @property
    def touched_right(self):
        ...

    @property
    def progress(self):
        ...

    @property
    def time_s(self):
        ...

    @property
    def aims_mm(self):
        ...

    @property
    def inference_ms(self):
        ...

    def summary(self) -> dict[str, str]:
        """The result in a few lines"""
        ...

    def __repr__(self):
        ...

    def table(self) -> str:
        """Every episode, aligned"""
        ...

    def compare(self, other: EvalResult) -> Paired:
        """This policy first, the other second, seed by seed"""
        ...

    def to_json(self, path) -> Path:
        """Save everything as JSON, the rates with their intervals on top"""
        ...

def load_result(path) -> EvalResult:
    """Read a result back; `ValueError` when the file is something else"""
    ...

def acting_policy(policy, compute_dtype: str='auto'):
    """What drives: a name becomes a frozen copy in the format that is quickest here (engine room 07b)"""
    ...

def as_driver(policy, n_action_steps: int | None=None, num_steps: int | None=None, compute_dtype: str='auto'):
    """Something that can drive"""
    ...
FILM_EVERY = 3

class _Runner:
    """Runs one episode after the other in one process, and writes a video of each when asked"""

    def __init__(self, policy, task, n_action_steps, num_steps, max_seconds, held_out, video_dir):
        ...

    def __call__(self, seed):
        ...

def _start_worker(*args):
    ...

def _work(seed):
    ...

def _in_processes(policy, seeds, workers, args):
    """Yields episodes as they are finished, from `workers` fresh processes"""
    ...

def _in_this_process(policy, seeds, args):
    ...

def evaluate(policy, task: str, seeds=20, n_action_steps: int | None=None, num_steps: int | None=None, max_seconds: float=20.0, workers: int=1, held_out: bool=False, video_dir=None, progress: bool=False, compute_dtype: str='auto') -> EvalResult:
    """Drive one episode per seed and report; the same seeds give the same result with any number of workers"""
    ...

@dataclass
class Aim:
    """Aim error in millimetres per seed: of the first chunk's lowest point, and where the fingers first close (NaN if they never do)"""
    instructions: list[str]
    first: np.ndarray
    grasp: np.ndarray

    def summary(self) -> dict[str, float]:
        """Medians in mm, and the share of episodes in which the fingers closed"""
        ...

    def __repr__(self):
        ...

def aim(policy, task: str, seeds=20, n_action_steps: int | None=None, max_seconds: float=6.0) -> Aim:
    """Where a policy aims, against the true place of what the sentence names"""
    ...

def failure_gallery(result: EvalResult, columns: int=5, most: int=20):
    """Last picture of every failed episode, with its sentence and its reason"""
    ...

def result_grid(result: EvalResult, columns: int=5, most: int=20) -> np.ndarray:
    """The videos of a result in one, green frames for successes"""
    ...

def drive(policy, sentence: str, seed: int=EVAL_SEED0, video=None, max_seconds: float=20.0, size: int=384) -> Episode:
    """Obey one sentence in one scene, and film it"""
    ...

def tell(e: Episode) -> str:
    """One sentence about an episode"""
    ...

def _folder(policy, task, **settings):
    """outputs/eval/POLICY-TASK, with every setting that is not the default in the name"""
    ...

def _keep_others(out, **now):
    """`ValueError` when the folder holds the result of another evaluation: it is not written over"""
    ...

def _eval(policy, task, seeds, out, compare, mine, kw, workers):
    """Evaluate, write, tell, and compare when asked"""
    ...

def _write(result, out):
    """JSON, video grid and failure gallery into a folder"""
    ...

@call_parse
def eval_cli(policy: str='nano', task: str='pick_place', episodes: int=100, seed: int=EVAL_SEED0, workers: int=2, out: str=None, compare: str=None, camera_map: str=None, stats_prefix: str=None, n_action_steps: int=None, num_steps: int=None, max_seconds: float=20.0, held_out: bool=False, compute_dtype: str='auto', n: int=None):
    """Success rate of a policy in the twin, with its Wilson interval. Example: smolvla_eval --task sorting --episodes 50"""
    ...
