"""Passage times from one mode to the next, measured beside what theory says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg

from visualizer.diagnostics.findings import HIGH
from visualizer.engine.host.talk import Errand
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Choice
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene

_BINS = 40
_SLOWEST = "the slowest way"


@EXPERIMENTS.add
class Passages(Experiment):
    """The energy with its barrier above, the histogram of passage times below."""

    kind, order = "passages", 40
    docks = True
    action = Action("Passage times…", ("Shift+P",), "From mode to mode, measured beside theory (1-D)")
    heading = "Passage times between modes"
    explanation = (
        "Langevin chains set off in one mode and are timed until they first reach the next. The energy is U = −log p; "
        "over a high barrier the times are exponential with Kramers' mean. Right: the same target heated or cooled, "
        "p^β, whose barrier is β ΔU: each nat more makes an escape e times as long."
    )

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        t = self.theme
        step = getattr(self.scene.sampler, "step", 0.01)
        self.step = NumberSlider("step h", Range(1e-4, 0.5, log=True), "Step of Langevin, h; a step takes so much time")
        self.step.show_value(min(max(float(step), 1e-4), 0.5))
        self.step.edited.connect(self.step.show_value)
        self.numbers.addWidget(self.step, 1)
        self.way = Choice([("", _SLOWEST)], "From which mode to which; the slowest way unless another is chosen", "Way")
        self.numbers.addWidget(self.way, 1)
        self.ways: list[tuple[float, float]] = []
        self.energy = self.plot(0, 0, "U = −log p", "x")
        self.heated = self.plot(0, 1, "mean passage time", "barrier β ΔU, nats")
        self.heated.setLogMode(y=True)
        self.heated.legend.anchor((0, 0), (0, 0), offset=(8, 6))
        self.times = self.plot(1, 0, "share of chains per unit of time", "passage time (a step takes h)", columns=2)
        self.curves = {
            "energy": self.curve(self.energy, "", t.density),
            "heated": self.curve(self.heated, "exact", t.density),
            "kramers": self.curve(self.heated, "Kramers", t.error, dash=True),
            "now": self.curve(self.heated, "this target", t.particles, dots=True),
            "law": self.curve(self.times, "exponential law with the exact mean", t.density),
        }
        self.energy.legend.hide()
        self.bars = pg.BarGraphItem(x0=[], x1=[], height=[], brush=colour(t.particles, 0.5), pen=None)
        self.times.addItem(self.bars)
        self.marks: list[Any] = []

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        if scene.target.d != 1:
            return "Passage times are measured in one dimension. Press D for a 1-D target."
        return "" if scene.target.known else "There is no target with modes: choose one first."

    def work(self) -> Errand:
        chosen = self.ways[int(self.way.value)] if self.way.value else None
        return Errand("visualizer.engine.experiments.passages:passages", self.scene, self.step.value, chosen)

    def clear(self) -> None:
        for plot, item in self.marks:
            plot.removeItem(item)
        self.marks = []
        super().clear()
        self.bars.setOpts(x0=[], x1=[], height=[])

    def _mark(self, plot: Any, item: Any) -> None:
        plot.addItem(item)
        self.marks.append((plot, item))

    def _line(self, plot: Any, at: float, text: str, value: str, place: float, *, level: bool = False) -> None:
        options = {"position": place, "color": value, "anchors": [(0, 0.5), (0, 0.5)] if not level else None}
        line = pg.InfiniteLine(
            at, angle=0 if level else 90, pen=pen(value, 1.5, dash=True), label=text, labelOpts=options
        )
        self._mark(plot, line)

    def _draw_theory(self, p: Any) -> None:
        t = self.theme
        self.curves["energy"].setData(p.grid, p.energy)
        self.energy.setYRange(0, 1.08 * float(p.energy.max()), padding=0)
        for place, name in ((p.start, "start"), (p.end, "end")):
            self._line(self.energy, place, name, t.muted, 0.92)
        if p.barrier is not None:
            low, top = (float(np.interp(x, p.grid, p.energy)) for x in (p.barrier.bottom, p.barrier.top))
            x = [p.barrier.top] * 2
            arrow = pg.PlotCurveItem(x, [low, top], pen=pen(t.error, 2.0))
            self._mark(self.energy, arrow)
            label = pg.TextItem(f"ΔU = {p.barrier.height:.2f} nats", color=t.error, anchor=(0, 0.5))
            label.setPos(p.barrier.top, low + 0.15 * (top - low))
            self._mark(self.energy, label)
        self._line(self.times, p.exact, f"exact mean {p.exact:.4g}", t.density, 0.92)
        self._draw_heated(p)
        if p.barrier is not None and p.barrier.high:
            self._line(self.times, p.barrier.kramers_time, f"Kramers {p.barrier.kramers_time:.4g}", t.error, 0.80)
        time = np.linspace(0, 5 * p.exact, 200)
        self.curves["law"].setData(time, np.exp(-time / p.exact) / p.exact)
        self.times.setXRange(0, 5 * p.exact, padding=0)

    def _draw_heated(self, p: Any) -> None:
        """Exact times over the barriers of p^β, and Kramers' from where they mean something."""
        if list(p.ways) != self.ways:
            self.ways = list(p.ways)
            pairs = [(str(i), f"{a:.3g} → {b:.3g}".replace("-", "−")) for i, (a, b) in enumerate(self.ways)]
            self.way.fill([("", _SLOWEST), *pairs])
        barriers, times = p.heated
        self.curves["heated"].setData(barriers, times)
        if p.barrier is None:
            return
        beta = barriers / p.barrier.height
        told = barriers >= HIGH
        kramers = p.barrier.kramers_time * np.exp(barriers[told] - p.barrier.height) / beta[told]
        self.curves["kramers"].setData(barriers[told], kramers)
        self.curves["now"].setData([p.barrier.height], [p.exact])

    def draw(self, value: Any) -> tuple[float, str]:
        p = value
        if not self.marks:
            self._draw_theory(p)
        edges = np.linspace(0, 5 * p.exact, _BINS + 1)
        counts, _ = np.histogram(p.times, edges)
        total = len(p.times) + p.waiting
        self.bars.setOpts(x0=edges[:-1], x1=edges[1:], height=counts / (total * np.diff(edges)))
        mean, error = p.mean
        if not np.isfinite(mean):
            return p.done, f"{len(p.times):,} of {total:,} chains have arrived."
        return p.done, (
            f"{len(p.times):,} of {total:,} chains have arrived. Mean {mean:.4g} ± {error:.2g} "
            f"({mean / p.step_size:,.0f} steps), exact {p.exact:.5g}."
        )
