"Typical wrong answers to the exercises of chapter 11c: each must fail, with a message of its own"
KEPT = '''
def kept(jobs, order, seconds):
    coming, waiting, now, good = sorted(jobs), [], 0.0, 0
    while coming or waiting:
        if not waiting: now = max(now, coming[0][0])
        while coming and coming[0][0] <= now: waiting.append(coming.pop(0))
        job = order(waiting, now)
        if job is None:
            waiting = []
            continue
        waiting.remove(job)
        now += seconds
        good += now <= job[1]
    return good
'''
WRONG = {
    "pick": [
        "def pick(jobs, most, now): return [j for j in jobs if j.until > now][:most]",                     # in the order of arrival
        "def pick(jobs, most, now): return sorted(jobs, key=lambda j: j.until)[:most]",                    # the late ones, too
        "def pick(jobs, most, now): return sorted((j for j in jobs if j.until >= now), key=lambda j: j.until)[:most]",
        "def pick(jobs, most, now): return sorted((j for j in jobs if j.until > now), key=lambda j: j.until)",
        "def pick(jobs, most, now):\n    jobs.sort(key=lambda j: j.until)\n    return [j for j in jobs if j.until > now][:most]"],
    "kept": [
        KEPT.replace("now <= job[1]", "now < job[1]"),                                                     # just in time is late
        KEPT.replace("        if not waiting: now = max(now, coming[0][0])\n", "        if not waiting: now = coming[0][0]\n"),     # back in time
            KEPT.replace("job = order(waiting, now)", "job = waiting[0]"),                                     # ignores the order
        KEPT.replace("coming[0][0] <= now", "True"),                                                       # knows the future
            KEPT.replace("sorted(jobs)", "list(jobs)"),
        KEPT.replace("            waiting = []\n            continue\n", "            job = waiting[0]\n")],
    "quantile": [
        "def quantile(t, q): return .05",
        "def quantile(t, q):\n    r = [l.split('\"')[1:] for l in t.splitlines() if 'infer_seconds_bucket{' in l]\n    c = {float(b): float(n.strip('} ')) for b, n in r}\n    return min(b for b, n in c.items() if n > q*c[float('inf')])",
        "def quantile(t, q):\n    r = [l.split('\"')[1:] for l in t.splitlines() if 'bucket{' in l]\n    c = [(float(b), float(n.strip('} '))) for b, n in r]\n    return min(b for b, n in c if n >= q*100)",
        "def quantile(t, q):\n    r = [l.split('\"')[1:] for l in t.splitlines() if 'infer_seconds_bucket{' in l]\n    return next(float(b) for b, n in r if float(n.strip('} ')) >= q*100)"],
}
