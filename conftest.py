"Lets `pytest --nbval` and nbdev agree: one thread, no network, no export from inside a test, nbdev's skip directives honoured."
import os, re, signal, sys

os.environ["IN_TEST"] = "1"                         # nbdev_export() cells do nothing
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.pop("MPLBACKEND", None)                  # a backend from outside would make figures vanish from the notebooks
if sys.platform == "linux": os.environ.setdefault("MUJOCO_GL", "egl")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:   # a suite in the background: what its tests start would not hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

SKIP = re.compile(r"^#\s*\|\s*(eval:\s*false|notest|slow|gpu|robot)\b", re.M | re.I)

def pytest_collectstart(collector):
    if hasattr(collector, "skip_compare"): collector.skip_compare += ("stderr", "image/svg+xml")

def pytest_collection_modifyitems(items):
    for it in items:
        cell = getattr(it, "cell", None)
        if cell is None: continue
        if SKIP.search(cell.source): it.options["skip"] = True
        if cell.execution_count is None and cell.outputs: cell.execution_count = 0   # a notebook fresh from nbdev_clean
        it.parent.sanitize_patterns[r" at 0x[0-9a-fA-F]+"] = ""
