"Typical wrong answers to the exercises of chapter 09d: each must fail, with a message of its own"
POOL = '''
class Pooled(torch.nn.Module):
    def __init__(self, d):
        super().__init__()
        self.ask, self.read = torch.nn.Parameter(torch.randn(7, d)/d**.5), torch.nn.Linear(d, 2)
    def forward(self, patches):
'''
WRONG = {
    "guess_error": [
        "def guess_error(p): return np.nanmedian(np.linalg.norm(p - np.nanmean(p, 0), axis=1))",                       # metres
        "def guess_error(p): return np.median(np.linalg.norm(p - p.mean(0), axis=1))*1000",                            # NaN spoils it
        "def guess_error(p): return np.nanmean(np.linalg.norm(p - np.nanmean(p, 0), axis=1))*1000"],                   # mean
    "blinded": [
        "def blinded(scenes, camera):\n    blind = copy.copy(scenes)\n    for a in blind.images: a[:, camera] = 128\n    return blind",   # shares the arrays
        "def blinded(scenes, camera):\n    blind = copy.copy(scenes)\n    blind.images = [np.array(a) for a in scenes.images]\n    blind.images[0][:, camera] = 128\n    return blind",
        "def blinded(scenes, camera):\n    blind = copy.copy(scenes)\n    blind.images = [np.full_like(a, 128) for a in scenes.images]\n    return blind",
        "def blinded(scenes, camera):\n    blind = copy.copy(scenes)\n    blind.images = [np.array(a) for a in scenes.images]\n    for a in blind.images: a[camera] = 128\n    return blind"],
    "miss": [
        "def miss(ask, where): return np.nanmedian([np.linalg.norm(ask(i) - w)*1000 for i, w in enumerate(where) if w[0] == w[0]])",       # height too
        "def miss(ask, where): return np.nanmedian([np.linalg.norm((ask(i) - w)[:2])*1000 for i, w in enumerate(where[~np.isnan(where[:, 0])])])",  # numbers shifted
        "def miss(ask, where): return np.abs(ask(0) - where[0])[:2]"],
    "Pooled": [
        POOL + "        return self.read((self.ask @ patches.mT).softmax(-1) @ patches)",                                  # not in pixels
        POOL + "        return self.read((self.ask @ patches.mT).softmax(1) @ patches)*64 + 64",                           # softmax over the things
        POOL + "        return self.read(patches.mean(1, keepdim=True)).expand(-1, 7, -1)*64 + 64",                        # one mean for all
        POOL + "        return self.read(self.ask*patches.mean(1, keepdim=True))*64 + 64",
        POOL + "        return self.read(patches)*64 + 64"],
    "race_verdict": [
        "def race_verdict(run, seeds):\n    s, f = np.array([[run(w, i) for w in (True, False)] for i in seeds]).T\n    return int((f <= s).sum()), float(np.median(f/s))",
        "def race_verdict(run, seeds):\n    s, f = np.array([[run(w, i) for w in (True, False)] for i in seeds]).T\n    return int((f < s).sum()), float(np.median(f)/np.median(s))",
        "def race_verdict(run, seeds):\n    s, f = np.array([[run(w, i) for w in (True, False)] for i in seeds]).T\n    return int((f < s).sum()), float(np.median(s/f))",
        "def race_verdict(run, seeds):\n    return sum(run(False, i) < run(True, i) for i in seeds), float(np.median([run(False, i)/run(True, i) for i in seeds]))"],
}
