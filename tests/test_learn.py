"Exercises: the solution passes, typical wrong answers fail with messages of their own, an empty answer is no failure"
import ast, re, sys
from functools import cache
import matplotlib
import nbformat
import pytest
from renumber import ROOT, notebooks
from smolvla import learn

sys.path.insert(0, str(ROOT/"tests"/"graders"))
read = cache(lambda path: nbformat.read(path, 4))

def exercises():
    "(notebook, name, its cells: stub, check, solution) of every exercise that is checked"
    for path in notebooks():
        cells = read(path).cells
        for k, c in enumerate(cells):
            if c.cell_type == "code" and (m := re.fullmatch(r'check\((?:(\w+)|.*"(\w+)")\)', c.source.strip())):
                yield path, m[1] or m[2], cells[k - 1], c, cells[k + 1]

ALL = list(exercises())
each = pytest.mark.parametrize("path, name, stub, call, solution", ALL, ids=[f"{p.stem}-{n}" for p, n, *_ in ALL])

@cache
def wrong(stem):
    "The wrong answers of a chapter"
    names = {}
    exec((ROOT/"tests"/"graders"/f"{stem}.py").read_text(encoding="utf-8"), names)
    return names["WRONG"]

def namespace(path):
    "What a learner has at hand: the imports of the notebook, and what it exports"
    names = {}
    matplotlib.use("Agg")
    for c in read(path).cells:
        if c.cell_type != "code": continue
        tree = ast.parse("\n".join(x for x in c.source.splitlines() if not x.startswith("%")))
        if tree.body and all(isinstance(x, (ast.Import, ast.ImportFrom)) for x in tree.body) and "nbdev" not in c.source: exec(c.source, names)
        for f in tree.body:
            if isinstance(f, ast.FunctionDef) and not f.decorator_list: exec(ast.unparse(f), names)
        if m := re.search(r"#\s*\|\s*default_exp\s+(\S+)", c.source): exec(f"import smolvla.{m[1]} as _m\nglobals().update(vars(_m))", names)
    return names

def answer(path, name, code):
    names = namespace(path)
    exec(code, names)
    return names[name]

def test_there_are_exercises(): assert len(ALL) >= 3

@each
def test_the_solution_passes(path, name, stub, call, solution):
    code = re.search(r"<summary>Solution</summary>.*?```python\n(.*?)```", solution.source, re.S)[1]
    verdict = learn.grade(answer(path, name, code), name)
    assert verdict.passed and len(verdict.holds) >= 2, str(verdict)

@each
def test_wrong_answers_fail_each_in_its_way(path, name, stub, call, solution):
    answers = wrong(path.stem)[name]
    verdicts = [learn.grade(answer(path, name, code), name) for code in answers]
    assert len(verdicts) >= 2 and not [v.name for v in verdicts if v.passed or not v.attempted], [str(v) for v in verdicts]
    assert len({(v.fails, v.reason) for v in verdicts}) == len(verdicts), "two wrong answers get the same message"
    assert all(v.hint and v.reason for v in verdicts)

@each
def test_the_stub_is_not_attempted(path, name, stub, call, solution):
    assert not learn.grade(answer(path, name, stub.source), name).attempted
    assert f"{name}: not attempted yet" in call.outputs[0].text, "what the reader sees first"
    assert "<details><summary>Solution</summary>" in solution.source and not solution.source.count("<summary>Hint")

def test_no_author_checks_himself():
    "In a chapter with checks nobody defines the learner's function again"
    for path in {p for p, *_ in ALL}:
        names = {n for p, n, *_ in ALL if p == path}
        defined = [n for c in read(path).cells if c.cell_type == "code" for n in re.findall(r"^(?:def|class) (\w+)", c.source, re.M)]
        assert not [n for n in names if defined.count(n) != 1]
