"The writer in numbers: what stands in each file, how films are made, where files go, and what is refused."
import io, json, os, subprocess, sys
from pathlib import Path
from types import SimpleNamespace
import av, numpy as np, pyarrow as pa, pyarrow.parquet as pq, pytest
from smolvla import files as D_files
from smolvla.data import layout as D_layout
from smolvla.data import stats as D_stats
from smolvla.data import writer as D_writer
import smolvla.data.dataset as D
from smolvla.data.dataset import LeRobotDataset
from smolvla.files import DatasetError
from smolvla.data.writer import DatasetWriter, camera_feature, vector_feature
from test_data import CAM, FEATURES, frame, make, shared

def read(root, path): return json.loads((Path(root)/path).read_text())
def rows_of(path): return pq.read_table(path).to_pylist()

# --- a new set ---

def test_the_file_of_a_new_set(tmp_path):
    with DatasetWriter(tmp_path/"set", 30, FEATURES) as w: assert (len(w), w.num_episodes) == (0, 0)
    info = read(tmp_path/"set", "meta/info.json")
    features = info.pop("features")
    assert info == {"codebase_version": "v3.0", "robot_type": "so_follower", "total_episodes": 0, "total_frames": 0, "total_tasks": 0, "chunks_size": 1000, "data_files_size_in_mb": 100,
                    "video_files_size_in_mb": 200, "fps": 30, "splits": {}, "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
                    "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"}
    assert isinstance(info["fps"], int) and features.keys() == FEATURES.keys() | D_layout.AUTO_FEATURES.keys() and not any("info" in f for f in features.values())
    assert features["action"] == {"dtype": "float32", "shape": [2], "names": ["a.pos", "b.pos"]} and features[CAM]["shape"] == [32, 48, 3]
    assert read(tmp_path/"set", D_layout.UNITS_FILE)["action"] == ["degrees"]*2

@pytest.mark.parametrize("fps,stored", [(30, 30), (30., 30), (29.97, 29.97), (1000, 1000), (.5, .5), (np.float32(25), 25)])
def test_rates(tmp_path, fps, stored):
    DatasetWriter(tmp_path/"set", fps, {"action": vector_feature(["a"])}).finalize()
    info = read(tmp_path/"set", "meta/info.json")
    assert info["fps"] == stored and type(info["fps"]) is type(stored) and info["video_path"] is None and not (tmp_path/"set"/D_layout.UNITS_FILE).exists()

@pytest.mark.parametrize("fps", [0, -1, 1000.5, True, "30", None, float("nan"), float("inf")])
def test_rates_that_are_none(tmp_path, fps):
    with pytest.raises(DatasetError, match="fps must be a positive number"): DatasetWriter(tmp_path/"set", fps, FEATURES)

@pytest.mark.parametrize("name,feature", [("a/b", vector_feature(["x"])), (CAM, camera_feature(4, 4) | {"shape": [4, 4]}), (CAM, camera_feature(4, 4) | {"shape": [4, 4, 4]}),
                                          (CAM, camera_feature(4, 4, "image") | {"shape": [3, 4, 4]}), (CAM, camera_feature(4, 4) | {"shape": [4, 4, 3, 1]})])
def test_features_that_cannot_be(tmp_path, name, feature):
    with pytest.raises(DatasetError, match="does not allow '/'" if "/" in name else "needs shape"): DatasetWriter(tmp_path/"set", 30, {name: feature})

def test_what_may_lie_there_already(tmp_path):
    for name in ("data", "meta", "videos", ".git"): (tmp_path/"set"/name).mkdir(parents=True)
    (tmp_path/"set/README.md").write_text("mine")
    DatasetWriter(tmp_path/"set", 30, FEATURES).finalize()
    (tmp_path/"other").mkdir()
    (tmp_path/"other/notes").mkdir()
    with pytest.raises(DatasetError, match="found notes"): DatasetWriter(tmp_path/"other", 30, FEATURES)
    (tmp_path/"other/notes").rmdir()
    DatasetWriter(tmp_path/"other", 30, FEATURES).finalize()                        # and the lock was freed

# --- episodes ---

