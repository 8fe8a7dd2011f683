"""Variance preserving, trigonometric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Time, UnitInterval, sqrt


@PROCESSES.add
@dataclass(frozen=True)
class VPTrigonometric(UnitInterval):
    """α = √(1−t²), σ = t."""

    kind: ClassVar[str] = "vp-trigonometric"

    def alpha(self, t: Time) -> Time:
        return sqrt((1.0 - t) * (1.0 + t))

    def sigma(self, t: Time) -> Time:
        return t * 1.0

    def drift(self, t: Time) -> Time:
        return -t / ((1.0 - t) * (1.0 + t))

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * t / ((1.0 - t) * (1.0 + t))
