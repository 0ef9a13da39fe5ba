"Every console script explains itself with an example, names every option, takes a seed where chance is involved, and parses before it imports."
import configparser, re, subprocess, sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from fastcore.script import anno_parser
from smolvla import commands
from smolvla.commands import COMMANDS, Command

ROOT = Path(__file__).resolve().parent.parent
cfg = configparser.ConfigParser(delimiters=["="]); cfg.read(ROOT/"settings.ini")
SCRIPTS = [re.split("[=:]", s) for s in cfg["DEFAULT"]["console_scripts"].split()]
each = pytest.mark.parametrize("name,module,func", SCRIPTS, ids=[s[0] for s in SCRIPTS])

def parser(name, module, func):
    "The parser that the console script builds, without a process of its own (importing torch eight times takes minutes on a busy machine)"
    if not find_spec(module): pytest.skip(f"{module} is not written yet")
    command = getattr(import_module(module), func)
    return command.parser() if isinstance(command, Command) else anno_parser(command.__wrapped__, prog=name)

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

# ---- options before imports

HEAVY = ("torch", "transformers", "mujoco", "matplotlib")

def test_nothing_heavy_is_imported_before_the_options_are_read():
    "In a process of its own: load every entry point as its console script does, build its parser, refuse an option, show the help"
    code = f"""
import sys, contextlib, io
from importlib import import_module
for name, module, func in {SCRIPTS!r}:
    command = getattr(import_module(module), func)
    for flag in ("--help", "--no_such_option"):
        sys.argv = [name, flag]
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): command()
        except SystemExit: pass
        else: print(name, "went on after", flag)
    if heavy := [m for m in {HEAVY!r} if m in sys.modules]: print(name, "imports", heavy); break
"""
    p = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert (p.stdout, p.stderr) == ("", "")

@each
def test_the_head_of_a_command_is_the_command(name, module, func):
    "What is read from the text of a module and what the imported function says are the same options, with the same help"
    command = getattr(import_module(module), func)
    if not isinstance(command, Command): pytest.skip("comes straight from its module")
    assert command.parser().format_help() == anno_parser(command.real(), prog=name).format_help()

def test_every_command_has_its_console_script():
    assert set(COMMANDS) <= {s[0] for s in SCRIPTS}
    with pytest.raises(AttributeError, match="no smolvla_fly"): commands.smolvla_fly

@pytest.mark.parametrize("error", [ValueError("say when"), FileNotFoundError("no such folder"), RuntimeError("no picture"), ImportError("no OpenGL")])
def test_a_failure_is_one_sentence(monkeypatch, capsys, error):
    def real(**kw): raise error
    command = Command("smolvla_correct", "evaluate.corrections:correct_cli")
    monkeypatch.setattr(Command, "real", lambda self: real); monkeypatch.setattr(sys, "argv", ["smolvla_correct"])
    with pytest.raises(SystemExit) as e: command()
    assert e.value.code == f"smolvla_correct: {error}"

def test_ctrl_c_and_faults_of_ours(monkeypatch):
    command = Command("smolvla_correct", "evaluate.corrections:correct_cli")
    def ends(error):
        def real(**kw): raise error
        monkeypatch.setattr(Command, "real", lambda self: real); monkeypatch.setattr(sys, "argv", ["smolvla_correct"])
        command()
    with pytest.raises(SystemExit, match="smolvla_correct: stopped"): ends(KeyboardInterrupt())
    with pytest.raises(KeyError): ends(KeyError("a fault of ours keeps its traceback"))

def test_options_arrive(monkeypatch):
    got, command = {}, Command("smolvla_train", "train.runs:train_cli")
    monkeypatch.setattr(Command, "real", lambda self: lambda **kw: got.update(kw) or 3)
    monkeypatch.setattr(sys, "argv", ["smolvla_train", "--data", "a", "--data", "b", "--steps", "7", "--fuse"])
    assert command() == 3 and (got["data"], got["steps"], got["fuse"], got["out"]) == (["a", "b"], 7, True, None) and "pdb" not in got

def test_one_vocabulary():
    "The same word means the same thing, of the same type, in every command that has it"
    words = {}
    for s in SCRIPTS:
        for a in parser(*s)._actions: words.setdefault(a.dest, {}).setdefault(getattr(a.type, "__name__", None), []).append(s[0])
    for w in ("policy", "data", "camera_map", "stats", "stats_prefix", "episodes", "seed", "out", "max_seconds", "workers"):
        assert len(words[w]) == 1, (w, words[w])

def test_an_installed_script_runs():
    script = Path(sys.executable).parent/"smolvla_setup_check"
    if not script.is_file(): pytest.skip("smolvla is not pip-installed in this environment")
    p = subprocess.run([str(script), "--help"], capture_output=True, text=True, timeout=300)
    assert p.returncode == 0 and "--json" in p.stdout
