"""`visualizer render`: the frames asked for, the same everywhere, whole or not at all."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zlib
from fractions import Fraction

import av
import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from tests.conftest import THREE_MODES, TWO_WELLS
from tests.export.decoding import decoded, pixels
from tests.pictures import Seen
from visualizer.cli import main
from visualizer.engine.palette import DARK, LIGHT, rgb
from visualizer.export.options import rate_of
from visualizer.gui.offscreen.capture import frames
from visualizer.gui.offscreen.page import Look
from visualizer.scene import load_scene

SMALL = ("--size", "320x240", "--fps", "25", "--device", "cpu")


@pytest.fixture
def plane(tmp_path):
    path = tmp_path / "plane.toml"
    path.write_text(THREE_MODES)
    return path


def render(*arguments):
    assert main(["render", *map(str, arguments)]) == 0


def test_the_size_of_a_film_is_said_and_nothing_is_drawn(plane, tmp_path, capsys):
    out, small = tmp_path / "r.gif", tmp_path / "small.png"
    render(plane, "-o", out, *SMALL, "--frames", 40, "--estimate", "--preview", small)
    said = re.fullmatch(r"about ([\d.]+) MB", capsys.readouterr().out.strip())
    assert said is not None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plane.toml", "small.png"]
    render(plane, "-o", out, *SMALL, "--frames", 40)
    # Particles set out from one place, so that the beginning is the simpler part: the whole may be twice as rich.
    assert 0.5 < float(said.group(1)) / (out.stat().st_size / 1e6) < 2
    for arguments, why in (
        (["-o", str(tmp_path / "r.png")], "size of films alone"),
        (["-o", str(tmp_path / "r.html")], "size of films alone"),
    ):
        assert main(["render", str(plane), *arguments, "--estimate"]) == 2
        assert why in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".webp", ""])
def test_a_file_has_the_frames_of_the_run_in_their_order_and_remembers_the_scene(plane, tmp_path, suffix):
    out = tmp_path / f"r{suffix}"
    render(plane, "-o", out, *SMALL, "--frames", 12, "--seed", 5, *(() if suffix else ("--format", "frames")))
    scene = load_scene(plane).with_(seed=5)
    drawn = [f[..., 2::-1].astype(int) for f in (image.copy() for image in frames(scene, Look(320, 240), 12, "cpu"))]
    got = [image[..., :3].astype(int) for _, image in decoded(out)]
    assert len(got) == 12
    exact = suffix == ""
    for i, image in enumerate(got):
        # Lossy codecs blur, but frame i of the file is nearer to frame i of the run than to any other.
        distance = [np.abs(image - other).mean() for other in drawn]
        assert int(np.argmin(distance)) == i
        assert distance[i] < (1e-9 if exact else 6)
    assert load_scene(out if suffix else out / "00003.png") == scene
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["plane.toml", out.name])


def test_there_and_back_with_a_rest_at_the_end(plane, tmp_path):
    out = tmp_path / "r"
    render(plane, "-o", out, "--format", "frames", *SMALL, "--frames", 5, "--loop", "--hold", 0.08)
    images = [image for _, image in decoded(out)]
    assert len(images) == 5 + 2 + 3
    order = [0, 1, 2, 3, 4, 4, 4, 3, 2, 1]
    for i, k in enumerate(order):
        np.testing.assert_array_equal(images[i], images[k])
    assert all((images[0] != images[k]).any() for k in (1, 2, 3, 4))


def test_layers_theme_and_what_stands_around_are_as_asked(plane, tmp_path):
    out = tmp_path / "r.png"

    def drawn(*options):
        render(plane, "-o", out, "--size", "400x400", "--frames", 1, "--layers", "density", *options)
        return pixels(QImage(str(out)))

    dark, bare, light = drawn(), drawn("--no-title"), drawn("--theme", "light")
    assert tuple(dark[2, 2, :3]) == rgb(DARK.canvas)
    assert tuple(light[2, 2, :3]) == rgb(LIGHT.canvas)
    assert (dark[10:40, 18:200, :3].max(2) > 200).sum() > 100
    assert load_scene(out).layers.plane == ("density",)
    assert load_scene(out).view.theme == "light"
    assert np.abs(bare.astype(int) - dark).max() > 100
    with_words = drawn("--caption", "--equation")
    assert (with_words[345:390, 18:300, :3].max(2) > 150).sum() > 60  # the equation, below
    assert load_scene(out).seed == load_scene(plane).seed


def test_a_transparent_picture_over_the_canvas_is_the_opaque_one(plane, tmp_path):
    """Composited over the theme's canvas both are the same, up to rounding; corners are empty."""
    out = tmp_path / "r.png"
    common = ("--size", "400x400", "--frames", 2, "--layers", "density,contours,particles", "--no-title")
    inside = np.s_[8:360, 40:390]  # type is smoothed otherwise where it lies on nothing
    render(plane, "-o", out, *common)
    opaque = pixels(QImage(str(out)))[inside][..., :3].astype(float)
    render(plane, "-o", out, *common, "--transparent")
    assert pixels(QImage(str(out)))[2, 2, 3] == 0
    image = pixels(QImage(str(out)))[inside].astype(float)
    alpha = image[..., 3:] / 255
    over = alpha * image[..., :3] + (1 - alpha) * np.array(rgb(DARK.canvas))
    # Premultiplied bytes, blended layer by layer, round at each layer.
    assert np.abs(over - opaque).max() <= 6


