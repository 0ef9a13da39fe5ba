# made by tools/make_stubs.py: do not edit
__all__ = ['SO_ARMS', 'KNOWN', 'TICKS', 'M100', 'UNIT_WORDS', 'LIMITS', 'PARTS', 'WORDS', 'unfinished', 'Source', 'cut_film', 'trusted_cut', 'sane', 'sample_stats', 'CopyWriter', 'robot_of', 'check_space', 'write_set', 'approved', 'carry_rest', 'edit', 'number_names', 'columns_differ', 'vector_differs', 'align', 'same_guests', 'merge', 'codecs_differ', 'episode_list', 'as_text', 'delete', 'split_parts', 'split', 'name_pairs', 'rename', 'retask', 'tell_tasks', 'leave_out', 'unit_word', 'bare_name', 'degrees_per_100', 'factor', 'refuse_units', 'units', 'merge_cmd', 'split_cmd', 'delete_cmd', 'rename_cmd', 'tasks_cmd', 'leave_out_cmd', 'units_cmd', 'edit_parser', 'tell', 'edit_cli']
import argparse, io, math, os, re, shlex, shutil, tempfile
from contextlib import contextmanager
from pathlib import Path
import av
import numpy as np
import pyarrow as pa
from fastcore.basics import patch
from fastcore.script import Param, anno_parser, call_parse
from tqdm import tqdm
from .dataset import VideoFile, units_of
from ..files import DatasetError, read_json, reason, write_durable
from .layout import AUTO_FEATURES, NUMBERS, cameras_of, fill_path, keys_of, left_out, names_of, to_numpy
from .stats import PixelStats, QUANTILES, plain, vector_stats
from .writer import json_bytes, lock_folder
from .doctor import CHECKS, CopyingWriter, OWN_KEYS, Report, Scan, WholeFilm, copy_camera, copy_rest, doctor, guest, guest_stats, known_stats, stranded, true_size

@contextmanager
def unfinished(out):
    """A folder to work in. Its `set` becomes `out` if all goes well; otherwise nothing is left."""
    ...

def _refuse_existing(out):
    ...

class Source:
    """A set on its way into another one."""

    def __init__(self, root):
        ...
    vectors = property(lambda self: keys_of(self.features, 'float32', 'float64'))
    cameras = property(lambda self: cameras_of(self.features))
    guests = property(lambda self: left_out(self.features))
    typed = property(lambda self: shlex.quote(str(self.root)))

    def size_of(self, k) -> int:
        ...

    def note(self, text):
        ...

    def find(self, name: str) -> str:
        """Which column is meant."""
        ...

    def leave(self, names):
        """Leave columns or cameras out; nothing of them is looked at any more."""
        ...

    def check(self):
        """Refuse broken episodes. Cameras get the size that their pictures really have."""
        ...

    def _broken(self, bad, finding) -> DatasetError:
        ...

    def _keeps_film(self, key, e) -> bool:
        """Do all episodes of this film go along?"""
        ...

    def picture(self, key, e) -> tuple:
        """One camera of one episode, as little touched as possible."""
        ...

    def described(self) -> dict:
        """The columns under their new names; the writer, who sees the films, adds what they are."""
        ...

    def copy(self, e, writer):
        """One episode into a writer."""
        ...

    def size(self) -> int:
        """What the chosen episodes take on the disk: of a shared file, their share."""
        ...

    def sort_like(self, key, names):
        """Bring the numbers of a column into the order of these names."""
        ...

    def only(self, episodes):
        """Take these episodes (positions, from 0) and no others."""
        ...

    def rename(self, cameras, columns):
        """Give cameras and columns other names."""
        ...

    def name_joints(self, joints):
        """Name all numbers of state and action, in order."""
        ...

    def name_numbers(self, names):
        """Rename some numbers, in whatever column they stand."""
        ...

    def refuse_twins(self):
        ...

    def retell(self, change: dict):
        """Change sentences wherever they were said."""
        ...

    def percent_numbers(self, key: str, said: str='') -> list:
        """Which numbers of a column are 0 to 100 rather than an angle."""
        ...

    def rows(self, key) -> np.ndarray:
        """A column of the chosen episodes, as it is."""
        ...

    def set_units(self, key: str, are: str, to: str, ranges: dict | None=None, percent: str=''):
        ...

def cut_film(film: VideoFile, start: int, n: int) -> bytes | None:
    """The packets of `n` frames as a film; needs a key frame at both ends and an even clock."""
    ...

