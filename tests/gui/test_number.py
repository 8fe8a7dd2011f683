"""Numbers to slide and type."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from visualizer.gui.widgets.card import OneLine
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.gui.widgets.slider import Slider


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


def test_a_handle_with_few_steps_is_let_go_wherever_it_was_taken(qtbot):
    """Between two steps the handle is not under the mouse that put it there."""
    slider = Slider()
    qtbot.addWidget(slider)
    slider.setRange(0, 3)
    slider.resize(600, 24)
    slider.show()
    let_go = []
    slider.sliderReleased.connect(lambda: let_go.append(slider.value()))
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(470, 12))
    assert not slider.isSliderDown()
    assert let_go == [2]


@pytest.mark.parametrize("away", ["hide", "disable"])
def test_a_slider_that_goes_away_is_let_go(qtbot, away):
    slider = Slider()
    qtbot.addWidget(slider)
    slider.resize(300, 24)
    slider.show()
    let_go = []
    slider.sliderReleased.connect(lambda: let_go.append(slider.value()))
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(200, 12))
    assert slider.isSliderDown()
    slider.hide() if away == "hide" else slider.setEnabled(False)
    assert not slider.isSliderDown()
    assert len(let_go) == 1


def test_what_is_typed_beyond_the_ends_makes_the_slider_longer_where_it_may(qtbot):
    for most, expected in ((0.0, 1.0), (100.0, 9.0)):
        number = NumberSlider("a", Range(-5.0, 5.0), "a number", most=most)
        qtbot.addWidget(number)
        number.show_value(1.0)
        number.show()
        for text in ("9", "1000"):
            number.field.selectAll()
            QTest.keyClicks(number.field, text)
            QTest.keyClick(number.field, Qt.Key.Key_Return)
        assert number.value == expected
        assert number._range.high == (18.0 if most else 5.0)


def test_a_double_click_takes_the_whole_number(qtbot):
    number = NumberSlider("a", Range(0.0, 10.0), "a number")
    qtbot.addWidget(number)
    number.show_value(3.56)
    number.show()
    QTest.mouseDClick(number.field, Qt.MouseButton.LeftButton)
    QTest.keyClicks(number.field, "2")
    QTest.keyClick(number.field, Qt.Key.Key_Return)
    assert number.value == 2.0


def test_the_wheel_scrolls_and_changes_no_number(qtbot):
    number = NumberSlider("a", Range(0.0, 10.0), "a number")
    qtbot.addWidget(number)
    number.show_value(5.0)
    number.show()
    values, at = [], QPointF(20, 5)
    number.edited.connect(values.append)
    event = QWheelEvent(
        at, number.slider.mapToGlobal(at), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(number.slider, event)
    assert not event.isAccepted()
    assert values == []


def test_a_line_without_room_is_cut_short_and_told_in_full(qtbot):
    line = OneLine()
    qtbot.addWidget(line)
    line.show()
    line.resize(400, 20)
    line.show_text("Tempering, h = 0.1, T = 1, 3, 10, 100")
    assert line.text() == "Tempering, h = 0.1, T = 1, 3, 10, 100"
    assert line.toolTip() == ""
    line.resize(100, 20)
    assert line.text().endswith("…")
    assert line.text().startswith("Temp")
    assert line.toolTip() == "Tempering, h = 0.1, T = 1, 3, 10, 100"
