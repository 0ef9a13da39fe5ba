"Typical wrong answers to the exercises of chapter 01: each must fail, with a message of its own"
CUT = "def open_after_cut(root, out):\n    shutil.copytree(root, out)\n"
OPEN = "    try: LeRobotDataset(out)\n    except DatasetError as e: return str(e)"
WRONG = {
    "padding": [
        "def padding(length, chunk_size): return chunk_size, chunk_size*(chunk_size + 1)//2",           # one chunk too many
        "def padding(length, chunk_size): return max(chunk_size - 1, 0), max(chunk_size - 1, 0)",
        "def padding(length, chunk_size): return chunk_size - 1, chunk_size*(chunk_size - 1)//2"],      # forgets short episodes
    "join_std": [
        "def join_std(n, mean, std): return (n*std).sum()/n.sum()",
        "def join_std(n, mean, std): return np.sqrt((n*std**2).sum()/n.sum())",
        "def join_std(n, mean, std): return np.sqrt((std**2).mean() + mean.var())"],
    "ends_in_motion": [
        "def ends_in_motion(s): yield Finding('warning', 'moves', [e for e, c in s.columns.items() if abs(c['action'][-1] - c['observation.state'][-1]).max() > 1], '', 'wait')",
        "def ends_in_motion(s):\n    for e, c in s.columns.items():\n        if abs(c['action'][-1] - c['observation.state'][-1]).max() > 1: yield Finding('warning', 'moves', [e], '', 'wait')",
        "def ends_in_motion(s):\n    m = [e for e, c in s.columns.items() if (c['action'][-1] - c['observation.state'][-1]).max() > 1]\n    if m: yield Finding('warning', 'moves', m, '', 'wait')"],
    "open_after_cut": [
        CUT + OPEN.replace("out)", "root)") + "\n    return ''",
        CUT + "    info = load_info(root)\n    info['total_episodes'] += 1\n    (root/'meta/info.json').write_text(json.dumps(info))\n" + OPEN.replace("out)", "root)"),
        CUT + "    info = load_info(out)\n    info['total_episodes'] += 1\n    (out/'meta/info.json').write_text(json.dumps(info))\n" + OPEN.replace("return str(e)", "return e")],
    "spoil": [
        "def spoil(state, action): return action",
        "def spoil(state, action): return np.full_like(action, np.nan)",
        "def spoil(state, action): return np.zeros_like(action)",
        "def spoil(state, action): return action[::-1, 0]"],
}
