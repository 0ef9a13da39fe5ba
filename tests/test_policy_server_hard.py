"Strangers and bad luck: ten thousand broken messages, and twenty seconds in which everything fails."
import contextlib, gc, io, json, os, random, socket, subprocess, sys, threading, time, urllib.error, urllib.request
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import grpc
import numpy as np
import psutil
import pytest
from async_toys import SIZE, SPEC, SWIFT, Toy, ask, client, look, soak
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image
from smolvla.serve import async_pb2 as pb
from smolvla.files import LineWriter
from smolvla.serve.loop import (
    Console, Control, ControlLoop, MESSAGE_LIMIT, MOST_PIXELS, SimulatedLink, ToyArm, VirtualClock,
    lag, toy_chunk)
from smolvla.serve.wire import JsonLog, ServerRefused, look_message, open_channel, pack, unpack
from smolvla.serve.server import Calm, PolicyServer, make_certificate

@pytest.fixture
def server():
    with PolicyServer({"toy": Toy()}, port=0) as s: yield s

def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data) + 1)
        rng.choice([lambda: data.__setitem__(slice(at, at + 1), bytes([rng.randrange(256)])), lambda: data.__delitem__(slice(at, at + rng.randint(1, 40))),
                    lambda: data.__setitem__(slice(at, at), rng.randbytes(rng.randint(1, 40)))])()
    return bytes(data)

def test_ten_thousand_random_and_mutated_messages(server):
    rng, link = random.Random(0), client(server)
    link.greet()
    small = {"observation.state": np.zeros(6), **{k: np.zeros((8, 8, 3), np.uint8) for k in ToyArm.cameras}}
    m = look_message(look(**small), 90)
    m.session = link.session
    whole = look_message(look(), 90)
    whole.session = link.session
    seeds = [("Infer", m.SerializeToString()), ("Infer", whole.SerializeToString()), ("Greet", link.hello().SerializeToString()), ("Leave", pb.Goodbye(session="x").SerializeToString()), ("Time", pb.Ping(sent=1).SerializeToString())]
    methods = {n: link.channel.unary_unary(f"/smolvla.v1.PolicyServer/{n}") for n in ("Greet", "Infer", "Leave", "Time", "Nothing")}
    def send(name, data):
        try: methods[name](data, timeout=5)
        except grpc.RpcError as e: return e.code()
    cases = [(rng.choice(list(methods)), rng.randbytes(rng.randint(0, 300))) if rng.random() < 0.3 else (n := rng.choice(seeds))[:1] + (mutate(rng, n[1]),) for _ in range(10_000)]
    for name, data in cases[:1000]: send(name, data)
    gc.collect()
    before, start = psutil.Process().memory_info().rss, time.process_time()
    with ThreadPoolExecutor(4) as pool: codes = list(pool.map(lambda c: send(*c), cases))
    assert time.process_time() - start < 40                          # both sides together, whatever else the machine does
    gc.collect()
    assert psutil.Process().memory_info().rss - before < 60e6
    assert set(codes) <= {None, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED} and len(server.service.sessions) <= 64
    assert not ask(client(server)).error

def test_a_message_beyond_the_limit_is_cut_off(server):
    link = client(server)
    with pytest.raises(grpc.RpcError) as e: link.channel.unary_unary("/smolvla.v1.PolicyServer/Infer")(bytes(MESSAGE_LIMIT + 1), timeout=10)
    assert e.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED and not ask(link).error

# calls whose message never comes

@contextlib.contextmanager
def half_open(channel, n, method="smolvla.v1.PolicyServer/Infer", metadata=None):
    "n calls of which only the head is sent"
    over = threading.Event()
    def never():
        over.wait()
        return
        yield
    calls = [channel.stream_unary(f"/{method}").future(never(), metadata=metadata) for _ in range(n)]
    try: yield calls
    finally:
        over.set()
        for c in calls: c.cancel()

def codes(calls, seconds=10):
    until = time.monotonic() + seconds
    while not all(c.done() for c in calls) and time.monotonic() < until: time.sleep(0.02)
    return {c.code() if c.done() else None for c in calls}

PATIENT = Control(deadline=20.0, **SWIFT)

