"""The linear interpolant of flow matching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Time, UnitInterval


@PROCESSES.add
@dataclass(frozen=True)
class LinearInterpolant(UnitInterval):
    """α = 1−t, σ = t (flow matching, Lipman et al. 2023)."""

    kind: ClassVar[str] = "linear"

    def alpha(self, t: Time) -> Time:
        return 1.0 - t

    def sigma(self, t: Time) -> Time:
        return t * 1.0

    def drift(self, t: Time) -> Time:
        return -1.0 / (1.0 - t)

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * t / (1.0 - t)
