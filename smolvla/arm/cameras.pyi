# made by tools/make_stubs.py: do not edit
__all__ = ['SLOW_OPENING', 'MANUAL', 'WARM', 'SETTLE', 'WINDOWS', 'DRIVERS', 'CameraLost', 'Shot', 'cut', 'View', 'device_number', 'is_film', 'open_capture', 'Driver', 'driver_name', 'freeze', 'Webcam', 'FoundCamera', 'camera_sources', 'find_cameras', 'TwinCamera', 'likeness', 'usual_views', 'find_zoom', 'check_views', 'twin_views', 'fit_views']
import os
SLOW_OPENING = 'OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS'
import os, re, sys, threading, time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
import cv2
import numpy as np
from fastcore.basics import patch
from ..setup_check import Check, Checks
from ..data.dataset import LeRobotDataset
from ..sim.twin import Camera, SO101Env
from ..serve.loop import NotSeen
from .so101 import SO101

class CameraLost(NotSeen):
    """No picture, or none that is fresh enough; the message names the camera and what to look at."""

@dataclass
class Shot:
    """One picture, and when it was taken."""
    picture: np.ndarray
    t: float
    number: int

def cut(picture: np.ndarray, size: tuple | None) -> np.ndarray:
    """The middle of a picture in the shape of `size`, shrunk to it. Nothing is stretched."""
    ...

@dataclass(frozen=True)
class View:
    """Which part of a camera's picture is used. Raises ValueError for one that cannot be."""
    zoom: float = 1.0
    crop: tuple | None = None
    rotate: int = 0

    def __post_init__(self):
        ...

    def __str__(self):
        ...

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """The part of a picture. Raises ValueError when it is not inside."""
        ...

def device_number(source) -> int:
    """What OpenCV wants: the number behind a stable path. Raises CameraLost when nothing is plugged in there."""
    ...

def is_film(source):
    ...

def open_capture(source, size: tuple, fps: int) -> cv2.VideoCapture:
    """Open a camera as a robot wants it: MJPG, size and rate set, one picture waiting at most. Raises CameraLost."""
    ...
MANUAL = 1
WARM, SETTLE = (15, 5)

@dataclass(frozen=True)
class Driver:
    """How a platform's driver speaks of exposure."""
    manual: float | None
    automatic: float
    doubling: bool
    tells: bool
    cure: str
WINDOWS = "untick Auto beside Exposure in the camera's own program"
DRIVERS = {'V4L2': Driver(MANUAL, 3, False, True, 'try `v4l2-ctl -d {source} -c auto_exposure=1`'), 'DSHOW': Driver(0, 1, True, False, WINDOWS), 'MSMF': Driver(None, 1, True, False, WINDOWS)}

def driver_name(cap) -> str:
    """What OpenCV opened it with."""
    ...

def _moved(value, stops, driver):
    """The exposure with 2**stops as much light."""
    ...

def _match(cap, driver, look, bright):
    """Make the picture as bright as it was: (exposure, how far it is off in stops), or None."""
    ...

def _follows(cap, driver, look, value):
    """Half the light: does the picture notice?"""
    ...

def _is_manual(cap, driver, look, value):
    ...

def _freeze_exposure(cap, driver, look, source):
    ...

def _freeze_colours(cap, look):
    ...

def freeze(cap, look, source='/dev/video0') -> str:
    """Keep exposure, white balance and focus as they are, and say what the pictures show of it."""
    ...

class Webcam:
    """A camera, or a film in its place, in a thread of its own. `start()` before use, `close()` after."""

    def __init__(self, source, name: str='camera', size: tuple=(480, 640), fps: int=30, picture: tuple | None=None, opener=open_capture, view: View=View()):
        ...

    @property
    def shape(self) -> tuple:
        ...

    @property
    def rate(self) -> float:
        ...

    @property
    def about(self) -> str:
        ...

    def __enter__(self):
        ...

    def __exit__(self, *_):
        ...

    def _film(self):
        """Open, then read until it is lost or over."""
        ...

    def _look(self, cap) -> np.ndarray:
        """SETTLE pictures further, which are handed out like all others."""
        ...

    def _keep(self, bgr):
        """The newest picture, with its time; one of another size is refused, because nothing may be stretched later."""
        ...

    def _run(self):
        ...

    def start(self, wait: float=5.0) -> 'Webcam':
        """Begin. Raises CameraLost when no picture comes."""
        ...

    def latest(self, max_age: float=0.5) -> Shot:
        """The newest picture; never waits. Raises CameraLost when it is too old."""
        ...

    def close(self):
        ...

@dataclass
class FoundCamera:
    """What a search found."""
    source: str
    device: str
    about: str
    shot: Shot | None = None

def camera_sources() -> list:
    """Cameras that the system lists; on Linux by the socket they are plugged into, elsewhere the first numbers."""
    ...

def find_cameras(sources: list | None=None, wait: float=4.0) -> list[FoundCamera]:
    """Try every camera and keep a picture of it."""
    ...

class TwinCamera:
    """A camera of the simulated arm, used like a `Webcam`."""
    error, reopened = ('', 0)

    def __init__(self, arm: SO101, name: str='overhead', size: tuple=(480, 640), fps: int=30):
        ...
    rate = property(lambda self: float(self.fps))

    def start(self):
        ...

    def close(self):
        ...

    def __enter__(self):
        ...

    def __exit__(self, *_):
        ...

    def latest(self, max_age=0.5) -> Shot:
        """What it sees now; the same picture again when it is asked twice within a frame."""
        ...

def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """How alike the layouts of two pictures are: the correlation of 24 x 24 blurred grey patches of their middle squares."""
    ...

def usual_views(ds: LeRobotDataset, most: int=24) -> dict:
    """The mean first picture of each camera of a data set."""
    ...

def find_zoom(picture: np.ndarray, wanted: np.ndarray, most: float=4.0) -> tuple:
    """The zoom at which the middle of a picture looks most like another one; 1 when none helps."""
    ...

def _view_cure(slot, best, like, picture, wanted, enough):
    """What a person can do about a slot that does not look like itself."""
    ...

def check_views(live: dict, wanted: dict, enough: float=0.5) -> Checks:
    """One line for each slot that the policy wants."""
    ...

def twin_views(seeds=range(100, 112)) -> dict:
    """The mean first picture of each of the twin's cameras."""
    ...

def fit_views(pictures: dict, wanted: dict) -> dict:
    """Which camera belongs into which slot, and with which zoom."""
    ...
