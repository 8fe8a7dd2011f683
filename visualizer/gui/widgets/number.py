"""A number one can slide or type, with its name, unit and range."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QSizePolicy, QToolTip, QWidget

from visualizer.gui.sizes import px, sized
from visualizer.gui.widgets.card import wrapped
from visualizer.gui.widgets.slider import Slider

_TICKS = 1000


@dataclass(frozen=True)
class Range:
    """Limits of a number; `log` spaces the slider evenly in its logarithm, `integer` rounds."""

    low: float
    high: float
    log: bool = False
    integer: bool = False
    digits: int = 3

    def times(self, factor: float) -> Range:
        """The same for values multiplied by `factor`."""
        return replace(self, low=self.low * factor, high=self.high * factor)

    def to_tick(self, value: float) -> int:
        """Where the slider stands for a value."""
        low, high, v = (math.log(u) if self.log else u for u in (self.low, self.high, self._clamp(value)))
        return round(_TICKS * (v - low) / (high - low))

    def from_tick(self, tick: int) -> float:
        """The value the slider stands at, rounded to what the text shows."""
        u = tick / _TICKS
        if self.log:
            value = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
            digits = 2 if self.integer else self.digits
            value = float(f"{value:.{digits}g}")
        else:
            value = self.low + u * (self.high - self.low)
            value = round(value, self.digits)
        return self._clamp(round(value) if self.integer else value)

    def _clamp(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def text(self, value: float) -> str:
        """The value as shown."""
        if self.integer:
            return f"{round(value):,}".replace(",", "\u202f")
        if value != 0 and abs(value) < 1e-3:
            return f"{value:.2e}"
        return f"{value:.{max(self.digits, 3)}g}" if self.log else f"{value:.{self.digits}f}"


class _Field(QLineEdit):
    """A double click takes the whole number, not the digits on one side of its point."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.selectAll()


class NumberSlider(QWidget):
    """Name on the left, the value (to type) on the right, a slider below.

    Args:
        name, limits, tip: what it is called, where the slider ends, and what it is for.
        most: of a number that may be anything: what is typed beyond the slider's ends, up to this, makes it longer.
    """

    #: the user chose a value
    edited = Signal(float)
    #: the slider was taken hold of (True), or let go
    gesture = Signal(bool)

    def __init__(self, name: str, limits: Range, tip: str, parent: QWidget | None = None, *, most: float = 0.0) -> None:
        super().__init__(parent)
        self._most = most
        self._range = limits
        self._value = limits.low
        self.name = QLabel(name)
        self.name.setObjectName("muted")
        self.field = _Field()
        self.field.setObjectName("value")
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        sized(self.field, lambda w: w.setFixedWidth(px(92)))
        self.slider = Slider()
        self.slider.setRange(0, _TICKS)
        self.slider.setPageStep(_TICKS // 20)
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(1)
        layout.addWidget(self.name, 0, 0)
        layout.addWidget(self.field, 0, 1)
        layout.addWidget(self.slider, 1, 0, 1, 2)
        self._tip = tip
        self._tell_range()
        for widget in (self.slider, self.field):
            widget.setAccessibleName(name)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderPressed.connect(lambda: self.gesture.emit(True))
        self.slider.sliderReleased.connect(lambda: self.gesture.emit(False))
        self.field.editingFinished.connect(self._typed)
        self.field.returnPressed.connect(self.field.clearFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.field.hasFocus():
            self.field.setText(self._range.text(self._value))
            self.field.clearFocus()
            return
        super().keyPressEvent(event)

    @property
    def value(self) -> float:
        """The value shown."""
        return self._value

    def set_range(self, limits: Range) -> None:
        """Other limits; the value stays."""
        self._range = limits
        self._tell_range()
        self.show_value(self._value)

    def _tell_range(self) -> None:
        shown = f"{self._tip}\nRange {self._range.text(self._range.low)} … {self._range.text(self._range.high)}"
        for widget in (self, self.slider, self.field):
            widget.setToolTip(wrapped(shown))

    def show_value(self, value: float) -> None:
        """Shows a value without reporting it."""
        self._value = value
        self.slider.blockSignals(True)
        self.slider.setValue(self._range.to_tick(value))
        self.slider.blockSignals(False)
        if not self.field.hasFocus() or not self.field.isModified():
            self.field.setText(self._range.text(value))

    def _slid(self, tick: int) -> None:
        self._value = self._range.from_tick(tick)
        self.field.setText(self._range.text(self._value))
        self.edited.emit(self._value)

    def _typed(self) -> None:
        if not self.field.isModified():
            return
        self.field.setModified(False)
        text = "".join(c for c in self.field.text() if not c.isspace()).replace(",", "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if max(abs(self._range.low), abs(self._range.high)) < abs(value) <= self._most:
            reach = min(2 * abs(value), self._most)
            self.set_range(replace(self._range, low=-reach, high=reach))
        if not math.isfinite(value) or not self._range.low <= value <= self._range.high:
            expected = (
                f"Expected a number from {self._range.text(self._range.low)} to {self._range.text(self._range.high)}"
            )
            QToolTip.showText(self.field.mapToGlobal(self.field.rect().bottomLeft()), expected, self.field)
            self.field.setText(self._range.text(self._value))
            return
        value = round(value) if self._range.integer else value
        if value != self._value:
            self.show_value(value)
            self.edited.emit(value)
