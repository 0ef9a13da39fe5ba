"What chapter 01f is too short to hold: foreign sets, interrupted edits, every refusal with a cure that works, and LeRobot 0.6.1 as a judge (opt-in)."
import hashlib, json, os, shlex, shutil, signal, subprocess, sys
from pathlib import Path
import av, numpy as np, pyarrow as pa, pyarrow.parquet as pq, pytest
from smolvla.data import doctor as D_doctor
from smolvla.data import layout as D_layout
from smolvla.data import stats as D_stats
import smolvla.data.dataset as D, smolvla.data.edit as E
from smolvla.data.dataset import LeRobotDataset, VideoFile
from smolvla.files import DatasetError
from smolvla.data.writer import DatasetWriter, camera_feature, vector_feature
from smolvla.data.doctor import doctor

CAM, NAMES = "observation.images.top", ["shoulder_pan.pos", "elbow_flex.pos", "gripper.pos"]

def values(e, n):
    "Rows that tell where they belong."
    i = np.arange(n)
    return np.stack([40*np.sin(i/3 + e), 10*np.cos(i/4) + e, (7*i + 5*e) % 100], 1).astype(np.float32)

def picture(e, i, h=32, w=48):
    x = np.full((h, w, 3), [30*e % 200 + 20, 5*i % 200 + 20, 90], np.uint8)
    x[8:24, (5*i) % (w - 8):(5*i) % (w - 8) + 8] = 220
    return x

def make(root, lengths=(8, 11, 6), names=NAMES, units=("degrees", "degrees", "percent"), cameras=("top",), size=(32, 48), fps=30, dtype="video", extra=None, first=0, **kw):
    vector = vector_feature(names, list(units) if units else None)
    features = {"observation.state": vector, "action": vector, **{f"observation.images.{c}": camera_feature(*size, dtype) for c in cameras}, **(extra or {})}
    with DatasetWriter(root, fps, features, **kw) as w:
        for e, n in enumerate(lengths, first):
            for i, x in enumerate(values(e, n)):
                order = [NAMES.index(k) if k in NAMES else j for j, k in enumerate(names)]
                frame = {"observation.state": x[order], "action": x[order] + 1, **{f"observation.images.{c}": picture(e, i, *size) for c in cameras}}
                w.add_frame({**frame, **{k: np.full(f["shape"], i, f["dtype"]) for k, f in (extra or {}).items()}}, task=f"task {e % 2}")
            w.save_episode()
    return Path(root)

def shared_film(path, parts, codec="libx264", fps=30, keys=True, **options):
    "All frames of several episodes in one file, encoded in one go; a key frame at each start."
    h, w = parts[0][0].shape[:2]
    starts, kind = {int(x) for x in np.cumsum([0, *map(len, parts)])}, av.video.frame.PictureType
    with av.open(str(path), "w") as out:
        s = out.add_stream(codec, rate=fps, width=w, height=h, options={k: str(v) for k, v in options.items()})
        s.pix_fmt = "yuv420p"
        for i, x in enumerate(x for part in parts for x in part):
            f = av.VideoFrame.from_ndarray(x, format="rgb24")
            f.pts, f.pict_type = i, kind.I if keys and i in starts else kind.NONE
            out.mux(s.encode(f))
        out.mux(s.encode())

def packed(root, out, codec="libx264", keys=True, **options):
    "The set as LeRobot writes it: one data file, one episode table, one film a camera."
    ds, out = LeRobotDataset(root), Path(out)
    rows = pa.concat_tables([pq.read_table(root/p) for p in ds.data_files])
    table = D_layout.episode_rows(root, ds.info, stats=True)
    for r in table:
        for kind in ("data", "meta/episodes", *(f"videos/{k}" for k in ds.camera_keys)): r |= {f"{kind}/chunk_index": 0, f"{kind}/file_index": 0}
        for k in ds.camera_keys: r |= {f"videos/{k}/from_timestamp": r["dataset_from_index"]/ds.fps, f"videos/{k}/to_timestamp": r["dataset_to_index"]/ds.fps}
    for p in ("data/chunk-000", "meta/episodes/chunk-000", *(f"videos/{k}/chunk-000" for k in ds.camera_keys)): (out/p).mkdir(parents=True)
    for f in root.glob("meta/*.*"): shutil.copy(f, out/"meta")
    pq.write_table(rows, out/"data/chunk-000/file-000.parquet")
    pq.write_table(pa.Table.from_pylist(table), out/"meta/episodes/chunk-000/file-000.parquet")
    for k in ds.camera_keys:
        parts = [list(ds.frames(k, range(a, b))) for a, b in zip(ds.episodes["from"], ds.episodes["to"])]
        shared_film(out/f"videos/{k}/chunk-000/file-000.mp4", parts, codec, keys=keys, **options)
    return out

def older(root, out):
    "The same set as v2.1 wrote it."
    ds, out = LeRobotDataset(root), Path(out)
    (out/"meta").mkdir(parents=True); (out/"data/chunk-000").mkdir(parents=True)
    lines = lambda rows: "".join(json.dumps(r) + "\n" for r in rows)
    (out/"meta/episodes.jsonl").write_text(lines({"episode_index": e, "tasks": r["tasks"], "length": r["length"]} for e, r in enumerate(ds.rows)))
    (out/"meta/tasks.jsonl").write_text(lines({"task_index": i, "task": t} for i, t in enumerate(ds.tasks)))
    stats = {r["episode_index"]: D_stats.plain(D_stats.unflatten_stats(r)) for r in D_layout.episode_rows(root, ds.info, stats=True)}
    (out/"meta/episodes_stats.jsonl").write_text(lines({"episode_index": e, "stats": s} for e, s in stats.items()))
    for e in range(len(ds.rows)):
        shutil.copy(root/ds.data_files[e], out/f"data/chunk-000/episode_{e:06d}.parquet")
        for k in ds.camera_keys:
            (out/f"videos/chunk-000/{k}").mkdir(parents=True, exist_ok=True)
            shutil.copy(ds.video_files[k][e], out/f"videos/chunk-000/{k}/episode_{e:06d}.mp4")
    info = {**json.loads((root/"meta/info.json").read_text()), "codebase_version": "v2.1", "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
            "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"}
    (out/"meta/info.json").write_text(json.dumps(info))
    shutil.copy(root/"meta/units.json", out/"meta")
    return out

