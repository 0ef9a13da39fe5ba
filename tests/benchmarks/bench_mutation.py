"""Do the tests notice a wrong program? Small faults are put into the code, one at a time, and the tests that guard it must fail.

    pip install --no-deps --target outputs/cosmic_ray cosmic-ray==8.7.0 parso==0.8.7 attrs stevedore   once; in nobody's environment
    python tests/benchmarks/bench_mutation.py                    all parts, 80 faults each (about an hour; --jobs 2 halves it)
    python tests/benchmarks/bench_mutation.py arm flow --n 20    two parts, 20 faults each
    python tests/benchmarks/bench_mutation.py --again            once more those that survived, after new tests; with --tests by these alone
    python tests/benchmarks/bench_mutation.py --keep             also write tests/benchmarks/mutation.json; verdicts written there by hand stay
    python tests/benchmarks/bench_mutation.py --show             print that file, run nothing

Printed: for each part the faults noticed (killed) of those tried, with Wilson's interval, and those that survived, with file and line.
In the kept file writer and flow were first met by test_writer.py and test_flow.py alone, so there the rate is a lower bound.
Tests in real time are left out (they need a quiet machine), and one that hangs counts as a notice. Every result goes to outputs/bench/mutation.jsonl at once, and an interrupted run goes on from there.
A fault is known by its operator and the function that it makes, so a change elsewhere in the file leaves its result standing.

The faults are cosmic-ray's (mutmut 3 leaves out decorated functions, and half of this code stands below `@patch`), and one of our own, a
statement left out. Not touched: docstrings, annotations, texts of errors and logs, figures (`explain`, `plot_mask`), decorators.
The first n by a hash of seed and fault are tried, no place twice before all had their turn.
It runs in copies of the tracked files, never in the working tree. One process imports what is slow and forgets smolvla again; a fork of it
imports the changed copy and runs the tests of the part, and the cells of its chapter that are not exported. Linux and macOS.
"""
import argparse, hashlib, json, os, re, shlex, shutil, signal, subprocess, sys, tempfile, time
from collections import Counter
from pathlib import Path
from smolvla.evaluate.report import machine
from smolvla.evaluate.rates import Rate

ROOT, HERE = Path(__file__).resolve().parents[2], Path(__file__).resolve().parent
OUT, KEPT = Path("outputs/bench/mutation.jsonl"), HERE/"mutation.json"
sys.path += [os.environ.get("COSMIC_RAY", str(ROOT/"outputs/cosmic_ray"))]
REAL = ("stops escape keys calibrating python_ends_and replaced real_time one_port connecting_twice another_thread_moves watchdog_lowers closing_while "
        "while_close two_threads watchdog_survives teleoperating_twins commands panel kinematics the_lab jogging survives_and_says held_down")  # real time, or no safety
ARM = ["tests/test_arm_safety.py", "tests/test_so101.py", "-k", " and ".join(f"not {w}" for w in REAL.split())]
DATA = ["tests/test_data.py", "tests/test_data_foreign.py", "-k"]
PUT = ("test_writer or writer or resume or discard or undo or crash or full or round_trip or strings_are_written or leftovers or links or "
       "planted or bad_frame or lossless or ctrl_c or odd_sizes or new_sets or going_on or other_units")
PARTS = {  # module, where it begins and ends, what pytest is told, chapter
    "processing": ("model.processing", "", "", ["tests/test_processing.py"], ""),
    "flow": ("model.flow", "", "", ["tests/test_flow.py"], "04_flow_matching"),
    "masks": ("model.masks", "", "", ["tests/test_masks.py"], "05_attention_masks"),
    "statistics": ("data.stats", "", "", ["tests/test_statistics.py", *DATA, "stat or aggregation or count"], ""),
    "writer": ("data.writer", "", "", ["tests/test_writer.py", *DATA, PUT, "tests/test_data_hostile.py"], ""),
    "arm": ("arm.so101", "class NotSafe", "", ARM, "")}
DRAWN, BITS = {"explain", "plot_mask"}, {"BitOr", "BitAnd", "BitXor", "LShift", "RShift"}


def path_of(module): return f"smolvla/{module.replace('.', '/')}.py"

# --- faults ---

def left_out(leaf, operator):
    "Is this an annotation, or part of a text that only people read?"
    node = leaf
    while (below := node) and (node := node.parent):
        code = node.get_code(include_prefix=False)
        if node.type == "raise_stmt" and operator != "RemoveStatement" or node.type == "tfpdef" or node.type == "fstring" and "/" not in code: return True
        if node.type == "annassign" and below is node.children[1]: return True
        if node.type == "funcdef" and (node.annotation is below or node.name.value in DRAWN): return True
        if re.match(r"(warnings\.warn|print|(self|arm)\.log)\(", code): return True

