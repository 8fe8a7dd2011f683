"""Coins."""

from __future__ import annotations

from typing import Any

import numpy as np

from visualizer.engine.host.talk import Errand
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment


@EXPERIMENTS.add
class Coins(Experiment):
    """The share of heads over the number of throws."""

    kind, order = "coins", 90
    action = Action("Throw coins…", ("Ctrl+Alt+C",), "The share of heads")
    heading = "Coins"

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        self.curves = {"heads": self.curve(self.plot(0, 0, "share of heads", "throws"), "heads", self.theme.density)}

    def work(self) -> Errand:
        return Errand("visualizer.engine.experiments.coins:throws", 0, (10, 100))

    def draw(self, value: Any) -> tuple[float, str]:
        throws = np.arange(1, len(value) + 1)
        self.curves["heads"].setData(throws, np.cumsum(value) / throws)
        return len(value) / 100, f"{int(value.sum())} heads of {len(value)}."
