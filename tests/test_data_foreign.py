"Other people's data sets: every form of them that was met is read, or refused with a cure; the doctor and the repair see what reading and training need."
import json, os, shutil, subprocess, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, pytest
from smolvla.data import doctor as D_doctor
from smolvla.data import layout as D_layout
from smolvla.data import stats as D_stats
from smolvla.data import writer as D_writer
import smolvla.data.dataset as D
from smolvla.data.dataset import LeRobotDataset, VideoFile, load_stats
from smolvla.files import DatasetError, is_lfs_pointer
from smolvla.data.layout import load_info
from smolvla.data.writer import DatasetWriter, camera_feature, vector_feature
from smolvla.data.doctor import doctor, doctor_cli, repair
from foreign_sets import (CAM, DEPTH, NAMES, PICTURES, WORDS, WORDS_KIND, as_v21, build, columns_of, edit, edit_episodes, edit_feature, edit_info, film, flat, png, shown, depth_film, depth_shown, with_guests, words_of,
                          stats_of, write_json)

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab"*32 + "\nsize 123456\n"
DATA, FILM = "data/chunk-000/file-000.parquet", f"videos/{CAM}/chunk-000/file-000.mp4"
found = lambda root: {(f.check, *f.episodes) for f in doctor(root).findings}
def features_of(root): return {k: f for k, f in json.loads((root/"meta/info.json").read_text())["features"].items() if k not in D_layout.AUTO_FEATURES}

@pytest.fixture(scope="module")
def shared(tmp_path_factory): return build(tmp_path_factory.mktemp("foreign")/"set")

@pytest.fixture
def root(shared, tmp_path): return shutil.copytree(shared, tmp_path/"set")

def test_the_builder_builds_a_healthy_set(shared, tmp_path):
    assert doctor(shared).findings == [] and [shown(f) for f in LeRobotDataset(shared).frames(CAM, range(22))] == list(range(22))
    old = as_v21(build(tmp_path/"old", one_film=False))
    assert doctor(old).findings == [] and [shown(f) for f in LeRobotDataset(old).frames(CAM, range(22))] == list(range(22))

# Git-LFS

@pytest.mark.parametrize("name", [DATA, FILM, "meta/info.json", "meta/tasks.parquet", "meta/stats.json", "meta/episodes/chunk-000/file-000.parquet"])
def test_pointer_is_named_with_its_cure(root, tmp_path, name):
    (root/name).write_text(POINTER)
    assert is_lfs_pointer(root/name) and not is_lfs_pointer(root)
    with pytest.raises(DatasetError, match="Git-LFS pointer.*git lfs pull"):
        ds = LeRobotDataset(root)
        ds.stats, ds[0]
    if name == "meta/info.json": return
    assert any("git lfs pull" in f.cure for f in doctor(root).findings)

@pytest.mark.parametrize("name", ["meta/episodes.jsonl", "meta/tasks.jsonl", "meta/episodes_stats.jsonl"])
def test_pointer_in_v21(tmp_path, name):
    root = as_v21(build(tmp_path/"set", one_film=False))
    (root/name).write_text(POINTER)
    with pytest.raises(DatasetError, match="git lfs pull"): LeRobotDataset(root).stats

def test_pointers_are_one_finding_and_repair_tells(tmp_path, capsys):
    root = as_v21(build(tmp_path/"set", one_film=False))
    for p in [*root.rglob("*.mp4"), *root.rglob("*.parquet")]: p.write_text(POINTER)
    assert [(f.check, f.episodes) for f in doctor(root).findings] == [("git lfs", [0, 1])]
    with pytest.raises(DatasetError, match="no episode is whole.*git lfs pull"): repair(root, tmp_path/"out")

# the film's clock

def clocked(tmp_path, ks, times=None, n=(12, 10), **kw):
    return build(tmp_path/"set", n, film_of=lambda p, _: film(p, ks, times), **kw)

def test_a_pointer_for_the_episode_table_frightens_nobody(root, capsys):
    "Nothing is said of gaps or leftovers when it is only that the table has not come."
    (root/"meta/episodes/chunk-000/file-000.parquet").write_text(POINTER)
    assert [(f.check, "git lfs pull" in f.cure) for f in doctor(root).findings] == [("episode table", True)]
    with pytest.raises(SystemExit): doctor_cli(str(root))
    assert "--out NEW" not in capsys.readouterr().out

def test_the_command_says_how_to_mend(root, capsys):
    edit(root/"meta/stats.json", lambda s: s["action"].update(mean=[float("nan")]*6))
    with pytest.raises(SystemExit): doctor_cli(str(root))
    assert f"a copy without these errors: smolvla_doctor {root} --out NEW" in capsys.readouterr().out

def test_lossless_hole_is_seen_by_the_clock(tmp_path):
    "A frame lost, as many frames as rows: nothing but the clock can tell."
    ks = [k for k in range(13) if k != 4]
    root = build(tmp_path/"set", (12,), film_of=lambda p, _: film(p, ks, ks))
    ds = LeRobotDataset(root)
    assert [shown(ds.frames(CAM, [i])[0]) for i in range(12) if i != 4] == [i for i in range(12) if i != 4]
    with pytest.raises(DatasetError, match="by its clock it has no picture for row 4 of episode 0"): ds[4]
    assert ("video", 0) in found(root)

