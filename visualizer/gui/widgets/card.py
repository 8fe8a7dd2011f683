"""A titled card of controls, and small helpers for what goes on it."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.findings.report import Report
from visualizer.engine.frame import Picture
from visualizer.engine.host.talk import Result
from visualizer.engine.palette import Theme
from visualizer.scene.model import Scene

_TIP_WIDTH = 84


@dataclass(frozen=True)
class Shown:
    """The moment on the screen, as cards are shown it.

    Attributes:
        scene: the whole scene.
        index: which of its pictures the cards are about.
        result: the pictures, and how the run goes.
        theme: the colours.
    """

    scene: Scene
    index: int
    result: Result
    theme: Theme

    @property
    def picture(self) -> Picture:
        """The picture that the cards are about."""
        return self.result.pictures[min(self.index, len(self.result.pictures) - 1)]

    @property
    def report(self) -> Report | None:
        """Its last diagnostics, if there are any."""
        reports = self.result.reports
        return reports[self.index] if self.index < len(reports) else None


class _Fold(QPushButton):
    """Return folds as a click does: Space is the run's."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class Card(QFrame):
    """A rounded frame with a small heading; subclasses add to `body`.

    The window asks the same of every card: to follow the scene, to take one in whose controls are the same, and to show
    a moment. A card says what the user did by its signals.
    """

    #: (scene, label): the scene of the picture that the cards are about was edited
    edited = Signal(object, str)
    #: True when a control is taken, False when it is let go
    gesture = Signal(bool)
    #: the user folded the card (True), or unfolded it
    folded = Signal(bool)
    #: a sentence for the user: something to be mended, something to know
    problem = Signal(str)
    news = Signal(str)

    def __init__(self, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._title = heading.upper()
        self.heading = _Fold()
        self.heading.setObjectName("cardFold")
        self.heading.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.heading.setAccessibleName(f"{heading}: fold or unfold")
        self.heading.setToolTip("Fold or unfold this card")
        self.heading.clicked.connect(self._clicked)
        #: in a few words what a folded card holds
        self.summary = OneLine()
        self.summary.setObjectName("muted")
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        #: all but the heading
        self.inside = QWidget()
        self.body = QVBoxLayout(self.inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.heading)
        top.addWidget(self.summary, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 9, 12, 10)
        whole.setSpacing(6)
        #: what stands at the right of the heading
        self.corner = QHBoxLayout()
        top.addStretch(0)
        top.addLayout(self.corner)
        whole.addLayout(top)
        whole.addWidget(self.inside)
        self.setAccessibleName(heading)
        self._scene: Scene | None = None
        #: what the first look does without, below the rest; None where there is nothing such
        self.more: More | None = None
        self.fold(False)

    @property
    def is_folded(self) -> bool:
        """Whether the heading alone is shown."""
        return self.inside.isHidden()

    def fold(self, folded: bool) -> None:
        """Shows the heading alone, or all there is."""
        self.heading.setText(f"{'▸' if folded else '▾'}  {self._title}")
        self.inside.setHidden(folded)
        self.summary.setVisible(folded)

    def add_more(self, more: More) -> None:
        """Puts what the first look does without at the end, where it folds by itself."""
        self.more = more
        more.setAccessibleName(f"{self.accessibleName()}: more")
        more.folded.connect(self.folded)
        self.body.addWidget(more)

    def _clicked(self) -> None:
        self.fold(not self.is_folded)
        self.folded.emit(self.is_folded)

    def take(self, scene: Scene) -> None:
        """Edits start from this scene; nothing that is shown here has changed."""
        self._scene = scene

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene of the picture that the cards are about."""
        self._scene = scene

    def show_kinds(self) -> None:
        """Follows the registers: there is a kind more, or one less."""

    def show_result(self, shown: Shown) -> None:
        """Follows the run."""


class More(QWidget):
    """A line that unfolds what stands below it."""

    #: the user folded it (True), or unfolded it
    folded = Signal(bool)
    #: it was folded or unfolded, by whomever
    changed = Signal()

    def __init__(self, text: str, *widgets: QWidget) -> None:
        super().__init__()
        self._text = text
        self.line = _Fold()
        self.line.setObjectName("cardFold")
        self.line.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.line.clicked.connect(self._clicked)
        self.inside = QWidget()
        self.body = QVBoxLayout(self.inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(6)
        for widget in widgets:
            self.body.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.line)
        column.addWidget(self.inside)
        self.fold(False)

    @property
    def is_folded(self) -> bool:
        """Whether the line alone is shown."""
        return self.inside.isHidden()

    def fold(self, folded: bool) -> None:
        """Shows the line alone, or all there is."""
        self.inside.setHidden(folded)
        self.say(self._text)
        self.changed.emit()

    def say(self, text: str) -> None:
        """Another text on the line."""
        self._text = text
        self.line.setText(f"{'▸' if self.is_folded else '▾'}  {text}")
        self.line.setAccessibleName(f"{text}: fold or unfold")

    def _clicked(self) -> None:
        self.fold(not self.is_folded)
        self.folded.emit(self.is_folded)


def take_focus_away(used: QWidget) -> None:
    """Keys are the window's again, unless they belong to what is `used`: what had them was left with the mouse."""
    holds = QApplication.focusWidget()
    if holds is not None and holds is not used:
        holds.clearFocus()


def wrapped(tip: str) -> str:
    """A tool tip in lines of a length that can be read: Qt breaks none."""
    return "\n".join("\n".join(wrap(line, _TIP_WIDTH)) for line in tip.split("\n"))


def button_row(*right: QWidget, left: tuple[QWidget, ...] = ()) -> QHBoxLayout:
    """The buttons of a dialog: what is done with all of it on the right, the rest on the left."""
    row = QHBoxLayout()
    for button in left:
        row.addWidget(button)
    row.addStretch(1)
    for button in right:
        row.addWidget(button)
    return row


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
        self.fill(options)
        self.setToolTip(wrapped(tip))
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def fill(self, options: list[tuple[str, str]]) -> None:
        """Offers these; what was selected stays so, and nothing is reported."""
        selected = self.currentData()
        self.blockSignals(True)
        self.clear()
        for value, text in options:
            self.addItem(text, value)
        self.setCurrentIndex(max(0, self.findData(selected)))
        self.blockSignals(False)

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

    def head(self, value: str, heading: str) -> None:
        """Puts a heading, which cannot be chosen, before a value."""
        at = self.findData(value)
        self.insertItem(at, heading.upper())
        item = self.model().item(at)  # type: ignore[attr-defined]  # it is a QStandardItemModel
        item.setFlags(Qt.ItemFlag.NoItemFlags)

    def allow(self, value: str, allowed: bool, why_not: str) -> None:
        """Offers a value or greys it out, with the reason as its tool tip."""
        item = self.model().item(self.findData(value))  # type: ignore[attr-defined]  # it is a QStandardItemModel
        item.setEnabled(allowed)
        item.setToolTip("" if allowed else why_not)

    @property
    def value(self) -> str:
        """The value selected."""
        return str(self.currentData())
