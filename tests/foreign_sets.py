"LeRobot-shaped data sets made with pyarrow and PyAV alone, never with our writer: what other people's folders look like."
import io, json
from fractions import Fraction
from pathlib import Path
import av, numpy as np, pyarrow as pa, pyarrow.parquet as pq
from PIL import Image

CAM = "observation.images.top"
NAMES = [f"{j}.pos" for j in ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")]
PICTURES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
V3 = "chunk-{chunk_index:03d}/file-{file_index:03d}"

def flat(k, h=32, w=32):
    "A picture that tells its number by its brightness, moving enough not to look frozen."
    x = np.full((h, w, 3), 10*(k % 24), np.uint8)
    x[:, (k*3) % w:(k*3) % w + 2] = 255
    return x

def shown(picture): return round(float(np.median(picture))/10)

def film(path, ks, times=None, fps=30, h=32, w=32, codec="libx264", pix="yuv420p"):
    "Pictures `ks`, shown at `times` (in frames)."
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        s = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), width=w, height=h, pix_fmt=pix, options={"crf": "1"} if codec == "libx264" else {})
        s.codec_context.time_base = Fraction(1, 90_000)
        for k, t in zip(ks, times if times is not None else range(len(ks))):
            f = av.VideoFrame.from_ndarray(flat(k, h, w), format="rgb24").reformat(format=pix)
            f.pts, f.time_base = round(t*90_000/fps), Fraction(1, 90_000)
            out.mux(s.encode(f))
        out.mux(s.encode())

def png(k, fmt="PNG", mode="RGB", h=32, w=32):
    buffer = io.BytesIO()
    Image.fromarray(flat(k, h, w)).convert(mode).save(buffer, fmt)
    return buffer.getvalue()

def stats_of(x):
    x = np.asarray(x, float).reshape(len(x), -1)
    q = dict(zip(("q01", "q10", "q50", "q90", "q99"), np.quantile(x, [.01, .1, .5, .9, .99], axis=0).tolist()))
    return {"min": x.min(0).tolist(), "max": x.max(0).tolist(), "mean": x.mean(0).tolist(), "std": x.std(0).tolist(), "count": [len(x)], **q}

def write_json(path, x): path.write_text(json.dumps(x, ensure_ascii=False), encoding="utf-8")
def write_lines(path, rows): path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
def edit(path, change):
    x = json.loads(path.read_text(encoding="utf-8"))
    write_json(path, change(x) or x)
def edit_info(root, **kw): edit(root/"meta/info.json", lambda i: i.update(kw))
def edit_feature(root, key, **kw): edit(root/"meta/info.json", lambda i: i["features"][key].update(kw))
def edit_table(path, change):
    rows = pq.read_table(path).to_pylist()
    pq.write_table(pa.Table.from_pylist(change(rows) or rows), path)
def edit_episodes(root, change): edit_table(root/"meta/episodes/chunk-000/file-000.parquet", change)

def columns_of(n, dims=6):
    x = (20*np.sin(np.linspace(0, 6, sum(n))[:, None] + np.arange(dims))).astype(np.float32)
    return {"action": x + 1, "observation.state": x}