@pytest.mark.parametrize("lost", [0, 8, 15])
def test_lost_frame_in_a_shared_film_blames_its_own_episode(tmp_path, lost):
    ks = [k for k in range(22) if k != lost]
    root = clocked(tmp_path, ks, ks)
    ds, bad = LeRobotDataset(root), int(lost >= 12)
    assert [shown(ds.frames(CAM, [i])[0]) for i in ks] == ks
    assert [f.episodes for f in doctor(root).findings if f.level == "error"] == [[bad]]
    assert repair(root, tmp_path/"out").ok
    kept = LeRobotDataset(tmp_path/"out")
    assert [shown(f) for f in kept.frames(CAM, range(len(kept)))] == (list(range(12, 22)) if bad == 0 else list(range(12)))

def test_drift_between_joined_films_is_followed(tmp_path):
    "A merge puts a film 0.7 frames late; from_timestamp says so, and so does the clock."
    root = clocked(tmp_path, range(30), [k + .7*(k >= 10) + .7*(k >= 20) for k in range(30)], n=(10, 10, 10))
    def late(rows):
        for r in rows: r[f"videos/{CAM}/from_timestamp"] += .7*r["episode_index"]/30; r[f"videos/{CAM}/to_timestamp"] += .7*r["episode_index"]/30
    edit_episodes(root, late)
    assert [shown(f) for f in LeRobotDataset(root).frames(CAM, range(24))] == list(range(24))
    assert doctor(root).ok

@pytest.mark.parametrize("times", [[k + 30 for k in range(22)], [k*1.001 for k in range(22)], [k + .3*(-1)**k + .3 for k in range(22)]], ids=["begins at 1 s", "29.97", "jitter"])
def test_even_films_are_counted(tmp_path, times):
    root = clocked(tmp_path, range(22), times)
    assert [shown(f) for f in LeRobotDataset(root).frames(CAM, range(22))] == list(range(22)) and doctor(root).ok

@pytest.mark.parametrize("shift, check", [(3, "film times"), (-3, "film times"), (400, "video")])
def test_wrong_film_times_are_found(root, tmp_path, shift, check):
    def move(rows): rows[1][f"videos/{CAM}/from_timestamp"] += shift/30; rows[1][f"videos/{CAM}/to_timestamp"] += shift/30
    edit_episodes(root, move)
    report = doctor(root)
    assert not report.ok and any(f.check in (check, "video") and 1 in f.episodes for f in report.findings)
    if shift > 0: assert any("from_timestamp is wrong" in f.found or "drift" in f.found or "frames for" in f.found for f in report.findings)

def test_gap_in_a_longer_film_is_a_warning(tmp_path):
    root = clocked(tmp_path, range(30))
    def move(rows): rows[1][f"videos/{CAM}/from_timestamp"] += 5/30; rows[1][f"videos/{CAM}/to_timestamp"] += 5/30
    edit_episodes(root, move)
    assert found(root) == {("film times", 1)} and doctor(root).ok

# cameras

def test_channels_first_is_turned_once(root, tmp_path):
    edit_feature(root, CAM, shape=[3, 32, 32], names=["channels", "height", "width"])
    ds = LeRobotDataset(root)
    assert ds.features[CAM]["shape"] == [32, 32, 3] and shown(ds[13][CAM]) == 13 and doctor(root).findings == []
    assert repair(root, tmp_path/"out").ok and shown(LeRobotDataset(tmp_path/"out")[13][CAM]) == 13
    edit_feature(root, CAM, names=None)
    assert shown(LeRobotDataset(root)[5][CAM]) == 5

@pytest.mark.parametrize("shape", [[480, 640, 3], [16, 32, 3]])
def test_declared_size_against_the_film(root, tmp_path, shape):
    edit_feature(root, CAM, shape=shape)
    with pytest.raises(DatasetError, match=r"frame 0 has shape \[32, 32, 3\], meta/info.json declares"): LeRobotDataset(root)[0]
    assert [f.check for f in doctor(root).findings if f.level == "error"] == ["size"]
    assert repair(root, tmp_path/"out").ok                                           # and what it says is what it holds
    assert LeRobotDataset(tmp_path/"out")[0][CAM].shape == (32, 32, 3) == tuple(LeRobotDataset(tmp_path/"out").features[CAM]["shape"])

def test_one_film_of_another_size_costs_its_episode(tmp_path):
    root = build(tmp_path/"set", (6, 6, 6), one_film=False)
    film(root/f"videos/{CAM}/chunk-000/file-001.mp4", range(6), h=64, w=48)
    assert ("size", 1) in found(root) and repair(root, tmp_path/"out").ok
    assert LeRobotDataset(tmp_path/"out").num_episodes == 2

def image_set(root, cells, kind=PICTURES, **feature):
    f = {"dtype": "image", "shape": [32, 32, 3], "names": ["height", "width", "channel"], **feature}
    return build(root, extra={CAM: (f, cells, kind)}, camera=False)

as_cell = lambda data: {"bytes": data, "path": None}
GOOD = {"png": ([as_cell(png(k)) for k in range(22)], PICTURES), "jpeg": ([as_cell(png(k, "JPEG")) for k in range(22)], PICTURES),
        "rgba": ([as_cell(png(k, mode="RGBA")) for k in range(22)], PICTURES), "plain binary": ([png(k) for k in range(22)], pa.binary())}

