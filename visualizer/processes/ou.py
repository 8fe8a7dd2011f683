"""Ornstein–Uhlenbeck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Process, Time, exp, expm1, sqrt


@PROCESSES.add
@dataclass(frozen=True)
class OrnsteinUhlenbeck(Process):
    """α = e^{−t}, σ = √(1−e^{−2t}): dx = −x dt + √2 dw."""

    t_max: float = 3.0
    kind: ClassVar[str] = "ou"

    def alpha(self, t: Time) -> Time:
        return exp(-t)

    def sigma(self, t: Time) -> Time:
        return sqrt(-expm1(-2.0 * t))

    def drift(self, t: Time) -> Time:
        return t * 0.0 - 1.0

    def diffusion2(self, t: Time) -> Time:
        return t * 0.0 + 2.0
