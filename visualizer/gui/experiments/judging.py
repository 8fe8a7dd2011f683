"""A network held against the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from visualizer.engine.host.talk import SHELF, Errand
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.scene.model import Scene


@EXPERIMENTS.add
class Judging(Experiment):
    """The error over t above, the denoising loss and its least below, samples and likelihood in words."""

    kind, order = "judging", 30
    action = Action("Judge the network…", ("J",), "Errors over t, samples, likelihood, against the truth")
    heading = "The network against the truth"
    explanation = (
        "Above: how far the network's score is from the exact one, over t. Below: the denoising loss and the least any "
        "network can reach, the uncertainty of the noise itself; the gap between them is the violet curve above."
    )
    start_text = "Judge"

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        t = self.theme
        self.error = self.plot(0, 0, "error", "")
        self.error.setLogMode(x=False, y=True)
        self.error.getAxis("left").setTickDensity(0.4)
        self.losses = self.plot(1, 0, "denoising loss", "t")
        self.losses.setXLink(self.error)
        self.curves = {
            "fisher": self.curve(self.error, "Fisher divergence E|s_θ − s|²", t.error, dots=True),
            "epsilon": self.curve(self.error, "as noise, σ² E|s_θ − s|²", t.noise, dots=True),
            "loss": self.curve(self.losses, "of the network", t.learned, dots=True),
            "least": self.curve(self.losses, "the least possible", t.density, dash=True),
        }

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        if not scene.target.known:
            return "There is no target to judge the network by: choose one first."
        if scene.field.kind != "learned":
            return "There is no network to judge: the exact score is followed. Train one (Ctrl+T)."
        return ""

    def work(self) -> Errand:
        return Errand("visualizer.engine.experiments.judging:judge", self.scene, SHELF)

    def draw(self, value: Any) -> tuple[float, str]:
        j = value
        for name, curve in self.curves.items():
            curve.setData(j.t, np.maximum(getattr(j, name), 1e-12))
        return j.done, told(j) + ("" if j.done == 1 else f" {j.doing}…")


def told(j: Any) -> str:
    """What a judgement comes to, in sentences."""
    said = []
    if len(j.t) > 1:
        worst = int(np.argmax(j.fisher))
        said.append(f"Largest Fisher divergence {j.fisher[worst]:.2g} at t = {j.t[worst]:.2g}.")
    if j.w2 is not None:
        said.append(
            f"Samples: W₂ {j.w2.value:.2g}; by the exact score {j.exact_w2.value:.2g}; exact samples {j.w2.floor:.2g}."
        )
        if j.shares is not None and len(j.shares) <= 12:
            shares, wanted = (" ".join(f"{100 * s:.0f}" for s in v) for v in (j.shares, j.weights))
            said.append(f"Occupancy {shares} %, weights {wanted} %.")
    if j.log_prob is not None:
        said.append(f"Mean log p {j.log_prob:.3f} nats, truth {j.exact_log_prob:.3f}.")
        backwards = "" if j.reverse_kl is None else f", KL(network ‖ p) {j.reverse_kl:.2g}"
        said.append(f"KL(p ‖ network) {j.kl:.2g}{backwards} nats.")
    if j.bound is not None:
        said.append(f"Its bound of log p {j.bound:.3f} nats.")
    if j.junk is not None:
        said.append(f"Junk {100 * j.junk:.1f} % (exact samples 0.1 %).")
    if j.integral is not None:
        said.append(f"Its density integrates to {j.integral:.3f}.")
    return " ".join(said)