@pytest.mark.parametrize("name", GOOD)
def test_pictures_in_the_table(tmp_path, name):
    root = image_set(tmp_path/"set", *GOOD[name])
    ds = LeRobotDataset(root)
    assert [shown(f) for f in ds.frames(CAM, range(22))] == list(range(22)) and doctor(root).ok
    assert repair(root, tmp_path/"out").ok and shown(LeRobotDataset(tmp_path/"out")[13][CAM]) == 13

def spoilt(at, cell, cells=None): return [cell if k == at else as_cell(png(k)) for k in range(22)]
BAD = {"null": (spoilt(13, None), PICTURES, "frame 13 is empty"), "only a path": (spoilt(13, {"bytes": None, "path": "a.png"}), PICTURES, "only a path"),
       "cut": (spoilt(13, as_cell(png(13)[:60])), PICTURES, "frame 13 is (cut short|no complete)"), "noise": (spoilt(13, as_cell(b"no picture at all")), PICTURES, "no complete PNG"),
       "one byte wrong": (spoilt(13, as_cell(png(13)[:-20] + b"x" + png(13)[-19:])), PICTURES, None),
       "another size": (spoilt(13, as_cell(png(13, h=16))), PICTURES, r"has shape \[16, 32, 3\]"),
       "a gif": (spoilt(13, as_cell(png(13, "GIF"))), PICTURES, "no complete PNG"),
       "numbers": ([flat(k).tolist() for k in range(22)], pa.list_(pa.list_(pa.list_(pa.uint8()))), "a list where a PNG belongs")}

@pytest.mark.parametrize("name", BAD)
def test_spoilt_pictures_are_found_and_named(tmp_path, name):
    cells, kind, message = BAD[name]
    root = image_set(tmp_path/"set", cells, kind)
    if message:
        with pytest.raises(DatasetError, match=message): LeRobotDataset(root)[13]
    bad = {f.check: f.episodes for f in doctor(root).findings if f.level == "error"}
    assert bad in ({"picture": [1]}, {"picture": [0]}) or name == "numbers", bad
    if name == "numbers": return
    assert repair(root, tmp_path/"out").ok and LeRobotDataset(tmp_path/"out").num_frames == 12

def test_a_webp_is_named_without_machine_words(tmp_path):
    root = image_set(tmp_path/"set", [as_cell(png(k, "WEBP")) for k in range(22)])
    with pytest.raises(DatasetError, match=r"frame 3 is no complete PNG or JPEG \(cannot identify image file\)"): LeRobotDataset(root)[3]
    report = doctor(root); assert not report.ok and not D_doctor.mendable(report)          # nothing is whole, so no copy is offered

def test_black_pictures_are_seen_in_tables_too(tmp_path):
    black = as_cell(png(0))
    root = image_set(tmp_path/"set", [black if k < 12 else as_cell(png(k)) for k in range(22)])
    assert ("camera", 0) in found(root)

def depth_png(k):
    import io
    from PIL import Image
    buffer = io.BytesIO(); Image.fromarray((np.arange(1024, dtype=np.uint16).reshape(32, 32)*10 + k)).save(buffer, "PNG")
    return as_cell(buffer.getvalue())

def test_depth_is_left_out_aloud(tmp_path):
    depth = ({"dtype": "image", "shape": [32, 32, 1], "names": ["height", "width", "channels"], "info": {"is_depth_map": True}}, [depth_png(k) for k in range(22)], PICTURES)
    root = build(tmp_path/"set", extra={"observation.images.depth": depth})
    with pytest.warns(UserWarning, match=r"left out observation.images.depth \(a depth camera\)"): ds = LeRobotDataset(root)
    assert ds.camera_keys == [CAM] and shown(ds[7][CAM]) == 7
    assert found(root) == {("left out",)} and doctor(root).ok
    copy = repair(root, tmp_path/"out")
    assert copy.ok and {f.check for f in copy.findings} == {"left out"}
    key = "observation.images.depth"
    rows = lambda r: [c for p in sorted((r/"data").rglob("*.parquet")) for c in pq.read_table(p)[key].to_pylist()]
    assert rows(root) == rows(tmp_path/"out") and (info := load_info(tmp_path/"out")["features"][key])["info"] == {"is_depth_map": True}, info

def test_sixteen_bits_in_a_colour_camera_are_refused(tmp_path):
    root = image_set(tmp_path/"set", [depth_png(k) for k in range(22)])
    with pytest.raises(DatasetError, match="mode I;16"): LeRobotDataset(root)[0]
    assert not doctor(root).ok

# columns of words

def test_strings_are_served_and_kept(tmp_path):
    words = [f"step {k//6} größer" for k in range(22)]
    root = build(tmp_path/"set", extra={"note": ({"dtype": "string", "shape": [1], "names": None}, words, pa.string())})
    ds = LeRobotDataset(root)
    assert ds[7]["note"] == words[7] and ds.batch([3, 20])["note"] == [words[3], words[20]] and ds.column("note").tolist() == words
    assert doctor(root).findings == [] and repair(root, tmp_path/"out").findings == []
    copy = LeRobotDataset(tmp_path/"out")
    assert copy.column("note").tolist() == words and "note" not in copy.stats
    from torch.utils.data import DataLoader
    assert next(iter(DataLoader(ds, batch_size=4)))["note"] == words[:4]

def test_fingerprint_sees_words(tmp_path):
    make = lambda name, word: LeRobotDataset(build(tmp_path/name, extra={"note": ({"dtype": "string", "shape": [1], "names": None}, [word]*22, pa.string())})).fingerprint
    assert make("a", "left") == make("b", "left") != make("c", "right")

