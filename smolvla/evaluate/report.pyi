# made by tools/make_stubs.py: do not edit
__all__ = ['PAGES', 'DEFAULTS', 'TASK', 'QUICK', 'NOISE', 'BEGUN', 'plans', 'finger_paths', 'plot_intent', 'cross_attention', 'plot_attention', 'denoising_path', 'plot_flow', 'data_uri', 'figure_html', 'video_html', 'table_html', 'page', 'Demo', 'say_list', 'key_of', 'forecast', 'plot_rates', 'machine', 'run_demo', 'demo_cli']
import base64, hashlib, io, json, os, platform, shutil, sys, time
from dataclasses import asdict, dataclass, field
from pathlib import Path
import jinja2
import torch
import numpy as np
from fastcore.basics import patch
from fastcore.script import call_parse
from ..setup_check import check_machine
from ..data.dataset import LeRobotDataset
from ..files import read_json, write_durable
from ..data.writer import JOINTS
from ..data.doctor import doctor
from ..model.vlm import ASSETS
from ..model.expert import fold_heads, heads_of, turn
from ..model.policy import SmolVLA, load_policy
from ..train.loop import TrainConfig, Trainer, checkpoints, plot_losses, read_metrics
from ..train.runs import resume, start
from ..sim.twin import Arm, SO101Env, project
from ..sim.tasks import parse
from ..sim.demonstrations import EVAL_SEED0, record
from .films import save_video
from .rollouts import Episode, EvalResult, drive, evaluate, load_result, pinch_point, result_grid, tell

@torch.inference_mode()
def plans(policy: SmolVLA, observation: dict, n: int=4, seed: int=0) -> np.ndarray:
    """Chunks that the policy draws for one observation, from different noises; the prefix is computed once"""
    ...

def finger_paths(policy: SmolVLA, env: SO101Env, text: str) -> np.ndarray:
    """Where four planned chunks would lead the finger tips; the noises are the same for every sentence"""
    ...

def plot_intent(policy: SmolVLA, env: SO101Env, one: str, other: str):
    """Planned paths for two sentences, drawn into the overhead picture; the title measures how far the words move the goal"""
    ...

@torch.inference_mode()
def cross_attention(policy: SmolVLA, batch: dict, time: float=0.5, seed: int=0) -> torch.Tensor:
    """Attention of the action tokens on the prefix, averaged over heads"""
    ...

def plot_attention(policy: SmolVLA, observation: dict):
    """Attention on the cameras as a heat map, and how it divides between pictures, words and joints"""
    ...

@torch.inference_mode()
def denoising_path(policy: SmolVLA, batch: dict, num_steps: int=10, seed: int=0) -> np.ndarray:
    """The chunk after every Euler step"""
    ...

def plot_flow(path: np.ndarray):
    """How the chunk takes shape, for the joint that moves most"""
    ...
