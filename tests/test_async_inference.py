"The control loop in virtual time: which action when, what is refused, and what the arm does on a bad day. No test here needs torch."
import io, json, subprocess, sys, textwrap, time, tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
import make_proto                                                     # tools/ is on the path, see pytest.ini
from smolvla.serve import loop as ai
from smolvla.serve import async_pb2 as pb
from smolvla.serve.loop import (
    AGGREGATES, ActionQueue, Control, ControlLoop, FaultyLink, Look, Reply, SimulatedLink, ToyArm,
    VirtualClock, idle_share, lag, moved, smallest_g, toy_chunk)
from smolvla.serve.wire import ClockOffset, JsonLog, look_message, open_channel, pack, unpack

SWIFT = dict(approach_speed=1e9)

def numbered(look, n=24): return np.repeat(np.arange(look.step, look.step + n, dtype=np.float32)[:, None], 6, 1)   # an action is the number of its step

def drive(control=Control(**SWIFT), latency=0.1, jitter=0.0, seconds=20.0, infer=None, fate=None, seed=0, arm=None, link=None):
    "A loop in virtual time over a toy arm, run to the end"
    clock = VirtualClock()
    link = link(clock) if link else SimulatedLink(infer or (lambda look: numbered(look, control.n)), clock, lag(latency, jitter, seed))
    if fate: link = FaultyLink(link, clock, fate, seed)
    return ControlLoop(arm or ToyArm(), link, control, clock, seed).run(seconds)

def executed(loop): return np.array([t.command[0] for t in loop.ticks if t.mode == "act"])
def in_order(loop):
    "Every action at the step that it is for: none twice, none skipped, none from before"
    a = executed(loop)
    return len(a) and np.array_equal(a, np.arange(len(a)))
def longest_hold(loop):
    runs, n = [0], 0
    for t in loop.ticks:
        n = n + 1 if t.mode == "hold" else 0
        runs.append(n)
    return max(runs) / loop.control.fps

# which action when

