"Every console script explains itself with an example, names every option, and takes a seed where chance is involved."
import configparser, re, subprocess, sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from fastcore.script import anno_parser

ROOT = Path(__file__).resolve().parent.parent
cfg = configparser.ConfigParser(delimiters=["="]); cfg.read(ROOT/"settings.ini")
SCRIPTS = [re.split("[=:]", s) for s in cfg["DEFAULT"]["console_scripts"].split()]
each = pytest.mark.parametrize("name,module,func", SCRIPTS, ids=[s[0] for s in SCRIPTS])

def parser(name, module, func):
    "The parser that the console script builds, without a process of its own (importing torch eight times takes minutes on a busy machine)"
    if not find_spec(module): pytest.skip(f"{module} is not written yet")
    return anno_parser(getattr(import_module(module), func).__wrapped__, prog=name)

def test_there_are_scripts(): assert len(SCRIPTS) >= 6 and all(n.startswith("smolvla_") for n, *_ in SCRIPTS)

@each
def test_help_has_an_example(name, module, func):
    text = parser(name, module, func).format_help()
    assert re.search(rf"example.*{name}\s", text + " ", re.I | re.S), "the docstring of a command ends in an example that can be pasted"

@each
def test_every_option_is_explained(name, module, func):
    mute = [a.dest for a in parser(name, module, func)._actions if a.help is None or a.help.strip() in ("", "(default: None)")]
    assert not mute, f"no comment beside {mute}"

@each
def test_unknown_options_are_refused(name, module, func, capsys):
    with pytest.raises(SystemExit) as e: parser(name, module, func).parse_args(["--no_such_option", "1"])
    assert e.value.code == 2 and "usage" in capsys.readouterr().err

@pytest.mark.parametrize("name", ["smolvla_record", "smolvla_ground", "smolvla_train", "smolvla_eval", "smolvla_drive", "smolvla_demo"])
def test_commands_with_chance_take_a_seed(name):
    script = next(s for s in SCRIPTS if s[0] == name)
    assert any("seed" in a.dest for a in parser(*script)._actions)

def test_an_installed_script_runs():
    script = Path(sys.executable).parent/"smolvla_setup_check"
    if not script.is_file(): pytest.skip("smolvla is not pip-installed in this environment")
    p = subprocess.run([str(script), "--help"], capture_output=True, text=True, timeout=300)
    assert p.returncode == 0 and "--json" in p.stdout