@pytest.fixture(scope="module")
def tls(tmp_path_factory): return make_certificate(tmp_path_factory.mktemp("tls"), ["localhost"])

@pytest.mark.parametrize("method", ["smolvla.v1.PolicyServer/Infer", "smolvla.v1.PolicyServer/Nothing", "grpc.health.v1.Health/Watch"])
@pytest.mark.parametrize("metadata", [None, (("authorization", "Bearer " + "x" * 48),), (("authorization", "Bearer \xe4"),), (("authorization", "a"), ("authorization", "b")), (("authorization-bin", b"\xff"),)])
def test_who_has_no_token_is_answered_by_the_head_alone(tls, method, metadata):
    with PolicyServer({"toy": Toy()}, "localhost", 0, tls) as s:
        channel = grpc.secure_channel(s.address, grpc.ssl_channel_credentials((tls/"server.crt").read_bytes()))
        with half_open(channel, 40, method, metadata) as calls:
            found = codes(calls)
            assert found == {grpc.StatusCode.UNAUTHENTICATED} or metadata and "\xe4" in metadata[0][1] and None not in found, found
            link = client(s, token=(tls/"token").read_text(), certificate=tls/"server.crt", control=PATIENT)
            assert not ask(link).error
            link.close()
        channel.close()

@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("n", [32, 128, 400])
def test_half_open_calls_starve_nobody(tls, known, n):
    "On loopback without a token, and through TLS with the right one"
    token, kw = (tls/"token").read_text() if known else "", {}
    if known: kw = dict(token=token, certificate=tls/"server.crt")
    with PolicyServer({"toy": Toy()}, "localhost", 0, tls if known else None) as s:
        credentials = grpc.ssl_channel_credentials((tls/"server.crt").read_bytes())
        channel = grpc.secure_channel(s.address, credentials) if known else grpc.insecure_channel(s.address)
        with half_open(channel, n, metadata=(("authorization", f"Bearer {token}"),) if known else None):
            time.sleep(0.5)
            before = threading.active_count()
            for _ in range(3):
                link = client(s, control=PATIENT, **kw)
                assert not ask(link).error
                link.close()
            assert threading.active_count() - before < 16 and len(s.grpc.readers.waiting) <= 128
            start = time.monotonic()
            s.stop(20.0)
            assert time.monotonic() - start < 10                      # nobody waits for who says nothing
        channel.close()

def test_a_message_that_does_not_come_is_not_waited_for(server):
    server.grpc.readers.seconds = 0.3
    with half_open(grpc.insecure_channel(server.address), 5) as calls: assert codes(calls) == {grpc.StatusCode.DEADLINE_EXCEEDED}
    assert not server.grpc.readers.waiting and not ask(client(server)).error

def test_a_call_that_stays_open_after_its_message_is_answered(server):
    over, link = threading.Event(), client(server)
    def once():
        yield pb.Ping(sent=1).SerializeToString()
        over.wait()
    call = link.channel.stream_unary("/smolvla.v1.PolicyServer/Time").future(once())
    assert pb.Pong.FromString(call.result(timeout=10)).sent == 1
    over.set()
    for messages in ([], [b"", b"", b""]):                            # none at all; more than one
        call = link.channel.stream_unary("/smolvla.v1.PolicyServer/Time")
        try: call(iter(messages), timeout=10)
        except grpc.RpcError as e: assert e.code() == grpc.StatusCode.INVALID_ARGUMENT and not messages

def test_a_message_larger_than_any_look_is_refused_unread(server):
    link = client(server)
    huge = pb.Look(session=link.greet(), task="x" * 3 * 2**20)
    answer = link.call("Infer", huge, 10)
    assert answer.status == pb.BAD_REQUEST and "at most" in answer.message
    with pytest.raises(grpc.RpcError, match="INVALID_ARGUMENT"): link.call("Greet", pb.Hello(policy="x" * 2**20), 10)
    entry = b"\x22\0"                                                 # an empty picture: protobuf makes a thousand times more of it
    with pytest.raises(grpc.RpcError): link.channel.unary_unary("/smolvla.v1.PolicyServer/Time")(entry * 2**20, timeout=10)

# lines that nobody reads

