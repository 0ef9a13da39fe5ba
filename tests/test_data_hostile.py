"Data sets made to hurt: whatever they say, reader, doctor, repair and writer end in one sentence, soon, inside their folder."
import os
import json, os, shutil, signal, struct, warnings, zlib
from contextlib import contextmanager
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from smolvla import files as D_files
from smolvla.data import layout as D_layout
from smolvla.data import writer as D_writer
import smolvla.data.dataset as D
from smolvla.data.dataset import LeRobotDataset
from smolvla.files import DatasetError, write_durable
from smolvla.data.writer import DatasetWriter, vector_feature
from smolvla.data.doctor import doctor, repair
from smolvla.files import parse_json
from smolvla.data.layout import fill
from foreign_sets import CAM, PICTURES, as_v21, build, edit, edit_episodes, edit_feature, edit_info, png

@contextmanager
def soon(seconds=20):
    "A hang is a failure. Generous, because the machine may be busy; on its own each case takes a fraction of a second."
    def late(*a): raise AssertionError(f"took more than {seconds} seconds")
    old = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try: yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)

def fate(f):
    "What became of it: a result, or one sentence."
    with soon(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try: return f()
        except (DatasetError, FileNotFoundError) as e:
            text = str(e)
            assert "\n" not in text and 20 < len(text) < 1500, text
            return text

def use(root):
    "All that training asks of a set."
    ds = LeRobotDataset(root, 4)
    ds.stats, ds.fingerprint, repr(ds)
    return ds.batch([0, len(ds) - 1])

def survive(root, out):
    "Reader, doctor, repair; the message of the reader, if it refused."
    said = fate(lambda: use(root))
    report = fate(lambda: repr(doctor(root)))
    fate(lambda: repair(root, out))
    assert isinstance(report, str)
    return said if isinstance(said, str) else None

@pytest.fixture(scope="module")
def shared(tmp_path_factory): return build(tmp_path_factory.mktemp("hostile")/"set", (6, 4))

@pytest.fixture
def root(shared, tmp_path): return shutil.copytree(shared, tmp_path/"set")

def feature(root, key, **kw): edit_feature(root, key, **kw)
def episode(root, e, **kw): edit_episodes(root, lambda rows: rows[e].update(kw))
def tasks(root, **columns): pq.write_table(pa.table(columns), root/"meta/tasks.parquet")
def text(name, content): return lambda r: (r/name).write_text(content)
DATA, FILM = "data/chunk-000/file-000.parquet", f"videos/{CAM}/chunk-000/file-000.mp4"

def data_bomb(root, n=20_000_000):
    t = pq.read_table(root/DATA).slice(0, 1)
    cols = {k: pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, np.int32)), t[k].combine_chunks()) for k in ("index", "episode_index", "frame_index", "timestamp", "task_index")}
    rows = pa.table({k: v.cast(t[k].type) for k, v in cols.items()})
    with pq.ParquetWriter(root/DATA, rows.schema, compression="zstd") as w:
        for _ in range(n//len(rows)): w.write_table(rows, row_group_size=len(rows))

def repeated(root, key, kind, value):
    "One large value, as often as there are rows and more: a kilobyte on the disk."
    t = pq.read_table(root/DATA)
    rows = t.take(np.arange(3000) % len(t)).append_column(key, pa.DictionaryArray.from_arrays(pa.array(np.zeros(3000, np.int32)), pa.array([value], kind)))
    pq.write_table(rows, root/DATA, compression="zstd")

def large_words(root):
    repeated(root, "note", pa.string(), "x"*10_000_000)
    edit(root/"meta/info.json", lambda i: i["features"].update(note={"dtype": "string", "shape": [1], "names": None}))

def large_action(root):
    pq.write_table(pq.read_table(root/DATA).drop_columns(["action"]), root/DATA)
    repeated(root, "action", pa.binary(), b"x"*10_000_000)

def fifo(path): path.unlink(); os.mkfifo(path)
def device(path): path.unlink(); path.symlink_to("/dev/zero")
def loop(path): path.unlink(); path.symlink_to(path.name)

HOSTILE = {
    # templates and paths
    "data_path leads out": lambda r: edit_info(r, data_path="../../secret-{chunk_index:03d}.parquet"),
    "data_path is absolute": lambda r: edit_info(r, data_path="/etc/hostname"),
    "video_path leads out": lambda r: edit_info(r, video_path="../{video_key}/{file_index}.mp4"),
    "unknown blank": lambda r: edit_info(r, data_path="data/{nope}.parquet"),
    "attribute": lambda r: edit_info(r, data_path="data/{chunk_index.__class__.__mro__}.parquet"),
    "item": lambda r: edit_info(r, data_path="data/{chunk_index[0]}.parquet"),
    "endless width": lambda r: edit_info(r, data_path="data/{chunk_index:0500000000d}.parquet"),
    "conversion": lambda r: edit_info(r, data_path="data/{chunk_index!r:>99999999}.parquet"),
    "broken blank": lambda r: edit_info(r, data_path="data/{chunk_index"),
    "data_path is a number": lambda r: edit_info(r, data_path=7),
    "data_path is long": lambda r: edit_info(r, data_path="a"*100_000),
    "zero byte": lambda r: edit_info(r, video_path="a\0b"),
    "camera with a slash": lambda r: edit(r/"meta/info.json", lambda i: i["features"].update({"../../x": i["features"][CAM]})),
    "camera called ..": lambda r: edit(r/"meta/info.json", lambda i: i["features"].update({"..": i["features"][CAM]})),
    "camera called {video_key}": lambda r: edit(r/"meta/info.json", lambda i: i["features"].update({"{video_key}": i["features"][CAM]})),
    # numbers
    "twenty million episodes": lambda r: edit_info(r, total_episodes=20_000_000),
    "a billion episodes": lambda r: edit_info(r, total_episodes=10**9),
    "episodes beyond counting": lambda r: edit_info(r, total_episodes=10**300),
    "negative episodes": lambda r: edit_info(r, total_episodes=-1),
    "episodes in words": lambda r: edit_info(r, total_episodes="2"),
    "episodes null": lambda r: edit_info(r, total_episodes=None),
    "true episodes": lambda r: edit_info(r, total_episodes=True),
    "half an episode": lambda r: edit_info(r, total_episodes=1.5),
    "frames in words": lambda r: edit_info(r, total_frames="many"),
    "fps 0": lambda r: edit_info(r, fps=0), "fps NaN": lambda r: edit_info(r, fps=float("nan")), "fps text": lambda r: edit_info(r, fps="30"),
    "fps negative": lambda r: edit_info(r, fps=-30), "fps huge": lambda r: edit_info(r, fps=1e300), "fps list": lambda r: edit_info(r, fps=[30]),
    "chunks_size 0": lambda r: edit_info(r, chunks_size=0), "chunks_size text": lambda r: edit_info(r, chunks_size="x"),
    # features
    "no features": lambda r: edit(r/"meta/info.json", lambda i: i.pop("features") and None),
    "features is a list": lambda r: edit_info(r, features=[1]), "features is empty": lambda r: edit_info(r, features={}),
    "a feature is a text": lambda r: edit(r/"meta/info.json", lambda i: i["features"].update(action="float32")),
    "no dtype": lambda r: edit(r/"meta/info.json", lambda i: i["features"]["action"].pop("dtype") and None),
    "float31": lambda r: feature(r, "action", dtype="float31"), "dtype object": lambda r: feature(r, "action", dtype="object"),
    "dtype void": lambda r: feature(r, "action", dtype="V1000000000"), "dtype list": lambda r: feature(r, "action", dtype=["float32"]),
    "no shape": lambda r: edit(r/"meta/info.json", lambda i: i["features"]["action"].pop("shape") and None),
    "shape in words": lambda r: feature(r, "action", shape="6"), "shape of text": lambda r: feature(r, "action", shape=["6"]),
    "shape negative": lambda r: feature(r, "action", shape=[-6]), "shape endless": lambda r: feature(r, "action", shape=[10**12]),
    "shape deep": lambda r: feature(r, "action", shape=[1]*100_000), "shape of 546 TiB": lambda r: feature(r, "action", shape=[10**5, 10**5, 10**5]),
    "camera of a terapixel": lambda r: feature(r, CAM, shape=[10**6, 10**6, 3]), "camera flat": lambda r: feature(r, CAM, shape=[32, 32]),
    "camera empty": lambda r: feature(r, CAM, shape=[0, 0, 3]), "camera large": lambda r: feature(r, CAM, shape=[5000, 5000, 3]),
    "info is a text": lambda r: feature(r, "action", info="degrees"), "units are numbers": lambda r: feature(r, "action", info={"units": 7}),
    "index is a film": lambda r: feature(r, "index", dtype="video", shape=[32, 32, 3]), "index is text": lambda r: feature(r, "index", dtype="string"),
    "names are deep": lambda r: feature(r, "action", names=[[[[["a"]]]]]), "action is text": lambda r: feature(r, "action", dtype="string", shape=[1]),
    "two thousand features": lambda r: edit(r/"meta/info.json", lambda i: i["features"].update({f"f{k}": {"dtype": "float32", "shape": [1]} for k in range(3000)})),
    # the episode table
    "length 0": lambda r: episode(r, 0, length=0), "length -5": lambda r: episode(r, 0, length=-5), "length of a billion": lambda r: episode(r, 0, length=10**9),
    "length beyond int64": lambda r: episode(r, 1, length=2.**80), "length NaN": lambda r: episode(r, 0, length=float("nan")),
    "an episode twice": lambda r: episode(r, 1, episode_index=0), "episode -1": lambda r: episode(r, 0, episode_index=-1),
    "chunk -1": lambda r: episode(r, 0, **{"data/chunk_index": -1}), "file of a billion": lambda r: episode(r, 0, **{"data/file_index": 10**9}),
    "from NaN": lambda r: episode(r, 0, **{f"videos/{CAM}/from_timestamp": float("nan")}), "from infinity": lambda r: episode(r, 0, **{f"videos/{CAM}/from_timestamp": float("inf")}),
    "from -1": lambda r: episode(r, 0, **{f"videos/{CAM}/from_timestamp": -1.}), "from far": lambda r: episode(r, 0, **{f"videos/{CAM}/from_timestamp": 9e7}),
    "no length": lambda r: edit_episodes(r, lambda rows: [{k: v for k, v in x.items() if k != "length"} for x in rows]),
    "text for length": lambda r: edit_episodes(r, lambda rows: [{**x, "length": "6"} for x in rows]),
    "tasks of numbers": lambda r: (edit_episodes(r, lambda rows: [{**x, "tasks": 7} for x in rows]), (r/"meta/tasks.parquet").unlink()),
    "a table of equal rows": lambda r: pq.write_table(pa.table({k: pa.array([v]*2_000_000) for k, v in {"episode_index": 0, "length": 6}.items()}), r/"meta/episodes/chunk-000/file-000.parquet", compression="zstd"),
    "another kind of table": lambda r: pq.write_table(pa.table({"a": [1]}), r/"meta/episodes/chunk-000/file-000.parquet"),
    # tasks
    "task number 10^12": lambda r: tasks(r, task_index=[10**12], task=["x"]), "task number -1": lambda r: tasks(r, task_index=[-1], task=["x"]),
    "task number text": lambda r: tasks(r, task_index=["0"], task=["x"]), "task null": lambda r: tasks(r, task_index=[0], task=pa.array([None], pa.string())),
    "task number null": lambda r: tasks(r, task_index=pa.array([None], pa.int64()), task=["x"]), "task number NaN": lambda r: tasks(r, task_index=[float("nan")], task=["x"]),
    "a million equal tasks": lambda r: tasks(r, task_index=pa.array([0]*1_500_000), task=pa.array(["x"]*1_500_000)),
    # JSON
    "nested": text("meta/info.json", "["*100_000), "nested objects": text("meta/info.json", '{"a":'*100_000), "a list": text("meta/info.json", "[1]"), "a number": text("meta/info.json", "7"),
    "an endless number": text("meta/info.json", '{"fps": ' + "9"*100_000 + "}"), "empty": text("meta/info.json", ""),
    "not UTF-8": lambda r: (r/"meta/info.json").write_bytes(b"\xff\xfe\x00"), "stats nested": text("meta/stats.json", "["*100_000),
    "stats of text": text("meta/stats.json", '{"action": {"mean": "x", "std": "y"}}'), "stats of lists": text("meta/stats.json", '{"action": [1]}'),
    "stats ragged": text("meta/stats.json", '{"action": {"mean": [[1], [1, 2]], "std": [1]}}'), "stats count text": text("meta/stats.json", '{"index": {"mean": [0], "std": [1], "count": ["x"]}}'),
    "stats count negative": text("meta/stats.json", '{"index": {"mean": [0], "std": [1], "count": [-3]}}'),
    "recording.json": text("meta/recording.json", '{"runs": {"a": 7}}'), "recording.json nested": text("meta/recording.json", "["*100_000),
    # files
    "data is a pipe": lambda r: fifo(r/DATA), "film is a pipe": lambda r: fifo(r/FILM), "info is a pipe": lambda r: fifo(r/"meta/info.json"), "stats is a pipe": lambda r: fifo(r/"meta/stats.json"),
    "tasks is a pipe": lambda r: fifo(r/"meta/tasks.parquet"), "episodes is a pipe": lambda r: fifo(r/"meta/episodes/chunk-000/file-000.parquet"),
    "film is /dev/zero": lambda r: device(r/FILM), "data is /dev/zero": lambda r: device(r/DATA), "info is /dev/zero": lambda r: device(r/"meta/info.json"),
    "film links to itself": lambda r: loop(r/FILM), "data links to itself": lambda r: loop(r/DATA),
    "film is a folder": lambda r: ((r/FILM).unlink(), (r/FILM).mkdir()), "data is a folder": lambda r: ((r/DATA).unlink(), (r/DATA).mkdir()),
    "film is noise": lambda r: (r/FILM).write_bytes(np.random.default_rng(0).bytes(5000)), "data is noise": lambda r: (r/DATA).write_bytes(b"PAR1" + bytes(5000) + b"PAR1"),
    "film is a play list": lambda r: (r/FILM).write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n"), "film is a concat list": lambda r: (r/FILM).write_text("ffconcat version 1.0\nfile '/etc/hostname'\n"),
    "film is a picture": lambda r: (r/FILM).write_bytes(png(3)), "film is silent": lambda r: (r/FILM).write_bytes(b""),
    "twenty million equal rows": data_bomb, "one large string three thousand times": large_words, "and in place of actions": large_action,
}

HARMLESS = ("camera called {video_key}", "an episode twice", "names are deep", "units are numbers", "recording.json", "recording.json nested", "half an episode",
            "index is text", "true episodes", "zero byte", "two thousand features", "camera large")

@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(root, tmp_path, name):
    HOSTILE[name](root)
    said = survive(root, tmp_path/"out")
    if name not in HARMLESS and not name.startswith(("stats", "from", "film", "camera", "video_path")): assert said, "it should not open"

# paths

def test_nothing_is_read_outside(root, tmp_path):
    secret = build(tmp_path/"secret", (6, 4))
    for change in ({"data_path": "../secret/data/chunk-000/file-000.parquet"}, {"data_path": str(secret/DATA)}, {"video_path": f"../secret/{FILM}"}, {"video_path": str(secret/FILM)}):
        shutil.copy(secret/"meta/info.json", root/"meta/info.json")
        edit_info(root, **change)
        assert "outside" in fate(lambda: use(root)) and "outside" in fate(lambda: doctor(root)) and "outside" in fate(lambda: repair(root, tmp_path/"out"))
        assert not list((tmp_path/"out").rglob("*.mp4"))

@pytest.mark.parametrize("what", ["videos", "data", f"videos/{CAM}", DATA, FILM, "meta/tasks.parquet", "meta/stats.json", "meta/episodes"])
def test_links_that_lead_out_are_not_followed(root, tmp_path, what):
    (root/what).rename(tmp_path/"elsewhere")
    (root/what).symlink_to(tmp_path/"elsewhere")
    assert "outside of its folder" in fate(lambda: use(root))
    assert isinstance(fate(lambda: repr(doctor(root))), str)
    fate(lambda: repair(root, tmp_path/"out"))
    if what in ("videos", "data", FILM, DATA): assert not list((tmp_path/"out").rglob("*.mp4"))

def test_the_cache_of_the_hub_is_read(root, tmp_path):
    "There, snapshots/<revision> holds links to blobs/<hash>."
    snapshot, blobs = tmp_path/"datasets--a--b/snapshots/abc", tmp_path/"datasets--a--b/blobs"
    blobs.mkdir(parents=True)
    for i, p in enumerate(p for p in root.rglob("*") if p.is_file()):
        new = snapshot/p.relative_to(root)
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(p, blobs/f"{i}")
        new.symlink_to(os.path.relpath(blobs/f"{i}", new.parent))
    assert len(use(snapshot)["task"]) == 2 and doctor(snapshot).findings == []

def test_a_root_that_is_a_link_is_fine(root, tmp_path):
    (tmp_path/"link").symlink_to(root)
    assert len(use(tmp_path/"link")["task"]) == 2

# pictures

def image_set(root, cell, shape=(32, 32, 3)):
    cells = [{"bytes": cell if k == 3 else png(k), "path": None} for k in range(10)]
    return build(root, (6, 4), extra={CAM: ({"dtype": "image", "shape": list(shape), "names": None}, cells, PICTURES)}, camera=False)

def png_head(h, w, data=b""):
    chunk = lambda kind, x: struct.pack(">I", len(x)) + kind + x + struct.pack(">I", zlib.crc32(kind + x))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) + chunk(b"IDAT", data) + chunk(b"IEND", b"")

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 32 32\n%%EndComments\nshowpage\n"
CELLS = {"EPS": EPS, "13,000 squared": png_head(13_000, 13_000), "larger than memory": png_head(2**31 - 1, 2**31 - 1, zlib.compress(bytes(10_000_000))),
         "size as declared, no pixels": png_head(32, 32), "empty": b"", "zero pixels": png_head(0, 0)}

