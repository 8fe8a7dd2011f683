"""A titled card of controls, and small helpers for what goes on it."""

from __future__ import annotations

from textwrap import wrap

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

_TIP_WIDTH = 84


class Card(QFrame):
    """A rounded frame with a small heading; subclasses add to `body`."""

    def __init__(self, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 9, 12, 10)
        self.body.setSpacing(6)
        self.heading = QLabel(heading.upper())
        self.heading.setObjectName("cardTitle")
        self.body.addWidget(self.heading)
        self.setAccessibleName(heading)


def take_focus_away(used: QWidget) -> None:
    """Keys are the window's again, unless they belong to what is `used`: what had them was left with the mouse."""
    holds = QApplication.focusWidget()
    if holds is not None and holds is not used:
        holds.clearFocus()


def wrapped(tip: str) -> str:
    """A tool tip in lines of a length that can be read: Qt breaks none."""
    return "\n".join("\n".join(wrap(line, _TIP_WIDTH)) for line in tip.split("\n"))


def muted(text: str = "", wrap: bool = True) -> QLabel:
    """A quiet line of text."""
    label = QLabel(text)
    label.setObjectName("muted")
    label.setWordWrap(wrap)
    return label


class OneLine(QLabel):
    """Text on one line that is cut short where there is no room; all of it stands in the tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Another text."""
        self._whole = text
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._cut()

    def _cut(self) -> None:
        room = self.contentsRect().width()
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class Choice(QComboBox):
    """A drop-down over (value, text) pairs."""

    def __init__(self, options: list[tuple[str, str]], tip: str, name: str) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._had_focus = False
        for value, text in options:
            self.addItem(text, value)
        self.setToolTip(wrapped(tip))
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls what the control stands in: it must not choose something on the way."""
        event.ignore()

    def showPopup(self) -> None:
        take_focus_away(self)
        self._had_focus = self.hasFocus()
        super().showPopup()

    def hidePopup(self) -> None:
        """Keys go back to who had them: the list, hidden, would keep them."""
        super().hidePopup()
        (self if self._had_focus else self.window()).setFocus()

    def show_value(self, value: str) -> None:
        """Selects a value without reporting it."""
        self.blockSignals(True)
        self.setCurrentIndex(self.findData(value))
        self.blockSignals(False)

    def allow(self, value: str, allowed: bool, why_not: str) -> None:
        """Offers a value or greys it out, with the reason as its tool tip."""
        item = self.model().item(self.findData(value))  # type: ignore[attr-defined]  # it is a QStandardItemModel
        item.setEnabled(allowed)
        item.setToolTip("" if allowed else why_not)

    @property
    def value(self) -> str:
        """The value selected."""
        return str(self.currentData())