def test_larger_pictures_have_larger_type_and_the_same_layout(plane, tmp_path):
    small, large = tmp_path / "s.png", tmp_path / "l.png"
    render(plane, "-o", small, "--size", "720p", "--frames", 1, "--layers", "density,contours")
    render(plane, "-o", large, "--size", "2560x1440", "--frames", 1, "--layers", "density,contours")
    a, b = (pixels(QImage(str(p)))[..., :3].astype(float) for p in (small, large))
    halved = b.reshape(720, 2, 1280, 2, 3).mean((1, 3))
    blocks = [v.reshape(90, 8, 160, 8, 3).mean((1, 3)) for v in (a, halved)]
    assert np.abs(blocks[0] - blocks[1]).max() < 25  # edges of type and lines are smoothed differently
    assert np.abs(blocks[0] - blocks[1])[1:].max() > 0


def test_an_svg_keeps_text_and_curves_inside_its_plots(tmp_path):
    for name, text in (("plane", THREE_MODES), ("line", TWO_WELLS)):
        (tmp_path / "s.toml").write_text(text)
        out = tmp_path / f"{name}.svg"
        render(tmp_path / "s.toml", "-o", out, "--size", "720p", "--frames", 3, "--caption", "--equation")
        assert load_scene(out) == load_scene(tmp_path / "s.toml")
        root = ET.fromstring(out.read_text())
        tag = lambda name: f"{{http://www.w3.org/2000/svg}}{name}"  # noqa: E731  # short
        words = " ".join(t.text or "" for t in root.iter(tag("text")))
        assert load_scene(out).title in words
        assert root.get("viewBox") == "0 0 1280 720"
        text = out.read_text()
        assert "non-scaling-stroke" not in text
        assert len(list(root.iter(tag("clipPath")))) == 3
        # What has lines keeps no scaled transform: widths are those of the page.
        for group in root.iter(tag("g")):
            if any(child.tag in (tag("path"), tag("polyline")) for child in group) and group.get("transform"):
                a, b, c, d = map(float, re.findall(r"[-\d.e]+", group.get("transform"))[:4])
                assert (a, b, c, d) == (1, 0, 0, 1)


