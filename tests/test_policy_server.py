"The server on loopback: who is let in, what is answered, and what a bad client can do. Most of it needs no policy."
import json, os, re, signal, socket, subprocess, sys, time, urllib.error, urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import grpc
import numpy as np
import pytest
import torch
from async_toys import SIZE, SPEC, SWIFT, Toy, ask, client, look
from smolvla.serve.loop import Control, ControlLoop, Look, SimulatedLink, ToyArm, VirtualClock, lag
from smolvla.serve.wire import JsonLog, ServerRefused
from smolvla.serve import server as policy_server
from smolvla.serve.chunking import RTC, soft_mask
from smolvla.serve.server import (
    Batcher, Job, PolicyBackend, PolicyServer, Service, load_backends, make_certificate,
    read_certificate, serve_cli)

@pytest.fixture
def toy(): return Toy()

@pytest.fixture
def server(toy):
    with PolicyServer({"toy": toy}, port=0, health_port=0) as s: yield s

# the handshake

def test_who_fits_is_let_in(server):
    link = client(server)
    assert len(link.greet()) == 32 and link.greet() == link.session
    assert abs(link.offset.value) <= link.offset.error < 0.1         # one machine, one clock
    link.close()
    assert not server.service.sessions

MISFITS = {"policy": (dict(policy="act"), ["'act'", "toy"]),
           "a camera missing": (dict(spec=replace(SPEC, cameras={ToyArm.cameras[0]: SIZE})), ["overhead", "wrist", "(48, 64)"]),
           "another size": (dict(spec=replace(SPEC, cameras={k: (480, 640) for k in ToyArm.cameras})), ["(480, 640)", "(48, 64)"]),
           "other units": (dict(spec=replace(SPEC, units=["radians"] * 6)), ["radians", "degrees", "percent"]),
           "other joints": (dict(spec=replace(SPEC, joints=["a", "b"])), ["['a', 'b']", "joint5.pos"]),
           "n over the chunk": (dict(control=Control(n=50)), ["n=50", "32"])}

@pytest.mark.parametrize("name", MISFITS)
def test_who_does_not_fit_hears_what_both_sides_have(server, name):
    kw, says = MISFITS[name]
    with pytest.raises(ServerRefused) as e: client(server, **kw).greet()
    assert all(s in str(e.value) for s in says), e.value
    assert not server.service.sessions

def test_the_server_checks_what_a_careless_client_does_not(server):
    link = client(server)
    for change, says in [(dict(protocol=7), "protocol 7, this server speaks 1"), (dict(g=1.5), "g=1.5"), (dict(rtc="maybe"), "'maybe'"), (dict(n=0), "n=0")]:
        m = link.hello()
        for k, v in change.items(): setattr(m, k, v)
        w = link.call("Greet", m, 2)
        assert says in w.refusal and not w.session
    link.close()

def test_any_size_takes_other_pictures(toy):
    toy.any_size = True
    with PolicyServer({"toy": toy}, port=0) as s:
        client(s, replace(SPEC, cameras={k: (480, 640) for k in ToyArm.cameras})).greet()
        with pytest.raises(ServerRefused): client(s, replace(SPEC, cameras={"observation.images.other": SIZE})).greet()

def test_nobody_there():
    with pytest.raises(ConnectionError, match="UNAVAILABLE.*smolvla_serve"): client("localhost:1").greet(timeout=2)

# answers

def test_a_chunk_comes_back(server):
    r = ask(client(server), step=5)
    assert not r.error and r.actions.shape == (24, 6) and r.actions[:, 0].tolist() == list(range(5, 29)) and r.started <= r.ended

def test_raw_pictures_arrive_unchanged(server, toy):
    seen = []
    toy.trouble = lambda looks: (seen.extend(looks), [np.zeros((32, 6))] * len(looks))[1]
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    for jpeg in (0, 90): ask(client(server, jpeg=jpeg), **{ToyArm.cameras[0]: picture})
    raw, jpeg = (np.abs(x.observation[ToyArm.cameras[0]].astype(int) - picture).mean() for x in seen)
    assert raw == 0 < jpeg

