"""σ = t²."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Time, VarianceExploding


@PROCESSES.add
@dataclass(frozen=True)
class Square(VarianceExploding):
    """α = 1, σ = t², so g² = 4t³."""

    kind: ClassVar[str] = "square"

    def sigma(self, t: Time) -> Time:
        return t * t

    def diffusion2(self, t: Time) -> Time:
        return 4.0 * t * t * t
