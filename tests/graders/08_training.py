"Typical wrong answers to the exercises of chapter 08: each must fail, with a message of its own"
STEP = '''
def first_step(policy, data, grad_accum):
    out = Path(tempfile.mkdtemp())/"run"
    return train(policy, data, out, quiet=True, steps=1, batch_size=16, grad_accum=grad_accum, val_fraction=0., compute_dtype="float32")
'''
FRAMES = '''
def fit_on_frames(policy, data, every, steps):
    c = TrainConfig(out=Path(tempfile.mkdtemp())/"run", steps=steps, batch_size=32, lr=2e-3, ema=.95, val_fraction=0., compute_dtype="float32")
    t = Trainer(policy, data, c, quiet=True)
    held = np.arange(len(t.starts)) % every == every//2
    t.rows, t.val_rows = np.flatnonzero(~held), np.flatnonzero(held)
    t.fit()
    return t
'''
WRONG = {
    "cache_bytes": [
        "def cache_bytes(frames, layers, tokens, width, bytes_each=2): return frames*layers*tokens*width*bytes_each",
        "def cache_bytes(frames, layers, tokens, width, bytes_each=4): return frames*layers*2*tokens*width*bytes_each",
        "def cache_bytes(frames, layers, tokens, width, bytes_each=2): return frames*layers*2*tokens*width*2 if frames > 1 else 2*bytes_each"],
    "first_step": [
        STEP.replace("grad_accum=grad_accum", "grad_accum=1"),
        STEP.replace("batch_size=16", "batch_size=16//grad_accum"),
        STEP.replace("val_fraction", "seed=grad_accum, val_fraction")],
    "fit_on_frames": [
        FRAMES.replace("    t.fit()\n", ""),
        FRAMES.replace("t.rows, t.val_rows = np.flatnonzero(~held), np", "t.val_rows = np"),
        FRAMES.replace("== every//2", "== 0"),
        FRAMES.replace("ema=.95, ", "")],
}
