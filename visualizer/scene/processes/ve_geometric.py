"""Variance exploding, geometric: α = 1, σ = σ_min (σ_max/σ_min)^t."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import model_validator

from visualizer.scene.base import Positive
from visualizer.scene.controls import Number
from visualizer.scene.processes.base import ENOUGH, PROCESSES, ProcessPart


@PROCESSES.add
class VEGeometric(ProcessPart):
    """Variance exploding, geometric: α = 1, σ = σ_min (σ_max/σ_min)^t."""

    kind: Literal["ve-geometric"] = "ve-geometric"
    title = "Variance exploding, geometric"
    formula = "α = 1,  σ = σ_min (σ_max/σ_min)^t"
    order = 3
    explodes = True

    sigma_min: Annotated[Positive, Number("σ_min", "Noise at t = 0", 1e-3, 1, log=True)] = 0.01
    sigma_max: Annotated[Positive, Number("σ_max", "Noise at t = 1", 1.0, 100, log=True)] = 10.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.sigma_min >= self.sigma_max:
            raise ValueError("sigma_min: expected a number below sigma_max")
        return self

    def suited(self, reach: float) -> Self:
        return self.with_(sigma_max=max(self.sigma_max, float(f"{ENOUGH * reach:.2g}")))
