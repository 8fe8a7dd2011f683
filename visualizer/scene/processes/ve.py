"""Variance exploding, linear: α = 1, σ = t."""

from __future__ import annotations

from typing import Literal, Self

from visualizer.scene.processes.base import ENOUGH, PROCESSES, LongProcess


@PROCESSES.add
class VE(LongProcess):
    """Variance exploding, linear: α = 1, σ = t."""

    kind: Literal["ve"] = "ve"
    title = "Variance exploding, linear"
    formula = "α = 1,  σ = t"
    order = 1
    explodes = True
    time_axis = "time t = σ"

    def suited(self, reach: float) -> Self:
        return self.until(ENOUGH * reach)