def test_the_tables_of_two_episodes(tmp_path):
    root = make(tmp_path/"set", (3, 2))
    t = pq.read_table(root/"data/chunk-000/file-001.parquet")
    assert t.column_names == [k for k in read(root, "meta/info.json")["features"] if k != CAM]
    assert {k: str(t.schema.field(k).type) for k in ("timestamp", "frame_index", "episode_index", "index", "task_index")} == {"timestamp": "float", **dict.fromkeys(("frame_index", "episode_index", "index", "task_index"), "int64")}
    assert str(t.schema.field("action").type).startswith("fixed_size_list<") and str(t.schema.field("action").type).endswith("[2]")
    assert t["index"].to_pylist() == [3, 4] and t["frame_index"].to_pylist() == [0, 1] and t["episode_index"].to_pylist() == [1, 1] and t["task_index"].to_pylist() == [1, 1]
    np.testing.assert_allclose(t["timestamp"].to_pylist(), [0, 1/30], rtol=1e-6)
    row, = rows_of(root/"meta/episodes/chunk-000/file-001.parquet")
    assert {k: v for k, v in row.items() if not k.startswith("stats/")} == {
        "episode_index": 1, "tasks": ["task 1"], "length": 2, "dataset_from_index": 3, "dataset_to_index": 5, "data/chunk_index": 0, "data/file_index": 1, "meta/episodes/chunk_index": 0,
        "meta/episodes/file_index": 1, f"videos/{CAM}/chunk_index": 0, f"videos/{CAM}/file_index": 1, f"videos/{CAM}/from_timestamp": 0., f"videos/{CAM}/to_timestamp": 2/30}
    assert row["stats/index/mean"] == [3.5] and row["stats/action/count"] == [2] and np.shape(row[f"stats/{CAM}/mean"]) == (3, 1, 1)
    info = read(root, "meta/info.json")
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"], info["splits"]) == (2, 5, 2, {"train": "0:2"})
    assert info["features"][CAM]["info"] == {"video.height": 32, "video.width": 48, "video.codec": "h264", "video.pix_fmt": "yuv420p", "video.fps": 30, "video.channels": 3, "has_audio": False, "is_depth_map": False}
    t = pq.read_table(root/"meta/tasks.parquet")
    assert t.to_pydict() == {"task_index": [0, 1], "task": ["task 0", "task 1"]} and json.loads(t.schema.metadata[b"pandas"])["index_columns"] == ["task"]
    assert read(root, "meta/stats.json")["index"]["count"] == [5] and read(root, "meta/stats.json")["index"]["mean"] == [2]

def test_tasks_of_one_episode(tmp_path):
    with DatasetWriter(tmp_path/"set", 30, FEATURES) as w:
        for i, task in enumerate("abab"): w.add_frame({**frame(0, i), "task": task})
        assert len(w) == 4 and w.save_episode() == 0 and len(w) == 0
        for i, task in enumerate("cb"): w.add_frame({**frame(1, i), "task": "not this"} | {"task": task}, "nor this")
        assert w.save_episode() == 1
    ds = LeRobotDataset(tmp_path/"set")
    assert ds.tasks == list("abc") and [ds[i]["task"] for i in range(6)] == list("ababcb")
    assert rows_of(tmp_path/"set/meta/episodes/chunk-000/file-001.parquet")[0]["tasks"] == ["c", "b"]

def test_values_in_many_shapes(tmp_path):
    features = {"grid": {"dtype": "int64", "shape": [2, 3], "names": None}, "one": {"dtype": "float64", "shape": [1], "names": None}, "yes": {"dtype": "bool", "shape": [1], "names": None}}
    grids = np.arange(24).reshape(4, 2, 3)
    with DatasetWriter(tmp_path/"set", 10, features) as w:
        for i, g in enumerate(grids): w.add_frame({"grid": g, "one": [i/3], "yes": [i % 2 == 0]}, "t")
        w.save_episode()
    ds, t = LeRobotDataset(tmp_path/"set"), pq.read_table(tmp_path/"set/data/chunk-000/file-000.parquet")
    np.testing.assert_array_equal(ds.column("grid"), grids)
    assert t["one"].to_pylist() == [0, 1/3, 2/3, 1] and t["yes"].to_pylist() == [True, False, True, False]
    assert ds.stats["grid"]["mean"].size == 6 and ds.stats["yes"]["mean"] == [.5]

def test_frames_are_copied_and_refused_whole(tmp_path):
    f = D_layout.AUTO_FEATURES | FEATURES
    x = np.zeros(2, np.float32)
    assert D_writer.checked("action", x, f["action"]) is not x and D_writer.checked("action", [1, 2], f["action"]).dtype == np.float32
    assert D_writer.checked("action", np.array([True, False]), f["action"]).tolist() == [1, 0]
    for bad in (np.array(["a", "b"]), np.array([None, 1]), [1.], [[1., 2.]], [1, np.inf], [np.nan, 0]):
        with pytest.raises(DatasetError, match="action: "): D_writer.checked("action", bad, f["action"])
    with pytest.raises(DatasetError, match=r"\.$"): D_writer.checked(CAM, np.zeros((32, 47, 3), np.uint8), f[CAM])
    with pytest.raises(DatasetError, match="channels first"): D_writer.checked(CAM, np.zeros((3, 32, 48), np.uint8), f[CAM])

