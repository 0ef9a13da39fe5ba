"Hygiene of the course: what a reader, nbdev and nbval rely on, checked without running a notebook."
import ast, json, re
from collections import Counter
from functools import cache

import nbformat
import pytest

from fresh_export import differences                                # tools/ is on the path, see pytest.ini
import make_readme
from make_readme import readme
from renumber import ROOT, normal, notebooks

NBS = notebooks()
MODULES = sorted((ROOT/"smolvla").rglob("*.py"))
each = pytest.mark.parametrize("path", NBS, ids=lambda p: str(p.relative_to(ROOT)))

read = cache(lambda p: nbformat.read(p, 4))
def code(p): return [c for c in read(p).cells if c.cell_type == "code"]
def exported(c): return re.match(r"#\s*\|\s*exports?\b", c.source)
def plain(src): return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", l) for l in src.splitlines())

def texts(o): return [o.get("text", ""), *(v for k, v in o.get("data", {}).items() if k.startswith("text/"))]

def test_the_search_finds_the_course(): assert len(NBS) >= 3 and ROOT/"nbs"/"index.ipynb" in NBS

@each
def test_clean_and_numbered(path):
    assert normal(path) == path.read_text(encoding="utf-8"), "run: python tools/renumber.py"
    assert [c.execution_count for c in code(path)] == list(range(1, len(code(path)) + 1))

@each
def test_title_and_promise(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown" and re.match(r"# \S.*\n+> \S", first.source), "the first cell is `# Title` and `> promise`"

@each
def test_cells_are_short(path):
    "The fields of a configuration are a table, not code, and do not count."
    field = re.compile(r"    \w+: ?[^=]+= ?[^,#]*(#.*)?$")
    long = [(i, n) for i, c in enumerate(read(path).cells) if c.cell_type == "code"
            and (n := sum(bool(line.strip()) and not field.match(line) for line in c.source.splitlines())) > 40]
    assert not long, f"(cell, lines) over 40: {long}"

@each
def test_imports_stand_alone(path):
    "nbdev's documentation runs import cells in a fresh namespace, so nothing else may be in them"
    mixed = []
    for i, c in enumerate(read(path).cells):
        if c.cell_type != "code" or "nbdev_export()" in c.source: continue
        kinds = {isinstance(s, (ast.Import, ast.ImportFrom)) for s in ast.parse(plain(c.source)).body if not isinstance(s, ast.Pass)}
        if len(kinds) == 2: mixed.append((i, c.source[:60]))
    assert not mixed, f"imports mixed with code: {mixed}"

@each
def test_directives_come_first(path):
    for i, c in enumerate(read(path).cells):
        if c.cell_type != "code": continue
        lines = c.source.splitlines()
        at = [k for k, l in enumerate(lines) if re.match(r"#\s*\|", l)]
        assert at == list(range(len(at))), f"cell {i}: a directive below another line is ignored by nbdev"
        assert not (exported(c) and "NBVAL" in c.source), f"cell {i}: an NBVAL mark would be exported into the module"

@each
def test_stored_outputs(path):
    for i, c in enumerate(read(path).cells):
        for o in c.get("outputs", []):
            assert o.output_type != "error", f"cell {i} ends in an error"
            assert o.get("name") != "stderr", f"cell {i} stores stderr: {o.text[:80]}"
            for t in texts(o): assert not re.search(r" at 0x[0-9a-f]{6}", t), f"cell {i} shows a memory address"

@each
def test_small_enough(path): assert path.stat().st_size < 700_000, "a notebook stays below 700 KB: fewer or smaller figures"

@each
def test_ends_with_the_export(path):
    if any("default_exp" in c.source for c in code(path)): assert "nbdev_export()" in read(path).cells[-1].source

@each
def test_links_resolve(path):
    for c in read(path).cells:
        if c.cell_type != "markdown": continue
        for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", c.source, flags=re.S)):
            if re.match(r"[a-z]+:|#", link): continue
            assert (path.parent/link.split("#")[0]).exists(), f"dead link {link!r}"

def test_one_notebook_per_module():
    names = Counter(m for p in NBS for c in code(p) for m in re.findall(r"#\s*\|\s*default_exp\s+(\S+)", c.source))
    assert names and not [n for n, k in names.items() if k > 1], "two notebooks write one module; the last would silently win"

def test_modules_are_a_fresh_export(monkeypatch):
    monkeypatch.delenv("IN_TEST", raising=False)
    assert not [str(p) for p in differences()], "edit the notebook, then run nbdev_export"

def test_readme_is_the_index():
    assert (ROOT/"README.md").read_text(encoding="utf-8") == readme(), "run: python tools/make_readme.py"
    for link in re.findall(r"\]\(([^)\s]+)\)", readme()): assert re.match(r"[a-z]+:|#", link) or (ROOT/link.split("#")[0]).exists(), link

def test_reading_times_and_the_table_are_computed(): assert make_readme.main(["--check"]) == 0, "run: python tools/make_readme.py"

def test_the_index_lists_every_chapter():
    index = "".join(c.source for c in read(ROOT/"nbs"/"index.ipynb").cells)
    assert not [p.name for p in NBS if p.parent == ROOT/"nbs" and p.name != "index.ipynb" and f"({p.name})" not in index]

def test_the_index_says_what_was_measured():
    "The success rates of the front page are those of tests/benchmarks/shipped.json, and the weights are the ones that were measured"
    import hashlib
    shipped = json.loads((ROOT/"tests"/"benchmarks"/"shipped.json").read_text())
    front = readme()
    for task, row in shipped["rows"].items():
        line = next(x for x in front.splitlines() if x.startswith(f"| {task} |"))
        assert "{}/{}".format(*row["success"]) in line and "{}/{}".format(*row["touched_right"]) in line, line
    weights = ROOT/"smolvla"/"assets"/"nano_policy"/"model.safetensors"
    assert hashlib.sha256(weights.read_bytes()).hexdigest().startswith(shipped["weights"]), "the shipped weights changed: run tests/benchmarks/eval_shipped.py --keep"

def test_the_index_says_how_fast():
    "The table of the front page is that of tests/benchmarks/speed.json, both columns"
    front, speed = readme(), json.loads((ROOT/"tests"/"benchmarks"/"speed.json").read_text())
    rows = [r for r in speed["rows"] if f"| {r['what']} |" in front]
    assert len(rows) >= 5 and set(speed["columns"]) == {"as it is", "limited to AVX2"}
    for r in rows: assert f"| {r['what']} | {' | '.join(r['measured'].values())} |" in front, r

@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_pickle_and_no_shell(path):
    "Weights travel as safetensors and JSON: files from strangers must not be able to run code"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            assert not {"pickle", "cPickle", "dill", "joblib"} & set(names), names
        if isinstance(node, ast.Call):
            f = ast.unparse(node.func)
            assert f not in ("torch.load", "torch.save", "os.system", "eval", "exec"), f"{f} in line {node.lineno}"
            kw = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            assert kw.get("shell") is not True and kw.get("allow_pickle") is not True and kw.get("weights_only") is not False, f"line {node.lineno}"
