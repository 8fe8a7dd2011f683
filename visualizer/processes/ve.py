"""Variance exploding, linear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Time, VarianceExploding


@PROCESSES.add
@dataclass(frozen=True)
class VELinear(VarianceExploding):
    """α = 1, σ = t (Karras et al. 2022)."""

    t_max: float = 10.0
    kind: ClassVar[str] = "ve"

    def sigma(self, t: Time) -> Time:
        return t * 1.0

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * t