BROKEN = {"wrong shape": lambda looks: [np.zeros((32, 5))] * len(looks), "too few": lambda looks: [np.zeros((7, 6))] * len(looks), "NaN": lambda looks: [np.full((32, 6), np.nan)] * len(looks),
          "an exception": lambda looks: 1 / 0}

@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_policy_is_an_explicit_answer_and_no_end(server, toy, name):
    link = client(server)
    toy.trouble = BROKEN[name]
    assert "POLICY_FAILED" in (r := ask(link)).error and r.actions is None
    toy.trouble = None
    assert not ask(link).error

def test_a_bad_observation_is_told_apart_from_a_broken_policy(server):
    link = client(server)
    for bad, says in [(dict(task="x" * 2000), "2000 letters"), ({"observation.state": np.full(6, np.nan)}, "NaN"), ({"observation.state": np.zeros(5)}, "(5,)"),
                      ({ToyArm.cameras[0]: np.zeros((8, 8, 3), np.uint8)}, "(8, 8, 3)"), ({"observation.images.extra": np.zeros((*SIZE, 3), np.uint8)}, "extra")]:
        assert "BAD_REQUEST" in (e := ask(link, **bad).error) and says in e, e
    assert not ask(link).error

def test_one_bad_look_does_not_spoil_the_batch():
    toy = Toy()
    def trouble(looks):
        if any(x.step == 13 for x in looks): raise RuntimeError("unlucky")
        return [np.full((32, 6), x.step) for x in looks]
    toy.trouble = trouble
    b = Batcher(toy)
    with b.bell: jobs = [Job(Look(i, i, 0.0, {}), time.monotonic() + 5) for i in (11, 12, 13, 14)]; b.waiting.extend(jobs); b.bell.notify()
    assert [j.done.result(5)[0][0, 0] for j in jobs if j.look.step != 13] == [11, 12, 14]
    with pytest.raises(RuntimeError, match="unlucky"): jobs[2].done.result(5)
    b.close()

def test_deadlines_and_a_full_waiting_room():
    toy = Toy(0.5)
    with PolicyServer({"toy": toy}, port=0, batch=1) as s:
        s.service.batchers["toy"].room = 2
        links = [client(s, control=Control(deadline=1.3, **SWIFT)) for _ in range(6)]
        for x in links: x.greet()
        with ThreadPoolExecutor(6) as pool: errors = [r.error for r in pool.map(ask, links)]
        assert any("BUSY" in e for e in errors) and any("TOO_LATE" in e or "DEADLINE" in e for e in errors) and "" in errors
        time.sleep(0.6)
        assert not ask(client(s)).error

def test_batching_serves_many_in_one_pass():
    passes = {}
    for most in (1, 8):
        toy = Toy(0.03)
        with PolicyServer({"toy": toy}, port=0, batch=most) as s:
            links = [client(s) for _ in range(8)]
            for x in links: x.greet()
            with ThreadPoolExecutor(8) as pool: replies = list(pool.map(lambda i: ask(links[i % 8], step=i), range(48)))
        assert sorted(int(r.actions[0, 0]) for r in replies) == list(range(48))
        passes[most] = len(toy.batches)
    assert passes[1] == 48 and passes[8] <= 24

def test_two_policies_two_arms(toy):
    other = Toy()
    other.trouble = lambda looks: [np.full((32, 6), -1.0)] * len(looks)
    with PolicyServer({"toy": toy, "other": other}, port=0) as s:
        assert ask(client(s)).actions[0, 0] == 0 and ask(client(s, policy="other")).actions[0, 0] == -1

def test_clocks_of_two_machines_are_never_compared(toy, monkeypatch):
    "LeRobot subtracts one machine's time of day from the other's and calls it latency"
    ahead = SimpleNamespace(monotonic=lambda: time.monotonic() + 1e6, time=lambda: 0.0, sleep=time.sleep)   # the server's clocks; its time of day stands still
    monkeypatch.setattr(policy_server, "time", ahead)
    toy.seconds = 0.1
    with PolicyServer({"toy": toy}, port=0) as s:
        link = client(s)
        start = time.monotonic()
        r, end = ask(link), time.monotonic()
        assert not r.error and start < r.started < r.ended < end and 0.09 < r.ended - r.started < end - start   # in the client's own time
        assert abs(link.offset.value - 1e6) <= link.offset.error < 0.1
        loop = ControlLoop(ToyArm(SIZE), link, link.control).run(1)
        assert loop.count["merged"] and not loop.count["failed"] and np.median(loop.latency()) < 0.5
        link.close()

