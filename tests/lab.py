"""JupyterLab and a browser for tests: a server of its own, a page, and what a reader's hands do on it.

    with Lab(folder) as lab, lab.open("panel.ipynb") as page:
        page.run_all()
        page.drag("shoulder_pan", by=60)
"""
import json, os, shutil, signal, subprocess, sys, time
from contextlib import contextmanager
from pathlib import Path
import nbformat, pytest

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT/"outputs"/"browser"
MISSING = ("No Chromium on this machine, so no test clicks on a widget. "
           "Cure: sudo apt-get install -y --no-install-recommends chromium (Debian), or BROWSER_PATH=/path/to/chrome make test")
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}}  # no news, no network

READY = """name => { const w = window.jupyterapp?.shell.currentWidget, kernel = w?.sessionContext?.session?.kernel;
                     return w?.context?.path == name && w.context.isReady && kernel?.connectionStatus == 'connected' && kernel.status == 'idle' }"""

def find_browser()->str|None:
    "A Chromium or Chrome that starts (Ubuntu's package is only a hint at snap)."
    names = [os.environ.get("BROWSER_PATH"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
             "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"]
    for path in filter(None, (shutil.which(n) for n in names if n)):
        if subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0: return path

def browser_path()->str: # skips the test when there is none
    return find_browser() or pytest.skip(MISSING)

def wait_for(
    what:str, # for the message
    ready, # called until it returns something true, which is returned
    seconds:float=20.,
    every:float=.05,
    look=None, # called once too late; its answer ends the message
):
    "Poll, and say what was missing when the time is up."
    end = time.monotonic()+seconds
    while True:
        if got := ready(): return got
        if time.monotonic() > end: pytest.fail(f"waited {seconds:g} s in vain: {what}. {look() if look else ''}")
        time.sleep(every)

def write_notebook(
    path:Path,
    title:str,
    *cells:str, # sources
):
    "A notebook without outputs."
    v = nbformat.v4
    nb = v.new_notebook(cells=[v.new_markdown_cell(f"# {title}"), *map(v.new_code_cell, cells)])
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nb, path)

def picture(
    of, # Playwright's page, or a locator
    name:str,
)->Path:
    "A screenshot in outputs/browser."
    PICTURES.mkdir(parents=True, exist_ok=True)
    of.screenshot(path=PICTURES/f"{name}.png")
    return PICTURES/f"{name}.png"

class Lab:
    "A JupyterLab server on a free port with a token, with settings of its own, over one folder."
    def __init__(self,
        folder:Path, # served; its `.jupyter` holds settings and the log
    ):
        self.folder, self.own, self.process = Path(folder), Path(folder)/".jupyter", None
    def __enter__(self):
        places = {n: str(self.own/n.lower()) for n in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")}
        self.own.mkdir(exist_ok=True)
        for plugin, values in QUIET.items():
            file = Path(places["JUPYTERLAB_SETTINGS_DIR"])/f"{plugin.replace(':', '/')}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True); file.write_text(json.dumps(values))
        env = {**os.environ, **places, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        env.pop("IN_TEST", None); env.pop("JUPYTER_TOKEN", None)
        arguments = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port=0", "--expose-app-in-browser", "--LabApp.extension_manager=readonly"]
        self.log = open(self.own/"log.txt", "w")
        self.process = subprocess.Popen([sys.executable, "-m", "jupyterlab", *arguments, str(self.folder)], cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        try: self.server = wait_for("JupyterLab to start", self._server, 60, look=self.last_lines)
        except BaseException: self.__exit__(); raise
        return self
    def _server(self):
        if self.process.poll() is not None: pytest.fail(f"JupyterLab ended with status {self.process.returncode}. {self.last_lines()}")
        for p in (self.own/"jupyter_runtime_dir").glob("jpserver-*.json"):
            try: return json.loads(p.read_text())
            except ValueError: pass                     # half written
    def last_lines(self): return "\n".join(["its log ends with:", *(self.own/"log.txt").read_text().splitlines()[-15:]])
    def __exit__(self, *_):
        "The server gets the chance to end its kernels; then the whole session of processes goes."
        for sig, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            try: os.killpg(self.process.pid, sig); self.process.wait(patience); break
            except subprocess.TimeoutExpired: continue
            except ProcessLookupError: break
        self.log.close()
    @contextmanager
    def open(self,
        name:str, # of a notebook, in the folder
        size:tuple=(1280, 900), # of the window
    )->"Page":
        "The notebook in a headless browser, its kernel ready."
        from playwright.sync_api import sync_playwright
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path=browser_path(), timeout=60_000)
            try:
                tab = browser.new_page(viewport={"width": size[0], "height": size[1]})
                tab.set_default_timeout(20_000)
                try:
                    yield Page(tab, self, name)
                    tab.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
                except BaseException: picture(tab, "failed"); raise
            finally: browser.close()

class Page:
    "One notebook in JupyterLab. `.tab` is Playwright's page, for all that is not here."
    def __init__(self, tab, lab, name):
        self.tab, self.lab, self.name = tab, lab, name
        tab.goto(f"{lab.server['url']}lab/workspaces/{Path(name).stem}/tree/{name}?token={lab.server['token']}", timeout=60_000)
        wait_for("the notebook and its kernel to be ready", lambda: tab.evaluate(READY, name), 60, .2, look=lambda: f"See outputs/browser/failed.png; {lab.last_lines()}")
    def run_all(self, seconds:float=60.):
        "Run > Run All Cells. Fails when a cell did."
        self.tab.evaluate("() => { window.ran = false; jupyterapp.commands.execute('notebook:run-all-cells').then(() => window.ran = true) }")
        wait_for("all cells to have run", lambda: self.tab.evaluate("() => window.ran"), seconds, look=lambda: f"Outputs: {self.outputs()}")
        if bad := [o for o in self.outputs() if o["output_type"] == "error"]: pytest.fail("\n".join(f"{o['ename']}: {o['evalue']}" for o in bad))
    def execute(self, code:str):
        "Hand code to the kernel as a cell would, and do not wait for it."
        self.tab.evaluate("code => { jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code}) }", code)
    def notebook(self)->dict: return self.tab.evaluate("() => jupyterapp.shell.currentWidget.content.model.toJSON()")
    def outputs(self)->list[dict]: return [o for c in self.notebook()["cells"] for o in c.get("outputs", [])]
    def slider(self, label): return self.tab.locator(".widget-slider", has=self.tab.get_by_text(label))
    def value(self, label)->float: return float(self.slider(label).locator(".widget-readout").inner_text().replace("\u2212", "-"))
    def click(self, button): self.tab.get_by_role("button", name=button, exact=True).click()
    def drag(self,
        label:str, # of a slider, or its beginning
        by:float, # pixels to the right
        steps:int=12, # mouse events on the way
    ):
        "Take a slider's handle with the mouse, pull, let go."
        handle = self.slider(label).locator(".noUi-handle")
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"]+box["width"]/2, box["y"]+box["height"]/2
        self.tab.mouse.move(x, y); self.tab.mouse.down()
        self.tab.mouse.move(x+by, y, steps=steps); self.tab.mouse.up()

if __name__ == "__main__": print(found := find_browser() or MISSING); sys.exit(found == MISSING)
