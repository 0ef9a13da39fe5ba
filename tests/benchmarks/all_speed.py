"""Every speed benchmark, one after the other, and the table that chapter 10 shows (tests/benchmarks/speed.json).

    SMOLVLA_REFERENCE_PYTHON=.../bin/python .venv/bin/python tests/benchmarks/all_speed.py    # about ten minutes; let nothing else run

Without SMOLVLA_REFERENCE_PYTHON (tests/reference/setup.sh) the data set is read by ours alone. With names behind it (`all_speed.py training sim`)
only these run, and the other rows stay.
"""
import json, subprocess, sys
from pathlib import Path
from smolvla.demo import machine

HERE = Path(__file__).parent
RUNS = {"training": ["--threads", "2", "--batch", "64", "--dtype", "bfloat16", "--fuse", "--steps", "8"], "split": [], "inference": [], "sim": [], "import": [], "data": []}

if __name__ == "__main__":
    file, rows = HERE/"speed.json", []
    old = json.loads(file.read_text())["rows"] if file.exists() else []
    for name, args in RUNS.items():
        if sys.argv[1:] and name not in sys.argv[1:]: rows += [r for r in old if r["command"].startswith(f"bench_{name}.py")]; continue
        print(f"$ bench_{name}.py", *args, flush=True)
        subprocess.run([sys.executable, HERE/f"bench_{name}.py", *args], check=True)
        rows += [dict(what=w, measured=m, wanted=b, command=" ".join([f"bench_{name}.py", *args])) for w, m, b in json.loads(Path(f"outputs/bench/{name}.json").read_text())["rows"]]
    file.write_text(json.dumps(dict(machine=dict(machine()), rows=rows), indent=1))
    for r in rows: print(f"| {r['what']} | {r['measured']} | {r['wanted']} |")
