"Chapter 10: what the exercises on evaluation ask for"
from unittest.mock import patch
import numpy as np
from smolvla.evaluate.rates import wilson
from smolvla.evaluate.rollouts import DemonstratorDriver
from smolvla.learn import exercise, same

def low(n, rate): return wilson(round(rate*n), n)[0]

@exercise(hint="Count n up in tens and look at the lower end of `wilson(round(rate * n), n)`.")
def episodes_needed(answer):
    pairs = ((.8, .7), (.8, .75), (.9, .5), (1., .9))
    yield "so many are enough", lambda: all(low(int(answer(*p)), p[0]) > p[1] for p in pairs), "the lower end of Wilson's interval must lie above `above`"
    yield "in tens", lambda: all(answer(*p) % 10 == 0 for p in pairs), "10, 20, 30 and so on"
    yield "ten fewer are too few", lambda: all(answer(r, a) == 10 or low(answer(r, a) - 10, r) <= a for r, a in pairs), "take the first that is enough"

@exercise(hint="Draw all outcomes first, then test the first 10, 20, ... of them.")
def peeking(answer):
    def found(plays, **kw):
        rng = np.random.default_rng(0)
        return sum(bool(answer(rng, **kw)) for _ in range(plays))/plays
    yield "policies that always succeed do not differ", lambda: found(20, rate=1.) == 0, "with a rate of 1 both succeed in every episode"
    yield "a single look keeps the promise of 5 %", lambda: found(300, n=10) < .05, "with n=10 there is one look only: p < 0.05 on all ten episodes"
    yield "ten looks find far more than 5 %", lambda: found(300) > .06, "she stops at the first p < 0.05 of 10, 20, ..., 100 episodes, and not only at the end"
    yield "but not most of the time", lambda: found(200) < .2, "each look tests all episodes so far, not the ten latest, and both policies have the same rate"

def gives_up(kind, n=60, episodes=1):
    "What a driver does in 70 steps of each episode when the demonstrator counts 0, 1, 2, ..., and how often that was asked"
    asked = []
    def reset(self, env, seed): self.count = -1
    def chunk(self, observe):
        self.count += 1
        asked.append(self.count)
        return np.full((1, 6), self.count)
    with patch.object(DemonstratorDriver, "reset", reset), patch.object(DemonstratorDriver, "chunk", chunk):
        driver = kind()
        driver.n = n
        for seed in range(episodes):
            driver.reset(None, seed)
            actions = [np.array(driver.chunk(None)) for _ in range(70)]
    return [int(a[0, 0]) for a in actions], len(asked), {a.shape for a in actions}

@exercise(hint="Count in `chunk`; after n steps return the last action again. `super().reset(env, seed)` and `super().chunk(observe)` are the demonstrator's.")
def GivesUp(answer):
    yield "every call gives one action of six numbers", lambda: gives_up(answer)[2] == {(1, 6)}, "the demonstrator's `chunk` has the right shape"
    yield "the demonstrator drives the first 60 steps", lambda: gives_up(answer)[0][:60] == list(range(60)), "each of the first n calls asks the demonstrator once and passes on what it says"
    yield "then the arm holds still", lambda: gives_up(answer)[0][59:] == [59]*11, "from call n + 1 on, the action of call n again"
    yield "a new episode is driven again", lambda: gives_up(answer, episodes=2)[0] == gives_up(answer)[0], "`reset` starts the count anew"
    yield "n can be changed", lambda: gives_up(answer, n=5)[0] == [0, 1, 2, 3, 4] + [4]*65, "use self.n, not 60"
    yield "who gave up asks nobody", lambda: gives_up(answer)[1] == 60, "the demonstrator was asked after step n"

class Still:
    "A driver that plans four steps of one pose"
    def __init__(self): self.plan, self.told = np.full((4, 6), 50., np.float32), []
    def reset(self, env, seed): self.told.append(seed)
    def chunk(self, observe): return self.plan

def shaken(answer, degrees, seed=3, chunks=500):
    "All actions of an episode, and the driver inside"
    inner = Still()
    outer = answer(inner, degrees)
    outer.reset(None, seed)
    return np.concatenate([np.array(outer.chunk(None)) for _ in range(chunks)]) - 50, inner

def repeated(answer):
    outer = answer(Still(), 5)
    def episode(seed):
        outer.reset(None, seed)
        return np.concatenate([np.array(outer.chunk(None)) for _ in range(3)])
    return same(episode(3), episode(3)) and not same(episode(3), episode(4))

@exercise(hint="An inner class with the two methods; make the generator in `reset`, `np.random.default_rng(seed)`, and add to a copy, `np.array(driver.chunk(observe))`.")
def shaky(answer):
    yield "without noise it drives as before", lambda: same(shaken(answer, 0)[0], np.zeros((2000, 6))), "with degrees=0 the actions are those of the driver inside"
    yield "each episode is announced to the driver inside", lambda: shaken(answer, 1)[1].told == [3], "its reset gets the same env and seed, once"
    yield "the gripper is left alone", lambda: same(shaken(answer, 5)[0][:, 5], np.zeros(2000)), "noise for the first five numbers of an action only"
    yield "the joints shake by so many degrees", lambda: same(shaken(answer, 5)[0][:, :5].std(0), np.full(5, 5.), .5) and same(shaken(answer, 5)[0][:, :5].mean(0), np.zeros(5), .5), \
        "normal noise around 0, its standard deviation is `degrees`; does noise pile up in an array that is used again?"
    yield "each joint and each action for itself", lambda: abs(np.corrcoef(shaken(answer, 5)[0][:, :5].T) - np.eye(5)).max() < .2 and abs(np.diff(shaken(answer, 5)[0][:4, 0])).min() > 1e-6, \
        "one number of noise for each joint of each action, not one for all"
    yield "the same seed, the same episode; another, another", lambda: repeated(answer), "the generator starts anew in every reset, from that seed"
    yield "the driver's own arrays stay as they are", lambda: same(shaken(answer, 5)[1].plan, np.full((4, 6), 50.)), "add to a copy"
