"""Stub files (.pyi) for the modules whose classes grow by `@patch`, so that an editor completes their methods.

Example: python tools/make_stubs.py            rewrite what differs
         python tools/make_stubs.py --check    only name the files that differ, exit 1 if any
"""
import ast, sys
from renumber import ROOT

DEFS = ast.FunctionDef | ast.AsyncFunctionDef

def patched(node):
    "(class, kind) of a function under `@patch`, else None; kind: '', 'property' or 'classmethod'"
    for d in getattr(node, "decorator_list", []):
        if ast.unparse(d).split("(")[0] != "patch": continue
        options = {k.arg for k in d.keywords} if isinstance(d, ast.Call) else set()
        owner = ast.unparse(node.args.args[0].annotation).strip("\"'")
        return owner, "property" if "as_prop" in options else "classmethod" if "cls_method" in options else ""

def head(node, kind=None):
    "A function without its body; kind: of a patched one"
    doc = ast.get_docstring(node, clean=False)
    node.body = ([ast.Expr(ast.Constant(doc))] if doc else []) + [ast.Expr(ast.Constant(...))]
    if kind is not None:
        node.decorator_list = [ast.Name(kind)] if kind else []
        node.args.args[0].annotation = None
    return node

def class_stub(node, grown):
    "A class with the methods of its body and those that were patched in later, in their order"
    own = [head(x) if isinstance(x, DEFS) else x for x in node.body]
    later = {x.name: x for x in grown}
    node.body = [x for x in own if getattr(x, "name", None) not in later] + list(later.values())
    return node

def stub(source):
    "The text of the stub, or None when nothing is patched"
    tree, grown, rest = ast.parse(source), {}, []
    for node in tree.body:
        if isinstance(node, DEFS) and (p := patched(node)): grown.setdefault(p[0], []).append(head(node, p[1]))
        else: rest.append(node)
    classes = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
    if not grown.keys() & classes: return None
    out = []
    for node in rest:
        if isinstance(node, ast.ClassDef): out.append(class_stub(node, grown.get(node.name, [])))
        elif isinstance(node, DEFS): out.append(head(node))
        elif isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)): out.append(node)
        elif isinstance(node, ast.Try | ast.If): out += [x for x in ast.walk(node) if isinstance(x, ast.Import | ast.ImportFrom)]
    return f"# made by tools/make_stubs.py: do not edit\n{ast.unparse(ast.Module(out, []))}\n"

def front_door():
    "The lazy names of smolvla/__init__.py, as plain imports"
    import smolvla
    lines = [f"from .{module} import {name} as {name}" for name, module in smolvla._DOOR.items()]
    return "\n".join(["# made by tools/make_stubs.py: do not edit", "__version__: str", *lines]) + "\n"

def wanted():
    "{path of a stub: its text}"
    modules = [p for p in (ROOT/"smolvla").rglob("*.py") if not p.name.startswith("_") and "assets" not in p.parts]
    texts = {p.with_suffix(".pyi"): stub(p.read_text(encoding="utf-8")) for p in modules}
    return {ROOT/"smolvla"/"__init__.pyi": front_door(), **{p: t for p, t in texts.items() if t}}

def main(args):
    new, check = wanted(), "--check" in args
    old = {p: p.read_text(encoding="utf-8") for p in (ROOT/"smolvla").rglob("*.pyi")}
    differs = [p for p in sorted(new.keys() | old.keys()) if new.get(p) != old.get(p)]
    for p in differs:
        print(f"{p.relative_to(ROOT)} " + ("differs: run python tools/make_stubs.py" if check else "written" if p in new else "removed"))
        if check: continue
        if p in new: p.write_text(new[p], encoding="utf-8")
        else: p.unlink()
    return int(check and bool(differs))

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
