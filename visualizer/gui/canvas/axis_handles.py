"""Handles along one axis: a dot at each mean, whiskers one standard deviation out."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QTransform

from visualizer.engine.palette import Theme
from visualizer.gui.canvas.handles import MEAN, Handles
from visualizer.gui.theme import colour

_INSET = 14.0
_NEW = 0.05


class AxisHandles(Handles):
    """Handles on a 1-D mixture beside one edge of a plot: the lower one, or the left one where `vertical`."""

    def __init__(self, vertical: bool) -> None:
        super().__init__()
        self.vertical = vertical

    def dimension(self) -> int:
        return 1

    def coordinates(self, at: QPointF) -> tuple[float, ...]:
        return (at.y() if self.vertical else at.x(),)

    def new_std(self) -> float:
        rect = self.boundingRect()
        return _NEW * float(rect.height() if self.vertical else rect.width())

    def places(self, k: int, transform: QTransform) -> list[tuple[int, QPointF]]:
        assert self.target is not None
        mean, std = self.target.means[k][0], math.sqrt(self.target.covariances[k][0][0])
        marks = ((MEAN, mean), (0, mean - std), (0, mean + std))
        return [(part, self._place(value, transform)) for part, value in marks]

    def _place(self, value: float, transform: QTransform) -> QPointF:
        """Where a value of the axis lies, in pixels, just inside the edge."""
        rect = self.boundingRect()
        if self.vertical:
            edge = transform.map(QPointF(rect.left(), value))
            return QPointF(edge.x() + _INSET, edge.y())
        edge = transform.map(QPointF(value, rect.top()))
        return QPointF(edge.x(), edge.y() - _INSET)

    def paint_component(self, painter: QPainter, world: QTransform, k: int, t: Theme) -> None:
        base = self.component_colour(k, t)
        (_, centre), (_, low), (_, high) = self.places(k, world)
        painter.setPen(pg.mkPen(base, width=3.0 if self.active(k) else 2.0))
        painter.drawLine(low, high)
        painter.setPen(pg.mkPen(base, width=2.0))
        painter.setBrush(colour(t.canvas))
        for end in (low, high):
            painter.drawEllipse(end, 4.0, 4.0)
        self.paint_dot(painter, centre, base, t)
