"""Export from the window: the same pictures as on the screen and on the command line, and scenes that come back."""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QObject, QPointF, QProcess, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from shiboken6 import delete

from tests.export.decoding import decoded, pixels
from visualizer import fused
from visualizer.cli import main
from visualizer.engine import Simulation
from visualizer.export.options import rate_of
from visualizer.gui.export_process import ExportProcess
from visualizer.gui.numbers import NumbersDialog
from visualizer.gui.offscreen.capture import frames
from visualizer.gui.offscreen.page import Look
from visualizer.gui.picturing import PictureDialog, as_shown
from visualizer.scene import load_scene, save_scene
from visualizer.scene.presets import preset_names
from visualizer.scene.python import as_python
from visualizer.scene.remember import remembered


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))


@pytest.fixture
def quiet(three_modes):
    """A scene whose picture depends on its step alone: tracers would move on while one looks."""
    return three_modes.with_(layers={"plane": ["density", "contours", "particles", "marginals"]})


def test_window_dialog_and_command_line_draw_the_same_pixels(make_window, quiet, tmp_path, qtbot):
    fused.need()  # else the window begins without compiled kernels, a last bit apart
    window = make_window(quiet)
    window.desk.player.step_by(3)
    qtbot.waitUntil(lambda: window.desk.pictures and window.desk.pictures[0].moment.step == 3)
    # On a busy machine the first pictures may be of a window that was still being laid out.
    qtbot.waitUntil(lambda: tuple(p.viewport for p in window.desk.pictures) == window.desk.figure.views())
    PictureDialog(window.desk).save_to(tmp_path / "window.png")
    qtbot.waitUntil((tmp_path / "window.png").exists)
    shown = pixels(QImage(str(tmp_path / "window.png")))
    height, width = shown.shape[:2]
    look = Look(width, height, title=False, scale=1.0)
    *_, last = (image.copy() for image in frames(quiet, look, 4, "cpu"))
    np.testing.assert_array_equal(shown[..., :3], last[..., 2::-1])

    save_scene(quiet, tmp_path / "s.toml")
    command = ["render", str(tmp_path / "s.toml"), "-o", str(tmp_path / "cli"), "--format", "frames", "--device", "cpu"]
    assert main([*command, "--size", "640x400", "--fps", "60", "--frames", "4"]) == 0
    window.commands.export_video()
    dialog = window.commands._export
    dialog.format.setCurrentIndex(dialog.format.findData(""))
    dialog._format_chosen()
    dialog.dimensions.show_value("640x400")
    dialog.frames.setValue(4)
    dialog.export_to(tmp_path / "dialog")
    qtbot.waitUntil(lambda: not dialog.running)
    for (_, a), (_, b) in zip(decoded(tmp_path / "cli"), decoded(tmp_path / "dialog"), strict=True):
        np.testing.assert_array_equal(a, b)
    dialog.reject()


def test_the_dialog_asks_for_what_is_chosen(make_window, quiet):
    window = make_window(quiet)
    window.commands.export_video()
    dialog = window.commands._export
    assert not dialog.transparent.isEnabled()
    dialog.format.setCurrentIndex(dialog.format.findData(".webm"))
    dialog._format_chosen()
    dialog.dimensions.show_value("")
    dialog._show_custom()
    assert not dialog._custom.isHidden()
    dialog.width_box.setValue(1000)
    dialog.height_box.setValue(500)
    for box in (dialog.transparent, dialog.loop, dialog.caption, dialog.equation):
        box.click()
    dialog.title.click()
    dialog.frames.setValue(100)
    dialog.fps.setValue(50)
    dialog.hold.setValue(1.0)
    assert dialog.length.text().startswith("248 frames, 5.0 seconds")
    dialog.theme.show_value("light")
    for i in range(dialog.layers.count()):
        if dialog.layers.item(i).text() == "Contours":
            dialog.layers.item(i).setCheckState(Qt.CheckState.Unchecked)
    options = dialog.options()
    assert options[options.index("--layers") + 1] == "density,particles,marginals"
    for name, value in (("--size", "1000x500"), ("--fps", "50"), ("--hold", "1.0"), ("--theme", "light")):
        assert options[options.index(name) + 1] == value
    assert {"--loop", "--no-title", "--caption", "--equation", "--transparent"} <= set(options)
    dialog.reject()