@pytest.mark.parametrize("name", CELLS)
def test_hostile_pictures(tmp_path, monkeypatch, name):
    gs = tmp_path/"bin/gs"
    gs.parent.mkdir(); gs.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n"); gs.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gs.parent}:{os.environ['PATH']}")
    root = image_set(tmp_path/"set", CELLS[name])
    assert "frame 3" in fate(lambda: LeRobotDataset(root)[3])
    survive(root, tmp_path/"out")
    assert not (tmp_path/"started").exists() and LeRobotDataset(tmp_path/"out").num_frames == 4

def test_a_large_picture_is_refused_by_its_head(tmp_path):
    root = image_set(tmp_path/"set", png_head(13_000, 13_000), (13_000, 13_000, 3))
    assert "too large" in fate(lambda: use(root))

# the writer

FEATURES = {"action": vector_feature(["a"])}
def add(w, n=3):
    for i in range(n): w.add_frame({"action": [i]}, task="t")
    w.save_episode()

@pytest.mark.parametrize("what", ["data", "data/chunk-000", "meta", "meta/episodes", "meta/episodes/chunk-000"])
def test_a_linked_folder_is_neither_cleaned_nor_written(tmp_path, what):
    root, outside = tmp_path/"set", tmp_path/"outside"
    with DatasetWriter(root, 30, FEATURES) as w: add(w)
    (root/what).rename(outside)
    (root/what).symlink_to(outside)
    for name in ("file-005.parquet", "file-005.parquet.tmp", "chunk-000/file-005.parquet", "x.tmp"):
        (outside/name).parent.mkdir(exist_ok=True); (outside/name).write_text("somebody else's")
    before = sorted(outside.rglob("*"))
    with pytest.raises(DatasetError, match="is a link to another folder"): DatasetWriter(root, 30, FEATURES)
    info = json.loads((root/"meta/info.json").read_text())
    assert not [p for p in D_writer.leftovers(root, {**info, "total_episodes": 0}, []) if p.resolve().is_relative_to(outside.resolve())]
    assert sorted(outside.rglob("*")) == before

