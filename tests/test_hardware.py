"hardware/: our printable parts, the plates of the official arm, the sheets of paper, the guides."
import ast, importlib, importlib.util, inspect, io, json, re, subprocess, sys, zipfile
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("manifold3d", reason="pip install -e '.[print]'")
import trimesh
from fastcore.script import anno_parser

from smolvla.workshop import accessories
from smolvla.workshop import solids as printing
from smolvla.sim import twin as sim
from smolvla.workshop.accessories import (
    A3, A4, Sizes, all_parts, draw_board, draw_mat, fits, sheet, write_parts)
from smolvla.workshop.solids import (
    PRINTED, Part, arm_plates, arm_solids, box, cylinder, fit, holes, manifold, print_arm, sha,
    stl_bytes, threemf_bytes)

ROOT = Path(__file__).resolve().parent.parent
HARDWARE, PRINT = ROOT/"hardware", ROOT/"hardware"/"print"
parts = cache(all_parts)
NAMES = sorted(parts())

# ---- our parts

@pytest.mark.parametrize("c", [.1, .2, .35])
def test_every_part_keeps_its_promises(c):
    assert not [b for p in parts(Sizes(c=c)).values() for b in p.check(bed=180)]

@pytest.mark.parametrize("c", [.2, .3])
def test_every_part_fits(c):
    for name, (f, low, high) in fits(parts(Sizes(c=c)), Sizes(c=c)).items():
        assert abs(f.overlap) < .01 and low <= f.gap <= high and f.nearest != "nothing", f"{name}: {f}, promised {low} to {high}"

def test_a_part_in_the_wrong_place_is_found():
    "The check of the fit is not blind: half a millimetre up and the saddle is inside the forearm"
    saddle = parts()["jig_forearm"].manifold.transform(accessories.head_place(accessories.SADDLE_X))
    assert fit(saddle, arm_solids()).overlap == 0
    assert fit(saddle.translate((0, 0, .5)), arm_solids()).overlap > 100
    assert fit(saddle.translate((500, 0, 0)), arm_solids()).nearest == "nothing"

@pytest.mark.parametrize("solid,word", [
    (box(30, 30, 5) - box(28.2, 28.2, 9).at(z=-1), "thinner"), (box(30, 30, 5) - box(26, 26, 9).at(z=.4), "floor"), (box(30, 30, 5).at(z=1), "not on the bed"),
    (box(9, 9, 9) + box(9, 9, 9).at(30), "pieces"), (box(171, 9, 9), "does not fit"), (box(9, 9, 181), "does not fit"), (box(30, 30, 5) - cylinder(3.1, 9).at(z=-1), "no hole of 3.3")],
    ids=["wall", "floor", "lifted", "two", "long", "high", "hole"])
def test_each_check_can_fail(solid, word):
    bad = Part("bad", solid, holes={2: [3.3]} if "hole" in word else {}).check()
    assert len(bad) == 1 and word in bad[0]

def test_holes_are_measured_to_a_few_hundredths():
    m = manifold(box(40, 40, 5) - cylinder(3.2, 9).at(-8, 5, -1) - cylinder(22.3, 9).at(8, 0, -1) - box(3, 3, 9).at(-12, -12, -1))
    found = holes(m, 2)
    assert len(found) == 2 and np.allclose([f[0] for f in found], [3.2, 22.3], atol=.03) and found[0][1:] == (-8, 5)

def test_the_printed_things_are_the_simulated_ones():
    size = lambda n: parts()[n].mesh.extents
    assert np.allclose(size("cube_25"), 2000*sim.CUBE_HALF)
    assert np.allclose(size("brick")[:2], 2000*sim.BRICK[:2]) and len(holes(parts()["brick"].manifold, 1)) == 8
    for n in ("bin_left", "bin_right"): assert np.allclose(size(n), [2000*sim.BOX_HALF, 2000*sim.BOX_HALF, 1000*sim.BOX_HEIGHT])
    walls = parts()["bin_left"].manifold.slice(30).area() - 100
    assert abs(walls - (100**2 - (100 - 2000*sim.BOX_WALL)**2)) < 120
    s = Sizes()
    lens = accessories.stand_places(s)["camera_plate"]@[0, 0, 6 - s.lens, 1]
    assert np.allclose(lens, 1000*np.array(sim.CAM_POS), atol=.01)
    assert np.allclose(accessories.stand_places(s)["camera_plate"][:, 2], -accessories.eye()[1])