def test_strings_are_written(tmp_path):
    features = {"action": vector_feature(["a"]), "note": {"dtype": "string", "shape": [1], "names": None}}
    with DatasetWriter(tmp_path/"set", 30, features) as w:
        for i in range(3): w.add_frame({"action": [i], "note": f"n{i}"}, task="t")
        with pytest.raises(DatasetError, match="note: expected a string, got int"): w.add_frame({"action": [0], "note": 3}, task="t")
        w.save_episode()
    assert LeRobotDataset(tmp_path/"set").column("note").tolist() == ["n0", "n1", "n2"]

def test_language_is_skipped_aloud(tmp_path):
    kind = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    root = build(tmp_path/"set", extra={"language_persistent": ({"dtype": "language", "shape": [1], "names": None}, [[{"role": "a", "content": "reach"}]]*22, kind)})
    with pytest.warns(UserWarning, match="left out language_persistent"): assert "language_persistent" not in LeRobotDataset(root)[0]
    assert found(root) == {("left out",)}

# guests: what is not served goes along with a copy

def shows_guests(root, numbers, what=""):
    "Depth pictures and annotations of these rows of the source, in order."
    ds, n = LeRobotDataset(root), 0
    for e in range(ds.num_episodes):
        mine = numbers[n:n + (k := int(ds.episodes["length"][e]))]
        assert [depth_shown(root, e, i) for i in (0, k - 1)] == [mine[0], mine[-1]], what
        n += k
    assert n == len(numbers) and [len(w) for w in words_of(root)] == [k % 3 for k in numbers], what
    assert [w[0]["content"] for w in words_of(root) if w] == [f"row {k}" for k in numbers if k % 3], what
    return doctor(root)

@pytest.mark.filterwarnings("ignore:.*left out")
def test_guests_are_repaired_untouched(tmp_path):
    root = with_guests(tmp_path/"set")
    report = shows_guests(root, list(range(22)))
    assert {f.check for f in report.findings} == {"left out"} and report.ok
    copy = repair(root, tmp_path/"out")
    assert copy.ok and {f.check for f in copy.findings} == {"left out"}
    shows_guests(tmp_path/"out", list(range(22)))
    films = lambda r: [p.read_bytes() for p in sorted((r/"videos"/DEPTH).rglob("*.mp4"))]
    assert films(root) == films(tmp_path/"out"), "one film, byte for byte, though two episodes share it"
    f = load_info(tmp_path/"out")["features"]
    assert f[DEPTH]["info"]["depth_unit"] == "m" and f[DEPTH]["info"]["is_depth_map"] and f[WORDS]["dtype"] == "language"
    stats = json.loads((tmp_path/"out/meta/stats.json").read_text())[DEPTH]
    assert stats["mean"] == [[[1.]]] and stats["count"] == [10]
    repair(root, tmp_path/"less", drop=[0]); shows_guests(tmp_path/"less", list(range(12, 22)))
    kind = pq.read_schema(next((tmp_path/"less/data").rglob("*.parquet"))).field(WORDS).type
    assert kind == WORDS_KIND

@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("harm, left", [("film", {DEPTH}), ("place", {DEPTH}), ("escape", {DEPTH}), ("column", {WORDS})])
def test_guests_that_cannot_come_are_named(tmp_path, harm, left):
    root = with_guests(tmp_path/"set")
    if harm == "film": (root/f"videos/{DEPTH}/chunk-000/file-000.mp4").unlink()
    if harm == "place": edit_episodes(root, lambda rows: [{k: v for k, v in r.items() if not k.startswith(f"videos/{DEPTH}/")} for r in rows])
    if harm == "escape":
        film = root/f"videos/{DEPTH}/chunk-000/file-000.mp4"; film.rename(tmp_path/"away.mp4"); film.symlink_to(tmp_path/"away.mp4")
    if harm == "column":
        path = root/"data/chunk-000/file-000.parquet"; pq.write_table(pq.read_table(path).drop_columns([WORDS]), path)
    copy = repair(root, tmp_path/"out")
    [note] = [f.found for f in copy.findings if f.check == "left behind"]
    assert copy.ok and all(k in note for k in left) and not left & load_info(tmp_path/"out")["features"].keys()
    assert {DEPTH, WORDS} - left <= load_info(tmp_path/"out")["features"].keys() and len(LeRobotDataset(tmp_path/"out")) == 22

# names, tasks, statistics

@pytest.mark.parametrize("names", [["actions"], {"axes": ["x"]}, {"motors": {"a": 0}}, [["a", "b"]], "abc"])
def test_names_that_do_not_count_the_values(root, names):
    for k in ("action", "observation.state"): edit_feature(root, k, names=names)
    assert LeRobotDataset(root).features["action"]["names"] is None
    assert found(root) == {("names",)} and doctor(root).ok

@pytest.mark.parametrize("rename, cure", [({"action": "actions"}, "--columns actions=action"), ({"observation.state": "state"}, "--columns state=observation.state"),
                                          ({CAM: "image"}, "--cameras image=image"), ({CAM: "wrist.rgb"}, "--cameras wrist.rgb=rgb")])
