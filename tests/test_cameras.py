"The part of a camera's picture that counts, light that stays, and the words that say so."
import json, os, subprocess, sys, time
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from smolvla.arm import recording as recording_recording
from smolvla.sim import twin as recording_twin
from smolvla.arm import cameras as recording
from smolvla.data.dataset import LeRobotDataset
from smolvla.data.writer import DatasetWriter
from smolvla.data.doctor import doctor
from smolvla.arm.wire import ManualClock
from smolvla.arm.cameras import (
    CameraLost, FoundCamera, Shot, TwinCamera, View, Webcam, check_views, cut, find_zoom, fit_views,
    freeze)
from smolvla.arm.recording import (
    as_size, camera_words, check_camera, check_kept_views, keep_views, open_cameras,
    recording_features)
from smolvla.arm.so101 import SO101

ROOT = Path(__file__).resolve().parent.parent
class Real: simulated = False

@cache
def chart(size=(480, 640)):
    "Every pixel says where it is: red its column, green its row"
    y, x = np.mgrid[:size[0], :size[1]]
    return np.stack([255*x/size[1], 255*y/size[0], np.zeros(size)], -1).astype(np.uint8)

class Lens:
    "A capture object that sends a chart, of the size that it is asked for, up to `most`"
    def __init__(self, size, most=(1080, 1920), **kw): self.size, self.p = min(tuple(size), most), {cv2.CAP_PROP_EXPOSURE: 100., cv2.CAP_PROP_AUTO_EXPOSURE: 3., **kw}
    def getBackendName(self): return "V4L2"
    def read(self): time.sleep(.01); return True, np.ascontiguousarray(chart(self.size)[..., ::-1])
    def get(self, key): return self.p.get(key, 0.)
    def set(self, key, value): self.p[key] = value; return True
    def release(self): pass

@pytest.fixture
def lens(monkeypatch):
    "open_cameras opens charts instead of devices; `most` is the largest that they can send"
    class Kit: most, asked = (1080, 1920), []
    def opener(source, size, fps): Kit.asked.append((source, size)); return Lens(size, Kit.most)
    plain = Webcam.__init__
    monkeypatch.setattr(Webcam, "__init__", lambda self, *a, **k: plain(self, *a, **{**k, "opener": opener}))
    return Kit

# ---- the part

def test_a_zoom_takes_the_middle():
    p = View(zoom=2)(chart())
    assert p.shape == (240, 320, 3) and abs(int(p[0, 0, 0])-64) <= 1 and abs(int(p[-1, -1, 1])-191) <= 1

def test_a_crop_takes_its_pixels():
    p = View(crop=(64, 48, 32, 16))(chart())
    assert p.shape == (16, 32, 3) and (p == chart()[48:64, 64:96]).all()

@pytest.mark.parametrize("turn,corner", [(0, (0, 0)), (90, (-1, 0)), (180, (-1, -1)), (270, (0, -1))])
def test_turning_is_clockwise(turn, corner):
    p, original = View(rotate=turn)(chart()), chart()
    assert (p[0, 0] == original[corner]).all() and p.flags["C_CONTIGUOUS"] and p.shape[:2] == ((480, 640) if turn % 180 == 0 else (640, 480))

def test_all_of_it_is_untouched(): assert (View()(chart()) == chart()).all() and str(View()) == ""

@pytest.mark.parametrize("how,words", [(dict(zoom=.5), "from 1"), (dict(zoom=float("nan")), "from 1"), (dict(zoom=9), "to 8"), (dict(rotate=45), "clockwise"), (dict(zoom=2, crop=(0, 0, 99, 99)), "choose one"),
                                       (dict(crop=(0, 0, 8, 99)), "at least 16"), (dict(crop=(-1, 0, 99, 99)), "pixels"), (dict(crop=(0, 0, 99)), "x:y:width:height")])
def test_views_that_cannot_be(how, words):
    with pytest.raises(ValueError, match=words): View(**how)

def test_a_crop_outside_of_the_picture_is_said():
    with pytest.raises(ValueError, match="does not fit into the 320 x 240"): View(crop=(300, 0, 64, 64))(chart((240, 320)))

# ---- words

