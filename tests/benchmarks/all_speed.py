"""Every speed benchmark, one after the other, and the table that chapter 10 and the front page show (tests/benchmarks/speed.json).

    SMOLVLA_REFERENCE_PYTHON=.../bin/python .venv/bin/python tests/benchmarks/all_speed.py    # about twenty minutes; let nothing else run

Two columns: this processor as it is, and limited to AVX2, as most laptops are (the environment of smolvla.precision.AVX2).
Without SMOLVLA_REFERENCE_PYTHON (tests/reference/setup.sh) the data set is read by ours alone. With names behind it
(`all_speed.py training sim`) only these run, and the other rows stay.
"""
import json, os, subprocess, sys
from pathlib import Path

import torch

from smolvla.evaluate.report import machine
from smolvla.precision import AVX2

HERE = Path(__file__).parent
RUNS = {"training": ["--threads", "2", "--batch", "64", "--fuse", "--steps", "8"], "split": [], "inference": [], "sim": [], "import": [], "data": []}
COLUMNS = {"as it is": {}, "limited to AVX2": AVX2}

def measure(name, args, env):
    "{what: (measured, wanted)} of one benchmark in one column"
    print(f"$ {' '.join(f'{k}={v}' for k, v in env.items())} bench_{name}.py", *args, flush=True)
    subprocess.run([sys.executable, HERE/f"bench_{name}.py", *args], check=True, env={**os.environ, **env})
    return {w: (m, b) for w, m, b in json.loads(Path(f"outputs/bench/{name}.json").read_text())["rows"]}

def rows_of(name, args):
    columns = {column: measure(name, args, env) for column, env in COLUMNS.items()}
    command = " ".join([f"bench_{name}.py", *args])
    return [dict(what=what, measured={c: got[what][0] for c, got in columns.items()}, wanted=wanted, command=command)
            for what, (_, wanted) in columns["as it is"].items()]

if __name__ == "__main__":
    file, rows = HERE/"speed.json", []
    old = json.loads(file.read_text())["rows"] if file.exists() else []
    for name, args in RUNS.items():
        if sys.argv[1:] and name not in sys.argv[1:]: rows += [r for r in old if r["command"].startswith(f"bench_{name}.py")]
        else: rows += rows_of(name, args)
    here = dict(machine()) | {"instructions": torch.backends.cpu.get_cpu_capability()}
    file.write_text(json.dumps(dict(machine=here, columns=COLUMNS, rows=rows), indent=1) + "\n")
    for r in rows: print(f"| {r['what']} | {' | '.join(r['measured'].values())} | {r['wanted']} |")
