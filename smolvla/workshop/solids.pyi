# made by tools/make_stubs.py: do not edit
__all__ = ['SEGMENTS', 'LIGHT', 'GOLD', 'PRINTED', 'LEADER_ONLY', 'Solid', 'prism', 'box', 'cone', 'cylinder', 'manifold', 'to_mesh', 'Picture', 'show', 'thin_area', 'thinnest_floor', 'holes', 'Part', 'as_manifold', 'official', 'poses', 'body_frame', 'camera_frame', 'arm_solids', 'Fit', 'fit', 'stl_bytes', 'threemf_bytes', 'sha', 'step_solid', 'step_bytes', 'turn_down', 'support', 'lay', 'arrange', 'laid_arm', 'arm_plates', 'plot_plates', 'print_arm', 'print_arm_cli']
import hashlib, io, json, sys, tempfile, zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
import mujoco
import numpy as np
from fastcore.basics import patch
from fastcore.script import call_parse
from ..sim.twin import read_stl, robot_folder
import manifold3d, trimesh

@dataclass(frozen=True)
class Solid:
    """A shape as a tree: `op` is prism, cone, move, turn, add, cut or both; millimetres and degrees"""
    op: str
    args: tuple = ()
    kids: tuple = ()

    def __add__(self, other):
        ...

    def __sub__(self, other):
        ...

    def __and__(self, other):
        ...

    def at(self, x=0.0, y=0.0, z=0.0):
        ...

    def turn(self, x=0.0, y=0.0, z=0.0):
        ...

def prism(*outlines, h: float) -> Solid:
    """Outlines in the plane z=0, pulled up to z=h"""
    ...

def box(x: float, y: float, z: float) -> Solid:
    """Centred in x and y, standing on z=0"""
    ...

def cone(d0: float, d1: float, h: float) -> Solid:
    """Diameter `d0` at z=0, `d1` at z=h"""
    ...

def cylinder(d: float, h: float) -> Solid:
    ...
SEGMENTS = 64

def manifold(s: Solid) -> manifold3d.Manifold:
    """The triangles of a solid, closed by construction"""
    ...

def to_mesh(s) -> trimesh.Trimesh:
    """Triangles in trimesh's hands, for checks, pictures and files: corners that a file would round to one place are one"""
    ...
LIGHT = np.array([0.35, -0.5, 0.8]) / np.linalg.norm([0.35, -0.5, 0.8])

class Picture:
    """A shaded drawing, orthographic. `project` says where points of space are in `image`, `free` whether they can be seen."""

    def __init__(self, items: list, view: tuple=(28, -58), size: tuple=(320, 320), bounds: np.ndarray=None):
        ...

    def project(self, points):
        ...

    def _paint(self, tris, color):
        """Triangles that face the eye, one after the other, into the z-buffer"""
        ...

    def _finish(self):
        """Dark lines at edges, then half the size"""
        ...
GOLD = (0.96, 0.76, 0.32)

def show(meshes: dict, columns: int=4, size: float=2.0, view: tuple=(28, -58)):
    """Meshes side by side, each to its own scale"""
    ...

def thin_area(m: manifold3d.Manifold, wall: float=1.2, step: float=1.0) -> float:
    """How much of a layer is narrower than `wall`: morphological opening, layer by layer"""
    ...

def thinnest_floor(m: manifold3d.Manifold) -> float:
    """The least plastic above any downward-looking flat face, by rays through its triangles' centres"""
    ...

def holes(m: manifold3d.Manifold, z: float) -> list:
    """The round holes of a layer"""
    ...

@dataclass
class Part:
    """Something to print, lying as it will be printed"""
    name: str
    solid: Solid
    why: str = ''
    count: int = 1
    holes: dict = field(default_factory=dict)
    wall: float = 1.2

    @property
    def mesh(self):
        ...

    @property
    def manifold(self):
        ...

    def check(self, bed: float=180, rim: float=5) -> list[str]:
        """Every promise of a part, measured"""
        ...

@cache
def _arm():
    """The MuJoCo model and its STL files, millimetres"""
    ...

