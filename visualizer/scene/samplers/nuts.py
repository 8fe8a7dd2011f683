"""The no-U-turn sampler."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.roles import particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, TimeStep


@SAMPLERS.add
class NUTSSampler(LevelSampler):
    """The no-U-turn sampler."""

    kind: Literal["nuts"] = "nuts"
    title = "No-U-turn sampler (NUTS)"
    short = "NUTS"
    family = "Hamiltonian"
    order = 6
    needs_log_prob = True
    max_count = 10_000

    step: TimeStep = 0.2
    max_depth: Annotated[
        int, Field(ge=1, le=12), Number("largest depth", "A trajectory has at most 2^depth steps", 1, 10, integer=True)
    ] = 8

    @property
    def on_cpu(self) -> bool:
        return True

    def evaluations(self, count: int) -> float:
        return float(2**self.max_depth)

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        force = score(r"\nabla \log p(x)")
        return (
            rf"\dot{{{particles('x')}}} = v, \quad \dot{{v}} = {force}",
            r"\text{until } (x_+ - x_-) \cdot v_{\pm} < 0",
        )
