"Chapter 03: what the exercises on the vision-language model ask for"
import torch
from smolvla.learn import exercise, same
from smolvla.model.vlm import pixel_shuffle

def numbered(side, d, batch=1): return torch.arange(batch*side*side*d, dtype=torch.float32).view(batch, side*side, d)

@exercise(hint="The same view and the same transpose as `pixel_shuffle`, backwards.")
def unshuffle(answer):
    def back(side, d, scale, batch=1): return answer(pixel_shuffle(numbered(side, d, batch), scale), scale)
    yield "the shape of the patches", lambda: tuple(answer(torch.zeros(2, 4, 12), 2).shape) == (2, 16, 3), "scale*scale patches for each token, each as many times shorter"
    yield "one token, back into four patches", lambda: same(back(2, 3, 2), numbered(2, 3)), "with a single token the order needs no transpose: look at the shapes"
    yield "patches in their old order", lambda: same(back(4, 1, 2), numbered(4, 1)), "number the patches 0 to 15, shuffle, and print what comes back as 4 x 4"
    yield "another scale, more numbers, more pictures", lambda: same(back(6, 5, 3, 2), numbered(6, 5, 2)), "use scale, d and B instead of numbers"

@exercise(hint="`config.vision_config.image_size` and `config.scale_factor` may be set; `tokens_per_image` counts.")
def tokens_for(answer):
    yield "the nano VLM as it is: 16", lambda: answer(128, 2) == 16, "128 pixels, patches of 16, two by two in a token"
    yield "a bigger picture", lambda: answer(256, 2) == 64, "twice the side, but how many times the patches?"
    yield "more patches in a token", lambda: answer(128, 4) == 4, "the scale factor counts in both directions"
    yield "both", lambda: answer(256, 4) == 16 and answer(64, 1) == 16, "neither argument may be ignored"

def pointing(places, errors=(.01, .06, .03), asked=None):  # errors in m: with both, without overhead, without wrist
    "A VLM that errs by so much, and much more about heights and second places"
    def point_at(rows, questions, cameras=(True, True)):
        if asked is not None: asked.append((list(questions), tuple(bool(c) for c in cameras)))
        assert len(questions) == len(rows), "one question for each scene"
        off = errors[0 if all(cameras) else 1 if not cameras[0] else 2]*torch.tensor([.6, .8, 0.]) + torch.tensor([0., 0., .5])
        first = places[torch.as_tensor(rows)] + off*torch.tensor([.5, .5, 1., 1., 1., 1., 40.])[:len(rows), None]
        return torch.stack([first, first + 3], 1)
    return point_at

@exercise(hint="`point_at(...)[:, 0]` are the places asked for, of which `[:, :2]` is the table; `norm(dim=-1)` is a distance.")
def error_without(answer):
    places, rows, asked = torch.rand(7, 3, generator=torch.Generator().manual_seed(0)), torch.arange(7), []
    def found(camera, **how): return answer(camera, pointing(places, asked=asked, **how), rows, places)
    yield "it asks for the red cube", lambda: found(None) is not None and asked[-1][0] == ["where is the red cube?"]*7, "the question of the task, once for each scene"
    yield "nothing is covered: 10 mm", lambda: same(found(None), 10), "the median, in millimetres, of x and y only; of two places the first was asked for"
    yield "without overhead", lambda: same(found(0), 60) and asked[-1][1] == (False, True), "camera 0 is overhead, the first of the two bools; True is seen"
    yield "without wrist", lambda: same(found(1), 30), "camera 1 is wrist, the second of the two bools"
    yield "whole millimetres", lambda: isinstance(found(0, errors=(.01, .0604, .03)), int) and found(0, errors=(.01, .0604, .03)) == 60, "`round` of a float makes an int"

def reading(asked=None):
    "A VLM that reads red, cube? and first: each moves its answer by a length of its own"
    def point_at(rows, questions, cameras=(True, True)):
        if asked is not None: asked.append(list(questions))
        far = torch.tensor([(("red" in q.split())*.05 + ("cube?" in q.split())*.02 + q.startswith("where")*.01) for q in questions])
        far = far*torch.tensor([.5, 1., 1., 1., 20.])[:len(far)]
        first = torch.stack([far*.6, far*.8, far*9], 1)
        return torch.stack([first, first*7], 1)
    return point_at

@exercise(hint="One call of `point_at` for the whole question, one for each word left out; the same words in the same order otherwise.")
def word_weights(answer):
    rows, asked = torch.arange(5), []
    def found(question): return answer(question, reading(asked), rows)
    yield "an entry for each word", lambda: list(found("where is the red cube?")) == ["where", "is", "the", "red", "cube?"], "words are what stands between spaces, in the order of the question"
    yield "each question lacks one word", lambda: sorted({q for qs in asked for q in qs}) == sorted(
        ["where is the red cube?", "is the red cube?", "where the red cube?", "where is red cube?", "where is the cube?", "where is the red"]), "print the questions that you ask: the spaces, too"
    yield "a word that is not read weighs nothing", lambda: found("where is the red cube?")["the"] == 0, "the same answer with and without it is a distance of 0"
    yield "a word that is read", lambda: same([found("where is the red cube?")[w] for w in ("where", "red", "cube?")], [10, 50, 20]), \
        "the median distance on the table between the two answers, first places only, in whole millimetres"
    yield "another question", lambda: same(list(found("touch red things").values()), [0, 50, 0]), "the words come from the argument"
