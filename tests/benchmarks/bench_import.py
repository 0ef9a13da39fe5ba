"""Seconds until each module is there, and whether torch came along: a fresh Python each, best of three.

    python tests/benchmarks/bench_import.py
"""
import json, subprocess, sys, time
from pathlib import Path

MODULES = ("smolvla", "smolvla.data.dataset", "smolvla.sim.twin", "smolvla.model.processing", "smolvla.model.policy", "smolvla.train.loop")

def seconds(statement):
    def once():
        start = time.perf_counter(); said = subprocess.run([sys.executable, "-c", f"import sys; {statement}; print('torch' in sys.modules)"], check=True, capture_output=True, text=True).stdout
        return time.perf_counter() - start, said.strip() == "True"
    return min(once() for _ in range(3))

if __name__ == "__main__":
    bare, rows = seconds("pass")[0], []
    for m in MODULES:
        s, torch = seconds(f"import {m}")
        rows.append([f"import {m}" + (", with torch" if torch else ""), f"{max(s - bare, 0):.2f} s", "< 1 s" if m == "smolvla" else ""])
        print(*rows[-1])
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out/"import.json").write_text(json.dumps(dict(rows=rows), indent=1))
