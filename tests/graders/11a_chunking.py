"Typical wrong answers to the exercises of chapter 11a: each must fail, with a message of its own"
WRONG = {
    "hard_mask": [
        "def hard_mask(delay, left, H): return (torch.arange(H) < delay).float()",                         # keeps what never was
        "def hard_mask(delay, left, H): return (torch.arange(H) <= min(delay, left)).float()",
        "def hard_mask(delay, left, H): return torch.arange(H) < min(delay, left)",                        # not floating point
        "def hard_mask(delay, left, H): return torch.cat([torch.ones(min(delay, left)), torch.zeros(max(0, H - min(delay, left)))])"],
    "torn": [
        "def torn(x, path, most): return ((x - path).abs().amax((1, 2)) > most).float().mean().item()",    # one path only
        "def torn(x, path, most): return (torch.minimum((x - path).abs(), (x + path).abs()).amax((1, 2)) > most).float().mean().item()",   # a step here, a step there
        "def torn(x, path, most): return (torch.minimum((x - path).abs().mean((1, 2)), (x + path).abs().mean((1, 2))) > most).float().mean().item()",
        "def torn(x, path, most): return (torch.minimum((x - path).abs().amax((1, 2)), (x + path).abs().amax((1, 2))) > most).sum().item()"],
}
