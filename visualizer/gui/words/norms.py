"""Beside the picture: how long Gaussian vectors are in d dimensions."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.engine.drawings import Bars
from visualizer.engine.findings.norms import Norms
from visualizer.engine.host.talk import Errand
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import name_axis, style_axes
from visualizer.gui.canvas.curves import BarsItem
from visualizer.gui.canvas.look import Look, pen
from visualizer.gui.run.player import Ask
from visualizer.gui.widgets.card import muted

_HEIGHT = 300


class NormView(QWidget):
    """The exact density of ‖x‖/√d over the histogram of drawn vectors."""

    def __init__(self, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self.plot = pg.PlotWidget(enableMenu=False)
        self.plot.setFixedHeight(_HEIGHT)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(False, False)
        self.bars, self.curve = BarsItem(), pg.PlotCurveItem()
        for item in (self.bars, self.curve):
            self.plot.addItem(item, ignoreBounds=True)
        self.note = muted()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        layout.addWidget(self.note)
        layout.addStretch(1)
        self._wanted: object = None
        self.shown: Norms | None = None

    def show_norms(self, d: int, t: Theme, ground: str, size: int) -> None:
        """In d dimensions, in type of `size` pixels."""
        self.plot.setBackground(ground)
        style_axes(self.plot.getPlotItem(), t, ("left", "bottom"), size / 13)
        name_axis(self.plot.getPlotItem().getAxis("bottom"), "length / √d", t, size / 11)
        self._look = Look(t)
        self.curve.setPen(pen(t.density, 2.4))
        self.note.setStyleSheet(f"font-size: {size}px; color: {t.muted};")
        if self.shown is not None:
            self._show_bars(self.shown)  # in other colours
        if d == self._wanted:
            return
        self._wanted = d

        self._ask(self, Errand("visualizer.engine.experiments.norms:norms", d), self._show)

    def _show(self, found: Norms) -> None:
        if found.d != self._wanted:
            return
        self.shown = found
        self._show_bars(found)
        self.curve.setData(found.grid, found.density)
        self.plot.setXRange(0, 2.5, padding=0)
        self.plot.setYRange(0, 1.15 * float(max(found.density.max(), found.histogram.max())), padding=0)
        dimensions = f"{found.d:,} dimension{'s' if found.d > 1 else ''}".replace(",", "\u202f")
        spread = f"{found.mean:.3f} ± {found.std:.3f}"
        self.note.setText(f"4\u202f000 vectors of N(0, I) in {dimensions}: their length divided by √d is {spread}")

    def _show_bars(self, found: Norms) -> None:
        self.bars.show(Bars(found.edges, found.histogram, "particles", 0.45), self._look)