@pytest.mark.parametrize("text,want", [
    ("overhead=0,zoom=1.5,wrist=2", [("overhead", "0", "zoom=1.5"), ("wrist", "2", "")]),
    ("a=/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0, zoom=2 ,rotate=180", [("a", "/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0", "zoom=2,rotate=180")]),
    ("a=0,crop=1,2,30,40,b=1", [("a", "0", "crop=1:2:30:40"), ("b", "1", "")]), ("a=0,crop=1:2:30:40", [("a", "0", "crop=1:2:30:40")]), ("a=0,crop= 1, 2 ,30, 40 , b=1", [("a", "0", "crop=1:2:30:40"), ("b", "1", "")]),
    ("a=/home/me/my film = 2.avi,zoom=2", [("a", "/home/me/my film = 2.avi", "zoom=2")]), ("front.left=0", [("front.left", "0", "")]), ("overhead,wrist", [("overhead", "", ""), ("wrist", "", "")])])
def test_words_are_understood(text, want): assert [(c.slot, c.source, str(c.view)) for c in camera_words(text)] == want

def test_words_come_back(): assert str(camera_words(f"a=0,{View(zoom=1.65, rotate=90)}")[0].view) == "zoom=1.65,rotate=90"

@pytest.mark.parametrize("text,words", [
    ("zoom=2,a=0", "before any camera"), ("a=0,zoom=2,zoom=3", "twice"), ("a=0,zoom", "needs a value"), ("a=0,zoom=", "needs a value"), ("a=0,zoom=wide", "zoom=1.5"), ("a=0,zoom=nan", "zoom=1.5"), ("a=0,zoom=-2", "zoom=1.5"),
    ("a=0,zoom=1e9", "zoom=1.5"), ("a=0,zoom=20", "1 .all of it. to 8"), ("a=0,rotate=91", "clockwise"), ("a=0,rotate=180.0", "rotate=180"), ("a=0,crop=1:2:3", "crop=160:0:320:480"), ("a=0,crop=1,2,3", "crop=160"),
    ("a=0,crop=0:0:4:4", "at least 16"), ("a=0,crop=600:0:100:100", "capture=1280x720"), ("a=0,crop=0:0:99:99,zoom=2", "choose one"), ("a=0,capture=big", "WIDTHxHEIGHT"), ("a=0,capture=9999x9999", "WIDTHxHEIGHT"),
    ("{ front: {type: opencv, index_or_path: 0, width: 640} }", "not as YAML or JSON: overhead="), ("[{front: 0}]", "not as YAML"), ('["a=0"]', "not as YAML"), ("a=0,a=1", "different slots"), ("a=0 zoom=2", "a comma is missing before zoom"), ("=0", "no name for a slot"), ("a/b=0", "no name for a slot"), ("", "slot=source"), (",,", "slot=source"), ("a,zoom=2", "a has no source")])
def test_words_that_cannot_be_understood(text, words, lens):
    with pytest.raises(ValueError, match=words) as e: open_cameras(text, Real())
    assert not lens.asked and "\n" not in str(e.value)

@pytest.mark.parametrize("source,words", [("http://192.0.2.1:8080/video", "network camera"), ("rtsp://host/x", "network camera"), ("intelrealsense:2335", "no camera at"), ("/dev/video97", "no camera at")])
def test_sources_that_are_none(source, words):
    with pytest.raises(CameraLost, match=words): recording.device_number(source)

@pytest.mark.parametrize("text,size", [("640x480", (480, 640)), ("1280x720", (720, 1280)), ("1920X1080", (1080, 1920)), (" 128x96 ", (96, 128))])
def test_sizes(text, size): assert as_size(text) == size

# ---- open cameras

def test_zoom_comes_before_shrinking(lens):
    cams = open_cameras("a=0,zoom=2,b=1", Real(), (96, 128))
    a, b = (cams[k].latest(9.).picture for k in "ab")
    for c in cams.values(): c.close()
    assert a.shape == b.shape == (96, 128, 3) and np.abs(a.astype(int)-cut(View(zoom=2)(chart()), (96, 128))).max() <= 1
    assert a[..., 0].min() > 50 > b[..., 0].min() and a[..., 2].max() == 0, "red, green, blue"

def test_a_small_record_size_asks_for_640x480_and_a_large_one_for_itself(lens):
    for text, size in (("a=0", (480, 640)), ("a=0", (96, 128)), ("a=0,zoom=2", (480, 640)), ("a=0", (720, 1280)), ("a=0,capture=1280x720", (480, 640))):
        cam = open_cameras(text, Real(), size)["a"]
        assert cam.latest(9.).picture.shape[:2] == cam.shape == size
        cam.close()
    assert [size for _, size in lens.asked] == [(480, 640)]*3+[(720, 1280)]*2

