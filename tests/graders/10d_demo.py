"Typical wrong answers to the exercises of chapter 10d: each must fail, with a message of its own"
WRONG = {
    "agreement": [
        "def agreement(c): return np.ptp(c[:, :, 0])",                                                     # all steps
        "def agreement(c): return np.abs(c[:, -1, 0]).max()",                                              # largest angle
        "def agreement(c): return np.ptp(c[:, -1, 0]) + (len(c) == 2)"],
    "words_share": [
        "def words_share(w, n_words=24): return w[..., -1 - n_words:-1].sum(-1)",                          # not averaged
        "def words_share(w, n_words=24): return w[..., -n_words:].sum(-1).mean(-1)",                       # the state for a word
        "def words_share(w, n_words=24): return w[..., -1 - n_words:-1].sum(-1).amax(-1)",
        "def words_share(w, n_words=24): return w[..., 32:56].sum(-1).mean(-1)",                           # always 24 words
        "def words_share(w, n_words=24): return w[..., :-1].sum(-1).mean(-1)",
        "def words_share(w, n_words=24): return w[..., -n_words:-1].sum(-1).mean(-1)"],                    # the first word is missing
    "hearing": [
        "def hearing(e):\n    d = lambda a: np.linalg.norm(a[:, None] - a[None], axis=-1)\n    return d(e.swapaxes(0, 1)).mean()/d(e).mean()",    # upside down
        "def hearing(e): return np.linalg.norm(e[0] - e[1], axis=-1).mean()",                              # no quotient
        "def hearing(e): return np.linalg.norm(e[0] - e[1], axis=-1).mean()/np.linalg.norm(e[:, 0] - e[:, 1], axis=-1).mean()",   # first pairs only
        "def hearing(e):\n    p = lambda a: np.mean([np.abs(a[i] - a[j]).sum(-1).mean() for i in range(len(a)) for j in range(i)])\n    return p(e)/p(e.swapaxes(0, 1))"],
}
