"Shared pieces of the asynchronous tests: a policy without a network, a robot that fits it, and a soak."
import gc, threading, time
import numpy as np, psutil
from smolvla.serve.loop import (
    Clock, Control, ControlLoop, FaultyLink, Look, RobotSpec, SO101_UNITS, ToyArm)
from smolvla.serve.wire import PolicyClient
from smolvla.serve.server import PolicyServer

SIZE = (48, 64)
SPEC = RobotSpec({k: SIZE for k in ToyArm.cameras}, [f"joint{i}.pos" for i in range(6)], list(SO101_UNITS))
SWIFT = dict(approach_speed=1e9)

class Toy:
    "A policy without a network; actions are the numbers of their steps"
    cameras, joints, units, chunk_size, any_size = SPEC.cameras, SPEC.joints, SPEC.units, 32, False
    def __init__(self, seconds=0.0): self.seconds, self.batches, self.trouble = seconds, [], None
    def infer(self, looks):
        self.batches.append(len(looks))
        time.sleep(self.seconds)
        if self.trouble: return self.trouble(looks)
        return [np.repeat(np.arange(look.step, look.step + 32, dtype=np.float32)[:, None], 6, 1) for look in looks]

def client(server, spec=SPEC, policy="toy", control=Control(**SWIFT), **kw):
    return PolicyClient(server if isinstance(server, str) else server.address, policy, spec, control, **kw)

def look(step=0, id=1, **kw): return Look(id, step, time.monotonic(), {**ToyArm(SIZE).observe(), **kw})
def ask(link, **kw):
    "One chunk, without a loop"
    link._ask(look(**kw))
    return link.replies()[0]

def soak(seconds, seed=0):
    "An arm at 30 Hz through a server that fails, stalls and is restarted; returns what a soak must show"
    rng, toy = np.random.default_rng(seed), Toy(0.03)
    def moody(looks):
        if rng.random() < 0.05: raise RuntimeError("a bad mood")
        if rng.random() < 0.03: time.sleep(0.8)
        return [np.repeat(np.arange(x.step, x.step + 32, dtype=np.float32)[:, None], 6, 1) * (np.nan if rng.random() < 0.03 else 1) for x in looks]
    toy.trouble = moody
    server = PolicyServer({"toy": toy}, port=0).start()
    port, c = server.port, Control(deadline=0.6, tolerance=0.5, **SWIFT)
    link = client(server, control=c)
    faulty = FaultyLink(link, Clock(), lambda r, x: [] if r.random() < 0.1 else [(r.exponential(0.05), x)] * (1 + (r.random() < 0.1)), seed)
    loop = ControlLoop(ToyArm(SIZE), faulty, c)
    memory, threads, ticks, executed, in_order, hold, longest, end = [], [], 0, 0, True, 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        loop.run(min(seconds / 4, 60))
        for t in loop.ticks:
            hold = hold + 1 if t.mode == "hold" else 0
            longest = max(longest, hold)
            if t.mode == "act": in_order, executed = in_order and t.command[0] == executed, executed + 1
        ticks += len(loop.ticks)
        for kept in (loop.ticks, loop.trips, loop.events): kept.clear()   # or a leak could hide behind what is remembered on purpose
        gc.collect()
        memory.append(psutil.Process().memory_info().rss)
        threads.append(threading.active_count())
        server.stop(0.0)                                              # in the middle of whatever it does
        server = PolicyServer({"toy": toy}, port=port).start()
    link.close()
    server.stop(0.5)
    return dict(ticks=ticks, executed=executed, in_order=bool(in_order), longest_hold_s=longest / 30, memory_mb=[round(m / 1e6, 1) for m in memory],
                threads=threads, failed=loop.count["failed"], refused=loop.count["refused"], merged=loop.count["merged"], held_s=round(loop.count["held"] / 30, 1))
