"""Modes of densities without components: numbered discs, in the plane or beside an axis."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QTransform

from visualizer.engine.drawings import Marks
from visualizer.gui.canvas.look import Look
from visualizer.gui.theme import colour, font

#: Of a disc, in pixels.
_RADIUS = 8.5
#: Distance of discs on the line from the edge of the plot.
_INSET = 14.0
#: Size of the number, in pixels.
_TYPE = 11
#: More modes than this are dots without a number.
_NUMBERED = 40


class MarksItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A disc at each mode, in the colour of its particles where those are coloured by mode.

    In the plane the discs stand at the modes, else at the lower or the left edge of the plot.
    """

    def __init__(self) -> None:
        super().__init__()
        self._marks: Marks | None = None
        self._look: Look | None = None

    def show(self, drawing: Marks, look: Look) -> None:
        """Other modes. The same ones again cost nothing."""
        if (drawing, look) != (self._marks, self._look):
            self._marks, self._look = drawing, look
            self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return view.viewRect() if view is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def _at(self, place: list[float], world: QTransform, look: Look) -> QPointF:
        """Where a mode's disc is, in pixels."""
        if len(place) == 2:
            return world.map(QPointF(place[0], place[1]))
        rect, inset = self.boundingRect(), _INSET * look.type_scale
        if look.upwards:
            edge = world.map(QPointF(rect.left(), place[0]))
            return QPointF(edge.x() + inset, edge.y())
        edge = world.map(QPointF(place[0], rect.top()))
        return QPointF(edge.x(), edge.y() - inset)

    def paint(self, painter: QPainter, *_: Any) -> None:
        look = self._look
        if look is None or self._marks is None:
            return
        t, scale = look.theme, look.type_scale
        world = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(round(_TYPE * scale)))
        numbered = len(self._marks.places) <= _NUMBERED
        radius = _RADIUS * scale if numbered else 0.4 * _RADIUS
        for k, place in enumerate(self._marks.places.tolist()):
            centre = self._at(place, world, look)
            painter.setPen(pg.mkPen(t.components[k % len(t.components)], width=2.0))
            painter.setBrush(colour(t.card, 0.85))
            painter.drawEllipse(centre, radius, radius)
            if numbered:
                painter.setPen(colour(t.text))
                box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(k + 1))
        painter.setWorldTransform(world)
