"""The widgets of the course in JupyterLab and a headless Chromium: what a hand on the mouse does to the simulated arm. Screenshots go to outputs/browser."""
import json
import nbformat, pytest

pytest.importorskip("playwright", reason="playwright is missing, so no test clicks on a widget. Cure: make env")
from lab import ROOT, Lab, browser_path, picture, wait_for, write_notebook
from smolvla.data.dataset import LeRobotDataset
from smolvla.data.writer import JOINTS

# The joints, the motors' torque registers and the target are written to a file twenty times a second, past everything that is tested
WATCH = '''arm = SO101("twin").connect()
chain, panel = arm.bus.port.where, jog_panel(arm)
def watch(n=0, still=0):
    kin = Kinematics()
    while n := n+1:
        chain.advance()
        with chain.lock: at, torque = to_units(chain.plant.data.qpos[:6]), [s["Torque_Enable"] for s in chain.servos]
        t = panel.jogger.target
        still = still+1 if np.abs(chain.plant.data.qvel[:6]).max() < .01 else 0
        seen = dict(n=n, still=still, mode=arm.mode, why=arm.why, torque=torque, height=1e3*kin.tip(at)[0][2], target=None if t is None else t.tolist(), **dict(zip(JOINTS, at.tolist())))
        Path("new.json").write_text(json.dumps(seen)); os.replace("new.json", "seen.json")
        time.sleep(.05)
threading.Thread(target=watch, daemon=True).start()
panel'''
IMPORTS = '''import json, os, threading, time
from pathlib import Path
import numpy as np
from smolvla.data.dataset import LeRobotDataset
from smolvla.data.writer import JOINTS
from smolvla.sim.twin import to_units
from smolvla.arm.so101 import SO101
from smolvla.arm.jog import Kinematics, jog_panel'''

@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    browser_path()
    with Lab(tmp_path_factory.mktemp("lab")) as lab: yield lab

def test_sliders_keys_and_stop_drive_the_arm(lab):
    write_notebook(lab.folder/"panel.ipynb", "An arm to click on", IMPORTS, WATCH)
    def seen(): return json.loads((lab.folder/"seen.json").read_text())
    def until(what, f): return wait_for(what, lambda: f(s := seen()) and s, look=lambda: f"Now: {seen()}; see outputs/browser/failed.png")
    def later(ticks=12): n = seen()["n"]; return until("the arm to live on", lambda s: s["n"] >= n+ticks)
    with lab.open("panel.ipynb") as page:
        page.run_all()
        page.slider("shoulder_pan").wait_for()
        was = until("the free arm to lie still", lambda s: s["still"] > 10)
        assert was["mode"] == "free" and not any(was["torque"]), f"nothing may move before it is asked to: {was}"
        picture(page.tab, "panel_1_free")

        page.drag("shoulder_pan", by=60)
        assert page.value("shoulder_pan") > was["shoulder_pan"]+20
        now = until("the shoulder to turn where the slider is", lambda s: abs(s["shoulder_pan"]-page.value("shoulder_pan")) < 2)
        assert now["mode"] == "driving" and all(now["torque"])
        assert max(abs(now[j]-was[j]) for j in JOINTS[1:]) < 8, "one slider moves one joint"
        picture(page.tab, "panel_2_driven")

        page.tab.get_by_placeholder("press keys").click()
        page.tab.keyboard.type("rrrrrrrrooooo", delay=30)
        now = until("keys to lift the tip and to open the gripper", lambda s: s["height"] > now["height"]+25 and s["gripper"] > now["gripper"]+12)
        picture(page.tab, "panel_3_keys")

        page.drag("shoulder_pan", by=-100)
        page.click("STOP")
        until("STOP to take the torque away", lambda s: s["mode"] == "stopped" and not any(s["torque"]))
        page.tab.get_by_text("stopped", exact=True).wait_for()
        was = until("the arm to lie still", lambda s: s["still"] > 10)
        picture(page.tab, "panel_4_stopped")
        page.drag("wrist_roll", by=60)
        page.tab.get_by_placeholder("press keys").click()
        page.tab.keyboard.type("ww", delay=30)
        now = later()
        assert not any(now["torque"]) and max(abs(now[j]-was[j]) for j in JOINTS) < 3, "a stopped arm does not listen"

        page.click("look and reset")
        until("the arm to be free again", lambda s: s["mode"] == "free")
        now = later()
        assert now["mode"] == "free" and not any(now["torque"]) and max(abs(now[j]-was[j]) for j in JOINTS) < 3, f"a reset does not move the arm: {now}"
        picture(page.tab, "panel_5_reset")

        page.tab.get_by_placeholder("press keys").click()
        page.tab.keyboard.type("oo", delay=30)
        until("the gripper to open from where it is", lambda s: s["gripper"] > was["gripper"]+5)
        assert max(abs(seen()[j]-was[j]) for j in JOINTS[:5]) < 8, "a key after a reset moves the arm from where it lies, not back to where it was"

        page.execute("Path('busy').touch()\nfor _ in range(600): time.sleep(.05 if Path('busy').exists() else 0)")
        wait_for("a cell to run", (lab.folder/"busy").exists)
        page.click("STOP")
        until("STOP to work while a cell runs", lambda s: s["mode"] == "stopped" and not any(s["torque"]))
        (lab.folder/"busy").unlink()

        page.click("look and reset")
        until("the arm to be free again", lambda s: s["mode"] == "free")
        page.tab.get_by_placeholder("press keys").click()
        page.tab.keyboard.type("c")
        until("a key to switch the torque on", lambda s: all(s["torque"]))
        page.tab.keyboard.press("Space")
        until("the space bar to stop it", lambda s: s["mode"] == "stopped" and not any(s["torque"]))

