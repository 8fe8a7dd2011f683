"""Handles on a 1-D mixture: a dot at each mean, whiskers one standard deviation out, along one axis."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QCursor, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

from visualizer.engine.palette import Theme
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.canvas.handles import MAX_HANDLES
from visualizer.gui.theme import colour
from visualizer.scene.target import MixtureTarget

_REACH = 11.0
_INSET = 14.0


class AxisHandles(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Dots and whiskers beside one edge of a plot: the lower one, or the left one where `vertical`."""

    edited = Signal(object, str)
    gesture = Signal(bool)
    selected = Signal(int)

    def __init__(self, vertical: bool) -> None:
        super().__init__()
        self.vertical = vertical
        self.target: MixtureTarget | None = None
        self.selection = -1
        self._theme: Theme | None = None
        self._held: tuple[int, int, float] | None = None
        self._hover = -1
        self.setAcceptHoverEvents(True)
        self.setZValue(1000)

    def show_target(self, target: MixtureTarget, t: Theme) -> None:
        """Follows the scene. The picture that every new scene brings repaints the handles with it."""
        self.target, self._theme = target, t
        if self.selection >= len(target.weights):
            self.select(-1)

    def select(self, k: int) -> None:
        """Marks a component as the one keys act on."""
        if k != self.selection:
            self.selection = k
            self.selected.emit(k)
            self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return view.viewRect() if view is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def _components(self) -> list[tuple[float, float]]:
        """(mean, standard deviation) of each component with handles."""
        if self.target is None or self.target.d != 1:
            return []
        pairs = zip(self.target.means, self.target.covariances, strict=True)
        return [(m[0], math.sqrt(c[0][0])) for m, c in list(pairs)[:MAX_HANDLES]]

    def _place(self, value: float, transform: QTransform) -> QPointF:
        """Where a value of the axis lies, in pixels, just inside the edge."""
        rect = self.boundingRect()
        if self.vertical:
            edge = transform.map(QPointF(rect.left(), value))
            return QPointF(edge.x() + _INSET, edge.y())
        edge = transform.map(QPointF(value, rect.top()))
        return QPointF(edge.x(), edge.y() - _INSET)

    def paint(self, painter: QPainter, *_: Any) -> None:
        if self._theme is None:
            return
        t = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        world = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        for k, (mean, std) in enumerate(self._components()):
            base = colour(t.components[k % len(t.components)])
            active = k in (self.selection, self._hover)
            low, high, centre = (self._place(v, world) for v in (mean - std, mean + std, mean))
            painter.setPen(pg.mkPen(base, width=3.0 if active else 2.0))
            painter.drawLine(low, high)
            painter.setPen(pg.mkPen(base, width=2.0))
            painter.setBrush(colour(t.canvas))
            for end in (low, high):
                painter.drawEllipse(end, 4.0, 4.0)
            painter.setPen(pg.mkPen(t.text, width=1.5))
            painter.setBrush(base)
            painter.drawEllipse(centre, 6.0, 6.0)

    def _hit(self, at: QPointF) -> tuple[int, int] | None:
        """The component and which part of it is under a point: 0 the mean, ±1 the ends of its whisker."""
        device = self.sceneTransform()
        here = device.map(at)
        best, found = _REACH, None
        for k, (mean, std) in enumerate(self._components()):
            for part in (0, -1, 1):
                p = self._place(mean + part * std, device)
                distance = math.hypot(p.x() - here.x(), p.y() - here.y())
                if distance < best:
                    best, found = distance, (k, part)
        return found

    def _value(self, at: QPointF) -> float:
        return at.y() if self.vertical else at.x()

    def _near(self, at: QPointF) -> int:
        """The component within 1.25 standard deviations of a point, the nearest in those units, or -1."""
        distances = [abs(self._value(at) - m) / (1.25 * s) for m, s in self._components()]
        best = min(range(len(distances)), key=distances.__getitem__, default=-1)
        return best if best >= 0 and distances[best] < 1 else -1

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        hit = self._hit(event.pos())
        hover = hit[0] if hit else -1
        if hover != self._hover:
            self._hover = hover
            self.update()
        self.setCursor(QCursor(Qt.CursorShape.SizeAllCursor if hit else Qt.CursorShape.ArrowCursor))

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        hit = self._hit(event.pos()) if event.button() == Qt.MouseButton.LeftButton else None
        if hit is None or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()
            return
        k, part = hit
        self._held = (k, part, self._components()[k][0] - self._value(event.pos()))
        self.select(k)
        self.gesture.emit(True)
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held is None or self.target is None:
            return
        k, part, grip = self._held
        value = self._value(event.pos())
        if part == 0:
            self.edited.emit(edit.move_mean(self.target, k, (value + grip,)), f"move component {k + 1}")
        else:
            offset = (value - self._components()[k][0],)
            self.edited.emit(edit.drag_axis(self.target, k, 0, offset), f"shape component {k + 1}")

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self.gesture.emit(False)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._hit(event.pos()) or self.target is None:
            event.ignore()
            return
        rect = self.boundingRect()
        span = rect.height() if self.vertical else rect.width()
        self.edited.emit(edit.add_component(self.target, (self._value(event.pos()),), 0.05 * span), "add a component")
        self.select(len(self.target.weights) - 1)
        event.accept()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        k = self._near(event.pos())
        if k < 0 or self.target is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        self.select(k)
        factor = 1.1 ** (event.delta() / 120)
        self.edited.emit(edit.scale_weight(self.target, k, factor), f"weigh component {k + 1}")
        event.accept()