def test_size_and_picture_are_told_before_anything_is_drawn(make_window, quiet, qtbot):
    window = make_window(quiet.with_(particles={"count": 100}))
    window.commands.export_video()
    dialog = window.commands._export
    dialog.forecast._timer.setInterval(0)
    dialog.dimensions.show_value("640x400")
    dialog.frames.setValue(3)
    qtbot.waitUntil(lambda: "about" in dialog.length.text() and not dialog.preview._image.isNull())
    assert not dialog.preview._image.hasAlphaChannel()
    dialog.format.show_value(".webm")
    dialog._format_chosen()
    assert "about" not in dialog.length.text(), "what was told is not of this"
    dialog.transparent.click()
    assert dialog.theme.itemText(2) == "For slides on white"
    qtbot.waitUntil(lambda: dialog.preview._image.hasAlphaChannel())
    dialog.fps.setValue(29.97)
    options = dialog.options()
    assert rate_of(options[options.index("--fps") + 1]) == Fraction(30_000, 1001)
    dialog.reject()


def test_an_export_beside_the_window_is_cancelled_and_leaves_nothing(make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    window.commands.export_video()
    dialog = window.commands._export
    dialog.dimensions.show_value("640x400")
    dialog.frames.setValue(5000)
    dialog.export_to(tmp_path / "w.mp4")
    qtbot.waitUntil(lambda: "s left" in dialog.status.text())
    assert dialog.bar.value() > 1
    dialog.cancel.click()
    assert "Cancelling" in dialog.status.text()
    qtbot.waitUntil(lambda: not dialog.running)
    assert "Cancelled" in dialog.status.text()
    assert list(tmp_path.iterdir()) == []
    dialog.export_to(tmp_path / "nowhere" / "w.mp4")
    qtbot.waitUntil(lambda: not dialog.running)
    assert "there is no folder" in dialog.status.text()
    dialog.cancel.click()
    assert window.commands._export is None


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".png", ".svg", ".pdf", ".webm", ".webp"])
def test_a_dropped_export_brings_its_scene_back(make_window, three_modes, tmp_path, qtbot, suffix):
    scene = load_scene("momentum").with_(seed=11, particles={"count": 300})
    save_scene(scene, tmp_path / "s.toml")
    out = tmp_path / f"r{suffix}"
    command = ["render", str(tmp_path / "s.toml"), "-o", str(out), "--size", "128x96", "--frames", "2"]
    assert main([*command, "--device", "cpu"]) == 0
    window = make_window(three_modes)
    drop(window, out)
    qtbot.waitUntil(lambda: window.desk.store.scene.seed == 11)
    assert window.desk.store.scene == scene
    assert window.desk.files.path is None  # saving must not overwrite the film with a scene


