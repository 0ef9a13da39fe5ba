"A CUDA torchvision beside a CPU torch cannot load its library, and then lacks two operators that LeRobot's imports look up. Import this first."
from importlib.util import find_spec
from pathlib import Path
import torch

def loads():
    "Does torchvision's own library load? Then it brings the operators, and defining them twice would end the process."
    spec = find_spec("torchvision")
    for lib in Path(spec.origin).parent.glob("_C*.so") if spec else ():
        try: torch.ops.load_library(str(lib))
        except OSError: continue
        return True
    return False

if not loads():
    lib = torch.library.Library("torchvision", "FRAGMENT")
    for op in ("nms", "qnms"):
        try: lib.define(f"{op}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        except RuntimeError: pass