def test_other_names_than_training_looks_for_are_said(root, tmp_path, rename, cure):
    from smolvla.data import edit as E
    [(old, new)] = rename.items()
    swap = lambda d: {k.replace(old, new): v for k, v in d.items()}
    edit(root/"meta/info.json", lambda i: {**i, "features": swap(i["features"])})
    edit_episodes(root, lambda rows: [swap(r) for r in rows]); edit(root/"meta/stats.json", swap)
    if old == CAM: (root/"videos"/old).rename(root/"videos"/new)
    else: path = root/"data/chunk-000/file-000.parquet"; pq.write_table((t := pq.read_table(path)).rename_columns([swap({c: 0}).popitem()[0] for c in t.column_names]), path)
    notes = [f for f in doctor(root).findings if f.check == "names"]
    assert [cure in f.cure for f in notes] == [True] and doctor(root).ok
    word, pairs = notes[0].cure.split(" --")[-1].split(" ")
    E.rename(root, tmp_path/"out", **{word: pairs})
    assert not [f for f in doctor(tmp_path/"out").findings if f.check == "names"]

def test_an_empty_instruction_counts_where_it_is_said(tmp_path):
    root = build(tmp_path/"said", tasks=("pick", " "), which=[0]*12 + [1]*10)
    assert [(f.check, f.episodes) for f in doctor(root).findings] == [("tasks", [1])] and "smolvla_edit tasks" in doctor(root).findings[0].cure
    root = build(tmp_path/"unsaid", tasks=("pick", ""), which=[0]*22)
    assert not doctor(root).findings

def test_names_of_motors_are_names(root):
    edit_feature(root, "action", names={"motors": NAMES})
    assert LeRobotDataset(root).features["action"]["names"] == NAMES and doctor(root).findings == []

def tasks_table(**columns): return lambda root: pq.write_table(pa.table(columns), root/"meta/tasks.parquet")

@pytest.mark.parametrize("columns, want", [({"task_index": [0], "category": ["pick"], "task": ["lift"]}, "lift"), ({"task_index": [0], "sentence": ["lift"]}, "lift"),
                                           ({"category": ["pick"], "__index_level_0__": ["lift"], "task_index": [0]}, "lift")])
def test_the_words_of_a_task_are_found(root, columns, want):
    tasks_table(**columns)(root)
    assert LeRobotDataset(root)[0]["task"] == want

@pytest.mark.parametrize("columns", [{"task_index": [0]}, {"task_index": [0], "a": ["x"], "b": ["y"]}, {"task_index": [0], "task": [7]}, {"task": ["x"]}])
def test_tasks_without_words(root, tmp_path, columns):
    tasks_table(**columns)(root)
    with pytest.raises(DatasetError, match="tasks.parquet has no"): LeRobotDataset(root)
    assert ("tasks",) in found(root) and repair(root, tmp_path/"out").ok
    assert LeRobotDataset(tmp_path/"out").tasks == ["put the cube in the box"]         # the episode table knew

@pytest.mark.parametrize("which, bad", [([0]*21 + [3], [1]), ([-1]*22, [0, 1]), ([0]*12 + [1]*10, [1])])
def test_a_task_without_a_sentence(tmp_path, which, bad):
    root = build(tmp_path/"set", which=which)
    with pytest.raises(DatasetError, match=r"has task -?\d, but meta/ lists 1 tasks"): LeRobotDataset(root)
    assert sorted(e for f in doctor(root).findings if f.check == "tasks" for e in f.episodes) == bad

@pytest.mark.parametrize("version", ["v2.1", "v2.0"])
def test_statistics_without_counts(tmp_path, version):
    root = as_v21(build(tmp_path/"set", one_film=False), version, ("mean", "std", "min", "max"))
    ds = LeRobotDataset(root)
    x = ds.column("action")
    np.testing.assert_allclose(ds.stats["action"]["mean"], x.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ds.stats["action"]["std"], x.std(0), rtol=1e-4, atol=1e-5)
    D_stats.aggregate_stats([ds.stats, ds.stats])
    assert doctor(root).findings == [] and repair(root, tmp_path/"out").ok

def test_v21_whose_stats_json_lags(tmp_path):
    root = as_v21(build(tmp_path/"set", one_film=False))
    write_json(root/"meta/stats.json", {"index": {**stats_of(np.arange(5)), "count": [5]}, "action": stats_of(np.zeros((5, 6)))})
    np.testing.assert_allclose(LeRobotDataset(root).stats["action"]["mean"], LeRobotDataset(root).column("action").mean(0), atol=1e-5)

STATS = {"NaN": (lambda s: s["action"]["mean"].__setitem__(2, float("nan")), "hold NaN"),
         "std 10 times too large": (lambda s: s["action"].update(std=[10*v for v in s["action"]["std"]]), "the std of action is not"),
         "std 1000 times too small": (lambda s: s["action"].update(std=[v/1000 for v in s["action"]["std"]]), "the std of action is not"),
         "one std": (lambda s: s["action"]["std"].__setitem__(3, 1e-3), "the std of action is not"),
         "range": (lambda s: s["action"].update(max=[v + 90 for v in s["action"]["max"]]), "the max of action is not"),
         "shape": (lambda s: s["action"].update(mean=[0, 0]), "mean of action has 2 numbers for 6 values"),
         "words": (lambda s: s["action"].update(mean=["a"]*6), "other things than numbers"), "list": (lambda s: [1, 2], "keys and values"),
         "null": (lambda s: s["action"].update(mean=None), "other things than numbers")}