def trusted_cut(film, start, n) -> bytes | None:
    """`cut_film`, looked at: as many frames as promised, the first and the last three as they were."""
    ...

def sane(d: dict | None) -> bool:
    """Complete, finite, and in the order and range that a picture allows?"""
    ...

def sample_stats(film, start, n) -> dict:
    """Statistics of at most a hundred frames."""
    ...

class CopyWriter(CopyingWriter):
    """A CopyingWriter whose set opens only after `seal`."""

    def __init__(self, *args, **kw):
        ...

    def _commit(self, new, shared):
        ...

    def _episode_table(self, *args):
        ...

    def seal(self):
        """Statistics over all rows, and the files that make it a set, `info.json` last."""
        ...
SO_ARMS = {'so100', 'so101', 'so100_follower', 'so101_follower', 'so_follower'}

def robot_of(sources: list, given: str='') -> str:
    ...

def check_space(need: int, folder: Path):
    """Refuse to begin what cannot be finished; a tenth and a megabyte are kept in reserve."""
    ...

def write_set(sources, root, robot_type, quiet=True, what='writing'):
    """Copy what the sources hold into one new set."""
    ...

def approved(root) -> Report:
    """The doctor's report, or a DatasetError."""
    ...
KNOWN = {'info.json', 'stats.json', 'tasks.parquet', 'tasks.jsonl', 'episodes', 'episodes.jsonl', 'episodes_stats.jsonl', 'units.json', 'data', 'meta', 'videos'}

def carry_rest(sources: list, root: Path):
    """A README, a recorder's notes, the ledger of seeds."""
    ...

def edit(parts: dict, out, robot_type: str='', quiet: bool=True) -> Report | dict:
    """Write new sets from sources: all of them, or nothing."""
    ...

def number_names(feature) -> list | None:
    """The names of the numbers in a column, if there is one for each."""
    ...

def columns_differ(a, b) -> str:
    """What a Source has that another lacks, and the command that helps."""
    ...

def vector_differs(k, a, b) -> str | None:
    """What column `k` of one Source has otherwise than that of another, and the command that helps."""
    ...

def align(first: Source, other: Source):
    """One clock, one set of columns, one meaning; or a DatasetError that names the cure."""
    ...

def same_guests(sources):
    """What is copied as it is goes along where all sets have it alike; else it is left, with a word."""
    ...

def merge(roots: list, out, robot_type: str='', quiet: bool=True) -> Report:
    """All episodes of several sets in one."""
    ...

def codecs_differ(sources) -> list:
    """Films stay as they are, and that may be worth a word."""
    ...

def episode_list(text: str, n: int) -> list:
    """Which episodes are meant."""
    ...

def as_text(x) -> str:
    ...

def delete(root, out, episodes, quiet: bool=True) -> Report:
    """All but these episodes, renumbered."""
    ...

def split_parts(given: list, n: int) -> dict:
    """What belongs to which part."""
    ...

def _shares(pairs, n) -> dict:
    ...

def split(root, out, parts, quiet: bool=True) -> dict:
    """Episodes in several sets. What no part names is left out, with a word."""
    ...

def name_pairs(text) -> dict:
    """What is to be called what."""
    ...

def rename(root, out, cameras='', columns='', names='', joints='', quiet: bool=True) -> Report:
    """The same data under other names."""
    ...

def retask(root, out, change: dict | None=None, say: str='', episodes='', quiet: bool=True) -> Report:
    """Other words for the same demonstrations."""
    ...

def tell_tasks(root) -> str:
    """The sentences of a set, and how many episodes begin with each."""
    ...

def leave_out(root, out, names, quiet: bool=True) -> Report:
    """The same set without some cameras or columns."""
    ...
TICKS = 4096
M100 = 'range_m100_100'
UNIT_WORDS = {'degrees': 'degrees', 'deg': 'degrees', 'radians': 'radians', 'rad': 'radians', M100: M100, 'm100': M100, 'm100_100': M100, '-100..100': M100, 'percent': 'percent', 'range_0_100': 'percent'}

def unit_word(text: str) -> str:
    ...

def bare_name(name) -> str:
    ...

def degrees_per_100(path) -> dict:
    """Half of each joint's measured range."""
    ...

def factor(old: str, new: str, joint: str, ranges: dict | None) -> float:
    """Between degrees, radians and -100..100."""
    ...
LIMITS = {'radians': 4 * math.pi, M100: 101.0, 'degrees': 1000.0}