def test_the_wrist_mount_holds_the_lens_where_the_model_has_it():
    s, (lens, d) = Sizes(), accessories.wrist_eye()
    dummy = manifold(accessories.camera_dummy(s)).to_mesh().vert_properties[:, :3]
    along = dummy[:, :2]@d
    tip = dummy[along > along.max() - .01]
    assert np.allclose(tip[:, :2].mean(0), lens, atol=.1) and abs(tip[:, 2].mean() - 18) < .1  # the middle of the lens' front

def test_the_cradle_is_where_the_program_lays_the_arm_down():
    so101 = pytest.importorskip("smolvla.arm.so101")
    assert np.allclose(sim.to_units(np.radians(accessories.PARK))[:5], so101.REST[:5], atol=.1) and abs(sim.to_units(np.radians(accessories.PARK))[5] - so101.REST[5]) < 1

def test_the_jig_stops_each_joint_within_a_degree():
    m = parts()["jig_forearm"].manifold.transform(accessories.head_place(accessories.SADDLE_X))
    down, up = accessories.play(m, accessories.ZERO, 2)
    assert down == -1 and up < .3       # free upwards, stopped downwards (positive elbow_flex lowers the forearm)

def test_sizes_that_cannot_be_are_refused(tmp_path):
    with pytest.raises(ValueError, match="do not print"): write_parts(tmp_path, Sizes(column=185))
    with pytest.raises(ValueError, match="no piece of the arm"): accessories.nest((0,)*6, (900, 910), .2)

# ---- files

@pytest.mark.parametrize("name", NAMES)
def test_committed_files_are_the_parts(name):
    "The committed STL and 3MF hold the shape that the code makes, and the hashes vouch for them"
    mesh, listed = parts()[name].mesh, json.loads((PRINT/"hashes.json").read_text())
    for kind in ("stl", "3mf"): assert sha((PRINT/kind/f"{name}.{kind}").read_bytes()) == listed[f"{kind}/{name}.{kind}"]
    stl = trimesh.load(PRINT/"stl"/f"{name}.stl")
    model = ElementTree.fromstring(zipfile.ZipFile(PRINT/"3mf"/f"{name}.3mf").read("3D/3dmodel.model"))
    ns = {"m": "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"}
    verts = np.array([[float(v.get(k)) for k in "xyz"] for v in model.iterfind(".//m:vertex", ns)])
    tris = np.array([[int(t.get(k)) for k in ("v1", "v2", "v3")] for t in model.iterfind(".//m:triangle", ns)])
    assert model.get("unit") == "millimeter" and [o.get("name") for o in model.iterfind(".//m:object", ns)] == [name]
    for m in (stl, trimesh.Trimesh(verts, tris)):
        assert m.is_watertight and np.allclose(m.bounds, mesh.bounds, atol=.01) and abs(m.volume/mesh.volume - 1) < 1e-3

def test_nothing_else_is_committed():
    listed = set(json.loads((PRINT/"hashes.json").read_text()))
    assert listed == {str(p.relative_to(PRINT)) for d in ("stl", "3mf", "pdf") for p in (PRINT/d).iterdir()}
    assert sum(p.stat().st_size for p in HARDWARE.rglob("*") if p.is_file()) < 6e6

def test_the_same_part_gives_the_same_bytes():
    a, b = all_parts()["wrist_mount"].mesh, all_parts()["wrist_mount"].mesh
    assert stl_bytes(a) == stl_bytes(b) and threemf_bytes([("x", a)]) == threemf_bytes([("x", b)])

def test_step_solids_have_the_volume_of_the_meshes():
    pytest.importorskip("build123d", reason="pip install -e '.[cad]'")
    for name in ("gauge_pockets", "stand_foot", "bin_right", "wrist_mount"):
        p = parts()[name]
        assert abs(printing.step_solid(p.solid).volume/p.mesh.volume - 1) < 5e-3, name

# ---- the official arm

