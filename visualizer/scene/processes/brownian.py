"""Variance exploding, Brownian: α = 1, σ = δ√t."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from visualizer.scene.base import Positive
from visualizer.scene.controls import Number
from visualizer.scene.processes.base import ENOUGH, PROCESSES, LongProcess


@PROCESSES.add
class Brownian(LongProcess):
    """Variance exploding, Brownian: α = 1, σ = δ√t."""

    kind: Literal["brownian"] = "brownian"
    title = "Variance exploding, Brownian"
    formula = "α = 1,  σ = δ√t"
    order = 2
    explodes = True

    delta: Annotated[Positive, Number("δ", "Size of the Brownian noise: σ = δ√t", 0.05, 20, log=True)] = 1.0

    def suited(self, reach: float) -> Self:
        return self.until((ENOUGH * reach / self.delta) ** 2)
