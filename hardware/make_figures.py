"""Draw the guides' figures into hardware/figures/ from the official model: exploded views with callouts, the jig, the station, the wiring.

Example: python hardware/make_figures.py            all of them
         python hardware/make_figures.py step_3 jig   only these"""
import sys
from functools import cache
from pathlib import Path
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch
from smolvla.workshop.accessories import (
    COLUMN_X, PARK, SADDLE_X, Sizes, WRIST_X, ZERO, all_parts, camera_dummy, cradle_place,
    head_place, jaw_place, mount_place, stand_places, table, upright_length)
from smolvla.workshop.solids import Picture, arm_solids, box, manifold, official, to_mesh
from smolvla.sim.twin import BOXES, CAM_POS, cluster

OUT = Path(__file__).parent/"figures"
NEW, OLD, SERVO, OURS, TABLE = (.96, .76, .32), (.88, .88, .86), (.25, .27, .30), (.45, .68, .85), (.80, .74, .66)
NOTE = "from the official model, not from photographs; screws are not drawn"

@cache
def pieces(degrees=ZERO):
    "{piece: triangles}, thinned to a millimetre"
    out = {}
    for name, m in arm_solids(degrees).items():
        tris = to_mesh(m).triangles
        verts, faces = cluster(tris, 1.)
        mesh, body = name.split("@")
        out[("motor" if mesh.startswith("sts") else mesh.split("_so101")[0]) + "@" + body] = verts[faces]
    return out

MOTOR = {1: "motor@base", 2: "motor@shoulder", 3: "motor@upper_arm", 4: "motor@lower_arm", 5: "motor@wrist", 6: "motor@gripper"}
JOINT = {1: "shoulder_pan", 2: "shoulder_lift", 3: "elbow_flex", 4: "wrist_flex", 5: "wrist_roll", 6: "gripper"}
ORDER = [["base@base", MOTOR[1], "base_motor_holder@base"], ["rotation_pitch@shoulder", "motor_holder@shoulder"], [MOTOR[2], "upper_arm@upper_arm"],
         [MOTOR[3], "under_arm@lower_arm"], ["motor_holder@lower_arm", MOTOR[4]], [MOTOR[5], "wrist_roll_pitch@wrist"], ["wrist_roll_follower@gripper", MOTOR[6], "moving_jaw@moving_jaw_so101_v1"]]

def middle(tris): return (tris.reshape(-1, 3).min(0) + tris.reshape(-1, 3).max(0))/2

def annotate(ax, picture, notes, size):
    "Callouts in the left and right margin, in the order of their height"
    w, h = size
    spots = [(text, picture.project(p)) for text, p in notes]
    for side in (0, 1):
        here = sorted([s for s in spots if (s[1][0] > w/2) == bool(side)], key=lambda s: s[1][1])
        ys = np.linspace(0, h, len(here) + 2)[1:-1] if here else []
        for (text, xy), y in zip(here, ys):
            ax.annotate(text, xy, (w + 12 if side else -12, y), fontsize=8.5, va="center", ha="left" if side else "right", annotation_clip=False,
                        arrowprops=dict(arrowstyle="-", lw=.7, color="#333", shrinkB=0))
            ax.plot(*xy, "o", ms=3, c="#333")

def drawing(name, items, notes=(), view=(22, -60), size=(560, 420), title="", bounds=None, lines=(), credit=NOTE):
    "One figure: shaded pieces, callouts, dashed lines of assembly"
    picture = Picture(items, view, size, bounds)
    fig = plt.figure(figsize=(9, 4.9), dpi=100)
    ax = fig.add_axes((.22, .06, .56, .84))
    ax.imshow(picture.image); ax.axis("off")
    for a, b in lines: ax.plot(*picture.project(np.array([a, b])).T, "--", c="#c0392b", lw=.9)
    ax.set_xlim(0, size[0]); ax.set_ylim(size[1], 0)
    annotate(ax, picture, notes, size)
    fig.text(.5, .95, title, ha="center", fontsize=12)
    fig.text(.99, .01, credit, ha="right", fontsize=6, color="#777")
    OUT.mkdir(exist_ok=True)
    fig.savefig(OUT/f"{name}.png", metadata=dict(Software=None)); plt.close(fig)