PAGES = jinja2.Environment(loader=jinja2.FileSystemLoader(ASSETS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)

def data_uri(content: bytes, mime: str) -> str:
    """Bytes as an address that needs no file"""
    ...

def figure_html(fig, caption: str) -> str:
    """A figure and what to see in it"""
    ...

def video_html(path, caption: str) -> str:
    """A video that plays by itself, silently, in a loop"""
    ...

def table_html(rows: list, head: tuple=()) -> str:
    """A table that scrolls on a narrow screen"""
    ...

def page(title: str, parts: list[str]) -> str:
    """One self-contained page"""
    ...
DEFAULTS = ('put the blue cube in the left box', 'put the red cube in the right box and the blue cube in the left box', 'stack the red cube on the blue cube')
TASK = 'pad'
QUICK = dict(updates=4, demonstrations=2, episodes=2, seconds=1.0, drive_seconds=1.0, workers=1)
NOISE = 1.5

@dataclass
class Demo:
    """Settings of one demo, and what it has found so far"""
    out: Path
    say: tuple = DEFAULTS
    seed: int = 0
    updates: int = 900
    minutes: float = 3.5
    demonstrations: int = 40
    episodes: int = 20
    policy: str = 'nano'
    seconds: float = 10.0
    drive_seconds: float = 20.0
    workers: int = 2
    quiet: bool = False
    timings: dict = field(default_factory=dict)

    @property
    def folder(self):
        ...

    @property
    def run(self):
        ...

    def claim(self, path: Path, key: str) -> bool:
        """Clear away what an earlier demo made from other things; `ValueError` rather than deleting what is not a demo's"""
        ...

    def finished(self, path: Path, key: str):
        """What `claim` began is whole now: only from here on is a file taken for a result"""
        ...

    def timed(self, name: str, there: bool, make):
        """Say what happens, do it unless it is there, and note how long it took"""
        ...

    def demonstrate(self):
        """Record the new task as a LeRobot data set; episodes saved before an interruption are kept"""
        ...

    def measure(self, name: str, policy: Path):
        """Evaluate a policy on the new task, on the same unseen seeds each time"""
        ...

    def train_config(self) -> TrainConfig:
        """Short: a learning rate that falls to nothing at the end, low enough that few demonstrations are not learned by heart at once, and an average of the last weights"""
        ...

    def finetune(self):
        """Train for a few minutes; after Ctrl-C the same command goes on from the last checkpoint"""
        ...

    def drive_all(self):
        """Obey the sentences: the shipped policy, or the fine-tuned one for its own task"""
        ...

    @property
    def learned(self) -> bool:
        """Whether the second evaluation is better than chance explains"""
        ...

    def verdict(self) -> str:
        """What the comparison supports, in one sentence"""
        ...

    def comparison(self) -> list[tuple]:
        """The two summaries side by side: success comes last, and the aim and the touched object move first"""
        ...

    def _learning(self) -> dict:
        """What was recorded, trained, and measured"""
        ...

    def _obeying(self) -> dict:
        """The driven sentences, and what goes on inside"""
        ...

    def formats(self) -> list[tuple]:
        """Which number formats were chosen here, and why"""
        ...

    def report(self) -> Path:
        """Write report.html"""
        ...

def say_list(text: str | None) -> tuple:
    """The sentences to drive; `ValueError` now, rather than in five minutes, for one that the twin does not know"""
    ...
BEGUN = ' begun'

def key_of(*parts) -> str:
    """A short name for what a result depends on"""
    ...

def forecast(trainer: Trainer) -> str:
    """What this machine will reach, in a sentence"""
    ...

def plot_rates(results: list[EvalResult]):
    """Success rates with their Wilson intervals"""
    ...
_SHOWN = dict(before='Before training, twice the real speed. A red frame is a failure and says how.', after='After training, the same scenes. A green frame is a success.', rates='Success with its interval: what these episodes can support.', losses='Flow loss while training, and on demonstrations held out. It falls long before the aim is good: believe the videos.', intent='Planned paths of the finger tips before anything moves, four noises, each with both sentences. A policy that listens parts them (chapter 10d).', flow='Flow matching: a chunk of 32 actions grows out of noise in ten steps (chapter 04).', attention='Where the action tokens look, over all cross-attention layers (chapter 06).', other_attention='The same picture with the other cube named.')

def machine() -> list[tuple]:
    """What this ran on"""
    ...

def run_demo(demo: Demo) -> Path:
    """All steps, in order"""
    ...

def _settings(say, out, seed, quick, policy, **given):
    """The demo that the flags ask for"""
    ...

@call_parse
def demo_cli(say: str=None, out: str='outputs/demo', seed: int=0, updates: int=None, minutes: float=None, demonstrations: int=None, episodes: int=None, policy: str='nano', quick: bool=False):
    """Record, train, evaluate and drive in a few minutes, and leave a report. Example: smolvla_demo --say 'put the blue cube in the left box'"""
    ...
