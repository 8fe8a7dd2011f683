"""Where the parts of the window stand: cards left and right, the picture in the middle, the transport below."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QScrollBar,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.sizes import px, sized
from visualizer.gui.widgets.card import take_focus_away
from visualizer.gui.words.billboard import Billboard

#: Widths of the columns, left and right, in pixels, and how narrow and how wide each can be dragged.
WIDTHS = (304, 312)
NARROWEST, WIDEST = 232, 520


def side(widgets: list[QWidget], name: str) -> QScrollArea:
    """A column of cards that scrolls when the window is low; `name` is for screen readers."""
    body = QWidget()
    body.setObjectName("sideBody")
    column = QVBoxLayout(body)
    column.setContentsMargins(10, 8, 10, 10)
    column.setSpacing(9)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    area = QScrollArea()
    area.setObjectName("side")
    area.setWidget(body)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName(name)
    return area


def middle(figure: QWidget, billboard: Billboard, transport: QWidget, above: QWidget) -> QWidget:
    """The picture with the billboard of a lecture around it, a strip above it, and the transport below."""
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(billboard.top)
    column.addWidget(above)
    beside = QHBoxLayout()
    beside.setSpacing(0)
    beside.addWidget(figure, 1)
    beside.addWidget(billboard.side)
    column.addLayout(beside, 1)
    column.addWidget(billboard.bottom)
    column.addWidget(transport)
    return widget


def across(left: QWidget, centre: QWidget, right: QWidget) -> QSplitter:
    """All three side by side; what is between two of them can be dragged.

    With the mouse nothing takes the focus but text: then keys stay with the run. Sliders and choices see to that
    themselves; they are made when they are needed.
    """
    sized(left, lambda w: w.setMinimumWidth(px(NARROWEST)))
    sized(left, lambda w: w.setMaximumWidth(px(WIDEST)))
    widget = QSplitter()
    widget.setHandleWidth(4)
    widget.setChildrenCollapsible(False)
    for i, part in enumerate((left, centre, right)):
        widget.addWidget(part)
        widget.setStretchFactor(i, i % 2)
    for child in widget.findChildren(QWidget):
        if isinstance(child, QAbstractButton):
            child.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            child.pressed.connect(partial(take_focus_away, child))
        elif isinstance(child, QScrollBar):
            child.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return widget


def set_widths(columns: QSplitter, widths: tuple[int, int]) -> None:
    """The widths of the left and the right column; the picture has the rest."""
    left, right = (min(max(width, px(NARROWEST)), px(WIDEST)) for width in widths)
    columns.setSizes([left, max(1, columns.width() - left - right), right])