@pytest.mark.parametrize("name", STATS)
def test_wrong_statistics_are_found_and_repaired(root, tmp_path, name):
    change, message = STATS[name]
    edit(root/"meta/stats.json", change)
    report = doctor(root)
    assert not report.ok and message in report.findings[0].found and {f.check for f in report.findings} == {"stats"}
    assert repair(root, tmp_path/"out").findings == []

def test_unused_columns_need_no_statistics(tmp_path):
    root = build(tmp_path/"set", extra={"next.reward": ({"dtype": "float32", "shape": [1], "names": None}, [.1*k for k in range(22)], pa.float32())})
    assert doctor(root).ok and found(root) == {("stats",)}

def test_a_joint_that_never_moved_is_said(tmp_path):
    x = columns_of((12, 10))["action"]; x[:, 5] = 3
    assert any("never moved" in f.found and "gripper" in f.found for f in doctor(build(tmp_path/"set", data={"action": x})).findings)

# units

def units_found(tmp_path, x): return {f.found.split("look like ")[1].split(",")[0] for f in doctor(build(tmp_path/"set", data={"action": x, "observation.state": x})).findings if f.check == "units"}

def test_undeclared_units_give_themselves_away(tmp_path):
    t = np.linspace(0, 5, 22)[:, None] + np.arange(6)
    m100 = np.clip(110*np.sin(t), -100, 100).astype(np.float32); m100[:, 5] = np.abs(m100[:, 5])
    assert units_found(tmp_path/"a", m100) == {"-100 to 100"}
    assert units_found(tmp_path/"b", np.sin(t).astype(np.float32)*1.5) == {"radians"}
    assert units_found(tmp_path/"c", np.sin(t).astype(np.float32)*80) == set()
    assert units_found(tmp_path/"d", np.sin(t).astype(np.float32)*110) == set()

def test_other_units_are_not_continued(tmp_path):
    features = lambda unit: {"action": vector_feature(["a", "b"], unit)}
    with DatasetWriter(tmp_path/"set", 30, features("degrees")) as w:
        w.add_frame({"action": [1, 2]}, task="t"); w.save_episode()
    with pytest.raises(DatasetError, match=r"was recorded with action in \['degrees', 'degrees'\], not in \['radians'"): DatasetWriter(tmp_path/"set", 30, features("radians"))
    DatasetWriter(tmp_path/"set", 30, features("degrees")).finalize()

# odd sizes and rates

@pytest.mark.parametrize("fps, size", [(29.97, (32, 48)), (30, (31, 47)), (30000/1001, (33, 32)), (12.5, (32, 31))])
def test_odd_sizes_and_rates_are_written_and_repaired(tmp_path, fps, size):
    features = {"action": vector_feature(["a"]), CAM: camera_feature(*size)}
    with DatasetWriter(tmp_path/"set", fps, features) as w:
        for e in range(2):
            for k in range(20): w.add_frame({"action": [k], CAM: flat(k, *size)}, task="t")
            w.save_episode()
    ds = LeRobotDataset(tmp_path/"set")
    assert ds.fps == fps and [shown(f) for f in ds.frames(CAM, range(40))] == 2*list(range(20)) and ds[0][CAM].shape == (*size, 3)
    clock = VideoFile(ds.video_files[CAM][0]).clock(fps)
    assert np.abs(clock - np.arange(20)).max() < 1e-3
    assert doctor(tmp_path/"set").ok and repair(tmp_path/"set", tmp_path/"out", drop=[0]).ok
    assert json.loads((tmp_path/"out/meta/info.json").read_text())["fps"] == fps

def test_foreign_odd_film_is_repaired(tmp_path):
    root = build(tmp_path/"set", film_of=lambda p, ks: film(p, ks, h=31, w=33, codec="libvpx-vp9", pix="yuv420p"))
    edit_feature(root, CAM, shape=[31, 33, 3])
    assert repair(root, tmp_path/"out").ok and LeRobotDataset(tmp_path/"out")[0][CAM].shape == (31, 33, 3)

# going on with a set of others

def go_on(root, n=5, value=50., undo=False):
    with DatasetWriter(root, 30, features_of(root)) as w:
        if undo: w.undo_episode()
        for k in range(n): w.add_frame({"action": [value]*6, "observation.state": [value]*6, CAM: flat(k)}, task="another")
        w.save_episode()

