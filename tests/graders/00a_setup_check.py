"Typical wrong answers to the exercises of chapter 00a: each must fail, with a message of its own"
FIRST = "    def s(call):\n        t = time.perf_counter()\n        call()\n        return time.perf_counter() - t\n"
WRONG = {
    "check_load": [
        "def check_load(limit=1.5): return os.getloadavg()[0]/os.cpu_count() <= limit",
        "def check_load(limit=1.5): return Check('load', os.getloadavg()[0] <= limit, '', 'close')",
        "def check_load(limit=1.5):\n    x = os.getloadavg()[0]/os.cpu_count()\n    return Check('load', x <= 1.5, f'{x}', '' if x <= 1.5 else 'close')",
        "def check_load(limit=1.5): return Check('load', os.getloadavg()[0]/os.cpu_count() <= limit, '', 'close programs')"],
    "codec_errors": [
        "def codec_errors(codecs):\n    sent = moving_square()\n    return {c: np.abs(encode_decode(sent, c) - sent).mean() for c in codecs}",
        "def codec_errors(codecs):\n    sent = moving_square()\n    return {c: abs((encode_decode(sent, c).astype(int) - sent).mean())/255 for c in codecs}",
        "def codec_errors(codecs): return {c: 3. for c in ('h264', 'mpeg4')}"],
    "speedup": [
        "def speedup(f, g, repeats=9):\n" + FIRST + "    return s(g)/s(f)",
        "def speedup(f, g, repeats=9):\n" + FIRST + "    return sum(s(f) for _ in range(repeats))/sum(s(g) for _ in range(repeats))",
        "def speedup(f, g, repeats=9):\n" + FIRST + "    f(), g()\n    return np.mean([s(f)/s(g) for _ in range(repeats)])",
        "def speedup(f, g, repeats=9):\n" + FIRST + "    f(), g()\n    return np.median([s(f) for _ in range(repeats)])/np.median([s(g) for _ in range(repeats)])"],
}
