"Statistics against numbers worked out by hand: each one alone, joined, of pictures, and as files have them."
import json, shutil
from pathlib import Path
import numpy as np, pytest
from smolvla.data import layout as D_layout
from smolvla.data import stats as D_stats
from smolvla.data import writer as D_writer
import smolvla.data.dataset as D
from smolvla.data.dataset import LeRobotDataset, load_stats
from smolvla.files import DatasetError
from smolvla.data.stats import PixelStats, aggregate_stats, vector_stats
from test_data import make, shared

QUANTILES = {"q01": .01, "q10": .1, "q50": .5, "q90": .9, "q99": .99}

@pytest.fixture
def root(shared, tmp_path): return Path(shutil.copytree(shared, tmp_path/"set"))

def same(got, want):
    assert got.keys() == want.keys()
    for k in want: np.testing.assert_allclose(got[k], want[k], rtol=1e-12, err_msg=k)

def change(path, do):
    d = json.loads(path.read_text())
    path.write_text(json.dumps(do(d) or d))

# --- vectors ---

def test_a_column():
    x = np.stack([np.arange(101.), 5 - 2*np.arange(101.)], 1).astype(np.float32)
    by_hand = {"min": [0, -195], "max": [100, 5], "mean": [50, -95], "std": np.sqrt((101**2 - 1)/12)*np.array([1, 2]), "count": [101],
               **{k: [100*q, 5 - 200*(1 - q)] for k, q in QUANTILES.items()}}
    got = vector_stats(x)
    same(got, by_hand)
    assert got["count"].shape == (1,) and got["mean"].dtype == got["std"].dtype == got["q50"].dtype == np.float64

@pytest.mark.parametrize("shape,size", [((4,), 1), ((4, 3), 3), ((4, 2, 3), 6)])
def test_one_number_for_each_value(shape, size):
    for k, v in vector_stats(np.zeros(shape)).items(): assert v.shape == ((1,) if k == "count" else (size,))

def test_sums_are_in_float64():
    x = np.full((200_000, 1), 1e4, np.float32)
    x[::2] += 1
    got = vector_stats(x)
    np.testing.assert_allclose([got["mean"][0], got["std"][0]], [10000.5, .5], rtol=1e-9)

# --- joined ---

def test_unequal_parts():
    a, b = np.array([[0.], [2.]]), np.array([[10.], [12.], [14.], [16.], [18.], [20.]])
    joined = aggregate_stats([{"x": vector_stats(a)}, {"x": vector_stats(b)}])["x"]
    whole = vector_stats(np.concatenate([a, b]))
    weighted = {q: (2*vector_stats(a)[q] + 6*vector_stats(b)[q])/8 for q in QUANTILES}
    same(joined, {**whole, **weighted})

def test_one_part_is_that_part():
    one = vector_stats(np.arange(5.))
    joined = D_stats.join_stats([one])
    same(joined, one)
    joined["mean"] = 7
    assert one["mean"] == 2

def test_what_one_part_lacks():
    a, b = vector_stats(np.zeros((2, 1))), vector_stats(np.ones((2, 1)))
    for name in ("q01", "min", "max"):
        less = {k: v for k, v in b.items() if k != name}
        for parts in ([a, less], [less, a]): assert D_stats.join_stats(parts).keys() == a.keys() - {name}
    for name in ("mean", "std", "count"):
        less = {k: v for k, v in b.items() if k != name}
        for parts in ([a, less], [less, a]):
            with pytest.raises(DatasetError, match=f"without {name} cannot"): D_stats.join_stats(parts)
    joined = aggregate_stats([{"x": a}, {"x": b, "y": b}])
    assert joined["x"]["count"] == 4 and joined["x"]["mean"] == .5
    same(joined["y"], b)

def test_shapes_that_differ():
    with pytest.raises(DatasetError, match="different shapes"): D_stats.join_stats([vector_stats(np.zeros((2, 1))), vector_stats(np.zeros((2, 3)))])