@pytest.mark.parametrize("bed", [180, 220, 256])
def test_the_arm_lies_on_its_plates(bed):
    plates = arm_plates(bed)
    assert sorted(n for p in plates for n, _ in p) == sorted(PRINTED)
    for plate in plates:
        for i, (n, m) in enumerate(plate):
            assert m.bounds[0].min() >= -1e-6 and m.bounds[1, :2].max() <= bed - 5 + 1e-6 and m.bounds[0, :2].min() >= 5 - 1e-6 and abs(m.bounds[0, 2]) < 1e-6 and m.bounds[1, 2] < bed
            for _, o in plate[:i]: assert (m.bounds[0, :2] >= o.bounds[1, :2] + 5.9).any() or (o.bounds[0, :2] >= m.bounds[1, :2] + 5.9).any(), "parts lie on each other"

def test_the_arm_is_in_millimetres_and_lies_well():
    for name, m in printing.laid_arm().items():
        raw = printing._arm()[2][name]
        assert abs(m.volume/printing.official(name).volume() - 1) < 1e-3 and m.extents.max() < 150 and np.ptp(raw.reshape(-1, 3), axis=0).max() < 150
        assert printing.support(m, np.array([0, 0, -1.]))[1] > 200, f"{name} hardly touches the bed"
    assert np.allclose(sorted(printing.laid_arm()["upper_arm_so101_v1"].extents), [24.5, 67.3, 142.2], atol=.1)

def test_plates_as_files(tmp_path):
    m = print_arm(tmp_path, 256)
    assert json.loads((tmp_path/"manifest.json").read_text()) == m and len(m["parts"]) == 11 and m["unit"] == "millimetre"
    for f, h in m["files"].items(): assert sha((tmp_path/f).read_bytes()) == h
    for n, p in m["parts"].items(): assert p["source_sha256"] == sha((sim.robot_folder()/"assets"/f"{n}.stl").read_bytes())
    text = zipfile.ZipFile(tmp_path/"plate_1.3mf").read("3D/3dmodel.model").decode()
    assert re.findall(r'<object id="\d+" name="(\w+)"', text) == m["plates"][0] and 'unit="millimeter"' in text

@pytest.mark.parametrize("flags,words", [(["--bed", "100"], "larger printer"), (["--bed", "-5"], "millimetres"), (["--arms", "0"], "at least one")])
def test_bad_beds_are_answered_in_words(flags, words, tmp_path):
    args = vars(anno_parser(printing.print_arm_cli.__wrapped__).parse_args(["--out", str(tmp_path/"x"), *flags]))
    with pytest.raises(SystemExit) as e: printing.print_arm_cli.__wrapped__(**{k: v for k, v in args.items() if k in ("out", "bed", "arms")})
    assert words in str(e.value) and "smolvla_print_arm" in str(e.value)

# ---- paper

def raster(draw, size, dpmm=5):
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    fig, ax = sheet(*size)
    draw(ax)
    fig.set_dpi(25.4*dpmm)
    canvas = FigureCanvasAgg(fig); canvas.draw()
    img = np.asarray(canvas.buffer_rgba())[..., 0].copy()
    plt.close(fig)
    return img

def test_pages_have_their_true_size():
    boxes = {f: [tuple(map(float, b.split())) for b in re.findall(r"/MediaBox\s*\[\s*([^\]]*)\]", (PRINT/"pdf"/f).read_bytes().decode("latin1"))] for f in ("task_mat_a3.pdf", "task_mat_a4_tiles.pdf", "tag_board_a4.pdf")}
    mm = {f: [np.round(np.array(b[2:])/72*25.4, 1).tolist() for b in bs] for f, bs in boxes.items()}
    assert mm == {"task_mat_a3.pdf": [list(map(float, A3))], "task_mat_a4_tiles.pdf": [list(map(float, A4))]*3, "tag_board_a4.pdf": [list(map(float, A4))]}

def test_the_board_is_opencvs():
    cv2 = pytest.importorskip("cv2")
    board = cv2.aruco.CharucoBoard((6, 9), 30., 22., cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50))
    want = board.generateImage((900, 1350))
    got = raster(draw_board, A4)[15*5:285*5, 15*5:195*5]
    assert (np.abs(got.astype(int) - want) > 100).mean() < .01

