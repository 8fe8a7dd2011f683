"""Variance exploding, Brownian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import PROCESSES, Time, VarianceExploding, sqrt


@PROCESSES.add
@dataclass(frozen=True)
class Brownian(VarianceExploding):
    """α = 1, σ = δ√t: x_t is a Brownian motion started at x_0."""

    t_max: float = 10.0
    delta: float = 1.0
    kind: ClassVar[str] = "brownian"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta > 0:
            raise ValueError("delta must be positive")

    def sigma(self, t: Time) -> Time:
        return self.delta * sqrt(t)

    def diffusion2(self, t: Time) -> Time:
        return t * 0.0 + self.delta**2
