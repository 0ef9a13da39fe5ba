"""smolvla/serve/async_pb2.py from smolvla/assets/async.proto.

Example: python tools/make_proto.py            rewrite it
         python tools/make_proto.py --check    only say whether it differs, exit 1 if it does
"""
import sys, tempfile
from importlib.resources import files
from pathlib import Path
from renumber import ROOT

PROTO, MADE = ROOT/"smolvla"/"assets"/"async.proto", ROOT/"smolvla"/"serve"/"async_pb2.py"

def fresh():
    "The text that the file should hold"
    from grpc_tools import protoc
    with tempfile.TemporaryDirectory() as tmp:
        args = ["protoc", f"-I{PROTO.parent}", f"-I{files('grpc_tools')/'_proto'}", f"--python_out={tmp}", PROTO.name]
        if protoc.main(args): raise SystemExit(f"make_proto: {PROTO} has mistakes, see above")
        return (Path(tmp)/MADE.name).read_text(encoding="utf-8")

def main(args):
    text = fresh()
    differs = not MADE.is_file() or MADE.read_text(encoding="utf-8") != text
    if differs and "--check" not in args: MADE.write_text(text, encoding="utf-8")
    if differs: print(f"{MADE.relative_to(ROOT)} " + ("differs from async.proto; run: python tools/make_proto.py" if "--check" in args else "written"))
    return int(differs and "--check" in args)

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
