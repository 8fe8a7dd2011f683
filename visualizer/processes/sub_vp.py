"""Sub-variance preserving, linear β."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, LinearBeta, Time, expm1


@PROCESSES.add
@dataclass(frozen=True)
class SubVP(LinearBeta):
    """Linear β, σ = 1−α² (Song et al. 2021)."""

    kind: ClassVar[str] = "sub-vp"

    def sigma(self, t: Time) -> Time:
        return -expm1(-self.integral(t))

    def diffusion2(self, t: Time) -> Time:
        return -self.beta(t) * expm1(-2.0 * self.integral(t))
