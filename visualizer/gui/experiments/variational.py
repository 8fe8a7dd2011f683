"""Diffusion as a variational model: what each stroke costs, and why there are a thousand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from visualizer.engine.host.talk import SHELF, Errand, Gone
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.experiments.one_stroke import OneStroke
from visualizer.gui.widgets.card import Choice
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene

_VARIANCES = (
    ("small", "Gaussian, variance of q(xₛ | xₜ, x₀)"),
    ("best", "Gaussian, best variance"),
    ("exact", "Exact kernel, a mixture"),
)
_WHOSE = (("learned", "D of the network"), ("exact", "Exact D"))
_UNITS = (("nats", "nats"), ("bits", "bits per dimension"))
_ENGINE = "visualizer.engine.experiments"
#: Strokes whose excess is drawn.
_TRIED = tuple(2**k for k in range(10))
#: Less than this is drawn as this: the axis is logarithmic.
_LEAST = 1e-4


@EXPERIMENTS.add
class VariationalView(Experiment):
    """The divergence of each stroke above; below, what all cost beyond the entropy, over their number."""

    kind, order = "variational", 32
    docks = stacks = True
    action = Action("What each stroke costs…", ("Ctrl+Shift+J",), "Diffusion as a variational model: KL of each stroke")
    heading = "Diffusion as a variational model"
    explanation = (
        "The bound −log p(x₀) ≤ KL(q(x₁ | x₀) ‖ N) + Σ KLₜ + last stroke. A stroke from xₜ to xₛ is a Gaussian around "
        "what the denoiser says; the exact kernel p(xₛ | xₜ) is a mixture, often of several lumps. With more strokes "
        "the lumps merge, and a Gaussian is enough: the bound falls to the entropy. Click a bar to look at its stroke, "
        "and drag xₜ. ln SNR goes from −10 to 10."
    )

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        t = self.theme
        self._measured: Any = None
        self._known: Any = None
        self._said_of_all = ""
        self.resize(1180, 680)
        whole = Range(1, 512, log=True, integer=True)
        self.strokes = NumberSlider("strokes T", whole, "Strokes from noise to data")
        self.strokes.show_value(8)
        self.variance = Choice(list(_VARIANCES), "What a stroke is", "Stroke")
        self.variance.show_value("best")
        self.units = Choice(list(_UNITS), "Of all numbers", "Unit")
        self.whose = Choice(list(_WHOSE), "Whose denoiser the strokes are drawn around", "Denoiser")
        self.whose.activated.connect(self._chosen)
        self.whose.setVisible(self.scene.field.kind == "learned")
        self.strokes.edited.connect(self._slid)
        self.variance.activated.connect(self._show)
        self.units.activated.connect(self._show_all)
        self.numbers.addWidget(self.strokes, 2)
        self.numbers.addWidget(self.variance, 2)
        self.numbers.addWidget(self.units, 1)
        self.numbers.addWidget(self.whose, 1)
        self.bars = self.plot(0, 0, "KL of a stroke", "ln SNR where it begins: noise on the left, data on the right")
        self.bars.legend.hide()
        self.costs = self.plot(1, 0, "excess over the entropy", "strokes T")
        self.costs.setLogMode(x=True, y=True)
        self.costs.getAxis("bottom").setTicks([[(np.log10(n), str(n)) for n in _TRIED]])
        self.curves = {
            "small": self.curve(self.costs, "variance of q", t.noise, dots=True),
            "best": self.curve(self.costs, "best variance", t.learned, dots=True),
            "exact": self.curve(self.costs, "exact kernel: nothing but the ends", t.density, dots=True),
        }
        self.from_xt = OneStroke(self.plot(0, 1, "", "xₛ", rows=2), t, self.scene.target.d, self.curve)
        self.from_xt.wanted.connect(self._ask)
        self._stroke, self._asking, self._wanted = -1, False, False
        self._here = self.bars.plot([0, 0], [0], stepMode="center", fillLevel=0, pen=None)
        self._here.setZValue(5)
        self.plots.scene().sigMouseClicked.connect(self._choose)
        self._outline = self.bars.plot([0, 1], [0], stepMode="center", fillLevel=0, pen=pg.mkPen(t.canvas, width=0.5))
        self._now = pg.InfiniteLine(0.0, pen=pg.mkPen(t.text, style=Qt.PenStyle.DashLine))
        self.costs.addItem(self._now)

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        if not scene.target.known:
            return "There is no target whose strokes could be counted: choose one first."
        return ""

    def work(self) -> Errand:
        return Errand(f"{_ENGINE}.variational:variational", self.scene, SHELF)

    def clear(self) -> None:
        super().clear()
        self._known = self._measured = None

    def draw(self, value: Any) -> tuple[float, str]:
        if value.done < 1:
            return value.done, "Errors of the denoiser over ln SNR."
        self._measured = value
        return 1.0, self._chosen()

    def _chosen(self, *_: object) -> str:
        """The denoiser that is looked at."""
        v = self._measured
        if v is None:
            return ""
        exact = v.learned and self.whose.value == "exact"
        self._known = replace(v, mse=v.mmse, learned=False) if exact else v
        return self._show_all()

    def _slid(self, value: float) -> None:
        self.strokes.show_value(value)
        self._show()

    @property
    def _unit(self) -> float:
        """Nats in a unit."""
        return float(np.log(2)) * self._known.d if self.units.value == "bits" else 1.0

    def _show_all(self, *_: Any) -> str:
        """What does not depend on the strokes that are chosen, too."""
        if (v := self._known) is not None:
            for name, curve in self.curves.items():
                curve.setData(_TRIED, [max(_LEAST, v.excess(n, name) / self._unit) for n in _TRIED])
        return self._show()

    def _show(self, *_: Any) -> str:
        """Draws what is chosen; returns what it comes to."""
        v = self._known
        if v is None:
            return ""
        unit, strokes, variance = self._unit, round(self.strokes.value), self.variance.value
        steps = v.steps(strokes, variance)[::-1] / unit
        edges = np.linspace(v.log_snr[0], v.log_snr[-1], strokes + 1)
        t = self.theme
        colour = {"small": t.noise, "best": t.learned, "exact": t.density}[variance]
        self._outline.setBrush(pg.mkBrush(colour))
        self._outline.setData(edges, steps, stepMode="center")
        self._now.setPos(np.log10(strokes))
        self._look(steps, edges)
        said = self._told(strokes, variance, unit)
        self._said_of_all = said
        self.status.setText(said)
        return said

    # one stroke

    def _look(self, steps: Any, edges: Any) -> None:
        """One stroke is looked at: that which costs most beyond the exact kernel, where none was clicked."""
        if not 0 <= self._stroke < len(steps):
            strokes = len(steps)
            beyond = self._known.steps(strokes, "best") - self._known.steps(strokes, "exact")
            self._stroke = int(np.argmax(beyond[::-1]))
        k = self._stroke
        self._here.setData(edges[k : k + 2], steps[k : k + 1], stepMode="center", fillLevel=0,
                           brush=pg.mkBrush(self.theme.particles))  # fmt: skip
        self._ask()

    def _choose(self, event: Any) -> None:
        """A click on a bar looks at its stroke."""
        box = self.bars.getViewBox()
        if self._known is not None and box.sceneBoundingRect().contains(event.scenePos()):
            edges, _ = self._outline.getData()
            at = int(np.searchsorted(edges, box.mapSceneToView(event.scenePos()).x())) - 1
            if 0 <= at < len(edges) - 1:
                self._stroke = at
                self._show()

    def _ask(self, *_: object) -> None:
        """One question at a time; the newest place and stroke count."""
        self._wanted = True
        if self._asking or self._known is None:
            return
        v, edges = self._known, self._outline.getData()[0]
        self._asking, self._wanted = True, False
        noisy, clean = float(edges[self._stroke]), float(edges[self._stroke + 1])
        mse = float(np.interp(noisy, v.log_snr, v.mse)) if self.variance.value != "small" else None
        levels = (noisy, clean)
        scene = self.scene if v.learned else self.scene.with_(field={"kind": "exact"})
        errand = Errand(f"{_ENGINE}.stroke:stroke", scene, SHELF, self.from_xt.at, levels, mse)
        self.desk.player.ask(self, errand, self._show_stroke, self._no_stroke)

    def _no_stroke(self, error: Exception) -> None:
        self._asking = False
        if not isinstance(error, ValueError):
            raise error
        if not isinstance(error, Gone):
            self.status.setText(str(error))

    def _show_stroke(self, found: Any) -> None:
        self._asking = False
        self.from_xt.show(found, self.variance.value != "exact")
        if self._wanted:
            self._ask()
        elif self.variance.value != "exact":
            unit = "bits per dimension" if self.units.value == "bits" else "nats"
            here = f"At this xₜ the exact kernel is {found.kl / self._unit:.3g} {unit} from the Gaussian."
            self.status.setText(f"{self._said_of_all} {here}")

    def _told(self, strokes: int, variance: str, unit: float) -> str:
        v = self._known
        excess = v.excess(strokes, variance) / unit
        name = "bits per dimension" if self.units.value == "bits" else "nats"
        who = "a network's" if v.learned else "the exact"
        many = "one stroke needs" if strokes == 1 else f"{strokes} strokes need"
        bars, ends = float(v.steps(strokes, variance).sum()) / unit, sum(v.ends) / unit
        return (
            f"By {who} denoiser: {many} {v.entropy / unit + excess:,.3f} {name} "
            f"(bars {bars:,.3f}, both ends {ends:,.3f}), the data have {v.entropy / unit:.3f}: {excess:,.3g} too many."
        )
