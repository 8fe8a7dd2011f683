"""A slider that goes where it is clicked, and on from there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHideEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

from visualizer.gui.widgets.card import take_focus_away


class Slider(QSlider):
    """Horizontal. A press beside the handle takes hold of it there: one gesture, like a press on the handle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._taken_beside = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        take_focus_away(self)
        if event.button() == Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            part, control = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
            if not self.style().subControlRect(part, option, control, self).contains(event.position().toPoint()):
                self._taken_beside = True
                self.setSliderDown(True)
                self._go_to(event)
                event.accept()
                return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._taken_beside:
            self._go_to(event)
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._taken_beside and event.button() == Qt.MouseButton.LeftButton:
            self._let_go()
        else:
            super().mouseReleaseEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Whoever held it holds it no longer."""
        self._let_go()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """The same, once it is disabled."""
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self._let_go()
        super().changeEvent(event)

    def _let_go(self) -> None:
        self._taken_beside = False
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls what the slider stands in: it must not change a number on the way."""
        event.ignore()

    def _go_to(self, event: QMouseEvent) -> None:
        """Puts the middle of the handle under the mouse, as near as its steps allow."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        part, style = QStyle.ComplexControl.CC_Slider, self.style()
        width = style.subControlRect(part, option, QStyle.SubControl.SC_SliderHandle, self).width()
        groove = style.subControlRect(part, option, QStyle.SubControl.SC_SliderGroove, self)
        x, room = event.position().toPoint().x() - width // 2 - groove.left(), max(groove.width() - width, 1)
        self.setSliderPosition(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), x, room))