@pytest.mark.parametrize("g", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("latency,jitter", [(0, 0), (0.01, 0), (0.1, 0.5), (0.3, 0), (0.7, 0.8), (1.2, 0)])
def test_an_action_is_executed_at_the_step_it_is_for(g, latency, jitter):
    loop = drive(Control(g=g, **SWIFT), latency, jitter)
    assert in_order(loop) and len(executed(loop)) > 100 and not loop.count["failed"]

def test_the_first_action_of_every_chunk_is_used_when_nothing_is_late():
    "LeRobot labels the observation with the step just executed, so the first action of each chunk is always dropped"
    loop = drive(Control(g=0.9, **SWIFT), latency=0)
    merged = [t for t in loop.trips if t.outcome == "merged"]
    assert len(merged) > 100 and all(t.late == 0 for t in merged)

def test_late_actions_are_dropped_by_their_step():
    loop = drive(Control(g=0.7, **SWIFT), latency=0.3)
    assert {t.late for t in list(loop.trips)[1:] if t.outcome == "merged"} == {9} and in_order(loop)

def test_synchronous_is_the_same_loop_with_g_0():
    loop = drive(Control(g=0, **SWIFT), latency=0.3)
    assert in_order(loop) and {t.late for t in loop.trips} == {0}
    assert loop.count["held"] / len(loop.ticks) == pytest.approx(idle_share(0, 0.3), abs=0.01)

def test_random_merges_never_bring_a_step_back():
    rng = np.random.default_rng(0)
    for trial in range(200):
        q, popped = ActionQueue(10), []
        for _ in range(60):
            if rng.random() < 0.4: q.merge(int(rng.integers(max(0, q.step - 12), q.step + 1)), np.arange(12)[:, None] * np.ones(6))
            if q.peek() is not None:
                popped.append(q.step)
                q.pop()
            assert all(s >= q.step for s in q.waiting) and len(q) <= 10
        assert popped == list(range(len(popped)))

def test_a_chunk_that_arrives_while_an_action_is_being_sent_does_not_bring_it_back():
    "LeRobot marks a step as done only after sending it, so a merge in between queues the running action again"
    class Eager:
        "Answers to the last look, once more, come while the arm moves"
        def __init__(self): self.inbox, self.last = [], None
        def submit(self, look): self.last = look; self.inbox.append(Reply(look.id, look.step, numbered(look)))
        def replies(self): found, self.inbox = self.inbox, []; return found
    class Moving(ToyArm):
        def act(self, command):
            if eager.last: eager.inbox.append(Reply(eager.last.id, eager.last.step, numbered(eager.last)))
            super().act(command)
            if eager.last: eager.inbox.append(Reply(eager.last.id, eager.last.step, numbered(eager.last)))
    eager = Eager()
    loop = drive(Control(g=1.0, **SWIFT), seconds=10, arm=Moving(), link=lambda clock: eager)
    assert in_order(loop) and len(executed(loop)) == 300 and loop.count["refused"] > 500

def test_an_aggregate_function_that_gives_rubbish_ends_the_drive():
    for bad in (lambda old, new: new * np.nan, lambda old, new: 3.0, lambda old, new: None):
        with pytest.raises(ValueError, match="aggregate function"): drive(Control(g=0.7, aggregate=bad, **SWIFT))

@pytest.mark.parametrize("name,share", [("latest", 1), ("weighted", 0.7), ("average", 0.5), ("conservative", 0.3)])
def test_aggregation_only_where_chunks_overlap(name, share):
    q = ActionQueue(4, AGGREGATES[name])
    q.merge(0, np.zeros((4, 6)))
    q.pop()
    q.merge(2, np.ones((4, 6)))
    assert q.rest()[:, 0].tolist() == pytest.approx([share, share, 1, 1]) and q.peek() is None

def test_a_function_of_the_reader_aggregates():
    seen = []
    loop = drive(Control(g=0.7, aggregate=lambda old, new: (seen.append(1), np.maximum(old, new))[1], **SWIFT))
    assert seen and in_order(loop)

# when to look

def test_the_closed_form_is_what_the_simulation_finds():
    for n, fps, latency in [(24, 30, 0.1), (24, 30, 0.3), (32, 30, 0.5), (50, 30, 0.8), (12, 15, 0.3), (24, 30, 0.0)]:
        d, g = np.ceil(latency * fps - 1e-9), smallest_g(latency, n, fps)
        first = lambda share: drive(Control(n=n, g=share, fps=fps, **SWIFT), latency, infer=lambda look: numbered(look, n)).count["held"]
        assert first(g) == d                                        # only the very first chunk is waited for
        if d: assert first(max(0, g - 1.01 / n)) > d + 10           # one action later is too late, again and again

def test_no_g_is_enough_for_half_a_chunk_of_latency():
    assert smallest_g(0.5, 24, 30) is None and drive(Control(g=1.0, **SWIFT), 0.5).count["held"] > 50

def test_the_idle_share_is_what_the_simulation_finds():
    for latency in (0.1, 0.3, 0.5, 1.0):
        for g in (0, 0.1, 0.25, 0.375, 0.42, 0.6, 1.0):
            loop = drive(Control(g=g, **SWIFT), latency, seconds=60)
            assert loop.count["held"] / len(loop.ticks) == pytest.approx(idle_share(g, latency), abs=0.012), (latency, g)

def test_the_filter_skips_looks_of_an_arm_that_rests_but_never_lets_the_queue_dry():
    runs = {tol: drive(Control(g=0.9, tolerance=tol, **SWIFT), 0.0, seconds=30, infer=toy_chunk) for tol in (None, 5.0, 1e9)}
    assert runs[None].count["look"] > 2 * runs[5.0].count["look"] > 0 and runs[5.0].count["filtered"]
    assert all(r.count["held"] == 0 for r in runs.values())         # must go, whatever the filter says

def test_the_filter_measures_one_joint_in_degrees():
    assert not moved([0, 0, 0, 0, 0, 1.9], np.zeros(6), 2.0) and moved([0, 0, 2.1, 0, 0, 0], np.zeros(6), 2.0)
    assert not moved([1.5] * 6, np.zeros(6), 2.0)                   # not the length of the vector

def test_a_lost_look_does_not_count_as_seen_by_the_filter():
    "LeRobot filters against what was sent, so a lost look can silence all that follow"
    loop = drive(Control(g=0.9, tolerance=1e9, deadline=0.5, **SWIFT), 0.05, infer=toy_chunk, fate=lambda rng, r: [] if rng.random() < 0.5 else [(0, r)], seconds=30)
    assert loop.count["failed"] > 5 and loop.count["merged"] > 10 and longest_hold(loop) < 5

# what the arm does on a bad day

def lose(p): return lambda rng, r: [] if rng.random() < p else [(0, r)]
def spoil(p, f): return lambda rng, r: [(0, f(r) if rng.random() < p else r)]

def test_the_first_answer_lost_is_no_deadlock():
    "LeRobot's must_go event stays cleared after a lost or failed inference, and the arm waits for ever"
    first = iter([[]])
    loop = drive(fate=lambda rng, r: next(first, [(0, r)]))
    assert in_order(loop) and len(executed(loop)) > 400

def test_30_percent_of_the_replies_lost():
    loop = drive(Control(deadline=0.5, **SWIFT), seconds=60, fate=lose(0.3))
    assert in_order(loop) and loop.count["failed"] > 20 and longest_hold(loop) < 3 and len(executed(loop)) > 1000

def test_replies_five_seconds_late_are_refused_and_the_arm_holds():
    loop = drive(seconds=60, fate=lambda rng, r: [(5.0 if 10 < r.ended < 30 else 0, r)])
    held = [t.t for t in loop.ticks if t.mode == "hold"]
    assert in_order(loop) and loop.count["refused"] > 3 and 11 < np.median(held) < 33
    assert loop.ticks[-1].mode == "act" and any("nobody waits" in text for *_, text in loop.events)

def test_replies_doubled_and_out_of_order():
    loop = drive(Control(g=0.9, deadline=0.4, **SWIFT), seconds=60, fate=lambda rng, r: [(rng.uniform(0, 0.6), r), (rng.uniform(0, 0.6), r)])
    assert in_order(loop) and loop.count["refused"] > 50

BAD = {"NaN": lambda a: np.where(np.arange(a.size).reshape(a.shape) == 7, np.nan, a), "infinity": lambda a: a * np.inf, "one joint too few": lambda a: a[:, :5], "too short": lambda a: a[:3],
       "a single action": lambda a: a[0], "nothing": lambda a: a[:0], "no array": lambda a: a.tolist(), "none": lambda a: None}

@pytest.mark.parametrize("name", BAD)
def test_a_spoiled_chunk_never_reaches_the_arm(name):
    loop = drive(seconds=30, fate=spoil(0.3, lambda r: replace(r, actions=BAD[name](r.actions))))
    assert in_order(loop) and loop.count["failed"] > 5 and all(np.isfinite(t.command).all() for t in loop.ticks)

def test_a_policy_that_raises():
    calls = []
    def infer(look):
        calls.append(1)
        if len(calls) % 3 == 0: raise ZeroDivisionError("no gradient today")
        return numbered(look)
    loop = drive(seconds=30, infer=infer)
    assert in_order(loop) and any("ZeroDivisionError: no gradient today" in text for *_, text in loop.events)

def test_answers_to_other_looks_and_other_steps_are_refused():
    loop = drive(Control(deadline=0.5, **SWIFT), seconds=20, fate=lambda rng, r: [(0, replace(r, id=r.id + 1)), (0, replace(r, step=r.step + 3))])
    assert len(executed(loop)) == 0 and loop.count["refused"] + loop.count["failed"] > 10

def test_a_server_away_for_ten_seconds():
    class Away(SimulatedLink):
        def submit(self, look):
            if not 5 < self.clock.now() < 15: super().submit(look)
    loop = drive(seconds=30, link=lambda clock: Away(numbered, clock, lag(0.1)))
    modes = [(t.t, t.mode) for t in loop.ticks]
    assert all(m == "hold" for t, m in modes if 8 < t < 14.9) and all(m == "act" for t, m in modes if t > 20) and in_order(loop)
    still = {tuple(t.command) for t in loop.ticks if 8 < t.t < 14.9}
    assert len(still) == 1 and "holding" in [e for e in loop.events if e[2] == "dry"][-1][3]

def test_asking_again_slows_down_while_it_fails():
    loop = drive(seconds=60, fate=lambda rng, r: [(0, replace(r, actions=None, error="no"))])
    assert 20 < loop.count["look"] < 60 and len(executed(loop)) == 0

class Jumpy(VirtualClock):
    "A laptop that sleeps: once, time is suddenly another"
    def __init__(self, at, by): super().__init__(); self.at, self.by = at, by
    def now(self):
        if self.at is not None and self.t >= self.at: self.t, self.at = self.t + self.by, None
        return self.t

@pytest.mark.parametrize("by", [8.0, -8.0])
def test_a_jump_of_the_clock_forgets_the_plan(by):
    clock = Jumpy(10, by)
    loop = ControlLoop(ToyArm(), SimulatedLink(numbered, clock, lag(0.05)), Control(g=0.7, **SWIFT), clock)
    for _ in range(600): loop.tick()
    jump = next(i for i, e in enumerate(loop.events) if e[2] == "jump")
    assert loop.count["jump"] == 1 and list(loop.events)[jump + 1][2] in ("look", "failed")
    assert len(loop.ticks) == 600 and np.array_equal(np.unique(executed(loop)), executed(loop)) and loop.ticks[-1].mode == "act"

def test_a_slow_robot_is_not_hurried_afterwards():
    class Slow(ToyArm):
        acted = 0
        def act(self, command):
            super().act(command)
            self.acted += 1
            clock.sleep_until(clock.t + (0.2 if 100 < self.acted < 110 else 0.001))
    clock = VirtualClock()
    loop = ControlLoop(Slow(), SimulatedLink(numbered, clock, lag(0.05)), Control(**SWIFT), clock).run(20)
    gaps = np.diff([t.t for t in loop.ticks])
    assert gaps.min() > 0.0332 and in_order(loop)                   # never two steps in a burst

def test_the_time_of_day_plays_no_part(monkeypatch):
    def never(): raise AssertionError("somebody asked for the time of day")
    monkeypatch.setattr(time, "time", never)
    clock = ai.Clock()
    loop = ControlLoop(ToyArm(), SimulatedLink(numbered, clock, lag(0.02)), Control(**SWIFT), clock).run(0.4)
    assert in_order(loop) and loop.count["failed"] == 0

def test_after_a_jump_the_loop_begins_where_the_arm_is():
    "While the laptop slept, the arm's own watchdog has let it sink"
    class Lowered(ToyArm):
        def state(self): return self.q if clock.at else self.q - 50
        def act(self, command): told.append(float(command[0])); super().act(command) if clock.at else None
    clock, told = Jumpy(3, 60.0), []
    loop = ControlLoop(Lowered(), SimulatedLink(lambda look: np.full((24, 6), 30, np.float32), clock, lag(0.05)), Control(approach_speed=30), clock)
    while not loop.count["jump"]: loop.tick()
    assert told[-2] == 30 and told[-1] == -20                         # not one step towards the old pose
    for _ in range(60): loop.tick()
    assert np.abs(np.diff(told[-60:])).max() <= 1.0001 and told[-1] == 30

# an arm that will not, or not so fast

class Stopped(RuntimeError): pass

@pytest.mark.parametrize("when", ["act", "observe", "state"])
@pytest.mark.parametrize("kind", [Stopped, KeyboardInterrupt, ConnectionError])
def test_what_the_robot_raises_ends_the_drive_with_its_reason(when, kind, tmp_path):
    class Arm(ToyArm): pass
    def fail(self, *a):
        if clock.t > 1: raise kind("shoulder_lift: hot (63 C)")
        return getattr(ToyArm, when)(self, *a)
    setattr(Arm, when, fail)
    class Link(SimulatedLink):
        closed = 0
        def close(self): self.closed += 1
    clock, log = VirtualClock(), JsonLog(tmp_path/"log")
    loop = ControlLoop(Arm(), Link(numbered, clock, lag(0.1)), Control(g=0.9, tolerance=1.0, **SWIFT), clock, log=log)
    with pytest.raises(kind, match="shoulder_lift"): loop.run(10)
    assert loop.link.closed == 1 and loop.ended == f"{kind.__name__}: shoulder_lift: hot (63 C)" and loop.ended in loop.tell()
    assert 1 < clock.t < 1.5 and loop.events[-1][2] == "ended" and json.loads((tmp_path/"log").read_text().splitlines()[-1])["text"] == loop.ended

class Careful(ToyArm):
    "An arm with limits of its own: one degree per step, and none beyond 25"
    def act(self, command):
        super().act(np.clip(command, self.q - 1, np.minimum(self.q + 1, 25)))
        return self.q

def test_an_arm_slower_than_the_approach_is_waited_for():
    loop = drive(Control(approach_speed=90), infer=lambda look: np.full((24, 6), 20, np.float32) + numbered(look) / 100, arm=Careful(), seconds=5)
    approach = [t.command[0] for t in loop.ticks if t.mode == "approach"]
    assert np.abs(np.diff([0, *approach])).max() <= 1.0001 and len(approach) == 19 and executed(loop)[:3].tolist() == pytest.approx([20, 20.01, 20.02])

def test_an_action_beyond_the_arms_range_does_not_stall_it():
    loop = drive(Control(approach_speed=90), infer=lambda look: np.full((24, 6), 40, np.float32), arm=Careful(), seconds=5)
    modes = [t.mode for t in loop.ticks]
    assert modes.count("approach") == 25 and set(modes[-60:]) == {"act"} and loop.ticks[-1].command[0] == 25 and loop.count["merged"] > 5

@pytest.mark.parametrize("speed", [30, 90])
def test_it_drives_the_arm_of_chapter_13(speed):
    from smolvla.arm.wire import ManualClock
    from smolvla.sim.twin import HOME
    from smolvla.arm.so101 import SO101
    from smolvla.arm.so101 import Stopped as ArmStopped
    class Robot(ToyArm):
        def __init__(self, arm): self.arm, self.picture, self.act, self.state = arm, np.zeros((48, 64, 3), np.uint8), arm.send, arm.state
        def observe(self): self.q = self.state(); return super().observe()
    class TwinClock:
        "The loop's clock is the twin's"
        def now(self): return arm.clock.now()
        def sleep_until(self, t): arm.clock.sleep(max(0, t - arm.clock.now()))
    far = (HOME + np.array([0, 15, -15, 0, 60, 40])).astype(np.float32)  # one joint so far away that the arm refuses it as a first target
    with SO101(clock=ManualClock()) as arm:
        arm.move_to(HOME)
        loop = ControlLoop(Robot(arm), SimulatedLink(lambda look: np.tile(far, (24, 1)), TwinClock(), lag(0.1)), Control(approach_speed=speed), TwinClock())
        loop.run(5)
        moves = np.diff([t.command[:5] for t in loop.ticks], axis=0)
        approach = np.array([t.mode == "approach" for t in loop.ticks])
        assert np.abs(arm.state() - far)[:5].max() < 3 and 60 * 30 / speed - 3 < approach.sum() < 60 * 30 / speed + 3 and np.abs(moves).max() < speed / 30 + 0.01
        arm.stop("somebody pressed STOP")
        with pytest.raises(ArmStopped, match="somebody pressed STOP"): loop.run(5)
        assert loop.ended.startswith("Stopped: stopped: somebody pressed STOP") and arm.mode == "stopped"

def test_toy_and_twin_have_what_the_loop_needs():
    from smolvla.sim.twin import SO101Env
    env = SO101Env("sorting", max_seconds=2, image_size=64)
    env.reset(seed=1)
    for robot in (ToyArm(), ai.TwinRobot(env)):
        obs, spec = robot.observe(), robot.spec
        assert {k: v.shape[:2] for k, v in obs.items() if ".images." in k} == spec.cameras and all(obs[k].dtype == np.uint8 for k in spec.cameras)
        assert len(spec.joints) == len(spec.units) == len(robot.state()) == len(obs["observation.state"]) == 6 and obs["task"] and robot.done is False
        robot.act(robot.state())
    env.close()

# another sentence

class Obedient(ToyArm):
    "Its sentence changes after four seconds; `told` hides it from the loop until it looks"
    def __init__(self, clock=None): super().__init__(); self.n = 0; self.task = "left"
    def act(self, command):
        super().act(command)
        self.n += 1
        if self.n == 120: self.task = "right"

def by_sentence(look): return np.full((24, 6), 5.0 if look.observation["task"] == "left" else -5.0, np.float32) + numbered(look) / 1e4

@pytest.mark.parametrize("aggregate", ["latest", "average"])
@pytest.mark.parametrize("rtc", ["", "identity"])
def test_another_sentence_replaces_the_plan(aggregate, rtc):
    "Within the latency of a chunk nothing of the old sentence is left, it is never blended, and it is counted"
    leftovers = []
    def infer(look): leftovers.append((look.observation["task"], look.leftover is not None)); return by_sentence(look)
    loop = drive(Control(g=.3, aggregate=aggregate, rtc=rtc, **SWIFT), 0.1, infer=infer, arm=Obedient(), seconds=10)
    sent = np.array([t.command[0] for t in loop.ticks])
    new = int(np.argmax(sent < 0))
    assert 120 <= new <= 120 + 5 and (sent[new:] < -4).all() and (sent[1:4] >= 0).all() and set(np.sign(np.round(sent[4:]))) == {1, -1}
    assert loop.count["task"] == 1 and 0 < loop.count["stale"] < 24 and f"{loop.count['stale']} actions of another sentence dropped" in loop.tell()
    assert not loop.stale and loop.count["failed"] == 0
    first = [had for said, had in leftovers if said == "right"][0]
    assert not first, "the old plan guides no new one"

def test_another_sentence_is_seen_at_the_look_where_a_robot_does_not_say_it():
    class Quiet(Obedient):
        def __getattribute__(self, name):
            if name == "task" and sys._getframe(1).f_code.co_name not in ("observe", "act"): raise AttributeError(name)
            return super().__getattribute__(name)
    loop = drive(Control(g=.3, **SWIFT), 0.1, infer=by_sentence, arm=Quiet(), seconds=10)
    assert loop.count["task"] == 1 and loop.ticks[-1].command[0] < 0 and loop.count["stale"] > 0

def test_one_sentence_drops_nothing():
    loop = drive()
    assert not loop.count["task"] and not loop.count["stale"] and "another sentence" not in loop.tell()

# speed limits

def test_the_first_action_is_approached_slowly():
    loop = drive(Control(approach_speed=30), infer=lambda look: np.full((24, 6), 10, np.float32) + numbered(look) / 100)
    steps = np.abs(np.diff([0, *[t.command[0] for t in loop.ticks if t.mode == "approach"]]))
    assert len(steps) == 9 and steps.max() <= 1.0001 and executed(loop)[0] == 10   # the tenth step arrives

def test_after_a_gap_it_is_approached_slowly_again():
    def infer(look): return np.full((24, 6), 40.0 if look.t > 8 else 0.0, np.float32)
    class Away(SimulatedLink):
        def submit(self, look):
            if not 5 < self.clock.now() < 9: super().submit(look)
    loop = drive(Control(approach_speed=30), link=lambda clock: Away(infer, clock, lag(0.05)))
    moves = np.abs(np.diff([t.command[0] for t in loop.ticks]))
    assert moves.max() <= 1.0001 and loop.ticks[-1].command[0] == 40

def test_the_splice_is_limited_and_then_caught_up():
    def infer(look): return np.full((24, 6), 10.0 * (len(seen) % 2 == 0), np.float32) if not seen.append(1) else None
    for speed, most in ((None, 10), (60, 2.0001)):
        seen = []
        loop = drive(Control(g=0.7, splice_speed=speed, **SWIFT), 0.1, infer=infer)
        moves = np.abs(np.diff([t.command[0] for t in loop.ticks]))
        assert moves.max() <= most and (speed or moves.max() == 10) and moves.max() > 0

# bad input

@pytest.mark.parametrize("bad,says", [(dict(g=1.2), "outside"), (dict(g=-0.1), "outside"), (dict(n=0), "whole number"), (dict(n=2.5), "whole number"), (dict(fps=0), "fps"), (dict(deadline=-1), "deadline"),
                                      (dict(tolerance=0), "tolerance"), (dict(aggregate="median"), "latest, weighted"), (dict(rtc="yes"), "vjp"), (dict(splice_speed=-3), "splice_speed"),
                                      (dict(g=float("nan")), "outside"), (dict(gap=float("inf")), "gap")])
def test_control_refuses_what_cannot_work(bad, says):
    with pytest.raises(ValueError, match=says): Control(**bad)

@pytest.mark.parametrize("address", ["localhost", "8765", "localhost:", "host:port", ""])
def test_an_address_has_a_port(address):
    with pytest.raises(ValueError, match="HOST:PORT"): open_channel(address)

def test_beyond_this_machine_only_with_tls():
    for host in ("192.168.1.7", "robot.local", "0.0.0.0", "127.0.0.1.evil.org"):
        with pytest.raises(ValueError, match="another machine.*smolvla_certificate"): open_channel(f"{host}:8765")

# messages

def test_arrays_travel_exactly():
    rng = np.random.default_rng(0)
    for x in (rng.normal(size=(24, 6)).astype(np.float32), rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)):
        assert np.array_equal(unpack(pb.Tensor.FromString(pack(x).SerializeToString()), x.dtype.name, x.shape, "x"), x)

