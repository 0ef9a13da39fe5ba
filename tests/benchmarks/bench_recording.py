"""Recording against its promises: two 640 x 480 cameras at 30 Hz for two minutes, and every fault at random moments without losing a saved episode.

    python tests/benchmarks/bench_recording.py                full size (about 12 minutes)
    python tests/benchmarks/bench_recording.py --share .05    a twentieth of the seconds and injections
    python tests/benchmarks/bench_recording.py --only faults  one of: cameras, faults
    --keep writes tests/benchmarks/recording.json, which chapter 14 shows

The first part is real time: the arm is a twin behind a pseudo-terminal in a process of its own, the cameras are two MJPG films that OpenCV
decodes as it decodes a webcam's pictures. The second part is simulated time: one episode is saved, a fault is injected at a random moment of
the next, and afterwards the set on disk must open, be sound, and hold the saved episode bit for bit."""
import argparse, json, os, shutil, sys, tempfile, time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bench_bus import arm_process                                     # noqa: E402
from smolvla.data.dataset import LeRobotDataset
from smolvla.data.doctor import doctor                       # noqa: E402
from smolvla.evaluate.report import machine                                      # noqa: E402
from smolvla.arm.wire import ManualClock
from smolvla.arm.bus import BusError
from smolvla.arm.virtual import twin_bus
from smolvla.arm.faults import FAULTS    # noqa: E402
from smolvla.arm.cameras import Shot, Webcam
from smolvla.arm.recording import Recorder, timing          # noqa: E402
from smolvla.sim.twin import HOME                                          # noqa: E402
from smolvla.arm.so101 import SO101                                       # noqa: E402

SECONDS, INJECTIONS = 120, 100

def film(path, seed, seconds=10):
    "640 x 480 with the grain of a real sensor, so that JPEG and H.264 have work to do"
    rng, out = np.random.default_rng(seed), cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (640, 480))
    scene = cv2.GaussianBlur(rng.integers(0, 255, (480, 640, 3), np.uint8), (0, 0), 12)
    scene = cv2.normalize(scene, None, 20, 230, cv2.NORM_MINMAX)
    for k in range(30*seconds):
        f = scene.copy()
        cv2.circle(f, (60+5*(k % 100), 240), 40, (40, 60, 220), -1)
        out.write(cv2.add(f, rng.integers(0, 12, f.shape, np.uint8)))
    out.release()
    return path

def cameras(share):
    folder, seconds = Path(tempfile.mkdtemp()), max(5, SECONDS*share)
    load = os.getloadavg()[0]
    films = [film(folder/f"{n}.avi", k) for k, n in enumerate(("overhead", "wrist"))]
    with arm_process("follower") as port, SO101(port) as arm, Webcam(films[0], "overhead") as a, Webcam(films[1], "wrist") as b:
        start, wave = time.monotonic(), np.array([25, 12, 12, 12, 40, 20])
        lead = lambda: HOME+wave*np.sin(time.monotonic()-start)*min(1, (time.monotonic()-start)/3)
        with Recorder(folder/"set", arm, {"overhead": a, "wrist": b}, lead, "wave", seconds=seconds+1) as rec:
            rec.run(2)
            rec.order("begin"); rec.run(seconds)
            t = time.monotonic()
            rec.order("keep"); rec.run(until=lambda: rec.orders.empty() and not rec.job)
            saved, skipped, why = time.monotonic()-t, rec.skipped, rec.why
    ds = LeRobotDataset(folder/"set")
    t = timing(ds, 0)
    size = sum(p.stat().st_size for p in (folder/"set").rglob("*.mp4"))/2**20
    shutil.rmtree(folder)
    return dict(seconds=seconds, frames=t.frames, fps=round(t.fps, 3), skipped=t.skipped, missed_ticks=skipped, worst_ms=round(t.worst_ms, 1), repeated=t.repeated, oldest_ms=t.oldest_ms,
                save_s=round(saved, 2), video_mb=round(size, 1), load_at_start=round(load, 1), goal="no frame skipped", why=why)

class Grey:
    "A camera that costs nothing"
    shape, source, name = (32, 32), "grey", "overhead"
    def __init__(self, clock): self.clock, self.n = clock, 0
    def latest(self, max_age=.5): self.n += 1; return Shot(np.full((32, 32, 3), self.n % 255, np.uint8), self.clock.now(), self.n)

def one_fault(fault, seed):
    "(how it ended, whether the saved episode is whole)"
    rng, folder = np.random.default_rng(seed), Path(tempfile.mkdtemp())
    clock = ManualClock()
    bus = twin_bus(clock=clock, seed=seed)
    arm = SO101(bus).connect()
    arm.move_to(HOME)
    t0, phase = clock.now(), rng.uniform(0, 6, 6)
    lead = lambda: HOME+np.array([30, 15, 15, 15, 40, 20])*np.sin(clock.now()-t0+phase)*min(1, (clock.now()-t0)/2)
    with Recorder(folder/"set", arm, {"overhead": Grey(clock)}, lead, "wave") as rec:
        rec.order("begin"); rec.run(1.)
        rec.order("keep"); rec.run(until=lambda: rec.orders.empty() and not rec.job)
        before = {p.name: p.read_bytes() for p in (folder/"set").rglob("file-*")}
        rec.order("begin"); rec.run(float(rng.uniform(.2, 1.5)))
        bus.inject(fault, int(rng.integers(1, 6)))
        rec.run(2.)
        end, frames = rec.mode, len(rec.writer)
        rec.order("keep"); rec.run(until=lambda: rec.orders.empty() and not rec.job)
        with suppress(BusError): arm.close()
    ds = LeRobotDataset(folder/"set")
    after = {p.name: p.read_bytes() for p in (folder/"set").rglob("file-*")}
    whole = ds.num_episodes == 2 and int(ds.episodes["length"][1]) == frames and all(after.get(k) == v for k, v in before.items()) and not [f for f in doctor(folder/"set").findings if f.level == "error"]
    shutil.rmtree(folder)
    return end, whole

def faults(name, share):
    n, ends, lost = max(1, round(INJECTIONS*share)), Counter(), 0
    for seed in tqdm(range(n), desc=name, leave=False):
        end, whole = one_fault(name, seed)
        ends[end] += 1; lost += not whole
    return dict(injections=n, ended_in=dict(ends), lost_or_damaged=lost, goal="nothing saved is lost; the interrupted episode can be kept")

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--share", type=float, default=1.); p.add_argument("--only", choices=("cameras", "faults"))
    p.add_argument("--keep", action="store_true", help="also write tests/benchmarks/recording.json")
    a = p.parse_args()
    target = Path(__file__).parent/"recording.json"
    kept = json.loads(target.read_text()) if target.is_file() else {}
    rows = kept.get("rows", {})
    todo = {"cameras": lambda: cameras(a.share), **{f"faults: {f}": lambda f=f: faults(f, a.share) for f in FAULTS}}
    for name, measure in todo.items():
        if a.only and not name.startswith(a.only): continue
        rows[name] = dict(share=a.share, **measure())
        print(name, json.dumps(rows[name]), flush=True)
        if a.keep: target.write_text(json.dumps(dict(command="python tests/benchmarks/bench_recording.py", machine=dict(machine()), rows=rows), indent=1))
    return any(r.get("lost_or_damaged") or r.get("skipped") for r in rows.values())

if __name__ == "__main__": sys.exit(main())
