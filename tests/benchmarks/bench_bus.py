"""The servo bus and the arm's driver against virtual arms: what our layer costs, a 200 Hz leader-follower loop, and faults at random moments.

    python tests/benchmarks/bench_bus.py                 all three, full size (about 15 minutes)
    python tests/benchmarks/bench_bus.py --share .05     a twentieth of the rounds, seconds and injections
    python tests/benchmarks/bench_bus.py --only faults   one of: overhead, loop, faults
    python tests/benchmarks/bench_bus.py --keep          also write tests/benchmarks/bus.json, which chapters 12 and 13 show

Writes outputs/bench/bus.json after every row; a row that is there already with the same share is not measured again (--again does).
Every row holds its own share, so a file may mix them, and the chapters say which share a row has.
Virtual arms of the first two parts live in processes of their own, behind pseudo-terminals, with the time that a real wire takes.
The third part runs in simulated time: a fault is injected at a random moment of a driven motion, and every physics step is
compared with the limits of speed and torque, until the arm lies still.
"""
import argparse, json, multiprocessing, os, signal, sys, time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
import numpy as np, scservo_sdk as sdk
from smolvla.data.writer import JOINTS
from smolvla.arm.wire import ManualClock
from smolvla.arm.bus import Bus, BusError
from smolvla.arm.virtual import PtyServer, Servo, VirtualBus, twin_bus
from smolvla.arm.faults import FAULTS
from smolvla.sim.twin import HOME, to_radians
from smolvla.arm.so101 import NotSafe, SO101, Stopped, TORQUE, TooFar
from smolvla.arm.teleoperation import teleoperate

OUT, KEPT = Path("outputs/bench/bus.json"), Path(__file__).parent/"bus.json"
SAFE_SPEED = 200.  # degrees/s: goals move with at most 135, and a joint that catches up is faster for some milliseconds
FULL = dict(rounds=4000, seconds=60, injections=100)


# --- arms in other processes ---

def serve(kind, pipe):
    "A virtual arm until the parent hangs up: 'still' (motors alone), 'follower', or a 'leader' that a hand waves."
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if kind == "still": bus = VirtualBus([Servo(i) for i in range(1, 7)], paced=True)
    else:
        bus = twin_bus(paced=True)
        if kind == "leader": wave(bus)
    with PtyServer(bus) as server:
        pipe.send(server.port)
        with suppress(EOFError): pipe.recv()

def wave(bus):
    "A hand that moves the leader, smoothly from where it is."
    plant, step = bus.plant, bus.plant.step
    plant.hand, t0 = plant.data.qpos[:6].copy(), plant.data.time
    def waved(*a):
        t = plant.data.time-t0
        grow = min(max(t-3, 0)/2, 1)
        plant.hand = to_radians(HOME+grow*np.array([30*np.sin(1.5*t), 15*np.sin(2*t), 0, 0, 30*np.sin(t), 30*(1+np.sin(t))]))
        step(*a)
    plant.step = waved

@contextmanager
def arm_process(kind):
    here, there = multiprocessing.get_context("spawn").Pipe()
    p = multiprocessing.get_context("spawn").Process(target=serve, args=(kind, there), daemon=True)
    p.start(); there.close()
    try: yield here.recv()
    finally: here.close(); p.join(5)


# --- 1: what our layer costs ---

def sdk_round(port):
    "Read six positions and write them back as goals, with the SDK alone."
    h, p = sdk.PortHandler(port), sdk.PacketHandler(0)
    h.openPort()
    r, w = sdk.GroupSyncRead(h, p, 56, 2), sdk.GroupSyncWrite(h, p, 42, 2)
    for i in range(1, 7): r.addParam(i); w.addParam(i, [0, 8])
    def go():
        if r.txRxPacket(): return False
        for i in range(1, 7): v = r.getData(i, 56, 2); w.changeParam(i, [v & 255, v >> 8])
        return w.txPacket() == 0
    return go, h.closePort

def our_round(port):
    bus = Bus(port).open()
    def go():
        try: bus.sync_write("Goal_Position", bus.sync_read("Present_Position")); return True
        except BusError: return False
    return go, bus.close

