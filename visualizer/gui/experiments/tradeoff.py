"""The trade-off of walk–jump over σ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg

from visualizer.engine.host.talk import Errand
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene

_POINTS = 12


@EXPERIMENTS.add
class Tradeoff(Experiment):
    """Mixing above, quality below, over σ; a click takes its σ over into the scene."""

    kind, order = "tradeoff", 10
    docks = True
    action = Action("Walk–jump over σ…", ("W",), "Mixing against quality of the jumps, measured")
    heading = "Walk–jump: mixing against quality"
    explanation = (
        "Small σ: good jumps from a walk that is trapped. Large σ: a walk that mixes, and jumps that fall between "
        "the modes: where they tell modes no longer apart, no hops are counted. Each σ is walked with the scene's step "
        "and start; click into the plots to take a σ over."
    )

    def __init__(self, desk: Desk, prepared: tuple[float, float]) -> None:
        super().__init__(desk)
        t = self.theme
        self._sigma = getattr(self.scene.sampler, "sigma", None) or 1.0
        low, high = (float(f"{v:.2g}") for v in prepared)
        whole = Range(1e-2, 20.0, log=True)
        self.low = NumberSlider("from σ", whole, "The smallest σ")
        self.high = NumberSlider("to σ", whole, "The largest σ")
        self.steps = NumberSlider("steps", Range(100, 20_000, log=True, integer=True), "Steps of the walk for each σ")
        for slider, value in ((self.low, low), (self.high, high), (self.steps, 2000)):
            slider.show_value(value)
            slider.edited.connect(slider.show_value)
            self.numbers.addWidget(slider, 1)
        self.mixing = self.plot(0, 0, "in 1,000 steps", "")
        self.quality = self.plot(1, 0, "W₂ of the jumps to p", "σ")
        self.quality.setXLink(self.mixing)
        for plot in (self.mixing, self.quality):
            plot.setLogMode(x=True, y=False)
        self.curves = {
            "hops": self.curve(self.mixing, "hops of its jumps", t.particles, dots=True),
            "ess": self.curve(self.mixing, "effective draws of a chain (ESS)", t.score, dots=True),
            "w2": self.curve(self.quality, "after the walk", t.learned, dots=True),
            "exact_w2": self.curve(self.quality, "if the walk mixed perfectly", t.density, dash=True),
            "floor": self.curve(self.quality, "exact samples", t.muted, dash=True),
        }
        self.mixing.legend.setOffset((8, 6))
        self.quality.legend.setOffset((8, 6))
        self._now = [pg.InfiniteLine(np.log10(self._sigma), pen=pen(t.text, 1.0)) for _ in range(2)]
        for line, plot in zip(self._now, (self.mixing, self.quality), strict=True):
            plot.addItem(line)
        self.plots.scene().sigMouseClicked.connect(self._clicked)

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        return "" if scene.target.known else "There is no target to walk on: choose one first."

    @classmethod
    def prepare(cls, scene: Scene) -> Errand:
        """The range of σ."""
        return Errand("visualizer.engine.experiments.tradeoff:default_range", scene)

    def _take_sigma(self, sigma: float) -> None:
        """A σ chosen in the plot becomes the sampler's."""
        shown = self.desk.shown
        if shown.sampler.kind == "walk-jump":
            self.desk.edit_picture(shown.with_(sampler=shown.sampler.with_(sigma=sigma)), "take σ over")
        else:
            self.desk.banner.problem("Choose Walk–jump as the sampler first; then a click takes its σ over.")

    def work(self) -> Errand:
        low, high = sorted((self.low.value, self.high.value))
        sigmas = tuple(float(s) for s in np.geomspace(low, max(high, 1.05 * low), _POINTS))
        scene, steps = self.scene, round(self.steps.value)
        self.mixing.setXRange(float(np.log10(sigmas[0])), float(np.log10(sigmas[-1])), padding=0.03)

        return Errand("visualizer.engine.experiments.tradeoff:tradeoff", scene, sigmas, steps)

    def draw(self, value: Any) -> tuple[float, str]:
        points = value.points
        sigma = np.array([p.sigma for p in points])
        for name, curve in self.curves.items():
            values = np.array([getattr(p, name) for p in points])
            known = np.isfinite(values).any()  # a plot has no bounds for what is nowhere
            curve.setData(*((sigma, values) if known else ([], [])), connect="finite")
        diverged = [p.sigma for p in points if not np.isfinite(p.w2)]
        said = f"The step is too large for σ up to {max(diverged):.2g}: nothing is shown there. " if diverged else ""
        judged = [p for p in points if np.isfinite(p.w2)]
        if judged:
            best = min(judged, key=lambda p: p.w2)
            so_far = "" if value.done == 1 else "so far "
            said += f"Best jumps {so_far}at σ = {best.sigma:.2g}: W₂ = {best.w2:.2g}, exact samples {best.floor:.2g}."
        return value.done, said or f"σ 1 of {_POINTS}"

    def _clicked(self, event: Any) -> None:
        for plot in (self.mixing, self.quality):
            box = plot.getViewBox()
            if box.sceneBoundingRect().contains(event.scenePos()):
                at = box.mapSceneToView(event.scenePos()).x()
                for line in self._now:
                    line.setPos(at)
                self._take_sigma(float(f"{10**at:.3g}"))
                return
