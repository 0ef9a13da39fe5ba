"""The house: which folder holds which modules, how long they are, and who imports whom.

Example: python tools/map.py            print it, and draw nbs/figures/house.svg when it changed
         python tools/map.py --check    only say whether the drawing is up to date, exit 1 if not
"""
import ast, sys
from html import escape
from renumber import ROOT

SVG = ROOT/"nbs"/"figures"/"house.svg"
FOLDERS = ["", "data", "model", "train", "sim", "evaluate", "serve", "arm", "workshop"]
SAYS = {"": "the ground", "data": "what a robot remembers", "model": "from pictures and words to a chunk",
        "train": "from demonstrations to weights", "sim": "the twin and its table", "evaluate": "is it better?",
        "serve": "the arm never waits", "arm": "the physical arm", "workshop": "things to print"}

def modules():
    "{(folder, module): (lines of code, {(folder, module) that it imports})}"
    out = {}
    for path in sorted((ROOT/"smolvla").rglob("*.py")):
        if path.name.startswith("_") or path.name.endswith("_pb2.py") or "assets" in path.parts: continue
        *folder, name = path.relative_to(ROOT/"smolvla").with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        lines = sum(bool(x.strip()) and not x.strip().startswith("#") for x in text.splitlines())
        out["/".join(folder), name] = lines, set(imports(ast.parse(text), folder))
    return out

def imports(tree, folder):
    "(folder, module) of every import of ours; exported modules import relatively"
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level: continue
        where = [*folder[:len(folder) - node.level + 1], *(node.module or "").split(".")]
        where = [w for w in where if w]
        for name in [a.name for a in node.names] if len(where) < 2 else [""]:
            full = where if len(where) > 1 or name == "" else [*where, name]
            yield ("", full[0]) if (ROOT/"smolvla"/f"{full[0]}.py").exists() else tuple(full[:2])

def arrows(house):
    "{(from folder, to folder): names of the modules that are imported}"
    out = {}
    for (folder, _), (_, to) in house.items():
        for f, m in to:
            if f != folder and (f, m) in house: out.setdefault((folder, f), set()).add(m)
    return out

def text(house):
    "What is printed"
    lines, seen = [], arrows(house)
    for f in FOLDERS:
        own = {m: n for (g, m), (n, _) in house.items() if g == f}
        uses = [t or "ground" for s, t in seen if s == f]
        lines.append(f"{f or 'smolvla':10s} {sum(own.values()):5d} lines  {SAYS[f]}" + (f"; uses {', '.join(sorted(uses))}" if uses else ""))
        lines += [f"    {m:20s} {n:5d}" for m, n in sorted(own.items(), key=lambda x: -x[1])]
    return "\n".join(lines)

def svg(house):
    "The same as a picture: a box a folder, its modules as bars as long as they are"
    x, y, width, parts, seen = 10, 10, 900, [], arrows(house)
    of = {f: sorted(((m, n) for (g, m), (n, _) in house.items() if g == f), key=lambda p: -p[1]) for f in FOLDERS}
    scale = (width - 40)/max(sum(n for _, n in own) for own in of.values())
    for f, own in of.items():
        uses, left, small = ", ".join(t or "ground" for t in FOLDERS if (f, t) in seen), x, []
        for m, n in own:
            w = max(n*scale, 4)
            parts.append(f'<rect x="{left:.0f}" y="{y + 19}" width="{w:.0f}" height="18"><title>{m}: {n} lines</title></rect>')
            if w > 6.2*len(m) + 4: parts.append(f'<text x="{left + 4:.0f}" y="{y + 32}" class="module">{m}</text>')
            else: small.append(m)
            left += w + 2
        about = [f"{SAYS[f]}, {sum(n for _, n in own)} lines", f"also {', '.join(small)}" if small else "", f"imports from {uses}" if uses else ""]
        parts.append(f'<text x="{x}" y="{y + 13}" class="folder">{escape(f + "/" if f else "smolvla/")}</text>')
        parts.append(f'<text x="{x + 90}" y="{y + 13}">{escape(" · ".join(filter(None, about)))}</text>')
        y += 48
    style = ("text{font:12px sans-serif;fill:#333}.folder{font-weight:bold;fill:#0072b2}"
             ".module{font-size:10px;fill:#fff}rect{fill:#0072b2;opacity:.85}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 20}" height="{y}" viewBox="0 0 {width + 20} {y}">\n'
            f'<style>{style}</style>\n<rect width="100%" height="100%" style="fill:#fff;opacity:1"/>\n' + "\n".join(parts) + "\n</svg>\n")

def main(args):
    house, check = modules(), "--check" in args
    drawing = svg(house)
    differs = not SVG.is_file() or SVG.read_text(encoding="utf-8") != drawing
    if not check:
        print(text(house))
        SVG.parent.mkdir(exist_ok=True)
        if differs: SVG.write_text(drawing, encoding="utf-8")
    elif differs: print(f"{SVG.relative_to(ROOT)} is not up to date: run python tools/map.py")
    return int(check and differs)

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