def refuse_units(x: np.ndarray, units: list, names: list, where: str):
    """Refuse units that the numbers contradict."""
    ...

def units(root, out, are: str='', to: str='', calibration='', percent: str='', columns='', quiet: bool=True) -> Report:
    """Say in which units the numbers are, and convert them."""
    ...

def merge_cmd(sets: Param('folders of data sets, two or more', str, nargs='+'), out: str, robot_type: str='', quiet: bool=False):
    """Join sets into one, in the order given; episodes are renumbered, sentences joined,
statistics computed over all rows. The sets must agree in frames per second, columns, cameras
and units. Where they do not, the message names the command that helps.

Example: smolvla_edit merge outputs/monday outputs/tuesday --out outputs/both"""
    ...
PARTS = 'name=episodes of each part (train=0-39 val=40-49), or name=share (train=80% val=20%)'

def split_cmd(root: str, parts: Param(PARTS, str, nargs='+'), out: str, quiet: bool=False):
    """Divide a set into several, for example to train on one and test on the other.
Ranges include both ends; shares follow the order of recording.

Example: smolvla_edit split outputs/both --parts train=80% val=20% --out outputs/parts"""
    ...

def delete_cmd(root: str, episodes: str, out: str, quiet: bool=False):
    """Leave episodes out; the others are renumbered. Films are copied without a second
encoding where possible. smolvla_doctor names episodes that should go.

Example: smolvla_edit delete outputs/both --episodes 3,7-9 --out outputs/clean"""
    ...

def rename_cmd(root: str, out: str, cameras: str='', columns: str='', names: str='', joints: str='', quiet: bool=False):
    """Give cameras, columns and numbers other names, so that a policy or another set knows them.
All at once: a=b,b=a swaps. The numbers and films stay as they are.

Example: smolvla_edit rename outputs/theirs --cameras front=overhead --out outputs/ours"""
    ...

def tasks_cmd(root: str, out: str='', change: Param('old=new, several with spaces between; old is a sentence or its number', str, nargs='+')=None, say: str='', episodes: str='', quiet: bool=False):
    """List the sentences of a set, or change them: wherever one was said, or in chosen episodes.

Examples: smolvla_edit tasks outputs/both
          smolvla_edit tasks outputs/both --change "0=put the red cube away" --out outputs/told
          smolvla_edit tasks outputs/both --say "fold it" --episodes 3-5 --out outputs/told"""
    ...

def leave_out_cmd(root: str, out: str, cameras: str='', columns: str='', quiet: bool=False):
    """Leave out cameras and columns: one that another set lacks, a depth camera, one that
films a face.

Example: smolvla_edit leave_out outputs/theirs --cameras wrist --out outputs/plain"""
    ...

def units_cmd(root: str, out: str, are: str='', to: str='', calibration: str='', percent: str='', columns: str='', quiet: bool=False):
    """Say in which units joints are written, or convert them. A policy in degrees cannot use
radians, and no file tells them apart by itself. -100..100 is a share of each joint's own range,
so it needs the calibration of the follower that recorded; actions are commands to it, so one
file does for both.

Examples: smolvla_edit units outputs/theirs --are degrees --out outputs/declared
          smolvla_edit units outputs/theirs --are radians --to degrees --out outputs/degrees
          smolvla_edit units outputs/theirs --are m100 --to degrees --calibration arm.json
                             --out outputs/degrees"""
    ...
WORDS = {'merge': merge_cmd, 'split': split_cmd, 'delete': delete_cmd, 'rename': rename_cmd, 'tasks': tasks_cmd, 'units': units_cmd, 'leave_out': leave_out_cmd}

class _Help(argparse.RawDescriptionHelpFormatter):

    def _expand_help(self, action):
        ...

def edit_parser(word: str) -> argparse.ArgumentParser:
    """The parser of one word: folders stand first, everything else has a name."""
    ...

def tell(report) -> str:
    """What came out, for people."""
    ...

@call_parse
def edit_cli(command: str, rest: Param('what belongs to it; `smolvla_edit merge --help` explains that of merge', str, nargs='...')):
    """Edit a data set into a new folder; nothing is ever changed in place. merge joins sets, split
divides one, delete leaves episodes out, rename gives cameras, columns and joints other names,
tasks changes sentences, units declares or converts degrees, radians and -100..100, leave_out
drops cameras and columns. Each explains itself: smolvla_edit units --help.
Example: smolvla_edit merge outputs/monday outputs/tuesday --out outputs/both"""
    ...
