"""Items for lines, arrows and trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QTransform

from visualizer.engine.drawings import Arrows, Floats, Lines, Tree
from visualizer.gui.canvas.look import Look


class PathItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Lines in data coordinates drawn with a cosmetic pen, and optionally dots at places.

    They are drawn segment by segment: outlined as one path, thousands that cross each other take Qt ten times as long.
    """

    def __init__(self) -> None:
        super().__init__()
        self._segments = PrimitiveArray(QLineF, 4)
        self._pen = QPen()
        self._dots: Floats | None = None
        self._dot_radius = 0.0
        self._source: object = None
        self._bounds = QRectF()

    def set_pen(self, pen: QPen) -> None:
        """How the path is drawn. The same pen again costs no repaint, which every edit of a drag would ask for."""
        if pen == self._pen:
            return
        self._pen = pen
        self.update()

    def show(self, drawing: Lines | Arrows, look: Look) -> None:
        """Draws lines or arrows. The same drawing again costs nothing."""
        self.set_pen(look.pen(drawing.pen))
        if drawing is self._source:
            return
        self._source, self._dots = drawing, None
        if isinstance(drawing, Lines):
            self._set(drawing.points, drawing.joined)
        else:
            self._show_arrows(drawing)

    def _show_arrows(self, drawing: Arrows) -> None:
        """Strokes with heads, or with dots at their ends."""
        arrows, head = drawing.arrows, drawing.head
        start, step = arrows[:, :2], arrows[:, 2:]
        end = start + step
        side = np.stack([-step[:, 1], step[:, 0]], 1)
        if head > 0:
            back = end - head * step
            parts = [start, end, back + 0.5 * head * side, end, back - 0.5 * head * side]
            connect = np.tile([1, 0, 1, 1, 0], len(arrows))
        else:
            parts, connect = [start, end], np.tile([1, 0], len(arrows))
            self._dots, self._dot_radius = end, 1.6
        self._set(np.stack(parts, 1).reshape(-1, 2), connect.astype(np.int32))

    def _set(self, points: Floats, connect: np.ndarray[Any, np.dtype[np.int32]]) -> None:
        self.prepareGeometryChange()
        joined = np.flatnonzero(connect[:-1]) if len(connect) else np.empty(0, np.int64)
        self._segments.resize(len(joined))
        self._segments.ndarray()[:] = np.hstack([points[joined], points[joined + 1]])
        self._bounds = QRectF()
        if len(joined):
            low, high = points.min(0).tolist(), points.max(0).tolist()
            self._bounds = QRectF(low[0], low[1], high[0] - low[0], high[1] - low[1])
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.setPen(self._pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._segments.ndarray()):
            painter.drawLines(*self._segments.drawargs())
        if self._dots is not None:
            world = painter.worldTransform()
            painter.setWorldTransform(QTransform())
            painter.setBrush(self._pen.color())
            painter.setPen(pg.mkPen(None))
            for x, y in self._dots.tolist():
                painter.drawEllipse(world.map(QPointF(x, y)), self._dot_radius, self._dot_radius)
            painter.setWorldTransform(world)


class TreeItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A trajectory that doubled: a hue for each doubling, dots for points, rings at the start and the state drawn."""

    _DOT, _RING = 2.2, 6.0

    def __init__(self) -> None:
        super().__init__()
        self._tree: Tree | None = None
        self._colours: tuple[str, ...] = ()
        self._start = self._drawn = ""
        self._bounds = QRectF()

    def show(self, drawing: Tree, look: Look) -> None:
        """Another trajectory."""
        t = look.theme
        self._colours, self._start, self._drawn = t.components, t.text, t.learned
        if drawing is self._tree:
            return
        self.prepareGeometryChange()
        self._tree = drawing
        low, high = drawing.points.min(0).tolist(), drawing.points.max(0).tolist()
        self._bounds = QRectF(low[0], low[1], high[0] - low[0], high[1] - low[1])
        self.update()

    def boundingRect(self) -> QRectF:
        # Dots and rings reach a few pixels beyond the points.
        px, py = self.pixelLength(pg.Point(1, 0)) or 0.0, self.pixelLength(pg.Point(0, 1)) or 0.0
        return self._bounds.adjusted(-8 * px, -8 * py, 8 * px, 8 * py)

    def paint(self, painter: QPainter, *_: Any) -> None:
        tree = self._tree
        if tree is None or not np.isfinite(tree.points).all():
            return
        world = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        at = [world.map(QPointF(x, y)) for x, y in tree.points.tolist()]
        for a, b, m, n in zip(at, at[1:], tree.doublings, tree.doublings[1:], strict=False):
            painter.setPen(pg.mkPen(self._hue(max(m, n)), width=1.8))
            painter.drawLine(a, b)
        painter.setPen(pg.mkPen(None))
        for place, n in zip(at, tree.doublings, strict=True):
            painter.setBrush(pg.mkBrush(self._hue(n)))
            painter.drawEllipse(place, self._DOT, self._DOT)
        painter.setBrush(pg.mkBrush(None))
        rings = (
            (at[int(tree.doublings.argmin())], self._start),
            (world.map(QPointF(*tree.drawn.tolist())), self._drawn),
        )
        for place, hue in rings:
            painter.setPen(pg.mkPen(hue, width=2.0))
            painter.drawEllipse(place, self._RING, self._RING)
        painter.setWorldTransform(world)

    def _hue(self, doubling: int) -> str:
        return self._colours[(int(doubling) - 1) % len(self._colours)] if doubling else self._start
