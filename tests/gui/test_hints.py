"""The first minute: three hints that go when what they tell of is done, and never come again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from visualizer.gui.document.settings import Settings
from visualizer.gui.hints import Hints


@pytest.fixture
def hinting(make_window, three_modes, qapp):
    window = make_window(three_modes)
    window.resize(1366, 768)
    qapp.processEvents()
    return window, Hints(window.desk, window.commands.show_gallery)


def points_at(hints, window, widget):
    """Whether the arrow ends beside a widget."""
    place = widget.mapTo(window, QPoint(0, 0))
    tip = hints._at - place
    return -30 <= tip.x() <= widget.width() + 30 and -30 <= tip.y() <= widget.height() + 30


def test_three_hints_one_after_another(hinting, qtbot):
    window, hints = hinting
    desk = window.desk
    assert "Space" in hints.text.text()
    assert hints.isVisible()
    assert points_at(hints, window, desk.transport.play_button)
    assert window.rect().contains(hints.geometry())
    desk.transport.toggle()
    qtbot.waitUntil(lambda: "Drag a dot" in hints.text.text())
    dot = desk.figure.canvases[0].widget_at(*desk.scene.target.means[-1]).toPoint()
    assert (desk.figure.canvases[0].mapTo(window, dot) - hints._at).manhattanLength() < 40
    means = ((0.0, 0.5), *desk.scene.target.means[1:])
    desk.figure.edited.emit(desk.scene.with_(target=desk.scene.target.with_(means=means)), "move")
    assert "Slide σ" in hints.text.text()
    assert hints.isVisible()  # although the slider had to be scrolled to
    assert points_at(hints, window, desk.cards.noise.sigma)
    assert not desk.settings.hinted
    desk.cards.noise.take_sigma(0.5)
    assert Settings().hinted
    assert "gallery" in desk.banner.text.text()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(hints)


def test_what_has_been_done_already_is_not_told(hinting):
    window, hints = hinting
    window.desk.cards.noise.take_sigma(0.5)
    assert "Space" in hints.text.text()
    assert hints.number.text() == "2 of 3"


def test_they_can_be_sent_away(hinting):
    window, hints = hinting
    hints.close_button.click()
    assert Settings().hinted
    assert not hints.isVisible()
    assert not window.desk.banner.isVisible()
