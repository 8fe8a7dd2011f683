"""Circles in the plane of frequencies, to be dragged: the Gaussian filter's and the two edges of a band."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QCursor, QPainter, QPainterPath, QTransform
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent

from visualizer.engine.palette import Theme
from visualizer.gui.canvas.look import pen
from visualizer.gui.theme import colour

_REACH = 8.0
#: The ring of the noise, |ω| = 1/σ.
FILTER = "filter"
#: The lower edge of the band.
LOW = "low"
#: The upper edge.
HIGH = "high"


class Rings(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """|ω| = r for each radius; in one dimension two lines at ω = ±r."""

    #: (which, radius)
    dragged = Signal(str, float)
    gesture = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.radii: dict[str, float] = {}
        self.flat = True
        self._faint = False
        self._theme: Theme | None = None
        self._held = ""
        self._hover = ""
        self.setAcceptHoverEvents(True)
        self.setZValue(1000)

    @property
    def held(self) -> bool:
        """Whether one is being dragged."""
        return bool(self._held)

    def show_radii(self, radii: dict[str, float], flat: bool, faint: bool, t: Theme) -> None:
        """Other circles; `flat` in the plane. The filter's is `faint` where it is but a handle: it lies further out."""
        self.radii, self.flat, self._faint, self._theme = radii, flat, faint, t
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return view.viewRect() if view is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: Any) -> None:
        t = self._theme
        if t is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        world = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        if LOW in self.radii and HIGH in self.radii:
            between = self._outline(world, HIGH).subtracted(self._outline(world, LOW))
            painter.fillPath(between, colour(t.text, 0.1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for name in self.radii:
            strong = name in (self._held, self._hover)
            ink, opacity = (t.noise if name == FILTER else t.text), 0.85
            if name == FILTER and self._faint:
                opacity = 0.3
            painter.setPen(pen(ink, 2.6 if strong else 1.6, 1.0 if strong else opacity, dash=name == FILTER))
            painter.drawPath(self._outline(world, name))

    def _outline(self, world: QTransform, name: str) -> QPainterPath:
        """A circle, or a rectangle from −r to r that goes beyond the top and the bottom."""
        r, path, shown = self.radii[name], QPainterPath(), self.boundingRect()
        if self.flat:
            path.addEllipse(world.mapRect(QRectF(-r, -r, 2 * r, 2 * r)))
        else:
            box = world.mapRect(QRectF(-r, shown.top(), 2 * r, shown.height()))
            path.addRect(box.adjusted(0, -8, 0, 8))
        return path

    def _radius(self, at: QPointF) -> float:
        return math.hypot(at.x(), at.y()) if self.flat else abs(at.x())

    def _hit(self, at: QPointF) -> str:
        """The circle under a point of the item, the nearest in pixels; "" for none."""
        pixel = abs(self.sceneTransform().m11())
        distance = {name: abs(self._radius(at) - r) * pixel for name, r in self.radii.items()}
        best = min(distance, key=lambda name: distance[name], default="")
        return best if best and distance[best] < _REACH else ""

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        hover = self._hit(event.pos())
        if hover != self._hover:
            self._hover = hover
            self.setCursor(QCursor(Qt.CursorShape.SizeAllCursor if hover else Qt.CursorShape.ArrowCursor))
            self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._hover = ""
        self.update()

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._held = self._hit(event.pos()) if event.button() == Qt.MouseButton.LeftButton else ""
        if not self._held:
            event.ignore()
            return
        self.gesture.emit(True)
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held:
            self.dragged.emit(self._held, self._radius(event.pos()))

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held:
            self._held = ""
            self.gesture.emit(False)
            self.update()
