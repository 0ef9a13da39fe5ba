"""Training in two processes, really launched (gloo, no GPU): DDP and FSDP2 against one process. About 60 s on one core."""
import json, os, shutil, subprocess, sys, threading
from pathlib import Path
import numpy as np, pytest, torch
from safetensors.torch import load_file
from multi_worker import config, stopped
from smolvla.train import prefix_cache as T_prefix_cache
from smolvla.train import loop as T
from smolvla.model.policy import SmolVLA
from smolvla.train.loop import *
from smolvla.train.data import *
from smolvla.train.prefix_cache import *
from smolvla.train.runs import *
from test_training import tiny_policy, write_set

LAUNCH = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", "2", "--main_process_port", "0"]      # 0: any free port
MODES = dict(ddp=["--multi_gpu"], fsdp=["--use_fsdp", "--fsdp_version", "2"])

def launch(command, scenario, work, mode=""):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ACCELERATE", "FSDP"))} | {"OMP_NUM_THREADS": "1"}
    return subprocess.run([*command, str(Path(__file__).with_name("multi_worker.py")), scenario, str(work), mode], env=env, capture_output=True, text=True, timeout=900)

@pytest.fixture(scope="module")
def work(tmp_path_factory):
    "A data set, a policy, an undisturbed run in one process (in two pieces, as two processes cut it), and a stopped one for each mode."
    work = tmp_path_factory.mktemp("multi"); torch.set_num_threads(1)
    tiny_policy(TrainData(write_set(work/"set")).stats).save_pretrained(work/"start")
    start(config(work, "one", grad_accum=2), quiet=True).fit()
    stopped(work, "one_to_ddp"); shutil.copytree(work/"one_to_ddp", work/"one_to_fsdp")
    return work

@pytest.fixture(scope="module", params=MODES)
def mode(request, work):
    done = launch([*LAUNCH, *MODES[request.param]], "runs", work, request.param)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("stopped at step 3") == 1, done.stdout                           # only one process speaks
    return request.param

def far(a, b, file): # largest difference of two runs, in their last checkpoint or their policy
    a, b = load_file(a/file), load_file(b/file)
    assert a.keys() == b.keys()
    return max((a[k] - b[k]).abs().max().item() for k in a)

def numbers(run): return [[m.get(k) for k in ("step", "loss", "val_loss", "lr", "grad_norm")] for m in read_metrics(run)]

STATE = [f"checkpoints/000006/training_state/{f}.safetensors" for f in ("masters", "ema", "optimizer_state")]

def test_two_processes_give_the_numbers_of_one(work, mode):
    calm, one = work/f"{mode}_calm", work/"one"
    assert [x[:4] for x in numbers(calm)] == [x[:4] for x in numbers(one)]                    # losses to the last bit: the same pieces, added
    assert all(a[4] == pytest.approx(b[4], rel=1e-6) for a, b in zip(numbers(calm), numbers(one)) if b[4])
    assert all(far(calm, one, f) < 1e-7 for f in STATE)
    assert sorted(p.relative_to(calm) for p in calm.rglob("*")) == sorted(p.relative_to(one) for p in one.rglob("*"))

def test_the_checkpoint_is_a_plain_policy(work, mode):
    got, want = (SmolVLA.from_pretrained(work/r/"policy", quiet=True).state_dict() for r in (f"{mode}_calm", "one"))       # strict
    assert all(torch.allclose(got[k], want[k], atol=1e-7) for k in want)

def test_resume_is_exact_in_as_many_processes(work, mode):
    stopped, calm = work/f"{mode}_stopped", work/f"{mode}_calm"
    assert numbers(stopped) == numbers(calm) and all(far(stopped, calm, f) == 0 for f in [*STATE, "policy/model.safetensors"])

def test_resume_from_two_processes_to_one_and_back(work, mode):
    "One process takes the batch in one piece, two in halves: the sums are rounded otherwise."
    t = resume(work/f"{mode}_to_one", quiet=True)
    assert t.step == 3 and t.acc.num_processes == 1
    t.fit()
    for run in (f"{mode}_to_one", f"one_to_{mode}"):
        assert far(work/run, work/"one", "policy/model.safetensors") < 1e-5
        assert np.allclose([x[1] for x in numbers(work/run) if x[1]], [x[1] for x in numbers(work/"one") if x[1]], atol=1e-5)

def test_a_killed_process_ends_the_build_and_the_rest_goes_on(work, monkeypatch):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = launch(torchrun, "crash", work); folder = work/"crashed"
    assert done.returncode != 0 and json.loads((folder/"manifest.json").read_text())["todo"] == [[0, 18], [18, 36]]
    kept = int((folder/"18.done").read_text())
    assert kept == 4
    data = TrainData(work/"set"); p, real, rows = start_policy(config(work, "none"), data), T_prefix_cache._forward_rows, []
    monkeypatch.setattr(T_prefix_cache, "_forward_rows", lambda policy, data, idx, *a: (rows.extend(idx), real(policy, data, idx, *a))[1])
    got = PrefixCache.build(folder, p, data, quiet=True)
    assert set(range(22, 36)) <= set(rows) and not set(range(18, 22)) & set(rows)             # what was counted is not computed again
    assert same_rows(got, PrefixCache.build(work/"fresh", p, data, quiet=True))