def test_new_sets_do_not_begin_in_links(tmp_path):
    (tmp_path/"outside").mkdir(); (tmp_path/"set").mkdir()
    (tmp_path/"set/data").symlink_to(tmp_path/"outside")
    with pytest.raises(DatasetError, match="is a link"): DatasetWriter(tmp_path/"set", 30, FEATURES)
    assert not list((tmp_path/"outside").iterdir())

def test_planted_names_are_not_written_through(tmp_path):
    victim, root = tmp_path/"victim.txt", tmp_path/"set"
    victim.write_text("precious")
    with DatasetWriter(root, 30, FEATURES) as w:
        add(w)
        for name in ("info.json.tmp", "stats.json.tmp", "tasks.parquet.tmp"): (root/"meta"/name).symlink_to(victim)
        add(w)
    assert victim.read_text() == "precious" and not (root/"meta/info.json").is_symlink() and LeRobotDataset(root).num_episodes == 2
    (tmp_path/"a.json").symlink_to(victim)
    write_durable(tmp_path/"a.json", b"new")
    assert victim.read_text() == "precious" and (tmp_path/"a.json").read_bytes() == b"new" and not (tmp_path/"a.json").is_symlink()

def test_links_into_a_copy_are_not_taken_along(root, tmp_path):
    (tmp_path/"secret.txt").write_text("secret")
    (root/"README.md").symlink_to(tmp_path/"secret.txt"); (root/"meta/notes.txt").symlink_to(tmp_path/"secret.txt")
    (root/"meta/recording.json").symlink_to(tmp_path/"secret.txt")
    fate(lambda: repair(root, tmp_path/"out"))
    assert not [p for p in (tmp_path/"out").rglob("*") if p.is_file() and b"secret" in p.read_bytes()]