# --- films ---

def film(n=20, fps=30, size=(32, 48), **kw):
    e, noise = D_writer.Encoder(fps, *size, **{"crf": 18, "gop": 8, **kw}), np.random.default_rng(0).integers(0, 100, (*size, 3), np.uint8)
    for i in range(n): e.add(noise+np.uint8(i))
    return e, e.finish()

@pytest.mark.parametrize("fps,size,colours", [(30, (32, 48), "yuv420p"), (29.97, (31, 48), "yuv444p"), (10, (32, 47), "yuv444p")])
def test_films(fps, size, colours):
    _, data = film(20, fps, size)
    with av.open(io.BytesIO(data)) as f:
        s = f.streams.video[0]
        packets = [p for p in f.demux(s) if p.size]
        assert s.codec_context.pix_fmt == colours and s.codec_context.name == "h264" and (s.height, s.width) == size
        assert [k for k, p in enumerate(packets) if p.is_keyframe] == [0, 8, 16]
        assert all(p.pts >= p.dts for p in packets) and [p.pts for p in packets] == sorted(p.pts for p in packets), "no B-frames"
    with av.open(io.BytesIO(data)) as f:
        frames = list(f.decode(video=0))
        np.testing.assert_allclose([x.time for x in frames], np.arange(20)/fps, atol=1e-3)
        assert np.abs([x.to_ndarray(format="rgb24").mean() - 49.5 - i for i, x in enumerate(frames)]).max() < 5

def test_quality_and_key_frames_are_asked_for(tmp_path):
    noise = np.random.default_rng(0).integers(0, 200, (32, 48, 3), np.uint8)
    def size(**kw):
        with DatasetWriter(tmp_path/str(kw), 30, FEATURES, **kw) as w:
            for i in range(10): w.add_frame({**frame(0, i), CAM: noise+np.uint8(i)}, "t")
            w.save_episode()
        path = tmp_path/str(kw)/f"videos/{CAM}/chunk-000/file-000.mp4"
        with av.open(str(path)) as f: return path.stat().st_size, sum(p.is_keyframe for p in f.demux(video=0) if p.size)
    (fine, two), (coarse, ten) = size(), size(crf=40, gop=1)
    assert fine > 1.5*coarse and (two, ten) == (2, 10)

def test_which_pictures_are_counted():
    e, _ = film(120)
    assert e.n == 120 and e.pixels.frames == 100 + 5 and e.pixels.stats()["count"] == [105]
    p = D_writer.PngEncoder()
    for i in range(120): p.add(np.full((4, 4, 3), i, np.uint8))
    assert p.pixels.frames == 120 and len(p.finish()) == 120 and p.finish()[7].keys() == {"bytes", "path"}

def test_one_writer_at_a_time(tmp_path):
    with DatasetWriter(tmp_path/"set", 30, FEATURES):
        os.close(free := os.dup(0))
        with pytest.raises(DatasetError, match="is being written by another process"): DatasetWriter(tmp_path/"set", 30, FEATURES)
        os.close(now := os.dup(0))
        assert now == free, "no file stays open"
    DatasetWriter(tmp_path/"set", 30, FEATURES).finalize()

def test_words_are_written(tmp_path):
    with DatasetWriter(tmp_path/"set", 30, {"note": {"dtype": "string", "shape": [1], "names": None}}) as w:
        for note in ("a", "ü", ""): w.add_frame({"note": note}, "t")
        with pytest.raises(DatasetError, match="note: expected a string, got int"): w.add_frame({"note": 3}, "t")
        w.save_episode()
    assert pq.read_table(tmp_path/"set/data/chunk-000/file-000.parquet")["note"].to_pylist() == ["a", "ü", ""]

# --- where files go ---

def row(c, f): return {"data/chunk_index": c, "data/file_index": f}

@pytest.mark.parametrize("rows,size,want", [([], 1000, (0, 0)), ([row(0, 0)], 1000, (0, 1)), ([row(0, 7), row(0, 3)], 1000, (0, 8)), ([row(0, 999)], 1000, (1, 0)), ([row(2, 1), row(1, 9)], 10, (2, 2)),
                                            ([row(None, 5), row(0, None), row(0, 2)], 10, (0, 3)), ([{}], 10, (0, 0))])