def test_pictures_join_too():
    parts = []
    for v, n in ((0, 1), (255, 3)):
        p = PixelStats()
        for _ in range(n): p.add(np.full((4, 4, 3), v, np.uint8))
        parts.append({"camera": p.stats()})
    joined = aggregate_stats(parts)["camera"]
    assert joined["mean"].shape == (3, 1, 1) and joined["count"] == [4]
    np.testing.assert_allclose(joined["mean"].ravel(), .75)
    np.testing.assert_allclose(joined["std"].ravel(), np.sqrt(.75*.25))
    np.testing.assert_allclose([joined["min"].ravel(), joined["max"].ravel()], [[0]*3, [1]*3])

# --- pictures ---

def test_a_picture():
    "100 pixels: colour 0 is 0..99, colour 1 is constant, colour 2 has one bright pixel"
    f = np.zeros((10, 10, 3), np.uint8)
    f[..., 0] = np.arange(100).reshape(10, 10)
    f[..., 1] = 255
    f[0, 0, 2] = 51
    p = PixelStats()
    p.add(f)
    p.add(f)
    got = {k: v.ravel() for k, v in p.stats().items()}
    same(got, {"min": [0, 1, 0], "max": [99/255, 1, .2], "mean": [49.5/255, 1, .002], "std": [np.sqrt((100**2 - 1)/12)/255, 0, .2*np.sqrt(.01*.99)],
               "q01": [0, 1, 0], "q10": [9/255, 1, 0], "q50": [49/255, 1, 0], "q90": [89/255, 1, 0], "q99": [98/255, 1, 0], "count": [2]})

@pytest.mark.parametrize("size,step", [((149, 100), 1), ((299, 10), 1), ((300, 10), 2), ((10, 300), 2), ((480, 640), 4)])
def test_large_pictures_are_thinned_out(size, step):
    f = np.zeros((*size, 3), np.uint8)
    f[::step, ::step] = 200
    p = PixelStats()
    p.add(f)
    mean = 200/255 if step > 1 else f.mean()/255
    np.testing.assert_allclose(p.stats()["mean"].ravel(), mean)
    assert p.hist.sum(1).tolist() == [len(range(0, size[0], step))*len(range(0, size[1], step))]*3

# --- as files have them ---

def test_columns_of_the_episode_table():
    row = {"length": 3, "stats/a/mean": [1.], "stats/a/std": [2.], "stats/b.c/mean": [3.], "stats/b.c/std": None, "stats/d/e/mean": [4.], "other/a/mean": [5.], "stats/f": [6.]}
    got = D_stats.unflatten_stats(row)
    assert D_stats.plain(got) == {"a": {"mean": [1.], "std": [2.]}, "b.c": {"mean": [3.]}} and isinstance(got["a"]["mean"], np.ndarray)

@pytest.mark.parametrize("bad", [[], "no", {"a": [1]}, {"a": {"mean": ["x"]}}, {"a": {"mean": [[1], [1, 2]]}}, {"a": {"mean": None}}, {"a": {"mean": [1]}, "b": 3}, {"a": {"mean": [1], "std": ["1"]}}])
def test_what_is_no_number(bad):
    with pytest.raises(DatasetError, match="what.json holds other things than numbers"): D_stats.arrays(bad, "what.json")

def test_every_kind_of_number():
    for v in ([True], [1], [1.5]): assert D_stats.arrays({"a": {"mean": v}})["a"]["mean"].tolist() == v
    assert D_stats.arrays({}) == {}

@pytest.mark.parametrize("told,count", [([7], 7), (7, 7), ([[7]], 7), ([], 5), ([0], 5), ([-1], 5), ([1], 1), ([1e15], 5), ([float("nan")], 5), ([7, 9], 7), (None, 5)])
def test_a_count_that_is_none(told, count):
    d = {"mean": np.zeros(2), "std": np.ones(2)} | ({} if told is None else {"count": np.array(told)})
    got = D_stats.counted({"a": d, "b": {"mean": np.zeros(1)}, "c": {"std": np.zeros(1)}}, 5)
    assert got.keys() == {"a"} and got["a"].keys() == {"mean", "std", "count"} and got["a"]["count"].tolist() == [count]