def test_the_register_table_answers(lab):
    "The widget of chapter 12, made of that chapter's own cells"
    sources = [c.source for c in nbformat.read(ROOT/"nbs"/"12_servos.ipynb", 4).cells if c.cell_type == "code"]
    cells = [s for s in sources if "import interact" in s or "def table(" in s or "def show_register(" in s or "interact(show_register" in s]
    assert len(cells) == 4
    write_notebook(lab.folder/"registers.ipynb", "Registers", "from smolvla.arm.wire import *; from smolvla.arm.bus import *; from smolvla.arm.virtual import *; from smolvla.arm.faults import *; from smolvla.arm.ports import *", *cells)
    with lab.open("registers.ipynb") as page:
        page.run_all()
        page.tab.locator(".widget-dropdown select").select_option("Present_Voltage")
        page.tab.get_by_text("62, 1 bytes, RAM, read-only").wait_for()
        picture(page.tab, "registers")

RECORDING = '''import json, os, threading, time
from pathlib import Path
from smolvla.arm.cameras import TwinCamera
from smolvla.arm.recording import Recorder, TwinOperator, record_panel
from smolvla.sim.twin import HOME, SO101Env
from smolvla.arm.so101 import SO101'''
SCENE = '''env = SO101Env("pick_place", cameras=()); env.reset(seed=3)
arm = SO101("twin", env=env).connect()
arm.move_to(HOME)
operator = TwinOperator(arm)
rec = Recorder("set", arm, {n: TwinCamera(arm, n, (96, 128)) for n in ("overhead", "wrist")}, operator, operator.new_scene(3))
def watch():
    while True:
        seen = dict(mode=rec.mode, arm=arm.mode, frames=len(rec.writer), task=rec.task, episodes=rec.writer.num_episodes, torque=[s["Torque_Enable"] for s in arm.bus.port.where.servos])
        Path("new.json").write_text(json.dumps(seen)); os.replace("new.json", "recording.json")
        time.sleep(.05)
threading.Thread(target=watch, daemon=True).start()
record_panel(rec)'''

def test_buttons_record_keep_stop_and_undo(lab):
    write_notebook(lab.folder/"recording.ipynb", "Episodes to click on", RECORDING, SCENE)
    def seen(): return json.loads((lab.folder/"recording.json").read_text())
    def until(what, f): return wait_for(what, lambda: f(s := seen()) and s, look=lambda: f"Now: {seen()}; see outputs/browser/failed.png")
    with lab.open("recording.ipynb") as page:
        page.run_all()
        page.tab.get_by_text("start episode").wait_for()
        until("the recorder to be ready", lambda s: s["mode"] == "ready")
        page.click("start episode")
        until("frames", lambda s: s["mode"] == "recording" and s["frames"] > 15)
        page.tab.get_by_text("recording", exact=True).first.wait_for()
        picture(page.tab, "recording_1")
        page.click("keep it")
        until("the episode to be saved", lambda s: s["episodes"] == 1 and s["mode"] == "ready")

        page.click("start episode")
        until("frames", lambda s: s["frames"] > 10)
        page.click("STOP")
        until("STOP to take the torque away and to hold the recording", lambda s: s["mode"] == "held" and s["arm"] == "stopped" and not any(s["torque"]) and s["frames"] > 10)
        page.tab.get_by_text("STOP was pressed").first.wait_for()
        picture(page.tab, "recording_2_held")
        page.click("keep it")
        until("what was recorded before STOP to be saved", lambda s: s["episodes"] == 2)
        page.click("take back the last")
        until("undo", lambda s: s["episodes"] == 1 and s["mode"] == "ready")
    assert LeRobotDataset(lab.folder/"set").num_episodes == 1
