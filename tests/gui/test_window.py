"""The real window driven with mouse and keys."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame

from tests.gui.conftest import settled
from tests.pictures import Seen
from visualizer.engine.drawings import Curve, Text
from visualizer.engine.host.talk import Errand, Present
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.targets.mixture import build_mixture
from visualizer.gui.actions import actions
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.canvas.line import line_view
from visualizer.gui.canvas.plane import plane_view
from visualizer.gui.dialogs import CrashDialog, HelpSheet
from visualizer.gui.document.settings import FOLDED_AT_FIRST
from visualizer.gui.gallery import Gallery
from visualizer.scene import load_scene, save_scene
from visualizer.scene.across import Across
from visualizer.scene.samplers import SAMPLERS
from visualizer.scene.start import GaussianStart, UniformStart

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def place(window, x, y) -> QPoint:
    return window.desk.figure.canvases[0].widget_at(x, y).toPoint()


def send(window, kind, at, button=LEFT, buttons=LEFT, modifiers=NONE):
    viewport = window.desk.figure.canvases[0].viewport()
    event = QMouseEvent(kind, QPointF(at), viewport.mapToGlobal(QPointF(at)), button, buttons, modifiers)
    QApplication.sendEvent(viewport, event)


def drag(window, start, end, steps=5):
    send(window, QEvent.Type.MouseMove, start, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton)
    send(window, QEvent.Type.MouseButtonPress, start)
    for i in range(1, steps + 1):
        at = start + (end - start) * i / steps
        send(window, QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)
        QApplication.processEvents()
    send(window, QEvent.Type.MouseButtonRelease, end, LEFT, Qt.MouseButton.NoButton)


def key(window, code, modifiers=NONE):
    QTest.keyClick(window, code, modifiers)
    QApplication.processEvents()


def test_dragging_a_dot_moves_the_right_component_and_is_one_undo(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    drag(window, place(window, 2.4, 1.9), place(window, 1.0, 0.5))
    target = window.desk.store.scene.target
    assert target.means[1] == pytest.approx((1.0, 0.5), abs=0.06)
    assert target.means[0] == three_modes.target.means[0]
    assert target.covariances == three_modes.target.covariances
    assert window.desk.selection == 1
    typed = [float(v) for v in window.desk.cards.target.mixture.table.item(1, 1).text().split()]
    assert typed == pytest.approx(target.means[1], abs=0.005)
    settled(window, qtbot)
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.store.scene == three_modes
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.desk.store.scene.target == target


def test_dragging_a_knob_shapes_the_ellipse(make_window, three_modes):
    window = make_window(three_modes)
    std, axes = edit.principal_axes(three_modes.target, 2)
    mean = three_modes.target.means[2]
    knob = (mean[0] + std[0] * axes[0, 0], mean[1] + std[0] * axes[1, 0])
    window.desk.select(2)
    drag(window, place(window, *knob), place(window, mean[0] + 0.1, mean[1] + 1.5))
    new_std, new_axes = edit.principal_axes(window.desk.store.scene.target, 2)
    assert max(new_std) == pytest.approx(1.5, abs=0.08)
    assert abs(new_axes[1, 0]) > 0.98
    assert window.desk.store.scene.target.means == three_modes.target.means


def test_the_wheel_zooms_and_with_shift_weighs_a_component(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    viewport = window.desk.figure.canvases[0].viewport()

    def wheel(x, y, keys=NONE):
        at = QPointF(place(window, x, y))
        event = QWheelEvent(
            at, viewport.mapToGlobal(at), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(viewport, event)

    before = window.desk.figure.views()[0]
    wheel(2.4, 1.9, Qt.KeyboardModifier.ShiftModifier)
    assert window.desk.store.scene.target.normalised_weights[1] == pytest.approx(0.33)
    wheel(2.4, 1.9, Qt.KeyboardModifier.ShiftModifier)
    assert window.desk.figure.views()[0] == before
    qtbot.waitUntil(lambda: not window.desk.store.dragging)
    window.desk.store.undo()
    assert window.desk.store.scene == three_modes, "a roll of the wheel is one edit"
    wheel(2.4, 1.9)
    assert window.desk.store.scene == three_modes, "over a component, too, the wheel zooms"
    after = window.desk.figure.views()[0]
    assert after.x1 - after.x0 < before.x1 - before.x0


def test_double_click_adds_and_delete_removes(make_window, three_modes):
    window = make_window(three_modes)
    at = place(window, 3.0, -2.5)
    send(window, QEvent.Type.MouseButtonDblClick, at)
    target = window.desk.store.scene.target
    assert len(target.weights) == 4
    assert target.means[3] == pytest.approx((3.0, -2.5), abs=0.05)
    key(window, Qt.Key.Key_Delete)
    assert len(window.desk.store.scene.target.weights) == 3
    key(window, Qt.Key.Key_Delete)
    assert len(window.desk.store.scene.target.weights) == 3  # nothing is selected any more


def test_shift_click_starts_the_particles_there(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    send(window, QEvent.Type.MouseButtonPress, place(window, 1.0, -1.0), modifiers=Qt.KeyboardModifier.ShiftModifier)
    start = window.desk.store.scene.start
    assert start.kind == "point"
    assert start.at == pytest.approx((1.0, -1.0), abs=0.05)


def test_play_step_back_restart_by_keys(make_window, three_modes, qtbot):
    window = make_window(three_modes)

    def step():
        return window.desk.figure.canvases[0].picture.moment.step

    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: step() >= 5)
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not window.desk.transport.playing)
    settled(window, qtbot)
    at = step()
    key(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: step() == at + 1)
    key(window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: step() == at)
    key(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: step() == 0)


def test_scrubbing_back_shows_an_earlier_moment(make_window, two_wells, qtbot):
    window = make_window(two_wells)
    window.desk.player.step_by(60)
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.moment.step == 60)
    window.desk.player.seek(25, True)
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.moment.step == 25)
    assert window.desk.transport.scrubber.value() == 25
    seen = Seen(window.desk.figure.canvases[0].picture)
    assert len(seen.path_points) == 26 * len(seen.heads)


def test_a_diverging_run_pauses_says_why_and_can_be_undone(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.desk.cards.sampler.form.fields["step"].field.setText("1.9")
    window.desk.cards.sampler.form.fields["step"].field.setModified(True)
    window.desk.cards.sampler.form.fields["step"].field.editingFinished.emit()
    assert window.desk.store.scene.sampler.step == 1.9
    window.desk.player.play(True)
    qtbot.waitUntil(window.desk.banner.isVisible)
    assert "step h = 1.9 is too large" in window.desk.banner.text.text()
    window.desk.banner.action.click()
    assert window.desk.store.scene == three_modes
    window.desk.player.play(True)
    qtbot.waitUntil(lambda: window.desk.transport.playing)


def test_controls_make_the_edits_they_say(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    choice = window.desk.cards.sampler.kind
    kinds = [kind for i in range(choice.count()) if (kind := choice.itemData(i))]  # headings of families have none
    assert kinds == list(SAMPLERS)
    headings = [choice.itemText(i) for i in range(choice.count()) if not choice.itemData(i)]
    assert headings == ["WALKS", "HAMILTONIAN", "TEMPERATURE AND SMOOTHING", "PARTICLES TOGETHER", "DIFFUSION"]
    assert set(kinds) == set(SAMPLERS)
    for kind in (*kinds[1:], "langevin"):
        window.desk.cards.sampler.kind.setCurrentIndex(window.desk.cards.sampler.kind.findData(kind))
        window.desk.cards.sampler.kind.activated.emit(0)
        assert window.desk.store.scene.sampler.kind == kind
        settled(window, qtbot)
    for i in range(window.desk.cards.noise.process.count()):
        window.desk.cards.noise.process.setCurrentIndex(i)
        window.desk.cards.noise.process.activated.emit(i)
        assert window.desk.store.scene.process.kind == window.desk.cards.noise.process.itemData(i)
    window.desk.cards.noise.process.setCurrentIndex(0)
    window.desk.cards.noise.process.activated.emit(0)
    assert window.desk.cards.noise.more.is_folded
    window.desk.cards.noise.more.line.click()
    assert window.desk.cards.noise.forms.shown.fields["t_max"].isVisible()
    assert "beta_min" not in window.desk.cards.noise.forms.shown.fields
    window.desk.cards.noise.forms.shown.fields["t_max"].slider.setValue(0)
    assert window.desk.store.scene.process.t_max == pytest.approx(0.1)
    window.desk.store.undo()
    window.desk.cards.noise.sigma.slider.setValue(300)
    assert window.desk.store.scene.sampler.sigma == pytest.approx(1.5)
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.moment.sigma == pytest.approx(1.5))
    window.desk.cards.noise.time.slider.setValue(500)
    assert window.desk.store.scene.sampler.sigma is None
    assert window.desk.store.scene.sampler.t == pytest.approx(5.0)
    convention, step = (window.desk.cards.sampler.form.fields[name] for name in ("convention", "step"))
    convention.setCurrentIndex(1)
    convention.activated.emit(1)
    assert step.name.text() == "step Δt"
    assert step.value == pytest.approx(2 * window.desk.store.scene.sampler.step)


def test_typing_into_the_table(make_window, three_modes):
    window = make_window(three_modes)
    table = window.desk.cards.target.mixture.table
    table.item(0, 1).setText("-1.5 0.25")
    assert window.desk.store.scene.target.means[0] == (-1.5, 0.25)
    table.item(1, 0).setText("0.6")
    assert window.desk.store.scene.target.weights == (0.5, 0.6, 0.2)
    table.item(2, 2).setText("2 0.5")
    assert edit.principal_axes(window.desk.store.scene.target, 2)[0] == pytest.approx([2, 0.5])
    table.item(2, 3).setText("90°")
    assert edit.principal_axes(window.desk.store.scene.target, 2)[1][:, 0] == pytest.approx([0, 1], abs=1e-6)
    good = window.desk.store.scene
    for column, text in ((0, "-2"), (1, "1"), (1, "a b"), (2, "-1 1"), (2, "nan 1"), (3, "")):
        table.item(0, column).setText(text)
        assert window.desk.store.scene == good
        assert f"“{text}” was not understood" in window.desk.banner.text.text()
        assert table.item(0, column).text() != text


def test_weights_are_kept_as_they_are_typed(make_window, three_modes):
    """Four times 0.25 is four times 0.25; where weights are no shares, the shares stand below."""
    window = make_window(three_modes)
    form = window.desk.cards.target.mixture
    form.add.click()
    for k in range(4):
        form.table.item(k, 0).setText("0.25")
    assert window.desk.store.scene.target.weights == (0.25,) * 4
    assert [form.table.item(k, 0).text() for k in range(4)] == ["0.25"] * 4
    assert form.note.isHidden()
    form.table.item(3, 0).setText("3.25")
    assert window.desk.store.scene.target.weights == (0.25, 0.25, 0.25, 3.25)
    assert form.note.text() == "Weights sum to 4: shares π = 0.0625, 0.0625, 0.0625, 0.812."


def test_tab_goes_to_the_next_cell_of_the_table(make_window, three_modes, qapp):
    window = make_window(three_modes)
    table = window.desk.cards.target.mixture.table
    table.setCurrentCell(0, 1)
    table.editItem(table.item(0, 1))
    for text, column in (("-2 2", 2), ("0.5 0.4", 3)):
        editor = qapp.focusWidget()
        editor.selectAll()
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Tab)
        assert (table.currentRow(), table.currentColumn()) == (0, column)
    assert window.desk.store.scene.target.means[0] == (-2.0, 2.0)
    assert edit.principal_axes(window.desk.store.scene.target, 0)[0] == pytest.approx([0.5, 0.4])


@pytest.mark.parametrize("d", [1, 2])
def test_fit_shows_the_whole_target_whatever_view_the_scene_asks_for(make_window, three_modes, two_wells, d):
    scene = (three_modes if d == 2 else two_wells).with_(
        view={"x": (-1.0, 1.0), "y": (-1.0, 1.0)} if d == 2 else {"x": (-1.0, 1.0)}
    )
    window = make_window(scene)
    assert window.desk.figure.views()[0].x1 < 2
    window.commands.fit()
    view, sides = window.desk.figure.views()[0], scene.target.extent(3.0)
    assert view.x0 < sides[0][0] < sides[0][1] < view.x1
    if d == 2:
        assert view.y0 < sides[1][0] < sides[1][1] < view.y1


def test_the_list_of_layers_follows_the_number_of_components(make_window, three_modes):
    """Up to so many have handles to drag; of more the modes can be shown."""
    window = make_window(three_modes)

    def offered():
        rows = window.desk.cards.layers.list
        return [rows.item(i).data(Qt.ItemDataRole.UserRole) for i in range(rows.count())]

    assert "modes" not in offered()
    many = {
        "kind": "mixture",
        "weights": [1.0] * 70,
        "means": [[float(i // 35) * 4, i % 35 / 17] for i in range(70)],
        "covariances": [[[1.0, 0.0], [0.0, 1.0]]] * 70,
    }
    window.desk.store.edit(three_modes.with_(target=many), "many components")
    assert "modes" in offered()


def test_two_coordinates_fit_into_their_column(make_window, three_modes):
    target = three_modes.target.with_(means=((-2.0312, 0.00513), (123.456, -0.004), (1.5, 2.0)))
    table = make_window(three_modes.with_(target=target)).desk.cards.target.mixture.table
    assert [table.item(k, 1).text() for k in range(3)] == ["-2.03 0.01", "123 0", "1.5 2"]


def test_components_are_put_into_classes_in_the_table_and_guidance_goes_along(make_window, three_modes):
    window = make_window(three_modes)
    table = window.desk.cards.target.mixture.table
    assert table.isColumnHidden(4)
    window.desk.store.edit(three_modes.with_(guidance={"kind": "class", "label": 2}), "guide")
    assert not table.isColumnHidden(4)
    assert [table.item(k, 4).text() for k in range(3)] == ["0", "1", "2"]
    table.item(2, 4).setText("1")
    assert window.desk.store.scene.target.classes == (0, 1, 1)
    assert window.desk.store.scene.guidance.label == 1
    assert [window.desk.cards.field.guidance.itemText(i) for i in (1, 2)] == [
        "Towards component 1",
        "Towards component 2, 3",
    ]
    for wrong in ("1.5", "-1", "64", "b"):
        table.item(0, 4).setText(wrong)
        assert window.desk.store.scene.target.classes == (0, 1, 1)
        assert "expected a class" in window.desk.banner.text.text()
    table.item(2, 4).setText("2")
    assert window.desk.store.scene.target.classes == ()
    assert window.desk.store.scene.guidance.label == 1
    window.desk.store.edit(window.desk.store.scene.with_(guidance={"kind": "none"}), "guide no more")
    assert table.isColumnHidden(4)


def test_layers_switch_by_number_keys_and_reach_the_picture(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    assert "density" in window.desk.store.scene.layers.plane
    key(window, Qt.Key.Key_1)
    assert "density" not in window.desk.store.scene.layers.plane
    qtbot.waitUntil(lambda: "density" not in window.desk.figure.canvases[0].picture.layers)
    key(window, Qt.Key.Key_9)
    qtbot.waitUntil(lambda: "responsibilities" in window.desk.figure.canvases[0].picture.layers)


def test_a_river_of_iterations_shows_the_target_and_not_the_noise(two_wells):
    for kind in ("langevin", "mala", "parallel-tempering"):
        shown = line_view(two_wells.with_(sampler={"kind": kind}, process={"kind": "ve"}))
        assert shown == two_wells.target.extent(3.5)[0]
    low, high = line_view(two_wells.with_(sampler={"kind": "reverse"}, process={"kind": "ve"}))
    assert high - low > 1.5 * (shown[1] - shown[0])


def test_dimension_fourier_theme_and_river(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    key(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.fourier is not None)
    key(window, Qt.Key.Key_D)
    assert window.desk.store.scene.target.d == 1
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture is not None)
    assert "river" in window.desk.figure.canvases[0].picture.layers
    key(window, Qt.Key.Key_V)
    qtbot.waitUntil(lambda: "river" not in window.desk.figure.canvases[0].picture.layers)
    key(window, Qt.Key.Key_T)
    assert window.desk.settings.theme == "light"
    settled(window, qtbot) if window.desk.store.scene.target.d == 2 else None


def test_the_numbers_of_a_start_are_typed_and_slid(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    start = window.desk.cards.sampler.start

    def choose(kind):
        start.kind.setCurrentIndex(start.kind.findData(kind))
        start.kind.activated.emit(0)

    def typed(kind, field, text):
        box = start.forms.shown.fields[field].field
        box.setText(text)
        box.setModified(True)
        box.editingFinished.emit()

    choose("gaussian")
    typed("gaussian", "mean", "1.5, −2")
    typed("gaussian", "std", "0.5")
    assert window.desk.store.scene.particles.start == GaussianStart(mean=(1.5, -2.0), std=0.5)
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.moment.step == 0)
    typed("gaussian", "mean", "1.5")  # one number is no point of the plane: the old one is put back
    assert "expected two numbers" in window.desk.banner.text.text()
    assert window.desk.store.scene.particles.start.mean == (1.5, -2.0)
    assert start.forms.shown.fields["mean"].field.text() == "1.5  −2"
    choose("uniform")
    typed("uniform", "low", "5")  # beyond the upper end, which gives way
    assert window.desk.store.scene.particles.start == UniformStart(low=5.0, high=5.1)
    choose("point")
    typed("point", "at", "0.25 0.5")
    assert window.desk.store.scene.particles.start.at == (0.25, 0.5)
    window.desk.store.undo()
    assert window.desk.store.scene.particles.start.at != (0.25, 0.5)


def test_temperatures_out_of_order_are_refused_in_words(make_window, three_modes):
    window = make_window(three_modes.with_(sampler={"kind": "parallel-tempering"}, particles={"count": 100}))
    row = window.desk.cards.sampler.form.fields["temperatures"]

    def typed(text):
        row.field.setText(text)
        row.field.setModified(True)
        row.field.editingFinished.emit()

    typed("1 4 20")
    assert window.desk.store.scene.sampler.temperatures == (1.0, 4.0, 20.0)
    for wrong in ("1 20 4", "2 4", "1", "hot"):
        typed(wrong)
        assert window.desk.store.scene.sampler.temperatures == (1.0, 4.0, 20.0)
        assert "expected" in window.desk.banner.text.text()
        assert row.field.text() == "1  4  20"


def test_the_window_does_not_wait_for_torch():
    heavy = "[m for m in ('torch', 'scipy', 'arviz_stats') if m in sys.modules]"
    code = f"import sys, visualizer.gui.window; assert not {heavy}, {heavy}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_sampler_for_few_particles_gives_the_number_back(make_window, three_modes):
    window = make_window(three_modes.with_(particles={"count": 20_000, "start": {"kind": "uniform"}}))

    def choose(kind):
        window.desk.cards.sampler.kind.setCurrentIndex(window.desk.cards.sampler.kind.findData(kind))
        window.desk.cards.sampler.kind.activated.emit(0)
        return window.desk.store.scene.particles

    assert choose("svgd").count == 5_000
    assert choose("nuts").count == 10_000
    assert choose("mala").count == 20_000
    assert choose("langevin").start.kind == "uniform"


def test_a_told_title_goes_with_its_caption_and_a_plain_one_stays(make_window, three_modes):
    window = make_window(three_modes.with_(title="Trapped", caption="Nothing moves."))

    def choose(kind):
        window.desk.cards.sampler.kind.setCurrentIndex(window.desk.cards.sampler.kind.findData(kind))
        window.desk.cards.sampler.kind.activated.emit(0)
        return window.desk.store.scene.title, window.desk.store.scene.caption

    assert choose("mala") == ("Langevin with a test (MALA)", "")
    window.desk.store.undo()
    assert window.desk.store.scene.title == "Trapped"
    window.desk.store.edit(three_modes.with_(title="Mine"), "name it")
    assert choose("mala") == ("Mine", "")


def test_no_friction_is_said_to_sample_nothing(make_window, three_modes):
    window = make_window(three_modes.with_(sampler={"kind": "underdamped", "friction": 0.5}))
    assert window.desk.cards.sampler.warning.isHidden()
    window.desk.cards.sampler._change("friction", 0.0)
    assert window.desk.cards.sampler.warning.isVisible()
    assert "p is not sampled" in window.desk.cards.sampler.warning.text()
    window.desk.store.undo()
    assert window.desk.cards.sampler.warning.isHidden()


def test_keys_are_the_runs_again_once_the_mouse_is_elsewhere(make_window, qtbot):
    """Whoever typed, or walked through the controls with Tab, and then uses the mouse, must not type on unseen."""
    window = make_window(load_scene("typed-potential").with_(particles={"count": 100}))
    window.activateWindow()
    assert QApplication.focusWidget() in (window, None)  # nothing is changed by a key before anything was used
    line = window.desk.cards.target.forms["formula"].text
    places = (
        lambda: QTest.mousePress(window.desk.transport, Qt.MouseButton.LeftButton, pos=QPoint(3, 3)),
        lambda: QTest.mouseClick(window.desk.transport.next_button, Qt.MouseButton.LeftButton),
        lambda: QTest.mouseClick(window.desk.transport.scrubber, Qt.MouseButton.LeftButton),
        lambda: (window.desk.cards.sampler.kind.showPopup(), window.desk.cards.sampler.kind.hidePopup()),
        lambda: QTest.mousePress(window.words.title, Qt.MouseButton.LeftButton),
    )
    for number, press in enumerate(places):
        line.setFocus()
        assert line.hasFocus()
        press()
        assert not line.hasFocus(), number
    lazily = window.desk.cards.sampler.form.fields["convention"]
    assert lazily.focusPolicy() == Qt.FocusPolicy.TabFocus


def test_the_wheel_over_a_choice_chooses_nothing(make_window, three_modes):
    window = make_window(three_modes)
    choice = window.desk.cards.sampler.kind
    at = QPointF(choice.rect().center())
    event = QWheelEvent(
        at, choice.mapToGlobal(at), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(choice, event)
    assert window.desk.store.scene == three_modes


def test_panels_share_the_target(make_window, qtbot):
    scene = load_scene("ode-beside-sde")
    scene = scene.with_(particles=scene.particles.with_(count=500))
    window = make_window(scene)
    assert len(window.desk.figure.canvases) == 2
    target = edit.move_mean(scene.target, 0, (-1.0,))
    window.desk.figure.canvases[1].edited.emit(scene.resolved_panels()[1].with_(target=target), "move")
    assert window.desk.store.scene.target == target
    assert len(window.desk.store.scene.panels) == 2
    # The panels edit the chosen picture; its sampler is its own.
    assert window.desk.cards.sampler.form.fields["lam"].value == scene.panels[0].sampler.lam
    key(window, Qt.Key.Key_P)
    assert window.desk.active_picture == 1
    slider = window.desk.cards.sampler.form.fields["lam"].slider
    slider.setValue(slider.maximum() // 4)
    assert window.desk.store.scene.panels[1].sampler.lam == pytest.approx(0.5)
    assert window.desk.store.scene.panels[0] == scene.panels[0]


def test_samplers_race_side_by_side_and_are_ranked(make_window, three_modes, qtbot):
    window = make_window(three_modes.with_(particles={"count": 400}))
    key(window, Qt.Key.Key_C)
    scene = window.desk.store.scene
    assert [p.sampler.kind for p in scene.panels] == ["langevin", "parallel-tempering"]
    assert window.desk.active_picture == 1
    assert window.desk.cards.sampler.kind.value == "parallel-tempering"
    window.desk.cards.sampler.form.fields["width"].slider.setValue(700)
    assert window.desk.store.scene.panels[1].sampler.width != scene.panels[1].sampler.width
    assert window.desk.store.scene.panels[0] == scene.panels[0]
    qtbot.waitUntil(lambda: len(window.desk.figure.canvases) == 2)
    marked = [box.property("chosen") for box in window.desk.figure.findChildren(QFrame, "panel")]
    assert [bool(mark) for mark in marked] == [False, True]
    window.desk.player.play(True)
    qtbot.waitUntil(
        lambda: window.desk.cards.race.isVisible() and window.desk.cards.race.cells[0][1].text() == "2 · Tempering"
    )
    window.desk.player.play(False)
    ranks = [float(cells[4].text()) for cells in window.desk.cards.race.cells[:2]]
    assert ranks[0] <= ranks[1]
    window.menus.actions["remove_picture"].trigger()
    assert window.desk.store.scene.panels == ()
    assert window.desk.store.scene.sampler.kind == "langevin"
    window.desk.store.undo()
    assert len(window.desk.store.scene.panels) == 2


def test_open_save_and_drop(make_window, three_modes, two_wells, tmp_path, qtbot):
    window = make_window(three_modes)
    path = tmp_path / "mine.toml"
    window.desk.store.edit(three_modes.with_(title="Mine"), "title")
    window.desk.files.save_to(path)
    qtbot.waitUntil(lambda: not window.desk.store.modified)
    assert load_scene(path).title == "Mine"
    assert window.desk.settings.recent == [str(path)]
    other = tmp_path / "other.toml"
    save_scene(two_wells, other)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(other))])
    event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, LEFT, NONE)
    window.dropEvent(event)
    qtbot.waitUntil(lambda: window.desk.store.scene == two_wells)
    assert window.windowTitle().startswith("other.toml")


def test_a_bad_file_is_told_and_the_scene_kept(make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    bad = tmp_path / "bad.toml"
    bad.write_text("version = 9\n")
    window.desk.files.open_path(str(bad))
    qtbot.waitUntil(window.desk.banner.isVisible)
    assert "version: expected 1" in window.desk.banner.text.text()
    assert window.desk.store.scene == three_modes
    window.desk.files.save_to(tmp_path / "no" / "where.toml")
    qtbot.waitUntil(lambda: "could not be written" in window.desk.banner.text.text())


def test_gallery_opens_a_preset(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.commands.show_gallery()
    gallery = window.findChild(Gallery)
    qtbot.waitUntil(lambda: gallery.list.count() >= 8)
    assert not gallery.list.item(0).icon().isNull()
    gallery.list.itemActivated.emit(gallery.list.item(3))
    qtbot.waitUntil(lambda: window.desk.store.scene == load_scene("forward-river"))


def test_help_lists_every_action(make_window, three_modes):
    window = make_window(three_modes)
    key(window, Qt.Key.Key_Question)
    sheet = window.findChild(HelpSheet)
    texts = {label.text() for label in sheet.findChildren(type(window.status))}
    assert all(spec.text in texts for spec in actions() if spec.menu != "Help")
    sheet.close()


def test_every_action_has_a_shortcut_a_tip_and_something_to_do(make_window, three_modes):
    window = make_window(three_modes)
    keys = [k for spec in actions() for k in spec.keys]
    assert len(keys) == len(set(keys))
    for spec in actions():
        assert spec.keys
        assert spec.tip
        assert spec.experiment or spec.method in ("close", "find_anything") or hasattr(window.commands, spec.method)


def test_an_unexpected_error_is_shown_with_a_way_to_save(make_window, three_modes, qtbot, capsys):
    window = make_window(three_modes)
    window.show_crash("Traceback: something")
    dialog = window.findChild(CrashDialog)
    assert "something" in dialog.details.toPlainText()
    dialog.accept()
    assert "something" in capsys.readouterr().err


def test_the_program_goes_on_after_an_unforeseen_error(make_window, three_modes, qtbot, monkeypatch, capsys):
    window = make_window(three_modes)

    def fail(*_):
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("visualizer.engine.report.Reporter.measure", fail)
    window.desk.player.step_by(1)
    qtbot.waitUntil(lambda: window.findChild(CrashDialog) is not None)
    assert "nobody foresaw this" in window.findChild(CrashDialog).details.toPlainText()
    monkeypatch.undo()
    window.findChild(CrashDialog).accept()
    window.desk.player.step_by(2)
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 2)
    qtbot.waitUntil(lambda: window.desk.report is not None)
    assert "nobody foresaw this" in capsys.readouterr().err


def test_the_window_remembers_its_size_and_theme(make_window, three_modes):
    first = make_window(three_modes)
    first.resize(1111, 777)
    key(first, Qt.Key.Key_T)
    first.desk.store.mark_saved(first.desk.store.scene)
    first.close()
    second = make_window(three_modes)
    assert second.desk.store.scene.view.theme == "light"
    assert second.desk.settings.geometry is not None


def test_edits_made_in_the_picture_survive_those_made_in_the_panels(make_window, three_modes):
    window = make_window(three_modes)
    target = edit.scale_weight(window.desk.store.scene.target, 1, 1.4)
    window.desk.figure.canvases[0].edited.emit(window.desk.store.scene.with_(target=target), "weigh")
    window.desk.cards.sampler.kind.setCurrentIndex(window.desk.cards.sampler.kind.findData("reverse"))
    window.desk.cards.sampler.kind.activated.emit(0)
    assert window.desk.store.scene.sampler.kind == "reverse"
    assert window.desk.store.scene.target == target
    window.desk.cards.noise.time.slider.setValue(300)
    window.desk.cards.layers.toggle("trails")
    assert window.desk.store.scene.target == target


def test_opening_a_scene_starts_its_run_at_the_beginning(make_window, qtbot):
    first, second = load_scene("freed-by-smoothing"), load_scene("trapped")
    small = first.particles.with_(count=500)
    window = make_window(first.with_(particles=small))
    window.desk.player.step_by(30)
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.moment.step == 30)
    window.desk.store.open(second.with_(particles=small))
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.moment.step == 0)
    assert not window.desk.transport.playing


def test_a_layer_switched_on_goes_on_top(make_window, three_modes):
    window = make_window(three_modes)
    window.desk.cards.layers.toggle("arrows")
    assert window.desk.store.scene.layers.plane[-1] == "arrows"


def test_typing_a_number_gives_the_keys_back(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    field = window.desk.cards.sampler.form.fields["step"].field
    window.activateWindow()
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.05")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.desk.store.scene.sampler.step == 0.05
    assert not field.hasFocus()
    field.setFocus()
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert window.desk.store.scene.sampler.step == 0.05
    assert field.text() == "0.05"


def test_too_large_a_step_is_warned_of(make_window, three_modes):
    window = make_window(three_modes)
    assert not window.desk.cards.sampler.warning.isVisible()
    window.desk.store.edit(three_modes.with_(sampler=three_modes.sampler.with_(step=0.5)), "step")
    assert "h < 2σ²" in window.desk.cards.sampler.warning.text()
    assert window.desk.cards.sampler.warning.isVisible()


def test_going_to_one_dimension_and_back_loses_nothing(make_window, three_modes):
    window = make_window(three_modes)
    key(window, Qt.Key.Key_D)
    key(window, Qt.Key.Key_D)
    assert window.desk.store.scene.target == three_modes.target


def test_choosing_a_picture_of_a_finished_run_shows_its_numbers(make_window, three_modes, qtbot):
    panels = [{"sampler": {"kind": "reverse", "steps": 5}}, {"sampler": {"kind": "ddim", "steps": 5}}]
    scene = three_modes.with_(process={"kind": "vp-cosine"}, particles={"count": 300}, panels=panels)
    window = make_window(scene)
    window.desk.player.step_by(5)
    qtbot.waitUntil(
        lambda: window.desk.result.reports and all(r is not None and r.step == 5 for r in window.desk.result.reports)
    )
    for index in (1, 0):
        window.desk.choose_picture(index)
        assert window.desk.cards.diagnostics._report is window.desk.result.reports[index]


def test_another_scene_keeps_the_theme(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.commands.toggle_theme()
    window.desk.files.open_path("narrow-axis")
    qtbot.waitUntil(lambda: window.desk.store.scene.title.startswith("The narrow axis"))
    assert window.desk.store.scene.view.theme == "light"
    assert not window.desk.store.modified


def test_the_plane_is_cut_along_lines_to_drag(make_window, three_modes, qtbot):
    window = make_window(three_modes.with_(layers={"plane": ["density"]}))
    canvas = window.desk.figure.canvases[0]
    assert not canvas.top.isVisible()
    key(window, Qt.Key.Key_X)
    assert window.desk.store.scene.view.cut is not None
    assert canvas.top.isVisible()
    qtbot.waitUntil(lambda: "cut" in canvas.picture.layers)
    window.desk.store.edit(
        window.desk.store.scene.with_(view=window.desk.store.scene.view.with_(cut=(-2.0, 1.0))), "cut"
    )
    qtbot.waitUntil(lambda: abs(canvas.cut.lines[0].value() + 2.0) < 1e-6)
    viewport = canvas.viewport()
    start, end = canvas.widget_at(-2.0, -3.0).toPoint(), canvas.widget_at(0.5, -3.0).toPoint()
    QTest.mouseMove(viewport, start)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for i in range(1, 8):
        QTest.mouseMove(viewport, start + (end - start) * i / 7)
        qtbot.wait(10)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert window.desk.store.scene.view.cut == pytest.approx((0.5, 1.0), abs=0.05)
    assert not window.desk.store.dragging
    law = build_mixture(window.desk.store.scene.target).conditional(0, window.desk.store.scene.view.cut[0])
    qtbot.waitUntil(
        lambda: np.allclose(
            Seen(canvas.picture).one("cut", Curve, plot="right").across,
            law.log_prob(
                torch.from_numpy(Seen(canvas.picture).one("cut", Curve, plot="right").along).double()[:, None]
            ).exp(),
            atol=1e-5,
        )
    )
    window.desk.store.undo()
    assert window.desk.store.scene.view.cut == (-2.0, 1.0)  # a drag is one step of undo
    key(window, Qt.Key.Key_X)
    assert window.desk.store.scene.view.cut is None
    window.desk.store.mark_saved(window.desk.store.scene)


def test_a_smaller_model_is_fitted_from_its_panel(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    canvas = window.desk.figure.canvases[0]
    kind, count = window.desk.cards.fit.form.fields["kind"], window.desk.cards.fit.form.fields["components"]
    assert not count.isVisibleTo(window.desk.cards.fit)
    kind.setCurrentIndex(2)
    kind.activated.emit(2)
    assert window.desk.store.scene.fit.kind == "seeking"
    assert count.isVisibleTo(window.desk.cards.fit)
    qtbot.waitUntil(lambda: "fit" in canvas.picture.layers)
    assert canvas.drawn.item("fit", Text) is not None
    assert Seen(canvas.picture).readout["KL(q || p)"].endswith(" nats, the least")
    window.desk.store.undo()
    qtbot.waitUntil(lambda: "fit" not in canvas.picture.layers)
    assert canvas.drawn.item("fit", Text) is None


def test_a_narrow_window_keeps_the_scrubber(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.resize(1000, 600)
    qtbot.waitUntil(window.desk.transport.back_button.isHidden)
    qtbot.waitUntil(lambda: window.desk.transport.scrubber.width() > 80)
    window.resize(1500, 800)
    qtbot.waitUntil(window.desk.transport.back_button.isVisible)


def test_an_edit_before_the_first_step_begins_again(make_window, three_modes, qtbot):
    """What is seen at step 0 is what the scene begins with when it is saved and opened again."""
    window = make_window(three_modes)

    def cloud():
        seen = []
        window.desk.player.ask(window, Errand(lambda moment: moment[1], Present(0)), seen.append)
        qtbot.waitUntil(lambda: bool(seen))
        return seen[0]

    moved = three_modes.target.with_(means=((3.0, -2.0), *three_modes.target.means[1:]))
    window.desk.store.edit(window.desk.store.scene.with_(target=moved), "move")
    settled(window, qtbot)
    begin = next(iter(Simulation(window.desk.store.scene, "cpu")))
    np.testing.assert_array_equal(cloud().x, begin.x)
    window.desk.player.step_by(1)
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 1)
    here = cloud()
    window.desk.store.edit(three_modes, "move back")  # from the first step on the particles stay where they are
    settled(window, qtbot)
    np.testing.assert_array_equal(cloud().x, here.x)


def test_cards_fold_and_are_left_as_they_were(make_window, three_modes, qtbot):
    """A heading folds its card by mouse or key; a folded card says what it holds; the next window begins so."""
    window = make_window(three_modes)
    cards = window.desk.cards
    assert set(cards.folded) == set(FOLDED_AT_FIRST)
    assert cards.field.summary.isVisible()
    assert cards.field.summary.text() == "exact"
    QTest.mouseClick(cards.noise.heading, Qt.MouseButton.LeftButton)
    assert cards.noise.is_folded
    assert not cards.noise.process.isVisible()
    assert cards.noise.summary.text() == three_modes.process.title
    cards.field.heading.setFocus()
    QTest.keyClick(cards.field.heading, Qt.Key.Key_Return)
    assert cards.field.kind.isVisible()
    window.close()
    again = make_window(three_modes)
    assert set(again.desk.cards.folded) == set(FOLDED_AT_FIRST) - {"Score that is followed"} | {"Noise"}
    again.commands.toggle_fourier()  # what a key shows must be seen
    qtbot.waitUntil(lambda: not again.desk.cards.fourier.is_folded)


def test_cards_are_no_wider_than_their_column(make_window, three_modes, qtbot):
    """A long note would push what stands on the right out of sight."""
    window = make_window(three_modes.with_(particles={"count": 500}))
    window.desk.player.step_by(40)
    qtbot.waitUntil(lambda: window.desk.report is not None and window.desk.report.convergence is not None)
    qtbot.wait(200)
    for column in (window.desk.left, window.desk.right):
        assert column.widget().minimumSizeHint().width() <= column.viewport().width()


def test_two_pictures_stand_as_they_are_larger(make_window, three_modes):
    scene = three_modes.with_(view={"x": (-6, 6), "y": (-3, 3)}, panels=({}, {"sampler": {"kind": "mala"}}))
    window = make_window(scene)
    figure = window.desk.figure

    def rows():
        QApplication.processEvents()
        return len({box.y() for box in figure._boxes})

    window.resize(1300, 1000)
    assert rows() == 2, "wide pictures in a high window stand one above the other"
    window.resize(1900, 560)
    assert rows() == 1
    window.desk.store.edit(scene.with_(view={"x": (-3, 3), "y": (-6, 6)}), "view")
    window.resize(1300, 1000)
    assert rows() == 1, "high pictures stand side by side"


def test_one_chain_a_few_hundred_and_a_cloud_are_a_click_away(make_window, three_modes):
    window = make_window(three_modes)
    chain, hundreds, cloud = window.desk.cards.sampler.crowds
    chain.click()
    assert (window.desk.scene.particles.count, window.desk.scene.sampler.steps_per_frame) == (1, 1)
    assert window.desk.transport.speeds.value == "0.1"
    hundreds.click()
    assert window.desk.scene.particles.count == 300
    cloud.click()
    assert window.desk.scene.particles.count == 20_000
    assert window.desk.transport.speeds.value == "1.0"
    window.desk.store.undo()
    assert window.desk.scene.particles.count == 300


def test_at_first_sight_what_runs_is_in_sight_and_the_rest_folded(make_window, qtbot):
    """On a laptop's screen: target, sampler and noise with their main knobs."""
    window = make_window(load_scene("trapped"))
    window.resize(1366, 768)
    cards, column = window.desk.cards, window.desk.left
    settled(window, qtbot)
    for knob in (cards.target.kind, cards.sampler.kind, cards.sampler.form.fields["step"], cards.noise.sigma):
        below = knob.mapTo(column.viewport(), QPoint(0, knob.height())).y()
        assert 0 < below <= column.viewport().height(), knob
    assert not cards.sampler.form.fields["steps_per_frame"].isVisible()
    cards.sampler.more.line.click()
    assert cards.sampler.form.fields["steps_per_frame"].isVisible()
    assert cards.sampler.seed.isVisible()
    listed = cards.layers.list
    hidden = [listed.item(i).text() for i in range(listed.count()) if listed.item(i).isHidden()]
    assert cards.layers.more.line.text().endswith(f"{len(hidden)} more")
    assert {"Traps", "Score arrows"} <= set(hidden)
    cards.layers.more.line.click()
    assert not any(listed.item(i).isHidden() for i in range(listed.count()))