@pytest.mark.parametrize("stats", ["without index", "no file", "NaN", "without count", "empty count", "count 0", "a strange quantile"])
def test_statistics_cover_all_frames_after_going_on(root, stats):
    strange = {"empty count": {"count": []}, "count 0": {"count": [0]}, "a strange quantile": {"q50": [1, 2]}}
    if stats in strange: edit(root/"meta/stats.json", lambda s: s["action"].update(strange[stats]))
    if stats == "no file": (root/"meta/stats.json").unlink()
    if stats == "NaN": edit(root/"meta/stats.json", lambda s: s["action"]["mean"].__setitem__(0, float("nan")))
    if stats == "without count": edit(root/"meta/stats.json", lambda s: [d.pop("count") for d in s.values()] and None)
    go_on(root); go_on(root, 3, -20.)
    ds = LeRobotDataset(root)
    for k in ("action", "observation.state"):
        np.testing.assert_allclose(ds.stats[k]["mean"], ds.column(k).mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(ds.stats[k]["std"], ds.column(k).std(0), rtol=1e-4, atol=1e-5)
    assert int(ds.stats["index"]["count"][0]) == 30 and not [f for f in doctor(root).findings if f.check == "stats"]

def test_going_on_by_an_older_version_is_noticed(root):
    "It left the statistics of the last five frames, and rows without any."
    go_on(root)
    write_json(root/"meta/stats.json", {k: {**stats_of(np.full((5, 6), 50.)), "count": [5]} for k in ("action", "observation.state")} | {"index": stats_of(np.arange(5))})
    np.testing.assert_allclose(LeRobotDataset(root).stats["action"]["mean"], LeRobotDataset(root).column("action").mean(0), rtol=1e-4, atol=1e-5)

def test_statistics_of_a_camera_are_never_those_of_a_part(root):
    go_on(root)
    assert CAM not in LeRobotDataset(root).stats

def two_data_files(tmp_path, lengths=(6, 8, 5)):
    "Our own set, its episode rows moved into one file as LeRobot keeps them; the data files stay apart."
    root = tmp_path/"shared"
    with DatasetWriter(root, 30, {"action": vector_feature(["a"]), CAM: camera_feature(32, 32)}) as w:
        for e, n in enumerate(lengths):
            for k in range(n): w.add_frame({"action": [e], CAM: flat(k)}, task=f"task {e}")
            w.save_episode()
    files = sorted((root/"meta/episodes").rglob("*.parquet"))
    rows = [{**r, "meta/episodes/file_index": 0} for p in files for r in pq.read_table(p).to_pylist()]
    for p in files[1:]: p.unlink()
    pq.write_table(pa.Table.from_pylist(rows), files[0])
    return root

@pytest.mark.parametrize("n", [3, 5, 9])
def test_undo_on_a_shared_episode_table(tmp_path, n):
    root = two_data_files(tmp_path)
    with DatasetWriter(root, 30, {"action": vector_feature(["a"]), CAM: camera_feature(32, 32)}) as w:
        assert w.undo_episode() == 2
        for k in range(n): w.add_frame({"action": [7], CAM: flat(k)}, task="again")
        w.save_episode()
    ds = LeRobotDataset(root)
    assert ds.episodes["length"].tolist() == [6, 8, n] and ds[-1]["task"] == "again" and ds.rows[2]["tasks"] == ["again"]
    assert ds.column("action")[14:].tolist() == [[7.]]*n and doctor(root).ok
    assert len([r for p in (root/"meta/episodes").rglob("*.parquet") for r in pq.read_table(p).to_pylist()]) == 3       # LeRobot reads every row
    np.testing.assert_allclose(ds.stats["action"]["mean"], ds.column("action").mean(0), rtol=1e-6)

def test_undo_killed_before_the_table_was_rewritten(tmp_path, monkeypatch):
    root = two_data_files(tmp_path)
    features = {"action": vector_feature(["a"]), CAM: camera_feature(32, 32)}
    with DatasetWriter(root, 30, features) as w:
        monkeypatch.setattr(D_writer, "trim_table", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt): w.undo_episode()
    monkeypatch.undo()
    assert LeRobotDataset(root).num_episodes == 2
    with DatasetWriter(root, 30, features) as w:
        for k in range(4): w.add_frame({"action": [7], CAM: flat(k)}, task="again")
        w.save_episode()
    assert LeRobotDataset(root).episodes["length"].tolist() == [6, 8, 4] and doctor(root).ok

def test_of_two_rows_the_newer_counts(root):
    rows = pq.read_table(root/"meta/episodes/chunk-000/file-000.parquet").to_pylist()
    pq.write_table(pa.Table.from_pylist([{**rows[1], "length": 3}, rows[0], rows[1]]), root/"meta/episodes/chunk-000/file-000.parquet")
    assert LeRobotDataset(root).episodes["length"].tolist() == [12, 10]

def test_a_table_that_is_numbered_oddly_is_not_swept_away(root):
    "The rows say file 0, the file is called 7: it holds committed episodes, so it stays."
    (root/"meta/episodes/chunk-000/file-000.parquet").rename(root/"meta/episodes/chunk-000/file-007.parquet")
    go_on(root)
    assert LeRobotDataset(root).episodes["length"].tolist() == [12, 10, 5]

# repair

def test_repair_keeps_what_is_not_its_own(tmp_path):
    root = build(tmp_path/"set", (6, 6, 6))
    (root/"README.md").write_text("mine"); (root/"meta/calibration.json").write_text("{}"); (root/"notes").mkdir()
    write_json(root/"meta/recording.json", {"runs": {"stack": {"seeds": [4, 5, 7], "failed": [6]}}, "last": "stack"})
    edit_info(root, tools=[{"name": "grip"}])
    copy = repair(root, tmp_path/"out", drop=[1])
    kept = json.loads((tmp_path/"out/meta/recording.json").read_text())
    assert kept["runs"]["stack"] == {"seeds": [4, 7], "failed": [6, 5]}                # 5 was dropped: never again, and one is due
    assert (tmp_path/"out/README.md").read_text() == "mine" and (tmp_path/"out/meta/calibration.json").exists()
    assert "notes" in [f for f in copy.findings if f.check == "left behind"][0].found
    assert json.loads((tmp_path/"out/meta/info.json").read_text())["tools"] == [{"name": "grip"}]

def test_repair_knows_its_episodes(root, tmp_path):
    with pytest.raises(DatasetError, match=r"has no episode 14 that could be dropped; it has 2 \(0 to 1\)"): repair(root, tmp_path/"out", drop=[14])
    assert not (tmp_path/"out").exists()

def call(*args):
    with pytest.raises(SystemExit) as e: doctor_cli(*map(str, args[:1]), **args[1] if len(args) > 1 else {})
    return e.value.code

def test_drop_on_the_command_line(tmp_path, capsys):
    root = build(tmp_path/"set", (6, 6, 6, 6))
    assert call(root, dict(out=str(tmp_path/"a"), drop="0-1, 3")) == 0
    assert LeRobotDataset(tmp_path/"a").num_episodes == 1
    assert "no episode number and no range" in call(root, dict(out=str(tmp_path/"b"), drop="first"))
    assert "no episode number and no range" in call(root, dict(out=str(tmp_path/"b"), drop="3-1"))
    assert "--out NEW" in call(root, dict(drop="1"))
    assert "no episode 9" in call(root, dict(out=str(tmp_path/"b"), drop="7-9")) or "no episode 7" in call(root, dict(out=str(tmp_path/"b"), drop="7-9"))
    assert not (tmp_path/"b").exists()

def test_no_episode_yet(tmp_path, capsys):
    features = {"action": vector_feature(["a"]), CAM: camera_feature(32, 32)}
    DatasetWriter(tmp_path/"set", 30, features).finalize()
    assert [(f.level, f.cure) for f in doctor(tmp_path/"set").findings] == [("warning", "record one first")]
    with pytest.raises(DatasetError, match="record one first"): LeRobotDataset(tmp_path/"set")
    assert call(tmp_path/"set") == 0

# text

def test_ascii_locale_bom_and_crlf(tmp_path):
    root = as_v21(build(tmp_path/"set", tasks=("把方块放进盒子",), one_film=False))
    for name in ("info.json", "tasks.jsonl", "episodes.jsonl"):
        p = root/"meta"/name
        p.write_bytes(b"\xef\xbb\xbf" + p.read_bytes().replace(b"\n", b"\r\n"))
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    code = "import sys; from smolvla.data.dataset import LeRobotDataset; from smolvla.data.doctor import doctor_cli; print(ascii(LeRobotDataset(sys.argv[1]).tasks)); doctor_cli(sys.argv[1])"
    out = subprocess.run([sys.executable, "-W", "ignore", "-c", code, root], capture_output=True, text=True, env=env)
    assert out.returncode == 0 and ascii("把方块放进盒子") in out.stdout, out.stderr[-500:]
    (root/"meta/tasks.jsonl").write_bytes(b"\xff\xfe\x00broken")
    with pytest.raises(DatasetError, match="no UTF-8 text"): LeRobotDataset(root)

def test_missing_files_of_v21(tmp_path):
    root = as_v21(build(tmp_path/"set", one_film=False))
    (root/"meta/episodes.jsonl").unlink()
    with pytest.raises(DatasetError, match="episodes.jsonl is missing"): LeRobotDataset(root)

def test_no_lerobot_at_all(root):
    edit(root/"meta/info.json", lambda i: {"name": "some other format"})
    with pytest.raises(DatasetError, match="no codebase_version: it is no LeRobot data set"): LeRobotDataset(root)

@pytest.mark.filterwarnings("ignore:.*left out")
def test_guests_of_v21_come_along(tmp_path):
    words = [[{"role": "user", "content": f"row {k}", "style": "memory", "timestamp": k/30}]*(k % 3) for k in range(22)]
    root = as_v21(build(tmp_path/"set", one_film=False, extra={WORDS: ({"dtype": "language", "shape": [1], "names": None}, words, WORDS_KIND)}))
    edit(root/"meta/info.json", lambda i: i["features"].update({DEPTH: {"dtype": "video", "shape": [32, 32, 1], "names": ["height", "width", "channels"], "info": {"video.is_depth_map": True}}}))
    for e, ks in enumerate((range(12), range(12, 22))): depth_film(root/f"videos/chunk-000/{DEPTH}/episode_{e:06d}.mp4", ks)
    assert len(LeRobotDataset(root)) == 22 and {f.check for f in doctor(root).findings} == {"left out"}
    assert repair(root, tmp_path/"out").ok; shows_guests(tmp_path/"out", list(range(22)))
    repair(root, tmp_path/"less", drop=[0]); shows_guests(tmp_path/"less", list(range(12, 22)))

@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("kind, cell", [(PICTURES, lambda k: as_cell(png(k, mode="L")) if k % 5 else None), (pa.binary(), lambda k: png(k, mode="L")), (pa.string(), lambda k: f"images/{k}.png"),
                                        (pa.list_(pa.list_(pa.uint16())), lambda k: [[k, 1], [2, 3]])], ids=["cells and gaps", "bytes", "paths", "numbers"])
def test_pictures_that_are_guests_are_not_looked_into(tmp_path, kind, cell):
    from smolvla.data import edit as E
    feature = {"dtype": "image", "shape": [32, 32, 1], "names": ["height", "width", "channels"]}
    root = build(tmp_path/"set", extra={DEPTH: (feature, [cell(k) for k in range(22)], kind)})
    repair(root, tmp_path/"out"); E.delete(root, tmp_path/"less", "0")
    rows = lambda r: [c for p in sorted((r/"data").rglob("*.parquet")) for c in pq.read_table(p)[DEPTH].to_pylist()]
    assert rows(tmp_path/"out") == rows(root) and rows(tmp_path/"less") == rows(root)[12:]
