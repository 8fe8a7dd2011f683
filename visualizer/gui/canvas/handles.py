"""Handles on a mixture in one and two dimensions: drag means and axes, Shift+wheel for weights, double click to add."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QCursor, QPainter, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

from visualizer.engine.palette import Theme
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.theme import colour
from visualizer.scene.targets.mixture import MixtureTarget

#: With more components handles would only hide the picture.
MAX_HANDLES = 64
#: The part of a component that is its mean; its axes are 0 and 1.
MEAN = -1
_REACH = 11.0
#: Of the arrow at the edge of the picture that points at a component outside: its length, half its angle, and how
#: far inside it ends.
_ARROW, _HALF, _INSIDE = 17.0, 0.33, 5.0
#: After so long without a notch a roll of the wheel has ended, in milliseconds.
_ROLLS_MS = 400
_NEAR = 1.25


class Handles(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """What one can take hold of. Subclasses say where the handles are and paint them."""

    #: (target, label)
    edited = Signal(object, str)
    gesture = Signal(bool)
    selected = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.target: MixtureTarget | None = None
        self.selection = -1
        self._theme: Theme | None = None
        self._held: tuple[int, int, tuple[float, ...]] | None = None
        self._hover = -1
        self._rolling = QTimer(self)
        self._rolling.setSingleShot(True)
        self._rolling.setInterval(_ROLLS_MS)
        self._rolling.timeout.connect(lambda: self.gesture.emit(False))
        self.setAcceptHoverEvents(True)
        self.setZValue(1000)

    # what a subclass says

    def dimension(self) -> int:
        """Of the targets it can show."""
        raise NotImplementedError

    def coordinates(self, at: QPointF) -> tuple[float, ...]:
        """A point of the item as a point of the target's space."""
        raise NotImplementedError

    def new_std(self) -> float:
        """Standard deviation of a component that is added."""
        raise NotImplementedError

    def places(self, k: int, transform: QTransform) -> list[tuple[int, QPointF]]:
        """(part, where it is) of the handles of component k, mapped by `transform`."""
        raise NotImplementedError

    def paint_component(self, painter: QPainter, world: QTransform, k: int, t: Theme) -> None:
        """Draws the handles of component k in pixels."""
        raise NotImplementedError

    # following the scene

    def show_target(self, target: MixtureTarget | None, t: Theme) -> None:
        """Follows the scene; None where the target has no components. The next picture repaints the handles."""
        self.target, self._theme = target, t
        if self.selection >= (len(target.weights) if target is not None else 0):
            self.select(-1)

    def select(self, k: int) -> None:
        """Marks a component as the one keys act on."""
        if k != self.selection:
            self.selection = k
            self.selected.emit(k)
            self.update()

    def active(self, k: int) -> bool:
        """Whether component k is selected or under the mouse."""
        return k in (self.selection, self._hover)

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return view.viewRect() if view is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: Any) -> None:
        if self._theme is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        world = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        shown = world.mapRect(self.boundingRect())
        for k in range(self._count()):
            self.paint_component(painter, world, k, self._theme)
            self._point_at(painter, shown, dict(self.places(k, world))[MEAN], self.component_colour(k, self._theme))

    def _point_at(self, painter: QPainter, shown: QRectF, at: QPointF, base: QColor) -> None:
        """An arrow at the edge of the picture towards a mean that lies outside."""
        if shown.contains(at):
            return
        inner = shown.adjusted(_INSIDE, _INSIDE, -_INSIDE, -_INSIDE)
        tip = QPointF(
            min(max(at.x(), inner.left()), inner.right()),
            min(max(at.y(), inner.top()), inner.bottom()),
        )
        angle = math.atan2(at.y() - tip.y(), at.x() - tip.x())
        corners = [tip] + [
            QPointF(tip.x() + _ARROW * math.cos(angle + turn), tip.y() + _ARROW * math.sin(angle + turn))
            for turn in (math.pi - _HALF, math.pi + _HALF)
        ]
        assert self._theme is not None  # it is drawn in colours
        painter.setPen(pg.mkPen(self._theme.text, width=1.2))
        painter.setBrush(base)
        painter.drawPolygon(QPolygonF(corners))

    def paint_dot(self, painter: QPainter, at: QPointF, base: QColor, t: Theme) -> None:
        """The dot at a mean."""
        painter.setPen(pg.mkPen(t.text, width=1.5))
        painter.setBrush(base)
        painter.drawEllipse(at, 6.0, 6.0)

    def component_colour(self, k: int, t: Theme) -> QColor:
        """The colour component k has everywhere."""
        return colour(t.components[k % len(t.components)])

    # the mouse

    def _count(self) -> int:
        if self.target is None or self.target.d != self.dimension():
            return 0
        count = len(self.target.weights)
        return count if count <= MAX_HANDLES else 0

    def _hit(self, at: QPointF) -> tuple[int, int] | None:
        """The component and the part of it under a point of the item, the nearest in pixels."""
        transform = self.sceneTransform()
        here = transform.map(at)
        best, found = _REACH, None
        for k in range(self._count()):
            for part, place in self.places(k, transform):
                distance = math.hypot(place.x() - here.x(), place.y() - here.y())
                if distance < best:
                    best, found = distance, (k, part)
        return found

    def _under(self, at: QPointF) -> int:
        """The component within `_NEAR` standard deviations of a point (the nearest in those units), or -1."""
        best, found = 1.0, -1
        for k in range(self._count()):
            assert self.target is not None
            std, axes = edit.principal_axes(self.target, k)
            z = axes.T @ (np.array(self.coordinates(at)) - np.array(self.target.means[k])) / (_NEAR * std)
            if float(z @ z) < best:
                best, found = float(z @ z), k
        return found

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        hit = self._hit(event.pos())
        hover = hit[0] if hit else self._under(event.pos())
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
        here = self.coordinates(event.pos())
        self._held = (k, part, tuple(m - c for m, c in zip(self.target.means[k], here, strict=True)))
        self.select(k)
        self.gesture.emit(True)
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held is None or self.target is None:
            return
        k, part, grip = self._held
        here = self.coordinates(event.pos())
        if part == MEAN:
            moved = tuple(c + g for c, g in zip(here, grip, strict=True))
            self.edited.emit(edit.move_mean(self.target, k, moved), f"move component {k + 1}")
        else:
            offset = tuple(c - m for c, m in zip(here, self.target.means[k], strict=True))
            self.edited.emit(edit.drag_axis(self.target, k, part, offset), f"shape component {k + 1}")

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self.gesture.emit(False)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._hit(event.pos()) or self.target is None:
            event.ignore()
            return
        added = edit.add_component(self.target, self.coordinates(event.pos()), self.new_std())
        self.edited.emit(added, "add a component")
        self.select(len(added.weights) - 1)
        event.accept()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        k = self._under(event.pos())
        if k < 0 or self.target is None or not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()
            return
        self.select(k)
        if not self._rolling.isActive():  # a roll of the wheel is one edit
            self.gesture.emit(True)
        self._rolling.start()
        factor = 1.1 ** (event.delta() / 120)
        self.edited.emit(edit.scale_weight(self.target, k, factor), f"weigh component {k + 1}")
        event.accept()