class Bomb:
    "Unpickling this writes a file"
    def __init__(self, path): self.path = path
    def __reduce__(self): return open, (str(self.path), "w")

def test_a_pickle_is_never_opened(server, tmp_path):
    "LeRobot's server unpickles whatever comes through its open port, and its client whatever comes back"
    import pickle
    data, link = pickle.dumps(Bomb(tmp_path/"owned")), client(server)
    pickle.loads(data).close()
    assert (tmp_path/"owned").exists()                                # so it would have worked
    (tmp_path/"owned").unlink()
    m = link.hello()
    for name in ("Greet", "Time", "Infer", "Leave"):
        with pytest.raises(grpc.RpcError) as e: link.channel.unary_unary(f"/smolvla.v1.PolicyServer/{name}")(data, timeout=5)
        assert e.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    from smolvla.serve.wire import look_message
    for encoding, field in ((0, "state"), (0, "leftover"), (1, "images")):
        message = look_message(look())
        message.session = link.greet()
        t = message.images[ToyArm.cameras[0]] if field == "images" else getattr(message, field)
        t.data, t.encoding = data, encoding
        if field == "leftover": t.dtype, t.shape[:] = "object", [1, 6]
        assert link.call("Infer", message, 5).status == 1             # BAD_REQUEST
    assert not (tmp_path/"owned").exists() and "garbage_total 4" in server.service.metrics.text()

# the door

@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.9", "::", "robot.local"])
def test_beyond_this_machine_only_with_tls_and_token(host, toy):
    with pytest.raises(ValueError, match="needs TLS and a token.*smolvla_certificate"): PolicyServer({"toy": toy}, host)

def test_the_command_refuses_too(capsys):
    with pytest.raises(SystemExit, match="smolvla_serve: 0.0.0.0 can be reached"): serve_cli(host="0.0.0.0")
    with pytest.raises(SystemExit, match="smolvla_serve: nowhere"): serve_cli(policy="nowhere")

@pytest.fixture(scope="module")
def tls(tmp_path_factory): return make_certificate(tmp_path_factory.mktemp("tls"), ["localhost", "127.0.0.1"])

def test_with_certificate_and_token(tls, toy):
    with PolicyServer({"toy": toy}, "0.0.0.0", 0, tls) as s:
        here, token = f"127.0.0.1:{s.port}", (tls/"token").read_text()
        assert not ask(client(here, token=token, certificate=tls/"server.crt")).error
        for wrong in ("", "x" * 48):
            with pytest.raises(ConnectionError, match="UNAUTHENTICATED.*token"): client(here, token=wrong, certificate=tls/"server.crt").greet()
        assert "strangers_total 2" in s.service.metrics.text()
        with pytest.raises(ConnectionError): client(here, token=token).greet(timeout=2)   # in the clear
        assert os.stat(tls/"server.key").st_mode & 0o077 == 0 == os.stat(tls/"token").st_mode & 0o077

def test_another_servers_certificate(tls, toy, tmp_path):
    other = make_certificate(tmp_path, ["localhost"])
    with PolicyServer({"toy": toy}, "127.0.0.1", 0, tls) as s:
        with pytest.raises(ConnectionError, match="certificate"): client(f"localhost:{s.port}", token="x", certificate=other/"server.crt").greet(timeout=3)

def test_an_expired_certificate(toy, tmp_path):
    old = make_certificate(tmp_path/"old", ["localhost", "127.0.0.1"], days=-1)
    with pytest.raises(ValueError, match="expired on .*smolvla_certificate"): PolicyServer({"toy": toy}, "127.0.0.1", 0, old)
    soon = make_certificate(tmp_path/"soon", ["localhost", "127.0.0.1"], days=2 / 86400)
    with PolicyServer({"toy": toy}, "127.0.0.1", 0, soon) as s:      # it expires while the server runs
        time.sleep(2.5)
        with pytest.raises(ConnectionError, match="(?s)UNAVAILABLE.*still valid"): client(f"localhost:{s.port}", token="x", certificate=soon/"server.crt").greet(timeout=3)

