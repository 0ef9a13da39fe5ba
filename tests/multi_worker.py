"""One process of several, started by test_multiprocess.py through `accelerate launch`: the scenarios `runs` and `crash`."""
import os, shutil, signal, sys, time
from pathlib import Path
import torch
from smolvla.train import prefix_cache as T_prefix_cache
from smolvla.train import loop as T
from smolvla.train.loop import TrainConfig
from smolvla.train.data import TrainData
from smolvla.train.prefix_cache import PrefixCache
from smolvla.train.runs import resume, start, start_policy

def config(work, out, **kw): # 6 updates of 8 samples, looked at and saved in the middle
    return TrainConfig(**dict(data=work/"set", out=work/out, policy=str(work/"start"), steps=6, batch_size=8, lr=1e-3, val_fraction=.34, ema=.9, eval_every=3, save_every=3,
                              threads=1, cache_dir=work/"cache") | kw)

def stopped(work, out, **kw): # a run that Ctrl-C in the main process ends after 3 updates
    def impatient(policy):
        os.kill(os.getpid(), signal.SIGINT)
        return dict(aim=float(policy.expert.norm.weight.sum()))     # plain numbers, in whatever way the weights are kept
    t = start(config(work, out, **kw), aim=impatient, quiet=True); t.fit()
    assert t.step == 3 and t.stop
    return t

def runs(work, mode):
    t = start(config(work, f"{mode}_calm"), quiet=True); t.fit()
    assert (t.acc.num_processes, t.fsdp) == (2, mode == "fsdp")
    held = sum(getattr(p, "to_local", lambda: p)().numel() for p in t.params.values()) / sum(p.numel() for p in t.params.values())
    assert held < .6 if t.fsdp else held == 1, held
    stopped(work, f"{mode}_stopped")
    if t.main: shutil.copytree(work/f"{mode}_stopped", work/f"{mode}_to_one")
    t.acc.wait_for_everyone()
    for run in (f"{mode}_stopped", f"one_to_{mode}"): resume(work/run, quiet=True).fit()
    t.acc.end_training()

def crash(work, _):
    "Process 1 dies in its second batch, as by kill -9."
    from accelerate import PartialState
    me, real, calls = PartialState(cpu=True), T_prefix_cache._forward_rows, [0]
    def dies(*a):
        calls[0] += 1
        if me.process_index == 1 and calls[0] == 2: os.kill(os.getpid(), signal.SIGKILL)
        return real(*a)
    T_prefix_cache._forward_rows = dies; time.monotonic = iter(range(0, 10_000, 5)).__next__      # every batch is due to be counted
    data = TrainData(work/"set")
    PrefixCache.build(work/"crashed", start_policy(config(work, "none"), data), data, batch_size=4, quiet=True, rank=me.process_index, size=2, wait=me.wait_for_everyone)

if __name__ == "__main__":
    torch.set_num_threads(1)
    globals()[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
