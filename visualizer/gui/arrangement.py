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
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.widgets.card import take_focus_away
from visualizer.gui.words.billboard import Billboard

#: Width of the left column, in pixels.
LEFT_WIDTH = 304
#: Width of the right column.
RIGHT_WIDTH = 312


def side(width: int, widgets: list[QWidget], name: str) -> QScrollArea:
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
    area.setFixedWidth(width)
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


def across(left: QWidget, centre: QWidget, right: QWidget) -> QWidget:
    """All three side by side. With the mouse nothing takes the focus but text: then keys stay with the run.

    Sliders and choices see to that themselves; they are made when they are needed.
    """
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(left)
    row.addWidget(centre, 1)
    row.addWidget(right)
    for child in widget.findChildren(QWidget):
        if isinstance(child, QAbstractButton):
            child.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            child.pressed.connect(partial(take_focus_away, child))
        elif isinstance(child, QScrollBar):
            child.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return widget
