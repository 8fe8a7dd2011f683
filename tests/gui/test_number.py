"""Numbers to slide and type."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from visualizer.gui.widgets.number import NumberSlider, Range


def test_a_press_beside_the_handle_goes_on_as_a_drag(qtbot):
    number = NumberSlider("a", Range(0.0, 10.0), "a number")
    qtbot.addWidget(number)
    number.resize(300, 60)
    number.show()
    values, gestures = [], []
    number.edited.connect(values.append)
    number.gesture.connect(gestures.append)
    slider = number.slider
    middle = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(0.75 * slider.width()), middle))
    assert number.value == pytest.approx(7.5, abs=0.3)
    QTest.mouseMove(slider, QPoint(round(0.25 * slider.width()), middle))
    assert number.value == pytest.approx(2.5, abs=0.4)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(0.25 * slider.width()), middle))
    assert gestures == [True, False]
    assert len(values) == 2
    at = number.value
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(0.25 * slider.width()), middle))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(0.25 * slider.width()), middle))
    assert number.value == at  # a press on the handle moves nothing
    assert gestures == [True, False, True, False]
