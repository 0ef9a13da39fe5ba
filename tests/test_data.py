"What chapter 01 is too short to hold: properties, faults, bad input, crashes, and the real LeRobot as a judge (opt-in)."
import errno, json, os, pickle, shutil, signal, subprocess, sys
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, pytest
from smolvla.data import doctor as D_doctor
from smolvla import files as D_files
from smolvla.data import layout as D_layout
from smolvla.data import stats as D_stats
from smolvla.data import writer as D_writer
import smolvla.data.dataset as D
from smolvla.data.dataset import LeRobotDataset, VideoFile
from smolvla.files import DatasetError
from smolvla.data.stats import PixelStats, aggregate_stats, vector_stats
from smolvla.data.writer import DatasetWriter, camera_feature, so101_features, vector_feature
from smolvla.data.doctor import doctor, repair

CAM = "observation.images.overhead"
FEATURES = {"observation.state": vector_feature(["a.pos", "b.pos"], "degrees"), "action": vector_feature(["a.pos", "b.pos"], "degrees"),
            "observation.environment_state": vector_feature(["x"], "metres"), CAM: camera_feature(32, 48)}

def frame(e, i, features=FEATURES):
    "Step `i` of episode `e`: every value tells where it belongs."
    x = np.array([20*np.sin(i/5 + e), i + .5*e], np.float32)
    picture = np.full((32, 48, 3), 30, np.uint8)
    picture[8:24, 2*(i % 16):2*(i % 16) + 16] = [200, 30*e % 256, 90]
    f = {"observation.state": x, "action": x + 1, "observation.environment_state": [e + i/100]}
    return {**f, **{k: picture for k in features if "images" in k}}

def make(root, lengths=(12, 7, 9), features=FEATURES, **kw):
    with DatasetWriter(root, 30, features, **kw) as w:
        for n in lengths:
            e = w.num_episodes
            for i in range(n): w.add_frame(frame(e, i, features), task=f"task {e % 2}")
            w.save_episode()
    return root

def check_whole(root, promised=0, camera=True):
    "Opens, is consistent, holds what was written, and its films play."
    ds = LeRobotDataset(root)
    assert ds.num_episodes >= promised and ds.num_frames == ds.episodes["length"].sum() == ds.info["total_frames"]
    for e, (a, b) in enumerate(zip(ds.episodes["from"], ds.episodes["to"])):
        want = np.stack([frame(e, i)["action"] for i in range(b - a)])
        np.testing.assert_array_equal(ds.column("action")[a:b], want)
        if camera: assert np.abs(ds.frames(CAM, [b - 1])[0].astype(int) - frame(e, b - a - 1)[CAM]).mean() < 8
    assert int(ds.stats["index"]["count"][0]) == ds.num_frames
    return ds

@pytest.fixture(scope="module")
def shared(tmp_path_factory): return make(tmp_path_factory.mktemp("data")/"set")

@pytest.fixture
def root(shared, tmp_path): return Path(shutil.copytree(shared, tmp_path/"set"))

# reading what was written

def test_round_trip(shared):
    ds = check_whole(shared, 3)
    assert ds.tasks == ["task 0", "task 1"] and ds[12]["task"] == "task 1" and ds[-1]["task"] == "task 0"
    assert ds.units["action"] == ["degrees"]*2 and ds.camera_keys == [CAM]
    assert ds.column("observation.environment_state").shape == (28, 1)
    np.testing.assert_array_equal(ds.column("frame_index"), [*range(12), *range(7), *range(9)])
    np.testing.assert_allclose(ds.column("timestamp"), ds.column("frame_index")/30, atol=1e-6)
    assert ds[3]["observation.state"].dtype == np.float32 and ds[3][CAM].dtype == np.uint8

def test_frames_any_order(shared):
    ds, idx = LeRobotDataset(shared), np.random.default_rng(0).integers(0, 28, 60)
    one_by_one = np.stack([LeRobotDataset(shared).frames(CAM, [i])[0] for i in range(28)])
    np.testing.assert_array_equal(ds.frames(CAM, idx), one_by_one[idx])
    np.testing.assert_array_equal(ds.frames(CAM, [-1, 0]), one_by_one[[27, 0]])
    assert ds.frames(CAM, []).shape == (0, 32, 48, 3)
    for i in (28, -29):
        with pytest.raises(IndexError, match="28 frames"): ds[i]

