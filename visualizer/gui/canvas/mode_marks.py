"""Modes of densities without components: numbered discs, in the plane or beside an axis."""

from __future__ import annotations

from typing import Any, Literal

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QTransform

from visualizer.engine.frame import ModeMarks
from visualizer.engine.palette import Theme
from visualizer.gui.theme import colour, font

_RADIUS, _INSET, _TYPE = 8.5, 14.0, 11
#: More modes than this are dots without a number.
_NUMBERED = 40


class ModeMarksItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A disc at each mode, in the colour of its particles where those are coloured by mode.

    Args:
        edge: where the discs stand: in the plane, or along an axis at the lower or the left edge.
    """

    def __init__(self, edge: Literal["plane", "bottom", "left"]) -> None:
        super().__init__()
        self._edge = edge
        self._marks: ModeMarks | None = None
        self._theme: Theme | None = None
        self._scale = 1.0
        self.setZValue(999)

    def apply_theme(self, t: Theme, scale: float) -> None:
        """Colours, and type so many times as large as usual."""
        self._theme, self._scale = t, scale
        self.update()

    def show_marks(self, marks: ModeMarks | None) -> None:
        """Other modes, or none. The same ones again cost nothing."""
        if marks is not self._marks:
            self._marks = marks
            self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return view.viewRect() if view is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def _at(self, place: list[float], world: QTransform) -> QPointF:
        """Where a mode's disc is, in pixels."""
        if self._edge == "plane":
            return world.map(QPointF(place[0], place[1]))
        rect = self.boundingRect()
        if self._edge == "left":
            edge = world.map(QPointF(rect.left(), place[0]))
            return QPointF(edge.x() + _INSET * self._scale, edge.y())
        edge = world.map(QPointF(place[0], rect.top()))
        return QPointF(edge.x(), edge.y() - _INSET * self._scale)

    def paint(self, painter: QPainter, *_: Any) -> None:
        t = self._theme
        if t is None or self._marks is None:
            return
        world = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(round(_TYPE * self._scale)))
        numbered = len(self._marks.places) <= _NUMBERED
        radius = _RADIUS * self._scale if numbered else 0.4 * _RADIUS
        for k, place in enumerate(self._marks.places.tolist()):
            centre = self._at(place, world)
            painter.setPen(pg.mkPen(t.components[k % len(t.components)], width=2.0))
            painter.setBrush(colour(t.card, 0.85))
            painter.drawEllipse(centre, radius, radius)
            if numbered:
                painter.setPen(colour(t.text))
                box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(k + 1))
        painter.setWorldTransform(world)