def test_missing_and_damaged_certificates_say_so(tls, tmp_path):
    with pytest.raises(FileNotFoundError, match="server.crt, server.key, token.*smolvla_certificate"): read_certificate(tmp_path)
    for f in ("server.crt", "server.key", "token"): (tmp_path/f).write_bytes((tls/f).read_bytes())
    (tmp_path/"token").write_text("1234")
    with pytest.raises(ValueError, match="shorter than 16"): read_certificate(tmp_path)
    (tmp_path/"server.crt").write_text("nonsense")
    with pytest.raises(ValueError, match="no certificate"): read_certificate(tmp_path)

# what it tells

def page(server, path): return urllib.request.urlopen(f"http://127.0.0.1:{server.page.server_port}{path}", timeout=5).read().decode()

def test_health_and_metrics(server, toy):
    link = client(server)
    ask(link)
    toy.trouble = lambda looks: 1 / 0
    ask(link)
    health, text = json.loads(page(server, "/health")), page(server, "/metrics")
    assert health["status"] == "ok" and health["policies"] == ["toy"] and health["sessions"] == 1
    for line in text.strip().splitlines():
        name, value = line.rsplit(" ", 1)
        assert name.startswith("smolvla_") and float(value) >= 0
    assert 'smolvla_looks_total{status="OK"} 1' in text and 'smolvla_looks_total{status="POLICY_FAILED"} 1' in text and 'smolvla_infer_seconds_bucket{le="+Inf"} 1' in text
    with pytest.raises(urllib.error.HTTPError): page(server, "/nothing")
    server.service.closing = True
    with pytest.raises(urllib.error.HTTPError, match="503"): page(server, "/health")

def test_the_log_is_json_lines(tmp_path, toy):
    with PolicyServer({"toy": toy}, port=0, log=JsonLog(tmp_path/"log")) as s:
        toy.trouble = lambda looks: 1 / 0
        ask(client(s))
        with pytest.raises(ServerRefused): client(s, policy="x").greet()
    events = [json.loads(line) for line in (tmp_path/"log").read_text().splitlines()]
    assert [e["event"] for e in events] == ["serving", "welcome", "no chunk", "refused", "stopped"] and "division" in events[2]["why"]

def test_a_full_disk_costs_lines_not_the_service(toy):
    if not Path("/dev/full").exists(): pytest.skip("this system has no /dev/full")
    log = JsonLog("/dev/full")
    with PolicyServer({"toy": toy}, port=0, log=log) as s: assert not ask(client(s)).error
    assert log.lost >= 3

# ends and beginnings

def test_stopping_lets_the_work_finish_and_nobody_in():
    toy = Toy(0.5)
    s = PolicyServer({"toy": toy}, port=0).start()
    link = client(s)
    link.greet()
    with ThreadPoolExecutor(2) as pool:
        last = pool.submit(ask, link)
        time.sleep(0.2)
        stop = pool.submit(s.stop)
        time.sleep(0.1)
        assert not last.result(5).error
        stop.result(5)
    with pytest.raises((ConnectionError, ServerRefused)): client(s.address).greet(timeout=1)

def test_a_server_killed_and_started_again_mid_episode(toy):
    s = PolicyServer({"toy": toy}, port=0).start()
    link = client(s, control=(c := Control(deadline=0.5, **SWIFT)))
    loop, port = ControlLoop(ToyArm(SIZE), link, c), s.port
    loop.run(1)
    s.grpc.stop(None).wait()                                          # nothing is finished, nobody is told
    loop.run(2)
    held = loop.count["held"]
    with PolicyServer({"toy": toy}, port=port) as s:
        loop.run(4)
        link.close()
    a = np.array([t.command[0] for t in loop.ticks if t.mode == "act"])
    assert np.array_equal(a, np.arange(len(a))) and held > 20 and loop.ticks[-1].mode == "act" and loop.count["merged"] > 10