@pytest.mark.parametrize("stat", ["mean", "std", "min", "max"])
@pytest.mark.parametrize("size", [1, 3])
def test_one_statistic_for_each_value(root, stat, size):
    change(root/"meta/stats.json", lambda d: d["action"].update({stat: [0.]*size}))
    with pytest.raises(DatasetError, match=f"{stat} of action has {size} numbers for 2 values"): load_stats(root, D_layout.load_info(root))

def test_other_statistics_may_have_any_shape(root):
    change(root/"meta/stats.json", lambda d: d["action"].update(median=[1, 2, 3]) or d.update(stranger=dict(mean=[1, 2, 3, 4], std=[1])))
    assert load_stats(root, D_layout.load_info(root))["action"]["median"].tolist() == [1, 2, 3]

def by_hand(root):
    ds = LeRobotDataset(root)
    return {k: vector_stats(ds.column(k)) for k in ("action", "observation.state", "index")}

def check(stats, want):
    for k, d in want.items():
        for q in ("mean", "std", "min", "max", "count"): np.testing.assert_allclose(stats[k][q], d[q], rtol=1e-9, err_msg=f"{q} of {k}")

def test_the_file_of_a_whole_set(root):
    check(load_stats(root, D_layout.load_info(root)), by_hand(root))

@pytest.mark.parametrize("told", [27, 29])
def test_a_file_that_lags_behind_is_not_believed(root, told):
    want = by_hand(root)
    change(root/"meta/stats.json", lambda d: d["index"].update(count=[told]) or d["action"].update(mean=[99., 99.]))
    check(load_stats(root, D_layout.load_info(root)), want)

def test_a_file_without_an_index_is_believed(root):
    change(root/"meta/stats.json", lambda d: d.pop("index") and d["action"].update(mean=[99., 98.]))
    assert load_stats(root, D_layout.load_info(root))["action"]["mean"].tolist() == [99, 98]

def test_a_set_without_the_file(root):
    (root/"meta/stats.json").unlink()
    with pytest.raises(DatasetError, match="has no meta/stats.json.*smolvla_doctor"): load_stats(root, D_layout.load_info(root))
    (root/"meta/episodes_stats.jsonl").write_text("")            # v2.1 has one, and here the table knows
    check(load_stats(root, D_layout.load_info(root)), by_hand(root))

def test_an_episode_that_does_not_know_its_own(root, monkeypatch):
    want, info, real = by_hand(root), D_layout.load_info(root), D.stats_of_episodes
    check(D.episode_stats(root, info), want)
    def forgets(root, info):
        parts = real(root, info)
        del parts[1]["action"]
        parts[0]["observation.state"]["mean"] += 1               # believed where all know it
        return parts
    monkeypatch.setattr(D, "stats_of_episodes", forgets)
    got = D.episode_stats(root, info)
    check(got, want)
    assert set(got) >= {"action", "observation.state", "observation.images.overhead"}
    monkeypatch.setattr(D, "stats_of_episodes", lambda root, info: [{k: d for k, d in p.items() if k not in D_layout.AUTO_FEATURES} for p in real(root, info)])
    assert "index" not in D.episode_stats(root, info), "nobody needs those"
    monkeypatch.setattr(D, "stats_of_episodes", lambda root, info: [])
    assert D.episode_stats(root, info) == {}

def test_exact_statistics_believe_no_file(root):
    (root/"meta/stats.json").write_text("{}")
    got = D.exact_stats(root)
    check(got, by_hand(root))
    assert "observation.images.overhead" not in got

def test_what_is_known_is_not_counted_anew(tmp_path, monkeypatch):
    features = {"action": D_writer.vector_feature(["a", "b"])}
    with D_writer.DatasetWriter(tmp_path/"set", 30, features) as w:
        for e in range(2):
            for i in range(4): w.add_frame({"action": [i, e]}, "t")
            w.save_episode()
    def never(root): raise AssertionError("all episodes know their own")
    monkeypatch.setattr(D_writer, "exact_stats", never)
    assert D.episode_stats(tmp_path/"set", D_layout.load_info(tmp_path/"set"))["action"]["mean"].tolist() == [1.5, .5]