def test_the_next_file(rows, size, want): assert D_writer.next_file(rows, "data", size) == want

def test_a_number_that_is_taken(tmp_path):
    root = make(tmp_path/"set", (2,))
    with DatasetWriter(root, 30, FEATURES) as w:
        w.info["chunks_size"] = 3
        for f in ("data/chunk-000/file-001.parquet", "data/chunk-000/file-002.parquet", "data/chunk-001/file-000.strange"):
            (root/f).parent.mkdir(exist_ok=True); (root/f).touch()
        assert w._free("data") == (1, 1) and w._free("meta/episodes") == (0, 1) and w._free(f"videos/{CAM}") == (0, 1)

def test_what_a_crash_leaves(tmp_path):
    root = make(tmp_path/"set", (2, 2))
    info, rows = D_layout.load_info(root), D_layout.load_episodes(root, D_layout.load_info(root))
    assert D_writer.leftovers(root, info, rows) == []
    late = [root/f for f in ("meta/stats.json.tmp", "data/chunk-000/file-002.parquet", "data/chunk-001/file-000.parquet", "data/chunk-000/file-000.parquet.tmp", f"videos/{CAM}/chunk-000/file-002.mp4")]
    kept = [root/f for f in ("data/chunk-000/notes.txt", "data/file-009.parquet", "meta/mine.json", f"videos/other/chunk-000/file-009.mp4")]
    for p in late + kept: p.parent.mkdir(parents=True, exist_ok=True); p.touch()
    assert sorted(D_writer.leftovers(root, info, rows)) == sorted(late)
    late_row = root/"meta/episodes/chunk-000/file-002.parquet"
    late_row.write_bytes((root/"meta/episodes/chunk-000/file-001.parquet").read_bytes())
    assert late_row not in D_writer.leftovers(root, info, rows), "it holds episode 1"
    assert late_row in D_writer.leftovers(root, {**info, "total_episodes": 1}, rows) and D_writer.holds_episode(late_row, 2) and not D_writer.holds_episode(late_row, 1)
    late_row.write_text("half")
    assert late_row in D_writer.leftovers(root, info, rows) and not D_writer.holds_episode(late_row, 9)
    assert D_writer.leftovers(root, {**info, "codebase_version": "v2.1"}, rows) == [root/"meta/stats.json.tmp"]

def test_links_are_left_alone(tmp_path):
    root = make(tmp_path/"set", (2,))
    (tmp_path/"else/chunk-009").mkdir(parents=True); (tmp_path/"else/chunk-009/file-009.parquet").touch()
    (root/"data/chunk-009").symlink_to(tmp_path/"else/chunk-009")
    info, rows = D_layout.load_info(root), D_layout.load_episodes(root, D_layout.load_info(root))
    assert D_writer.leftovers(root, info, rows) == []
    with pytest.raises(DatasetError, match="chunk-009 is a link to another folder"): D_writer.refuse_links(root)
    (root/"data/chunk-009").unlink()
    D_writer.refuse_links(root)
    (root/"meta/README").symlink_to(tmp_path/"else/chunk-009/file-009.parquet")
    D_writer.refuse_links(root)                                                            # of a file

# --- to the disk ---

def test_whole_or_not_at_all(tmp_path, monkeypatch):
    path, synced, real = tmp_path/"a/b/file", [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_mode & 0o040000), real(fd)))
    D_files.write_durable(path, b"old")
    assert path.read_bytes() == b"old" and synced == [0, 0o040000], "the file, then its folder"
    (tmp_path/"a/b/file.tmp").write_text("left by a crash")
    D_files.write_durable(path, b"new")
    assert path.read_bytes() == b"new" and os.listdir(path.parent) == ["file"]
    def full(fd): raise OSError(28, "full")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError): D_files.write_durable(path, b"newer")
    assert path.read_bytes() == b"new" and os.listdir(path.parent) == ["file"]

def test_no_write_through_a_link(tmp_path):
    (tmp_path/"target").write_text("precious")
    (tmp_path/"file.tmp").symlink_to(tmp_path/"target")
    D_files.write_durable(tmp_path/"file", b"x")
    assert (tmp_path/"target").read_text() == "precious" and not (tmp_path/"file").is_symlink()

