"""The table of issue "Second edition", measured: lengths of chapters and cells, wide lines, semicolons, public names, exercises.

Example: python tests/benchmarks/bench_book.py
"""
import ast, re, sys
from pathlib import Path
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]/"tools"))
from make_readme import chapters, is_engine_room, minutes, read

def code(path): return [c for c in read(path).cells if c.cell_type == "code"]
def is_exported(cell): return bool(re.match(r"#\s*\|\s*exports?\b", cell.source))
def lines(source): return [x for x in source.splitlines() if x.strip() and not re.match(r"#\s*\|", x)]

def has_semicolon(source):
    "Do two statements share a line?"
    try: tree = ast.parse("\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", x) for x in source.splitlines()))
    except SyntaxError: return 0
    blocks = [b for n in ast.walk(tree) for f in ("body", "orelse", "finalbody") if isinstance(b := getattr(n, f, None), list)]
    return sum(b.lineno == a.end_lineno for block in blocks for a, b in zip(block, block[1:]))

def public_names():
    "Names in __all__ of all modules, and public methods that are patched into classes"
    root, names, patched = chapters()[0].parents[1]/"smolvla", 0, 0
    for p in root.rglob("*.py"):
        if p.name.startswith("_") or "assets" in p.parts or p.name.endswith("_pb2.py"): continue
        tree = ast.parse(p.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__": names += len(node.value.elts)
            if isinstance(node, ast.FunctionDef) and any("patch" in ast.unparse(d) for d in node.decorator_list): patched += not node.name.startswith("_")
    return names, patched

def main():
    books = chapters()
    exported = [len(lines(c.source)) for p in books for c in code(p) if is_exported(c) and not c.source.startswith("#| export\nimport")]
    wide = {kind: sum(len(x) > 100 for p in books for c in code(p) if is_exported(c) == kind for x in c.source.splitlines()) for kind in (True, False)}
    semicolons = {kind: sum(has_semicolon(c.source) for p in books for c in code(p) if is_exported(c) == kind) for kind in (True, False)}
    kinds = {"chapters": [p for p in books if not is_engine_room(p)], "engine rooms": [p for p in books if is_engine_room(p)]}
    for name, paths in kinds.items():
        cells, length = {p.stem: len(read(p).cells) for p in paths}, {p.stem: sum(len(lines(c.source)) for c in code(p)) for p in paths}
        print(f"{len(paths)} {name}: {sum(map(minutes, paths))/60:.1f} h to read; cells median {np.median(list(cells.values())):.0f}, "
              f"most {max(cells.values())} ({max(cells, key=cells.get)}); code lines median {np.median(list(length.values())):.0f}, most {max(length.values())} ({max(length, key=length.get)})")
    print(f"exported cells, lines: median {np.median(exported):.0f}, p90 {np.percentile(exported, 90):.0f}, most {max(exported)}")
    print(f"lines over 100 columns: exported {wide[True]}, others {wide[False]}; statements that share a line: exported {semicolons[True]}, others {semicolons[False]}")
    print("public names: {} in __all__, {} more as methods that are patched in".format(*public_names()))
    checks = sum(bool(re.match(r"check\(", c.source)) for p in books for c in code(p))
    own = sum("NotImplementedError" in c.source for p in books for c in code(p))
    print(f"exercises: {own} empty functions, {checks} judged by graders outside the notebook")

if __name__ == "__main__": main()