def test_jpeg_is_close():
    x = np.linspace(0, 255, 64 * 48 * 3).reshape(48, 64, 3).astype(np.uint8)
    y = unpack(pack(x, 90), "uint8", x.shape, "x")
    assert y.shape == x.shape and np.abs(y.astype(int) - x).mean() < 4

def test_declared_sizes_are_checked_before_anything_is_allocated():
    good = np.zeros((1080, 1920, 3), np.uint8)
    lies = [pb.Tensor(dtype="float32", shape=[2**31, 2**31]), pb.Tensor(dtype="uint8", shape=[1080, 1920, 3], data=b"x" * 10), pb.Tensor(dtype="x" * 10**6, shape=range(10**5)),
            pack(good[:10], 90), pb.Tensor(dtype="uint8", shape=[1080, 1920, 3], encoding=pb.JPEG, data=pack(good[:, :100], 90).data),
            pb.Tensor(dtype="uint8", shape=[1080, 1920, 3], encoding=pb.JPEG, data=b"\xff\xd8 no picture"), pb.Tensor(dtype="uint8", shape=[1080, 1920, 3], encoding=7, data=b"x")]
    tracemalloc.start()
    for t in lies:
        with pytest.raises(ValueError) as e: unpack(t, "uint8", (1080, 1920, 3), "observation.images.wrist")
        assert "observation.images.wrist" in str(e.value) and len(str(e.value)) < 300
    assert tracemalloc.get_traced_memory()[1] < 2e6                 # one such picture would take 6e6
    tracemalloc.stop()