def step(k, title, moves, notes, view=(22, -60), only=None):
    "Step k of the assembly: what is there already in grey, what is new in gold, pulled out along the way it goes in"
    p, items, lines, where = pieces(), [], [], {}
    for group in ORDER[:k - 1]:
        for n in group:
            if only is None or n in only: items.append((p[n], SERVO if n.startswith("motor@") else OLD)); where[n] = middle(p[n])
    for n in ORDER[k - 1]:
        shift = np.array(moves.get(n, (0, 0, 0)), float)
        items.append((p[n] + shift, SERVO if n.startswith("motor@") else NEW)); where[n] = middle(p[n]) + shift
        if shift.any(): lines.append((where[n], middle(p[n])))
    drawing(f"step_{k}", items, [(t, where[n] + np.array(d, float)) for t, n, d in notes], view, title=f"{k}. {title}", lines=lines)

FIGURES = {}
def figure(f): FIGURES[f.__name__] = f; return f

@figure
def step_1(): step(1, "Base and motor 1", {MOTOR[1]: (0, 0, 70), "base_motor_holder@base": (-75, 0, 25)},
    [("motor 1 shoulder_pan,\nits horns on: from\nabove, 4x M2x6", MOTOR[1], (0, 0, 12)), ("base motor holder\nfrom behind, 2x M2x6", "base_motor_holder@base", (0, 0, 8)), ("base", "base@base", (30, -35, -20))])
@figure
def step_2(): step(2, "Shoulder onto motor 1", {"rotation_pitch@shoulder": (75, 0, 0), "motor_holder@shoulder": (150, 0, 0)},
    [("rotation pitch, from the\nfront: 4x M3x6 into the\nhorn, 4x M3x6 below", "rotation_pitch@shoulder", (0, 0, 20)), ("horn of motor 1 at\nmid-range before this", MOTOR[1], (10, 0, 18)), ("motor holder (base):\nbefore motor 2", "motor_holder@shoulder", (5, 0, 0))])
@figure
def step_3(): step(3, "Motor 2 and upper arm", {MOTOR[2]: (0, 0, 55), "upper_arm@upper_arm": (0, 0, 95)},
    [("motor 2 shoulder_lift, its\nhorns on, slides in from\nthe top, 4x M2x6", MOTOR[2], (0, 0, 0)), ("upper arm: 4x M3x6\non each side", "upper_arm@upper_arm", (0, -20, 0))])
@figure
def step_4(): step(4, "Motor 3 and under arm", {MOTOR[3]: (0, 0, 65), "under_arm@lower_arm": (90, 0, 0)},
    [("motor 3 elbow_flex\n4x M2x6", MOTOR[3], (0, 0, 0)), ("under arm: 4x M3x6\non each side", "under_arm@lower_arm", (0, 0, 0)), ("upper arm", "upper_arm@upper_arm", (0, -20, 0))])
@figure
def step_5(): step(5, "Motor 4", {"motor_holder@lower_arm": (0, 0, 70), MOTOR[4]: (70, 0, 25)},
    [("motor 4 wrist_flex\n4x M2x6", MOTOR[4], (0, 0, 0)), ("motor holder (wrist)", "motor_holder@lower_arm", (0, 0, 10)), ("under arm", "under_arm@lower_arm", (-20, 0, 0))])
@figure
def step_6(): step(6, "Cables, motor 5, wrist", {MOTOR[5]: (45, 0, 75), "wrist_roll_pitch@wrist": (70, 0, 0)},
    [("first lay BOTH cables\nthrough the wrist", "motor_holder@lower_arm", (10, -20, 0)), ("motor 5 wrist_roll, 2x M2x6\nin front, then its one horn", MOTOR[5], (0, 0, 0)), ("wrist roll pitch: 4x M3x6\neach side on motor 4", "wrist_roll_pitch@wrist", (0, 0, 10))])
@figure
def step_7(): step(7, "Gripper (follower)", {"wrist_roll_follower@gripper": (70, 0, 0), MOTOR[6]: (70, -90, 40), "moving_jaw@moving_jaw_so101_v1": (95, 0, 75)},
    [("wrist roll follower:\n4x M3x6 on horn 5", "wrist_roll_follower@gripper", (0, 0, -12)), ("motor 6 gripper,\n2x M2x6 each side", MOTOR[6], (0, 0, 0)), ("moving jaw:\n4x M3x6 each side", "moving_jaw@moving_jaw_so101_v1", (20, 0, 0))])

@figure
def overview():
    p = pieces()
    notes = [(f"motor {k}\n{JOINT[k]}", middle(p[MOTOR[k]])) for k in MOTOR] + [("board plate,\nbehind", middle(p["waveshare_mounting_plate@base"]))]
    drawing("overview", [(t, SERVO if n.startswith("motor@") else NEW) for n, t in p.items()], notes, (18, -62), title="The follower in the model's zero pose: motors and joints")