def test_a_picture_from_elsewhere_is_no_scene_to_open_and_changes_nothing(make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    path = tmp_path / "holiday.png"
    QImage(8, 8, QImage.Format.Format_RGB32).save(str(path))
    window.desk.files.open_path(str(path))
    qtbot.waitUntil(lambda: "holds no scene" in window.desk.banner.text.text())
    assert window.desk.store.scene == three_modes


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_the_picture_is_saved_with_its_scene_and_without_handles(make_window, quiet, tmp_path, qtbot, suffix, begins):
    window = make_window(quiet)
    qtbot.waitUntil(lambda: bool(window.desk.pictures))
    path = tmp_path / f"p{suffix}"
    window.commands.save_picture()
    dialog = next(d for d in window.findChildren(PictureDialog))
    dialog.save_to(path)
    qtbot.waitUntil(path.exists)
    assert path.read_bytes().startswith(begins)
    assert window.desk.figure.canvases[0].handles.isVisible()
    assert load_scene(path) == quiet
    dialog.save_to(tmp_path / "p.bmp")
    assert "ends in .png, .svg, .pdf" in dialog.status.text()
    dialog.reject()


def test_a_picture_for_a_paper_is_light_as_the_command_line_draws_it(make_window, quiet, tmp_path, qtbot):
    """The window is dark; the drawing is that of the light scene, pixel for pixel, wherever the view has been moved."""
    window = make_window(quiet)
    qtbot.waitUntil(lambda: tuple(p.viewport for p in window.desk.pictures) == window.desk.figure.views())
    window.desk.figure.canvases[0].view.setRange(xRange=(-3, 1), yRange=(-2, 1), padding=0)
    dialog = PictureDialog(window.desk)
    assert dialog.theme.value == ""
    dialog.format.show_value(".svg")
    dialog._format_chosen()
    assert dialog.theme.value == "light"
    assert dialog.outlines.isEnabled()
    dialog.transparent.click()
    assert dialog.theme.itemText(2) == "For slides on white"
    dialog.save_to(tmp_path / "p.png")
    qtbot.waitUntil((tmp_path / "p.png").exists)
    assert load_scene(tmp_path / "p.png").view.theme == "dark", "the file remembers the scene as it is"
    shown = pixels(QImage(str(tmp_path / "p.png")))
    scene = as_shown(quiet.with_(view=quiet.view.with_(theme="light")), window.desk.figure.views())
    height, width = shown.shape[:2]
    look = Look(width, height, title=False, transparent=True, scale=1.0)
    first, *_ = (image.copy() for image in frames(scene, look, 1, "cpu"))
    visible = first[..., 3] > 0
    np.testing.assert_array_equal(shown[..., 3], first[..., 3])
    np.testing.assert_array_equal(shown[visible][:, :3], first[visible][:, 2::-1])
    qtbot.waitUntil(lambda: not dialog.preview._image.isNull())
    dialog.reject()


def test_picture_and_python_go_to_the_clipboard(make_window, quiet, qtbot):
    window = make_window(quiet)
    qtbot.waitUntil(lambda: bool(window.desk.pictures))
    size = window.desk.figure.size()
    window.commands.copy_picture()
    image = QGuiApplication.clipboard().image()
    assert image.size() == size
    assert pixels(image)[..., :3].std() > 5
    window.commands.copy_python()
    assert QGuiApplication.clipboard().text() == as_python(quiet)


@pytest.mark.parametrize("title", ["plain", 'quotes """ and \\ back', "ends in \\"])
def test_copied_python_runs_the_same_scene(three_modes, title, capsys):
    scene = three_modes.with_(title=title, particles={"count": 50}, sampler={"kind": "langevin", "steps": 3})
    names: dict = {}
    exec(as_python(scene), names)
    assert names["scene"] == scene
    *_, last = Simulation(scene, "cpu")
    np.testing.assert_array_equal(names["frame"].x, last.x)


def test_every_preset_survives_being_copied_as_python():
    for name in preset_names():
        scene = load_scene(name)
        names: dict = {}
        exec(as_python(scene).split("for frame")[0], names)
        assert names["scene"] == scene


def test_numbers_of_the_moment_shown_are_written(make_window, quiet, tmp_path, qtbot):
    window = make_window(quiet)
    window.desk.player.step_by(5)
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 5)
    window.commands.export_numbers()
    dialog = window.findChild(NumbersDialog)
    sim = Simulation(quiet, "cpu")
    sim.advance(5)
    for what, suffix in (("particles", ".npz"), ("field", ".csv"), ("curves", ".parquet"), ("diagnostics", ".csv")):
        dialog.what.show_value(what)
        dialog.what.activated.emit(0)
        dialog.grid.setValue(12)
        path = tmp_path / f"{what}{suffix}"
        if what == "diagnostics":
            qtbot.waitUntil(lambda: window.desk.report is not None)
        dialog.export_to(path)
        qtbot.waitUntil(lambda: "Written" in dialog.status.text())
        assert path.exists()
        dialog.status.clear()
    data = np.load(tmp_path / "particles.npz")
    np.testing.assert_array_equal(np.stack([data["x"], data["y"]], 1), sim.frame.x)
    assert len((tmp_path / "field.csv").read_text().splitlines()) == 12 * 12 + 1
    dialog.export_to(tmp_path / "nowhere" / "x.csv")
    qtbot.waitUntil(lambda: "could not be written" in dialog.status.text())
    dialog.reject()


def test_what_a_killed_export_left_goes_and_nothing_else(tmp_path, qtbot):
    parent = QObject()
    process = ExportProcess("", tmp_path / "a.gif", [], parent)
    qtbot.waitUntil(lambda: process._process.state() == QProcess.ProcessState.NotRunning)
    left = [".a.gif.abcd_123.gif", ".a.gif.abcd_123.gif.zyxw4321.mkv", ".a.gif.zyxw4321.mkv"]
    others = ["a.gif", ".a.gif.bak", ".a.gif.toml.abcd1234.gif", ".aXgif.abcd_123.gif", "a.gif.abcd_123.gif"]
    for name in left + others:
        (tmp_path / name).write_text("x")
    process.end_now()
    assert {p.name for p in tmp_path.iterdir()} == set(others)


