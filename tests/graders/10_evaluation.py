"Typical wrong answers to the exercises of chapter 10: each must fail, with a message of its own"
LAZY = "class GivesUp(DemonstratorDriver):\n    n = 60\n    def reset(self, env, seed):\n        super().reset(env, seed)\n        self.left = self.n\n    def chunk(self, observe):\n        "
SHAKY = '''
def shaky(driver, degrees):
    class Shaky:
        def reset(self, env, seed):
            RESET
        def chunk(self, observe):
            actions = np.array(driver.chunk(observe))
            CHUNK
            return actions
    return Shaky()
'''
SEEDED = "driver.reset(env, seed); self.rng = np.random.default_rng(seed)"
def shaky(reset=SEEDED, chunk="actions[:, :5] += self.rng.normal(0, degrees, (len(actions), 5))"): return SHAKY.replace("RESET", reset).replace("CHUNK", chunk)

WRONG = {
    "episodes_needed": [
        "def episodes_needed(rate, above): return next(n for n in range(1, 10000) if wilson(round(rate*n), n)[0] > above)",     # not in tens
        "def episodes_needed(rate, above): return 10",
        "def episodes_needed(rate, above): return 9000"],
    "peeking": [
        "def peeking(rng, n=100, rate=.7):\n    a, b = rng.uniform(size=(2, n)) < rate\n    return mcnemar(a, b).p < .05",                                             # one look, at the end
        "def peeking(rng, n=100, rate=.7):\n    a, b = rng.uniform(size=(2, n)) < rate\n    return any(mcnemar(a[:m], b[:m]).p < .5 for m in range(10, n + 1, 10))",
        "def peeking(rng, n=100, rate=.7):\n    a, b = rng.uniform(size=n) < rate, rng.uniform(size=n) < rate - .25\n    return any(mcnemar(a[:m], b[:m]).p < .05 for m in range(10, n + 1, 10))"],
    "GivesUp": [
        LAZY + "return super().chunk(observe)",                                                             # never gives up
        LAZY + "self.left -= 1\n        self.last = super().chunk(observe)\n        if self.left >= 0: self.kept = self.last\n        return self.kept",   # asks on
        LAZY.replace("        super().reset(env, seed)\n        self.left = self.n\n", "        super().reset(env, seed)\n        if not hasattr(self, 'left'): self.left = self.n\n") + "self.left -= 1\n        if self.left >= 0: self.last = super().chunk(observe)\n        return self.last",
        LAZY.replace("self.left = self.n", "self.left = 60") + "self.left -= 1\n        if self.left >= 0: self.last = super().chunk(observe)\n        return self.last",
        LAZY + "self.left -= 1\n        if self.left > 0: self.last = super().chunk(observe)\n        return self.last",     # one too few
        LAZY + "self.left -= 1\n        if self.left >= 0: self.last = super().chunk(observe)\n        return self.last[0]"],
    "shaky": [
        shaky(chunk="actions += self.rng.normal(0, degrees, actions.shape)"),                                    # the gripper too
        shaky(chunk="actions[:, :5] += self.rng.normal(0, degrees**2, (len(actions), 5))"),
        shaky(chunk="actions[:, :5] += self.rng.normal(0, degrees, (len(actions), 1))"),                         # all joints alike
        shaky(reset="driver.reset(env, seed); self.rng = np.random.default_rng()"),
        shaky(reset="self.rng = np.random.default_rng(seed)")],
}
