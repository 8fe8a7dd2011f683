"""Where the nats of an autoencoder go: two bars of one length."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from visualizer.engine.host.talk import SHELF, Errand
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.scene.model import Scene

#: Half the height of a bar.
_HALF = 0.32


@EXPERIMENTS.add
class WhereNatsGo(Experiment):
    """−ELBO twice, as what the code costs and as what the law lacks; below, bounds by more and more samples."""

    kind, order = "nats", 31
    docks = True
    action = Action("Where the nats go…", ("Shift+J",), "The bound of an autoencoder, taken apart")
    heading = "Where the nats of an autoencoder go"
    explanation = (
        "−ELBO in two ways. Above, what is sent: the reconstruction, what the code says of x, and what it costs that "
        "the codes lie otherwise than the prior. Below, what is lost: the entropy nobody can save, what the model "
        "lacks, and the gap between encoder and posterior. Both sums are the same; negative parts lie left of 0."
    )

    def __init__(self, desk: Desk, prepared: str) -> None:
        super().__init__(desk)
        self._what = prepared
        self.bars = self.plot(0, 0, "", "nats")
        self.bars.legend.hide()
        self.bars.getAxis("left").setTicks([[(1, "sent"), (0, "lost")]])
        self.bars.setYRange(-0.4, 1.7, padding=0)
        self.bounds = self.plot(1, 0, "nats", "importance samples K")
        self.bounds.setLogMode(x=True, y=False)
        self.bounds.getAxis("bottom").setTicks([[(np.log10(k), str(k)) for k in (1, 3, 10, 30, 100)]])
        t = self.theme
        self.curves = {"bounds": self.curve(self.bounds, "L_K, a bound by K samples", t.learned, dots=True)}
        self._exact = pg.InfiniteLine(0, angle=0, pen=pg.mkPen(t.density, width=1.6, style=Qt.PenStyle.DashLine))
        self._exact.hide()
        self.bounds.addItem(self._exact)
        self.bounds.plot([], [], pen=pg.mkPen(t.density, style=Qt.PenStyle.DashLine), name="E log p_θ, exact")
        self.bounds.legend.setOffset((-8, -6))
        self._shown: Any = None

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        if not scene.target.known:
            return "There is no target whose nats could be counted: choose one first."
        return (
            ""
            if scene.field.kind == "learned"
            else "The exact score is followed: choose or train a VAE first (Ctrl+T)."
        )

    @classmethod
    def prepare(cls, scene: Scene) -> Errand:
        """What the network is; one without an encoder is refused."""
        return Errand("visualizer.engine.experiments.nats:autoencoder", scene, SHELF)

    def work(self) -> Errand:
        return Errand("visualizer.engine.experiments.nats:nats", self.scene, SHELF)

    def clear(self) -> None:
        super().clear()
        self._exact.hide()
        self._shown = None

    def draw(self, value: Any) -> tuple[float, str]:
        if self._shown != value.code:
            self._shown = value.code
            self._stack(1.0, value.code)
            self._stack(0.0, value.law)
        self._exact.setPos(value.log_prob)
        self._exact.show()
        k, bounds = np.array(value.bounds or ((1, np.nan),)).T
        self.curves["bounds"].setData(k, bounds)
        total = sum(part for _, part in value.law)
        return value.done, f"{self._what}. −ELBO {total:.3f} nats, of which {value.law[0][1]:.3f} are the data's own."

    def _stack(self, y: float, parts: tuple[tuple[str, float], ...]) -> None:
        """Parts one after another; negative ones lead to the left of 0, where the others begin."""
        t = self.theme
        colours = (t.particles, t.learned, t.noise, t.score, *t.components) if y else (t.density, t.error, t.noise)
        left, right, words = 0.0, 0.0, []
        for (name, part), colour in zip(parts, colours, strict=False):
            begin = right if part >= 0 else left + part
            bar = pg.BarGraphItem(x0=[begin], width=[abs(part)], y0=[y - _HALF], height=[2 * _HALF], brush=colour,
                                  pen=pg.mkPen(t.canvas, width=1.5))  # fmt: skip
            left, right = (left, right + part) if part >= 0 else (left + part, right)
            words.append(f'<span style="color: {colour}">■</span> {html.escape(name)} <b>{part:.3f}</b>')
            self.keep(self.bars, bar)
        text = pg.TextItem(anchor=(0, 1))
        text.setHtml(f'<div style="color: {t.text}; font-size: 12px">{"&nbsp;&nbsp; ".join(words)}</div>')
        text.setPos(left, y + _HALF)
        self.keep(self.bars, text)
