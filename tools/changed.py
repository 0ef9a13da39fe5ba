"""What `make test FAST=1` runs: the notebooks that differ from the last commit, and of each changed module
the three test files that import most from it. Prints the paths, one a line.

Example: python tools/changed.py            python tools/changed.py nbs/04_flow_matching.ipynb
"""
import ast, re, subprocess, sys
from renumber import ROOT

ALWAYS = ["tests/test_notebooks.py", "tests/test_house.py"]

def differing():
    "Paths that differ from the last commit, as git names them"
    git = lambda *a: subprocess.run(["git", *a], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [p for p in git("diff", "--name-only", "HEAD") + git("ls-files", "--others", "--exclude-standard") if p and (ROOT/p).exists()]

def module_of(path):
    "The module that a notebook exports, with dots; None for one that exports nothing"
    found = re.search(r"#\s*\|\s*default_exp\s+([\w.]+)", (ROOT/path).read_text(encoding="utf-8"))
    return found and f"smolvla.{found[1]}"

def imported(path, module):
    "How many names a test file takes from a module; a module as a whole counts three"
    n = 0
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == module: n += len(node.names)
        if isinstance(node, ast.ImportFrom) and node.module: n += 3*sum(f"{node.module}.{a.name}" == module for a in node.names)
        if isinstance(node, ast.Import): n += 3*sum(a.name == module for a in node.names)
    return n

def guards(module, most=3):
    "The test files that use a module most"
    counts = {p: imported(p, module) for p in (ROOT/"tests").glob("test_*.py")}
    return [str(p.relative_to(ROOT)) for p in sorted(counts, key=lambda p: (-counts[p], p.name))[:most] if counts[p]]

def main(paths):
    paths = paths or differing()
    books = [p for p in paths if p.endswith(".ipynb") and p.split("/")[0] in ("nbs", "tutorials", "hardware")]
    tests = [p for p in paths if re.fullmatch(r"tests/test_\w+\.py", p)]
    for m in filter(None, map(module_of, books)): tests += guards(m)
    print(*dict.fromkeys([*books, *tests, *ALWAYS]), sep="\n")

if __name__ == "__main__": main(sys.argv[1:])