def trivial(name, leaf):
    "Would this only raise TypeError wherever it runs, or compare texts by the alphabet?"
    kind, *pair = name.split("_")
    text = any(n and (n.type in ("string", "fstring_start", "fstring_end") or n.value == "{") for n in (leaf.get_next_leaf(), leaf.get_previous_leaf()))
    if kind == "ReplaceBinaryOperator": return text or (pair[0] in BITS) != (pair[1] in BITS)
    if kind != "ReplaceComparisonOperator": return False
    return ("Is" in pair or "IsNot" in pair) and set(pair) != {"Is", "IsNot"} or text and set(pair) != {"Eq", "NotEq"}

def removable(node):
    "Statements of a line that can be left out without a NameError."
    from parso.python.tree import ExprStmt
    whole = lambda c: not isinstance(c, ExprStmt) or c.children[0].type != "name" or c.children[1].type == "operator" and c.children[1].value != "="
    return [c for c in node.children if c.type in ("raise_stmt", "atom_expr", "expr_stmt") and whole(c)] if node.type == "simple_stmt" else []

def operators():
    import parso
    from cosmic_ray.operators.operator import Operator
    from cosmic_ray.operators.provider import OperatorProvider
    class RemoveStatement(Operator):
        def mutation_positions(self, node): return [(c.start_pos, c.end_pos) for c in removable(node)]
        def mutate(self, node, index):
            old = removable(node)[index]
            node.children[node.children.index(old)] = parso.parse(old.get_first_leaf().prefix + "pass")
            return node
        @classmethod
        def examples(cls): return ()
    provider = OperatorProvider()
    skip = {"RemoveDecorator", "VariableReplacer", "VariableInserter"}
    return {"RemoveStatement": RemoveStatement(), **{n: provider[n]() for n in provider if n not in skip}}

def faults(part, n, seed):
    "n faults of a part as dicts, in the order in which they are tried; how many there are."
    from cosmic_ray.ast import ast_nodes, get_ast
    module, begin, end, *_ = PARTS[part]
    source, found, ops = (ROOT/path_of(module)).read_text(), [], operators()
    first, last = (source.index(f"\n{t}") if t else other for t, other in ((begin, 0), (end, len(source))))
    for cell in re.finditer(r"(?<=# %% \.\.)[^\n]*\n((?:(?!# %% \.\.)[^\n]*\n)*)", source):
        if not first < cell.end() <= last + 1: continue
        code, above = cell[1], source.count("\n", 0, cell.start(1))
        tree = get_ast(code)
        nodes = list(ast_nodes(tree))
        for name, op in ops.items():
            for k, ((line, column), _) in enumerate(p for node in nodes for p in op.mutation_positions(node)):
                leaf = tree.get_leaf_for_position((line, column), True)
                if left_out(leaf, name) or trivial(name, leaf): continue
                found.append(dict(part=part, operator=name, line=line + above, column=column, occurrence=k, id=digest(name, code, k),
                                  order=digest(seed, name, code, k), cell=(cell.start(1), cell.end(1))))
    turn = Counter()
    for f in sorted(found, key=lambda f: f["order"]): f["turn"] = turn[f["line"], f["column"]] = turn[f["line"], f["column"]] + 1
    chosen = []
    for f in sorted(found, key=lambda f: (f["turn"], f["order"])):
        if len(chosen) < n and write_fault(f, source, ops[f["operator"]]): chosen.append(f)
    return chosen, len(found)

def write_fault(f, source, op):
    "Add the faulty source; False when it is no Python (`not` before a walrus)."
    from cosmic_ray.mutating import mutate_code
    a, b = f.pop("cell")
    try: compile(new := mutate_code(source[a:b], op, f["occurrence"]), "cell", "exec")
    except SyntaxError: return False
    f["source"] = source[:a] + new + source[b:]
    f["before"], f["after"] = (t.splitlines()[f["line"] - 1].strip() for t in (source, f["source"]))
    return True

def digest(*parts): return hashlib.sha1(repr(parts).encode()).hexdigest()[:12]


# --- one fault ---

def copy_tree(to):
    for name in subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).splitlines():
        if (ROOT/name).is_file(): (to/name).parent.mkdir(parents=True, exist_ok=True); shutil.copy2(ROOT/name, to/name)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", to/"smolvla"], check=True)
    return to

