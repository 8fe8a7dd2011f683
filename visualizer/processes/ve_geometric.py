"""Variance exploding, geometric."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Time, UnitInterval, VarianceExploding, exp


@PROCESSES.add
@dataclass(frozen=True)
class VEGeometric(VarianceExploding, UnitInterval):
    """α = 1, σ = σ_min (σ_max/σ_min)^t (Song et al. 2021)."""

    t_max: float = 1.0
    sigma_min: float = 0.01
    sigma_max: float = 10.0
    kind: ClassVar[str] = "ve-geometric"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.sigma_min < self.sigma_max:
            raise ValueError("sigma_min must be positive and below sigma_max")

    def sigma(self, t: Time) -> Time:
        return self.sigma_min * exp(t * math.log(self.sigma_max / self.sigma_min))

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * math.log(self.sigma_max / self.sigma_min) * self.sigma(t) ** 2
