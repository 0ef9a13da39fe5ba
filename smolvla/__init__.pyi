# made by tools/make_stubs.py: do not edit
__version__: str
from .model.policy import SmolVLA as SmolVLA
from .model.policy import load_policy as load_policy
from .data.dataset import LeRobotDataset as LeRobotDataset
from .data.writer import DatasetWriter as DatasetWriter
from .train.loop import Trainer as Trainer
from .train.loop import TrainConfig as TrainConfig
from .sim.twin import SO101Env as SO101Env
from .arm.so101 import SO101 as SO101