def test_decoder_cache_is_small(shared):
    ds = LeRobotDataset(shared, max_open=1)
    for i in (0, 13, 27, 1): assert np.array_equal(ds.frames(CAM, [i]), LeRobotDataset(shared).frames(CAM, [i]))
    assert len(ds._films) == 1

@pytest.mark.parametrize("chunk_size", [1, 5, 40])
def test_chunks_against_a_loop(shared, chunk_size):
    ds = LeRobotDataset(shared, chunk_size)
    actions, pad = ds.chunks(np.arange(28))
    for i in range(28):
        end = ds.episodes["to"][ds.column("episode_index")[i]]
        for j in range(chunk_size):
            assert pad[i, j] == (i + j >= end)
            np.testing.assert_array_equal(actions[i, j], ds.column("action")[min(i + j, end - 1)])

def test_batch_equals_samples_and_workers(shared):
    from torch.utils.data import DataLoader
    ds = LeRobotDataset(shared, 4)
    batch = ds.batch([5, 20, 5])
    for j, i in enumerate([5, 20, 5]):
        for k, v in ds[i].items(): assert np.array_equal(batch[k][j], v), k
    again = pickle.loads(pickle.dumps(ds))
    assert np.array_equal(again[20][CAM], ds[20][CAM])
    loaded = [b for b in DataLoader(ds, batch_size=7, num_workers=2)]             # forked with a film already open
    assert np.array_equal(np.concatenate([b[CAM] for b in loaded]), ds.frames(CAM, range(28)))

def test_png_cameras_are_lossless(tmp_path):
    features = {**FEATURES, CAM: camera_feature(32, 48, "image")}
    make(tmp_path/"set", features=features)
    ds = LeRobotDataset(tmp_path/"set")
    for i in (0, 11, 12, 27):
        np.testing.assert_array_equal(ds[i][CAM], frame(ds[i]["episode_index"], ds[i]["frame_index"])[CAM])
    assert not list((tmp_path/"set").rglob("*.mp4")) and doctor(tmp_path/"set").ok
    assert repair(tmp_path/"set", tmp_path/"copy", drop=[0]).ok
    assert np.array_equal(LeRobotDataset(tmp_path/"copy").frames(CAM, range(16)), ds.frames(CAM, range(12, 28)))

def as_v21(src, out):
    "The same data set in the files of version 2.1."
    ds, info = LeRobotDataset(src), json.loads((src/"meta/info.json").read_text())
    (out/"meta").mkdir(parents=True)
    lines = lambda rows: "\n".join(json.dumps(r) for r in rows)
    for e in range(ds.num_episodes):
        for kind, old, new in [("data", f"data/chunk-000/file-{e:03d}.parquet", f"data/chunk-000/episode_{e:06d}.parquet"),
                               ("videos", f"videos/{CAM}/chunk-000/file-{e:03d}.mp4", f"videos/chunk-000/{CAM}/episode_{e:06d}.mp4")]:
            (out/new).parent.mkdir(parents=True, exist_ok=True); shutil.copy(src/old, out/new)
    info |= {"codebase_version": "v2.1", "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
             "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4", "total_chunks": 1, "total_videos": 3}
    (out/"meta/info.json").write_text(json.dumps(info))
    (out/"meta/tasks.jsonl").write_text(lines({"task_index": i, "task": t} for i, t in enumerate(ds.tasks)))
    (out/"meta/episodes.jsonl").write_text(lines({"episode_index": e, "tasks": ["x"], "length": int(n)} for e, n in enumerate(ds.episodes["length"])))
    rows = D_layout.load_episodes(src, ds.info, stats=True)
    (out/"meta/episodes_stats.jsonl").write_text(lines({"episode_index": e, "stats": D_stats.plain(D_stats.unflatten_stats(r))} for e, r in enumerate(rows)))
    return out

def test_v21_reads_the_same(shared, tmp_path):
    old, new = LeRobotDataset(as_v21(shared, tmp_path/"v21"), 4), LeRobotDataset(shared, 4)
    for i in (0, 11, 12, 27):
        for k, v in new[i].items(): assert np.array_equal(old[i][k], v), k
    np.testing.assert_allclose(old.stats["action"]["std"], new.stats["action"]["std"])
    with pytest.raises(DatasetError, match="can be read but not continued"): DatasetWriter(tmp_path/"v21", 30, FEATURES)
    assert repair(tmp_path/"v21", tmp_path/"v30").ok
    assert np.array_equal(LeRobotDataset(tmp_path/"v30").frames(CAM, range(28)), new.frames(CAM, range(28)))