def test_a_camera_that_cannot_send_so_much_is_refused(lens):
    lens.most = (480, 640)
    with pytest.raises(CameraLost, match="sends 640 x 480, not 1280 x 720: record that size .--size 640x480"): open_cameras("a=0", Real(), (720, 1280))
    with pytest.raises(CameraLost, match="sends 640 x 480, less than the 1280 x 720.*smaller --size"): open_cameras("a=0,capture=1920x1080", Real(), (720, 1280))
    cam = open_cameras("a=0,zoom=2", Real(), (480, 640))["a"]       # a zoom may enlarge
    assert cam.latest(9.).picture.shape == (480, 640, 3) and cam.about.startswith("zoom=2")
    cam.close()

def test_a_crop_of_a_smaller_picture_than_asked_is_said(lens):
    lens.most = (240, 320)
    with pytest.raises(CameraLost, match="does not fit into the 320 x 240"): open_cameras("a=0,crop=300:0:320:480", Real())

def test_enlarging_is_smooth():
    steps = np.diff(cut(chart((24, 32)), (480, 640))[240, :, 0].astype(int))
    assert np.abs(steps).max() <= 2

def test_the_twin_has_its_view_already_and_any_size():
    with SO101("twin", clock=ManualClock()) as arm:
        with pytest.raises(ValueError, match="leave zoom away"): open_cameras("overhead,zoom=2", arm)
        assert TwinCamera(arm, "wrist", (720, 1280)).latest().picture.shape == (720, 1280, 3)

def test_the_page_says_view_and_light(lens):
    cam = open_cameras("a=0,zoom=1.5", Real())["a"]
    while not cam.lock: time.sleep(.01)
    while "brightness" not in (said := check_camera(cam).found): time.sleep(.1)      # a busy machine may be late with a picture
    cam.close()
    assert "zoom=1.5" in said and "exposure" in said and "white balance" in said

# ---- the zoom that fits

@pytest.fixture(scope="module")
def twin(): return recording.twin_views()

def wide(degrees):
    env = recording_twin.SO101Env("sorting", cameras=())
    env.reset(seed=7)
    env.model.cam_fovy[env.model.camera("overhead").id] = degrees
    return recording_twin.Camera(env.model, 480, 640)(env.data, "overhead")

@pytest.mark.parametrize("degrees", [46, 60, 80, 100])
def test_the_zoom_is_the_lens(twin, degrees):
    zoom, like = find_zoom(wide(degrees), twin["overhead"])
    assert like > .95 and abs(zoom/(np.tan(np.radians(degrees/2))/np.tan(np.radians(23)))-1) < .05

def test_a_failing_view_says_the_zoom(twin):
    (line,) = check_views({"overhead": wide(80)}, {"overhead": twin["overhead"]})
    assert not line.ok and "zoom=1.9" in line.cure
    assert "upside down" in check_views({"overhead": wide(46)[::-1]}, {"overhead": twin["overhead"]})[0].cure

def test_each_camera_into_one_slot(twin):
    found = fit_views({"x": cut(twin["wrist"], (96, 96)), "y": wide(80)}, twin)
    assert {s: (c, z > 1.5) for s, (c, z, _) in found.items()} == {"overhead": ("y", True), "wrist": ("x", False)}
    assert fit_views({}, twin) == {} and fit_views({"x": wide(46)}, {}) == {}

def test_find_cameras_says_the_zoom(tmp_path, monkeypatch, capsys):
    found = [FoundCamera("/dev/v4l/by-path/a", "/dev/video0", "a camera", Shot(wide(80), 0., 1)), FoundCamera("b", "b", "no camera")]
    monkeypatch.setattr(recording_recording, "find_cameras", lambda: found)
    recording_recording.find_cameras_cli(out=str(tmp_path), like="twin")
    said = capsys.readouterr().out
    assert "--cameras overhead=/dev/v4l/by-path/a,zoom=1.9" in said and "likeness 0.9" in said
    assert camera_words(said.rsplit("--cameras ", 1)[1].strip())[0].view.zoom > 1.8
    with pytest.raises(SystemExit, match="smolvla_find_cameras: .*nowhere"): recording_recording.find_cameras_cli(out=str(tmp_path), like=str(tmp_path/"nowhere"))

# ---- what the set keeps

