"""Variance preserving, cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Time, UnitInterval, sin, sqrt, tan


@PROCESSES.add
@dataclass(frozen=True)
class VPCosine(UnitInterval):
    """α = cos(π/2 · (t+s)/(1+s)) / cos(π/2 · s/(1+s)), σ = √(1−α²) (Nichol & Dhariwal 2021)."""

    s: float = 0.008
    kind: ClassVar[str] = "vp-cosine"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.s < 1:
            raise ValueError("s must lie in 0…1")

    def _rest(self, t: Time) -> Time:
        # π/2 minus the angle: its sine is the cosine wanted, and exactly 0 at t = 1.
        return (1.0 - t) * (math.pi / 2 / (1.0 + self.s))

    def alpha(self, t: Time) -> Time:
        return sin(self._rest(t)) / math.sin(math.pi / 2 / (1.0 + self.s))

    def sigma(self, t: Time) -> Time:
        # 1 − α² = sin(a+b) sin(a−b) / sin²(a): no cancellation at small t.
        a = math.pi / 2 / (1.0 + self.s)
        b = self._rest(t)
        return sqrt(sin(a + b) * sin(t * a)) / math.sin(a)

    def drift(self, t: Time) -> Time:
        return -(math.pi / 2 / (1.0 + self.s)) / tan(self._rest(t))

    def diffusion2(self, t: Time) -> Time:
        return -2.0 * self.drift(t)