def test_numbers_without_films(root):
    shutil.rmtree(root/"videos")
    with pytest.warns(UserWarning, match="no video files of observation.images.overhead") as seen: ds = LeRobotDataset(root, 4)
    assert CAM not in ds[5] and ds[5]["action"].shape == (4, 2) and ds.camera_keys == [] and len(seen) == 1
    with pytest.raises(KeyError, match="no camera"): ds.frames(CAM, [0])

def test_one_film_missing(root):
    next((root/"videos").rglob("file-001.mp4")).unlink()
    ds = LeRobotDataset(root)
    assert ds[0][CAM].shape == (32, 48, 3)
    with pytest.raises(FileNotFoundError, match="file-001.mp4 is missing"): ds[12]

def test_fingerprint_sees_changes(root, tmp_path):
    def mark(change):
        copy = Path(shutil.copytree(root, tmp_path/change.__name__)); change(copy); return LeRobotDataset(copy).fingerprint
    def nothing(r): pass
    def number(r):
        t = pq.read_table(r/"data/chunk-000/file-001.parquet"); x = np.array(t["action"].to_pylist(), np.float32); x[3, 1] += 1e-3
        pq.write_table(t.set_column(t.column_names.index("action"), "action", pa.array(x.tolist())), r/"data/chunk-000/file-001.parquet")
    def film(r): shutil.copy(r/f"videos/{CAM}/chunk-000/file-000.mp4", r/f"videos/{CAM}/chunk-000/file-001.mp4")
    def words(r): pq.write_table(pa.table({"task_index": [0, 1], "task": ["task 0", "task one"]}), r/"meta/tasks.parquet")
    marks = [mark(c) for c in (nothing, number, film, words)]
    assert marks[0] == LeRobotDataset(root).fingerprint and len(set(marks)) == 4

# statistics

def test_aggregation_is_exact():
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.normal(1000, 3, (200, 3)).astype(np.float32)*[1, 1e-3, 50]
        cuts = [0, *np.sort(rng.choice(np.arange(1, 200), 4, replace=False)), 200]
        joined = aggregate_stats([{"x": vector_stats(x[a:b])} for a, b in zip(cuts, cuts[1:])])["x"]
        for k in ("mean", "std", "min", "max", "count"): np.testing.assert_allclose(joined[k], vector_stats(x)[k], rtol=1e-9)

def test_pixel_stats_against_numpy():
    frames = np.random.default_rng(0).integers(0, 256, (9, 40, 60, 3)).astype(np.uint8)
    p = PixelStats()
    for f in frames: p.add(f)
    s, x = p.stats(), frames.reshape(-1, 3)/255
    for k, want in {"mean": x.mean(0), "std": x.std(0), "min": x.min(0), "max": x.max(0)}.items(): np.testing.assert_allclose(s[k].ravel(), want, atol=1e-9)
    assert np.abs(s["q10"].ravel() - np.quantile(x, .1, axis=0)).max() < 1/255 + 1e-9 and s["count"] == [9] and s["mean"].shape == (3, 1, 1)

def test_stats_that_lag_are_summed_anew(root):
    path = root/"meta/stats.json"; right = LeRobotDataset(root).stats["action"]
    stats = json.loads(path.read_text()); stats["index"]["count"] = [19]; stats["action"]["mean"] = [0, 0]
    path.write_text(json.dumps(stats))
    np.testing.assert_allclose(LeRobotDataset(root).stats["action"]["mean"], right["mean"])

# bad input, reading

