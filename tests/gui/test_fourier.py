"""The Fourier view: circles dragged in frequency space, bands, phases."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.conftest import settled
from tests.pictures import Seen
from visualizer.engine.drawings import Key
from visualizer.engine.palette import DARK, spectrum_table
from visualizer.gui.canvas.rings import FILTER, HIGH, LOW
from visualizer.gui.large_fourier import LargeFourier
from visualizer.processes import process
from visualizer.scene.presets import load_scene

LEFT, NO = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


def point(plot, x, y) -> QPoint:
    return plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(x, y)))


def drag(plot, start, end):
    viewport = plot.viewport()

    def send(kind, at, button, buttons):
        at = QPointF(at)
        event = QMouseEvent(kind, at, viewport.mapToGlobal(at), button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)

    send(QEvent.Type.MouseMove, start, NO, NO)
    send(QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    for i in range(1, 5):
        send(QEvent.Type.MouseMove, start + (end - start) * i / 4, NO, LEFT)
        QApplication.processEvents()
    send(QEvent.Type.MouseButtonRelease, end, LEFT, NO)


@pytest.fixture
def shown(make_window, three_modes, qtbot):
    """A window with the view open on three modes in the plane."""
    scene = three_modes.with_(view=three_modes.view.with_(fourier=True))
    window = make_window(scene)
    qtbot.waitUntil(lambda: FILTER in window.desk.cards.fourier.view.plot.rings.radii)
    window.desk.right.ensureWidgetVisible(window.desk.cards.fourier)
    settled(window, qtbot)
    return window


def test_the_large_view_is_dragged_as_the_small_one_and_goes_with_it(shown, qtbot):
    shown.commands.show_large_fourier()
    large = shown.findChild(LargeFourier)
    plot = large.view.plot
    qtbot.waitUntil(lambda: FILTER in plot.rings.radii)
    settled(shown, qtbot)
    assert plot.width() > 400
    assert "2π over the distance" in large.view.seen.text()
    before = shown.desk.store.scene
    drag(plot, point(plot, plot.rings.radii[FILTER], 0.0), point(plot, 0.0, 2.0))
    q = process(before.process.kind)
    assert q.sigma(shown.desk.store.scene.sampler.t) == pytest.approx(1 / 2.0, rel=0.05)
    shown.commands.toggle_fourier()
    qtbot.waitUntil(lambda: shown.findChild(LargeFourier) is None)


def test_only_particles_are_amber(shown):
    """In the Fourier view φ_t has the colour of p_t."""
    t = DARK
    pens = {name: curve.opts["pen"].color().name() for name, curve in shown.desk.cards.fourier.view.plot.curves.items()}
    assert pens == {"phi": t.muted, "filter": t.noise, "product": t.density}
    for part in ("phi", "filter", "product"):
        assert int(spectrum_table("dark", part)[-1]) & 0xFFFFFF != int(t.particles[1:], 16)


def test_the_circle_of_the_filter_is_dragged_and_that_is_one_undo(shown, qtbot):
    plot = shown.desk.cards.fourier.view.plot
    before, edge = shown.desk.store.scene, plot.rings.radii[FILTER]
    drag(plot, point(plot, edge, 0.0), point(plot, 0.0, 2.0))
    sampler = shown.desk.store.scene.sampler
    q = process(before.process.kind)
    assert q.sigma(sampler.t) == pytest.approx(1 / 2.0, rel=0.05)  # the fields are at a time of the process
    qtbot.waitUntil(lambda: plot.rings.radii[FILTER] == pytest.approx(1 / q.sigma(sampler.t), rel=1e-3))
    assert "noise leaves 61 %" in shown.desk.cards.fourier.view.note.text()
    little = before.with_(sampler=before.sampler.with_(sigma=0.01))
    shown.desk.store.edit(little, "hardly any noise")
    qtbot.waitUntil(lambda: "= 100, beyond what is shown" in shown.desk.cards.fourier.view.note.text())
    shown.desk.store.undo()
    settled(shown, qtbot)
    drag(plot, point(plot, plot.rings.radii[FILTER], 0.0), point(plot, edge * 1.2, 0.0))
    assert shown.desk.store.scene.sampler.t == pytest.approx(0.0, abs=1e-3)  # out to the edge: no noise
    shown.desk.store.undo()
    shown.desk.store.undo()
    assert shown.desk.store.scene == before


def test_in_one_dimension_the_circle_is_two_lines_and_sets_plain_smoothing(make_window, qtbot):
    window = make_window(load_scene("fourier"))
    plot = window.desk.cards.fourier.view.plot
    qtbot.waitUntil(lambda: plot.rings.radii.get(FILTER) == pytest.approx(2.0))
    window.desk.right.ensureWidgetVisible(window.desk.cards.fourier)
    QApplication.processEvents()
    drag(plot, point(plot, -2.0, 0.5), point(plot, -4.0, 0.4))
    assert window.desk.store.scene.sampler.sigma == pytest.approx(0.25, rel=0.03)


def test_a_band_is_switched_on_dragged_and_goes_with_the_view(shown, qtbot):
    window, plot = shown, shown.desk.cards.fourier.view.plot
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    low, high = window.desk.store.scene.view.band
    assert 0 < low < high
    qtbot.waitUntil(lambda: "band" in getattr(window.desk.figure.canvases[0].picture, "layers", ()))
    canvas = window.desk.figure.canvases[0]
    assert "density" not in canvas.picture.layers
    qtbot.waitUntil(lambda: canvas.drawn.item("band", Key) is not None)
    assert "% of the power ∫pₜ²" in window.desk.cards.fourier.view.note.text()
    settled(window, qtbot)
    assert plot.rings.radii[HIGH] == high
    drag(plot, point(plot, 0.0, -high), point(plot, 0.0, -1.5 * high))
    assert window.desk.store.scene.view.band == pytest.approx((low, 1.5 * high), rel=0.05)
    high = window.desk.store.scene.view.band[1]
    settled(window, qtbot)
    drag(plot, point(plot, low, 0.0), point(plot, 3 * high, 0.0))  # the edges do not cross
    assert 0.9 * high < window.desk.store.scene.view.band[0] < window.desk.store.scene.view.band[1] == high
    assert not window.desk.cards.fourier.low.isHidden()
    window.desk.cards.fourier.low.edited.emit(0.25)
    assert window.desk.store.scene.view.band == (0.25, high)
    window.desk.cards.fourier.low.edited.emit(2 * high)  # put back
    assert window.desk.store.scene.view.band == (0.25, high)
    assert window.desk.cards.fourier.low.value == 0.25
    settled(window, qtbot)
    assert plot.rings.radii[LOW] == 0.25
    QTest.keyClick(window, Qt.Key.Key_F)
    assert not window.desk.store.scene.view.fourier
    assert window.desk.store.scene.view.band is None
    qtbot.waitUntil(lambda: "density" in canvas.picture.layers)
    qtbot.waitUntil(lambda: canvas.drawn.item("band", Key) is None)
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)  # the one there was
    assert window.desk.store.scene.view.band == (0.25, high)


def test_phases_are_shown_on_request(shown, qtbot):
    window = shown
    assert window.desk.cards.fourier.view.hues.isHidden()
    before = window.desk.figure.canvases[0].picture.fourier.images["product"]
    window.desk.cards.fourier.phase.click()
    assert window.desk.store.scene.view.phase
    assert not window.desk.cards.fourier.view.hues.isHidden()
    picture = lambda: window.desk.figure.canvases[0].picture.fourier.images["product"]  # noqa: E731  # asked for again and again
    qtbot.waitUntil(lambda: (picture() != before).any())


def test_shift_f_opens_the_view_with_a_band(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    view = window.desk.store.scene.view
    assert view.fourier
    assert view.band is not None
    window.desk.store.undo()
    assert window.desk.store.scene.view == three_modes.view
    QTest.keyClick(window, Qt.Key.Key_D)
    QTest.keyClick(window, Qt.Key.Key_V)
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: "band" in getattr(window.desk.figure.canvases[0].picture, "layers", ()))
    low = float(Seen(window.desk.figure.canvases[0].picture).curve("band").min())
    assert low < 0
    canvas = window.desk.figure.canvases[0]
    qtbot.waitUntil(lambda: canvas._density.getViewBox().viewRange()[1][0] <= low)
