"Folders and their order: who may import whom, what is never loaded, and that the map of the house is true"
import os, shutil, subprocess, sys
from pathlib import Path
import pytest
import map as house                                                   # tools/ is on the path, see pytest.ini
from renumber import ROOT

def lint(root):
    "import-linter over the contracts of .importlinter"
    command = [str(Path(sys.executable).parent/"lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True)

def test_arrows_point_down():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout

@pytest.mark.parametrize("module, line", [("data/stats.py", "from ..arm import bus"), ("arm/bus.py", "from ..sim import twin"), ("model/flow.py", "from ..train import loop")])
def test_an_arrow_that_points_up_is_seen(tmp_path, module, line):
    shutil.copytree(ROOT/"smolvla", tmp_path/"smolvla", ignore=shutil.ignore_patterns("assets", "__pycache__"))
    shutil.copy(ROOT/".importlinter", tmp_path)
    with open(tmp_path/"smolvla"/module, "a") as f: f.write(f"\n{line}\n")
    assert lint(tmp_path).returncode == 1

def loaded(module, *names):
    "Which of these packages are in memory after the import of a module"
    code = f"import sys, {module}; print(*[n for n in {names!r} if n in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

@pytest.mark.parametrize("module", sorted(f"smolvla.data.{m}" for f, m in house.modules() if f == "data"))
def test_data_needs_no_torch(module): assert loaded(module, "torch", "mujoco", "matplotlib") == []

@pytest.mark.parametrize("module", ["smolvla.learn", "smolvla.arm.wire", "smolvla.arm.bus", "smolvla.serve.loop", "smolvla.serve.wire", "smolvla.sim.tasks", "smolvla.evaluate.rates", "smolvla.setup_check"])
def test_a_bus_and_a_client_load_neither_torch_nor_mujoco(module): assert loaded(module, "torch", "mujoco") == []

@pytest.mark.parametrize("module", ["smolvla.arm.driving", "smolvla.arm.recording", "smolvla.sim.demonstrations"])
def test_an_arm_needs_no_torch(module): assert loaded(module, "torch") == []

def test_matplotlib_waits_until_something_is_drawn():
    modules = [".".join(filter(None, ("smolvla", f, m))) for f, m in house.modules() if f != "workshop"]
    assert loaded(", ".join(modules), "matplotlib") == []

def test_ruff_finds_nothing():
    "No undefined name, one statement a line: ruff.toml"
    done = subprocess.run([str(Path(sys.executable).parent/"ruff"), "check", "smolvla", "tools"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

def test_the_map_is_up_to_date(): assert house.main(["--check"]) == 0, "run: python tools/map.py"

def test_the_map_knows_the_arrows():
    seen = house.arrows(house.modules())
    assert {"virtual"} <= {m for f, m in house.modules() if f == "arm"} and "twin" in seen["arm", "sim"] and "dataset" in seen["train", "data"]
    assert not [a for a in seen if house.FOLDERS.index(a[0]) < house.FOLDERS.index(a[1])]

def test_a_chapter_imports_from_smaller_numbers_and_its_own_engine_rooms():
    import re
    number = {}
    for path in (ROOT/"nbs").glob("[0-9]*.ipynb"):
        module = re.search(r"default_exp ([\w.]+)", path.read_text(encoding="utf-8"))[1].split(".")
        number[("", *module)[-2:]] = int(path.name[:2])
    modules = house.modules()
    assert number.keys() == modules.keys()
    assert not [(m, to) for m, (_, uses) in modules.items() for to in uses if to in number and number[to] > number[m]]

# the front door

def test_the_front_door_is_light_and_opens():
    assert loaded("smolvla", "torch", "mujoco", "numpy", "pyarrow", "matplotlib") == []
    import smolvla
    for name in smolvla.__all__: assert getattr(smolvla, name) is not None and name in dir(smolvla)
    with pytest.raises(AttributeError, match="front door stand SmolVLA"): smolvla.Nobody
    assert (ROOT/"smolvla"/"py.typed").is_file()

# an editor completes what was patched in later

import make_stubs

def test_stubs_are_up_to_date(): assert make_stubs.main(["--check"]) == 0, "run: python tools/make_stubs.py"

@pytest.mark.parametrize("line, wanted", [
    ("from smolvla import SmolVLA; SmolVLA.", ["new", "from_pretrained", "save_pretrained", "select_action", "predict_chunk", "forward", "loss", "sample_actions", "fast", "use_stats"]),
    ("from smolvla import SO101; SO101.", ["connect", "state", "send", "move_to", "stop", "reset", "torque_on", "close"]),
    ("from smolvla import SO101Env; SO101Env.", ["reset", "step", "observe", "render", "truth", "close"]),
    ("from smolvla import Trainer; Trainer.", ["fit", "save", "restore", "open_loop", "plot_open_loop", "seconds_per_update"]),
    ("from smolvla import LeRobotDataset; LeRobotDataset.", ["chunk", "batch", "frames", "stats", "fingerprint", "column"]),
    ("from smolvla import DatasetWriter; DatasetWriter.", ["add_frame", "save_episode", "undo_episode", "discard_episode", "finalize"])])
def test_an_editor_completes(line, wanted):
    import jedi
    names = {c.name for c in jedi.Script(line, project=jedi.Project(ROOT)).complete()}
    assert not set(wanted) - names

@pytest.mark.parametrize("path", sorted(set(make_stubs.wanted()) - {ROOT/"smolvla"/"__init__.pyi"}), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_stub_names_what_the_class_has(path):
    "Every public method of the classes in memory stands in the stub, and nothing else"
    import ast, importlib
    module = importlib.import_module("smolvla." + ".".join(path.relative_to(ROOT/"smolvla").with_suffix("").parts))
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, make_stubs.DEFS): assert callable(getattr(module, node.name)), f"{node.name} is a method, no function"
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"): continue
        methods = {x.name for x in node.body if isinstance(x, make_stubs.DEFS)}
        assert methods <= set(dir(getattr(module, node.name))), node.name