def content(root): return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(Path(root).rglob("*")) if p.is_file()}

def holds(root, want, names=NAMES, cameras=(CAM,)):
    "The set passes the doctor and holds exactly these (episode number, length), its statistics are those of its rows."
    report, ds = doctor(root), LeRobotDataset(root)
    assert report.ok, report
    assert [r["length"] for r in ds.rows] == [n for _, n in want]
    order = [NAMES.index(k) for k in names]
    np.testing.assert_array_equal(ds.column("observation.state"), np.concatenate([values(e, n)[:, order] for e, n in want]))
    for k in cameras:
        for (e, n), a in zip(want, ds.episodes["from"]):
            for i in {0, n//2, n - 1}: assert np.abs(ds.frames(k, [a + i])[0].astype(int) - picture(e, i)).mean() < 6, (k, e, i)
    for k in ("observation.state", "action", "timestamp", "index"):
        x = ds.column(k).astype(float).reshape(len(ds), -1)
        for stat, v in {"mean": x.mean(0), "std": x.std(0), "min": x.min(0), "q01": np.quantile(x, .01, axis=0), "q90": np.quantile(x, .9, axis=0)}.items():
            np.testing.assert_allclose(ds.stats[k][stat], v, atol=1e-5, err_msg=f"{k} {stat}")
        assert ds.stats[k]["count"] == [len(ds)]
    return ds

@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    t = tmp_path_factory.mktemp("sets")
    return {"a": make(t/"a"), "b": make(t/"b", (7, 5), first=3), "two": make(t/"two", (6, 5), cameras=("top", "wrist"))}

@pytest.fixture
def a(sets): return sets["a"]
@pytest.fixture
def b(sets): return sets["b"]

A, B = [(0, 8), (1, 11), (2, 6)], [(3, 7), (4, 5)]

# films

def test_films_of_whole_files_are_copied_byte_for_byte(a, b, tmp_path):
    before = content(a), content(b)
    report = E.merge([a, b], tmp_path/"ab")
    ds = holds(tmp_path/"ab", A + B)
    films = [p for root in (a, b) for p in LeRobotDataset(root).video_files[CAM]]
    assert [p.read_bytes() for p in ds.video_files[CAM]] == [p.read_bytes() for p in films] and report.notes == []
    assert (content(a), content(b)) == before and sorted(p.name for p in tmp_path.iterdir()) == ["ab"]

@pytest.mark.parametrize("codec,options", [("libx264", {"g": 2}), ("libx264", {"g": 1000, "bf": 3}), ("libsvtav1", {"g": 2, "preset": 12, "crf": 30})])
def test_shared_films_are_cut_without_loss(a, tmp_path, codec, options):
    if codec not in av.codecs_available: pytest.skip(f"no {codec} here")
    source = packed(a, tmp_path/"packed", codec, **options)
    report, old = E.delete(source, tmp_path/"cut", "0"), LeRobotDataset(source)
    new = LeRobotDataset(tmp_path/"cut")
    assert report.notes == []
    np.testing.assert_array_equal(new.frames(CAM, range(len(new))), old.frames(CAM, range(8, 25)))
    holds(tmp_path/"cut", A[1:])

def test_films_that_cannot_be_cut_are_encoded_again_with_a_word(a, tmp_path):
    source = packed(a, tmp_path/"packed", keys=False, g=1000, sc_threshold=0)
    report = E.delete(source, tmp_path/"cut", [1])
    assert any("encoded again" in n for n in report.notes)
    holds(tmp_path/"cut", [A[0], A[2]])

def test_a_film_that_cannot_be_cut_is_copied_whole_if_all_its_episodes_go_along(a, b, tmp_path):
    source = packed(a, tmp_path/"packed", keys=False, g=1000, sc_threshold=0)
    film = LeRobotDataset(source).video_files[CAM][0]
    report = E.merge([b, source], tmp_path/"both")
    ds = holds(tmp_path/"both", B + A)
    assert report.notes == [] and len(set(ds.video_files[CAM])) == 3 and ds.video_files[CAM][2].read_bytes() == film.read_bytes()
    np.testing.assert_array_equal(ds.frames(CAM, range(12, 37)), LeRobotDataset(source).frames(CAM, range(25)))
    E.rename(tmp_path/"both", tmp_path/"again", cameras="top=front")                       # and so it goes on
    assert LeRobotDataset(tmp_path/"again").video_files["observation.images.front"][4].read_bytes() == film.read_bytes() and doctor(tmp_path/"again").ok
    with DatasetWriter(tmp_path/"both", 30, LeRobotDataset(b).features) as w:              # recording goes on behind it
        f = {"observation.state": values(0, 1)[0], "action": values(0, 1)[0], CAM: picture(0, 0)}
        w.add_frame(f, task="t"); w.save_episode()
    assert doctor(tmp_path/"both").ok and LeRobotDataset(tmp_path/"both").num_episodes == 6

def test_a_cut_is_refused_where_the_clock_is_uneven(a, tmp_path):
    film = VideoFile(LeRobotDataset(a).video_files[CAM][0])
    film.pts = [*film.pts[:-1], film.pts[-1] + 7]
    assert E.cut_film(film, 0, 8) is None and E.cut_film(film, 0, 9) is None and E.trusted_cut(film, 3, 2) is None

def test_a_cut_that_shows_other_pictures_is_not_trusted(a, monkeypatch):
    films = [VideoFile(p) for p in LeRobotDataset(a).video_files[CAM]]
    wrong = Path(films[1].path).read_bytes()
    monkeypatch.setattr(E, "cut_film", lambda *args: wrong)
    assert E.trusted_cut(films[0], 0, 8) is None and E.trusted_cut(films[1], 0, 11) == wrong

def test_png_cameras_and_v21(a, tmp_path):
    png = make(tmp_path/"png", dtype="image")
    E.delete(png, tmp_path/"fewer", "1")
    ds = holds(tmp_path/"fewer", [A[0], A[2]])
    np.testing.assert_array_equal(ds.frames(CAM, [9])[0], picture(2, 1))
    old = older(a, tmp_path/"old")
    E.merge([old, shutil.copytree(a, tmp_path/"again")], tmp_path/"both")
    holds(tmp_path/"both", A + A)

def test_statistics_of_pictures(a, b, tmp_path):
    "Merged as they are where they make sense, measured where they do not."
    E.merge([a, b], tmp_path/"ab")
    parts = [LeRobotDataset(x).stats[CAM] for x in (a, b)]
    got = LeRobotDataset(tmp_path/"ab").stats[CAM]
    np.testing.assert_allclose(got["mean"], np.average([p["mean"] for p in parts], axis=0, weights=[25, 12]))
    bad = packed(a, tmp_path/"bad")
    p = bad/"meta/episodes/chunk-000/file-000.parquet"
    rows = pq.read_table(p).to_pylist()
    for r in rows: r[f"stats/{CAM}/mean"] = [[[float("nan")]]]*3
    pq.write_table(pa.Table.from_pylist(rows), p)
    E.delete(bad, tmp_path/"good", "0")
    ds = LeRobotDataset(tmp_path/"good")
    np.testing.assert_allclose(ds.stats[CAM]["mean"].ravel(), (ds.frames(CAM, range(len(ds)))/255).mean((0, 1, 2)), atol=.02)

# nothing is overwritten, nothing half is left

@pytest.mark.parametrize("kind", ["set", "empty", "file", "link", "dead link"])
def test_an_existing_out_is_refused(a, b, tmp_path, kind):
    out = tmp_path/"out"
    if kind == "set": shutil.copytree(b, out)
    elif kind == "empty": out.mkdir()
    elif kind == "file": out.write_text("thesis")
    else: out.symlink_to(b if kind == "link" else tmp_path/"nowhere")
    before = content(b)
    with pytest.raises(DatasetError, match="exists already.*--out"): E.delete(a, out, "0")
    assert content(b) == before and sorted(p.name for p in tmp_path.iterdir()) == ["out"]

def test_out_inside_the_source_is_refused(a, tmp_path):
    root = shutil.copytree(a, tmp_path/"a")
    for out in (root, root/"new", root/"meta/new"):
        with pytest.raises(DatasetError, match="exists already|lies inside"): E.delete(root, out, "0")
    assert content(root) == content(a)

def test_a_link_in_place_of_the_working_folder_is_refused(a, b, tmp_path):
    (tmp_path/".out.unfinished").symlink_to(b)
    before = content(b)
    with pytest.raises(DatasetError, match="is a link"): E.delete(a, tmp_path/"out", "0")
    assert content(b) == before

KILLED = """
import sys, time, smolvla.data.edit as E
copy = E.Source.copy
def slow(self, e, writer):
    copy(self, e, writer)
    print(writer.num_episodes, flush=True)
    time.sleep(.3)
E.Source.copy = slow
E.merge(sys.argv[1:3], sys.argv[3])
"""

@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_edit_leaves_nothing_that_opens(a, b, tmp_path, how):
    p = subprocess.Popen([sys.executable, "-c", KILLED, a, b, tmp_path/"ab"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(2): p.stdout.readline()
    with pytest.raises(DatasetError, match="another process"): E.merge([a, b], tmp_path/"ab")        # a second edit to the same place waits outside
    p.send_signal(how)
    p.communicate(timeout=60)
    assert not (tmp_path/"ab").exists()
    for f in tmp_path.rglob("meta/info.json"):
        with pytest.raises((DatasetError, FileNotFoundError)): LeRobotDataset(f.parent.parent)
    if how == signal.SIGINT: assert not list(tmp_path.iterdir())
    E.merge([a, b], tmp_path/"ab")                                                         # the remains are swept away
    holds(tmp_path/"ab", A + B)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ab"]

def test_a_full_disk_is_foreseen(a, tmp_path, monkeypatch):
    monkeypatch.setattr(E.shutil, "disk_usage", lambda p: shutil._ntuple_diskusage(10**9, 10**9, 10**5))
    with pytest.raises(DatasetError, match="needs about .* MB.*free"): E.delete(a, tmp_path/"out", "0")
    assert not list(tmp_path.iterdir())

@pytest.mark.parametrize("after", [0, 3, 7])
def test_a_disk_that_fills_up_meanwhile(a, tmp_path, monkeypatch, after):
    calls, write = [], E.write_durable
    def full(path, data):
        calls.append(path)
        if len(calls) > after: raise OSError(28, "No space left on device")
        write(path, data)
    monkeypatch.setattr(E, "write_durable", full)
    with pytest.raises(OSError, match="removed|No space"): E.delete(a, tmp_path/"out", "0")
    assert not list(tmp_path.iterdir())

def test_broken_episodes_are_named_and_can_be_deleted(a, tmp_path):
    root = shutil.copytree(a, tmp_path/"a")
    film = LeRobotDataset(root).video_files[CAM][1]
    film.write_bytes(film.read_bytes()[:500])
    with pytest.raises(DatasetError, match=r"episode 1 is broken.*delete .* --episodes 1 --out NEW"): E.rename(root, tmp_path/"out", cameras="top=front")
    assert not (tmp_path/"out").exists()
    E.delete(root, tmp_path/"out", "1")
    holds(tmp_path/"out", [A[0], A[2]])
    E.leave_out(root, tmp_path/"blind", "top")                                             # without the camera nothing is broken
    holds(tmp_path/"blind", A, cameras=())

# merge

def test_joints_in_another_order_are_sorted_by_name(a, tmp_path):
    other = make(tmp_path/"other", (4, 5), names=NAMES[::-1], units=["percent", "degrees", "degrees"], first=3)
    report = E.merge([a, other], tmp_path/"both")
    assert sum("sorted by its names" in n for n in report.notes) == 2
    ds = holds(tmp_path/"both", A + [(3, 4), (4, 5)])
    assert ds.units["action"] == ["degrees", "degrees", "percent"]

CURES = {  # what is done to the other set -> the cure must be named, and work
    "camera name": (dict(cameras=("front",)), "rename"), "more cameras": (dict(cameras=("top", "wrist")), "leave_out"),
    "radians": (dict(units=("radians", "radians", "percent")), "units"), "undeclared": (dict(units=None), "units"),
    "joint names": (dict(names=["main_shoulder_pan", "main_elbow_flex", "main_gripper"]), "rename"),
    "a column more": (dict(extra={"observation.environment_state": vector_feature(["x"], "metres")}), "leave_out")}

@pytest.mark.parametrize("case", CURES)
def test_the_cure_that_is_named_works(a, tmp_path, case):
    how, word = CURES[case]
    other = make(tmp_path/"the other", (6, 5), first=3, **how)
    if case == "radians": in_radians(other)
    with pytest.raises(DatasetError, match=f"smolvla_edit {word} ") as e: E.merge([a, other], tmp_path/"both")
    cure = shlex.split(str(e.value).split("`")[1].replace("NEW", f"'{tmp_path}/cured'").replace("UNIT", "degrees"))
    assert cure[:2] == ["smolvla_edit", word]
    E.edit_cli(word, cure[2:])
    E.merge([a, tmp_path/"cured"], tmp_path/"both")
    assert LeRobotDataset(tmp_path/"both").num_episodes == 5 and doctor(tmp_path/"both").ok

def in_radians(root):
    "Turn the angles of a set into radians, in place."
    for p in root.rglob("data/*/*.parquet"):
        t = pq.read_table(p)
        for k in ("observation.state", "action"):
            x = (np.array(t[k].to_pylist())*[np.pi/180, np.pi/180, 1]).astype(np.float32)
            t = t.set_column(t.column_names.index(k), k, pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), 3))
        pq.write_table(t, p)

@pytest.mark.parametrize("how,words", [(dict(fps=15), "15 frames a second"), (dict(size=(48, 48)), r"\[48, 48\].*leave_out"), (dict(dtype="image"), "image.*video.*leave_out"),
                                       (dict(robot_type="koch"), "different robots.*--robot_type"), (dict(names=["x", "y", "gripper.pos"]), "calls the numbers.*rename")])
def test_sets_that_do_not_fit(a, tmp_path, how, words):
    other = make(tmp_path/"other", (4,), **how)
    with pytest.raises(DatasetError, match=words): E.merge([a, other], tmp_path/"both")
    assert not (tmp_path/"both").exists()

def test_merge_is_not_fooled(a, b, tmp_path):
    with pytest.raises(DatasetError, match="two sets"): E.merge([a], tmp_path/"x")
    with pytest.raises(DatasetError, match="named twice"): E.merge([a, b, a.parent/"."/"a"], tmp_path/"x")
    (tmp_path/"link").symlink_to(a)
    with pytest.raises(DatasetError, match="named twice"): E.merge([a, tmp_path/"link"], tmp_path/"x")

@pytest.mark.parametrize("names", ["so101", "so100_follower", "so101_follower", "so_follower"])
def test_one_arm_under_all_its_names(a, tmp_path, names):
    other = make(tmp_path/"other", (4,), robot_type=names)
    E.merge([a, other], tmp_path/"both")
    assert LeRobotDataset(tmp_path/"both").info["robot_type"] == "so_follower"

def test_merged_tasks_and_film_facts(a, tmp_path):
    other = packed(make(tmp_path/"av1", (5, 6), first=3), tmp_path/"packed", "libsvtav1", g=2, preset=12)
    report = E.merge([a, other], tmp_path/"both")
    assert any("h264" in n and "av1" in n for n in report.notes)
    ds = holds(tmp_path/"both", A + [(3, 5), (4, 6)])
    assert ds.tasks == ["task 0", "task 1"] and [ds[i]["task"] for i in (0, 8, 25, 30)] == ["task 0", "task 1", "task 1", "task 0"]
    E.merge([other, a], tmp_path/"other way")
    assert LeRobotDataset(tmp_path/"other way").features[CAM]["info"]["video.codec"] == "av1"

# split, delete

@pytest.mark.parametrize("text", ["", ",", "x", "1-", "-1", "2-1", "3", "0-9", "1:2", "1.0", "99999999999999999999", "٣"])
def test_odd_episodes_are_refused(a, tmp_path, text):
    with pytest.raises(DatasetError): E.delete(a, tmp_path/"out", text)
    assert not list(tmp_path.iterdir())

def test_delete_all_is_refused(a, tmp_path):
    with pytest.raises(DatasetError, match="keep at least one"): E.delete(a, tmp_path/"out", "0-2")

def test_split(a, tmp_path):
    reports = E.split(a, tmp_path/"out", ["train=0,2", "val=1"])
    assert list(reports) == ["train", "val"] and all(r.ok for r in reports.values())
    holds(tmp_path/"out/train", [A[0], A[2]])
    holds(tmp_path/"out/val", [A[1]])
    report = E.split(a, tmp_path/"part", {"one": [1]})["one"]
    assert any("in no part: 2 episodes" in n for n in report.notes)
    E.split(a, tmp_path/"shares", ["train=67%", "val=33%"])
    holds(tmp_path/"shares/train", A[:2])

@pytest.mark.parametrize("parts", [[], ["train"], ["train="], ["=0"], ["../x=0"], ["a=0", "a=1"], ["a=0-1", "b=1"], ["a=50%", "b=40%"], ["a=0%", "b=100%"], ["a=nan%", "b=1%"],
                                   ["a=99%", "b=1%"], ["a=0", "b=7"], ["a=x%"], ["/tmp/x=0"]])
def test_odd_parts_are_refused(a, tmp_path, parts):
    with pytest.raises(DatasetError): E.split(a, tmp_path/"out", parts)
    assert not list(tmp_path.iterdir())

def test_a_split_is_all_or_nothing(a, tmp_path, monkeypatch):
    approved, calls = E.approved, []
    def second(root):
        calls.append(root)
        if len(calls) == 2: raise DatasetError("no")
        return approved(root)
    monkeypatch.setattr(E, "approved", second)
    with pytest.raises(DatasetError): E.split(a, tmp_path/"out", ["train=0-1", "val=2"])
    assert not list(tmp_path.iterdir())

# rename, tasks, leave out

def test_rename_cameras_columns_and_numbers(sets, tmp_path):
    E.rename(sets["two"], tmp_path/"out", cameras="top=wrist,wrist=top", names={"gripper.pos": "hand.pos"})
    ds, old = LeRobotDataset(tmp_path/"out"), LeRobotDataset(sets["two"])
    assert ds.features["action"]["names"] == [*NAMES[:2], "hand.pos"] and ds.units == old.units
    for x, y in (("top", "wrist"), ("wrist", "top")): np.testing.assert_array_equal(ds.frames(f"observation.images.{x}", range(11)), old.frames(f"observation.images.{y}", range(11)))
    assert doctor(tmp_path/"out").ok
    E.rename(sets["a"], tmp_path/"joints", joints="a,b,c", columns={"action": "action.joints"})
    ds = LeRobotDataset(tmp_path/"joints")
    assert ds.features["action.joints"]["names"] == ["a", "b", "c"] and ds.stats["action.joints"]["count"] == [25]

@pytest.mark.parametrize("how", [dict(), dict(cameras="top"), dict(cameras="top=a=b"), dict(cameras="nose=front"), dict(cameras="action=x"), dict(columns="action=a/b"), dict(columns="action=../x"),
                                 dict(columns="action=index"), dict(columns="action=observation.state"), dict(columns="action= "), dict(names="nope=x"), dict(names="gripper.pos=elbow_flex.pos"),
                                 dict(joints="a,b"), dict(joints="a,a,b"), dict(cameras="top=x,top=y"), dict(columns="action=a..b"), dict(columns={"action": "x{0}"})])
def test_odd_names_are_refused(a, tmp_path, how):
    with pytest.raises(DatasetError): E.rename(a, tmp_path/"out", **how)
    assert not list(tmp_path.iterdir())

def test_tasks(a, tmp_path):
    E.retask(a, tmp_path/"one", {"0": "put it away", "task 1": "put it away"})
    assert LeRobotDataset(tmp_path/"one").tasks == ["put it away"]
    E.retask(a, tmp_path/"swap", {"task 0": "task 1", "task 1": "task 0"})
    ds = LeRobotDataset(tmp_path/"swap")
    assert [ds[i]["task"] for i in (0, 8, 19)] == ["task 1", "task 0", "task 1"]
    E.retask(a, tmp_path/"said", say="fold it = neatly", episodes="1-2")
    ds = LeRobotDataset(tmp_path/"said")
    assert [ds[i]["task"] for i in (0, 8, 19)] == ["task 0", "fold it = neatly", "fold it = neatly"]
    assert "'task 0', episodes: 2" in E.tell_tasks(a)

@pytest.mark.parametrize("how", [dict(), dict(change={"task 7": "x"}), dict(change={"9": "x"}), dict(change={"0": " "}), dict(say=" "), dict(say="x", episodes="9"), dict(change={"0": "x"}, episodes="1")])
def test_odd_tasks_are_refused(a, tmp_path, how):
    with pytest.raises(DatasetError): E.retask(a, tmp_path/"out", **how)
    assert not list(tmp_path.iterdir())

def test_leave_out(sets, tmp_path):
    E.leave_out(sets["two"], tmp_path/"out", ["wrist"])
    ds = holds(tmp_path/"out", [(0, 6), (1, 5)])
    assert ds.camera_keys == [CAM] and not (tmp_path/"out/videos/observation.images.wrist").exists()
    for odd in ("nose", "", "observation.state,action", "index"):
        with pytest.raises(DatasetError): E.leave_out(sets["two"], tmp_path/"x", odd)

def test_a_depth_camera_is_left_out_with_a_word(a, tmp_path):
    root = shutil.copytree(a, tmp_path/"a")
    info = json.loads((root/"meta/info.json").read_text())
    info["features"]["observation.images.depth"] = {**info["features"][CAM], "shape": [32, 48, 1], "info": {"is_depth_map": True}}
    (root/"meta/info.json").write_text(json.dumps(info))
    report = E.rename(root, tmp_path/"out", names={"gripper.pos": "hand.pos"})
    assert any("observation.images.depth is left out (a depth camera)" in n for n in report.notes)
    holds(tmp_path/"out", A)
    E.leave_out(root, tmp_path/"x", "depth")
    holds(tmp_path/"x", A)
    with pytest.raises(DatasetError, match="no column 'depth'"): E.rename(root, tmp_path/"y", cameras="depth=far")

@pytest.mark.filterwarnings("ignore:.*left out")
def test_depth_films_and_annotations_go_along(tmp_path):
    from foreign_sets import DEPTH, WORDS, with_guests
    from test_data_foreign import shows_guests
    root, other = with_guests(tmp_path/"set"), with_guests(tmp_path/"other", n=(5, 4))
    report = E.delete(root, tmp_path/"one", "0")
    assert not any("left out" in n for n in report.notes); shows_guests(tmp_path/"one", list(range(12, 22)))
    E.split(root, tmp_path/"parts", ["a=0", "b=1"]); shows_guests(tmp_path/"parts/b", list(range(12, 22)))
    E.merge([root, other], tmp_path/"both"); shows_guests(tmp_path/"both", [*range(22), *range(9)])
    assert LeRobotDataset(tmp_path/"both").stats[DEPTH]["count"] == 20
    E.rename(root, tmp_path/"named", cameras="depth=far", columns=f"{WORDS}=language_events")
    kept = json.loads((tmp_path/"named/meta/info.json").read_text())["features"]
    assert kept["observation.images.far"]["info"]["depth_unit"] == "m" and kept["language_events"]["dtype"] == "language"
    E.leave_out(root, tmp_path/"less", "depth"); assert DEPTH not in E.Source(tmp_path/"less").scan.features
    millimetres = with_guests(tmp_path/"mm", unit="mm")
    report = E.merge([root, millimetres], tmp_path/"m")
    assert any(f"{DEPTH} is left out (a depth camera; declared differently)" in n for n in report.notes)
    assert WORDS in E.Source(tmp_path/"m").features and DEPTH not in E.Source(tmp_path/"m").features
    for path in (other/"data").rglob("*.parquet"):                                          # annotations of another layout
        rows = pq.read_table(path)
        pq.write_table(rows.set_column(rows.column_names.index(WORDS), WORDS, pa.array([[{"role": "user"}]]*len(rows))), path)
    report = E.merge([root, other], tmp_path/"n")
    assert any(f"{WORDS} is left out" in n for n in report.notes) and DEPTH in E.Source(tmp_path/"n").features

def test_sentences_in_columns_and_other_files_go_along(a, b, tmp_path):
    words = {"note": {"dtype": "string", "shape": [1], "names": None}}
    features = {"observation.state": vector_feature(NAMES), "action": vector_feature(NAMES), **words}
    with DatasetWriter(tmp_path/"set", 30, features) as w:
        columns = {k: values(0, 5) for k in ("observation.state", "action")} | {"note": np.array([f"row {i}" for i in range(5)], object)}
        for _ in range(2): w._write_episode(columns, ["t"]*5, {}, {})
    (tmp_path/"set/notes.txt").write_text("Tuesday"); (tmp_path/"set/meta/modality.json").write_text("{}")
    (tmp_path/"set/meta/recording.json").write_text(json.dumps({"runs": {"x": {"seeds": [4, 5], "failed": []}}, "last": "x"}))
    E.delete(tmp_path/"set", tmp_path/"out", "0")
    ds = LeRobotDataset(tmp_path/"out")
    assert list(ds.column("note")) == [f"row {i}" for i in range(5)] and (tmp_path/"out/notes.txt").read_text() == "Tuesday" and (tmp_path/"out/meta/modality.json").is_file()
    assert json.loads((tmp_path/"out/meta/recording.json").read_text())["runs"]["x"]["seeds"] == [5]
    report = E.merge([tmp_path/"set", shutil.copytree(tmp_path/"out", tmp_path/"again")], tmp_path/"both")
    assert any("meta/modality.json, meta/recording.json, notes.txt" in n for n in report.notes) and LeRobotDataset(tmp_path/"both").num_episodes == 3

def test_the_clock_of_a_film_is_obeyed(tmp_path):
    "A camera that was filmed at twice the rate: each row keeps the picture shown at its time."
    root = make(tmp_path/"set", (12,))
    shared_film(LeRobotDataset(root).video_files[CAM][0], [[picture(0, i) for i in range(24)]], fps=60)
    report = E.retask(root, tmp_path/"out", say="t")
    ds, pictures = LeRobotDataset(tmp_path/"out"), np.stack([picture(0, 2*i) for i in range(12)])
    assert np.abs(ds.frames(CAM, range(12)).astype(int) - pictures).mean() < 6 and any("encoded again" in n for n in report.notes)

# units

ARM = {"shoulder_pan": dict(id=1, drive_mode=0, homing_offset=5, range_min=700, range_max=3300), "elbow_flex": dict(id=3, drive_mode=1, homing_offset=0, range_min=900, range_max=3000),
       "gripper": dict(id=6, drive_mode=0, homing_offset=0, range_min=2000, range_max=3400)}

def lerobot_numbers(ticks, mode):
    "LeRobot's own normalisation of raw positions, written down from its documentation of the three modes."
    out = np.empty(ticks.shape)
    for j, c in enumerate(ARM.values()):
        low, high, t = c["range_min"], c["range_max"], ticks[:, j]
        if j == 2: out[:, j] = (t - low)/(high - low)*100
        elif mode == "degrees": out[:, j] = (t - (low + high)/2)*360/4095
        else: out[:, j] = ((t - low)/(high - low)*200 - 100)*(-1 if c["drive_mode"] else 1)
    return out

@pytest.fixture
def m100(tmp_path):
    "A set in LeRobot's old units, what it is in degrees, and the calibration of its arm."
    rng, features = np.random.default_rng(0), {k: vector_feature(NAMES) for k in ("observation.state", "action")}
    ticks = np.stack([rng.integers(c["range_min"], c["range_max"] + 1, 30) for c in ARM.values()], 1)
    with DatasetWriter(tmp_path/"m100", 30, features) as w:
        for x in lerobot_numbers(ticks, "m100"): w.add_frame({"observation.state": x, "action": x}, task="t")
        w.save_episode()
    (tmp_path/"arm.json").write_text(json.dumps(ARM))
    return tmp_path/"m100", lerobot_numbers(ticks, "degrees"), tmp_path/"arm.json"

def test_m100_becomes_degrees_and_back(m100, tmp_path):
    root, degrees, arm = m100
    E.units(root, tmp_path/"deg", are="m100", to="degrees", calibration=arm)
    ds = LeRobotDataset(tmp_path/"deg")
    for k in ("observation.state", "action"): np.testing.assert_allclose(ds.column(k), degrees, atol=1e-3)
    assert ds.units["action"] == ["degrees", "degrees", "percent"] and "info" not in json.loads((tmp_path/"deg/meta/info.json").read_text())["features"]["action"]
    E.units(tmp_path/"deg", tmp_path/"back", to="-100..100", calibration=arm)
    np.testing.assert_allclose(LeRobotDataset(tmp_path/"back").column("action"), LeRobotDataset(root).column("action"), atol=1e-3)
    E.units(tmp_path/"back", tmp_path/"rad", to="radians", calibration=arm)
    np.testing.assert_allclose(LeRobotDataset(tmp_path/"rad").column("action")[:, :2], np.radians(degrees[:, :2]), atol=1e-5)

def test_declare_only(m100, tmp_path):
    root, _, _ = m100
    E.units(root, tmp_path/"said", are="m100", columns="action")
    ds = LeRobotDataset(tmp_path/"said")
    assert ds.units == {"action": ["range_m100_100", "range_m100_100", "percent"]}
    np.testing.assert_array_equal(ds.column("action"), LeRobotDataset(root).column("action"))

@pytest.mark.parametrize("how,words", [
    (dict(), "--are"), (dict(to="degrees"), "does not say"), (dict(are="furlong"), "not known"), (dict(are="m100", to="degrees"), "--calibration"), (dict(are="radians"), "radians cannot be"),
    (dict(are="degrees", to="percent"), "cannot become"), (dict(are="degrees", columns="index"), "no column"), (dict(are="m100", percent="nose"), "no number"),
    (dict(are="m100", to="degrees", calibration="missing.json"), "missing.json"), (dict(are="m100", to="degrees", calibration="koch.json"), "no joint 'shoulder_pan'"),
    (dict(are="m100", to="degrees", calibration="old.json"), "range_min"), (dict(are="m100", to="degrees", calibration="zero.json"), "calibrate again"),
    (dict(are="m100", to="degrees", calibration="broken.json"), "JSON"), (dict(are="m100", to="degrees", calibration="bytes.json"), "text|JSON")])
def test_odd_units_are_refused(m100, tmp_path, how, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, x in {"koch": {"waist": ARM["gripper"]}, "old": {"homing_offset": [1, 2], "start_pos": [0]}, "zero": {k: {**c, "range_max": c["range_min"]} for k, c in ARM.items()}}.items():
        Path(f"{name}.json").write_text(json.dumps(x))
    Path("broken.json").write_text("{"); Path("bytes.json").write_bytes(bytes(range(256)))
    with pytest.raises((DatasetError, OSError), match=words): E.units(m100[0], tmp_path/"out", **how)
    assert not (tmp_path/"out").exists()

def test_numbers_without_names_need_a_word(tmp_path):
    features = {k: {"dtype": "float32", "shape": [3], "names": None} for k in ("observation.state", "action")}
    with DatasetWriter(tmp_path/"set", 30, features) as w:
        for x in values(0, 9)/60: w.add_frame({"observation.state": x, "action": x}, task="t")
        w.save_episode()
    with pytest.raises(DatasetError, match="--percent 2, or --percent none"): E.units(tmp_path/"set", tmp_path/"x", are="radians", to="degrees")
    E.units(tmp_path/"set", tmp_path/"deg", are="radians", to="degrees", percent="2")
    was, now = LeRobotDataset(tmp_path/"set").column("action"), LeRobotDataset(tmp_path/"deg").column("action")
    np.testing.assert_allclose(now, was*[180/np.pi, 180/np.pi, 1], rtol=1e-5)
    E.units(tmp_path/"set", tmp_path/"all", are="radians", to="degrees", percent="none")
    np.testing.assert_allclose(LeRobotDataset(tmp_path/"all").column("action"), was*180/np.pi, rtol=1e-5)

# the command

def command(*args):
    script = "import sys\nfrom smolvla.data.edit import edit_cli as main\nif __name__ == '__main__': sys.exit(main())\n"
    path = Path(os.environ["PYTEST_EDIT_TMP"])/"smolvla_edit"
    path.write_text(script)
    r = subprocess.run([sys.executable, path, *map(str, args)], capture_output=True, text=True, timeout=120)
    return r.returncode, r.stdout, r.stderr

@pytest.fixture
def run(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PYTEST_EDIT_TMP", str(tmp_path_factory.mktemp("bin")))
    return command

@pytest.mark.parametrize("word", E.WORDS)
def test_help_teaches(word):
    text = E.edit_parser(word).format_help()
    assert f"smolvla_edit {word} " in text.split("Example")[1] and "--out" in text
    mute = [a.dest for a in E.edit_parser(word)._actions if not (a.help or "").strip()]
    assert not mute, f"no comment beside {mute}"

def test_the_command(a, b, run, tmp_path):
    code, out, err = run("merge", a, b, "--out", tmp_path/"ab")
    assert code == 0 and f"wrote {tmp_path/'ab'}" in out and "5 episodes, 0 errors" in out and "episode" in err, (out, err)
    code, out, err = run("units", tmp_path/"ab", "--to", "radians", "--out", tmp_path/"rad", "--quiet")
    assert code == 0 and err == "" and "became" in out
    code, out, err = run("split", a, "--parts", "train=0-1", "val=2", "--out", tmp_path/"parts", "--quiet")
    assert code == 0 and (tmp_path/"parts/val/meta/info.json").is_file()
    code, out, err = run("tasks", a)
    assert code == 0 and "0: 'task 0'" in out

def test_the_command_fails_in_one_sentence(a, run, tmp_path):
    for args in (["merge", a, "--out", tmp_path/"x"], ["merge", a, tmp_path/"nowhere", "--out", tmp_path/"x"], ["delete", a, "--episodes", "9", "--out", tmp_path/"x"],
                 ["shuffle"], ["tasks", a, "--say", "x"], ["tasks", a, "--change", "x", "--out", tmp_path/"x"], ["units", a, "--are", "m", "--out", tmp_path/"x"]):
        code, out, err = run(*args)
        assert code == 1 and err.startswith("smolvla_edit: ") and len(err.strip().splitlines()) == 1 and not out, (args, err)
    code, out, err = run("merge", a)
    assert code == 2 and "--out" in err and not list(tmp_path.iterdir())

# what LeRobot's merge compares

def test_info_holds_nothing_that_lerobot_does_not_write(a):
    info = json.loads((a/"meta/info.json").read_text())
    vector = {"dtype": "float32", "shape": [3], "names": NAMES}
    film = {"video.height": 32, "video.width": 48, "video.codec": "h264", "video.pix_fmt": "yuv420p", "video.fps": 30, "video.channels": 3, "has_audio": False, "is_depth_map": False}
    assert info["robot_type"] == "so_follower" and info["features"]["action"] == info["features"]["observation.state"] == vector
    assert info["features"][CAM] == {"dtype": "video", "shape": [32, 48, 3], "names": ["height", "width", "channels"], "info": film}
    assert json.loads((a/"meta/units.json").read_text())["action"] == ["degrees", "degrees", "percent"] == LeRobotDataset(a).units["action"]

def test_units_of_older_sets_move_when_recording_goes_on(a, tmp_path):
    root = shutil.copytree(a, tmp_path/"old")
    info = json.loads((root/"meta/info.json").read_text())
    for k in ("observation.state", "action"): info["features"][k]["info"] = {"units": ["degrees", "degrees", "percent"]}
    (root/"meta/info.json").write_text(json.dumps(info)); (root/"meta/units.json").unlink()
    assert LeRobotDataset(root).units == LeRobotDataset(a).units and LeRobotDataset(root).fingerprint == LeRobotDataset(a).fingerprint
    make(root, (4,), first=3)
    info = json.loads((root/"meta/info.json").read_text())
    assert "info" not in info["features"]["action"] and (root/"meta/units.json").is_file()
    assert LeRobotDataset(root).units == LeRobotDataset(a).units and LeRobotDataset(root).num_episodes == 4
    with DatasetWriter(root, 30, LeRobotDataset(a).features) as w: assert w.undo_episode() == 3
    assert "info" not in json.loads((root/"meta/info.json").read_text())["features"]["action"]

@pytest.mark.parametrize("text", ["[]", "3", '{"action": "degrees"}', '{"action": [1, 2, 3]}', "{", '{"action": null}'])
def test_odd_units_files_are_refused(a, tmp_path, text):
    root = shutil.copytree(a, tmp_path/"set")
    (root/"meta/units.json").write_text(text)
    with pytest.raises(DatasetError, match="units.json"): LeRobotDataset(root)

def test_units_of_the_wrong_length_convert_nothing(a, tmp_path):
    root = shutil.copytree(a, tmp_path/"set")
    (root/"meta/units.json").write_text('{"action": ["degrees"], "observation.state": ["degrees"], "nobody": ["metres"]}')
    with pytest.raises(DatasetError, match="--are"): E.units(root, tmp_path/"out", to="radians")

def test_films_can_be_appended_to_one_another(a):
    "Decoding runs a frame ahead of showing, as in films with frames that refer to later ones."
    with av.open(str(LeRobotDataset(a).video_files[CAM][1])) as film:
        s = film.streams.video[0]
        pairs = [(p.pts*s.time_base*30, p.dts*s.time_base*30) for p in film.demux(s) if p.pts is not None]
    assert pairs == [(i, i - 1) for i in range(11)]

def test_repair_keeps_units_and_says_what_its_films_are(a, tmp_path):
    source = packed(a, tmp_path/"packed", "libsvtav1", g=2, preset=12)
    info = json.loads((source/"meta/info.json").read_text())
    info["features"][CAM]["info"] = {"video.codec": "av1", "video.crf": 30}
    (source/"meta/info.json").write_text(json.dumps(info))
    D_doctor.repair(source, tmp_path/"out")
    ds = LeRobotDataset(tmp_path/"out")
    assert ds.units == LeRobotDataset(a).units and ds.features[CAM]["info"]["video.codec"] == "h264"

# LeRobot as a judge: SMOLVLA_REFERENCE_PYTHON=... pytest tests/test_edit.py -k reference (tests/reference/setup.sh makes one)

REFERENCE = os.environ.get("SMOLVLA_REFERENCE_PYTHON")
judged = pytest.mark.skipif(not REFERENCE, reason="needs LeRobot: sh tests/reference/setup.sh, then SMOLVLA_REFERENCE_PYTHON=...")

def judge(script, *args):
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    r = subprocess.run([REFERENCE, Path(__file__).parent/"reference"/script, *map(str, args)], capture_output=True, text=True, env=env)
    assert r.returncode == 0, r.stderr[-3000:]
    return [json.loads(l) for l in r.stdout.splitlines() if l.startswith("{")]

@judged
def test_reference_lerobot_merges_ours_with_its_own(a, tmp_path):
    out = judge("check_merge.py", a, tmp_path)[-1]
    if "skipped" in out: pytest.skip(f"LeRobot {out['skipped']} merges otherwise")
    ours = LeRobotDataset(a)
    theirs = [np.full(3, e + i/10, np.float32).tolist() for e in range(2) for i in range(20)]
    for name, start, root in (("ours first", 0, "a"), ("theirs first", 40, "b")):
        got = out[name]
        np.testing.assert_array_equal(np.float32(got["actions"][start:start + 25]), ours.column("action"))
        rest = got["actions"][25:] if start == 0 else got["actions"][:40]
        np.testing.assert_array_equal(np.float32(rest), np.float32(theirs))
        assert got["episodes"] == 5 and got["tasks"][start:start + 25] == [ours[i]["task"] for i in range(25)]
        bright = np.array(got["brightness"])[start:start + 25, 0]
        np.testing.assert_allclose(bright, ours.frames(CAM, range(25)).mean((1, 2, 3)), atol=2)
        again = LeRobotDataset(tmp_path/root)                                              # and ours reads what came out
        np.testing.assert_array_equal(again.column("action"), np.float32(got["actions"]))

@judged
def test_reference_lerobot_opens_every_edit(sets, tmp_path):
    a, b, two = sets["a"], sets["b"], sets["two"]
    shared = packed(a, tmp_path/"packed", g=2)
    E.merge([b, packed(a, tmp_path/"uncut", keys=False, g=1000, sc_threshold=0)], tmp_path/"whole")
    E.merge([shared, b], tmp_path/"merge"); E.delete(shared, tmp_path/"delete", "1"); E.rename(a, tmp_path/"rename", cameras="top=front", joints="a.pos,b.pos,c.pos")
    E.retask(a, tmp_path/"tasks", {"0": "fold"}); E.units(a, tmp_path/"units", to="radians"); E.leave_out(two, tmp_path/"leave_out", "wrist")
    E.split(shared, tmp_path/"split", ["train=0-1", "val=2"])
    roots = ["merge", "whole", "delete", "rename", "tasks", "units", "leave_out", "split/train", "split/val"]
    ours = [LeRobotDataset(tmp_path/root, 4) for root in roots]
    picks = [sorted({0, len(ds)//2, len(ds) - 1}) for ds in ours]
    words = [w for root, p in zip(roots, picks) for w in ("--", tmp_path/root, 4, *p)][1:]
    theirs = judge("check_dataset.py", *words)
    assert len(theirs) == len(roots)
    for root, ds, got, which in zip(roots, ours, theirs, picks):
        assert (got["frames"], got["episodes"]) == (len(ds), ds.num_episodes), root
        for i, s in zip(which, got["samples"]):
            assert s["task"] == ds[i]["task"] and s["action_is_pad"] == ds[i]["action_is_pad"].tolist()
            np.testing.assert_array_equal(np.float32(s["action"]), ds[i]["action"])
            for k in ds.camera_keys: assert np.abs(np.array(s[k]) - ds[i][k].astype(int)).mean() < 1, (root, k, i)
        for stat in ("mean", "std", "q90"): np.testing.assert_allclose(np.ravel(got["stats"]["action"][stat]), ds.stats["action"][stat])

@judged
def test_reference_lerobot_reads_depth_and_annotations_of_a_copy(tmp_path):
    from foreign_sets import with_guests
    root = with_guests(tmp_path/"set")
    D_doctor.repair(root, tmp_path/"repair"); E.delete(root, tmp_path/"delete", "0"); E.merge([root, tmp_path/"delete"], tmp_path/"merge")
    out = judge("check_guests.py", root, *(tmp_path/n for n in ("repair", "delete", "merge")))
    if "skipped" in out[0]: pytest.skip(f"LeRobot {out[0]['skipped']} knows no depth and no annotations")
    source, repaired, deleted, merged = out
    assert repaired == source and len(set(source["depth"])) == 22
    for k in source: assert deleted[k] == source[k][12:] and merged[k] == source[k] + source[k][12:]
