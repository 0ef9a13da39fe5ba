"""What the stack costs without the model, how even the ticks are, what one server gives to 1 to 16 arms, and how small the client is.

    python tests/benchmarks/bench_stack.py [--rounds 500] [--seconds 20] [--keep]

The server runs in a process of its own, on loopback. --keep puts the numbers into tests/benchmarks/async.json under "stack". Run it on an idle machine."""
import argparse, json, multiprocessing, os, subprocess, sys, threading, time
from pathlib import Path

import numpy as np
from smolvla.serve.loop import Control, ControlLoop, Look, RobotSpec, SO101_UNITS, ToyArm
from smolvla.serve.wire import PolicyClient
from smolvla.evaluate.report import machine

JOINTS = [f"{j}.pos" for j in ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")]

class Echo:
    "A policy that takes no time"
    def __init__(self, size): self.cameras, self.joints, self.units, self.chunk_size, self.any_size = {k: size for k in ToyArm.cameras}, JOINTS, SO101_UNITS, 32, False
    def infer(self, looks): return [np.zeros((32, 6), np.float32) for _ in looks]

def serve(pipe, name, batch):
    from smolvla.serve.server import PolicyServer, load_backends
    if name == "nano":
        import torch
        torch.set_num_threads(1)
    with PolicyServer({name: load_backends("nano")["nano"] if name == "nano" else Echo((480, 640))}, port=0, batch=batch) as s:
        pipe.send(s.address)
        pipe.recv()

class Server:
    def __init__(self, name, batch=8): self.pipe, end = multiprocessing.Pipe(); self.process = multiprocessing.get_context("spawn").Process(target=serve, args=(end, name, batch)); self.process.start()
    def __enter__(self): return self.pipe.recv()
    def __exit__(self, *args): self.pipe.send(0); self.process.join(10)

def frames(height, width):
    "Two pictures of the twin, as its cameras would see it"
    from smolvla.sim.twin import SO101Env
    env = SO101Env("sorting")
    env.reset(seed=1_000_000)
    pictures = [np.ascontiguousarray(env.render(max(height, width), c)[:height, :width]) for c in ("overhead", "wrist")]
    env.close()
    return dict(zip(ToyArm.cameras, pictures))

class Arm(ToyArm):
    "A toy arm with real pictures"
    def __init__(self, pictures): super().__init__(); self.pictures = pictures
    def observe(self): return {**super().observe(), **self.pictures, "task": "put the red cube in the left box"}
    def link(self, address, name, control): return PolicyClient(address, name, RobotSpec({k: v.shape[:2] for k, v in self.pictures.items()}, JOINTS, SO101_UNITS), control)

def answer(link, arm, i, t):
    "Seconds from the look until its chunk can be used"
    link.submit(Look(i, 0, t, arm.observe()))
    while not (r := link.replies()): time.sleep(1e-4)
    if r[0].error: raise SystemExit(r[0].error)
    return time.monotonic() - t

def quantiles(x): return {f"p{q}": round(float(np.quantile(x, q / 100)) * 1000, 2) for q in (50, 95, 99)}

def overhead(rounds):
    arm = Arm(frames(480, 640))
    with Server("echo") as address:
        link = arm.link(address, "echo", Control())
        link.greet()
        times = [answer(link, arm, i, time.monotonic()) for i in range(rounds + 20)][20:]
        link.close()
    return dict(rounds=rounds, **quantiles(times))

def jitter(seconds):
    arm, c = Arm(frames(128, 128)), Control(g=0.9)
    with Server("nano") as address:
        link = arm.link(address, "nano", c)
        link.greet()
        loop = ControlLoop(arm, link, c).run(seconds)
        link.close()
    late = np.abs(np.diff([t.t for t in loop.ticks][30:]) - 1 / 30)
    return dict(seconds=seconds, chunks=loop.count["merged"], held=loop.count["held"], latency_ms=quantiles(loop.latency()), **quantiles(late))

def arms(count, batch, seconds):
    "Arms that ask again as soon as they have an answer"
    times, pictures, end = [[] for _ in range(count)], frames(128, 128), None
    with Server("nano", batch) as address:
        made = [Arm(pictures) for _ in range(count)]
        links = [a.link(address, "nano", Control(deadline=30.0)) for a in made]
        for a, x in zip(made, links): answer(x, a, 0, time.monotonic())
        end = time.monotonic() + seconds
        def work(k):
            while time.monotonic() < end: times[k].append(answer(links[k], made[k], len(times[k]), time.monotonic()))
        threads = [threading.Thread(target=work, args=(k,)) for k in range(count)]
        for t in threads: t.start()
        for t in threads: t.join()
        for x in links: x.close()
    every = [t for ts in times for t in ts]
    return dict(arms=count, batch=batch, chunks_per_s=round(len(every) / seconds, 1), **quantiles(every))

def client_size():
    code = ("import sys, time, psutil\nsys.modules['torch'] = None\nt = time.perf_counter()\nimport smolvla.serve.loop as ai, smolvla.serve.wire as ai_wire\ns = time.perf_counter() - t\n"
            "link = ai_wire.PolicyClient('localhost:1', 'nano', ai.ToyArm().spec)\nai.look_message(ai.Look(1, 0, 0.0, ai.ToyArm((480, 640)).observe()), 90)  # with all that a look needs\nprint(s, psutil.Process().memory_info().rss / 2**20)")
    runs = [list(map(float, subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())) for _ in range(5)]
    s, mb = np.median(runs, 0)
    return dict(import_s=round(float(s), 2), resident_mb=round(mb))

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=500)
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--keep", action="store_true")
    a = p.parse_args()
    found = dict(note=f"{dict(machine())['processor']}, load {os.getloadavg()[0]:.1f} at the start", overhead_ms=overhead(a.rounds), jitter_ms=jitter(a.seconds), client=client_size(), arms=[])
    print(f"two 640 x 480 JPEG frames, no model: {found['overhead_ms']} ms (wanted p50 < 6, p99 < 20)\nticks at 30 Hz while the nano policy works: off by {found['jitter_ms']} ms (wanted p99 < 3)\nclient without torch: {found['client']}", flush=True)
    for count in (1, 2, 4, 8, 16):
        for batch in (1, 16):
            found["arms"].append(arms(count, batch, a.seconds / 2))
            print(found["arms"][-1], flush=True)
    if a.keep:
        file = Path(__file__).parent/"async.json"
        file.write_text(json.dumps({**(json.loads(file.read_text()) if file.exists() else {}), "stack": found}, indent=1))

if __name__ == "__main__": main()