def test_a_client_that_dies_leaves_the_others_alone():
    toy = Toy(0.05)
    with PolicyServer({"toy": toy}, port=0) as s:
        victim = client(s)
        victim.greet()
        for i in range(3): victim.submit(look(id=i))
        time.sleep(0.02)
        victim.channel.close()
        assert not ask(client(s)).error
        time.sleep(0.3)
        assert not s.service.batchers["toy"].waiting

def start(folder, command, *args):
    "A command as its own process, as its entry point starts it"
    script, source = folder/command, {"smolvla_serve": "serve.server import serve_cli", "smolvla_drive": "arm.driving import drive_cli"}[command]
    script.write_text(f"from smolvla.{source}\n{source.split()[-1]}()\n")
    return subprocess.Popen([sys.executable, script, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

def free_port():
    with socket.socket() as s: s.bind(("127.0.0.1", 0)); return s.getsockname()[1]

def test_the_commands_as_an_operator_runs_them(tmp_path):
    "Two processes; a client is killed without a word; the server is told to end while it works"
    port, page = free_port(), free_port()
    fetch = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{page}{path}", timeout=5).read().decode()
    server = start(tmp_path, "smolvla_serve", "--port", port, "--health_port", page, "--threads", 1, "--log", tmp_path/"log")
    try:
        assert f"serving nano at 127.0.0.1:{port}" in server.stdout.readline()
        victim = start(tmp_path, "smolvla_drive", "--server", f"localhost:{port}", "--env", "sorting", "--max_seconds", 60)
        until = time.monotonic() + 60
        while 'looks_total{status="OK"}' not in fetch("/metrics") and time.monotonic() < until: time.sleep(0.1)
        victim.kill()
        assert victim.wait(10) == -signal.SIGKILL
        assert json.loads(fetch("/health"))["status"] == "ok"         # and serves the next one:
        p = start(tmp_path, "smolvla_drive", "--server", f"localhost:{port}", "--env", "sorting", "--max_seconds", 2)
        assert re.search(r"after 2.0 s: \d+ looks, [1-9]\d* chunks", p.communicate(timeout=60)[0])
        from smolvla.serve.loop import RobotSpec, SO101_UNITS
        size = {f"observation.images.{c}": (128, 128) for c in ("overhead", "wrist")}
        link = client(f"localhost:{port}", RobotSpec(size, [f"{j}.pos" for j in ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")], SO101_UNITS), "nano", Control(deadline=20.0))
        link.greet()
        x = look(**{k: np.zeros((*s, 3), np.uint8) for k, s in size.items()})
        errors, told = [], False                                      # two looks are always under way
        for i in range(2): link.submit(replace(x, id=i))
        while len(errors) < 14:
            if len(errors) > 4 and not told: server.send_signal(signal.SIGTERM); told = True
            for r in link.replies(): errors.append(r.error); link.submit(replace(x, id=len(errors) + 1))
            time.sleep(0.005)
        link.close()
        last = max(i for i, e in enumerate(errors) if not e)          # after the last answer: told that it closes, or nobody there; never cut off in the middle
        assert last >= 4 and all(e.startswith("CLOSING") or "failed to connect" in e or "server is closing" in e for e in errors if e), errors
        assert server.wait(60) == 0
    finally: server.kill()
    events = [json.loads(line)["event"] for line in (tmp_path/"log").read_text().splitlines()]
    assert events[0] == "serving" and events[-1] == "stopped" and "left" in events and server.stderr.read() == ""

def test_the_arm_says_when_the_server_is_gone_and_when_it_is_back(capsys):
    from smolvla.serve.loop import Console
    seen, say = [], Console(lambda event, **more: seen.append(event))
    for event, text in [("look", "must go"), ("merged", "0 late"), ("failed", "UNAVAILABLE"), ("failed", "UNAVAILABLE"), ("dry", "nothing left"), ("failed", "UNAVAILABLE"), ("look", ""), ("merged", "1 late"), ("merged", "1 late"), ("ended", "Stopped: hot")]:
        say(event, step=1, text=text)
    assert capsys.readouterr().err.splitlines() == ["failed: UNAVAILABLE", "well again", "ended: Stopped: hot"] and len(seen) == 10

@pytest.mark.parametrize("kw,says", [(dict(batch=0), "batch=0"), (dict(host="203.0.113.7", tls="TLS"), "address of this machine"), (dict(health_port="BUSY"), "--health_port")])
def test_a_server_that_cannot_start_says_what_to_change(kw, says, tls, toy):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0)); busy.listen()
        kw = {k: {"TLS": tls, "BUSY": busy.getsockname()[1]}.get(v, v) for k, v in kw.items()}
        with pytest.raises((ValueError, OSError), match=says): PolicyServer({"toy": toy}, **{"port": 0, **kw})

def test_certificates_for_real_names_only(tmp_path):
    for bad in ("", "a b", "a..b", "-x", "http://robot"):
        with pytest.raises(ValueError): make_certificate(tmp_path, [bad])
    make_certificate(tmp_path, ["my_robot.local", "::1", "10.0.0.1"])

def test_a_slow_client_slows_nobody():
    with PolicyServer({"toy": Toy()}, port=0) as s:
        slow, quick = client(s), client(s)
        for i in range(50): slow.submit(look(id=i))                   # and never reads an answer
        times = []
        for _ in range(20):
            start = time.perf_counter()
            assert not ask(quick).error
            times.append(time.perf_counter() - start)
        assert np.median(times) < 0.2 and len(slow.inbox) <= 50
        slow.close()

def test_silent_sessions_make_room():
    service = Service({"toy": Toy()}, most_sessions=4)
    hello = client("localhost:1").hello()
    keys = [service.greet(hello).session for _ in range(10)]
    assert len(service.sessions) == 4 and keys[-1] in service.sessions and keys[0] not in service.sessions

# the policy behind it

@pytest.fixture(scope="module")
def nano(): return load_backends("nano")["nano"]

def nano_looks(n, seed=0, **kw):
    rng = np.random.default_rng(seed)
    picture = lambda: rng.integers(0, 256, (128, 128, 3), dtype=np.uint8)
    return [Look(i, 0, 0.0, {"observation.images.overhead": picture(), "observation.images.wrist": picture(), "observation.state": rng.normal(0, 20, 6).astype(np.float32),
                             "task": "put the red cube in the left box"}, seed=i, **kw) for i in range(n)]

def test_a_batch_gives_each_what_it_would_get_alone(nano):
    looks = nano_looks(3)
    together, alone = nano.infer(looks), [nano.infer([x])[0] for x in looks]
    assert all(np.abs(a - b).max() < 0.05 for a, b in zip(together, alone))            # degrees; rounding only
    swapped = nano.infer(looks[::-1])[::-1]
    assert all(np.abs(a - b).max() < 0.05 for a, b in zip(together, swapped)) and np.abs(together[0] - together[1]).max() > 1

def test_pictures_of_another_shape_are_padded_not_stretched():
    "LeRobot's client resizes to the policy's size whatever the shape, so that a ball becomes an egg"
    wide = load_backends("nano", any_size=True)["nano"]
    x, = nano_looks(1)
    half = {k: v[:64] for k, v in x.observation.items() if ".images." in k}                     # 128 wide, 64 high
    padded, stretched = ({**x.observation, **{k: f(v) for k, v in half.items()}} for f in (lambda v: np.pad(v, ((64, 0), (0, 0), (0, 0))), lambda v: v.repeat(2, 0)))
    chunk = lambda obs: wide.infer([replace(x, observation=obs)])[0]
    same, other = (np.abs(chunk({**x.observation, **half}) - chunk(obs)).max() for obs in (padded, stretched))
    assert same < 0.05 < 1 < other                                    # degrees

def test_the_loop_without_latency_is_the_evaluation_of_chapter_10(nano):
    from smolvla.serve.loop import TwinRobot
    from smolvla.evaluate.rollouts import run_episode
    from smolvla.sim.twin import SO101Env
    class Driver:
        def reset(self, env, seed): self.seed = seed
        def chunk(self, observe):
            self.count = getattr(self, "count", -1) + 1
            return nano.infer([Look(0, 0, 0.0, observe(), seed=1000 * self.seed + self.count)])[0][:24]
    env = SO101Env("pick_place", max_seconds=3)
    e = run_episode(Driver(), env, 1_000_003)
    commands, step = [], env.step
    env.reset(seed=1_000_003)
    env.step = lambda a: (commands.append(np.array(a)), step(a))[1]
    clock = VirtualClock()
    loop = ControlLoop(TwinRobot(env), SimulatedLink(lambda x: nano.infer([x])[0][:24], clock, lag(0)), Control(g=0, **SWIFT), clock, 1_000_003).run()
    assert len(loop.ticks) == e.steps and loop.count["look"] == e.chunks and loop.robot.info["success"] == e.success
    env.close()

def test_the_command_drives_the_twin_without_torch(nano, tmp_path):
    code = f"""import sys
for m in ('torch', 'transformers'): sys.modules[m] = None
from smolvla.arm.driving import drive_cli
drive_cli(server=sys.argv[1], say='put the red cube in the left box', max_seconds=3.0, log={str(tmp_path/'log')!r})"""
    with PolicyServer({"nano": nano}, port=0) as s:
        p = subprocess.run([sys.executable, "-c", code, s.address], capture_output=True, text=True, timeout=120)
    assert p.returncode == 0 and re.search(r"done after \d\.\d s: \d+ looks, [1-9]\d* chunks", p.stdout), p.stderr
    assert {json.loads(line)["event"] for line in (tmp_path/"log").read_text().splitlines()} >= {"look", "merged"} and not s.service.sessions

# real-time chunking

def test_the_mask_keeps_what_will_be_executed_and_frees_the_end():
    w = soft_mask(3, 10, 16)
    assert w[:3].tolist() == [1, 1, 1] and (w[10:] == 0).all() and (w[2:11].diff() < 0).all() and (0 <= w).all() and (w <= 1).all()
    assert soft_mask(0, 0, 8).sum() == 0 and soft_mask(9, 5, 8).tolist() == [1] * 5 + [0] * 3

def test_the_pull_is_the_true_vector_jacobian_product():
    torch.manual_seed(0)
    B, H, D, t = 2, 5, 3, 0.6
    A = torch.randn(H * D, H * D) / 4
    velocity = lambda x, t: (x.flatten(1) @ A.T).view_as(x).tanh()
    x, old, w = torch.randn(B, H, D), torch.randn(B, H, D), torch.rand(B, H, D)
    with torch.no_grad(): out = RTC(old, w)(velocity)(x, t)
    end = lambda x: x - t * velocity(x, t)
    J = torch.autograd.functional.jacobian(lambda x: end(x).sum(0), x).permute(2, 0, 1, 3, 4)   # each row of the batch on its own
    pull = torch.einsum("bij,bijkl->bkl", ((old - end(x)) * w), J)
    r = RTC(old, w)
    assert torch.allclose(out, velocity(x, t) - r.scale(t) * pull, atol=1e-5)
    same = RTC(old, w, "identity")(velocity)(x, t)
    assert torch.allclose(same, velocity(x, t) - r.scale(t) * (old - end(x)) * w, atol=1e-6) and not torch.allclose(same, out, atol=1e-3)

def test_the_scale_is_the_papers_with_tau_reversed():
    r = RTC(None, torch.zeros(1, 1, 1), most=10)
    for t in (1.0, 0.9, 0.5, 0.2, 0.1):
        tau = 1 - t
        paper = 10 if tau == 0 else min(10, (1 - tau) / tau * ((1 - tau)**2 + tau**2) / (1 - tau)**2)
        assert r.scale(t) == pytest.approx(paper)

def test_without_leftover_nothing_changes(nano):
    a = nano.infer(nano_looks(2))
    b = nano.infer(nano_looks(2, rtc="vjp"))
    assert all(np.array_equal(x, y) for x, y in zip(a, b))

@pytest.mark.parametrize("mode", ["vjp", "identity"])
def test_it_keeps_the_start_of_the_old_chunk(nano, mode):
    x, = nano_looks(1)
    old, free = nano.infer([x])[0], nano.infer([replace(x, seed=77)])[0]
    tied = nano.infer([replace(x, seed=77, leftover=old[6:24], delay=4, rtc=mode)])[0]
    miss = lambda chunk: np.abs(chunk[:4] - old[6:10]).mean()
    assert np.isfinite(tied).all() and miss(tied) < 0.5 * miss(free)