def test_letters_as_curves_lie_where_the_text_lies(tmp_path):
    """Drawn by another program, Qt's SVG, both have as much ink, at the same place."""
    path = tmp_path / "line.toml"
    path.write_text(TWO_WELLS.replace("Two wells", "A & B < C"))
    drawn = {}
    for name, extra in (("text", ()), ("curves", ("--outlines",))):
        out = tmp_path / f"{name}.svg"
        render(path, "-o", out, "--size", "720p", "--frames", 1, "--layers", "", *extra)
        assert ("<text" in out.read_text()) == (name == "text")
        image = QImage(1280, 720, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        QSvgRenderer(str(out)).render(painter)
        painter.end()
        ink = np.abs(pixels(image)[..., :3].astype(float) - pixels(image)[0, 0, :3]).sum(2)
        ys, xs = np.indices(ink.shape)
        drawn[name] = np.array([ink.sum(), (ink * xs).sum() / ink.sum(), (ink * ys).sum() / ink.sum()])
    assert drawn["curves"][0] == pytest.approx(drawn["text"][0], rel=0.03)
    assert drawn["curves"][1:] == pytest.approx(drawn["text"][1:], abs=0.3)
    assert main(["render", str(path), "-o", str(tmp_path / "x.pdf"), "--outlines"]) == 2


def test_contours_in_an_svg_lie_where_the_picture_shows_them(plane, tmp_path):
    """The highest contour surrounds the mode: its points, as drawn on the page, are where p says they are."""
    from visualizer.engine.stage import Stage
    from visualizer.gui.offscreen.capture import Capture
    from visualizer.gui.offscreen.vector import svg_bytes

    scene = load_scene(plane)
    scene = scene.with_(layers=scene.layers.with_(plane=("contours",)))
    stage = Stage(scene, "cpu")
    capture = Capture(scene, Look(640, 560, title=False, scale=1.0))
    picture = stage.picture(capture.views[0])
    text = svg_bytes(capture, (picture,)).decode()
    canvas = capture.figure.canvases[0]
    want = [canvas.widget_at(*map(float, p)) for p in Seen(picture).contours[-1]]
    capture.close()
    points = {(round(float(x), 1), round(float(y), 1)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", text)}
    for at in want:
        assert any(abs(at.x() - x) < 0.6 and abs(at.y() - y) < 0.6 for x, y in points)


def test_a_pdf_is_one_page_with_fonts_and_the_scene_attached(plane, tmp_path):
    out = tmp_path / "r.pdf"
    render(plane, "-o", out, "--size", "720p", "--frames", 2, "--caption")
    data = out.read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/MediaBox [0 0 960" in data
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") + data.count(b"/Type/Page\n") >= 1
    assert b"Inter" in data
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            unpacked.append(stream)
    assert any(b"[target]" in part for part in unpacked)


def test_many_scenes_go_into_a_folder_and_a_faulty_one_does_not_stop_the_others(tmp_path, plane, capfd):
    bad = tmp_path / "bad.toml"
    bad.write_text("version = 99")
    out = tmp_path / "out"
    command = ["render", str(plane), str(bad), "trapped", "-o", str(out) + "/", "--jobs", "2", "--format", "png"]
    assert main([*command, "--size", "200x150", "--frames", "1"]) == 2
    assert sorted(p.name for p in out.iterdir()) == ["plane.png", "trapped.png"]
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "newer version" in said


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("suffix", "sent"), [(".mp4", signal.SIGTERM), (".gif", signal.SIGINT), ("", signal.SIGTERM)])
def test_an_export_ended_in_the_middle_leaves_nothing(tmp_path, plane, suffix, sent):
    out = tmp_path / "out"
    out.mkdir()
    kind = ["--format", "frames"] if not suffix else []
    command = [sys.executable, "-m", "visualizer", "render", str(plane), "-o", str(out / f"r{suffix}"), *kind, *SMALL]
    process = subprocess.Popen(
        [*command, "--frames", "5000", "--loop", "--progress"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    time.sleep(0.2)
    assert list(out.iterdir()) != []  # it is writing
    process.send_signal(sent)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stopped" in said
    assert "Traceback" not in said
    assert list(out.iterdir()) == []


MEMORY = """
import resource, sys
from fractions import Fraction
from pathlib import Path
from visualizer.gui.offscreen.page import Look
from visualizer.gui.offscreen.render import Clock, render
from visualizer.scene import load_scene
scene = load_scene(sys.argv[1])
scene = scene.with_(layers={"plane": ["particles"]}, particles={"count": 500})
seen = {}
def progress(done):
    if done in (600, 3000):
        seen[done] = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
render(scene, Path(sys.argv[2]), Look(96, 64), Clock(3000, 60), "cpu", progress)
print(seen[600], seen[3000])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_number_of_frames(plane, tmp_path):
    """3,000 frames; what was there after 600 may grow by fragments of the heap, not by 2,400 frames of 25 KB (59 MB)."""
    command = [sys.executable, "-c", MEMORY, str(plane), str(tmp_path / "r.webp")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=110)
    early, late = map(float, result.stdout.split())
    assert late - early < 12


def test_a_scene_comes_through_a_pipe(tmp_path, monkeypatch):
    out = tmp_path / "r.png"
    monkeypatch.setattr("sys.stdin", io.StringIO(THREE_MODES))
    render("-", "-o", out, "--size", "200x200", "--frames", 1)
    assert QImage(str(out)).width() == 200


def test_panels_are_drawn_side_by_side(tmp_path):
    out = tmp_path / "r.png"
    render("ode-beside-sde", "-o", out, "--size", "640x360", "--frames", 3)
    image = pixels(QImage(str(out)))
    assert image[:, :320, :3].std() > 5
    assert image[:, 320:, :3].std() > 5


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_disk_that_takes_no_more_is_told_in_a_sentence(plane, tmp_path):
    code = (
        "import resource, signal, sys\nfrom visualizer.cli import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\nsys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "out"
    out.mkdir()
    command = ["render", str(plane), "-o", str(out / "r.webp"), *SMALL, "--frames", "4"]
    result = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "r.webp could not be written (File too large). Make room" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(out.iterdir()) == []
    (out / "frames").mkdir()
    (out / "frames" / "mine.txt").write_text("x")
    assert main(["render", str(plane), "-o", str(out / "frames"), "--format", "frames", *SMALL, "--frames", "1"]) == 1


def test_rates_of_broadcasters_are_exact(plane, tmp_path, capsys):
    """29.97 is 30000/1001: a rate of 2997/100 drifts a frame in a quarter of an hour."""
    out = tmp_path / "r.mp4"
    size = ("--size", "320x240", "--device", "cpu")
    render(plane, "-o", out, *size, "--fps", "29.97", "--seconds", "0.5")
    with av.open(str(out)) as container:
        (stream,) = container.streams.video
        assert stream.average_rate == Fraction(30000, 1001)
        assert stream.frames == 15
    assert [rate_of(text) for text in ("25", "23.976", "12.5")] == [25, Fraction(24000, 1001), Fraction(25, 2)]
    for text in ("fast", "1/0", "0", "500"):
        assert main(["render", str(plane), "-o", str(out), *size, "--fps", text]) == 2
    assert "expected 1 to 240" in capsys.readouterr().err
