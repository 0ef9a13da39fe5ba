"Chapter 08: what the exercises on training ask for"
import copy, tempfile
from functools import cache
from pathlib import Path

import numpy as np
import torch

from smolvla.data.writer import DatasetWriter, so101_features
from smolvla.learn import exercise, same
from smolvla.model.policy import SmolVLA
from smolvla.model.vlm import build_vlm, nano_vlm_config
from smolvla.train.data import TrainData

@exercise(hint="A product of five numbers and one more: keys *and* values.")
def cache_bytes(answer):
    yield "one number of one token", lambda: answer(1, 1, 1, 1, 1) == 2, "a key and a value are two numbers, one byte each"
    yield "two bytes each, unless told otherwise", lambda: answer(1, 1, 1, 1) == 4, "the cache holds float16 by default"
    yield "nano", lambda: answer(100_000, 4, 56, 64) == 5_734_400_000, "multiply by hand: frames, layers, tokens, width, and what else?"
    yield "each argument counts", lambda: answer(2, 3, 5, 7, 4) == 1680, "try small primes and divide"

HOLDER = tempfile.TemporaryDirectory()  # until Python ends

@cache
def toy():
    "Three episodes of eight noisy frames, and a policy for them"
    rng, root = np.random.default_rng(0), Path(HOLDER.name)/"toy"
    with DatasetWriter(root, fps=30, features=so101_features({"overhead": (64, 64), "wrist": (64, 64)})) as w:
        for _ in range(3):
            for _ in range(8):
                image, q = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8), rng.normal(0, 20, 6).astype(np.float32)
                w.add_frame({"observation.state": q, "action": q + 1, "observation.images.overhead": image,
                             "observation.images.wrist": image}, task="go")
            w.save_episode()
    data = TrainData(root)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vlm = build_vlm(nano_vlm_config(), 2)
        policy = SmolVLA.new("nano", data.stats, vlm, chunk_size=8, n_action_steps=8, num_vlm_layers=2, expert_width_multiplier=.25)
    return policy, data

def fresh():
    policy, data = toy()
    return copy.deepcopy(policy), data

@exercise(hint="`train(policy, data, out, ...)` makes the trainer, runs it and returns it; `batch_size` is the whole batch, however many pieces.")
def first_step(answer):
    run = cache(lambda pieces: answer(*fresh(), pieces))
    def alike(key): return np.isclose(run(1).history[0][key], run(4).history[0][key], rtol=1e-3)
    yield "one update", lambda: run(1).step == 1, "return what train returns, after steps=1"
    yield "of 16 samples", lambda: run(1).config.batch_size == 16, "batch_size=16"
    yield "in four pieces", lambda: run(4).config.grad_accum == 4, "print the trainer's config.grad_accum"
    yield "which together are 16 samples again", lambda: run(4).config.batch_size == 16, \
        "batch_size is what one update sees: the trainer cuts it, not you"
    yield "the same loss", lambda: alike("loss"), "are policy, seed, samples and number format the same in both runs?"
    yield "the same gradient", lambda: alike("grad_norm"), "compare history[0] of both runs"

@exercise(hint="`Trainer(policy, data, TrainConfig(...), quiet=True)`. Rows are whole numbers: `np.flatnonzero` of a mask over "
               "np.arange(len(t.starts)).")
def fit_on_frames(answer):
    run = cache(lambda every=6, steps=2: answer(*fresh(), every, steps))
    def held(): return [i for i in range(24) if i % 6 == 3]
    def judged(): return [m for m in run().history if "val_loss" in m]
    yield "the asked number of steps", lambda: run().step == 2, "call fit(), and return the trainer"
    yield "every frame on one side", lambda: sorted([*run().rows, *run().val_rows]) == list(range(24)), \
        "rows and val_rows together are all rows, none twice"
    yield "the right frames are held out", lambda: list(run().val_rows) == held(), "print np.arange(24) % 6 == 3"
    yield "they were judged", lambda: bool(judged()) and np.isfinite(judged()[-1]["val_loss"]), \
        "history has no val_loss: were the rows set before fit()?"
    yield "the average of the weights is kept", lambda: run().ema is not None and run().ema.decay == .95, "ema=.95, as the task says"
    yield "another split", lambda: same(run(4, 1).val_rows, [2, 6, 10, 14, 18, 22]), "use every and steps, not 6 and 2"
