"""Compare smolvla/ with what `nbdev_export` makes of the notebooks, in a temporary copy.

Example: python tools/fresh_export.py            rewrite what differs
         python tools/fresh_export.py --check    only name the files that differ, exit 1 if any
"""
import os, shutil, subprocess, sys, tempfile
from pathlib import Path
from renumber import ROOT

def differences(root=ROOT):
    "{module path: text it should have, None when no notebook makes it}"
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)/root.name
        shutil.copytree(root/"nbs", tmp/"nbs", ignore=shutil.ignore_patterns(".*"))
        (tmp/"smolvla").mkdir()
        for f in [root/"smolvla"/"__init__.py", *(root/"smolvla").rglob("*_pb2.py")]:  # by hand, by tools/make_proto.py
            to = tmp/f.relative_to(root)
            to.parent.mkdir(exist_ok=True)
            shutil.copy(f, to)
        for f in ("settings.ini", "setup.py", "README.md"):
            if (root/f).is_file(): shutil.copy(root/f, tmp/f)
        env = {k: v for k, v in os.environ.items() if k != "IN_TEST"}
        subprocess.run([sys.executable, "-c", "from nbdev.doclinks import nbdev_export; nbdev_export.__wrapped__()"], cwd=tmp, env=env, check=True)
        fresh = {p.relative_to(tmp): p.read_text(encoding="utf-8") for p in (tmp/"smolvla").rglob("*.py")}
    here = {p.relative_to(root): p.read_text(encoding="utf-8") for p in (root/"smolvla").rglob("*.py") if "assets" not in p.parts}
    return {k: fresh.get(k) for k in sorted(fresh.keys() | here.keys()) if fresh.get(k) != here.get(k)}

def main(args):
    diff, check = differences(), "--check" in args
    for p, text in diff.items():
        print(f"{p}: " + ("comes from no notebook" if text is None else "differs from the notebooks" if check else "written"))
        if text is not None and not check:
            (ROOT/p).parent.mkdir(exist_ok=True)
            (ROOT/p).write_text(text, encoding="utf-8")
    if check and diff: print("edit the notebook, never the module; then run: nbdev_export")
    return int(check and bool(diff))

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
