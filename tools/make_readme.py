"""The table of chapters in nbs/index.ipynb from the notebooks themselves, the reading times in their
heads, and README.md from the index: the same cells, with links that start at the repository.

Example: python tools/make_readme.py            rewrite what differs
         python tools/make_readme.py --check    only name the files that differ, exit 1 if any
"""
import math, os, re, sys
from functools import cache
import nbformat
from renumber import ROOT

INDEX = ROOT/"nbs"/"index.ipynb"
PARTS = {"Start": (0, 0), "I See": (1, 3), "II Act": (4, 8), "III Play": (9, 11), "IV Build": (12, 14)}
WORDS, LINES = 200, 12                        # read in a minute: words of prose, lines of code

@cache
def read(path): return nbformat.read(path, 4)

def chapters():
    "Paths of the chapters and engine rooms, in reading order"
    return sorted(p for p in INDEX.parent.glob("*.ipynb") if re.match(r"\d\d", p.name))

def minutes(path) -> int:
    "To read a notebook, in steps of five; cells that only import or set up are hidden and do not count"
    cells = read(path).cells
    words = sum(len(c.source.split()) for c in cells if c.cell_type == "markdown")
    shown = [c.source for c in cells if c.cell_type == "code" and not re.match(r"#\s*\|\s*hide", c.source)]
    lines = sum(bool(line.strip()) for source in shown for line in source.splitlines())
    return 5*max(1, math.ceil((words/WORDS + lines/LINES)/5))

def is_engine_room(path):
    "Does its head say so, at the beginning of a line?"
    return any(re.search(r"^(> |\*\*)?Engine room\b(?!s)", c.source, re.M) for c in read(path).cells[:2])

def row(path):
    "One line of the table: link, promise, module, minutes"
    first, source = read(path).cells[0].source, "\n".join(c.source for c in read(path).cells)
    title, promise = re.match(r"# (.*)\n+> (.*)", first).groups()
    module = re.search(r"#\s*\|\s*default_exp\s+(\S+)", source)[1]
    room = " (engine room)" if is_engine_room(path) else ""
    return f"| [{title}]({path.name}){room} | {promise.strip().rstrip('.')} | `{module}` | {minutes(path)} |"

def table():
    "Markdown of all chapters, by parts"
    lines = ["| chapter | the idea | module | read, min |", "|---|---|---|---|"]
    for part, (first, last) in PARTS.items():
        lines.append(f"| **{part}** | | | |")
        lines += [row(p) for p in chapters() if first <= int(p.name[:2]) <= last]
    return "\n".join(lines)

def with_table(source):
    "The cell of the index with its table made anew"
    return re.sub(r"\| chapter \|.*?(?=\n\n)", lambda m: table(), source, flags=re.S)

def with_minutes(path):
    "A notebook whose head says how long it takes to read"
    nb = nbformat.read(path, 4)
    for c in nb.cells[:2]:
        c.source = re.sub(r"\b(?:About )?(?:\d+|Five|Ten|Fifteen) minutes (to read|of reading)",
                          f"{minutes(path)} minutes \\1", c.source)
    return nb

def relink(text):
    "Rewrite relative links and pictures of nbs/ as seen from the root"
    fix = lambda m: m[0] if re.match(r"[a-z]+:|#|/", m[2]) else f"{m[1]}({os.path.normpath(os.path.join('nbs', m[2]))})"
    return re.sub(r"(!?\[[^\]]*\])\(([^)\s]+)\)", fix, text)

def blocks(nb):
    "Markdown of every cell that a reader should see"
    for c in nb.cells:
        if c.cell_type == "markdown": yield relink(c.source)
        elif c.cell_type == "code" and not re.match(r"#\s*\|\s*hide", c.source):
            yield f"```python\n{c.source}\n```"
            for o in c.outputs:
                text = o.get("text") or o.get("data", {}).get("text/plain", "")
                if text: yield f"```text\n{text.rstrip()}\n```"

def index():
    "The index as it should be"
    nb = nbformat.read(INDEX, 4)
    for c in nb.cells:
        if c.cell_type == "markdown": c.source = with_table(c.source)
    return nb

def readme():
    return "<!-- made from nbs/index.ipynb by tools/make_readme.py: edit the notebook -->\n\n" + "\n\n".join(blocks(index())).rstrip() + "\n"

def wanted():
    "{path: text} of everything that this script writes"
    books = {p: nbformat.writes(with_minutes(p)) + "\n" for p in chapters()}
    return {**books, INDEX: nbformat.writes(index()) + "\n", ROOT/"README.md": readme()}

def main(args):
    check = "--check" in args
    differs = {p: t for p, t in wanted().items() if p.read_text(encoding="utf-8") != t}
    for p, text in differs.items():
        print(("not up to date: " if check else "written ") + str(p.relative_to(ROOT)))
        if not check: p.write_text(text, encoding="utf-8")
    return int(check and bool(differs))

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
