"Chapter 11c: what the exercises on the server ask for"
from smolvla.learn import exercise, same
from smolvla.serve.loop import Look
from smolvla.serve.server import Job

def jobs(): return [Job(Look(i, 0, 0.0, {}), until) for i, until in enumerate((5.0, 0.5, 2.0, 9.0, 3.0))]
def picked(answer, most, now): return [j.look.id for j in answer(jobs(), most, now)]
def untouched(answer):
    given = jobs()
    answer(given, 2, 1.0)
    return [j.look.id for j in given] == [0, 1, 2, 3, 4]

@exercise(hint="`sorted` with a key; a Job knows `until`.")
def pick(answer):
    yield "no more than asked for", lambda: len(picked(answer, 2, 0.0)) == 2 and len(picked(answer, 9, 0.0)) == 5, "`most` jobs at most, and all of them when there are fewer"
    yield "the earliest deadlines, the earliest first", lambda: picked(answer, 3, 0.0) == [1, 2, 4], "the deadlines are 5, 0.5, 2, 9 and 3 seconds"
    yield "who is too late is dropped", lambda: picked(answer, 3, 1.0) == [2, 4, 0], "at second 1 the deadline of 0.5 has passed, and makes room for another"
    yield "a deadline of right now has passed", lambda: picked(answer, 9, 5.0) == [3], "later than now, not equal"
    yield "the waiting room itself stays as it is", lambda: untouched(answer), "sort a new list, not the one you were given"

def first(waiting, now): return min(waiting)
def urgent(waiting, now): return min(waiting, key=lambda j: j[1])
def nobody(waiting, now): return None
def bounded(order, most=50):
    "An order that stops a simulation that never ends"
    calls = []
    def f(waiting, now):
        calls.append((now, list(waiting)))
        if len(calls) > most: raise RuntimeError("the order was asked 50 times for a handful of jobs: is each served job taken off the list?")
        return order(waiting, now)
    f.calls = calls
    return f

def seen(answer, given, seconds):
    order = bounded(first)
    answer(given, order, seconds)
    return [(round(now, 6), waiting) for now, waiting in order.calls]

@exercise(hint="A loop: sleep until the next arrival if nobody waits, let in who has arrived, ask `order`, add `seconds`, compare with `until`.")
def kept(answer):
    late = [(0., 9.), (.5, 3.), (.6, 2.)]  # the third is the most urgent, but comes last
    yield "one job in time, one late", lambda: answer([(0., 1.)], bounded(first), 1.) == 1 and answer([(0., .9)], bounded(first), 1.) == 0, "a job that is finished exactly at `until` is in time"
    yield "the second waits for the first", lambda: answer([(0., 1.), (.5, 1.6)], bounded(first), 1.) == 1, "one job at a time: the second, which comes at 0.5, is begun at second 1 and finished at 2"
    yield "an idle server sleeps until somebody comes", lambda: answer([(5., 6.), (9., 10.)], bounded(first), 1.) == 2, "when nobody waits, the time is that of the next arrival"
    yield "the order decides", lambda: answer(late, bounded(first), 1.) == 2 and answer(late, bounded(urgent), 1.) == 3, "serve the job that `order` returned"
    yield "who has not arrived is not asked for", lambda: seen(answer, [(0., 9.), (.5, 9.), (1., 9.)], 1.) == [(0., [(0., 9.)]), (1., [(.5, 9.), (1., 9.)]), (2., [(1., 9.)])], \
        "print what your function hands to `order`: those that have arrived by now, arrives <= now, and nobody else"
    yield "jobs in any order", lambda: answer([(9., 10.), (5., 6.)], bounded(first), 1.) == 2, "the list need not be sorted by arrival"
    yield "when the order wants none, all that wait are given up", lambda: answer([(0., 9.), (0., 9.), (3., 9.)], bounded(nobody), 1.) == 0, "`None` empties the waiting room, and the server goes on"

def metrics(counts, name="smolvla_infer_seconds"):
    return "\n".join([f'{name}_bucket{{le="{b}"}} {n}' for b, n in counts.items()] + [f"{name}_sum 10.5", f"{name}_count {max(counts.values())}"])

@exercise(hint='Split a line at its quotation marks; `float("+Inf")` works. The bucket `+Inf` holds all.')
def quantile(answer):
    text = metrics({"0.01": 0, "0.05": 90, "0.2": 99, "+Inf": 100})
    more = metrics({"0.01": 500, "+Inf": 500}, "smolvla_wait_seconds")
    yield "half of the answers took 0.05 s at most", lambda: same(answer(text, .5), .05), "90 of 100 answers took 0.05 s or less, none took 0.01 s"
    yield "a share that is exactly reached is enough", lambda: same(answer(text, .9), .05), "at least the share q"
    yield "the counts already include the smaller bounds", lambda: same(answer(text, .95), .2), "do not add the buckets up"
    yield "the slowest answer lies beyond all bounds", lambda: answer(text, 1.) == float("inf"), "only the bucket +Inf holds all hundred"
    yield "the other lines are of other metrics", lambda: same(answer(f"smolvla_sessions 3\n{more}\n{text}\nsmolvla_closing 0\n", .5), .05), "take the lines of smolvla_infer_seconds_bucket only"
    yield "the order of the lines does not matter", lambda: same(answer("\n".join(text.splitlines()[::-1]), .95), .2), "the smallest bound that is enough, not the first line"