def build(root, n=(12, 10), tasks=("put the cube in the box",), which=None, data=None, extra=None, film_of=None, one_film=True, fps=30, camera=True):
    """A v3.0 set: one data file, one film for all episodes (or one for each). `extra`: name -> (feature, values, arrow type);
    `film_of`: called with (path, picture numbers) in place of `film`."""
    root, N, at = Path(root), sum(n), np.concatenate([[0], np.cumsum(n)])
    ep, k = np.repeat(np.arange(len(n)), n), np.concatenate([np.arange(m) for m in n])
    cols = {**columns_of(n), **(data or {})}
    feats = {c: {"dtype": str(x.dtype), "shape": list(x.shape[1:]), "names": NAMES if x.shape[1] == 6 else None} for c, x in cols.items()}
    table = {c: pa.array(x.tolist(), pa.list_(pa.from_numpy_dtype(x.dtype))) for c, x in cols.items()}
    for c, (f, values, kind) in (extra or {}).items(): feats[c], table[c] = f, pa.array(values, kind)
    counters = {"timestamp": (k/fps).astype(np.float32), "frame_index": k, "episode_index": ep, "index": np.arange(N), "task_index": np.zeros(N, int) if which is None else np.asarray(which)}
    table |= {c: pa.array(x) for c, x in counters.items()}
    feats |= {c: {"dtype": str(x.dtype), "shape": [1], "names": None} for c, x in counters.items()}
    if camera: feats[CAM] = {"dtype": "video", "shape": [32, 32, 3], "names": ["height", "width", "channels"], "info": {"video.fps": fps}}
    rows = [{"episode_index": e, "tasks": [tasks[0]], "length": n[e], "data/chunk_index": 0, "data/file_index": 0, "dataset_from_index": int(at[e]),
             "dataset_to_index": int(at[e + 1]), "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0} for e in range(len(n))]
    v = f"videos/{CAM}"
    for e, r in enumerate(rows) if camera else ():
        start = at[e]/fps if one_film else 0.
        r |= {f"{v}/chunk_index": 0, f"{v}/file_index": 0 if one_film else e, f"{v}/from_timestamp": float(start), f"{v}/to_timestamp": float(start + n[e]/fps)}
    for folder in ("meta/episodes/chunk-000", "data/chunk-000"): (root/folder).mkdir(parents=True)
    pq.write_table(pa.table(table), root/"data/chunk-000/file-000.parquet")
    pq.write_table(pa.Table.from_pylist(rows), root/"meta/episodes/chunk-000/file-000.parquet")
    pq.write_table(pa.table({"task_index": range(len(tasks)), "__index_level_0__": list(tasks)}), root/"meta/tasks.parquet")
    for i, ks in enumerate([range(N)] if one_film else [range(at[e], at[e + 1]) for e in range(len(n))]):
        if camera: (film_of or (lambda p, ks: film(p, ks, fps=fps)))(root/f"{v}/chunk-000/file-{i:03d}.mp4", list(ks))
    write_json(root/"meta/stats.json", {c: stats_of(x) for c, x in cols.items()})
    write_json(root/"meta/info.json", {"codebase_version": "v3.0", "robot_type": "so101_follower", "total_episodes": len(n), "total_frames": N, "total_tasks": len(tasks),
        "chunks_size": 1000, "data_files_size_in_mb": 100, "video_files_size_in_mb": 200, "fps": fps, "splits": {"train": f"0:{len(n)}"},
        "data_path": f"data/{V3}.parquet", "video_path": "videos/{video_key}/" + V3 + ".mp4", "features": feats})
    return root

def as_v21(root, version="v2.1", stats=("mean", "std", "min", "max", "count")):
    "Turn a set of `build` (one film each) into v2.1 in place; v2.0 has its statistics in one stats.json."
    info = json.loads((root/"meta/info.json").read_text())
    table, rows = pq.read_table(root/"data/chunk-000/file-000.parquet"), pq.read_table(root/"meta/episodes/chunk-000/file-000.parquet").to_pylist()
    for r in rows:
        e = r["episode_index"]
        pq.write_table(table.slice(r["dataset_from_index"], r["length"]), root/f"data/chunk-000/episode_{e:06d}.parquet")
        new = root/f"videos/chunk-000/{CAM}/episode_{e:06d}.mp4"
        new.parent.mkdir(parents=True, exist_ok=True)
        (root/f"videos/{CAM}/chunk-000/file-{e:03d}.mp4").rename(new)
    whole = json.loads((root/"meta/stats.json").read_text())
    part = lambda a, b: {c: {q: v for q, v in stats_of(np.array(table[c].to_pylist())[a:b]).items() if q in stats} for c in whole}
    if version == "v2.1":
        write_lines(root/"meta/episodes_stats.jsonl", [{"episode_index": r["episode_index"], "stats": part(r["dataset_from_index"], r["dataset_to_index"])} for r in rows])
        (root/"meta/stats.json").unlink()
    else: write_json(root/"meta/stats.json", part(0, len(table)))
    write_lines(root/"meta/episodes.jsonl", [{k: r[k] for k in ("episode_index", "tasks", "length")} for r in rows])
    write_lines(root/"meta/tasks.jsonl", [{"task_index": 0, "task": rows[0]["tasks"][0]}])
    for p in ("data/chunk-000/file-000.parquet", "meta/tasks.parquet", "meta/episodes/chunk-000/file-000.parquet"): (root/p).unlink()
    write_json(root/"meta/info.json", {**info, "codebase_version": version, "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
                                       "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"})
    return root

# columns that are not served

DEPTH, WORDS = "observation.images.depth", "language_persistent"
WORDS_KIND = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string()), ("style", pa.string()), ("timestamp", pa.float64())]))