def test_the_set_keeps_the_views(lens, tmp_path):
    cams = open_cameras("a=0,zoom=2,b=1", Real(), (32, 32))
    with DatasetWriter(tmp_path/"set", 30, recording_features(cams)) as w:
        check_kept_views(w.root, cams); keep_views(w.root, cams)
        frame = {"observation.state": np.zeros(6), "action": np.zeros(6), "wall_time": [0.], "camera_age": [0., 0.], **{f"observation.images.{k}": c.latest(9.).picture for k, c in cams.items()}}
        w.add_frame(frame, task="t"); w.save_episode()
    kept = json.loads((tmp_path/"set/meta/recording.json").read_text())["cameras"]
    assert kept["a"]["view"] == "zoom=2" and kept["b"]["view"] == "" and kept["a"]["sends"] == [480, 640] and kept["a"]["source"] == "0"
    check_kept_views(tmp_path/"set", cams)
    for c in cams.values(): c.close()
    other = {"a": Webcam(0, "a", view=View(zoom=3))}
    with pytest.raises(ValueError, match="recorded with zoom=2 of camera a, not with zoom=3"): check_kept_views(tmp_path/"set", other)
    check_kept_views(tmp_path/"new", other)
    assert not [f for f in doctor(tmp_path/"set").findings if f.level == "error"] and LeRobotDataset(tmp_path/"set").num_episodes == 1

@pytest.mark.parametrize("text", ["no json", "[]", "null"])
def test_a_damaged_note_is_said(text, tmp_path):
    (tmp_path/"meta").mkdir(); (tmp_path/"meta/recording.json").write_text(text)
    with pytest.raises(ValueError, match="recording.json is damaged: move it away"): check_kept_views(tmp_path, {"a": Webcam(0, "a")})

@pytest.mark.parametrize("state", [{}, {"cameras": None}, {"cameras": []}, {"cameras": {"a": 3}}, {"cameras": {"b": {"view": "zoom=2"}}}])
def test_a_note_of_something_else_does_not_matter(state, tmp_path):
    (tmp_path/"meta").mkdir(); (tmp_path/"meta/recording.json").write_text(json.dumps(state))
    check_kept_views(tmp_path, {"a": Webcam(0, "a", view=View(zoom=2))})

# ---- light

class Light:
    "A camera in the light: automatic aims at `aim`, manual shows the root of the exposure; `keeps` answers done and does nothing"
    def __init__(self, driver, stored, keeps=False, refuses=False, tint=(1, 1, 1), aim=120., motor=False):
        self.driver, self.value, self.keeps, self.refuses, self.tint, self.aim, self.motor = driver, stored, keeps, refuses, np.array(tint), aim, motor
        self.manual, self.auto_wb, self.autofocus, self.calls = False, 1., 1., []
    def getBackendName(self): return self.driver
    def set(self, key, value):
        self.calls.append((key, value))
        if self.refuses: return False
        if self.keeps: return True
        if key == cv2.CAP_PROP_AUTO_EXPOSURE: self.manual = value == {"V4L2": 1, "DSHOW": 0}.get(self.driver)
        elif key == cv2.CAP_PROP_EXPOSURE: self.value = value; self.manual |= self.driver != "V4L2"
        elif key == cv2.CAP_PROP_AUTO_WB:
            if self.driver == "MSMF": return False
            self.auto_wb = value
        elif key == cv2.CAP_PROP_AUTOFOCUS:
            if not self.motor: return False
            self.autofocus = value
        return True
    def get(self, key):
        if key == cv2.CAP_PROP_EXPOSURE: return -6. if self.driver == "MSMF" else self.value        # Media Foundation reads the maker's default
        if key == cv2.CAP_PROP_AUTO_EXPOSURE: return (1. if self.manual else 3.) if self.driver == "V4L2" else -1.
        return {cv2.CAP_PROP_AUTO_WB: self.auto_wb, cv2.CAP_PROP_AUTOFOCUS: self.autofocus}.get(key, -1.)
    @property
    def bright(self):
        if not self.manual: return self.aim
        return 9.6*self.value**.5 if self.driver == "V4L2" else 1000*2**(self.value/2)
    def look(self): return np.clip(self.bright*(np.ones(3) if self.auto_wb else self.tint), 0, 255)

