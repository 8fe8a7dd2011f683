"""One stroke from a place that is dragged: the exact kernel, the Gaussian in its place, and what x_0 would say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, Signal

from visualizer.engine.findings.stroke import Floats, Round, Stroke
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.look import pen
from visualizer.gui.theme import colour

_CIRCLE = np.linspace(0, 2 * np.pi, 121)


class OneStroke(QObject):
    """A plot with x_t to drag and the laws of x_s around it.

    Args:
        plot: where.
        t: the theme.
        d: of the target.
        named: makes a named curve, as `Experiment.curve`.
    """

    #: x_t was dragged or clicked to a place
    wanted = Signal(tuple)

    def __init__(self, plot: Any, t: Theme, d: int, named: Any) -> None:
        super().__init__()
        self._plot, self._d = plot, d
        plot.setAspectLocked(d == 2)
        self._around = plot.plot(pen=pen(t.muted, 1.0))
        self.exact = named(plot, "exact p(xₛ | xₜ)", t.density)
        self.told = named(plot, "Gaussian p_θ(xₛ | xₜ)", t.learned)
        self.known = named(plot, "q(xₛ | xₜ, x₀), one x₀", t.noise)
        self._x0 = plot.plot(pen=None, symbol="+", symbolSize=11, symbolPen=pen(t.noise, 2.0))
        self.place = pg.TargetItem((0.0, 0.0), size=13, pen=pen(t.canvas, 1.0), brush=colour(t.particles),
                                   hoverBrush=colour(t.particles_peak), label="xₜ",
                                   labelOpts={"color": t.particles, "offset": (9, -9)})  # fmt: skip
        self.place.setZValue(20)
        plot.addItem(self.place)
        self.place.sigPositionChanged.connect(self._moved)
        plot.scene().sigMouseClicked.connect(self._clicked)

    @property
    def at(self) -> tuple[float, ...]:
        """x_t."""
        place = self.place.pos()
        return (float(place.x()), float(place.y()))[: self._d]

    def put(self, x: tuple[float, ...]) -> None:
        """Takes x_t somewhere, unasked."""
        self.place.blockSignals(True)
        self.place.setPos(*x, *([0.0] * (2 - len(x))))
        self.place.blockSignals(False)

    def _moved(self) -> None:
        if self._d == 1 and self.place.pos().y() != 0:
            self.put(self.at)
        self.wanted.emit(self.at)

    def _clicked(self, event: Any) -> None:
        box = self._plot.getViewBox()
        if box.sceneBoundingRect().contains(event.scenePos()):
            at = box.mapSceneToView(event.scenePos())
            self.place.setPos(at.x(), at.y() if self._d == 2 else 0.0)

    def show(self, found: Stroke, gaussian: bool) -> None:
        """The laws at one x_t; where strokes are exact there is no Gaussian."""
        for curve, lines in ((self._around, found.around), (self.exact, found.exact)):
            curve.setData(*self._line(found, lines))
        for curve, law, seen in ((self.told, found.told, gaussian), (self.known, found.known, True)):
            curve.setData(*self._round(found, law) if seen else ([], []))
        self._x0.setData([found.x0[0]], [found.x0[1] if self._d == 2 else 0.0])

    def _line(self, found: Stroke, lines: tuple[Floats, ...]) -> tuple[Floats, Floats]:
        return joined(lines) if self._d == 2 else (found.axis, lines[0])

    def _round(self, found: Stroke, law: Round) -> tuple[Floats, Floats]:
        mean, std = law
        if self._d == 1:
            density = np.exp(-0.5 * ((found.axis - mean[0]) / std) ** 2) / (std * np.sqrt(2 * np.pi))
            return found.axis, np.asarray(density, np.float32)
        circle = np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
        return joined(tuple(np.asarray(mean + r * std * circle, np.float32) for r in (1, 2)))


def joined(lines: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Lines (k, 2) as one, with gaps."""
    gap = np.full((1, 2), np.nan, np.float32)
    whole = np.concatenate([part for line in lines for part in (line, gap)]) if lines else gap
    return whole[:, 0], whole[:, 1]