@contextlib.contextmanager
def unread_pipe():
    r, w = os.pipe()
    try: yield r, w
    finally:
        os.set_blocking(r, False)
        with contextlib.suppress(BlockingIOError):
            while os.read(r, 1 << 16): time.sleep(0.01)
        os.close(w); os.close(r)

def fill(w):
    os.set_blocking(w, False)
    with contextlib.suppress(BlockingIOError):
        while True: os.write(w, b"x" * 512)
    os.set_blocking(w, True)

@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_log_that_nobody_reads_stops_nothing():
    with unread_pipe() as (r, w):
        log = JsonLog(f"/proc/self/fd/{w}")
        fill(w)
        with PolicyServer({"toy": Toy()}, port=0, log=log) as s:
            link = client(s, control=PATIENT)
            for i in range(500): link.call("Infer", pb.Look(session="y" * 64, id=i), 10)
            assert not ask(link).error
            clock = VirtualClock()
            loop = ControlLoop(ToyArm(SIZE), SimulatedLink(toy_chunk, clock, lag(0.1)), Control(**SWIFT), clock, log=log)
            start = time.monotonic()
            while clock.t < 5: loop.tick()
            assert time.monotonic() - start < 5 and loop.count["merged"] > 5
        assert not log.flush(0.01)

@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_what_found_no_room_is_dropped_counted_and_told():
    with unread_pipe() as (r, w):
        log = JsonLog(f"/proc/self/fd/{w}")
        log.lines.room = 20
        fill(w)
        start = time.monotonic()
        for i in range(100): log("event", i=i)
        assert time.monotonic() - start < 1 and 70 <= log.lines.dropped <= 80
        text = b""
        while not log.flush(0.05): text += os.read(r, 1 << 16)
        log("after")
        log.flush()
        text += os.read(r, 1 << 16)
        rows = [json.loads(line.strip("x")) for line in text.decode().splitlines()]
        assert sum(r.get("lines", 0) for r in rows if r["event"] == "lines lost") == log.lost and rows[-1]["event"] == "after"

@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_named_pipe_without_a_reader_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path/"pipe")
    with pytest.raises(OSError, match="nobody reads the pipe .*start a reader"): JsonLog(tmp_path/"pipe")
    reader = os.open(tmp_path/"pipe", os.O_RDONLY | os.O_NONBLOCK)
    log = JsonLog(tmp_path/"pipe")
    log("here")
    assert log.flush(5) and json.loads(os.read(reader, 1000))["event"] == "here"
    os.close(reader)
    log("gone")                                                       # the reader has left: a broken pipe
    assert log.lost == 1

def test_no_line_is_written_by_who_speaks():
    class Stalled(io.StringIO):
        def write(self, text): go.wait(); return super().write(text)
    go, file = threading.Event(), Stalled()
    lines, start = LineWriter(file), time.monotonic()
    with ThreadPoolExecutor(8) as pool: list(pool.map(lambda i: lines.put(f"{i}\n"), range(200)))
    assert time.monotonic() - start < 2 and not lines.flush(0.01)
    go.set()
    assert lines.flush(5) and sorted(map(int, file.getvalue().split())) == list(range(200))
    assert not [t for t in threading.enumerate() if t.name == "writer" and t.is_alive() and (t.join(2) or t.is_alive())]

def test_the_console_does_not_hold_up_the_arm(monkeypatch):
    class Stalled(io.StringIO):
        def write(self, text): go.wait(20); return super().write(text)
    go = threading.Event()
    monkeypatch.setattr(sys, "stderr", Stalled())
    say, start = Console(), time.monotonic()
    for i in range(100): say("failed", step=i, text=f"trouble {i}")
    assert time.monotonic() - start < 1
    go.set()
    say.flush(5)
    assert sys.stderr.getvalue().splitlines()[-1] == "failed: trouble 99"

