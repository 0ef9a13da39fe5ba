"""What `policy.fast(eight_bits=True, num_steps=4)` (called nearly below) does to the actions of the shipped policy.

    python tests/benchmarks/bench_nearly.py [--episodes 20] [--n 50] [--tasks pick_place sorting]

1. Error of the actions. The demonstrator drives the twin; at every look each variant predicts the same chunk from the same noise. Printed: root mean square
   difference of the executed actions in degrees (gripper in percent), beside two measures of the noise in what it learned from: the exact policy's own
   spread between two draws of noise, and its distance from what the demonstrator does next in the same state.
2. Success. Paired episodes with `nearly` and without, and McNemar's test.
Needs no network and no GPU; one thread. Writes outputs/bench/nearly.json; --keep also tests/benchmarks/nearly.json.
"""
import argparse, json, platform
from pathlib import Path
import numpy as np, torch
from smolvla.evaluate.rates import mcnemar
from smolvla.evaluate.rollouts import PolicyDriver, eval_seeds, evaluate
from smolvla.model.policy import nano_policy
from smolvla.sim.twin import SO101Env
from smolvla.sim.demonstrator import Demonstrator

def variant(steps, bits):
    return nano_policy().fast("float32", eight_bits=bits, num_steps=steps)

@torch.no_grad()
def errors(task, seeds):
    exact = nano_policy().eval(); n = exact.config.n_action_steps
    others = {f"{steps} steps{', eight bits'*bits}": variant(steps, bits) for steps, bits in ((10, True), (5, False), (4, False), (3, False), (2, False), (4, True))}
    env, gaps = SO101Env(task), {k: [] for k in [*others, "another draw of noise", "the demonstrator"]}
    for seed in seeds:
        obs, _ = env.reset(seed=seed); demo, g = Demonstrator(env), torch.Generator().manual_seed(seed)
        action = demo.act()
        while action is not None:
            batch, noise, other = exact.preprocess(obs), *torch.randn(2, 1, exact.config.chunk_size, exact.config.max_action_dim, generator=g)
            def chunk(p, noise): return p.processor.unnormalize_action(p.sample_actions(batch, noise)[0]).numpy()[:n]
            want = chunk(exact, noise)
            for k, p in others.items(): gaps[k].append(np.square(chunk(p, noise) - want).mean())
            gaps["another draw of noise"].append(np.square(chunk(exact, other) - want).mean())
            did, over = [], False
            while action is not None and len(did) < n and not over:
                did.append(action)
                obs, _, end, cut, _ = env.step(action); over = end or cut
                action = None if over else demo.act()
            gaps["the demonstrator"].append(np.square(np.array(did) - want[:len(did)]).mean())
    env.close()
    return {k: float(np.sqrt(np.mean(v))) for k, v in gaps.items()}, len(gaps["4 steps"])

def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--episodes", type=int, default=20); ap.add_argument("--n", type=int, default=50)
    ap.add_argument("--tasks", nargs="+", default=["pick_place", "sorting"]); ap.add_argument("--keep", action="store_true")
    a = ap.parse_args(); torch.set_num_threads(1)
    out = dict(machine=f"{platform.processor() or platform.machine()}, one thread", tasks={})
    for task in a.tasks:
        gaps, looks = errors(task, eval_seeds(a.episodes))
        print(f"{task}: {looks} looks in {a.episodes} episodes (seeds from {eval_seeds(1)[0]}), root mean square difference of {nano_policy().config.n_action_steps} actions to the exact policy's", flush=True)
        for k, v in gaps.items(): print(f"  {k:22} {v:5.2f} degrees", flush=True)
        seeds = eval_seeds(a.n)
        plain, fast = (evaluate(PolicyDriver(p), task, seeds, progress=True) for p in (nano_policy(), variant(4, True)))
        won, lost = (sum(x.success > y.success for x, y in zip(*pair)) for pair in ((fast.episodes, plain.episodes), (plain.episodes, fast.episodes)))
        p = mcnemar([e.success for e in plain.episodes], [e.success for e in fast.episodes])
        print(f"  success exact {plain.success}, nearly {fast.success}; only exact {lost}, only nearly {won}; {p}", flush=True)
        out["tasks"][task] = dict(looks=looks, episodes=a.episodes, rms_degrees=gaps, n=a.n, exact=plain.success.k, nearly=fast.success.k, only_exact=lost, only_nearly=won)
    folder = Path("outputs/bench"); folder.mkdir(parents=True, exist_ok=True)
    for f in [folder / "nearly.json"] + [Path(__file__).with_name("nearly.json")]*a.keep: f.write_text(json.dumps(out, indent=1) + "\n")

if __name__ == "__main__": main()
