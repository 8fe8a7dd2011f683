"""Handles in the plane: a dot at the mean, an ellipse one standard deviation out, a knob on each of its axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPolygonF, QTransform

from visualizer.engine.palette import Theme
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.canvas.handles import MAX_HANDLES, MEAN, Handles
from visualizer.gui.theme import colour
from visualizer.scene.targets.mixture import MixtureTarget

_TURN = 48
_NEW = 0.06


@dataclass(frozen=True)
class _Shape:
    """What is drawn of one component."""

    mean: QPointF
    ends: tuple[QPointF, QPointF]
    ring: QPolygonF


def _shape(target: MixtureTarget, k: int) -> _Shape:
    std, axes = edit.principal_axes(target, k)
    mean = np.array(target.means[k])
    angles = np.linspace(0, 2 * math.pi, _TURN + 1)
    ring = mean + (np.stack([np.cos(angles), np.sin(angles)], 1) * std) @ axes.T
    first, second = (QPointF(*(mean + std[i] * axes[:, i]).tolist()) for i in (0, 1))
    return _Shape(QPointF(*mean.tolist()), (first, second), QPolygonF([QPointF(x, y) for x, y in ring.tolist()]))


def _same(old: MixtureTarget, new: MixtureTarget, k: int) -> bool:
    return old.means[k] == new.means[k] and old.covariances[k] == new.covariances[k]


class PlaneHandles(Handles):
    """Handles on a 2-D mixture."""

    def __init__(self) -> None:
        super().__init__()
        self._shapes: list[_Shape] = []

    def dimension(self) -> int:
        return 2

    def coordinates(self, at: QPointF) -> tuple[float, ...]:
        return at.x(), at.y()

    def new_std(self) -> float:
        return _NEW * float(self.boundingRect().width())

    def show_target(self, target: MixtureTarget | None, t: Theme) -> None:
        if target is not None and target is not self.target and target.d == 2:
            old, kept = self.target, self._shapes
            self._shapes = [
                kept[k] if k < len(kept) and old is not None and _same(old, target, k) else _shape(target, k)
                for k in range(min(len(target.weights), MAX_HANDLES))
            ]
        super().show_target(target, t)

    def places(self, k: int, transform: QTransform) -> list[tuple[int, QPointF]]:
        shape = self._shapes[k]
        found = [(MEAN, transform.map(shape.mean))]
        if self.active(k):
            found += [(i, transform.map(end)) for i, end in enumerate(shape.ends)]
        return found

    def paint_component(self, painter: QPainter, world: QTransform, k: int, t: Theme) -> None:
        base, active, shape = self.component_colour(k, t), self.active(k), self._shapes[k]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        style = Qt.PenStyle.SolidLine if active else Qt.PenStyle.DashLine
        painter.setPen(pg.mkPen(base, width=2.0 if active else 1.3, style=style))
        painter.drawPolyline(world.map(shape.ring))
        self.paint_dot(painter, world.map(shape.mean), base, t)
        if active:
            painter.setBrush(colour(t.canvas))
            painter.setPen(pg.mkPen(base, width=2))
            for end in shape.ends:
                painter.drawEllipse(world.map(end), 4.5, 4.5)