def test_the_mats_tags_are_found_where_they_belong():
    cv2 = pytest.importorskip("cv2")
    found, ids, _ = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)).detectMarkers(raster(draw_mat, A3))
    centres = {int(i): c.reshape(4, 2).mean(0)/5 for i, c in zip(ids.flatten(), found)}
    for k, (x, y) in enumerate(((110, 180), (110, -180), (10, 180), (10, -180))):
        u, v = accessories.on_mat(x, y)
        assert np.allclose(centres[k], [u, A3[1] - v], atol=.5)
    edges = [np.linalg.norm(c.reshape(4, 2)[0] - c.reshape(4, 2)[1])/5 for c in found]
    assert np.allclose(edges, 40, atol=.5)

def test_the_ruler_is_twenty_centimetres():
    img = raster(draw_mat, A3)
    line = img[round((A3[1] - 158)*5)] < 128
    on = np.flatnonzero(line)
    assert abs(np.ptp(on)/5 - 200) < .5 and line[on[0]:on[-1]].mean() > .99

# ---- guides

GUIDES = sorted(HARDWARE.rglob("*.md"))
SCRIPTS = dict(re.findall(r"(smolvla_\w+)=([\w.]+:\w+)", (ROOT/"settings.ini").read_text()))

def test_there_are_guides(): assert len(GUIDES) == 12

@pytest.mark.parametrize("path", GUIDES, ids=lambda p: str(p.relative_to(HARDWARE)))
def test_guides_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:|#", link): assert (path.parent/link.split("#")[0]).exists(), f"dead link {link}"
    assert not (gone := set(re.findall(r"\bsmolvla_(?!base)\w+", text)) - set(SCRIPTS)), f"no such command: {gone}"
    named = {w for w in re.findall(r"`(\w+)(?:\.stl)?`", text) if w.startswith(("jig_", "stand_", "bin_", "gauge_", "estop_", "cube_"))}
    assert not named - set(NAMES), f"no such part: {named - set(NAMES)}"
    if path.name[:2].isdigit() and path.name[:2] != "01": assert "[not tried]" in text or path.name.startswith("03"), "say what could not be tried"

def commands(text):
    "(command, its --options) of every line of a guide's code, a line that ends in a backslash joined with the next"
    code = re.findall(r"`(smolvla_[^`\n]*)`|^[ ]{4,}(smolvla_.*)$", text.replace("\\\n", " "), re.M)
    return [(c.split()[0], re.findall(r"--(\w+)", c)) for pair in code for c in pair if c]

def test_options_of_the_guides_exist():
    "Every option that a guide names is one of that command"
    found = [(p.name, c, o) for p in GUIDES for c, options in commands(p.read_text()) for o in options]
    assert {c for _, c, _ in found} >= {"smolvla_setup_motors", "smolvla_calibrate", "smolvla_teleoperate", "smolvla_record", "smolvla_replay", "smolvla_drive", "smolvla_virtual_arm", "smolvla_find_port"}
    for guide, c, o in found:
        module, name = SCRIPTS[c].split(":")
        command = getattr(importlib.import_module(module), name)
        assert o in inspect.signature(command.real()).parameters, f"{guide}: {c} has no --{o}"

ARM_NOTEBOOKS = ["setup_motors", "calibrate", "teleoperate_and_record", "first_policy"]

@pytest.mark.parametrize("name", ARM_NOTEBOOKS)
def test_an_arm_needs_one_cell(name):
    "The one cell comes first, holds only plain values, and names the twin; later cells neither name a port again nor export"
    cells = json.loads((HARDWARE/f"{name}.ipynb").read_text())["cells"]
    source = lambda c: "".join(c["source"])
    at = next(i for i, c in enumerate(cells) if source(c).startswith("## The one cell to change"))
    tree = ast.parse(source(cells[at+1]))
    assert all(isinstance(s, ast.Assign) and isinstance(s.value, (ast.Constant, ast.Tuple, ast.Compare)) for s in tree.body)
    assert source(cells[at+1]).startswith("PORT") and '"twin"' in source(cells[at+1]).splitlines()[0]
    later = "\n".join(source(c) for c in cells[at+2:] if c["cell_type"] == "code")
    assert not re.search(r"^(PORT|LEADER|CAMERAS|NAMES?)\s*=|default_exp|nbdev_export|/dev/", later, re.M)
    prose = "\n".join(source(c) for c in cells if c["cell_type"] == "markdown")
    assert "**Safety.**" in prose and "[not tried]" in prose and "**Gate.**" in prose

