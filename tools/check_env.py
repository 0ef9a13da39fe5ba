"""Is every package of this environment complete on disk, and is nothing there that breaks the others? Exit 1 with reasons if not.

Example: python tools/check_env.py --half-made      packages that are still to come are no reason"""
import sys
from importlib.metadata import distributions
from pathlib import Path

def damage(dist):
    "What is wrong with one installed package, or None"
    name = dist.metadata["Name"] if dist.metadata else None
    if not name: return f"{dist._path.name}: no metadata (an interrupted install)"
    if dist.read_text("RECORD") is None: return f"{name}: no RECORD (an interrupted install)"
    for f in dist.files:
        if f.suffix == ".pyc" or f.size is None: continue
        try: size = Path(dist.locate_file(f)).stat().st_size
        except OSError: return f"{name}: {f} is missing"
        if size != f.size: return f"{name}: {f} has {size} bytes instead of {f.size}"

def main():
    dists = [d for d in distributions() if Path(sys.prefix) in d._path.parents]
    bad = [m for m in map(damage, dists) if m]
    names = {(d.metadata["Name"] or "").lower() for d in dists if d.metadata}
    if "torchvision" in names: bad.append("torchvision is installed: it does not load beside the CPU torch and takes transformers down with it")
    if "--half-made" not in sys.argv: bad += [f"{n} is missing" for n in ("torch", "transformers", "mujoco", "nbdev", "nbval", "smolvla") if n not in names]
    print(*bad[:5], *([f"and {len(bad) - 5} more"] if len(bad) > 5 else []), sep="\n", end="\n" if bad else "")
    return bool(bad)

if __name__ == "__main__": sys.exit(main())
