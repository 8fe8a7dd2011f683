"""A slider that goes where it is clicked, and on from there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget


class Slider(QSlider):
    """Horizontal. A press beside the handle takes hold of it there: one gesture, like a press on the handle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            part, style = QStyle.ComplexControl.CC_Slider, self.style()
            handle = style.subControlRect(part, option, QStyle.SubControl.SC_SliderHandle, self)
            groove = style.subControlRect(part, option, QStyle.SubControl.SC_SliderGroove, self)
            at = event.position().toPoint()
            if not handle.contains(at):
                x, room = at.x() - handle.width() // 2 - groove.left(), groove.width() - handle.width()
                self.setSliderDown(True)
                self.setSliderPosition(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), x, max(room, 1)))
        super().mousePressEvent(event)