@pytest.mark.parametrize("name", ARM_NOTEBOOKS)
def test_every_gate_can_stop_the_lesson(name):
    "`gate` of each notebook raises for a check that fails, shows its cure first, and passes when all is well"
    from smolvla.setup_check import Check, Checks
    cells = ["".join(c["source"]) for c in json.loads((HARDWARE/f"{name}.ipynb").read_text())["cells"]]
    tree = next(ast.parse(s) for s in cells if "def gate(" in s)
    shown = []
    scope = dict(Checks=Checks, display=lambda c: shown.append(repr(c)))
    exec(compile(ast.Module([s for s in tree.body if getattr(s, "name", "") == "gate"], []), name, "exec"), scope)
    with pytest.raises(AssertionError, match="STOP HERE"): scope["gate"]([Check("a", True, "fine"), Check("b", False, "bad", "do this")])
    assert "cure: do this" in shown[-1]
    scope["gate"]([Check("a", True, "fine")])

def test_every_figure_is_made_by_the_script_and_used():
    script = (HARDWARE/"make_figures.py").read_text()
    made = set(re.findall(r"@figure\ndef (\w+)", script))
    assert made == {p.stem for p in (HARDWARE/"figures").iterdir()}
    assert made == set(re.findall(r"figures/(\w+)\.png", "".join(p.read_text() for p in GUIDES)))

def test_numbers_of_the_guides_are_those_of_the_code():
    text = {p.name: p.read_text() for p in GUIDES}
    s = Sizes()
    assert f"{accessories.upright_length(s):.0f} mm" in text["01_shopping.md"] and f"{accessories.upright_length(s):.0f} mm" in text["07_cameras.md"]
    assert f"{-accessories.table(s):.1f} mm lower" in text["08_first_drive.md"] and ", ".join(map(str, accessories.PARK[:5])) in text["08_first_drive.md"]
    assert f"{s.stand_x - accessories.PAN_X:.0f} mm in front of the `shoulder_pan` axis" in text["07_cameras.md"]
    assert f"{np.mean(accessories.WRIST_X) - accessories.PAN_X:.0f} mm in front of the `shoulder_pan` axis" in text["06_calibration.md"]
    for n, p in parts().items():
        if p.count > 1: assert re.search(rf"\| {n}[^|]*\| [^|]*{p.count}", text["README.md"] + (PRINT/"README.md").read_text()), f"{n} x{p.count}"

# ---- counts, grams and prices: computed once, compared wherever they are written

def guide(name): return (HARDWARE/name).read_text(encoding="utf-8")
def steps():
    "{number: text} of the assembly guide, the last one for follower and leader"
    cut = re.split(r"^## (\d)\. ", guide("05_assembly.md"), flags=re.M)
    found = dict(zip(cut[1::2], cut[2::2]))
    found["follower"], found["leader"] = found.pop("7").split("*Leader*")
    return found
def screws(text, kind):
    "How many of them a text uses: 4x M3x6 on each side are eight"
    return sum(int(n)*(2 if side else 1) for n, side in re.findall(rf"(\d+)x {kind}(?!\d)( on each side)?", text))

def rows(text, head):
    "Rows of the table whose head begins so, without marks"
    lines = text[text.index(head):].splitlines()
    return [[c.strip().replace("**", "") for c in l.strip("|").split("|")] for l in lines[2:lines.index("") if "" in lines else None]]

@pytest.mark.parametrize("arm,m3,m2", [("follower", 50, 24), ("leader", 46, 25)])
def test_screws_of_the_steps_are_those_of_the_shopping_list(arm, m3, m2):
    "The totals are also LeRobot's (docs/source/so101.mdx, step by step)"
    text = steps()
    mine = "\n".join([*(text[k] for k in "123456"), text[arm]])
    assert (screws(mine, "M3x6"), screws(mine, "M2x6"), screws(text["8"], "M2.5x4")) == (m3, m2, 4)
    listed = {r[0]: r[1:] for r in rows(guide("01_shopping.md"), "| arm | M3x6")}
    assert listed[arm] == [str(m3), str(m2), "4"]

