"README.md from nbs/index.ipynb: the same cells, with links that start at the repository instead of nbs/."
import os, re, sys
from pathlib import Path
import nbformat
from renumber import ROOT

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

def readme():
    nb = nbformat.read(ROOT/"nbs"/"index.ipynb", 4)
    return "<!-- made from nbs/index.ipynb by tools/make_readme.py: edit the notebook -->\n\n" + "\n\n".join(blocks(nb)).rstrip() + "\n"

if __name__ == "__main__": sys.exit((ROOT/"README.md").write_text(readme(), encoding="utf-8") and 0)