def warm():
    "Everything slow is imported; of smolvla nothing is left."
    import execnb.shell, hypothesis, pytest
    import smolvla.serve.loop, smolvla.data.edit, smolvla.model.policy, smolvla.arm.cameras, smolvla.setup_check, smolvla.arm.calibration, smolvla.train.loop
    for name in [m for m in sys.modules if m.split(".")[0] == "smolvla"]: del sys.modules[name]

class First:
    "pytest's plugin that remembers the first test that failed"
    name = ""
    def pytest_runtest_logreport(self, report): self.name = self.name or report.failed*report.nodeid
    def pytest_collectreport(self, report): self.name = self.name or report.failed*f"collecting {report.nodeid}"

def cells_fail(chapter, module):
    "The cells of a chapter that are not exported, with the names of the module"
    from importlib import import_module
    from execnb.shell import CaptureShell
    os.chdir("nbs")
    shell = CaptureShell()
    shell.user_ns.update(vars(import_module(f"smolvla.{module}")))
    for cell in json.loads(Path(f"{chapter}.ipynb").read_text())["cells"]:
        code = "".join(cell["source"])
        if cell["cell_type"] != "code" or re.match(r"#\s*\|\s*export|(.|\n)*nbdev_export", code): continue
        shell.run(code)
        if shell.exc: return f"nbs/{chapter}.ipynb: {code[:60]!r}"