def same_rows(a, b): # two caches, up to the rounding of float16
    x, y = (c.gather(np.arange(len(c))) for c in (a, b))
    return torch.equal(x.pad_mask, y.pad_mask) and torch.allclose(x.packed(), y.packed(), atol=1e-3, rtol=1e-3)


# ---- the parts of the cache, with threads for processes

def together(n, build): # build(rank, wait) in n threads; what each returned or raised
    barrier, out = threading.Barrier(n, timeout=300), [None] * n
    def one(rank):
        try: out[rank] = build(rank, barrier.wait)
        except BaseException as e: out[rank] = e; barrier.abort()
    threads = [threading.Thread(target=one, args=(r,)) for r in range(n)]
    for t in threads: t.start()
    for t in threads: t.join()
    return out

def test_parts_are_disjoint_and_complete(work, monkeypatch):
    data = TrainData(work/"set"); p, real, rows = start_policy(config(work, "none"), data), T_prefix_cache._forward_rows, []
    monkeypatch.setattr(T_prefix_cache, "_forward_rows", lambda policy, data, idx, *a: (rows.append(idx.tolist()), real(policy, data, idx, *a))[1])
    caches = together(3, lambda r, wait: PrefixCache.build(work/"three", p, data, batch_size=5, quiet=True, rank=r, size=3, wait=wait))
    computed = sorted(i for part in rows[1:] for i in part)                                   # the first forward tells the shape
    assert computed == list(range(36)) and caches[0].first == [0, 12, 24] and [len(c) for c in caches] == [36] * 3
    assert same_rows(caches[2], PrefixCache.build(work/"alone", p, data, quiet=True))
    before = len(rows); together(2, lambda r, wait: PrefixCache.build(work/"three", p, data, quiet=True, rank=r, size=2, wait=wait))
    assert len(rows) == before                                                                # finished: nothing to do for anyone

def test_what_is_missing_is_divided_anew():
    rng = np.random.default_rng(0)
    for _ in range(200):
        edges = sorted({0, 50, *rng.integers(0, 50, rng.integers(0, 5)).tolist()}); old = [list(x) for x in zip(edges, edges[1:])]
        done = [int(rng.integers(0, b - a + 1)) for a, b in old]; n = int(rng.integers(1, 9))
        parts, todo = T_prefix_cache._divide(old, done, n)
        assert [i for a, b in parts for i in range(a, b)] == list(range(50)) and all(t in parts for t in todo)
        kept = {i for (a, b), d in zip(old, done) for i in range(a, a + d)}
        assert {i for a, b in todo for i in range(a, b)} == set(range(50)) - kept
        assert all(1 <= b - a <= -(-(50 - len(kept)) // n) for a, b in todo)                  # nobody's piece is longer than a fair share

def test_processes_that_see_other_things_are_told(work, tmp_path):
    data = TrainData(work/"set"); p, other = start_policy(config(work, "none"), data), tiny_policy(data.stats, seed=5)
    def build(folder, policy, r, wait): return PrefixCache.build(folder, policy, data, quiet=True, rank=r, size=2, wait=wait)
    got = together(2, lambda r, wait: build(tmp_path/"a", other if r else p, r, wait))[1]
    assert isinstance(got, TrainingError) and "process 1 trains on something else" in str(got) and "frozen weights changed" in str(got)
    got = together(2, lambda r, wait: build(tmp_path/f"disk{r}", p, r, wait))[1]
    assert isinstance(got, TrainingError) and "shared disk" in str(got)
    whole = PrefixCache.build(tmp_path/"b", p, data, quiet=True)
    os.truncate(whole.folder/"0.kv", 100)
    with pytest.raises(TrainingError, match="shorter than it was"): whole.gather(np.array([30]))
    (whole.folder/"0.done").write_text("12")
    with pytest.raises(TrainingError, match=r"lacks rows \[\[0, 36\]\]"): PrefixCache(whole.folder)


# ---- evaluation

def test_what_is_judged_is_what_is_saved(work):
    "Fused AdamW and `.data` change weights without counting it; evaluation must not use copies from before."
    for out, ema in (("plain", 0.), ("average", .9)):
        t = start(config(work, out, ema=ema), quiet=True); t.fit()
        again = Trainer(SmolVLA.from_pretrained(t.run/"policy", quiet=True), t.data, config(work, "again", ema=0.), quiet=True)
        assert t.history[-1]["val_loss"] == again.evaluate()["val_loss"]
