"Chapter 14: what the exercises on cameras and recording ask for"
from types import SimpleNamespace
import numpy as np
from smolvla.arm.cameras import Shot
from smolvla.learn import exercise, same

@exercise(hint="Degrees turned meanwhile, in radians, times the radius.")
def misplaced_mm(answer):
    yield "a new picture is right", lambda: answer(0, 60, .3) == 0, "no age, no error"
    yield "80 ms, 60 degrees a second, 30 cm: 25 mm", lambda: abs(answer(80, 60, .3) - 25.13) < .01, "which units has each number? An arc needs radians"
    yield "half the reach, half the error", lambda: abs(answer(80, 60, .15) - 12.57) < .01, "the arc is proportional to the radius"
    yield "half a second", lambda: abs(answer(500, 60, .3) - 157.08) < .01, "the way along the arc, not the straight line"

class Data:
    "As much of a data set as the exercise needs: pictures of two cameras, three rows an episode"
    def __init__(self, wrong, episodes=6):
        self.num_episodes, self.episodes = episodes, {"from": list(range(0, 3*episodes, 3))}
        rng = np.random.default_rng(0)
        base = {n: np.kron(rng.integers(0, 255, (4, 4, 3)), np.ones((16, 16, 1))) for n in ("overhead", "wrist")}
        self.camera_keys = [f"observation.images.{n}" for n in base]
        self.pictures = {k: [] for k in self.camera_keys}
        for e in range(episodes):
            for n, other in (("overhead", "wrist"), ("wrist", "overhead")):
                picture = base[other if e in wrong else n] + rng.normal(0, 12, (64, 64, 3))
                self.pictures[f"observation.images.{n}"] += [picture.clip(0, 255).astype(np.uint8)]*3
    def frames(self, key, rows): return np.stack([self.pictures[key][i] for i in rows])

@exercise(hint="`usual_views(ds)` is dominated by the majority: compare the first picture of `overhead` with the usual views of both slots.")
def swapped_episodes(answer):
    yield "nothing was swapped", lambda: list(answer(Data(()))) == [], "every picture looks most like its own slot"
    yield "two episodes of six", lambda: list(answer(Data((1, 4)))) == [1, 4], "numbers of episodes from 0, not of rows; each episode is judged by itself"
    yield "the first and the last", lambda: list(answer(Data((0, 6), 7))) == [0, 6], "no single episode says what is usual"
    yield "from one episode on", lambda: list(answer(Data((5, 6, 7, 8), 9))) == [5, 6, 7, 8], "what most say, even if it is a small majority"

class Fake:
    "A camera whose shots are numbered; one every 33 ms"
    def __init__(self): self.name, self.shape, self.source, self.error, self.n = "overhead", (2, 2), "twin", "", 0
    def latest(self, max_age=.5):
        self.n += 1
        return Shot(np.full((2, 2, 3), self.n, np.uint8), self.n/30, self.n)

def _numbers(answer, ticks, calls):
    late = answer(Fake(), ticks)
    return [late.latest().number for _ in range(calls)]

def _times(answer):
    late = answer(Fake(), 2)
    return [late.latest().t for _ in range(5)]

@exercise(hint="Keep the last `ticks + 1` shots; a `deque` with that `maxlen` forgets by itself.")
def Late(answer):
    yield "it looks like the camera", lambda: [getattr(answer(Fake(), 2), a) for a in ("name", "shape", "source", "error")] == ["overhead", (2, 2), "twin", ""], \
        "name, shape, source and error are those of the camera inside"
    yield "0 ticks is the camera itself", lambda: _numbers(answer, 0, 4) == [1, 2, 3, 4], "each call takes one new shot"
    yield "at first the oldest shot there is", lambda: _numbers(answer, 3, 3) == [1, 1, 1], "there is no shot of three calls ago yet"
    yield "then the shot of that many calls ago", lambda: _numbers(answer, 3, 8) == [1, 1, 1, 1, 2, 3, 4, 5], "count again: the shot of now is 0 calls ago"
    yield "with its true time", lambda: same(_times(answer), [1/30, 1/30, 1/30, 2/30, 3/30]), "hand the shot on as it is: a late picture must say that it is late"
    yield "two of them do not share shots", lambda: _numbers(answer, 1, 2) == [1, 1] and _numbers(answer, 1, 2) == [1, 1], "shots belong to the object, not to the class"

def _waved(delay, scale=3., offset=300., noise=2., seed=0, T=200):
    rng = np.random.default_rng(seed)
    t = np.arange(-40, T)/30
    angles = 20*np.sin(2.1*t) + 14*np.sin(3.7*t + 1) + 6*np.sin(7.3*t + 2)
    return angles[40:], (offset + scale*angles[40 - delay:len(angles) - delay] + rng.normal(0, noise, T))

@exercise(hint="Shift one of the two series by k ticks, cut both to what they have in common, and ask how well they fit.")
def camera_delay(answer):
    yield "no delay", lambda: answer(*_waved(0), 30) == 0, "both series as they are fit best"
    yield "three ticks at 30 a second", lambda: abs(answer(*_waved(3), 30) - 100) < 1, "in ms; `seen` is behind `angles`, so which of them must be shifted?"
    yield "at 60 a second a tick is shorter", lambda: abs(answer(*_waved(3), 60) - 50) < 1, "a tick takes 1/fps seconds"
    yield "a camera upside down", lambda: abs(answer(*_waved(5, scale=-2), 30) - 500/3) < 1, "a negative scale fits as well as a positive one"
    yield "other offsets and scales", lambda: abs(answer(*_waved(7, scale=.8, offset=-40, noise=1), 30) - 700/3) < 1, \
        "offset and scale are unknown: the measure of fit must not depend on them"
    yield "15 ticks, and noise", lambda: abs(answer(*_waved(15, noise=6, seed=3), 30) - 500) < 1, "the largest delay counts, too"