def as_manifold(tris: np.ndarray) -> manifold3d.Manifold:
    """Triangles of a file, with equal corners made one"""
    ...

@cache
def official(name: str) -> manifold3d.Manifold:
    """One official mesh as its designer drew it, mm"""
    ...

def poses(degrees=(0,) * 6) -> list:
    """Where every piece of the arm is"""
    ...

def body_frame(body: str, degrees=(0,) * 6) -> np.ndarray:
    """Where one body of the model is"""
    ...

def camera_frame(name: str) -> tuple:
    """Where a camera of the model is"""
    ...

def arm_solids(degrees=(0,) * 6, bodies=None) -> dict:
    """The arm as solids at some pose, base frame, mm"""
    ...

@dataclass(frozen=True)
class Fit:
    """How a placed part sits among the pieces of the arm"""
    overlap: float
    gap: float
    nearest: str

def fit(part: manifold3d.Manifold, arm: dict, search: float=5.0) -> Fit:
    """Overlap and gap of a part with an arm"""
    ...

def stl_bytes(mesh: trimesh.Trimesh) -> bytes:
    """Binary STL: 80 bytes of header, a count, then 50 bytes a triangle"""
    ...
_TYPES = '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
_RELS = '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="/3D/3dmodel.model" Id="rel0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'

def threemf_bytes(items: list) -> bytes:
    """A 3MF package (3MF core specification 1.3): one object an item, millimetres, no dates"""
    ...

def sha(data: bytes) -> str:
    ...

def step_solid(s: Solid):
    """The exact surfaces of a solid, for STEP files; needs the `cad` extra"""
    ...

def _step_prism(b, outlines, h):
    """Large outlines first: each next one is a hole in plastic, or plastic in a hole"""
    ...

def step_bytes(s: Solid) -> bytes:
    """A STEP file (ISO 10303); needs the `cad` extra"""
    ...
PRINTED = {'base_so101_v2': 'Base', 'base_motor_holder_so101_v1': 'Base motor holder', 'rotation_pitch_so101_v1': 'Rotation pitch', 'motor_holder_so101_base_v1': 'Motor holder, base', 'upper_arm_so101_v1': 'Upper arm', 'under_arm_so101_v1': 'Under arm', 'motor_holder_so101_wrist_v1': 'Motor holder, wrist', 'wrist_roll_pitch_so101_v2': 'Wrist roll pitch', 'wrist_roll_follower_so101_v1': 'Wrist roll, follower', 'moving_jaw_so101_v1': 'Moving jaw', 'waveshare_mounting_plate_so101_v2': 'Board plate'}
LEADER_ONLY = ('Wrist_Roll_SO101', 'Handle_SO101', 'Trigger_SO101')

def turn_down(normal: np.ndarray) -> np.ndarray:
    """The smallest rotation that points `normal` at the bed"""
    ...

def support(mesh: trimesh.Trimesh, down: np.ndarray) -> tuple[float, float]:
    """What it costs to print a mesh with `down` as its foot"""
    ...

def lay(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """A copy on its best foot, at the origin, longest side along x: little support, much contact (1 mm2 on the bed is worth 10 mm3 of support)"""
    ...

def arrange(sizes: dict, bed: float, gap: float=6.0, rim: float=5.0) -> list:
    """Shelf packing, deepest first. Raises ValueError for a part that is larger than the bed"""
    ...

@cache
def laid_arm() -> dict:
    """The eleven printed parts of a follower arm"""
    ...

def arm_plates(bed: float=180) -> list:
    """The printed parts, arranged"""
    ...

def plot_plates(plates: list, bed: float):
    """The plates from above"""
    ...

def print_arm(out: Path, bed: float=180, arms: int=1) -> dict:
    """Write plate_1.3mf, plate_1.stl, ... and manifest.json"""
    ...

@call_parse
def print_arm_cli(out: str='outputs/print', bed: float=180, arms: int=1):
    """Write the official printable parts of the SO-101 as print plates. Example: smolvla_print_arm --bed 220"""
    ...
