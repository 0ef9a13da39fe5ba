"Typical wrong answers to the exercises of chapter 02: each must fail, with a message of its own"
TOP = "def to_camera(x, y, w=640, h=480, size=128):\n    r = max(w/size, h/size)\n"
WRONG = {
    "to_camera": [
        TOP + "    return (x - size + int(w/r))*r, (y - size + int(h/r))*r",                                          # no half pixels
        TOP + "    return (x - (size - int(w/r))/2 + .5)*r - .5, (y - (size - int(h/r))/2 + .5)*r - .5",              # border on both sides
        TOP + "    return (x + .5)*r - .5, (y - size + int(h/r) + .5)*r - .5"],                                       # no border on the left
    "spread_seen": [
        "def spread_seen(proc, poses): return proc.vectors({'observation.state': poses})['state'].std(0).mean().item()",
        "def spread_seen(proc, poses): return proc.vectors({'observation.state': poses})['state'][:, :6].std().item()",
        "def spread_seen(proc, poses): return proc.vectors({'observation.state': poses})['state'][:, :6].std(0)"],
    "looks_swapped": [
        "def looks_swapped(o, w): return bool(np.diff(o, axis=0).mean() > np.diff(w, axis=0).mean())",
        "def looks_swapped(o, w): return bool(o.mean() > w.mean())",
        "def looks_swapped(o, w): return bool(abs(np.diff(o.astype(int), axis=0)).sum() > abs(np.diff(w.astype(int), axis=0)).sum())",
        "def looks_swapped(o, w): return bool(abs(np.diff(o.astype(int), axis=0)).mean() < abs(np.diff(w.astype(int), axis=0)).mean())"],
    "radian_joints": [
        "def radian_joints(poses, mean, std): return (poses.std(0) < std/20).nonzero()[:, 0].tolist()",
        "def radian_joints(poses, mean, std): return ((poses.std(0) < std/20) & (poses.std(0) > 1e-4)).nonzero()[:, 0].tolist()",
        "def radian_joints(poses, mean, std): return (poses.abs().amax(0) < 3.2).nonzero()[:, 0].tolist()"],
}