def test_columns_are_as_wide_as_they_were_left(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.resize(1366, 768)
    window.columns.moveSplitter(250, 1)
    left = window.columns.sizes()[0]
    assert left < 280
    window.close()
    again = make_window(three_modes)
    again.resize(1366, 768)
    assert again.columns.sizes()[0] == left
    again.commands.reset_window()
    assert again.columns.sizes()[0] == 304


def test_what_grows_while_it_runs_moves_nothing_that_is_clicked(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    layers = window.desk.cards.layers
    settled(window, qtbot)
    before = layers.mapTo(window, QPoint(0, 0)).y()
    window.desk.transport.toggle()
    qtbot.waitUntil(window.desk.cards.diagnostics.isVisible)
    assert layers.mapTo(window, QPoint(0, 0)).y() == before


def test_one_cannot_lose_the_target_by_zooming_out(make_window, three_modes):
    window = make_window(three_modes)
    view = window.desk.figure.canvases[0].view
    (a, b), _ = plane_view(three_modes, whole=True)
    for _ in range(60):
        view.scaleBy((1.3, 1.3))
    (x0, x1), (y0, y1) = view.viewRange()
    assert 8 * (b - a) < max(x1 - x0, y1 - y0) <= 16 * 2 * max(b - a, 12)


def test_the_cloud_walks_across_the_picture(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    desk = window.desk
    key(window, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    assert desk.store.scene.view.across is False
    assert "Only a run along the noise" in desk.banner.text.text()
    desk.store.open(three_modes.with_(sampler={"kind": "reverse", "steps": 20}, particles={"count": 200}))
    key(window, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: bool(desk.pictures) and set(desk.pictures[0].layers) == {"across"})
    canvas = desk.figure.canvases[0]
    (x0, _), _ = canvas.view.viewRange()
    assert x0 <= Across.of(desk.scene).view[0][0]
    assert canvas.handles.target is None, "there is nothing to take hold of"
    assert not canvas.top.isVisible()
    assert not desk.cards.layers.list.isEnabled()
    assert [text for _, text in canvas.plot.getAxis("bottom")._tickLevels[0]] == ["noise", "data"]
    key(window, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: "across" not in desk.pictures[0].layers)
    assert canvas.handles.target is not None
    assert desk.cards.layers.list.isEnabled()