def overhead(size):
    "Rounds in turns of 50, so that neighbours of this machine disturb both alike."
    times, lost = {"sdk": [], "ours": []}, Counter()
    with arm_process("still") as port:
        for k in range(max(4, size["rounds"]//50)):
            name = ("sdk", "ours")[k % 2]
            go, close = (sdk_round, our_round)[k % 2](port)
            for _ in range(5): go()
            for _ in range(50):
                t = time.perf_counter(); ok = go(); t = time.perf_counter()-t
                if ok: times[name].append(1e3*t)
                else: lost[name] += 1
            close()
    a, b = np.median(times["sdk"]), np.median(times["ours"])
    return {"sdk_ms": round(a, 3), "ours_ms": round(b, 3), "overhead": round(b/a-1, 3), "rounds": len(times["ours"]), "lost": dict(lost), "goal": "overhead < 0.15"}


# --- 2: leader and follower at 200 Hz ---

def loop(size):
    with arm_process("leader") as a, arm_process("follower") as b:
        with SO101(a, role="leader") as leader, SO101(b) as follower:
            t = teleoperate(leader, follower, hz=200, seconds=size["seconds"])
            counts = Counter()
            for arm in (leader, follower):
                for (what, _), n in arm.bus.counters.items(): counts[what] += n
    return {"hz": round(len(t.error_ms)/t.seconds, 1), "ticks": len(t.error_ms), "skipped": t.skipped, "p50_ms": round(float(np.median(t.error_ms)), 3), "p99_ms": round(t.p99, 3),
            "max_ms": round(float(t.error_ms.max()), 2), "behind_median_deg": round(float(np.median(t.tracking)), 2), "lost": {k: n for k, n in counts.items() if k not in ("requests", "writes")},
            "goal": "200 Hz for 60 s; p99 tick error said"}


# --- 3: faults at random moments ---


def watched(arm):
    "Compare every physics step with the limits; returns the largest (speed in degrees/s, share of the torque limit)."
    bus, worst = arm.bus.port.where, [0., 0.]
    plant, step = bus.plant, bus.plant.step
    percent = np.array([TORQUE[12.][j] for j in JOINTS])/100
    def checked(servos, drives):
        step(servos, drives)
        allowed = percent*2.94*max(bus.supply, .1)/12  # the servos' limit is a share of the voltage
        worst[0] = max(worst[0], float(np.abs(np.degrees(plant.data.qvel[:5])).max()))
        worst[1] = max(worst[1], float((np.abs(plant.data.actuator_force[:6])/allowed).max()))
    plant.step = checked
    return worst

def one_injection(fault, seed):
    "Drive, break, drive on until the driver stops or 2.5 s have passed, and wait until everything is still."
    rng, clock = np.random.default_rng(seed), ManualClock()
    bus = twin_bus(clock=clock, seed=seed)
    arm = SO101(bus).connect()
    arm.move_to(HOME)
    worst, moment, end = watched(arm), rng.uniform(.2, 2.), "went on"
    phase, k, t0 = rng.uniform(0, 6, 6), None, clock.now()
    try:
        while (t := clock.now()-t0) < moment+2.5:
            if t >= moment and k is None: bus.inject(fault, k := int(rng.integers(1, 6)))
            arm.send(HOME+np.array([50, 25, 25, 25, 60, 20])*np.sin(2*t+phase)*min(t, 1))
            clock.sleep(1/30)
    except (Stopped, NotSafe, TooFar, BusError) as e: end = "stopped"; assert "\n  File" not in str(e)
    with suppress(BusError): arm.close()
    clock.sleep(1.5); bus.advance()
    return end, worst

def faults(size, name):
    ends, speed, torque = Counter(), 0., 0.
    for n in range(size["injections"]):
        end, (v, f) = one_injection(name, n)
        ends[end] += 1; speed, torque = max(speed, v), max(torque, f)
    return {"injections": size["injections"], **ends, "fastest_deg_s": round(speed), "of_torque_limit": round(torque, 3), "unsafe": bool(speed > SAFE_SPEED or torque > 1.001),
            "goal": f"speed <= {SAFE_SPEED:g} deg/s, torque <= its limit"}


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--share", type=float, default=1.); p.add_argument("--only", choices=("overhead", "loop", "faults")); p.add_argument("--again", action="store_true")
    p.add_argument("--keep", action="store_true", help="also write tests/benchmarks/bus.json")
    args = p.parse_args()
    size = {k: max(1, round(v*args.share)) for k, v in FULL.items()}
    rows = {"overhead": lambda: overhead(size), "loop": lambda: loop(size), **{f"faults: {f}": lambda f=f: faults(size, f) for f in FAULTS}}
    done = json.loads(OUT.read_text()) if OUT.is_file() else {}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    for name, measure in rows.items():
        if args.only and not name.startswith(args.only): continue
        if args.again or done.get(name, {}).get("share") != args.share:
            done[name] = {"share": args.share, **measure(), "load": round(os.getloadavg()[0]/os.cpu_count(), 1)}
            OUT.write_text(json.dumps(done, indent=1))
        print(name, json.dumps({k: v for k, v in done[name].items() if k != "share"}), flush=True)
    command = f"python tests/benchmarks/bench_bus.py{f' --share {args.share:g}' if args.share != 1 else ''}"
    if not args.keep: sys.exit(any(r.get("unsafe") for r in done.values()))
    from smolvla.evaluate.report import machine  # imports torch, which the arms' processes do not need
    KEPT.write_text(json.dumps({"command": command, "machine": dict(machine()), "rows": {n: done[n] for n in rows if n in done}}, indent=1))
    sys.exit(any(r.get("unsafe") for r in done.values()))
