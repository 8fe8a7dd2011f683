"""Handles on a mixture in the plane: drag means and axes, wheel for weights, double-click to add."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QCursor, QPainter, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

from visualizer.engine.palette import Theme
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.theme import colour
from visualizer.scene.target import MixtureTarget

#: Components with handles; more would only hide the picture.
MAX_HANDLES = 64
_REACH = 11.0
_TURN = 48


@dataclass(frozen=True)
class _Shape:
    """What is drawn of one component: its mean, the ends of its axes and its ellipse."""

    mean: QPointF
    ends: tuple[QPointF, QPointF]
    ring: QPolygonF


def _same(old: MixtureTarget, new: MixtureTarget, k: int) -> bool:
    return old.means[k] == new.means[k] and old.covariances[k] == new.covariances[k]


def _shape(target: MixtureTarget, k: int) -> _Shape:
    std, axes = edit.principal_axes(target, k)
    mean = np.array(target.means[k])
    angles = np.linspace(0, 2 * math.pi, _TURN + 1)
    ring = mean + (np.stack([np.cos(angles), np.sin(angles)], 1) * std) @ axes.T
    first, second = (QPointF(*(mean + std[i] * axes[:, i]).tolist()) for i in (0, 1))
    return _Shape(QPointF(*mean.tolist()), (first, second), QPolygonF([QPointF(x, y) for x, y in ring.tolist()]))


class MixtureHandles(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """An ellipse one standard deviation out, a dot at the mean and a knob at the end of each axis."""

    #: (target, label)
    edited = Signal(object, str)
    gesture = Signal(bool)
    selected = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.target: MixtureTarget | None = None
        self.selection = -1
        self.visible_handles = True
        self._theme: Theme | None = None
        self._held: tuple[int, str, tuple[float, float]] | None = None
        self._hover = -1
        self._shapes: list[_Shape] = []
        self.setAcceptHoverEvents(True)
        self.setZValue(1000)

    def show_target(self, target: MixtureTarget, t: Theme) -> None:
        """Follows the scene. The picture that every new scene brings repaints the handles with it."""
        if target is not self.target:
            old, kept = self.target, self._shapes
            self._shapes = [
                kept[k] if k < len(kept) and old is not None and _same(old, target, k) else _shape(target, k)
                for k in range(min(len(target.weights), MAX_HANDLES))
            ]
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

    def _count(self) -> int:
        if self.target is None or self.target.d != 2 or not self.visible_handles:
            return 0
        count = len(self.target.weights)
        return count if count <= MAX_HANDLES else 0

    def paint(self, painter: QPainter, *_: Any) -> None:
        if self._theme is None or self.target is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        world = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        for k in range(self._count()):
            self._paint_one(painter, world, k)

    def _paint_one(self, painter: QPainter, world: QTransform, k: int) -> None:
        assert self.target is not None
        assert self._theme is not None
        t = self._theme
        base = colour(t.components[k % len(t.components)])
        active = k in (self.selection, self._hover)
        shape = self._shapes[k]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        style = Qt.PenStyle.SolidLine if active else Qt.PenStyle.DashLine
        painter.setPen(pg.mkPen(base, width=2.0 if active else 1.3, style=style))
        painter.drawPolyline(world.map(shape.ring))
        painter.setPen(pg.mkPen(t.text, width=1.5))
        painter.setBrush(base)
        painter.drawEllipse(world.map(shape.mean), 6.0, 6.0)
        if active:
            painter.setBrush(colour(t.canvas))
            painter.setPen(pg.mkPen(base, width=2))
            for end in shape.ends:
                painter.drawEllipse(world.map(end), 4.5, 4.5)

    def _hit(self, at: QPointF) -> tuple[int, str] | None:
        """The handle under a point of the item, the nearest first: ("mean" or "0" or "1")."""
        if self.target is None:
            return None
        device = self.sceneTransform()
        here = device.map(at)
        best, found = _REACH, None
        for k in range(self._count()):
            shape = self._shapes[k]
            places = [("mean", shape.mean)]
            if k in (self.selection, self._hover):
                places += [(str(i), end) for i, end in enumerate(shape.ends)]
            for part, place in places:
                p = device.map(place)
                distance = math.hypot(p.x() - here.x(), p.y() - here.y())
                if distance < best:
                    best, found = distance, (k, part)
        return found

    def _inside(self, at: QPointF) -> int:
        """The component whose ellipse holds a point (the one it is deepest in), or -1."""
        if self.target is None:
            return -1
        best, found = 1.0, -1
        for k in range(self._count()):
            std, axes = edit.principal_axes(self.target, k)
            z = axes.T @ (np.array([at.x(), at.y()]) - np.array(self.target.means[k])) / (1.25 * std)
            depth = float(z @ z)
            if depth < best:
                best, found = depth, k
        return found

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        hit = self._hit(event.pos())
        hover = hit[0] if hit else self._inside(event.pos())
        if hover != self._hover:
            self._hover = hover
            self.update()
        self.setCursor(QCursor(Qt.CursorShape.SizeAllCursor if hit else Qt.CursorShape.ArrowCursor))

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        hit = self._hit(event.pos()) if event.button() == Qt.MouseButton.LeftButton else None
        if hit is None or self.target is None or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()
            return
        k, part = hit
        mean = self.target.means[k]
        self._held = (k, part, (mean[0] - event.pos().x(), mean[1] - event.pos().y()))
        self.select(k)
        self.gesture.emit(True)
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held is None or self.target is None:
            return
        k, part, grip = self._held
        x, y = event.pos().x(), event.pos().y()
        if part == "mean":
            self.edited.emit(edit.move_mean(self.target, k, (x + grip[0], y + grip[1])), f"move component {k + 1}")
        else:
            mean = self.target.means[k]
            changed = edit.drag_axis(self.target, k, int(part), (x - mean[0], y - mean[1]))
            self.edited.emit(changed, f"shape component {k + 1}")

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self.gesture.emit(False)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._hit(event.pos()) or self.target is None:
            event.ignore()
            return
        view = self.getViewBox().viewRect()
        at = (event.pos().x(), event.pos().y())
        self.edited.emit(edit.add_component(self.target, at, 0.06 * view.width()), "add a component")
        self.select(len(self.target.weights) - 1)
        event.accept()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        k = self._inside(event.pos())
        if k < 0 or self.target is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        self.select(k)
        factor = 1.1 ** (event.delta() / 120)
        self.edited.emit(edit.scale_weight(self.target, k, factor), f"weigh component {k + 1}")
        event.accept()
