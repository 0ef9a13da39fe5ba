"Chapter 01: what the exercises on data sets ask for"
import json, tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from smolvla.data.dataset import LeRobotDataset
from smolvla.data.doctor import Finding, doctor
from smolvla.data.writer import DatasetWriter, vector_feature
from smolvla.learn import exercise, same

def circle(e, n):
    angle = np.arange(n + 1)/12 + e
    xy = np.stack([40*np.cos(angle), 25*np.sin(angle)], 1).astype(np.float32)
    return xy[:-1], xy[1:]

def write(root, demos):
    xy = vector_feature(["x.pos", "y.pos"], "degrees")
    with DatasetWriter(root, 30, {"observation.state": xy, "action": xy}, robot_type="toy") as w:
        for state, action in demos:
            for s, a in zip(state, action): w.add_frame({"observation.state": s, "action": a}, task="go round")
            w.save_episode()
    return root

@contextmanager
def recorded(demos):
    with tempfile.TemporaryDirectory() as tmp: yield write(Path(tmp)/"set", demos)

@exercise(hint="How many steps of the chunk of frame i lie beyond the last frame? Of 25 frames the last is 24, and with chunks of 8 the chunk of frame i ends at i + 7.")
def padding(answer):
    yield "chunks of one step need no padding", lambda: same(answer(25, 1), (0, 0)), "two numbers, both 0: the chunk of the last frame is that frame"
    yield "25 frames and chunks of 8: how many chunks", lambda: same(answer(25, 8)[0], 7), "frame 18 is the first whose chunk reaches beyond frame 24"
    yield "25 frames and chunks of 8: how many steps", lambda: same(answer(25, 8)[1], 28), "the last frame's chunk has 7 padded steps, the one before it 6, and so on"
    yield "chunks longer than the episode", lambda: same(answer(3, 10), (3, 24)), "every chunk is padded then: with 7, 8 and 9 steps"

def parts(*xs): return [np.array([getattr(x, f)() for x in xs]) for f in ("__len__", "mean", "std")]

def joined(*xs): return np.concatenate(xs).std()

@exercise(hint="The variance of the whole is the mean variance inside the parts plus the variance of their means, both weighted.")
def join_std(answer):
    a, b, c = (np.arange(n)*step + at for n, step, at in [(10, 1., 0.), (10, 3., 0.), (40, 2., 90.)])
    yield "one part alone", lambda: same(answer(*parts(a)), a.std()), "nothing to join: its own standard deviation"
    yield "two parts with the same mean", lambda: same(answer(*parts(a - a.mean(), b - b.mean())), joined(a - a.mean(), b - b.mean())), \
        "standard deviations do not average, variances do"
    yield "two parts that do not spread, but differ", lambda: same(answer(np.array([5, 5]), np.array([0., 10.]), np.zeros(2)), 5), "five zeros and five tens have a standard deviation of 5"
    yield "a long part counts more", lambda: same(answer(*parts(a, c)), joined(a, c)), "weights are counts, for the mean of the whole as well"
    yield "three parts", lambda: same(answer(*parts(a, b, c)), joined(a, b, c)), "any number of parts"

def scan(*ends):  # (action - state) of the last frame, of each episode
    columns = {}
    for e, off in ends:
        state, action = circle(e, 12)
        columns[e] = {"observation.state": state, "action": np.concatenate([action[:-1], state[-1:] + np.float32(off)])}
    return SimpleNamespace(columns=columns)

@exercise(hint="`s.columns[e][\"action\"][-1]` is the last action of episode `e`. Collect the episodes first, and yield once.")
def ends_in_motion(answer):
    def found(*ends): return list(answer(scan(*ends)))
    yield "at rest: nothing is yielded", lambda: found((0, (0, 0)), (1, (.5, -.5))) == [], "half a unit is rest, and no finding is better than one without episodes"
    yield "an episode that ends in motion", lambda: [f.episodes for f in found((0, (0, 0)), (1, (4, 4)))] == [[1]], "compare the last rows, and give the numbers of the episodes as a list"
    yield "one joint is enough, to either side", lambda: [f.episodes for f in found((0, (0, -4)), (1, (0, 0)))] == [[0]], "any joint, and the distance has no sign"
    yield "one finding for all of them", lambda: [f.episodes for f in found((2, (4, 0)), (5, (0, 0)), (7, (0, -2)))] == [[2, 7]], "one Finding with two episodes, whose numbers are the keys of s.columns"
    yield "it is a warning with a cure", lambda: all(isinstance(f, Finding) and f.level == "warning" and f.cure for f in found((0, (9, 9)))), \
        "Finding(\"warning\", ..., cure): what should the student do next time?"

@exercise(hint="`shutil.copytree` copies a folder, `load_info` reads the JSON, `json.dumps` makes it text again.")
def open_after_cut(answer):
    @cache
    def played():
        with recorded([circle(0, 6), circle(1, 6)]) as root:
            out = root.parent/"cut"
            message = answer(root, out)
            counts = [json.loads((r/"meta/info.json").read_text())["total_episodes"] if (r/"meta/info.json").is_file() else None for r in (root, out)]
            return message, counts, len(LeRobotDataset(root)) if counts[0] == 2 else 0
    yield "a copy in the new folder", lambda: played()[1][1] is not None, "the folder out must hold meta/info.json"
    yield "the original stays as it is", lambda: played()[1][0] == 2 and played()[2] == 12, "change the copy, not root"
    yield "the copy promises one episode more", lambda: played()[1][1] == 3, "total_episodes was 2; is the changed text written back?"
    yield "the message comes back", lambda: isinstance(played()[0], str) and "3 episodes" in played()[0], "catch the error of LeRobotDataset(out) and return its text"

@exercise(hint="The doctor looks at each column alone: at its range, its speed, its units and its statistics. What does it not compare?")
def spoil(answer):
    demos = [circle(e, 60) for e in range(2)]
    new = cache(lambda: [np.array(answer(s.copy(), a.copy())) for s, a in demos])
    def complaints():
        with recorded([(s, x) for (s, _), x in zip(demos, new())]) as root: return [f for f in doctor(root).findings]
    yield "actions of the same shape", lambda: all(x.shape == a.shape for x, (_, a) in zip(new(), demos)), "one action for each frame and joint"
    yield "no frame is without numbers", lambda: all(np.isfinite(x).all() for x in new()), "NaN and infinity are the first that a doctor looks for"
    yield "half of the frames teach nonsense", lambda: all((abs(x - a).max(1) > 10).mean() >= .5 for x, (_, a) in zip(new(), demos)), \
        "some joint must be more than 10 units off in at least half of the frames of each episode"
    yield "the doctor says nothing", lambda: not complaints(), "record such a set, or read the checks of 01e: which of them looks at what you changed?"