def depth_film(path, ks, h=32, w=32):
    "Twelve bits, one channel, as LeRobot 0.6 films depth."
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        s = out.add_stream("libx265", rate=30, width=w, height=h, pix_fmt="gray12le", options={"x265-params": "lossless=1:keyint=1:bframes=0:log-level=none"})
        for i, k in enumerate(ks):
            f = av.VideoFrame.from_ndarray(np.full((h, w), 100*k, np.uint16), format="gray12le")
            f.pts, f.time_base = i, Fraction(1, 30)
            out.mux(s.encode(f))
        out.mux(s.encode())

def with_guests(root, n=(12, 10), unit="m", v="v3.0", **kw):
    "A set with a depth film (one for all episodes) and LeRobot 0.6's annotations."
    words = [[{"role": "user", "content": f"row {k}", "style": "subtask", "timestamp": k/30}]*(k % 3) for k in range(sum(n))]
    root = build(root, n=n, extra={WORDS: ({"dtype": "language", "shape": [1], "names": None}, words, WORDS_KIND)}, **kw)
    depth_film(root/f"videos/{DEPTH}/chunk-000/file-000.mp4", range(sum(n)))
    info = {"video.fps": 30, "video.pix_fmt": "gray12le", "is_depth_map": True, "depth_unit": unit}
    edit(root/"meta/info.json", lambda i: i["features"].update({DEPTH: {"dtype": "video", "shape": [32, 32, 1], "names": ["height", "width", "channels"], "info": info}}))
    place = lambda r: {f"videos/{DEPTH}/{k.split('/')[-1]}": x for k, x in r.items() if k.startswith(f"videos/{CAM}/")}
    stats = {f"stats/{DEPTH}/{s}": ([x] if s == "count" else [[[x]]]) for s, x in (("min", 0.), ("max", 2.), ("mean", 1.), ("std", .5), ("count", 5))}
    edit_episodes(root, lambda rows: [r | place(r) | stats for r in rows])
    return root

def words_of(root): return [c for p in sorted((Path(root)/"data").rglob("*.parquet")) for c in pq.read_table(p)[WORDS].to_pylist()]

def depth_shown(root, e, i):
    "Which number the depth picture of row `i` of episode `e` tells, read as LeRobot would: by the film's clock."
    root = Path(root)
    rows = [r for p in sorted((root/"meta/episodes").rglob("*.parquet")) for r in pq.read_table(p).to_pylist()]
    r = next(r for r in rows if r["episode_index"] == e)
    path = root/f"videos/{DEPTH}/chunk-{r[f'videos/{DEPTH}/chunk_index']:03d}/file-{r[f'videos/{DEPTH}/file_index']:03d}.mp4"
    want = r[f"videos/{DEPTH}/from_timestamp"] + i/30
    with av.open(str(path)) as film:
        f = min(film.decode(video=0), key=lambda f: abs(float(f.pts*f.time_base) - want))
    return round(float(np.median(f.to_ndarray(format="gray12le")))/100)
