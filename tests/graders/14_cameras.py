"Typical wrong answers to the exercises of chapter 14: each must fail, with a message of its own"
FIT = "def camera_delay(angles, seen, fps):\n    n = len(angles)\n    fit = [{0} for k in range({2})]\n    return {1}*int(np.argmax(fit))/fps"
LATE = """class Late:
    def __init__(self, cam, ticks):
        self.cam, self.shots = cam, deque(maxlen={0})
        self.name, self.shape, self.source, self.error = {2}
    def latest(self, max_age=.5):
        self.shots.append(self.cam.latest())
        return {1}
"""
LIKE = "cam.name, cam.shape, cam.source, cam.error"
WRONG = {
    "misplaced_mm": [
        "def misplaced_mm(age, speed, reach): return 1e3*reach*speed*age/1e3",                   # no radians
        "def misplaced_mm(age, speed, reach): return 300*np.radians(speed*age/1e3)",             # the reach of the example
        "def misplaced_mm(age, speed, reach): return 2e3*reach*np.sin(np.radians(speed*age/1e3)/2)"],  # straight
    "swapped_episodes": [
        "def swapped_episodes(ds): return [0]",
        "def swapped_episodes(ds):\n    u = usual_views(ds)\n"
        "    return [i for i in ds.episodes['from'] if likeness(ds.frames('observation.images.overhead', [i])[0], u['wrist']) > .5]",  # rows
        "def swapped_episodes(ds):\n    a = ds.frames('observation.images.overhead', [0])[0]\n"
        "    return [e for e, i in enumerate(ds.episodes['from']) if likeness(ds.frames('observation.images.overhead', [i])[0], a) < .5]"],
    "Late": [
        LATE.format("ticks + 1", "self.shots[0]", "'late', cam.shape, cam.source, ''"),
        LATE.format("max(1, ticks)", "self.shots[0]", LIKE),                                      # one too few
        LATE.format("ticks + 1", "self.shots[-1]", LIKE),                                         # the newest
        LATE.format("ticks + 1", "Shot(self.shots[0].picture, self.shots[-1].t, self.shots[0].number)", LIKE)],
    "camera_delay": [
        FIT.format("abs(np.corrcoef(angles[k:], seen[:n-k])[0, 1])", "1e3", 16),                 # the other way round
        FIT.format("abs(np.corrcoef(angles[:n-k], seen[k:])[0, 1])", "30*1000/30/30*fps", 16),     # 30 everywhere
        FIT.format("np.corrcoef(angles[:n-k], seen[k:])[0, 1]", "1e3", 16),                      # not upside down
        FIT.format("abs(np.corrcoef(angles[:n-k], seen[k:])[0, 1])", "1e3", 15)],                # one too few
}
