"Typical wrong answers to the exercises of chapter 05: each must fail, with a message of its own"
WRONG = {
    "pair_blocks": [
        "def pair_blocks(n): return torch.arange(n) % 2 == 1",                       # the second of each pair starts
        "def pair_blocks(n): return torch.tensor([True, False]).repeat(n//2)",       # forgets an odd one
        "def pair_blocks(n): return torch.arange(n) >= 0"],                          # plain causal
    "cross_mask": [
        "def cross_mask(prefix_pad, chunk_size): return suffix_mask(prefix_pad, suffix_blocks(chunk_size))",
        "def cross_mask(prefix_pad, chunk_size): return torch.ones(len(prefix_pad), chunk_size, prefix_pad.shape[1]).bool()",
        "def cross_mask(prefix_pad, chunk_size): return torch.zeros(len(prefix_pad), chunk_size, prefix_pad.shape[1]).bool()"],
    "leaks": [
        "def leaks(mask): return bool((~mask).any())",                               # forbids something
        "def leaks(mask): return False"],
    "layers_needed": [
        "def layers_needed(mask): return len(mask) - 1",                             # the longest way there is
        "def layers_needed(mask): return 1",                                         # only block masks were tried
        "def layers_needed(mask):\n    n = 1\n    while not reach(mask, n)[torch.ones_like(mask).tril()].all() and n < 9: n += 1\n    return n"],   # until everything before is seen
}
