"Setup: every check can fail, and every failure says its cure."
import json, os, shutil, subprocess, sys
from importlib.metadata import PathDistribution
from pathlib import Path

import numpy as np
import pytest

import check_env                                                   # tools/ is on the path, see pytest.ini

from smolvla import setup_check as sc
from smolvla.setup_check import Check, Checks, check_machine, main

ROOT = Path(__file__).resolve().parent.parent

@pytest.mark.parametrize("fail", [
    lambda: sc.check_python((3, 10)), lambda: sc.check_python((3, 14)),
    lambda: sc.check_packages(["numpy<1"]), lambda: sc.check_packages(["numpy"], forbidden=("numpy",)),
    lambda: sc.check_gl("no-such-backend"), lambda: sc.check_codec("no-such-codec"),
    lambda: sc.check_disk(need=1e9), lambda: sc.check_memory(need=1e9)])
def test_every_check_can_fail_and_says_its_cure(fail):
    c = fail()
    assert not c.ok and c.found and len(c.cure) > 10

def test_a_port_that_may_not_be_opened(tmp_path, monkeypatch):
    port = tmp_path/"ttyACM0"; port.touch()
    assert sc.check_ports(str(tmp_path/"tty*")).ok
    monkeypatch.setattr(os, "access", lambda *a: False)             # root may open anything
    c = sc.check_ports(str(tmp_path/"tty*"))
    assert not c.ok and "ttyACM0" in c.found and "dialout" in c.cure

def test_no_port_is_fine(tmp_path): assert sc.check_ports(str(tmp_path/"tty*")).ok

def test_markers_of_other_platforms_are_skipped():
    assert sc.check_packages(['no-such-thing; sys_platform == "beos"', "numpy"], forbidden=()).ok

def test_passing_checks_offer_no_cure():
    for c in (sc.check_python((3, 11)), sc.check_packages(["numpy>=1"], forbidden=()), sc.check_codec(), sc.check_disk(need=0)):
        assert c.ok and not c.cure, c

def test_codec_round_trip_keeps_motion():
    sent = sc.moving_square(); got = sc.encode_decode(sent)
    centre = lambda f: np.argwhere(f[..., 0].astype(int) - f[..., 2] > 120).mean(0)
    for s, g in zip(sent, got): assert np.abs(centre(s) - centre(g)).max() < 1.5      # frames come back in order, each in its place

def test_table_in_shell_and_notebook():
    t = Checks([Check("a", True, "fine"), Check("b", False, "broken", "mend it")])
    assert "FAIL b" in repr(t) and "cure: mend it" in repr(t) and "| **FAIL** | b | broken | mend it |" in t._repr_markdown_()

def test_the_command_prints_json_and_sets_the_exit_status(monkeypatch, capsys):
    monkeypatch.setattr(sc, "check_machine", lambda: Checks([Check("x", True, "y")]))
    assert main(json=True) == 0 and json.loads(capsys.readouterr().out) == [dict(name="x", ok=True, found="y", cure="")]
    monkeypatch.setattr(sc, "check_machine", lambda: Checks([Check("x", False, "y", "z")]))
    assert main() == 1 and "cure: z" in capsys.readouterr().out

def test_this_machine_has_all_ten_checks():
    names = [c.name for c in check_machine()]
    assert names == ["python", "packages", "torch", "precision", "GL", "video", "disk", "memory", "ports", "jupyter"]

# -- tools/check_env.py, which decides whether the bootstrap may go on with what is there

@pytest.mark.parametrize("harm,word", [(None, None), ("truncate", "bytes"), ("delete", "missing"), ("no record", "interrupted")])
def test_a_torn_package_is_seen(tmp_path, harm, word):
    info, code = tmp_path/"thing-1.0.dist-info", tmp_path/"thing.py"
    info.mkdir(); code.write_text("x = 1")
    (info/"METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (info/"RECORD").write_text("thing.py,sha256=0,5\nthing-1.0.dist-info/RECORD,,\n")
    if harm == "truncate": code.write_text("x")
    if harm == "delete": code.unlink()
    if harm == "no record": (info/"RECORD").unlink()
    said = check_env.damage(PathDistribution(info))
    assert said is None if word is None else word in said

# -- tools/bootstrap says what is missing

def bootstrap(tmp_path, **env):
    "Run the bootstrap in an empty copy of the repository's top level"
    shutil.copytree(ROOT/"tools", tmp_path/"tools", ignore=shutil.ignore_patterns("__pycache__"))
    for f in ("settings.ini", "setup.py"): shutil.copy(ROOT/f, tmp_path)
    return subprocess.run(["bash", "tools/bootstrap"], cwd=tmp_path, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)

def test_bootstrap_without_python(tmp_path):
    p = bootstrap(tmp_path, PYTHON="/nowhere/python3.11")
    assert p.returncode == 1 and "Python 3.11, 3.12 or 3.13 is missing" in p.stderr and not (tmp_path/".venv").exists()

def test_bootstrap_without_disk_space(tmp_path):
    (tmp_path/"bin").mkdir(); df = tmp_path/"bin"/"df"
    df.write_text("#!/bin/sh\necho Filesystem 1M Used Avail Use Mounted\necho x 1 1 17 1 /\n"); df.chmod(0o755)
    p = bootstrap(tmp_path, PATH=f"{tmp_path/'bin'}:{os.environ['PATH']}", PYTHON=sys._base_executable)
    assert p.returncode == 1 and "not enough disk space" in p.stderr and "17 MB" in p.stderr
