"Chapter 10d: what the exercises on looking inside a policy ask for"
import numpy as np
import torch
from smolvla.learn import exercise, same

def chunks(*ends):
    "Chunks of 32 actions, wild but for the shoulder pan of the last"
    made = np.random.default_rng(0).normal(size=(len(ends), 32, 6))*90
    made[:, -1, 0] = ends
    return made

@exercise(hint="Only the last step of each chunk counts, and joint 0.")
def agreement(answer):
    yield "ends at 0, 5 and 1 degrees are 5 degrees apart", lambda: same(answer(chunks(0, 5, 1)), 5.), "chunks[k, -1, 0] is the end of chunk k for the shoulder pan"
    yield "below zero as well", lambda: same(answer(chunks(-7, 2, -3, 1)), 9.), "the distance between two ends, not the largest angle"
    yield "plans that agree have no spread", lambda: same(answer(chunks(4, 4)), 0.), "the same end twice is 0 degrees apart"

def toy(*pairs):
    "One layer for each pair: half of the attention at each of its columns"
    made = torch.zeros(len(pairs), 3, 57)
    for layer, pair in zip(made, pairs):
        for column in pair: layer[:, column] += .5
    return made

@exercise(hint="The words stand before the last column, which is the state.")
def words_share(answer):
    some = torch.zeros(1, 4, 57)
    some[0, 0, 40], some[0, 1:, 0] = 1, 1
    yield "one share for each layer", lambda: tuple(answer(toy((0, 1), (40, 41)), 24).shape) == (2,), "the shape is (layers,)"
    yield "pictures are no words, words are", lambda: same(answer(toy((0, 31), (40, 41)), 24), [0., 1.]), "57 columns: 32 for the cameras, 24 words, the state"
    yield "the state is no word", lambda: same(answer(toy((40, 56)), 24), [.5]), "the last column is the state"
    yield "the first and the last word count", lambda: same(answer(toy((32, 55), (31, 32)), 24), [1., .5]), "look at both ends of your slice: words are columns 32 to 55 here"
    yield "averaged over the actions", lambda: same(answer(some, 24), [.25]), "one of four actions looks at a word only: a quarter"
    yield "as many words as are said", lambda: same(answer(toy((40, 41), (54, 55)), 10), [0., 1.]), "with n_words=10 the words are columns 46 to 55"

def ends(words, noise): return np.array(words, float)[:, None] + np.array(noise, float)[None]  # (s,1,3) + (1,k,3)

@exercise(hint="Write a helper that gives the mean distance over all pairs along the first axis; the other axis is the same on a swapped array.")
def hearing(answer):
    right, up = np.array([1., 0, 0]), np.array([0, 0, 1.])
    noise = [0*up, up]
    wild = np.random.default_rng(0).normal(size=(3, 4, 3))
    def by_hand():
        gap = lambda a, b: np.sqrt(((a - b)**2).sum())
        between = np.mean([gap(wild[s, k], wild[t, k]) for s in range(3) for t in range(s) for k in range(4)])
        within = np.mean([gap(wild[s, k], wild[s, j]) for s in range(3) for k in range(4) for j in range(k)])
        return between/within
    yield "who ignores the words scores 0", lambda: same(answer(ends([0*right, 0*right], noise)), 0.), "same noise, same end: the sentences make no difference"
    yield "words that move three times as far as noise score 3", lambda: same(answer(ends([0*right, 3*right], noise)), 3.), "sentences above, noises below the line"
    yield "it does not matter in which unit you measure", lambda: same(answer(ends([0*right, 3*right], noise)*1000), 3.), "a quotient of two distances has no unit"
    yield "three sentences: the mean over their three pairs", lambda: same(answer(ends([0*right, right, 5*right], noise)), 10/3), "the pairs here are 1, 4 and 5 apart; an end is not compared with itself"
    yield "any ends", lambda: same(answer(wild), by_hand()), "compare the same noise of two sentences, and two noises of the same sentence; the length of a difference, not of its parts"
