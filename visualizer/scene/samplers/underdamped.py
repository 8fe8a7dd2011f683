"""Underdamped Langevin by BAOAB."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.roles import noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, TimeStep, num, too_large


@SAMPLERS.add
class UnderdampedSampler(LevelSampler):
    """Underdamped Langevin by BAOAB."""

    kind: Literal["underdamped"] = "underdamped"
    title = "Underdamped Langevin (BAOAB)"
    short = "Underdamped"
    family = "Walks"
    order = 4

    step: TimeStep = 0.2
    friction: Annotated[
        float,
        Field(ge=0, le=1e3),
        Number("friction γ", "How fast momentum is forgotten, one over a time", 0, 10, digits=2),
    ] = 1.0

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        gamma = num(self.friction) if numbers else r"\gamma"
        force = score(r"\nabla \log p(x)")
        return (
            rf"d{particles('x')} = v\, dt",
            rf"dv = {force}\, dt - {gamma} v\, dt + \sqrt{{2 {gamma}}}\, {noise('dw')}",
        )

    def numbers(self) -> str:
        return f"ε = {num(self.step)},  γ = {num(self.friction)}"

    def diverged(self, narrowest: float | None) -> str:
        # The linear stability limit of leapfrog on the narrowest Gaussian.
        return too_large("ε", self.step, None if narrowest is None else 2 * narrowest**0.5)

    def warning(self, narrowest: float | None) -> str:
        if self.friction == 0:
            return "γ = 0: no friction, no noise. Every particle keeps its energy, and p is not sampled."
        return ""
