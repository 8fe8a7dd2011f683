"""Parallel tempering."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.controls import Numbers
from visualizer.scene.roles import density
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, SamplerPart, Step, Width, num


@SAMPLERS.add
class ParallelTemperingSampler(LevelSampler):
    """Replicas at several temperatures that swap places."""

    kind: Literal["parallel-tempering"] = "parallel-tempering"
    title = "Parallel tempering"
    short = "Tempering"
    family = "Temperature and smoothing"
    order = 7
    restarts = SamplerPart.restarts | {"temperatures"}
    needs_log_prob = True
    max_count = 1_000_000
    rival = 2

    step: Step = 0.1
    temperatures: Annotated[
        tuple[Annotated[float, Field(ge=1, le=1e6)], ...],
        Field(min_length=2, max_length=12),
        Numbers("temperatures T", "From 1 upwards, ascending: π_β ∝ p^β q^(1−β) with β = 1/T", 1.0, 1e6),
    ] = (1.0, 3.0, 10.0, 100.0)
    width: Width = 4.0

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        t = self.temperatures
        if t[0] != 1.0 or any(a >= b for a, b in pairwise(t)):
            raise ValueError("temperatures: expected 1 first, then ascending numbers")
        return self

    def evaluations(self, count: int) -> float:
        return float(len(self.temperatures))

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        p = density("p")
        return (
            rf"\pi_{{\beta}} \propto {p}^{{\beta}}\, q^{{1 - \beta}},\quad f = \log ({p} / q)",
            r"a = \min(1,\; e^{(\beta_i - \beta_j)(f(x_j) - f(x_i))})",
        )

    def numbers(self) -> str:
        temperatures = ", ".join(f"{v:g}" for v in self.temperatures)
        return f"h = {num(self.step)},  T = {temperatures},  q = N(0, {num(self.width)}²)"
