"""What a step did in 1-D, above the rug: ticks, paths through time, momenta."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg

from visualizer.engine.frame import Floats, LineStep
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import pen

#: Heights above the axis, in shares of the plot: of ticks, of the first replica and from one to the next, of paths.
_TICKS, _REPLICA, _NEXT, _PATHS = (0.04, 0.075), 0.045, 0.04, (0.09, 0.34)
_MAX_REPLICAS = 16


class StepMarks:
    """The items, for x along either axis."""

    def __init__(self, vertical: bool) -> None:
        self.vertical = vertical
        self.ticks = {name: pg.PlotCurveItem(connect="pairs") for name in ("refused", "jumps", "momenta")}
        self.replicas = [pg.PlotCurveItem(connect="pairs") for _ in range(_MAX_REPLICAS)]
        self.paths = pg.PlotCurveItem(connect="finite")

    @property
    def items(self) -> list[Any]:
        """All of them."""
        return [*self.ticks.values(), *self.replicas, self.paths]

    def apply_theme(self, t: Theme) -> None:
        """Colours."""
        self.ticks["refused"].setPen(pen(t.error, 1, 0.9))
        self.ticks["jumps"].setPen(pen(t.learned, 1, 0.8))
        self.ticks["momenta"].setPen(pen(t.noise, 1.2, 0.6))
        self.paths.setPen(pen(t.noise, 1.2, 0.8))

    def show_step(self, step: LineStep | None, top: float) -> None:
        """Draws a step in a plot that reaches up to `top`."""
        step = step or LineStep()
        for name, places in (("refused", step.refused), ("jumps", step.jumps)):
            self._ticks(self.ticks[name], places, *(u * top for u in _TICKS))
        for i, item in enumerate(self.replicas):
            if i < len(step.replicas):
                item.setPen(pen(step.replicas[i][0], 1, 0.8))
            low = (_REPLICA + i * _NEXT) * top
            self._ticks(item, step.replicas[i][1] if i < len(step.replicas) else None, low, low + 0.8 * _NEXT * top)
        self._momenta(step.momenta, top)
        self._paths(step.paths, top)

    def _ticks(self, item: Any, places: Floats | None, low: float, high: float) -> None:
        some = np.empty(0, np.float32) if places is None else places
        self._draw(item, np.repeat(some, 2), np.tile(np.array([low, high], np.float32), len(some)))

    def _momenta(self, momenta: Floats | None, top: float) -> None:
        """Strokes from where a particle is to where it is going, one above the other so that they can be told apart."""
        some = np.empty((0, 2), np.float32) if momenta is None else momenta
        heights = np.linspace(_PATHS[0], _PATHS[1], len(some), dtype=np.float32) * top
        self._draw(self.ticks["momenta"], np.stack([some[:, 0], some.sum(1)], 1).ravel(), np.repeat(heights, 2))

    def _paths(self, paths: tuple[Floats, ...], top: float) -> None:
        """The time of a trajectory runs upwards."""
        gap = np.full(1, np.nan, np.float32)
        along = [np.concatenate([p, gap]) for p in paths]
        across = [np.append(np.linspace(*_PATHS, len(p), dtype=np.float32) * top, gap) for p in paths]
        self._draw(self.paths, np.concatenate([*along, gap]), np.concatenate([*across, gap]))

    def _draw(self, item: Any, along: Floats, across: Floats) -> None:
        item.setData(across, along) if self.vertical else item.setData(along, across)