# fuzzing: what JSON and parquet can hold, where a set says something about itself

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
numbers = st.one_of(st.integers(-3, 40), st.sampled_from([-2**63, 2**31, 10**9, 10**12, 2**63 - 1, 10**400]), st.floats(allow_nan=True, allow_infinity=True))
words = st.one_of(st.text(max_size=8), st.sampled_from(["../x", "/etc/passwd", "{", "{}", "{0}", "{chunk_index:99d}", "{video_key}", "a\0", ".", "float32", "video", "image", "string", "v3.0", "v2.1", "30"]))
junk = st.recursive(st.one_of(st.none(), st.booleans(), numbers, words), lambda x: st.one_of(st.lists(x, max_size=4), st.dictionaries(words, x, max_size=3)), max_leaves=6)

@pytest.fixture(autouse=True)
def no_waiting(monkeypatch): monkeypatch.setattr(os, "fsync", lambda fd: None)      # these sets need not survive a power cut

@pytest.fixture(scope="module")
def small(tmp_path_factory): return {v: make(tmp_path_factory.mktemp("fuzz")/v) for v, make in (("v3", lambda p: build(p, (3, 2), one_film=False)), ("v21", lambda p: as_v21(build(p, (3, 2), one_film=False))))}

def spoil(x, path, value):
    for key in path[:-1]: x = x[key]
    if value is ...: x.pop(path[-1], None)
    else: x[path[-1]] = value