@pytest.mark.parametrize("driver,stored", [("V4L2", v) for v in (1., 3., 40., 157., 900., 5000.)]+[("DSHOW", v) for v in (-13., -8., -6., 0.)]+[("MSMF", -11.), ("MSMF", -1.)])
def test_a_locked_picture_is_as_bright_as_before(driver, stored):
    "Whatever exposure was stored in the camera: a picture that turns dark or white at the lock is not a success"
    cam = Light(driver, stored)
    said = freeze(cam, cam.look)
    assert said.startswith("exposure locked at") and cam.manual and abs(np.log2(cam.look().mean()/120)) < .35, said

@pytest.mark.parametrize("driver,word", [("V4L2", "v4l2-ctl -d /dev/video7"), ("DSHOW", "untick Auto"), ("MSMF", "untick Auto")])
@pytest.mark.parametrize("how", ["keeps", "refuses"])
def test_a_camera_that_stays_automatic_is_found_out(driver, word, how):
    cam = Light(driver, 100. if driver == "V4L2" else -6., **{how: True})
    said = freeze(cam, cam.look, "/dev/video7")
    assert "exposure not locked (asked for manual, but the camera kept automatic" in said and word in said and "locked at" not in said
    assert not cam.manual and "white balance stays automatic" in said and "focus locked" not in said and "\n" not in said

def test_a_scene_that_manual_cannot_reach_goes_back_to_automatic():
    class Night(Light):
        bright = property(lambda self: min(60., 9.6*self.value**.5) if self.manual else self.aim)
    cam = Night("V4L2", 5.)
    said = freeze(cam, cam.look)
    assert "manual pictures had another brightness" in said and not cam.manual and cam.look().mean() == 120

def test_colours_that_jump_go_back():
    cam = Light("V4L2", 157., tint=(.6, 1, 1.4))
    assert "white balance stays automatic (locked, it had other colours)" in freeze(cam, cam.look) and cam.auto_wb == 1
    cam = Light("V4L2", 157., tint=(1.02, 1, .98))
    assert "white balance locked" in freeze(cam, cam.look) and cam.auto_wb == 0

def test_focus_is_said_where_there_is_a_motor():
    for motor in (False, True):
        cam = Light("V4L2", 157., motor=motor)
        assert ("focus locked" in freeze(cam, cam.look)) == motor

@pytest.mark.parametrize("driver", ["AVFOUNDATION", "GSTREAMER", "FFMPEG"])
def test_where_nothing_can_be_locked_nothing_is_touched(driver):
    cam = Light(driver, 100.)
    assert f"({driver} offers no control of it)" in freeze(cam, cam.look) and not cam.calls

@pytest.mark.parametrize("platform,name", [("linux", "V4L2"), ("win32", "MSMF"), ("darwin", "AVFOUNDATION"), ("aix", "unknown")])
def test_the_platform_names_the_driver(platform, name, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    assert recording.driver_name(object()) == name

def test_pictures_go_on_while_the_light_is_locked():
    class Slow(Light):
        def __init__(self): super().__init__("V4L2", 5.); self.n = 0
        def read(self): time.sleep(.005); self.n += 1; return True, np.full((48, 64, 3), self.look(), np.uint8)
        def release(self): pass
    fake = Slow()
    with Webcam(0, size=(48, 64), opener=lambda *a: fake) as cam:
        while not cam.lock: assert cam.latest(5.).picture.shape == (48, 64, 3)
        n = cam.shot.number
    assert cam.lock.startswith("exposure locked at") and n >= recording.WARM+4*recording.SETTLE

def test_a_camera_that_goes_while_its_light_is_locked_is_opened_again():
    class Goes(Light):
        opened = 0
        def __init__(self): super().__init__("V4L2", 157.); Goes.opened += 1; self.n = 0
        def read(self): time.sleep(.005); self.n += 1; return Goes.opened > 1 or self.n < recording.WARM+3, np.full((48, 64, 3), self.look(), np.uint8)
        def release(self): pass
    with Webcam(0, size=(48, 64), opener=lambda *a: Goes()) as cam:
        while not cam.lock: time.sleep(.01)
    assert cam.reopened == 1 and cam.lock.startswith("exposure locked")

def test_media_foundation_is_told_before_opencv_loads():
    code = "import os, sys; import smolvla.arm.cameras; print(os.environ['OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS'])"
    env = {k: v for k, v in os.environ.items() if "MSMF" not in k}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True).stdout.strip() == "0"
    source = (ROOT/"smolvla/arm/cameras.py").read_text()
    assert source.index("MSMF_ENABLE_HW_TRANSFORMS") < source.index("import cv2")
