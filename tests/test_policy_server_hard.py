"Strangers and bad luck: ten thousand broken messages, and twenty seconds in which everything fails."
import gc, random, time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import psutil
import pytest
from async_toys import Toy, ask, client, look, soak
from smolvla import async_pb2 as pb
from smolvla.async_inference import MESSAGE_LIMIT, ToyArm, look_message
from smolvla.policy_server import PolicyServer

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

# everything at once

def test_twenty_seconds_of_everything():
    r = soak(20)
    assert r["in_order"] and r["ticks"] > 200 and r["executed"] > 100 and r["longest_hold_s"] < 6 and r["failed"] > 3 and r["merged"] > 10, r
    assert r["memory_mb"][-1] - r["memory_mb"][0] < 40 and max(r["threads"]) - min(r["threads"]) <= 40, r