def test_every_motor_gets_its_horns_and_screws():
    text = steps()
    for k, motor in zip("13456", range(1, 6)): assert f"motor {motor}" in text[k].lower() and (k == "6" or f"Horns of motor {motor}, centre screw 1x M3x6" in text[k])
    for k in ("6", "leader"): assert "Its one horn, centre screw 1x M3x6" in text[k]
    assert "Its two horns, centre screw 1x M3x6" in text["follower"]
    for k in ("1", "3", "4", "5"): assert text[k].index("Horns of") < text[k].index("M2x6"), "horns first, then the motor goes in (motors 1 to 4)"
    for k in ("6", "follower", "leader"): assert text[k].index("M2x6") < text[k].index("centre screw"), "the motor first, then its horn (motors 5 and 6)"
    assert "motor holder" in text["2"] and "holder" not in text["3"], "the shoulder's holder is in before motor 2"

def test_drawings_show_the_steps():
    "Callouts name the same screws and the same order as the text"
    script = (HARDWARE/"make_figures.py").read_text()
    spec = importlib.util.spec_from_file_location("make_figures", HARDWARE/"make_figures.py")
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    assert ["motor_holder@shoulder" in g for g in figures.ORDER] == [False, True] + [False]*5
    text = steps()
    drawn = dict(re.findall(r"def step_(\d)\(\): step(.*?)\n(?:@figure|\n)", script, re.S))
    for k, d in drawn.items():
        d = re.sub(r"\\n", " ", d).replace("each side", "on each side").replace("on on each", "on each")
        for kind in ("M2x6", "M3x6"):
            horn = len(re.findall("centre screw 1x M3x6", text.get(k, text["follower"]))) if kind == "M3x6" else 0
            assert screws(d, kind) == screws(text.get(k, text["follower"]), kind) - horn, f"figure step_{k}: {kind}"

def test_fasteners_of_a_station_are_bought():
    bought = guide("01_shopping.md")
    need = {"M4x20": screws(steps()["9"], "M4x20"), "M3x10": 2, "M2x10": 4*2, "M5x10": 2*2, "M5x35": 1}
    assert need["M4x20"] == len(accessories.BASE_HOLES) == 4 and "two M3x10" in guide("07_cameras.md") and "M5x35" in guide("07_cameras.md")
    for kind, n in need.items(): assert re.search(rf"\| {kind} with nuts?[^|]*\| {n} \||{kind}[^|]*, {n}\b|{kind} with nut, {n}", bought), f"{n} {kind}"
    assert "4x M3x10" in bought and len(accessories.POSTS) == 4

def leader_grams():
    "Nine parts of the follower, and three with the volumes that SO-ARM100's files have (39.8, 69.6 and 11.2 cm3), as much plastic a cm3 as the follower"
    laid = printing.laid_arm()
    each = {n: accessories.grams(m) for n, m in laid.items()}
    a_cm3 = sum(each.values())/sum(m.volume/1000 for m in laid.values())
    own = [n for n in each if "follower" in n or "moving_jaw" in n]
    assert len(own) == 2
    return sum(v for n, v in each.items() if n not in own) + (39.8 + 69.6 + 11.2)*a_cm3

@cache
def printed():
    "What every number of grams, parts and pieces must be"
    ours, follower = parts(), sum(accessories.grams(m) for m in printing.laid_arm().values())
    jig = ["column", "jig_forearm", "jig_wrist", "jig_jaw"]
    total = lambda names: sum(accessories.grams(ours[n].mesh)*ours[n].count for n in names)
    return dict(follower=follower, leader=leader_grams(), station=total(ours), jig=total(jig), parts=len(ours), pieces=sum(p.count for p in ours.values()), jig_pieces=sum(ours[n].count for n in jig), gauges=total(["gauge_pockets", "gauge_holes"]))

