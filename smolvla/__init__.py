"""SmolVLA, a small vision-language-action model: learned, run, trained and driven on a laptop.

The front door: these names are loaded when somebody asks for them, so `import smolvla` costs nothing.
This is the one module that no notebook exports."""
__version__ = "0.1.0"

from importlib import import_module

_DOOR = {"SmolVLA": "model.policy", "load_policy": "model.policy", "LeRobotDataset": "data.dataset",
         "DatasetWriter": "data.writer", "Trainer": "train.loop", "TrainConfig": "train.loop",
         "SO101Env": "sim.twin", "SO101": "arm.so101"}
__all__ = ["__version__", *_DOOR]

def __getattr__(name):
    if name not in _DOOR: raise AttributeError(f"smolvla has no {name}; at the front door stand {', '.join(_DOOR)}")
    return getattr(import_module(f"smolvla.{_DOOR[name]}"), name)

def __dir__(): return sorted([*globals(), *_DOOR])