def test_refusals_do_not_fill_the_log():
    rows = []
    with PolicyServer({"toy": Toy()}, port=0, log=lambda event, **more: rows.append((event, more))) as s:
        link = client(s)
        for i in range(400):
            link.call("Infer", pb.Look(session="nobody", id=i), 10)
            link.call("Greet", pb.Hello(policy="x"), 10)
        ask(link, task="x" * 2000)                                    # another kind of trouble is still told
    kinds = [(event, more.get("status")) for event, more in rows]
    assert 30 <= kinds.count(("no chunk", "UNKNOWN_SESSION")) < 200 and 30 <= kinds.count(("refused", None)) < 200
    assert kinds.count(("no chunk", "BAD_REQUEST")) == 1 and "UNKNOWN_SESSION\"} 400" in s.service.metrics.text()

def test_what_was_left_out_is_counted_in_the_next_line(monkeypatch):
    now, rows = [0.0], []
    monkeypatch.setattr("smolvla.serve.server.time", type("T", (), {"monotonic": lambda: now[0]}))
    log = Calm(lambda event, **more: rows.append(more), burst=3, rate=1.0)
    for i in range(10): log("refused", i=i)
    now[0] = 1.5
    log("refused", i=10)
    assert rows == [dict(i=0), dict(i=1), dict(i=2), dict(i=10, left_out=7)]

ALONE = """
import os, sys, time
sys.path.insert(0, {tests!r})
from async_toys import *
from smolvla.serve import async_pb2 as pb
from smolvla.serve.wire import JsonLog, look_message
s = PolicyServer({{"toy": Toy()}}, port=0, log=JsonLog()).start()
link = client(s, control=Control(deadline=20.0))
good = look_message(look(**{{k: np.random.default_rng(0).integers(0, 255, (*SIZE, 3)).astype(np.uint8) for k in ToyArm.cameras}}), 90)
good.session = link.greet()
for i in range(40):
    for t in good.images.values(): t.data = t.data[:-40] + bytes([i % 250] * 38) + t.data[-2:]
    link.call("Infer", good, 10)
    if i % 4 == 0: link.call("Infer", pb.Look(session="nobody"), 10)
print("well" if not ask(link).error else "ill", flush=True)
s.stop(1.0)
"""

def test_a_server_whose_standard_error_nobody_reads_works_and_ends():
    "Also pictures that make a decoder complain: OpenCV would print a line for each"
    with unread_pipe() as (r, w):
        fill(w)
        p = subprocess.run([sys.executable, "-c", ALONE.format(tests=str(Path(__file__).parent))], stdout=subprocess.PIPE, stderr=w, timeout=400)
    assert p.stdout == b"well\n" and p.returncode == 0

# pictures

