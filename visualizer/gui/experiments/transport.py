"""From a source to the target on the line: the plan of transport as a picture, from threads to a cloud."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg

from visualizer.engine.findings.transport import Transport
from visualizer.engine.host.talk import Errand, Gone
from visualizer.engine.palette import density_table
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Choice
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene

_SOURCES = (("noise", "From noise"), ("uniform", "From even mass"), ("two", "From two heaps"))


@EXPERIMENTS.add
class TransportPlan(Experiment):
    """Left the plan with both laws along its sides; right the threads from source to target."""

    kind, order = "transport", 36
    action = Action("Transport plan (1-D)…", ("Shift+W",), "Optimal transport and Schrödinger's bridge on the line")
    heading = "From source to target: the plan of transport"
    explanation = (
        "Of all ways to pair source x with target y, the plan has the least E ½|x − y|² + ε KL(π ‖ p ⊗ q). With little "
        "ε it is a curve, the sorted map of optimal transport (dashed); with much, pairs know nothing of each other. "
        "It is the pair of ends of Schrödinger's bridge with noise ε."
    )
    begins = False

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        t = self.theme
        self.resize(1080, 620)
        self._asking = self._wanted = False
        self.epsilon = NumberSlider(
            "ε / Var", Range(0.002, 20.0, log=True), "Noise of the bridge, in units of the variance"
        )
        self.epsilon.show_value(0.1)
        self.epsilon.edited.connect(self.epsilon.show_value)
        self.epsilon.edited.connect(self._ask)
        self.source = Choice(list(_SOURCES), "As wide as the target", "Source")
        self.source.activated.connect(self._ask)
        self.numbers.addWidget(self.epsilon, 2)
        self.numbers.addWidget(self.source, 1)
        self.numbers.addStretch(1)
        self.plane = self.plot(0, 0, "target y", "source x")
        self.image = pg.ImageItem()
        self.plane.addItem(self.image)
        table = density_table(t.name)
        colours = np.stack([(table >> s) & 255 for s in (16, 8, 0)], 1).astype(np.uint8)
        self.image.setLookupTable(colours)
        self.threads = self.plot(0, 1, "", "source below, target above")
        self.threads.getAxis("left").setTicks([[(0, "x"), (1, "y")]])
        for plot in (self.plane, self.threads):
            plot.legend.setOffset((8, 6))
        self.threads.legend.hide()
        self.curves = {
            "mean": self.curve(self.plane, "E[y | x]", t.learned),
            "sorted": self.curve(self.plane, "sorted map", t.text, dash=True),
            "source": self.plane.plot(pen=pen(t.noise, 2.0)),
            "target": self.plane.plot(pen=pen(t.density, 2.0)),
            "lines": self.threads.plot(pen=pg.mkPen(colour(t.particles, 0.5), width=1.0)),
            "below": self.threads.plot(pen=pen(t.noise, 2.0)),
            "above": self.threads.plot(pen=pen(t.density, 2.0)),
        }
        self.start.hide()
        self._ask()

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        if not scene.target.known:
            return "There is no target to carry anything to: choose one first."
        return (
            "" if scene.target.d == 1 else "A plan is a picture for one dimension: press D to turn the target into one."
        )

    def _ask(self, *_: object) -> None:
        """One question at a time; the newest numbers count."""
        self._wanted = True
        if self._asking:
            return
        self._asking, self._wanted = True, False
        address = "visualizer.engine.experiments.transport:transport"
        errand = Errand(address, self.scene, self.source.value, self.epsilon.value)
        self.desk.player.ask(self, errand, self.show_plan, self._failed_to)

    def _failed_to(self, error: Exception) -> None:
        self._asking = False
        if not isinstance(error, ValueError):
            raise error
        if not isinstance(error, Gone):
            self.status.setText(str(error))

    def show_plan(self, v: Transport) -> None:
        """Another plan."""
        self._asking = False
        if self._wanted:
            self._ask()
        self.image.setImage(np.sqrt(v.plan), autoLevels=True)
        wide, high = v.x[-1] - v.x[0], v.y[-1] - v.y[0]
        self.image.setRect(float(v.x[0]), float(v.y[0]), float(wide), float(high))
        self.curves["mean"].setData(v.x, v.mean)
        self.curves["sorted"].setData(v.x, v.sorted)
        self.curves["source"].setData(v.x, v.y[0] + 0.15 * high * v.source / v.source.max())
        self.curves["target"].setData(v.x[0] + 0.15 * wide * v.target / v.target.max(), v.y)
        ends = np.full((len(v.threads), 3), np.nan)
        ends[:, :2] = v.threads
        up = np.tile([0.0, 1.0, np.nan], len(v.threads))
        self.curves["lines"].setData(ends.ravel(), up, connect="finite")
        self.curves["below"].setData(v.x, -0.2 * v.source / v.source.max())
        self.curves["above"].setData(v.y, 1 + 0.2 * v.target / v.target.max())
        self.plane.setXRange(float(v.x[0]), float(v.x[-1]), padding=0)
        self.plane.setYRange(float(v.y[0]), float(v.y[-1]), padding=0)
        self.threads.setYRange(-0.25, 1.25, padding=0)
        self.status.setText(
            f"ε = {v.epsilon:.3g}: E|x − y|² = {v.cost:.3f}, at least W₂² = {v.least:.3f}; a source place tells "
            f"{v.information:.2f} nats of its target."
        )
