"""Thirty minutes at 30 Hz on loopback in which everything fails now and then: no leak, no stall.

    python tests/benchmarks/soak_async.py [--minutes 30] [--keep]

Prints memory and threads once a minute of it, and exits 1 when something leaked or stalled. --keep writes tests/benchmarks/soak.json, which
chapter 11 shows. The suite runs the same for 20 seconds."""
import argparse, json, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from async_toys import soak                                           # noqa: E402
from smolvla.evaluate.report import machine                                      # noqa: E402

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=30)
    p.add_argument("--keep", action="store_true")
    a = p.parse_args()
    r = soak(60 * a.minutes)
    settled = r["memory_mb"][len(r["memory_mb"]) // 4:]
    wrong = [w for w, bad in (("an action at the wrong step", not r["in_order"]), ("a stall", r["longest_hold_s"] > 8), ("a leak", settled[-1] - settled[0] > 20), ("threads left behind", max(r["threads"]) - min(r["threads"]) > 40)) if bad]
    found = dict(command=f"python tests/benchmarks/soak_async.py --minutes {a.minutes:g}", machine=dict(machine())["processor"], minutes=a.minutes, wrong=wrong, **r)
    print(json.dumps(found, indent=1))
    print("the soak found " + ", ".join(wrong) if wrong else "no leak, no stall")
    if a.keep: (Path(__file__).parent/"soak.json").write_text(json.dumps(found, indent=1) + "\n")
    return bool(wrong)

if __name__ == "__main__": sys.exit(main())
