"Run a command of the package as its console script does, without a terminal or in one of its own."
import functools, os, re, select, subprocess, sys, threading, time
from pathlib import Path
import pytest
from smolvla.commands import COMMANDS

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs pseudo-terminals, and those of Linux with a baud rate")

UNHURRIED = """import smolvla.arm.bus as M
M.Bus.__init__.__defaults__ = (None, 1_000_000, 2, .5)  # a virtual motor on a starved machine answers later than a real one
"""
UNHURRIED_CAMERAS = UNHURRIED+"""import smolvla.arm.cameras as C, smolvla.arm.recording as R
R.check_loop = lambda arm, cameras, fps=30, seconds=2.: R.Check("loop", True, "not judged: other tests run beside")
C.Webcam.rate = property(lambda self: float(self.fps))
C.Webcam.latest.__defaults__ = (30.,)
"""  # what a command asks of its computer is not what the tests of STOP are about

def patient(test):
    "A motor's reply may be 34 ms late, and a simulated hand needs its time; a starved machine gives neither. Such a failure, and no other, is tried again, twice."
    @functools.wraps(test)
    def again(*args, **kwargs):
        for left in (2, 1, 0):
            try: return test(*args, **kwargs)
            except Exception as e:
                if not left or not re.search("no (whole )?reply|failed 3 times|did not end", str(e)): raise
    return again

def _own_terminal():
    "So that Ctrl-C in this terminal reaches the process"
    import fcntl, termios
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

def _window(terminal, lines=24, columns=200):
    "A terminal without a size shows no progress bar"
    import fcntl, struct, termios
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

def command(folder, name, *args, typed=None, seconds=90, before=""):
    """Exit code and text of a command that runs in this folder.
    typed: [(text to wait for, keys to press, or a function of the process)]; None means no terminal.
    before: Python that runs first."""
    script = folder/f"{name}.py"
    module, function = COMMANDS[f"smolvla_{name}"].split(":")
    script.write_text(f"import sys\n{before}\nfrom smolvla.{module} import {function} as main\nsys.exit(main())\n")
    env, what = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "HF_LEROBOT_CALIBRATION": str(folder/"cal")}, [sys.executable, str(script), *args]
    if typed is None:
        r = subprocess.run(what, capture_output=True, text=True, timeout=seconds, cwd=folder, env=env, stdin=subprocess.DEVNULL)
        return r.returncode, r.stdout+r.stderr
    master, slave = os.openpty()
    _window(slave)
    p = subprocess.Popen(what, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=env, start_new_session=True, preexec_fn=_own_terminal)
    os.close(slave)
    try: return _converse(p, master, list(typed), time.monotonic()+seconds)
    finally: p.kill(); os.close(master)

def _converse(p, master, typed, end):
    out, seen = "", 0
    while time.monotonic() < end:
        if select.select([master], [], [], .1)[0]:
            try: out += os.read(master, 4096).decode(errors="replace")
            except OSError: return p.wait(20), out                     # the other side has ended
        if typed and (at := out.find(typed[0][0], seen)) >= 0:
            seen, keys = at+len(typed[0][0]), typed.pop(0)[1]
            if callable(keys):
                hand = threading.Thread(target=keys, args=(p,))
                hand.start()
                while hand.is_alive():                                     # a terminal that nobody reads makes the command wait
                    if select.select([master], [], [], .05)[0]: out += os.read(master, 4096).decode(errors="replace")
            else: os.write(master, keys.encode())
    raise AssertionError(f"the command did not end; it has said:\n{out[-2000:]}")
