"Chapter 07: what the exercises on the policy ask for"
import json, shutil, tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import load_file

from smolvla.learn import exercise, refuses, same
from smolvla.model.flow import integrate
from smolvla.model.policy import nano_policy
from smolvla.model.vlm import ASSETS

@cache
def seen():
    "What a robot would report: a scene that comes with the package"
    images = load_file(ASSETS/"samples"/"scenes.safetensors")["images"]
    return {"observation.images.overhead": images[:1, 0], "observation.images.wrist": images[:1, 1],
            "observation.state": torch.tensor([[5., -80, 70, 60, 0, 30]]), "task": ["put the red cube in the left box"]}

HOLDER = tempfile.TemporaryDirectory()  # until Python ends

@cache
def copied():
    "A copy of the shipped policy that takes two solver steps; nobody edits the original"
    folder = Path(HOLDER.name)/"policy"
    shutil.copytree(ASSETS/"nano_policy", folder)
    config = json.loads((folder/"config.json").read_text())
    (folder/"config.json").write_text(json.dumps(config | {"num_steps": 2}))
    return folder

@exercise(hint="`from_pretrained` takes config fields as keywords. The policy looks when its `queue` is empty.")
def count_looks(answer):
    def looks(n, steps): return answer(copied(), seen(), n, steps)
    def untouched():
        before = (copied()/"config.json").read_text()
        return looks(3, 1) == 1 and (copied()/"config.json").read_text() == before
    yield "the first step looks", lambda: looks(10, 1) == 1, "the queue is empty at the start: look at it before select_action"
    yield "30 steps, 10 actions of each chunk", lambda: looks(10, 30) == 3, "print len(policy.queue) before each step"
    yield "a chunk may be left unfinished", lambda: looks(16, 20) == 2, "20 steps at 16 actions: the second chunk is begun"
    yield "it is the policy that counts", lambda: refuses(lambda: looks(33, 2)), \
        "a chunk has 32 actions, and from_pretrained refuses 33: let it, and do not only divide"
    yield "no file was edited", untouched, "config.json is another one now: give n_action_steps to from_pretrained"

def spied(log, fails=False):
    "The shipped policy, copied in its parts that an answer may change; `log` receives how many tokens were asked for"
    policy = nano_policy()
    policy.config.num_steps = 2
    sample = policy.sample_actions
    def watched(batch, *args, **given):
        log.append(batch["tokens"].shape[1])
        if fails: raise RuntimeError("out of memory")
        return sample(batch, *args, **given)
    policy.sample_actions = watched
    return policy

@exercise(hint="An observation is a dict, its `task` a list of sentences; {**observation, \"task\": [...]} is a copy with another one. "
               "`policy.processor.tokenizer_max_length` is the number of tokens.")
def chunk_with(answer):
    noise, log = torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0)), []
    policy, broken = spied(log), spied([], fails=True)
    plain = cache(lambda task="put the red cube in the left box", length=24: answer(policy, seen(), noise, task, length))
    def left(p): return p.processor.tokenizer_max_length == 24 and seen()["task"] == ["put the red cube in the left box"]
    def survives(): return refuses(lambda: answer(broken, seen(), noise, "pick", 40), RuntimeError) and left(broken)
    yield "a chunk of 32 actions of 6 joints", lambda: tuple(plain().shape) == (1, 32, 6), "sample_actions gives (1,32,6)"
    yield "the same question has the same answer", lambda: same(answer(policy, seen(), noise, seen()["task"][0], 24), plain()), \
        "the noise must be the one that is given"
    yield "another sentence, another chunk", lambda: not same(plain("put the blue cube in the left box"), plain(), 1e-4), \
        "is it your sentence that the policy reads?"
    yield "more padding was asked for", lambda: plain(length=40) is not None and log[-1] == 40, \
        "print policy.preprocess(...)[\"tokens\"].shape"
    yield "more padding, the same chunk", lambda: same(plain(length=40), plain(), 1e-4), "compare masks and positions of both batches"
    yield "policy and observation are as they were", lambda: left(policy), "look at tokenizer_max_length and at the task after the call"
    yield "also when the policy fails", survives, "an exception leaves your function in the middle: what Python statement runs all the same?"

@cache
def ruler(scale=10.):
    "In place of a policy: the velocity is 1 + x, the unit is a tenth of a degree, and its gripper is wild"
    def sample(batch, noise=None, num_steps=None, prefix=None, method="euler"):
        x = integrate(lambda x, t: 1 + x, noise, num_steps or 10, method)[..., :6]
        return torch.cat([x[..., :5], x[..., 5:]*1000*(num_steps or 10)], -1)
    return SimpleNamespace(sample_actions=sample, processor=SimpleNamespace(unnormalize_action=lambda x: x*scale))

@exercise(hint="`policy.sample_actions(question, start, 5, method=\"midpoint\")`, then `policy.processor.unnormalize_action`, then "
               "the first five joints.")
def chunk_gaps(answer):
    start = torch.linspace(-1, 1, 2*32*32).view(2, 32, 32)
    def exact(n, method):
        ours = [integrate(lambda x, t: 1 + x, start, *how)[..., :5]*10 for how in ((n, method), (100, "midpoint"))]
        return (ours[0] - ours[1]).abs().mean().item()
    def gap(*tries): return answer(ruler(), {}, start, list(tries))
    def real():
        policy = nano_policy()
        noise = torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0))
        gaps = answer(policy, policy.preprocess(seen()), noise, [(2, "euler"), (10, "euler")])
        return gaps[2, "euler"] > gaps[10, "euler"] > 0
    yield "a number for each try", lambda: set(gap((1, "euler"), (2, "midpoint"))) == {(1, "euler"), (2, "midpoint")}, \
        "a dict, its keys are the pairs of the list"
    yield "nothing apart from itself", lambda: gap((100, "midpoint"))[100, "midpoint"] == 0, "compare with 100 midpoint steps"
    yield "in degrees", lambda: same(gap((4, "euler"))[4, "euler"], exact(4, "euler"), 1e-2), \
        "unnormalise the chunks, keep the first five joints, take the mean of the absolute difference"
    yield "the method counts", lambda: same(gap((4, "midpoint"))[4, "midpoint"], exact(4, "midpoint"), 1e-3), "give method= to sample_actions"
    yield "the shipped policy: smaller steps, smaller error", real, "two Euler steps must be farther away than ten"
