"Typical wrong answers to the exercises of chapter 14b: each must fail, with a message of its own"
SHAKE = "def unnoticed(arm):\n    chunk = np.tile(np.asarray(arm.state(), float), (24, 1))\n    {0}\n    return chunk"
WRONG = {
    "commanded_speed": [
        "def commanded_speed(loop): return np.abs(np.diff([t.command for t in loop.ticks], axis=0)).max(0)*loop.control.fps",
        "def commanded_speed(loop): return np.abs([t.command[:5] for t in loop.ticks]).max(0)*loop.control.fps",
        "def commanded_speed(loop): return np.diff([t.command[:5] for t in loop.ticks], axis=0).max(0)*loop.control.fps",
        "def commanded_speed(loop): return np.abs(np.diff([t.command[:5] for t in loop.ticks], axis=0)).max(0)*30"],
    "mirrored": [
        "def mirrored(commands, states): return [j for j, s in zip(JOINTS, (np.diff(commands, axis=0)*np.diff(states, axis=0)).sum(0)) if s > 0]",
        "def mirrored(commands, states): return [j for j, s in zip(JOINTS, (np.diff(commands, axis=0)*np.diff(states, axis=0)).sum(0)) if s <= 0]",
        "def mirrored(commands, states): return [j for j, s in zip(JOINTS, (np.diff(commands, axis=0)*np.diff(states, axis=0)).sum(0)) if s < 0]"],  # no delay
    "unnoticed": [
        SHAKE.format("chunk[:, 0] += np.linspace(0, 60, 24)"),                    # slow
        SHAKE.format("chunk[12:, 0] += 40"),                                     # one jump: noticed
        SHAKE.format("chunk[1::2, 4] += 400"),                                   # out of range
        SHAKE.format("chunk[1::2, 4] += 22")],                                   # one side only
}