@figure
def exploded():
    p, move = pieces(), {0: (0, 0, 0), 1: (35, 0, 25), 2: (10, 0, 95), 3: (75, 0, 130), 4: (125, 0, 130), 5: (180, 0, 130), 6: (245, 0, 130)}
    items, notes = [], []
    for k, group in enumerate(ORDER):
        for j, n in enumerate(group):
            d = np.array(move[k], float) + (np.array((0, 0, 42.)) if n.startswith("motor@") else 0)
            items.append((p[n] + d, SERVO if n.startswith("motor@") else NEW))
        main = next(n for n in group if not n.startswith("motor@") and not n.startswith("motor_holder"))if k != 4 else "motor_holder@lower_arm"
        notes.append((f"step {k + 1}: " + main.split("@")[0].replace("_", " "), middle(p[main]) + move[k]))
    drawing("exploded", items, notes, (18, -62), title="Seven steps, from the base to the jaw")

@figure
def servo():
    p = to_mesh(official("sts3215_03a_v1")).triangles
    drawing("servo", [(p, SERVO)], [("driving horn: centre screw\nM3x6, at mid-range", [17, -4, 20]), ("free-turning horn on the\nother side: no centre screw", [16, -9, -18]),
            ("tape: joint name, arm\nletter, ratio, id", [-8, -12.4, -2])], (20, -50), title="STS3215: set the id, label it, put on the horns", credit=NOTE + "; which horn drives? turn both: only the driving one resists")

def our(names, places, degrees=ZERO, colour=OURS):
    "Our parts where they belong, with the arm"
    parts = all_parts()
    return [(to_mesh(parts[n].manifold.transform(m)).triangles, colour) for n, m in zip(names, places)] + [(t, SERVO if n.startswith("motor@") else OLD) for n, t in pieces(degrees).items()]

def top(x0, x1, y0, y1, z): return to_mesh(manifold(box(x1 - x0, y1 - y0, 4).at((x0 + x1)/2, (y0 + y1)/2, z - 4))).triangles
def at(x, y, z): return np.c_[np.eye(3), [x, y, z]]

@figure
def jig():
    z = table(Sizes())
    items = our(["base_plate", "column", "column", "jig_forearm", "jig_wrist", "jig_jaw"],
                [at(0, 0, z), at(COLUMN_X, 0, z), at(sum(WRIST_X)/2, 0, z), head_place(SADDLE_X), head_place(WRIST_X), jaw_place()]) + [(top(-90, 380, -120, 120, z), TABLE)]
    drawing("jig", items, [("jig_forearm: its front face\nstops at the motor holder", (168, -33, 200)), ("jig_wrist", (315, -33, 190)), ("column in the front notch", (168, -30, 50)), ("base_plate", (100, -70, z)),
                           ("jig_jaw between\nthe fingers", (388, 0, 226)), ("column, free", (315, -24, 60))], (16, -62), title="The jig: every joint at zero of the model")

@figure
def parked():
    z, s = table(Sizes()), Sizes()
    items = our(["base_plate", "cradle"], [at(0, 0, z), cradle_place(s)], PARK) + [(top(-90, 260, -120, 120, z), TABLE)]
    drawing("parked", items, [("cradle, lined with felt,\nin the front notch", (150, -33, 25)), ("or here, with\nshoulder_pan at 90", (39, -81, z)), ("folded on its own stops:\n" + ", ".join(map(str, PARK[:5])) + " degrees", (20, 0, 140))], (16, -55), title="Parked: torque may go off here")

@figure
def wrist_camera():
    q = (0, 0, 0, 0, 0, 40)
    keep = {n: t for n, t in pieces(q).items() if n.split("@")[1] in ("gripper", "moving_jaw_so101_v1", "wrist")}
    place = mount_place(q)
    items = [(t, SERVO if n.startswith("motor@") else OLD) for n, t in keep.items()] + [(to_mesh(all_parts()["wrist_mount"].manifold.transform(place)).triangles, OURS),
             (to_mesh(manifold(camera_dummy(Sizes())).transform(place)).triangles, (.25, .5, .3))]
    put = lambda v: place@[*v, 1]
    drawing("wrist_camera", items, [("wrist_mount: 2x M3x10 and\n2 nuts in the official pockets", put((26, -16, 18))), ("camera board 32 x 32,\n4x M2, lens towards the jaws", put((48, -24, 18))), ("fixed finger", middle(keep["wrist_roll_follower@gripper"]) + [30, 0, -12])],
            (14, 128), title="The wrist camera, where the twin has it")