def as_jpeg(data, shape=(*SIZE, 3)): return pb.Tensor(dtype="uint8", shape=shape, encoding=pb.JPEG, data=data)
PICTURE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
WHOLE = pack(PICTURE, 90).data
def insert(data): return WHOLE[:2] + data + WHOLE[2:]
def sof(kind=0xC0, h=SIZE[0], w=SIZE[1], bands=3): return bytes([0xFF, kind, 0, 17, 8, h >> 8, h & 255, w >> 8, w & 255, bands]) + bytes([1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
HEADS = {"comments": insert(b"\xff\xfe\0\2" * 5_000), "APP9": insert(b"\xff\xe9\0\2" * 5_000), "fill bytes": insert(b"\xff" * 50_000), "large comments": insert((b"\xff\xfe\xff\xff" + bytes(65_533)) * 2),
         "beyond its pixels": WHOLE + bytes(80_000), "8 MiB of comments": insert(b"\xff\xfe\0\2" * 2**21), "two sizes": insert(sof()), "another size": insert(sof(h=4000, w=4000)),
         "no end": WHOLE[:300], "only a start": WHOLE[:2], "empty": b"", "a length of 0": insert(b"\xff\xfe\0\0"), "a length of 1": insert(b"\xff\xfe\0\1"), "beyond the end": WHOLE[:2] + b"\xff\xfe\xff\xff",
         "no marker": insert(b"junk"), "arithmetic": WHOLE.replace(b"\xff\xc0", b"\xff\xc9"), "lossless": WHOLE.replace(b"\xff\xc0", b"\xff\xc3"), "progressive": WHOLE.replace(b"\xff\xc0", b"\xff\xc2"),
         "standalone markers": insert(b"\xff\xd0" * 100), "an end at once": insert(b"\xff\xd9"), "a second start": insert(b"\xff\xd8"), "scans": WHOLE[:-2] + WHOLE[WHOLE.index(b"\xff\xda"):], "PNG": b"\x89PNG\r\n\x1a\n" + bytes(100)}

@pytest.mark.parametrize("name", HEADS)
def test_a_strange_jpeg_costs_nothing(name):
    start = time.thread_time()
    with pytest.raises(ValueError, match="wrist is no JPEG of shape"): unpack(as_jpeg(HEADS[name]), "uint8", (*SIZE, 3), "wrist")
    assert time.thread_time() - start < 0.1

def test_a_strange_jpeg_costs_the_server_nothing(server):
    link = client(server)
    m = look_message(look(), 90)
    m.session = link.greet()
    for name, data in HEADS.items():
        m.images[ToyArm.cameras[0]].data = data
        assert link.call("Infer", m, 10).status == pb.BAD_REQUEST, name
    assert not ask(link).error

def test_honest_jpegs_are_read(server):
    "Comments, a colour profile, turned by its label, a thumbnail with pictures of its own, restart marks, 4:4:4, fill bytes"
    turn, thumb = Image.Exif(), io.BytesIO()
    turn[0x112] = 6
    Image.fromarray(PICTURE[:8, :8]).save(thumb, "JPEG")
    smooth = np.linspace(0, 255, PICTURE.size).reshape(PICTURE.shape).astype(np.uint8)
    for kw in (dict(), dict(comment=b"x" * 1000), dict(icc_profile=bytes(3000)), dict(exif=turn), dict(exif=b"Exif\0\0" + thumb.getvalue()), dict(subsampling=0), dict(restart_marker_blocks=2), dict(optimize=True)):
        file = io.BytesIO()
        Image.fromarray(smooth).save(file, "JPEG", quality=95, **kw)
        for data in (file.getvalue(), file.getvalue()[:2] + b"\xff\xff" + file.getvalue()[2:]):
            assert np.abs(unpack(as_jpeg(data), "uint8", smooth.shape, "x").astype(int) - smooth).mean() < 3, kw

def test_any_size_has_a_bound(server):
    toy = Toy()
    toy.any_size = True
    with PolicyServer({"toy": toy}, port=0) as s:
        for size in ((12_000, 12_000), (4000, 4000), (2**32 - 1, 2**32 - 1), (2000, 3000), (0, 640)):   # the last but one: twice
            with pytest.raises(ServerRefused, match=f"at most {MOST_PIXELS:,} pixels"): client(s, replace(SPEC, cameras={k: size for k in ToyArm.cameras})).greet()
        client(s, replace(SPEC, cameras={k: (1080, 1920) for k in ToyArm.cameras})).greet()
    for side in (4000, 12_000):
        with pytest.raises(ValueError, match="pixels"): unpack(as_jpeg(WHOLE, (side, side, 3)), "uint8", (side, side, 3), "x")

def test_no_camera_is_smuggled_in(server):
    "A second camera of the same name, or one beyond those that are compared, must not set what a look may hold"
    link = client(server)
    for extra in ([pb.Camera(name=ToyArm.cameras[0], height=9000, width=9000)], [pb.Camera(name=f"c{i}", height=9, width=9) for i in range(20)], [pb.Camera(name=ToyArm.cameras[0], height=SIZE[0], width=SIZE[1])] * 20):
        hello = link.hello()
        hello.cameras.extend(extra)
        assert "cameras" in link.call("Greet", hello, 10).refusal
    assert not server.service.sessions

@pytest.mark.parametrize("bad", [1e30, -1e30, 3e38, 2e6, np.inf, -np.inf, np.nan])
def test_joints_that_stand_nowhere_are_refused(server, bad):
    link, state = client(server), np.zeros(6, np.float32)
    state[3] = bad
    assert "BAD_REQUEST" in (e := ask(link, **{"observation.state": state}).error) and "among the joints" in e
    x = look()
    x.leftover = np.full((3, 6), bad, np.float32)
    m = look_message(x)
    m.session = link.session
    assert link.call("Infer", m, 10).status == pb.BAD_REQUEST
    assert not ask(link, **{"observation.state": np.full(6, 179.9, np.float32)}).error

# policies that misbehave

class Silent(Exception):
    def __str__(self): raise SystemExit("not even this")
def raises(e):
    def trouble(looks): raise e
    return trouble
def endless(looks):
    while True: yield np.zeros((32, 6))
def breaks_off(looks):
    yield np.zeros((32, 6))
    raise StopIteration
ZEROS = np.zeros((32, 6), np.float32)
TROUBLES = {"None": lambda looks: None, "a number": lambda looks: 3, "too few": lambda looks: [ZEROS] * (len(looks) - 1), "too many": lambda looks: [ZEROS] * (len(looks) + 1), "endless": endless, "breaks off": breaks_off,
            "None inside": lambda looks: [None] * len(looks), "text": lambda looks: ["left"] * len(looks), "one text": lambda looks: "left", "a dict": lambda looks: {i: ZEROS for i in range(len(looks))},
            "objects": lambda looks: [np.full((32, 6), None)] * len(looks), "complex": lambda looks: [ZEROS * 1j] * len(looks), "bool": lambda looks: [ZEROS > 0] * len(looks), "ragged": lambda looks: [[[1, 2], [3]]] * len(looks),
            "wrong width": lambda looks: [ZEROS[:, :5]] * len(looks), "short": lambda looks: [ZEROS[:3]] * len(looks), "flat": lambda looks: [ZEROS.ravel()] * len(looks), "NaN": lambda looks: [ZEROS * np.nan] * len(looks),
            "infinite": lambda looks: [ZEROS + np.inf] * len(looks), "absurd": lambda looks: [ZEROS + 1e30] * len(looks), **{type(e).__name__: raises(e) for e in (
                RuntimeError("out of memory"), StopIteration(), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), CancelledError(), TimeoutError("x"), MemoryError(), RecursionError(), Silent())}}

@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("name", TROUBLES)
def test_no_policy_ends_its_thread(name, batch):
    toy = Toy()
    with PolicyServer({"toy": toy}, port=0, batch=batch) as s:
        links = [client(s, control=PATIENT) for _ in range(3)]
        for x in links: x.greet()
        toy.trouble = TROUBLES[name]
        with ThreadPoolExecutor(3) as pool: errors = [r.error for r in pool.map(ask, links)]
        assert all("POLICY_FAILED" in e and len(e) > 20 for e in errors), errors
        assert s.service.batchers["toy"].is_alive() and s.service.health()["status"] == "ok"
        toy.trouble = None
        assert not ask(links[0]).error

def test_a_policy_that_writes_into_its_last_answer_changes_nothing(server):
    toy, kept = server.service.backends["toy"], np.zeros((32, 6), np.float32)
    def trouble(looks):
        kept[:] = looks[0].step
        return [kept]
    toy.trouble = trouble
    b = server.service.batchers["toy"]
    jobs = [b.submit(look(step=i), time.monotonic() + 20) for i in (1, 2)]
    [j.done.result(20) for j in jobs]
    assert [j.done.result()[0][0, 0] for j in jobs] == [1, 2]

def test_who_hangs_up_does_not_disturb(server):
    toy, go = server.service.backends["toy"], threading.Event()
    toy.trouble = lambda looks: (go.wait(20), [ZEROS] * len(looks))[1]
    links = [client(server) for _ in range(6)]
    for x in links: x.greet(); x.submit(look())
    time.sleep(0.3)
    for x in links: x.channel.close()                                 # some of them while the policy works on their look
    time.sleep(0.2)
    go.set()
    toy.trouble = None
    assert not ask(client(server, control=PATIENT)).error and server.service.batchers["toy"].is_alive()

# how it is

def fetch(server, path="/health", **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{server.page.server_port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as r: return r.status, r.read().decode()
    except urllib.error.HTTPError as e: return e.code, e.read().decode()

@pytest.fixture
def watched():
    with PolicyServer({"toy": Toy(), "other": Toy()}, port=0, health_port=0) as s: yield s

def grpc_health(server, name=""):
    with grpc.insecure_channel(server.address) as channel:
        return health_pb2.HealthCheckResponse.ServingStatus.Name(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name), timeout=10).status)

def test_a_stuck_policy_is_unhealthy_until_it_goes_on(watched):
    toy, b, begun, go = watched.service.backends["toy"], watched.service.batchers["toy"], threading.Event(), threading.Event()
    assert fetch(watched)[0] == 200 and grpc_health(watched) == "SERVING"
    toy.trouble, b.late = lambda looks: (begun.set(), go.wait(60), [ZEROS] * len(looks))[2], 0.5
    while not begun.wait(1): b.submit(look(), time.monotonic() + 1)
    until = time.monotonic() + 20
    while fetch(watched)[0] == 200 and time.monotonic() < until: time.sleep(0.1)
    code, text = fetch(watched)
    assert code == 503 and json.loads(text)["status"] == "unhealthy" and "toy: stuck" in json.loads(text)["why"][0]
    assert [grpc_health(watched, n) for n in ("", "smolvla.v1.PolicyServer", "toy", "other")] == ["NOT_SERVING"] * 3 + ["SERVING"]
    assert "policies_in_trouble 1" in fetch(watched, "/metrics")[1]
    go.set()
    until = time.monotonic() + 20
    while fetch(watched)[0] != 200 and time.monotonic() < until: time.sleep(0.1)
    assert fetch(watched)[0] == 200

def test_a_policy_whose_thread_is_gone_is_unhealthy(watched):
    b, link = watched.service.batchers["toy"], client(watched, control=PATIENT)
    link.greet()
    b.close()
    b.join(10)
    b.open = True                                                     # it should still be there
    code, text = fetch(watched)
    assert code == 503 and "has ended" in json.loads(text)["why"][0] and grpc_health(watched, "toy") == "NOT_SERVING"
    assert "has ended: start the server again" in ask(link).error

def test_calls_that_are_not_answered_are_unhealthy(watched):
    go = threading.Event()
    for _ in range(8): watched.service.pool.submit(go.wait, 30)
    assert fetch(watched)[0] == 503
    go.set()
    time.sleep(0.2)
    assert fetch(watched)[0] == 200

def test_the_standard_health_service(watched, tls):
    for name in ("", "smolvla.v1.PolicyServer", "toy", "other"): assert grpc_health(watched, name) == "SERVING"
    with pytest.raises(grpc.RpcError, match="NOT_FOUND"): grpc_health(watched, "nobody")
    with grpc.insecure_channel(watched.address) as channel:
        stub, ask_for = health_pb2_grpc.HealthStub(channel), health_pb2.HealthCheckRequest
        assert set(stub.List(health_pb2.HealthListRequest(), timeout=10).statuses) == {"", "smolvla.v1.PolicyServer", "toy", "other"}
        assert next(stub.Watch(ask_for(service="nobody"), timeout=10)).status == 3
        seen = stub.Watch(ask_for(), timeout=20)
        assert next(seen).status == 1
        watched.service.closing = True
        assert [x.status for x in seen] == [2]                        # told, and then the call ends by itself
        watched.service.closing = False
        watchers = [stub.Watch(ask_for(), timeout=20) for _ in range(16)]
        for w in watchers: next(w)
        with pytest.raises(grpc.RpcError, match="RESOURCE_EXHAUSTED"): next(stub.Watch(ask_for(), timeout=10))
        for w in watchers: w.cancel()
    assert not ask(client(watched)).error

def test_the_health_service_wants_the_token_too(tls):
    with PolicyServer({"toy": Toy()}, "localhost", 0, tls) as s, grpc.secure_channel(s.address, grpc.ssl_channel_credentials((tls/"server.crt").read_bytes())) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(grpc.RpcError, match="UNAUTHENTICATED"): stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
        with pytest.raises(grpc.RpcError, match="UNAUTHENTICATED"): next(stub.Watch(health_pb2.HealthCheckRequest(), timeout=10))
        assert stub.Check(health_pb2.HealthCheckRequest(), timeout=10, metadata=[("authorization", f"Bearer {(tls/'token').read_text()}")]).status == 1

@pytest.mark.parametrize("host,code", [("localhost", 200), ("localhost:8766", 200), ("127.0.0.1", 200), ("127.0.0.1:1", 200), ("[::1]:8766", 200), ("LOCALHOST", 200), ("evil.example", 403), ("evil.example:8766", 403),
                                       ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("192.168.1.9", 403), ("localhost@evil.example", 403), ("", 403), ("evil.example#localhost", 403)])
def test_the_page_is_for_local_names_only(watched, host, code):
    for path in ("/health", "/metrics"): assert fetch(watched, path, Host=host)[0] == code

def raw(server, data):
    with socket.create_connection(("127.0.0.1", server.page.server_port), timeout=10) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return s.makefile("rb").read()

def test_requests_without_or_with_two_hosts(watched):
    assert b" 403 " in raw(watched, b"GET /health HTTP/1.1\r\n\r\n") and b" 403 " in raw(watched, b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n")
    assert b" 200 " in raw(watched, b"GET /health HTTP/1.0\r\n\r\n") and b" 404 " in raw(watched, b"GET /../health HTTP/1.0\r\n\r\n")

def test_half_requests_do_not_close_the_page(watched, capfd):
    before, sockets = threading.active_count(), []
    for _ in range(200):
        s = socket.create_connection(("127.0.0.1", watched.page.server_port), timeout=10)
        s.sendall(b"GET /health HTTP/1.1\r\nX: ")
        sockets.append(s)
    assert fetch(watched)[0] == 200 and not ask(client(watched)).error
    until = time.monotonic() + 10
    while threading.active_count() - before > 30 and time.monotonic() < until: time.sleep(0.05)
    assert threading.active_count() - before <= 30 and len(watched.page.connections) <= 16
    for s in sockets:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")   # ends with a reset, as a client that was killed
        s.close()
    for _ in range(20):                                               # who asks and is gone before the answer
        s = socket.create_connection(("127.0.0.1", watched.page.server_port), timeout=10)
        s.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    time.sleep(0.3)
    assert fetch(watched)[0] == 200 and capfd.readouterr().err == ""

def test_a_request_that_stalls_is_given_up(watched, monkeypatch):
    monkeypatch.setattr("smolvla.serve.server._Page.timeout", 0.3)
    with socket.create_connection(("127.0.0.1", watched.page.server_port), timeout=10) as s:
        s.sendall(b"GET /hea")
        assert s.recv(100) == b""
    until = time.monotonic() + 10                    # the thread hangs up first and forgets the connection just after
    while watched.page.connections and time.monotonic() < until: time.sleep(0.01)
    assert not watched.page.connections

# proxies

@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "grpc_proxy"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_proxy_of_the_institute_never_hears_of_this_machine(name, host, tls, monkeypatch):
    for v in ("http_proxy", "https_proxy", "grpc_proxy", "no_proxy", "no_grpc_proxy"): monkeypatch.delenv(v, raising=False)
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0)); proxy.listen(); proxy.settimeout(0.3)
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with PolicyServer({"toy": Toy()}, "127.0.0.1", 0) as s:
            link = client(f"{host}:{s.port}", control=PATIENT)
            assert not ask(link).error
            link.close()
        with PolicyServer({"toy": Toy()}, "127.0.0.1", 0, tls) as s:
            if host == "localhost": assert not ask(client(f"{host}:{s.port}", control=PATIENT, token=(tls/"token").read_text(), certificate=tls/"server.crt")).error
        with pytest.raises(TimeoutError): proxy.accept()

def test_beyond_this_machine_the_message_names_the_proxy(tls, monkeypatch):
    with socket.socket() as closed: closed.bind(("127.0.0.1", 0)); port = closed.getsockname()[1]
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    with pytest.raises(ConnectionError, match="http_proxy is set.*192.0.2.7 into no_proxy"): client("192.0.2.7:8765", token="x" * 48, certificate=tls/"server.crt").greet(timeout=2)
    with pytest.raises(ConnectionError) as e: client("localhost:1").greet(timeout=2)
    assert "proxy" not in str(e.value)

# everything at once

def test_twenty_seconds_of_everything():
    r = soak(20)
    assert r["in_order"] and r["ticks"] > 200 and r["executed"] > 100 and r["longest_hold_s"] < 6 and r["failed"] > 3 and r["merged"] > 10, r
    assert r["memory_mb"][-1] - r["memory_mb"][0] < 40 and max(r["threads"]) - min(r["threads"]) <= 40, r