def jpeg(picture, **kw):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", **kw)
    return pb.Tensor(dtype="uint8", shape=picture.shape, encoding=pb.JPEG, data=file.getvalue())

def test_jpegs_of_other_makers_are_read_as_they_are():
    picture = np.linspace(0, 255, 48 * 64 * 3).reshape(48, 64, 3).astype(np.uint8)
    turn = Image.Exif()
    turn[0x112] = 6                                                   # "turn me by 90 degrees": a viewer obeys, a robot must not
    for kw in (dict(quality=95), dict(quality=95, subsampling=0), dict(quality=95, exif=turn)):
        assert np.abs(unpack(jpeg(picture, **kw), "uint8", picture.shape, "x").astype(int) - picture).mean() < 3

def test_a_jpeg_of_many_scans_or_damaged_is_refused():
    "One progressive JPEG can hold thousands of passes over the picture and keep a reader busy for minutes"
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    whole = jpeg(picture).data
    bad = {"several scans": jpeg(picture, progressive=True).data, "damaged": whole[:len(whole) // 2], "no JPEG": whole[10:]}
    for says, data in bad.items():
        with pytest.raises(ValueError, match=says): unpack(pb.Tensor(dtype="uint8", shape=picture.shape, encoding=pb.JPEG, data=data), "uint8", picture.shape, "x")
    for x in (picture.astype(np.float32), picture[:, :, 0], picture[:, :, :2]):
        with pytest.raises(ValueError, match="jpeg=0"): pack(x, 90)

def test_a_look_survives_the_journey():
    look = Look(2**60, 17, 0.0, {**ToyArm().observe(), "observation.state": np.arange(6, dtype=np.float32)}, 5, np.ones((3, 6), np.float32), 2, "vjp")
    m = pb.Look.FromString(look_message(look, 90).SerializeToString())
    assert (m.id, m.step, m.seed, m.delay, m.task, sorted(m.images)) == (2**60, 17, 5, 2, "go round", sorted(ToyArm.cameras))
    assert unpack(m.state, "float32", (6,), "state").tolist() == [0, 1, 2, 3, 4, 5] and unpack(m.leftover, "float32", (3, 6), "left").all()

def test_the_generated_code_is_fresh(): assert make_proto.main(["--check"]) == 0

def test_the_clock_offset_is_within_its_bound():
    rng = np.random.default_rng(1)
    for true in (-1e5, 0.0, 3.2):
        o = ClockOffset()
        for t in np.cumsum(rng.exponential(1, 50)):
            there, work, back = rng.exponential(0.02, 3)
            o.add(t, t + there + true, t + there + work + true, t + there + work + back)
            assert abs(o.value - true) <= o.error + 1e-9
        assert o.error < 0.02

# where it runs

def without_torch(code, **kw):
    "Run code in a process where importing torch fails"
    block = "import sys\nfor m in ('torch', 'transformers'): sys.modules[m] = None\n"
    return subprocess.run([sys.executable, "-c", block + textwrap.dedent(code)], capture_output=True, text=True, timeout=120, **kw)

def test_the_client_needs_no_torch():
    p = without_torch("""
        import smolvla.serve.loop as ai
        loaded = {m.split('.')[0] for m in sys.modules}
        assert not loaded & {'mujoco', 'matplotlib', 'pyarrow', 'av', 'gymnasium'}, loaded
        clock = ai.VirtualClock()
        loop = ai.ControlLoop(ai.ToyArm(), ai.SimulatedLink(ai.toy_chunk, clock, ai.lag(0.1)), ai.Control(), clock).run(5)
        print(loop.tell())""")
    assert p.returncode == 0 and "0 failed" in p.stdout, p.stderr

def test_the_command_without_torch_says_what_is_wrong():
    p = without_torch("""
        from smolvla.arm.driving import drive_cli
        drive_cli(server='localhost:1', env='sorting', max_seconds=1.0)""")
    assert p.returncode == 1 and "smolvla_drive: localhost:1: UNAVAILABLE" in p.stderr and "smolvla_serve" in p.stderr and "Traceback" not in p.stderr

def test_a_full_disk_costs_lines_not_the_arm():
    if not Path("/dev/full").exists(): pytest.skip("this system has no /dev/full")
    clock, log = VirtualClock(), JsonLog("/dev/full")
    loop = ControlLoop(ToyArm(), SimulatedLink(numbered, clock, lag(0.1)), Control(**SWIFT), clock, log=log).run(10)
    assert log.lost > 20 and in_order(loop)
