"""`nbdev_clean`, then execution counts 1..n, stable cell ids and merged streams, so that strict nbval accepts a cleaned notebook.

Example: python tools/renumber.py            rewrite what differs
         python tools/renumber.py --check    only name the files that would change, exit 1 if any
"""
import sys
from hashlib import sha1
from pathlib import Path
import nbformat
from nbdev.clean import clean_nb
from nbdev.config import get_config

ROOT = Path(__file__).resolve().parent.parent

def notebooks(root=ROOT):
    "Every notebook of the course, drafts (`_name.ipynb`) and checkpoints left out"
    found = [p for d in ("nbs", "tutorials", "hardware") for p in (root/d).rglob("*.ipynb")]
    return sorted(p for p in found if not any(part[0] in "._" for part in p.relative_to(root).parts))

def merge_streams(outputs):
    "Consecutive chunks of one stream become one output: where they were cut depends on timing"
    res = []
    for o in outputs:
        if res and o.output_type == res[-1].output_type == "stream" and o.name == res[-1].name: res[-1].text += o.text
        else: res.append(o)
    return res

def normal(path):
    "The text that the file should hold"
    nb, cfg, seen = nbformat.read(path, 4), get_config(path=path), set()
    clean_nb(nb, cfg.clear_all, cfg.get("allowed_metadata_keys").split(), cfg.get("allowed_cell_metadata_keys").split(), cfg.clean_ids)
    nb, n = nbformat.from_dict(nb), 0
    for i, c in enumerate(nb.cells):
        if not c.get("id") or c.id in seen: c.id = sha1(f"{i}{c.source}".encode()).hexdigest()[:8]
        seen.add(c.id)
        if c.cell_type != "code": continue
        n += 1
        c.execution_count, c.outputs = n, merge_streams(c.outputs)
        for o in c.outputs:
            if "metadata" in o: o.metadata = {}
            if o.output_type == "execute_result": o.execution_count = n
    nb.metadata = {"kernelspec": {"display_name": "python3", "language": "python", "name": "python3"}}
    nb.nbformat, nb.nbformat_minor = 4, 5
    return nbformat.writes(nb) + "\n"

def main(args):
    check, paths = "--check" in args, [Path(a).resolve() for a in args if not a.startswith("-")] or notebooks()
    changed = {p: t for p in paths if (t := normal(p)) != p.read_text(encoding="utf-8")}
    for p, t in changed.items():
        print(("not clean: " if check else "cleaned ") + str(p.relative_to(ROOT)))
        if not check: p.write_text(t, encoding="utf-8")
    if check and changed: print("run: python tools/renumber.py")
    return int(check and bool(changed))

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
