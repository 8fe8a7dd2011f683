"""The river: p_t(x) over time with the paths of particles across it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyqtgraph as pg

from visualizer.engine.frame import River
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import pen
from visualizer.gui.canvas.raster import RasterItem
from visualizer.gui.canvas.vectors import PathItem
from visualizer.gui.theme import colour

#: Paths of a walk that goes on and on cover the river sooner than those that cross it once.
_WALKERS = 16


class RiverPlot:
    """The items of a river in a plot with time to the right and x upwards."""

    def __init__(self, plot: Any) -> None:
        self.plot = plot
        self.image = RasterItem(opaque=True)
        self.paths = PathItem()
        self.now = pg.InfiniteLine(angle=90)
        self.heads = pg.ScatterPlotItem(size=6, pxMode=True)
        for z, item in enumerate((self.image, self.paths, self.now, self.heads)):
            plot.addItem(item, ignoreBounds=True)
            item.setZValue(z)
        self._label = ""
        self._span = (0.0, 0.0)

    def apply_theme(self, t: Theme) -> None:
        """Colours."""
        self.paths.set_pen(pen(t.particles, 1.0, 0.3))
        self.now.setPen(pen(t.text, 1.2, 0.9))
        self.heads.setPen(pen(t.canvas, 0.6, 0.8))
        self.heads.setBrush(colour(t.particles))
        self._label = ""

    def set_paths_visible(self, visible: bool) -> None:
        """Shows or hides the paths of particles."""
        self.paths.setVisible(visible)
        self.heads.setVisible(visible)

    def show_river(self, river: River, x0: float, x1: float, t: Theme, size: int) -> None:
        """Draws a moment, with its time named in type of `size` pixels."""
        begin, end = river.times
        self.image.set_pixels(river.image, (begin, end, x0, x1), 1.0)
        if (begin, end) != self._span:
            self._span = (begin, end)
            self.plot.setXRange(begin, end, padding=0)
        self.now.setPos(river.now)
        shown = river if not river.label.startswith("iteration") else replace(river, paths=river.paths[:, :_WALKERS])
        self.paths.set_trails(path_trails(shown))
        if len(shown.paths):
            last = shown.paths[-1]
            self.heads.setData(np.full(len(last), river.now), last)
        text = f"{river.label}, the run goes {'←' if river.reverse else '→'}"
        if text != self._label:
            self._label = text
            self.plot.getAxis("bottom").setLabel(text, **{"color": t.muted, "font-size": f"{size}px"})


def path_trails(river: River) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Paths as (S, 2, M): time and x."""
    times = np.broadcast_to(river.path_times[:, None], river.paths.shape)
    return np.stack([times, river.paths], 1)
