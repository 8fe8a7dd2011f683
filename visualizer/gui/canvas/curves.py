"""Items for curves, bars and dots."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsPathItem

from visualizer.engine.drawings import Bars, Curve, Dots, Floats
from visualizer.gui.canvas.look import Look, pen
from visualizer.gui.theme import colour


class CurveItem(pg.PlotCurveItem):  # type: ignore[misc]  # pyqtgraph has no types
    """A curve, or strokes, along either axis."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn: object = None
        self._inked: object = None

    def show(self, drawing: Curve, look: Look) -> None:
        """Another curve. The same one again costs nothing."""
        if (drawing.pen, look.theme) != self._inked:
            self._inked = (drawing.pen, look.theme)
            self.setPen(look.pen(drawing.pen))
        top = None if drawing.top is None else look.top
        if (drawing, top, look.upwards) == self._drawn:
            return
        self._drawn = (drawing, top, look.upwards)
        across = drawing.across
        if drawing.top is not None:
            across = (across * (look.top / drawing.top)).astype(np.float32)
        x, y = (across, drawing.along) if look.upwards else (drawing.along, across)
        self.setData(x, y, connect=drawing.joined)


class BarsItem(QGraphicsPathItem):
    """A filled outline, for histograms lying or standing, and areas under curves."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn: object = None
        self.setPen(QPen(Qt.PenStyle.NoPen))

    def show(self, drawing: Bars, look: Look) -> None:  # type: ignore[override]  # an item is shown by `setVisible`
        """Other bars. The same ones again cost nothing."""
        if (drawing, look.theme, look.upwards) == self._drawn:
            return
        self._drawn = (drawing, look.theme, look.upwards)
        self.setBrush(colour(look.ink(drawing.colour), drawing.opacity))
        self._outline(drawing.edges, drawing.heights, upright=not look.upwards)

    def _outline(self, edges: Floats, heights: Floats, upright: bool) -> None:
        """Bars over edges; `upright` bars stand on y = 0, others on x = 0."""
        along, across = np.repeat(edges, 2), np.pad(np.repeat(heights, 2), 1)
        self.setPath(pg.arrayToQPath(*((along, across) if upright else (across, along))))


class DotsItem(pg.ScatterPlotItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Discs with a rim in the colour of the canvas."""

    def __init__(self) -> None:
        super().__init__(pxMode=True)
        self._inked: object = None

    def show(self, drawing: Dots, look: Look) -> None:
        """Other places."""
        if (drawing.colour, drawing.size, look.theme) != self._inked:
            self._inked = (drawing.colour, drawing.size, look.theme)
            self.setSize(drawing.size)
            self.setPen(pen(look.theme.canvas, 0.6, 0.8))
            self.setBrush(colour(look.ink(drawing.colour)))
        self.setData(drawing.places[:, 0], drawing.places[:, 1])