@figure
def station():
    s, parts = Sizes(), all_parts()
    z, places = table(s), stand_places(s)
    lift = lambda m: np.c_[m[:, :3], m[:, 3] + [0, 0, z]]
    post = manifold(box(20, 20, upright_length(s)).at(s.stand_x, 0, 8 + z))
    items = our(["base_plate", "stand_foot", "stand_head", "camera_plate", "bin_left", "bin_right"],
                [at(0, 0, z), *(lift(places[n]) for n in ("stand_foot", "stand_head", "camera_plate")), *(at(1000*x, 1000*y, z) for x, y in BOXES.values())], (0, -95, 45, 90, 0, 20))
    items += [(to_mesh(post).triangles, (.75, .78, .8)), (top(-120, 640, -260, 260, z), TABLE)]
    items += [(to_mesh(parts["cube_25"].manifold.translate((x, y, z))).triangles, c) for x, y, c in ((210, 30, (.85, .15, .1)), (230, -45, (.15, .3, .9)))]
    lens = 1000*np.array(CAM_POS) + [0, 0, z]
    drawing("station", items, [(f"lens {CAM_POS[0]*1000:.0f} mm in front,\n{CAM_POS[2]*1000:.0f} mm above the table", lens), (f"upright {upright_length(s):.0f} mm:\n2020 or printed tubes", (s.stand_x, 0, 250)), (f"foot at {s.stand_x:.0f} mm", (s.stand_x, -40, z + 8)),
            ("left box", (200, 155, 20)), ("right box", (200, -155, 20)), ("25 mm cubes on the mat", (230, -45, 20)), ("base_plate, clamps behind", (-45, -60, z + 6))], (24, -118), title="One station, in the sizes of the twin")

@figure
def wiring():
    fig, ax = plt.subplots(figsize=(9, 4.2), dpi=100)
    def block(x, y, w, h, text, colour):
        ax.add_patch(FancyBboxPatch((x, y), w, h, boxstyle="round,pad=.02,rounding_size=.08", fc=colour, ec="#333"))
        ax.text(x + w/2, y + h/2, text, ha="center", va="center", fontsize=8.5)
    block(.1, 2.6, 1.5, .8, "supply: 5 V, 4 A\nor more (12 V\nservos: 12 V, 5 A)", "#fbe3b5"); block(2.1, 2.6, 1.2, .8, "switch\n(estop_box)", "#f3b6ad")
    block(3.9, 1.9, 1.7, 1.5, "bus servo board\njumpers on B (USB)", "#cfe3f5"); block(.1, 1.2, 1.5, .8, "computer, USB\n(logic only: does\nnot feed servos)", "#e5e5e5")
    for k in range(6): block(.4 + 1.45*k, .1, 1.1, .6, f"motor {k + 1}\n{JOINT[k + 1]}", "#d9d9d9")
    arrow = dict(arrowstyle="-", lw=2.2)
    ax.annotate("", (2.08, 3), (1.63, 3), arrowprops=dict(arrow, color="#c0392b")); ax.annotate("", (3.88, 3), (3.33, 3), arrowprops=dict(arrow, color="#c0392b"))
    ax.text(3.6, 3.12, "barrel\n5.5 x 2.1", fontsize=7, ha="center"); ax.annotate("", (3.88, 2.1), (1.63, 1.6), arrowprops=dict(arrow, color="#2471a3")); ax.text(2.7, 1.5, "USB data cable", fontsize=7)
    ax.plot([4.7, 4.7, .95, .95], [1.88, 1.1, 1.1, .72], c="#333", lw=2.2); ax.text(4.85, 1.2, "3-pin cable: ground, supply, data", fontsize=7)
    for k in range(5): ax.plot([1.52 + 1.45*k, 1.83 + 1.45*k], [.4, .4], c="#333", lw=2.2)
    ax.text(6.1, 2.6, "label 7.4V: 5 V supply,\nnever more than 7.4 V\nlabel 12V (C018): 12 V supply\nRead the label, in leaders too.\n5 V plug and board: white or\ngreen tape; 12 V: red.\nA red plug into a red board only.", fontsize=8.5, va="center", bbox=dict(fc="#fff6d6", ec="#b58900"))
    ax.set(xlim=(0, 9.2), ylim=(0, 3.7)); ax.axis("off"); ax.set_title("One arm: power and data", fontsize=12)
    fig.savefig(OUT/"wiring.png", metadata=dict(Software=None), bbox_inches="tight"); plt.close(fig)

if __name__ == "__main__":
    names = sys.argv[1:] or list(FIGURES)
    if unknown := set(names) - set(FIGURES): raise SystemExit(f"no figure named {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    OUT.mkdir(exist_ok=True)
    for n in names: FIGURES[n](); print(OUT/f"{n}.png", flush=True)
