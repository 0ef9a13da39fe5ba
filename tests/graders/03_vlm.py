"Typical wrong answers to the exercises of chapter 03: each must fail, with a message of its own"
ASK = "def error_without(camera, point_at, rows, places):\n    g = point_at(rows, ['where is the red cube?']*len(rows), cameras=(camera != 0, camera != 1))[:, 0]\n"
WORDS = "def word_weights(question, point_at, rows):\n    words = question.split()\n    def say(ws): return point_at(rows, [' '.join(ws)]*len(rows))[:, 0, :2]\n"
WRONG = {
    "unshuffle": [
        "def unshuffle(x, scale): return x.reshape(len(x), -1, x.shape[-1]//scale**2)",                     # no transpose
        "def unshuffle(x, scale): return x.view(len(x), x.shape[1]*scale, -1)",
        "def unshuffle(x, scale): return pixel_shuffle(x.reshape(len(x), -1, x.shape[-1]//4), 2).reshape(len(x), -1, x.shape[-1]//4) if scale == 2 and x.shape[1] > 1 else x.reshape(len(x), -1, x.shape[-1]//scale**2)"],
    "tokens_for": [
        "def tokens_for(image_size, scale_factor): return 16*image_size//128",
        "def tokens_for(image_size, scale_factor): return (image_size//16)**2//scale_factor//2",
        "def tokens_for(image_size, scale_factor): return (image_size//16)**2"],
    "error_without": [
        ASK + "    return round((g - places).norm(dim=-1).median().item()*1000)",
        ASK.replace("camera != 0, camera != 1", "camera != 1, camera != 0") + "    return round((g - places)[:, :2].norm(dim=-1).median().item()*1000)",
        ASK + "    return (g - places)[:, :2].norm(dim=-1).median().item()*1000"],
    "word_weights": [
        WORDS + "    return {w: round((say([w]) - say(words)).norm(dim=-1).median().item()*1000) for w in words}",         # keeps only the word
        WORDS + "    return {w: round((say([x for x in words if x != w]) - say(words)).norm(dim=-1).mean().item()*1000) for w in words}",
        WORDS + "    return {w.strip('?'): 0 for w in words}"],
}
