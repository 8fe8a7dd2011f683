"""Choosing and typing targets in the window: formulas with parameters and errors, shapes, and back without loss."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, qRgb
from PySide6.QtTest import QTest

from tests.gui.test_experiments import opened
from tests.gui.test_export import drop
from tests.pictures import Seen
from visualizer import apart
from visualizer.gui.app import make_window as open_on
from visualizer.gui.cards.targets.formula import box_of, box_text, density_tex
from visualizer.gui.document import images
from visualizer.gui.document.images import image_target, turned
from visualizer.gui.picturing import PictureDialog
from visualizer.scene.embedded import unpacked
from visualizer.scene.files import save_scene
from visualizer.scene.formula import parse
from visualizer.scene.painting import drawing
from visualizer.scene.presets import load_scene
from visualizer.scene.targets.drawn import DrawnTarget
from visualizer.scene.targets.unknown import UnknownTarget

CASES = Path(__file__).parents[1] / "cases"


def choose(window, kind, qtbot):
    panel = window.desk.cards.target
    panel.kind.setCurrentIndex(panel.kind.findData(kind))
    panel.kind.activated.emit(0)
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == kind)


def type_formula(window, text):
    line = window.desk.cards.target.forms["formula"].text
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def layer_list(window):
    rows = window.desk.cards.layers.list
    return [rows.item(i).data(Qt.ItemDataRole.UserRole) for i in range(rows.count())]


@pytest.fixture
def formula_window(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    choose(window, "formula", qtbot)
    return window


def test_a_formula_is_typed_and_its_parameters_slide(formula_window, three_modes, qtbot):
    window = formula_window
    store, form = window.desk.store, window.desk.cards.target.forms["formula"]
    assert form.isVisible()
    assert not window.desk.cards.target.mixture.isVisible()
    type_formula(window, "-(x^2-4)^2/4 - k*y^2")
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"k": 1.0})
    assert form.trouble.isHidden()
    form.sliders["k"].edited.emit(-2.5)
    qtbot.waitUntil(lambda: "With k = -2.5 it does not integrate" in form.trouble.text())
    form.sliders["k"].edited.emit(2.5)
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"k": 2.5})
    # What the parameter is worth stays while the formula is typed on.
    type_formula(window, "-(x^2-4)^2/4 - k*y^2 + m*x")
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"k": 2.5, "m": 1.0})
    # One dimension less; and all of it can be undone.
    type_formula(window, "-x^4 + x^2")
    qtbot.waitUntil(lambda: store.scene.target.d == 1)
    qtbot.waitUntil(lambda: window.desk.pictures and window.desk.pictures[0].d == 1)
    for _ in range(5):
        store.undo()
    assert store.scene == three_modes


def test_a_formula_ends_at_the_edges_of_a_box_that_is_typed(formula_window, qtbot):
    window = formula_window
    store, form = window.desk.store, window.desk.cards.target.forms["formula"]
    type_formula(window, "-k*(x - 1)^2")
    qtbot.waitUntil(lambda: store.scene.target.d == 1)
    form.hard.click()  # at the edges of the box that was found
    qtbot.waitUntil(lambda: store.scene.target.hard_edges)
    assert box_of(form.box.text()) == store.scene.target.box
    form.box.setText("[0, 8 pi]")
    form.box.editingFinished.emit()
    qtbot.waitUntil(lambda: store.scene.target.box == ((0.0, pytest.approx(8 * math.pi)),))
    # The box and its edges stay while the formula is typed on and numbers slide.
    type_formula(window, "-k*x")
    qtbot.waitUntil(lambda: store.scene.target.log_density == "-k*x")
    form.sliders["k"].edited.emit(2.0)
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"k": 2.0})
    assert store.scene.target.hard_edges
    form.box.setText("0 to 8")
    form.box.editingFinished.emit()
    assert "expected two numbers for each axis" in form.trouble.text()
    form.hard.click()  # half of it lies outside then
    qtbot.waitUntil(lambda: "lie outside of the box" in form.trouble.text())
    assert "“p = 0 outside”" in form.trouble.text()
    assert store.scene.target.hard_edges
    assert form.hard.isChecked()  # what is drawn
    form.box.setText("")
    type_formula(window, "-x^2 - y^2")  # the box of one axis is not that of two
    qtbot.waitUntil(lambda: store.scene.target.d == 2)
    assert store.scene.target.box is None
    qtbot.waitUntil(lambda: not form.hard.isChecked())


def test_boxes_are_read_as_they_are_written():
    for text in ("0, 25", "[-pi, pi]; [0, 1]", "-1 … 2"):
        box = box_of(text)
        assert box_of(box_text(box)) == pytest.approx(np.array(box), abs=1e-5)
    assert box_of(" ") is None
    for text in ("1", "1, 2, 3", "1, k", "1, 2;", "0 to 1"):
        with pytest.raises(ValueError, match="two numbers"):
            box_of(text)


FAULTY = [
    ("-(x^2 - 4", "Column 2", 2),
    ("-x^2 + 3 $", "Column 10", 10),
    ("-x^2 - bar(y)", "no function bar", 8),
    ("x^2 + y^2", "It does not integrate", None),
    ("sqrt(x) - x^2", "not a real number", None),
]


def test_a_faulty_formula_is_told_and_marked_and_the_density_stays(formula_window, qtbot):
    window = formula_window
    before, form = window.desk.store.scene, window.desk.cards.target.forms["formula"]
    for text, words, column in FAULTY:
        type_formula(window, text)
        qtbot.waitUntil(lambda words=words: words in form.trouble.text())
        assert "The last density is kept" in form.trouble.text()
        assert window.desk.store.scene == before
        assert form.text.text() == text  # what was typed is not taken away
        assert form.marked == (column or 0)
        assert not form.text.hasSelectedText()
    # Whoever paused goes on typing where they were.
    type_formula(window, "-(x^2 - 4)^2/4 - (y^2")
    qtbot.waitUntil(lambda: form.marked == 18)
    QTest.keyClick(form.text, Qt.Key.Key_ParenRight)
    assert form.text.text() == "-(x^2 - 4)^2/4 - (y^2)"
    assert form.marked == 0
    qtbot.waitUntil(lambda: window.desk.store.scene.target.log_density == "-(x^2 - 4)^2/4 - (y^2)")
    QTest.keyClicks(form.text, " + (")
    QTest.keyClick(form.text, Qt.Key.Key_Escape)  # back to what is drawn
    assert not form.text.hasFocus()
    assert form.text.text() == "-(x^2 - 4)^2/4 - (y^2)"
    type_formula(window, before.target.log_density)
    qtbot.waitUntil(form.trouble.isHidden)


def test_shapes_are_chosen_and_changed(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    choose(window, "shape", qtbot)
    store, form = window.desk.store, window.desk.cards.target.forms["shape"]
    assert store.scene.target.name == "two-moons"
    assert (store.scene.title, store.scene.caption) == ("Two moons", "")  # nothing is said of what is no longer shown
    form.noise.edited.emit(0.3)
    qtbot.waitUntil(lambda: store.scene.target.noise == 0.3)
    form.name.setCurrentIndex(form.name.findData("norm"))
    form.name.activated.emit(0)
    qtbot.waitUntil(lambda: store.scene.target.name == "norm")
    assert form.noise.isHidden()
    form.dimension.edited.emit(400)
    qtbot.waitUntil(lambda: store.scene.target.dimension == 400)
    qtbot.waitUntil(lambda: window.desk.figure.views()[0].x0 > 10)  # around √400
    choose(window, "mixture", qtbot)
    assert store.scene.target == three_modes.target  # as it was


def test_commands_for_components_say_what_they_need(formula_window):
    window = formula_window
    for command, words in (
        (window.commands.add_component, "Gaussian mixture"),
        (window.commands.change_dimension, "type the other"),
    ):
        command()
        assert words in window.desk.banner.text.text()
    window.commands.next_component()
    window.commands.nudge_left()
    window.commands.remove_component()
    assert window.desk.selection == -1
    assert window.desk.store.scene.target.kind == "formula"


def test_presets_of_other_targets_are_shown(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    names = ("typed-potential", "two-moons", "funnel", "many-wells", "length", "irises", "word")
    for count, name in enumerate(names, 1000):  # as many particles in each: so the picture tells whose it is
        window.desk.store.open(load_scene(name).with_(particles={"count": count}))
        qtbot.waitUntil(lambda n=count: window.desk.pictures[0].moment.count == n)
        window.desk.player.step_by(3)
        qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 3)
        qtbot.waitUntil(lambda: window.desk.report is not None and window.desk.report.step == 3)
    assert not window._crashed


POINTS = np.random.default_rng(0).normal(size=(800, 3)) * [1.0, 2.0, 0.5]


def test_data_are_dropped_chosen_and_turned_into_a_mixture(make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    store, form = window.desk.store, window.desk.cards.target.data
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in POINTS.tolist()))
    drop(window, path)
    qtbot.waitUntil(lambda: store.scene.target.kind == "data")
    assert store.scene.target.columns == ("a", "b")
    assert "800" in form.name.text()
    assert window.desk.figure.canvases[0].plot.getAxis("left").label.toPlainText().strip() == "b"
    assert "data" in layer_list(window)
    window.desk.cards.layers.toggle("flow")
    assert "data" in store.scene.layers.plane
    qtbot.waitUntil(lambda: form.column_y.findData("c") >= 0)
    form.column_y.setCurrentIndex(form.column_y.findData("c"))
    form.column_y.activated.emit(0)
    qtbot.waitUntil(lambda: store.scene.target.columns == ("a", "c"))
    form.width_of_kernel.edited.emit(0.25)
    qtbot.waitUntil(lambda: store.scene.target.bandwidth == 0.25)
    form.silverman.click()
    qtbot.waitUntil(lambda: store.scene.target.bandwidth is None)
    form.validated.click()
    qtbot.waitUntil(lambda: store.scene.target.bandwidth is not None)
    form.standardise.click()
    qtbot.waitUntil(lambda: store.scene.target.standardise)
    form.column_y.setCurrentIndex(0)  # none: one dimension
    form.column_y.activated.emit(0)
    qtbot.waitUntil(lambda: store.scene.target.d == 1)
    window.desk.player.step_by(2)
    qtbot.waitUntil(lambda: window.desk.pictures and window.desk.pictures[0].moment.step == 2)
    form.fit.click()
    dialog = opened(window, qtbot)
    qtbot.waitUntil(lambda: store.scene.target.kind == "mixture")
    assert store.scene.target.components == 1
    assert "K = 1 has the least BIC" in dialog.status.text()
    view = dialog.criterion.getViewBox()
    place = dialog.plots.mapFromScene(view.mapViewToScene(QPointF(3.1, view.viewRange()[1][1] / 2)))
    QTest.mouseClick(dialog.plots.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: store.scene.target.components == 3)
    assert "K = 3 is the target now; K = 1 has the least BIC" in dialog.status.text()
    # Another bandwidth is of the same data; whoever has gone on to another target keeps it.
    store.undo()
    store.undo()
    store.edit(store.scene.with_(target=store.scene.target.with_(bandwidth=0.31)), "another bandwidth")
    dialog.start.click()
    qtbot.waitUntil(lambda: store.scene.target.kind == "mixture")
    store.undo()
    choose(window, "shape", qtbot)
    kept = store.scene
    view = dialog.criterion.getViewBox()
    place = dialog.plots.mapFromScene(view.mapViewToScene(QPointF(4.0, view.viewRange()[1][1] / 2)))
    QTest.mouseClick(dialog.plots.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert "another by now" in dialog.status.text()
    assert store.scene is kept
    dialog.reject()
    # Other targets have no data to show; the layer is kept for when there are some again.
    assert "data" not in layer_list(window)
    window.desk.cards.layers.toggle("rug")
    assert "data" in store.scene.layers.line


def test_data_and_images_are_opened_from_the_menu_and_the_command_line(
    make_window, three_modes, tmp_path, qtbot, monkeypatch
):
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n" + "\n".join(f"{x},{y}" for x, y, _ in POINTS.tolist()))
    dot = QImage(32, 32, QImage.Format.Format_RGB32)
    dot.fill(0)
    dot.setPixel(3, 3, qRgb(255, 255, 255))
    assert dot.save(str(tmp_path / "dot.png"))
    window = make_window(three_modes)
    for path, kind in ((rows, "data"), (tmp_path / "dot.png", "drawn")):
        monkeypatch.setattr("visualizer.gui.document.files.ask_to_open", lambda *_, path=path: str(path))
        window.commands.open_dialog()
        qtbot.waitUntil(lambda kind=kind: window.desk.store.scene.target.kind == kind)
    monkeypatch.setattr("visualizer.gui.window.MainWindow", lambda *_: window)
    window.desk.store.open(three_modes)
    assert open_on(str(rows), window.desk.player.engine, "cpu") is window
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "data")
    assert window.desk.banner.isHidden()
    open_on(str(tmp_path / "gone.csv"), window.desk.player.engine, "cpu")
    qtbot.waitUntil(lambda: "These data cannot be used" in window.desk.banner.text.text())


def test_data_that_need_it_are_standardised_and_columns_that_say_nothing_passed_over(
    make_window, three_modes, tmp_path, qtbot
):
    window = make_window(three_modes)
    rows = [f"1,{1.7e9 + 1e4 * x},{y}" for x, y, _ in POINTS.tolist()]
    (tmp_path / "clock.csv").write_text("run,time,height\n" + "\n".join(rows))
    drop(window, tmp_path / "clock.csv")
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "data")
    target = window.desk.store.scene.target
    assert (target.columns, target.standardise) == (("time", "height"), True)
    assert "Standardised" in window.desk.banner.text.text()
    QGuiApplication.clipboard().setText("a\tb\tc\n" + "\n".join(f"{x}\t{y}\t{z}" for x, y, z in POINTS.tolist()))
    window.commands.paste()
    qtbot.waitUntil(lambda: window.desk.store.scene.target.columns == ("a", "b"))
    assert "Of 3 columns “a” and “b” are taken" in window.desk.banner.text.text()
    form = window.desk.cards.target.data
    qtbot.waitUntil(lambda: form.column_y.currentText() == "b")
    assert form.column_x.currentText() == "a"


def test_columns_of_a_file_that_come_late_are_not_those_of_what_was_pasted_meanwhile(
    make_window, three_modes, tmp_path, qtbot, monkeypatch
):
    window = make_window(three_modes)
    form, late = window.desk.cards.target.data, []
    (tmp_path / "slow.csv").write_text("time,height\n" + "\n".join(f"{x},{y}" for x, y, _ in POINTS.tolist()))
    real = "visualizer.gui.cards.targets.data.run_in_background"
    with monkeypatch.context() as patched:
        patched.setattr(real, lambda owner, work, done, failed=None: late.append((work, done)))
        scene = window.desk.store.scene
        target = {"kind": "data", "file": str(tmp_path / "slow.csv"), "columns": ("time", "height")}
        window.desk.store.edit(scene.with_(target=target), "data")
    assert late
    QGuiApplication.clipboard().setText("a\tb\n" + "\n".join(f"{x}\t{y}" for x, y, _ in POINTS.tolist()))
    window.commands.paste()
    qtbot.waitUntil(lambda: window.desk.store.scene.target.columns == ("a", "b"))
    for work, done in late:
        done(work())
    assert (form.column_x.currentText(), form.column_y.currentText()) == ("a", "b")


def test_saving_never_puts_another_thing_into_a_file(make_window, three_modes, tmp_path, qtbot, monkeypatch):
    """What takes the place of a scene is not saved over it unasked; nor is the scene that undo goes back to."""
    window = make_window(three_modes)
    window.desk.files.save_to(tmp_path / "mine.toml")
    qtbot.waitUntil((tmp_path / "mine.toml").exists)
    qtbot.waitUntil(lambda: window.desk.files.own_path is not None)
    kept = (tmp_path / "mine.toml").read_bytes()
    asked = []
    monkeypatch.setattr("visualizer.gui.document.files.ask_to_save", lambda *arguments: asked.append(arguments[2]))
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n" + "\n".join(f"{x},{y}" for x, y, _ in POINTS.tolist()))
    window.commands.take_file(str(rows))
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "data")
    assert window.windowTitle().startswith("rows.csv")
    window.desk.files.save()
    assert asked == ["rows.csv.toml"]
    window.desk.store.undo()
    assert window.desk.files.own_path == tmp_path / "mine.toml"
    # Another file with the same title and kind: undo goes back to the first document, and to its file.
    other = three_modes.with_(seed=77)
    save_scene(other, tmp_path / "other.toml")
    theirs = (tmp_path / "other.toml").read_bytes()
    window.desk.files.open_path(str(tmp_path / "other.toml"))
    qtbot.waitUntil(lambda: window.desk.store.scene.seed == 77)
    assert window.desk.files.own_path == tmp_path / "other.toml"
    window.desk.store.undo()
    assert window.desk.store.scene == three_modes
    assert window.desk.files.own_path == tmp_path / "mine.toml"
    assert not window.desk.store.modified
    window.desk.files.save()
    window.desk.store.redo()
    assert window.desk.files.own_path == tmp_path / "other.toml"
    assert (tmp_path / "mine.toml").read_bytes() == kept
    assert (tmp_path / "other.toml").read_bytes() == theirs


def test_an_image_is_not_saved_over_a_drawing(make_window, three_modes, tmp_path, qtbot):
    """Both are called "A drawing"; strokes are edits of it, an image is another one."""
    window = make_window(three_modes)
    choose(window, "drawn", qtbot)
    window.desk.files.save_to(tmp_path / "mine.toml")
    qtbot.waitUntil(lambda: window.desk.files.own_path is not None)
    window.desk.cards.target.adopt(drawing(np.eye(64, dtype=np.uint8) * 200), "paint")
    assert window.desk.files.own_path is not None
    dot = QImage(32, 32, QImage.Format.Format_RGB32)
    dot.fill(0)
    dot.setPixel(3, 3, qRgb(255, 255, 255))
    assert dot.save(str(tmp_path / "dot.png"))
    window.commands.take_file(str(tmp_path / "dot.png"))
    qtbot.waitUntil(lambda: window.desk.store.scene.target.size == 256)
    assert window.desk.files.own_path is None


def test_a_picture_whose_data_are_gone_is_not_taken_for_a_drawing(make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n" + "\n".join(f"{x},{y}" for x, y, _ in POINTS.tolist()))
    drop(window, rows)
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "data")
    qtbot.waitUntil(lambda: bool(window.desk.pictures))
    PictureDialog(window.desk).save_to(tmp_path / "rows.png")
    qtbot.waitUntil((tmp_path / "rows.png").exists)
    window.desk.store.open(three_modes)
    rows.rename(tmp_path / "gone.csv")
    drop(window, tmp_path / "rows.png")
    qtbot.waitUntil(lambda: "there is no such file" in window.desk.banner.text.text())
    assert window.desk.store.scene.target.kind == "mixture"


def test_pasted_data_live_in_the_scene_and_bad_ones_change_nothing(make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    form = window.desk.cards.target.data
    rows = [f"{x}\t{y}" for x, y, _ in POINTS.tolist()]
    QGuiApplication.clipboard().setText("\n".join([*rows, "3\ttall"]))
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "data")
    assert not window.desk.store.scene.target.file
    assert len(window.desk.store.scene.target.x) == len(POINTS)
    assert "one row with gaps left out" in window.desk.banner.text.text()
    assert form.hint.isHidden()
    kept = window.desk.store.scene
    QGuiApplication.clipboard().setText("no numbers at all")
    form.take_clipboard()
    qtbot.waitUntil(lambda: "what was there is kept" in window.desk.banner.text.text())
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    drop(window, tmp_path / "bad.csv")
    qtbot.waitUntil(lambda: "2 to 100,000 rows" in window.desk.banner.text.text())
    assert window.desk.store.scene == kept
    # What was wrong is not said any more once something has worked; gaps of a file stay told beside its name.
    (tmp_path / "far.csv").write_text("a,b\n" + "\n".join(f"{x + 170},{y}" for x, y, _ in POINTS.tolist()) + "\n,3\n")
    drop(window, tmp_path / "far.csv")
    qtbot.waitUntil(lambda: window.desk.store.scene.target.file.endswith("far.csv"))
    assert window.desk.banner.isHidden()
    assert "one row with gaps left out" in form.name.text()
    assert not form.hint.isHidden()  # a variance-preserving process would start elsewhere
    window.commands.change_dimension()
    assert "as many dimensions as columns" in window.desk.banner.text.text()


def test_a_density_is_painted_with_the_mouse(make_window, three_modes, qtbot):
    window = make_window(three_modes.with_(particles={"count": 500}))
    choose(window, "drawn", qtbot)
    store, canvas, form = window.desk.store, window.desk.figure.canvases[0], window.desk.cards.target.drawn
    before = store.scene
    form.paint.click()
    view = canvas.viewport()
    at = canvas.widget_at(-2.0, -3.0).toPoint(), canvas.widget_at(2.0, -3.0).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at[0])
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(view, QPoint(round(at[0].x() + share * (at[1].x() - at[0].x())), at[0].y()))
        qtbot.wait(30)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at[1])
    values = store.scene.target.values
    assert values[values.shape[0] // 2, round((-3.0 + 4) / 8 * 128)] > 200
    assert store.undo_label == "paint"
    painted = store.scene
    form.erase.click()
    assert not form.paint.isChecked()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at[0])
    QTest.mouseMove(view, at[1])
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at[1])
    assert store.scene.target.values.sum() < painted.target.values.sum()
    store.undo()
    store.undo()  # a stroke is one edit
    assert store.scene == before
    form.erase.click()
    assert form.brush is None
    form.fresh.click()  # one dab in the middle
    qtbot.waitUntil(lambda: store.undo_label == "draw anew")
    values = store.scene.target.values
    assert values[64, 64] > 200
    assert (values > 20).mean() < 0.02
    form.paint.click()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at[0])
    QTest.mouseMove(view, at[1])
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at[1])
    assert store.scene.target.values[64, 64] == 0  # the dab went with the first stroke
    assert form.brush is not None
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert form.brush is None
    window.commands.add_component()
    assert "Only a Gaussian mixture" in window.desk.banner.text.text()
    assert store.scene.target.kind == "drawn"


def test_an_image_becomes_a_density(make_window, three_modes, tmp_path, qtbot):
    """Ink on white paper; the picture stands upright, and its sides keep their ratio."""
    image = QImage(200, 100, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.fillRect(20, 10, 30, 20, QColor("black"))  # on the left, near the top
    painter.end()
    image.save(str(tmp_path / "ink.png"))
    target = image_target(str(tmp_path / "ink.png"))
    assert target.box == ((-4.0, 4.0), (-2.0, 2.0))
    i, j = np.unravel_index(target.values.argmax(), target.values.shape)
    assert (i / 256 < 0.3, j / 256 > 0.6) == (True, True)
    window = make_window(three_modes)
    drop(window, tmp_path / "ink.png")  # it holds no scene: then it is a picture
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "drawn")
    kept = window.desk.store.scene
    for name, data, words in (
        ("tiny.png", None, "16 × 16 pixels or more, not 1 × 1"),
        ("text.png", b"not an image", "expected an image"),
        ("plain.png", "plain", "all of one colour"),
    ):
        path = tmp_path / name
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            small = (
                QImage(1, 1, QImage.Format.Format_RGB32) if data is None else QImage(64, 64, QImage.Format.Format_RGB32)
            )
            small.fill(QColor("red"))
            small.save(str(path))
        drop(window, path)
        qtbot.waitUntil(lambda words=words: words in window.desk.banner.text.text())
        assert window.desk.store.scene == kept
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(1_000_000_000)
    with pytest.raises(ValueError, match="below 100 MB"):
        image_target(str(tmp_path / "huge.png"))
    assert DrawnTarget.first(UnknownTarget()).values.any()


def test_what_is_painted_is_seen_while_a_reverse_run_waits_at_its_noise(make_window, three_modes, qtbot):
    scene = three_modes.with_(
        target=DrawnTarget.first(UnknownTarget()), process={"kind": "vp-cosine"}, sampler={"kind": "reverse", "steps": 10},
        particles={"count": 100},
    )  # fmt: skip
    window = make_window(scene)
    qtbot.waitUntil(lambda: window.desk.pictures and window.desk.pictures[0].moment.sigma > 0.9)
    window.desk.cards.target.drawn.paint.click()
    assert window.desk.store.scene.view.t == 0.0
    assert "without noise while you paint" in window.desk.banner.text.text()
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.sigma < 0.01)


def test_modes_of_a_formula_are_counted_started_in_and_escaped_from(formula_window, qtbot):
    """Trapping is shown of any density: bars, numbered discs, a start in a mode, hops, passage times."""
    window = formula_window
    store = window.desk.store
    type_formula(window, "-2*(x^2 - a)^2 - y^2/2")
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"a": 1.0})
    qtbot.waitUntil(lambda: window.desk.cards.sampler.start.mode.maximum() == 2)
    assert window.desk.cards.occupancy.isVisible()
    assert "basin" in window.desk.cards.occupancy.toolTip()
    assert "noise" not in window.desk.cards.occupancy.note.text()
    store.edit(store.scene.with_(sampler=store.scene.sampler.with_(sigma=0.4)), "smoothing")
    qtbot.waitUntil(lambda: "Under noise" in window.desk.cards.occupancy.note.text())
    store.undo()
    assert "modes" in layer_list(window)
    canvas = window.desk.figure.canvases[0]
    assert len(Seen(canvas.picture).marks) == 2
    start = window.desk.cards.sampler.start
    start.kind.setCurrentIndex(start.kind.findData("mode"))
    start.kind.activated.emit(0)
    start.mode.setValue(2)
    assert store.scene.particles.start.index == 1
    qtbot.waitUntil(lambda: window.desk.pictures[0].occupancy.shares[1] > 0.99)
    # A parameter that leaves one mode: the start asks for one that is gone; that is said, and the picture stays.
    window.desk.cards.target.forms["formula"].sliders["a"].edited.emit(0.4)
    qtbot.waitUntil(lambda: "this density has one mode" in window.desk.banner.text.text())
    store.undo()
    assert window.desk.banner.isHidden()
    type_formula(window, "-2*(x^2 - 1)^2")
    qtbot.waitUntil(lambda: store.scene.target.d == 1)
    qtbot.waitUntil(lambda: window.desk.cards.diagnostics.measure.isVisible())
    dialog = opened(window, qtbot, "passages")
    qtbot.waitUntil(lambda: "chains have arrived" in dialog.status.text())
    dialog.reject()


def test_a_constant_is_not_called_as_a_parameter_is():
    assert density_tex(parse("-a*x^2"))[-1].endswith("+ c")
    assert density_tex(parse("-c*x^2"))[-1].endswith(r"+ \mathrm{const}")


def test_a_webp_lies_as_its_camera_held_it():
    """The same picture, as a JPEG that Qt turns and as a WebP that it does not."""
    one, other = (image_target(str(CASES / f"28-webp-turned-right{end}")) for end in (".webp", "-same.jpg"))
    assert one.box == other.box
    assert one.box[0][1] - one.box[0][0] == pytest.approx(16 / 3, abs=0.01)
    cells, same = (unpacked(target.cells, "uint8", target.size).astype(float) for target in (one, other))
    off = np.abs(cells - same).mean()
    assert off < 5  # of 255: two encoders of one picture
    assert np.abs(cells - same[::-1, ::-1]).mean() > 5 * off


@pytest.mark.parametrize("number", range(1, 9))
def test_every_orientation_is_turned_as_exif_says(number):
    """Where the first row and the first column of what is stored lie: the words of Exif 2.3, 4.6.4."""
    rows, columns = {
        1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
        5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
    }[number]  # fmt: skip
    stored = QImage(40, 30, QImage.Format.Format_RGB32)
    stored.fill(0)
    for x in range(40):
        stored.setPixel(x, 0, qRgb(255, 0, 0))
    for y in range(1, 30):
        stored.setPixel(0, y, qRgb(0, 255, 0))
    seen = turned(stored, number)
    w, h = seen.width(), seen.height()
    middle = {"top": (w // 2, 0), "bottom": (w // 2, h - 1), "left": (0, h // 2), "right": (w - 1, h // 2)}
    assert seen.pixelColor(*middle[rows]).red() == 255
    assert seen.pixelColor(*middle[columns]).green() == 255


def test_units_that_differ_are_told_of(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    form = window.desk.cards.target.data
    form.load(str(CASES / "45-axes-in-different-units.csv"))
    qtbot.waitUntil(lambda: window.desk.scene.target.kind == "data")
    assert "times as far as the other" in form.hint.text()
    assert not form.hint.isHidden()
    form.standardise.setChecked(True)
    form._standardised()
    qtbot.waitUntil(lambda: window.desk.scene.target.standardise)
    assert form.hint.isHidden()


def test_how_a_table_was_read_is_said(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.desk.cards.target.data.load(str(CASES / "13-decimal-commas-and-a-gap-mark.csv"))
    qtbot.waitUntil(lambda: window.desk.scene.target.kind == "data")
    assert "decimal commas, “-” for gaps" in window.desk.banner.text.text()


def test_how_a_table_was_read_is_shown_and_changed(make_window, three_modes, tmp_path, qtbot):
    """Ten rows as they are written; what is told is tried at once, taken by a button, and undone."""
    rows = "".join(f"{i}.250;{i * i}\n" for i in range(1, 40))
    (tmp_path / "a.csv").write_text("5;6\n" + rows)
    window = make_window(three_modes)
    form = window.desk.cards.target.forms["data"]
    form.load(str(tmp_path / "a.csv"))
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "data")
    assert len(window.desk.store.scene.target.x) == 40
    assert form.read_as.isVisibleTo(form)
    form.read_as.click()
    dialog = form.dialog
    qtbot.waitUntil(dialog.take.isEnabled)
    assert dialog.rows.rowCount() == 10
    assert dialog.rows.item(1, 0).text() == "1.250"
    assert dialog.choices["separator"].currentText() == "as found: semicolons"

    def tell(name, text):
        choice = dialog.choices[name]
        choice.setCurrentIndex([choice.itemText(i) for i in range(choice.count())].index(text))
        choice.activated.emit(choice.currentIndex())
        qtbot.waitUntil(dialog.take.isEnabled)

    tell("heading", "names the columns")
    tell("thousands", "point")
    tell("decimal", "comma")
    assert dialog.rows.horizontalHeaderItem(0).text() == "5"
    assert "39 rows" in dialog.said.text()
    choice = dialog.choices["separator"]
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    qtbot.waitUntil(lambda: "cannot be read" in dialog.said.text())
    assert not dialog.take.isEnabled()
    tell("separator", "semicolons")
    dialog.take.click()
    qtbot.waitUntil(lambda: window.desk.store.scene.target.dialect.heading is True)
    assert window.desk.store.scene.target.x[0].tolist() == [1250, 1]
    window.desk.store.undo()
    assert len(window.desk.store.scene.target.x) == 40


def test_images_are_decoded_in_a_process_that_may_die(monkeypatch):
    """Nothing of Qt's decoders runs here; a death there is a sentence."""
    monkeypatch.setattr(images, "QImageReader", lambda *_: pytest.fail("decoded here"))
    name = str(CASES / "28-webp-turned-right.webp")
    assert images.image_target(name).box[1][1] == 4.0
    monkeypatch.setattr(
        images.apart, "call", lambda *_: (_ for _ in ()).throw(apart.Broken("brought down what read it"))
    )
    with pytest.raises(ValueError, match=r"28-webp-turned-right.webp: the image is damaged \(brought down"):
        images.image_target(name)
