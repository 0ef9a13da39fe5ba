"Typical wrong answers to the exercises of chapter 11: each must fail, with a message of its own"
WRONG = {
    "slowest": [
        "def slowest(n, fps): return n/fps",                                                               # the whole chunk
        "def slowest(n, fps): return (n//2 - 1)/fps",
        "def slowest(n, fps): return (n//2)/fps - .005"],
    "gentle": [
        "def gentle(old, new): return np.minimum(new, old + 3)",                                           # upwards only
        "def gentle(old, new): return np.clip(new, -3, 3)",                                                # from zero
        "def gentle(old, new): return old + (new - old)/max(1, np.abs(new - old).max()/3)",                # all joints shortened
        "def gentle(old, new): return (old + new)/2",
        "def gentle(old, new): return new"],
    "bursts": [
        "def bursts(share, length): return lambda rng, r: [] if rng.random() < share else [(0, r)]",       # independent
        "def bursts(share, length): return lambda rng, r: None if rng.random() < share else r",
        "def bursts(share, length):\n    bad = [False]\n    def fate(rng, r):\n        if rng.random() < (1/length if bad[0] else share): bad[0] = not bad[0]\n        return [] if bad[0] else [(0, r)]\n    return fate",
        "def bursts(share, length):\n    left = [0]\n    def fate(rng, r):\n        if not left[0] and rng.random() < share/(1 - share)/length: left[0] = length + 1\n        left[0] = max(0, left[0] - 1)\n        return [] if left[0] else [(0, r)]\n    return fate",  # all runs alike
        "BAD = [False]\ndef bursts(share, length):\n    def fate(rng, r):\n        if rng.random() < (1/length if BAD[0] else share/(1 - share)/length): BAD[0] = not BAD[0]\n        return [] if BAD[0] else [(0, r)]\n    return fate"],
}