PATHS = [(k,) for k in ("codebase_version", "total_episodes", "total_frames", "total_tasks", "chunks_size", "fps", "splits", "data_path", "video_path", "features", "robot_type")] + \
        [("features", f) for f in ("action", CAM, "index", "timestamp")] + [("features", f, k) for f in ("action", CAM, "task_index") for k in ("dtype", "shape", "names", "info")]

def fuzz(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    survive(root, out/"copy")
    def go_on():
        with DatasetWriter(root, 30, {k: f for k, f in json.loads((root/"meta/info.json").read_text())["features"].items() if k not in D_layout.AUTO_FEATURES}): pass
    if (root/"meta/stats.json").exists() and isinstance(D_files.read_json(root/"meta/info.json").get("features"), dict): fate_of_writer(go_on)
    shutil.rmtree(out)

def fate_of_writer(f):
    try: fate(f)
    except (TypeError, KeyError, AttributeError) as e:       # what the caller passes is the caller's
        if not any("_resume" in l or "load_" in l for l in __import__("traceback").format_exc().splitlines()): return
        raise e

@pytest.mark.parametrize("version", ["v3", "v21"])
def test_fuzz_info(small, tmp_path_factory, version):
    @quick
    @given(st.sampled_from(PATHS), st.one_of(junk, st.just(...)))
    def run(path, value):
        root = shutil.copytree(small[version], tmp_path_factory.mktemp("info")/"set")
        info = json.loads((root/"meta/info.json").read_text())
        spoil(info, path, value)
        (root/"meta/info.json").write_text(json.dumps(info))
        fuzz(root, tmp_path_factory)
        shutil.rmtree(root.parent)
    run()

ROW = ["episode_index", "length", "tasks", "data/chunk_index", "data/file_index", f"videos/{CAM}/chunk_index", f"videos/{CAM}/from_timestamp", f"videos/{CAM}/to_timestamp"]

def test_fuzz_episode_rows(small, tmp_path_factory):
    @quick
    @given(st.sampled_from(ROW), st.integers(0, 1), st.one_of(junk, st.just(...)), st.booleans())
    def run(key, e, value, both):
        root = shutil.copytree(small["v3"], tmp_path_factory.mktemp("rows")/"set")
        rows = pq.read_table(root/"meta/episodes/chunk-000/file-000.parquet").to_pylist()
        for i in (0, 1) if both or value is ... else (e,): spoil(rows[i], (key,), value)
        try: pq.write_table(pa.Table.from_pylist(rows), root/"meta/episodes/chunk-000/file-000.parquet")
        except (pa.ArrowException, OverflowError, ValueError, TypeError): return shutil.rmtree(root.parent)        # parquet cannot hold it
        fuzz(root, tmp_path_factory)
        shutil.rmtree(root.parent)
    run()

def test_fuzz_lines_of_v21(small, tmp_path_factory):
    @quick
    @given(st.sampled_from(["episodes.jsonl", "tasks.jsonl", "episodes_stats.jsonl"]), st.sampled_from(["episode_index", "length", "task_index", "task", "stats", "tasks"]), st.one_of(junk, st.just(...)), st.booleans())
    def run(name, key, value, whole):
        root = shutil.copytree(small["v21"], tmp_path_factory.mktemp("lines")/"set")
        rows = [json.loads(l) for l in (root/"meta"/name).read_text().splitlines()]
        if whole and value is not ...: rows[0] = value
        else: rows[0].pop(key, None) if value is ... else rows[0].update({key: value})
        (root/"meta"/name).write_text("".join(json.dumps(r) + "\n" for r in rows))
        fuzz(root, tmp_path_factory)
        shutil.rmtree(root.parent)
    run()

def test_fuzz_tasks(small, tmp_path_factory):
    @quick
    @given(st.dictionaries(st.sampled_from(["task_index", "task", "__index_level_0__", "other"]), st.lists(junk, min_size=2, max_size=2), max_size=3))
    def run(columns):
        root = shutil.copytree(small["v3"], tmp_path_factory.mktemp("tasks")/"set")
        try: pq.write_table(pa.table(columns), root/"meta/tasks.parquet")
        except (pa.ArrowException, OverflowError, ValueError, TypeError): return shutil.rmtree(root.parent)
        fuzz(root, tmp_path_factory)
        shutil.rmtree(root.parent)
    run()

def test_fuzz_statistics(small, tmp_path_factory):
    @quick
    @given(st.sampled_from(["action", "index", CAM]), st.sampled_from(["mean", "std", "min", "count", "q01"]), junk, st.booleans())
    def run(key, stat, value, whole):
        root = shutil.copytree(small["v3"], tmp_path_factory.mktemp("stats")/"set")
        edit(root/"meta/stats.json", lambda s: s.update({key: value} if whole else {key: {**s.get(key, {"mean": [0], "std": [1]}), stat: value}}))
        fuzz(root, tmp_path_factory)
        shutil.rmtree(root.parent)
    run()

@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(alphabet="{}[]()!:.0123456789abdefhiklnortuvxy_/%\\", max_size=40))
def test_fuzz_templates(template):
    try: path = fill(template, chunk_index=1, file_index=2, episode_chunk=1, episode_index=2, video_key="cam")
    except DatasetError: return
    assert not path.startswith("/") and ".." not in path.split("/") and len(path) < 200

@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=60))
def test_fuzz_json(text):
    try: assert isinstance(parse_json(text, "x"), dict)
    except DatasetError: pass
