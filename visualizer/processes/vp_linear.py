"""Variance preserving, linear β."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, LinearBeta, Time, expm1, sqrt


@PROCESSES.add
@dataclass(frozen=True)
class VPLinear(LinearBeta):
    """Linear β, σ = √(1−α²) (Ho et al. 2020; Song et al. 2021)."""

    kind: ClassVar[str] = "vp-linear"

    def sigma(self, t: Time) -> Time:
        return sqrt(-expm1(-self.integral(t)))

    def diffusion2(self, t: Time) -> Time:
        return self.beta(t)