def cut(path): path.write_bytes(path.read_bytes()[:path.stat().st_size//2])

def edit_info(root, **kw):
    info = json.loads((root/"meta/info.json").read_text()); info |= kw; (root/"meta/info.json").write_text(json.dumps(info))

def edit_rows(root, file, change):
    path = root/f"data/chunk-000/file-{file:03d}.parquet"
    t = pq.read_table(path).to_pydict(); change(t); pq.write_table(pa.table(t), path)

def set_nan(t): t["action"][2] = [float("nan"), 0]
def widen(t): t["action"] = [[*a, 0] for a in t["action"]]
def drop_column(t): t.pop("action")
def lose_a_row(t): [v.pop() for v in t.values()]

BROKEN = {
    "truncated data": (lambda r: cut(r/"data/chunk-000/file-001.parquet"), "file-001.parquet is not a complete parquet file"),
    "truncated episode table": (lambda r: cut(r/"meta/episodes/chunk-000/file-001.parquet"), "not a complete parquet file"),
    "truncated tasks": (lambda r: cut(r/"meta/tasks.parquet"), "tasks.parquet is not a complete parquet file"),
    "truncated info": (lambda r: cut(r/"meta/info.json"), "not valid JSON"),
    "no tasks": (lambda r: (r/"meta/tasks.parquet").unlink(), "has neither tasks.parquet"),
    "no data file": (lambda r: (r/"data/chunk-000/file-001.parquet").unlink(), "file-001.parquet is missing"),
    "an episode missing from the table": (lambda r: (r/"meta/episodes/chunk-000/file-001.parquet").unlink(), "has no episode 1"),
    "empty data file": (lambda r: (r/"data/chunk-000/file-001.parquet").write_bytes(b""), "not a complete parquet file"),
    "NaN": (lambda r: edit_rows(r, 1, set_nan), r"action is NaN or infinite at row 14 \(episode 1\)"),
    "wrong dims": (lambda r: edit_rows(r, 1, widen), r"action in .*: the declared shape \[2\] needs 14 numbers in 7 rows, the file holds 21"),
    "no column": (lambda r: edit_rows(r, 1, drop_column), "has no column action"),
    "a lost row": (lambda r: edit_rows(r, 1, lose_a_row), "announces 28 rows, the data files hold 27; they part at row 18"),
    "old version": (lambda r: edit_info(r, codebase_version="v1.6"), "codebase_version v1.6; v2.1 and v3.0 can be read"),
    "nothing recorded": (lambda r: edit_info(r, total_episodes=0), "no finished episode yet"),
}

@pytest.mark.parametrize("name", BROKEN)
def test_broken_set_has_one_clear_message(root, name):
    damage, message = BROKEN[name]
    damage(root)
    with pytest.raises(DatasetError, match=message): LeRobotDataset(root)

@pytest.mark.parametrize("name", [n for n in BROKEN if n not in ("truncated info", "old version", "nothing recorded")])
def test_doctor_finds_it_and_repair_saves_the_rest(root, tmp_path, name):
    BROKEN[name][0](root)
    assert not doctor(root).ok
    assert repair(root, tmp_path/"out").findings == []
    ds = LeRobotDataset(tmp_path/"out")
    assert ds.num_episodes == (3 if name in ("truncated tasks", "no tasks") else 2) and ds[-1]["task"] == "task 0"
    assert ds.frames(CAM, range(len(ds))).shape[0] == len(ds)

def test_truncated_film(root, tmp_path):
    cut(root/f"videos/{CAM}/chunk-000/file-001.mp4")
    ds = LeRobotDataset(root)
    assert ds[0][CAM].shape == (32, 48, 3)
    with pytest.raises(DatasetError, match="file-001.mp4 is not a complete video"): ds[12]
    assert [f.episodes for f in doctor(root).findings] == [[1]] and repair(root, tmp_path/"out").ok
    np.testing.assert_array_equal(LeRobotDataset(tmp_path/"out").column("action"), np.delete(ds.column("action"), np.s_[12:19], 0))

def test_film_shorter_than_the_rows(root):
    shutil.copy(root/f"videos/{CAM}/chunk-000/file-001.mp4", root/f"videos/{CAM}/chunk-000/file-000.mp4")
    with pytest.raises(DatasetError, match="has 7 frames, frame 9 was asked for"): LeRobotDataset(root)[9]
    assert [(f.check, f.episodes) for f in doctor(root).findings] == [("video", [0])]

def test_missing_stats(root):
    (root/"meta/stats.json").unlink()
    ds = LeRobotDataset(root)
    with pytest.raises(DatasetError, match="no meta/stats.json.*smolvla_doctor"): ds.stats

def test_wrong_camera_size(root):
    info = json.loads((root/"meta/info.json").read_text()); info["features"][CAM]["shape"] = [64, 64, 3]
    (root/"meta/info.json").write_text(json.dumps(info))
    with pytest.raises(DatasetError, match=r"frame 0 has shape \[32, 48, 3\], meta/info.json declares \[64, 64, 3\]"): LeRobotDataset(root)[0]

def test_wrong_names(shared):
    ds = LeRobotDataset(shared)
    with pytest.raises(KeyError, match="no camera observation.images.front.*overhead"): ds.frames("observation.images.front", [0])
    with pytest.raises(KeyError, match="is no column.*action"): ds.column("actions")

def test_no_such_folder(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="folder is empty"): LeRobotDataset(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist"): LeRobotDataset(tmp_path/"typo")
    import huggingface_hub
    def offline(*a, **kw): raise ConnectionError("no route")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(FileNotFoundError, match=r"lerobot/pusht is no folder here.*ConnectionError.*offline"): LeRobotDataset("lerobot/pusht")

# bad input, writing

BAD_FRAMES = {
    "shape": ({"action": np.zeros(3)}, r"action: expected shape \[2\], got \[3\]"),
    "NaN": ({"observation.state": [0, np.nan]}, "observation.state: NaN or infinity"),
    "text": ({"action": ["a", "b"]}, "action: expected float32"),
    "float picture": ({CAM: np.zeros((32, 48, 3), np.float32)}, "frames must be uint8"),
    "channels first": ({CAM: np.zeros((3, 32, 48), np.uint8)}, "channels first"),
    "unknown": ({"observation.images.front": np.zeros((32, 48, 3), np.uint8)}, r"unknown \['observation.images.front'\]"),
}

@pytest.mark.parametrize("name", BAD_FRAMES)
def test_bad_frame_changes_nothing(tmp_path, name):
    change, message = BAD_FRAMES[name]
    with DatasetWriter(tmp_path/"set", 30, FEATURES) as w:
        for i in range(6):
            w.add_frame(frame(0, i), task="task 0")
            with pytest.raises(DatasetError, match=message): w.add_frame({**frame(0, i), **change}, task="task 0")
        w.save_episode()
    assert check_whole(tmp_path/"set", 1).num_frames == 6

def test_writer_refuses(tmp_path):
    with DatasetWriter(tmp_path/"set", 30, FEATURES) as w:
        with pytest.raises(DatasetError, match="no frames"): w.save_episode()
        with pytest.raises(DatasetError, match="needs a task"): w.add_frame(frame(0, 0))
        with pytest.raises(DatasetError, match=r"missing \['action'\]"): w.add_frame({k: v for k, v in frame(0, 0).items() if k != "action"}, task="t")
    with pytest.raises(DatasetError, match="closed"): w.add_frame(frame(0, 0), task="t")
    with pytest.raises(DatasetError, match="a depth camera cannot be written|needs shape"): DatasetWriter(tmp_path/"odd", 30, {CAM: {**camera_feature(31, 48), "shape": [31, 48, 1]}})
    (tmp_path/"full").mkdir(); (tmp_path/"full/thesis.tex").write_text("x")
    with pytest.raises(DatasetError, match="found thesis.tex"): DatasetWriter(tmp_path/"full", 30, FEATURES)

def test_resume_checks(root):
    with pytest.raises(DatasetError, match="recorded at 30 fps, not 25"): DatasetWriter(root, 25, FEATURES)
    with pytest.raises(DatasetError, match="action is"): DatasetWriter(root, 30, {**FEATURES, "action": vector_feature(["a.pos"])})
    make(root, (5,))
    assert check_whole(root, 4).num_episodes == 4

def test_discard_and_reused_buffers(tmp_path):
    with DatasetWriter(tmp_path/"set", 30, FEATURES) as w:
        for i in range(9): w.add_frame(frame(5, i), task="no")
        w.discard_episode()
        buffer = {k: np.array(v) for k, v in frame(0, 0).items()}                  # a renderer hands out the same memory every time
        for i in range(9):
            for k, v in frame(0, i).items(): buffer[k][...] = v
            w.add_frame(buffer, task="task 0")
        w.save_episode()
    assert check_whole(tmp_path/"set").tasks == ["task 0"]

def test_ctrl_c_while_recording(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        with DatasetWriter(tmp_path/"set", 30, FEATURES) as w:
            for i in range(6): w.add_frame(frame(0, i), task="task 0")
            w.save_episode()
            w.add_frame(frame(1, 0), task="task 1")
            raise KeyboardInterrupt
    assert check_whole(make(tmp_path/"set", (4,)), 2).num_episodes == 2

def run(code, *args): return subprocess.Popen([sys.executable, "-c", code, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parent)

def test_two_processes(root):
    with DatasetWriter(root, 30, FEATURES):
        out, err = run("import sys; from test_data import *; DatasetWriter(sys.argv[1], 30, FEATURES)", root).communicate()
    assert "is being written by another process" in err.splitlines()[-1]
    DatasetWriter(root, 30, FEATURES).finalize()                                     # free again

# crashes

@pytest.mark.parametrize("episodes", [0, 2])
def test_disk_full_at_every_file(tmp_path, monkeypatch, episodes):
    real, left = os.fsync, [0]
    def fsync(fd):
        left[0] -= 1
        if left[0] == 0: raise OSError(errno.ENOSPC, "No space left on device")
        real(fd)
    for k in range(1, 13):                                                            # a save is six files, file and folder synced in turn
        root = make(tmp_path/f"set{k}", (6,)*episodes) if episodes else tmp_path/f"set{k}"
        with DatasetWriter(root, 30, FEATURES) as w:
            for i in range(6): w.add_frame(frame(episodes, i), task="task 0")
            monkeypatch.setattr(os, "fsync", fsync); left[0] = k
            with pytest.raises(OSError, match=f"no space left on the disk. The {episodes} earlier episodes are intact"): w.save_episode()
            monkeypatch.setattr(os, "fsync", real)
            assert not list(root.rglob("*.tmp"))
            if episodes and k < 12: assert check_whole(root, episodes).num_episodes == episodes
            with pytest.raises(DatasetError, match="waits to be saved"): w.add_frame(frame(episodes, 6), task="task 0")
            assert w.save_episode() == episodes                                       # room again: nothing was lost
        assert check_whole(root, episodes + 1).num_frames == 6*(episodes + 1)

class Killed(BaseException): pass

def test_crash_between_any_two_files(tmp_path, monkeypatch):
    real = D_files.write_durable
    for k in range(6):
        root, left = make(tmp_path/f"set{k}", (6, 6)), [k]
        def write(path, data):
            if left[0] == 0:
                Path(f"{path}.tmp").parent.mkdir(parents=True, exist_ok=True); Path(f"{path}.tmp").write_bytes(data[:len(data)//2])
                raise Killed
            left[0] -= 1; real(path, data)
        w = DatasetWriter(root, 30, FEATURES)
        for i in range(6): w.add_frame(frame(2, i), task="a third task")
        monkeypatch.setattr(D_writer, "write_durable", write)
        with pytest.raises(Killed): w.save_episode()
        monkeypatch.setattr(D_writer, "write_durable", real)
        w.finalize()
        assert check_whole(root, 2).num_episodes == 2 and doctor(root).ok
        make(root, (5,))
        assert check_whole(root, 3).num_episodes == 3 and not list(root.rglob("*.tmp")) and doctor(root).findings == []

RECORD = """
import sys, threading; from test_data import *
with DatasetWriter(sys.argv[1], 30, FEATURES) as w:
    first = w.num_episodes
    while True:
        e = w.num_episodes
        for i in range(10): w.add_frame(frame(e, i), task=f"task {e}")
        w.save_episode(); print(e, flush=True)
        if e == first + 1: threading.Timer(float(sys.argv[2]), os.kill, (os.getpid(), signal.SIGKILL)).start()
"""

def record_until_killed(root, delay) -> int:
    "Record without end; a SIGKILL arrives `delay` seconds after the second save. Returns how many episodes were announced as saved."
    p = run(RECORD, root, delay)
    out, _ = p.communicate()
    assert p.returncode == -signal.SIGKILL
    return int(out.split("\n")[-2]) + 1

def test_kill_9(tmp_path):
    rng, total = np.random.default_rng(), 0
    for _ in range(4):
        saved = record_until_killed(tmp_path/"set", rng.uniform(0, .05))
        ds = check_whole(tmp_path/"set", saved)
        assert total < saved <= ds.num_episodes <= saved + 1
        total = ds.num_episodes

# the doctor

def ailing(tmp_path, change, **kw):
    "Four healthy episodes, changed in memory before they are written."
    with DatasetWriter(tmp_path/"set", 30, kw.get("features", FEATURES)) as w:
        for e in range(4):
            for i in range(40):
                f = frame(e, i); f["observation.state"] = f["action"] - 1
                change(e, i, f); w.add_frame(f, task="t")
            w.save_episode()
    return {(f.check, *f.episodes) for f in doctor(tmp_path/"set").findings}

def test_healthy(tmp_path): assert ailing(tmp_path, lambda e, i, f: None) == set()

def constant(e, i, f): f["action"][0] = 3
def saturated(e, i, f): f["action"][0] = min(f["action"][0], 0)
def radians(e, i, f): f["action"][:] = f["action"]/57.3 if e == 2 else f["action"]
def jump(e, i, f): f["action"][1] += 100*(e == 1 and i == 20)
def black(e, i, f): f[CAM] = f[CAM]//25 if e == 3 else f[CAM]
def plain(e, i, f): f[CAM] = np.full_like(f[CAM], 128) if e == 3 else f[CAM]
def still(e, i, f): f[CAM] = frame(0, 0)[CAM] if e == 3 else f[CAM]

@pytest.mark.parametrize("change, finding", [(constant, ("constant joint",)), (saturated, ("saturated joint",)), (radians, ("unit jump", 2)),
                                             (jump, ("too fast", 1)), (black, ("camera", 3)), (plain, ("camera", 3)), (still, ("camera", 3))])
def test_ailment(tmp_path, change, finding): assert ailing(tmp_path, change) == {finding}

def test_declared_unit_against_numbers(tmp_path):
    def all_radians(e, i, f): f["action"][:] /= 57.3
    assert ("units",) in ailing(tmp_path, all_radians)

def test_stale_stats_leftovers_timestamps_and_short_episodes(root):
    stats = json.loads((root/"meta/stats.json").read_text()); stats["action"]["mean"][0] += 5
    (root/"meta/stats.json").write_text(json.dumps(stats))
    shutil.copy(root/"data/chunk-000/file-002.parquet", root/"data/chunk-000/file-003.parquet")
    edit_rows(root, 0, lambda t: t.update(timestamp=[x*1.5 for x in t["timestamp"]]))
    assert {f.check for f in doctor(root).findings} == {"stats", "leftovers", "timestamps"}
    make(root, (1, 30, 30, 30, 30))
    assert ("short episodes", [3]) in [(f.check, f.episodes) for f in doctor(root).findings]

def test_more_leftovers_than_one_save_are_not_deleted(root):
    edit_info(root, total_episodes=0, total_frames=0)
    with pytest.raises(DatasetError, match="holds 9 files that meta/info.json does not count"): DatasetWriter(root, 30, FEATURES)
    assert len(list(root.rglob("*.mp4"))) == 3

def test_report_shows_and_plots(root, tmp_path):
    cut(root/f"videos/{CAM}/chunk-000/file-001.mp4")
    report = doctor(root)
    assert "1 errors" in repr(report) and "| error | video | 1 |" in report._repr_markdown_() and not report.ok
    import matplotlib; matplotlib.use("Agg")
    report.plot().savefig(tmp_path/"p.png")
    assert (tmp_path/"p.png").stat().st_size > 5000

def test_repair_refuses(root, tmp_path):
    with pytest.raises(DatasetError, match="no episode is whole"): repair(root, tmp_path/"out", drop=[0, 1, 2])
    with pytest.raises(DatasetError, match="already holds a data set"): repair(root, make(tmp_path/"other", (3,)))

def test_repair_keeps_films_and_computes_exact_quantiles(root, tmp_path):
    assert repair(root, tmp_path/"out", drop=[0]).ok
    ds = LeRobotDataset(tmp_path/"out")
    assert (tmp_path/f"out/videos/{CAM}/chunk-000/file-000.mp4").read_bytes() == (root/f"videos/{CAM}/chunk-000/file-001.mp4").read_bytes()
    np.testing.assert_allclose(ds.stats["action"]["q90"], np.quantile(ds.column("action").astype(float), .9, axis=0))
    assert ds.tasks == ["task 1", "task 0"] and ds.units == LeRobotDataset(root).units

def test_command_line(root, tmp_path):
    (tmp_path/"script.py").write_text("from smolvla.data.doctor import doctor_cli\nif __name__ == '__main__': doctor_cli()\n")     # as the console script does
    call = lambda *a: subprocess.run([sys.executable, tmp_path/"script.py", *map(str, a)], capture_output=True, text=True)
    assert call(root).returncode == 0
    cut(root/f"videos/{CAM}/chunk-000/file-001.mp4")
    r = call(root, "--out", tmp_path/"out", "--drop", "0", "--plot", tmp_path/"p.png")
    assert r.returncode == 0 and "1 errors" in r.stdout and "repaired copy: out: 1 episodes, 0 errors" in r.stdout and (tmp_path/"p.png").is_file()
    r = call(tmp_path/"typo")
    assert r.returncode == 1 and r.stderr.startswith("smolvla_doctor: ") and "does not exist" in r.stderr and "Traceback" not in r.stderr

# the real LeRobot as a judge

REFERENCE = os.environ.get("SMOLVLA_REFERENCE_PYTHON")

@pytest.mark.skipif(not REFERENCE, reason="needs LeRobot 0.4.4 in an environment of its own: sh tests/reference/setup.sh, "
                                          "then set SMOLVLA_REFERENCE_PYTHON to the python it names")
@pytest.mark.parametrize("killed", [False, True])
def test_reference_lerobot_reads_it(tmp_path, killed):
    root = tmp_path/"set"
    record_until_killed(root, .013) if killed else make(root)
    ds, indices = LeRobotDataset(root, 6), [0, 9, 10, 11, 12, 19]
    out = subprocess.run([REFERENCE, Path(__file__).parent/"reference/check_dataset.py", root, "6", *map(str, indices)], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    theirs = json.loads(out.stdout.splitlines()[-1])
    assert (theirs["frames"], theirs["episodes"]) == (ds.num_frames, ds.num_episodes)
    for i, t in zip(indices, theirs["samples"]):
        ours = ds[i]
        assert t["task"] == ours["task"] and t["action_is_pad"] == ours["action_is_pad"].tolist()
        for k in ("observation.state", "action"): np.testing.assert_array_equal(np.float32(t[k]), ours[k])
        for k in ("timestamp", "frame_index", "episode_index", "index", "task_index"): np.testing.assert_allclose(np.float32(t[k]), ours[k])
        far = lambda a: np.abs(np.array(t[CAM]) - a.astype(int)).mean()
        neighbour = i - 1 if ours["frame_index"] else i + 1
        assert far(ours[CAM]) < 1 < 3 < far(ds[neighbour][CAM])                       # this very frame, not the one beside it
    for k in ("mean", "std"): np.testing.assert_allclose(theirs["stats"]["action"][k], ds.stats["action"][k])

# taking the last episode back

def test_undo_then_record(root):
    with DatasetWriter(root, 30, FEATURES) as w:
        w.add_frame(frame(0, 0), task="task 0")                       # one in progress stays
        assert w.undo_episode() == 2 and w.num_episodes == 2 and len(w) == 1
        w.discard_episode()
    make(root, (5,))
    check_whole(root, 3)
    assert not [f for f in doctor(root).findings if f.level == "error"]
    np.testing.assert_allclose(LeRobotDataset(root).stats["action"]["mean"], LeRobotDataset(root).column("action").mean(0), rtol=1e-6)

def test_undo_to_nothing(tmp_path):
    root = make(tmp_path/"set", (4,))
    with DatasetWriter(root, 30, FEATURES) as w:
        assert w.undo_episode() == 0
        with pytest.raises(DatasetError, match="no saved episode"): w.undo_episode()
    assert not [p for p in root.rglob("file-*")] and json.loads((root/"meta/info.json").read_text())["total_frames"] == 0
    check_whole(make(root, (6, 3)), 2)

def test_undo_killed_in_between(root, monkeypatch):
    "After info.json is renamed the episode is gone, whatever happens then; before, nothing has happened."
    with DatasetWriter(root, 30, FEATURES) as w:
        monkeypatch.setattr(D_writer, "leftovers", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt): w.undo_episode()
    monkeypatch.undo()
    check_whole(root, 2)
    check_whole(make(root, (5,)), 3)

def test_undo_on_a_full_disk(root, monkeypatch):
    with DatasetWriter(root, 30, FEATURES) as w:
        monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
        with pytest.raises(OSError): w.undo_episode()
        monkeypatch.undo()
        assert w.num_episodes == 3
    check_whole(root, 3)

def test_undo_refuses_a_shared_file(root):
    with DatasetWriter(root, 30, FEATURES) as w:
        w.rows[2] |= {k: w.rows[1][k] for k in ("data/chunk_index", "data/file_index")}
        with pytest.raises(DatasetError, match="shares its file"): w.undo_episode()
    check_whole(root, 3)