def test_an_export_that_cannot_start_says_so(make_window, quiet, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    window = make_window(quiet)
    window.commands.export_video()
    dialog = window.commands._export
    dialog.export_to(tmp_path / "a.mp4")
    qtbot.waitUntil(lambda: not dialog.running)
    assert "could not be started" in dialog.status.text()
    dialog.reject()


def test_a_gif_offers_what_it_can_show(make_window, quiet):
    window = make_window(quiet)
    window.commands.export_video()
    dialog = window.commands._export
    dialog.fps.setValue(120)
    dialog.format.setCurrentIndex(dialog.format.findData(".gif"))
    dialog._format_chosen()
    assert dialog.fps.maximum() == 50
    dialog.reject()


def test_numbers_may_be_closed_while_they_are_asked_for(make_window, quiet, tmp_path, qtbot):
    window = make_window(quiet)
    window.commands.export_numbers()
    dialog = window.findChild(NumbersDialog)
    dialog.export_to(tmp_path / "p.csv")
    dialog.reject()
    delete(dialog)
    qtbot.wait(300)  # an error in a slot would fail the test


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".mp4", ".npz"])
def test_exports_do_not_tell_whose_machine_they_are_from(tmp_path, suffix):
    """Files are named from where the export lies, so that it still opens where they are; no path begins at the root."""
    (tmp_path / "data").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("x,y\n" + "\n".join(f"{i % 7},{i % 5}" for i in range(40)))
    scene = tmp_path / "data" / "scene.toml"
    scene.write_text(
        'title = "Rows"\n[target]\nkind = "data"\nfile = "rows.csv"\ncolumns = ["x", "y"]\n[particles]\ncount = 50\n'
    )
    out = tmp_path / "out" / f"export{suffix}"
    if suffix == ".npz":
        assert main(["sample", str(scene), "-o", str(out), "--steps", "2"]) == 0
        text = str(np.load(out)["scene"])
    else:
        assert main(["render", str(scene), "-o", str(out), "--size", "320x200", "--frames", "2"]) == 0
        text = remembered(out)
        assert load_scene(out).target.x.shape == (40, 2)
    assert "../data/rows.csv" in text
    assert str(tmp_path) not in text


TOUR = """
title = "Short"

[[stops]]
scene = "trapped"
title = "One"
play = true
seconds = 0.4
[stops.change]
particles = { count = 200 }

[[stops]]
title = "Two"
transition = 0.1
seconds = 0.4
[stops.change]
sampler = { sigma = 1.0 }
"""


def test_a_tour_is_drawn_as_it_stands_by_a_command_and_from_the_window(
    make_window, three_modes, qtbot, tmp_path, monkeypatch
):
    """With its words: two stops of 0.4 s at 10 frames a second are eight frames, of two sorts."""
    tour = tmp_path / "tour.toml"
    tour.write_text(TOUR)
    out = tmp_path / "by-command"
    options = ["--size", "320x180", "--fps", "10", "--device", "cpu"]
    assert main(["render", str(tour), "-o", str(out), "--format", "frames", "--theme", "light", *options]) == 0
    assert len(list(out.iterdir())) == 8
    assert main(["render", str(tour), "-o", str(tmp_path / "x.png")]) == 2
    window = make_window(three_modes)
    window.commands.film_tour()
    assert "No tour is open yet" in window.desk.banner.text.text()
    window.desk.files.open_path(str(tour))
    qtbot.waitUntil(lambda: window.presenter.active)
    window.presenter.end()
    window.commands.film_tour()
    dialog = window.commands._export
    assert dialog.windowTitle() == "Film of a tour"
    dialog.fps.setValue(10)
    dialog.dimensions.show_value("960x540")
    assert dialog.options() == ["--size", "960x540", "--device", "cpu", "--fps", "10"]
    monkeypatch.setattr(dialog, "options", lambda: ["--fps", "10", "--size", "320x180"])
    dialog.export_to(tmp_path / "film.mp4")
    assert dialog.running
    qtbot.waitUntil(lambda: not dialog.running)
    assert dialog.status.text().startswith(f"Written: {tmp_path / 'film.mp4'} (")
    assert len(decoded(tmp_path / "film.mp4")) == 8
    window.commands.film(tour, "Another", False)
    assert window.commands._export is dialog, "one at a time"
    dialog.reject()