def test_undo_in_numbers(tmp_path):
    root = make(tmp_path/"set", (3, 4, 2))
    before = read(root, "meta/stats.json")
    with DatasetWriter(root, 30, FEATURES) as w:
        assert w.undo_episode() == 2
        info = read(root, "meta/info.json")
        assert (w.num_episodes, info["total_episodes"], info["total_frames"], info["splits"]) == (2, 2, 7, {"train": "0:2"})
        stats = read(root, "meta/stats.json")
        assert stats["index"]["count"] == [7] and stats["index"]["mean"] == [3] and before["index"]["count"] == [9]
        assert sorted(p.name for p in root.glob("*/*/*.parquet")) + sorted(p.name for p in root.glob("videos/*/*/*.mp4")) == ["file-000.parquet", "file-001.parquet", "file-000.mp4", "file-001.mp4"]
        w.undo_episode()
        assert w.undo_episode() == 0 and read(root, "meta/info.json")["splits"] == {}
        with pytest.raises(DatasetError, match="no saved episode"): w.undo_episode()

def test_going_on_after_a_set_was_read_back(tmp_path):
    root = make(tmp_path/"set", (3,))
    first = read(root, "meta/stats.json")
    make(root, (5,))
    got, ds = read(root, "meta/stats.json"), LeRobotDataset(root)
    for q in ("mean", "std", "min", "max"): np.testing.assert_allclose(got["action"][q], D_stats.vector_stats(ds.column("action"))[q], rtol=1e-6)
    assert got[CAM]["count"] == [8] and first[CAM]["count"] == [3]
    info = D_layout.load_info(root)
    def spoil(change):
        d = json.loads(json.dumps(got)); change(d); (root/"meta/stats.json").write_text(json.dumps(d))
        return D_writer.resume_stats(root, info)
    for change in (lambda d: d["action"].pop("min"), lambda d: d["action"].update(mean=[0., float("nan")]), lambda d: d["action"].update(count=[7], mean=[9., 9.]), lambda d: d.pop("action")):
        np.testing.assert_allclose(spoil(change)["action"]["mean"], got["action"]["mean"], rtol=1e-6)
    assert CAM not in spoil(lambda d: d[CAM].pop("std")) and CAM not in spoil(lambda d: d[CAM].update(mean=[0., 0, 0])) and "action" in spoil(lambda d: d.pop(CAM))

def test_going_on_keeps_the_order_of_columns(tmp_path):
    root = make(tmp_path/"set", (2,))
    make(root, (2,), dict(reversed(FEATURES.items())))
    first, second = (pq.read_table(root/f"data/chunk-000/file-00{k}.parquet").column_names for k in range(2))
    assert first == second

def test_only_mixed_tables_are_trimmed(tmp_path):
    root = make(tmp_path/"set", (2, 2, 2))
    info, files = D_layout.load_info(root), sorted((root/"meta/episodes").glob("*/*.parquet"))
    D_files.write_durable(files[0], D_writer.parquet_bytes(pa.concat_tables([pq.read_table(f) for f in files])))
    before = [f.read_bytes() for f in files[1:]]
    D_writer.trim_table(root, {**info, "total_episodes": 2})
    assert [r["episode_index"] for r in rows_of(files[0])] == [0, 1] and [f.read_bytes() for f in files[1:]] == before


# --- locks ---

@pytest.mark.parametrize("where", ["", "lock"])
def test_a_lock_is_free_when_its_process_is_killed(tmp_path, where):
    "A folder or a file; `kill -9` leaves nothing held"
    path, held = tmp_path/where, "import sys, time; from smolvla.files import try_lock; print(try_lock(sys.argv[1]), flush=True); time.sleep(60)"
    p = subprocess.Popen([sys.executable, "-c", held, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert p.stdout.readline().strip().isdigit() and D_files.try_lock(path) is None
    finally:
        p.kill()
        p.wait()
    os.close(D_files.try_lock(path))

def test_without_fcntl_the_lock_is_asked_of_msvcrt(tmp_path, monkeypatch):
    "What Windows would be asked; not a test of Windows"
    asked = []
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=lambda fd, mode, n: asked.append((mode, n))))
    os.close(D_files.try_lock(tmp_path/"lock"))
    assert asked == [(2, 1)]

def test_a_folder_is_forced_to_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    (tmp_path/"new").mkdir()
    (tmp_path/"new/a").write_text("x")
    seen, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (seen.append((tmp_path/"set").exists()), real(fd)))
    D_files.move_durable(tmp_path/"new", tmp_path/"set")
    assert (tmp_path/"set/a").read_text() == "x" and seen == [False]*3 + [True]