def test_grams_of_the_guides_are_computed():
    want = printed()
    listed = {r[0].split(",")[0]: [int(re.sub(r"\D", "", c)) for c in r[1:]] for r in rows(guide("02_printing.md"), "| what | parts | pieces")}
    assert listed == {"follower": [len(PRINTED)]*2 + [round(want["follower"])], "leader": [len(PRINTED) - 2 + len(printing.LEADER_ONLY)]*2 + [round(want["leader"], -1)],
                      "a station of ours": [want["parts"], want["pieces"], round(want["station"])], "of that the jig": [4, want["jig_pieces"], round(want["jig"])]}
    for r in rows(guide("print/README.md"), "| part | for one station"):
        names = re.findall(r"\w+", r[0])
        assert [int(g) for g in r[2].split(",")] == [round(accessories.grams(parts()[n].mesh)) for n in names], names
        counts = [int(c) for c in re.findall(r"\d+", r[1].split(",")[0].split("instead")[0])]
        assert (counts*len(names) if len(counts) == 1 else counts) == [parts()[n].count for n in names], names
    assert f"{want['parts']} parts, {want['pieces']} pieces, {want['station']:.0f} g" in guide("print/README.md")

def test_every_weight_that_is_written_is_one_of_these():
    "Guides and notebooks: each number of g or kg is computed here, or is no print"
    want = printed()
    pair, once = want["follower"] + want["leader"], want["jig"] + want["gauges"]
    classroom = 6*(pair + want["station"] - once) + once + 2*want["follower"]
    known = {f"{want[k]:.0f} g" for k in ("follower", "station", "jig")} | {f"{round(want['leader'], -1):.0f} g", f"{(pair + want['station'])/1000:.2f} kg", f"{max(accessories.grams(m) for m in printing.laid_arm().values()):.0f} g", f"{max(accessories.grams(p.mesh) for p in parts().values()):.0f} g"}
    known |= {f"{np.ceil(1.25*(pair + want['station'])/1000):.0f} kg", f"{np.ceil(1.25*classroom/1000):.0f} kg"}
    other = {"50 g", "100 g", "20 g", "30 g"}                                             # payloads of guide 8; grams an hour of guide 2
    texts = {p.name: p.read_text(encoding="utf-8") for p in GUIDES}
    for p in [*HARDWARE.glob("*.ipynb"), ROOT/"nbs"/"13d_printing.ipynb", ROOT/"nbs"/"13e_accessories.ipynb"]:
        cells = json.loads(p.read_text(encoding="utf-8"))["cells"]
        outputs = ["".join(o.get("text", []) or o.get("data", {}).get("text/plain", [])) for c in cells for o in c.get("outputs", [])]
        texts[p.name] = "\n".join(["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"] + outputs)
    found = {(n, " ".join(m)) for n, t in texts.items() for m in re.findall(r"(?<![\d.])(\d[\d.,]*) (k?g)\b(?![./])", t)}
    assert len(found) > 10 and not [(n, w) for n, w in found if w not in known | other], known
    assert {w for n, w in found if n in ("print_parts.ipynb", "13e_accessories.ipynb")} >= {f"{want['station']:.0f} g"}

def test_hours_follow_from_grams():
    want = printed()
    hours = [f"{int(g/30/5)*5} to {int(np.ceil(g/20/5))*5} h" for g in (want["follower"] + want["leader"], want["station"])]
    assert f"a pair takes {hours[0]}, a station {hours[1]}" in guide("02_printing.md")
    assert f"{hours[0]} of printer a pair, {hours[1]} a station" in guide("README.md")

def test_counts_of_parts_in_words():
    number = dict(nine=9, eleven=11, two=2, three=3)
    t = guide("02_printing.md")
    assert number[re.search(r"holds the (\w+) parts of the \*\*follower", t).group(1)] == len(PRINTED) and number[re.search(r"uses (\w+) of them", t).group(1)] == len(PRINTED) - 2
    assert all(f"`{n}`" in t for n in ("Wrist_Roll_SO101", "Handle_SO101", "Trigger_SO101")) and len(printing.LEADER_ONLY) == 3
    plates = [len(arm_plates(b)) for b in (180, 220, 256)]
    assert plates == [3, 2, 2] and "180 mm needs three plates, 220 or 256 mm two" in t
    chapter = "".join("".join(c["source"]) for c in json.loads((ROOT/"nbs"/"13e_accessories.ipynb").read_text())["cells"])
    assert f"{len(parts())} printable parts" in chapter