def child(part, copy, answer, writes):
    import pytest
    module, _, _, tests, chapter = PARTS[part]
    os.setsid(); os.chdir(copy)
    log = os.open(copy/"log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for k in (1, 2): os.dup2(log, k)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path[:0] = [str(copy)]
    os.environ.update(PYTHONPATH=str(copy), IN_TEST="1", MPLBACKEND="agg")
    sys.dont_write_bytecode = not writes
    first, tests = First(), [t for t in tests if not t.endswith(".py") or Path(t).is_file()]
    status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:nbval", *tests], plugins=[first])
    by = first.name or "pytest's status {}".format(int(status)) if status else cells_fail(chapter, module) if chapter else None
    answer.write_text(json.dumps(by))

def start(part, copy, source, writes=False):
    "A fork that tests the copy with this source of the module; its id and where its answer will be."
    module, answer = PARTS[part][0], copy/"answer.json"
    answer.unlink(missing_ok=True)
    path = copy/path_of(module)
    for old in (path.parent/"__pycache__").glob(f"{path.stem}.*"): old.unlink()
    path.write_text(source)
    sys.stdout.flush()
    if pid := os.fork(): return pid, answer
    try: child(part, copy, answer, writes)
    finally: os._exit(0)

def finish(pid, answer, until):
    "None while it runs; else who noticed the fault, '' for nobody."
    late = time.monotonic() > until
    if not late and os.waitpid(pid, os.WNOHANG) == (0, 0): return None
    try: os.killpg(pid, signal.SIGKILL)   # also what its tests left behind
    except ProcessLookupError: pass
    if late: os.waitpid(pid, 0)
    if late or not answer.is_file(): return "timeout" if late else "crash"
    return json.loads(answer.read_text()) or ""

def alone(part, copy, source, seconds=600, writes=False):
    pid, answer = start(part, copy, source, writes)
    until = time.monotonic() + seconds
    while (by := finish(pid, answer, until)) is None: time.sleep(.05)
    return by


# --- all of them ---

def healthy(part, copies):
    "Refuse to measure with tests that fail anyway, or that do not look; how long they take."
    source, times = (ROOT/path_of(PARTS[part][0])).read_text(), []
    for copy in copies:
        t = time.monotonic()
        if by := alone(part, copy, source, writes=True): sys.exit(f"{part}: the tests fail without any fault, first {by}: see {copy/'log.txt'}")
        times.append(time.monotonic() - t)
    if not alone(part, copies[0], source + "\nfor _ in __all__: globals()[_] = None\n"): sys.exit(f"{part}: nobody noticed that the module was empty")
    return max(times)

def go(part, todo, copies, seconds):
    "Test each fault of `todo`, one in each copy at a time; yields (fault, who noticed it)."
    todo, free, running = list(todo), list(copies), []
    while todo or running:
        while todo and free:
            f, copy = todo.pop(0), free.pop()
            running.append((f, copy, *start(part, copy, f["source"]), time.monotonic() + seconds))
        time.sleep(.05)
        for r in list(running):
            f, copy, pid, answer, until = r
            if (by := finish(pid, answer, until)) is None: continue
            running.remove(r)
            free.append(copy)
            yield f, by

def read_all():
    "id -> results, the oldest first"
    rows = {}
    for line in OUT.read_text().splitlines() if OUT.is_file() else (): rows.setdefault((r := json.loads(line))["id"], []).append(r)
    return rows

def show(kept):
    print(f"{kept['n']} faults a part, seed {kept['seed']}, {kept['machine']['processor']}")
    for part, p in kept["parts"].items():
        print(f"{part:<11} noticed {Rate(p['killed'], p['sampled'])} of {p['faults']} possible faults; by the tests of {p['before']['commit']} "
              f"{p['before']['killed']}/{p['before']['sampled']}")
        for s in p["survived"]: print(f"    {s['at']} {s['operator']}: {s['verdict']}\n        {s['before']}\n        {s['after']}")

def table(a, samples):
    "What is known of the samples, with the verdicts of the kept file"
    old = json.loads(KEPT.read_text())["parts"] if KEPT.is_file() else {}
    verdicts = {s["id"]: s["verdict"] for p in old.values() for s in p["survived"]}
    rows, parts = read_all(), dict(old)
    for part, (sample, total) in samples.items():
        tried = [f for f in sample if f["id"] in rows]
        survived = [dict(id=f["id"], at=f"{path_of(PARTS[part][0])}:{f['line']}", operator=f["operator"], before=f["before"], after=f["after"],
                         verdict=verdicts.get(f["id"], "not judged yet")) for f in tried if not rows[f["id"]][-1]["by"]]
        first = [r for f in tried if (r := rows[f["id"]][0])["commit"] == a.first]
        before = dict(commit=a.first, sampled=len(first), killed=sum(bool(r["by"]) for r in first))
        parts[part] = dict(faults=total, sampled=len(tried), killed=len(tried) - len(survived), before=before, survived=survived)
    return dict(n=a.n, seed=a.seed, machine=dict(machine()), parts={p: parts[p] for p in PARTS if p in parts})

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; all when none is named")
    p.add_argument("--n", type=int, default=80, help="faults of each part")
    p.add_argument("--seed", type=int, default=0, help="which ones")
    p.add_argument("--jobs", type=int, default=1, help="how many at a time, each in a copy of its own")
    p.add_argument("--again", action="store_true", help="try those once more that survived, or whose tests ran out of time")
    p.add_argument("--tests", help="what pytest is told in this run, for example 'tests/test_flow.py -k order': new tests alone tell whether a survivor is noticed now")
    p.add_argument("--keep", action="store_true", help="also write tests/benchmarks/mutation.json")
    p.add_argument("--first", default="cfffe9e", help="commit whose tests are the comparison")
    p.add_argument("--show", action="store_true", help="print tests/benchmarks/mutation.json and run nothing")
    a = p.parse_args()
    if a.show: return show(json.loads(KEPT.read_text()))
    if strange := set(a.parts) - PARTS.keys(): p.error(f"{', '.join(strange)}: choose from {', '.join(PARTS)}")
    if a.tests: PARTS.update({part: (*PARTS[part][:3], shlex.split(a.tests), "") for part in a.parts or PARTS})
    samples, done = {part: faults(part, a.n, a.seed) for part in a.parts or PARTS}, read_all()
    todo = {part: [f for f in sample if f["id"] not in done or a.again and done[f["id"]][-1]["by"] in (None, "", "timeout")] for part, (sample, _) in samples.items()}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()
    with tempfile.TemporaryDirectory() as folder:
        copies = [copy_tree(Path(folder).resolve()/str(k)) for k in range(a.jobs if any(todo.values()) else 0)]
        if copies: warm()
        for part, fs in todo.items():
            if not fs: continue
            seconds = healthy(part, copies)
            print(f"{part}: {len(fs)} faults to try; without any, the tests take {seconds:.0f} s", flush=True)
            for k, (f, by) in enumerate(go(part, fs, copies, 15 + 2*seconds), 1):
                with OUT.open("a") as out: out.write(json.dumps({**{q: f[q] for q in ("id", "part", "operator", "line", "before", "after")}, "by": by, "commit": commit}) + "\n")
                print(f"{k:>4} {f['line']:>5} {f['operator']:<40} {by or 'SURVIVED: ' + f['after']}", flush=True)
    kept = table(a, samples)
    if a.keep: KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    show(kept)

if __name__ == "__main__": main()
