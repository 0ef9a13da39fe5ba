"""Random access to a data set: samples per CPU second, with a chunk of 50 actions, ours against the real LeRobot.

    python tests/benchmarks/bench_data.py                                   # ours only
    SMOLVLA_REFERENCE_PYTHON=.../bin/python python tests/benchmarks/bench_data.py    # and LeRobot's, in turns (tests/reference/setup.sh)

Both read the same folder, written here: 2 cameras, 4 episodes of 240 frames at 30 fps. Rounds alternate; the median is printed.
LeRobot decodes with torchcodec, which needs FFmpeg's shared libraries (LD_LIBRARY_PATH).
"""
import json, os, subprocess, sys, tempfile, time
from pathlib import Path
import numpy as np

CHUNK, ROUNDS = 50, 5
HERE = Path(__file__).parent

def make(root, h, w, episodes=4, frames=240, **kw):
    "Two cameras: a smooth still background, sensor noise, one moving square."
    from PIL import Image
    from smolvla.data.writer import DatasetWriter, so101_features
    rng = np.random.default_rng(0)
    still = [np.asarray(Image.fromarray(rng.integers(0, 255, (h//32, w//32, 3)).astype(np.uint8)).resize((w, h), 3), np.int16) for _ in range(2)]
    noise = rng.normal(0, 2, (8, h, w, 3)).astype(np.int16)
    with DatasetWriter(root, 30, so101_features({"overhead": (h, w), "wrist": (h, w)}), **kw) as out:
        for e in range(episodes):
            for i in range(frames):
                cams = [np.clip(s + noise[(i + c) % 8], 0, 255).astype(np.uint8) for c, s in enumerate(still)]
                x = int((w - h//4)*(.5 + .5*np.sin(i/20 + e)))
                for c in cams: c[h//3:h//3 + h//8, x:x + h//8] = [200, 30, 60]
                joints = 30*np.sin(np.arange(6) + i/20 + e)
                out.add_frame({"observation.state": joints, "action": joints + 1, "observation.images.overhead": cams[0],
                               "observation.images.wrist": cams[1]}, task="push the square")
            out.save_episode()

def ours(root, video):
    from smolvla.data.dataset import LeRobotDataset
    return LeRobotDataset(root, CHUNK, video=video)

def theirs(root, video):
    sys.path.insert(0, str(HERE.parent/"reference"))
    from check_dataset import open_dataset
    import torch; torch.set_num_threads(1)
    ds = open_dataset(root, CHUNK, "torchcodec")
    if not video: ds._query_videos = lambda *a: {}
    return ds

def serve(which, root, video):
    "Answer each line (a JSON list of indices) with the CPU seconds it took to read them."
    ds = {"ours": ours, "theirs": theirs}[which](root, video)
    ds[0]
    print("ready", flush=True)
    for line in sys.stdin:
        indices = json.loads(line)
        t = time.process_time()
        for i in indices: ds[i]
        print(time.process_time() - t, flush=True)

def ask(proc, indices):
    print(json.dumps(indices), file=proc.stdin, flush=True)
    return float(proc.stdout.readline())

def compare(root, video, n):
    pythons = {"ours": sys.executable}
    if p := os.environ.get("SMOLVLA_REFERENCE_PYTHON"): pythons["theirs"] = p
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    procs = {k: subprocess.Popen([p, __file__, "serve", k, root, str(int(video))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True, env=env) for k, p in pythons.items()}
    for k, p in procs.items():
        if p.stdout.readline() != "ready\n": sys.exit(f"{k} did not start; run: {pythons[k]} {__file__} serve {k} {root} {int(video)}")
    rng, seconds = np.random.default_rng(0), {k: [] for k in procs}
    for _ in range(ROUNDS):
        indices = rng.integers(0, 960, n).tolist()
        for k, p in procs.items(): seconds[k].append(ask(p, indices)/n)
    for p in procs.values(): p.stdin.close(); p.wait()
    return {k: 1/np.median(v) for k, v in seconds.items()}

if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]: serve(sys.argv[2], sys.argv[3], sys.argv[4] == "1"); sys.exit()
    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        for h, w in [(480, 640), (128, 128)]:
            root = f"{tmp}/{h}"
            t = time.time(); make(root, h, w)
            size = sum(p.stat().st_size for p in Path(root).rglob("*.mp4"))/2**20
            print(f"{w}x{h}: wrote 4 episodes x 240 frames x 2 cameras in {time.time() - t:.1f} s, {size:.1f} MiB of video")
            for video, n in [(True, 100), (False, 1000)]:
                r = compare(root, video, n)
                line = ", ".join(f"{k} {v:.0f}/s" for k, v in r.items())
                print(f"  {'with' if video else 'without'} video: {line}" + (f", ratio {r['ours']/r['theirs']:.1f}x" if "theirs" in r else ""), flush=True)
                rows.append([f"data set at random, 50-step chunk, {w}x{h}, {'with' if video else 'without'} video", f"{r['ours']:.0f}/s" +
                             (f", {r['ours']/r['theirs']:.1f}x LeRobot" if "theirs" in r else ""), ">= 1.3x" if video else ">= 10x"])
    out = Path("outputs/bench"); out.mkdir(parents=True, exist_ok=True)
    (out/"data.json").write_text(json.dumps(dict(rows=rows), indent=1))