def test_prices_add_up_and_say_where_they_come_from():
    text = guide("01_shopping.md")
    money = {"servo": (13.89, 12.2)}
    dollars = euros = 0
    for r in rows(text, "| ✓ | part | quantity | unit price"):
        n = int(re.match(r"\d+", r[2]).group()) if "set" not in r[3] else 1
        us, eu = money["servo"] if r[3] == "same" else [float(x) for x in re.findall(r"[\d.]+", r[3])[:2]]
        dollars, euros = dollars + n*us, euros + n*eu
    assert f"${dollars:.2f} / {euros:.2f} €" in text
    low, high = (euros + 2*camera + 3*20 for camera in (15, 25))
    assert f"{low:.0f} to {high:.0f} €" in text and "15 to 25 € each (our estimate, 2026)" in text and "About 20 € a kg (our estimate, 2026)" in text
    lines = [l for l in text.splitlines() if re.search(r"[$€]", l) and not l.startswith("| ☐")]
    assert all("February 2026" in l or "estimate" in l or "unit price" in l for l in lines), lines
    spare = 124.3
    low, high = 6*euros + spare + 12*15 + 12*20, 6*euros + 2*spare + 12*25 + 12*20
    room = guide("10_classroom.md")
    assert f"six pairs {6*euros:,.0f} €, one or two spare followers {spare:.0f} to {2*spare:.0f} €, 12 cameras {12*15} to {12*25} €, 12 kg of filament {12*20} €" in room
    assert f"{round(low, -2):,.0f} to {round(high/50)*50:,.0f} €" in room
    assert not [p.name for p in GUIDES if p.name not in ("01_shopping.md", "10_classroom.md") and re.search(r"[$€] ?\d|\d ?€", p.read_text())], "prices stand in one place"

@pytest.mark.parametrize("pan,free", [(0, {(-1, 1), (-1, -1)}), (90, {(-1, 1), (-1, -1), (1, 1)}), (-90, {(-1, 1), (-1, -1), (1, -1)})])
def test_a_screwdriver_reaches_the_base_screws(pan, free):
    "Shaft of 6 mm, 150 mm long, from above; at 90 degrees the arm points to its right, and the left screw in front is free"
    arm = arm_solids((pan, 0, 0, 0, 0, 0))
    x0, y0, _, x1, y1, _ = arm["wrist_roll_follower_so101_v1@gripper"].bounding_box()
    if pan: assert (y1 < 0) == (pan > 0)
    shaft = {(np.sign(x), np.sign(y)): manifold(cylinder(6, 150).at(x, y, 16)) for x, y in accessories.BASE_HOLES}
    assert {k for k, s in shaft.items() if fit(s, arm, .1).overlap < .5} == free
    assert "**to its right**: the left front screw is free" in steps()["9"] and "**to its left**: the right one" in steps()["9"]

@pytest.mark.parametrize("name,words", [
    ("03_wiring.md", ["/dev/serial/by-id", "brltty", "usbipd", "Read the label", "nowhere else"]), ("07_cameras.md", ["zoom=1.65", "smolvla_find_cameras --like twin", "Windows and macOS offer only numbers", "group `video`"]),
    ("09_troubleshooting.md", ["[RxPacketError] Input voltage error!", "There is no status packet", "brltty", "WSL2", "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS=0"]), ("06_calibration.md", ["the jaw half open"])])
def test_the_guides_say_what_people_meet(name, words):
    assert not [w for w in words if w not in guide(name)]

@pytest.mark.parametrize("wrong", ["always 7.4 V", "always 5 V", "ALWAYS 5 V", "never meet on one table", "Never on one table", "fact sheet of the project", "nearly closed. The"])
def test_what_was_wrong_does_not_come_back(wrong):
    texts = [p.read_text(encoding="utf-8") for p in [*GUIDES, HARDWARE/"make_figures.py"]]
    assert not [t[:40] for t in texts if wrong in t]

def test_the_serial_number_comes_before_the_socket():
    "The guide's order and the rule that the program writes are the same"
    from smolvla.arm.ports import udev_rule
    text = guide("03_wiring.md")
    assert text.index("/dev/serial/by-id") < text.index("/dev/serial/by-path")
    assert "ATTRS{serial}" in udev_rule("arm", 1, 2, "5A68", "1-2") and "KERNELS" not in udev_rule("arm", 1, 2, "5A68", "1-2")

def test_printing_needs_no_torch():
    code = "import smolvla.workshop.solids, smolvla.workshop.accessories, sys; raise SystemExit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
