"""Stein variational gradient descent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.roles import particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, num
from visualizer.scene.start import GaussianStart, StartPart


@SAMPLERS.add
class SVGDSampler(LevelSampler):
    """Stein variational gradient descent."""

    kind: Literal["svgd"] = "svgd"
    title = "Stein variational gradient descent"
    short = "SVGD"
    family = "Particles together"
    order = 11
    chains = False
    max_count = 5_000

    step: Annotated[
        float,
        Field(gt=0, le=100),
        Number("step h", "How far particles go along the kernelised gradient", 1e-3, 5.0, log=True),
    ] = 0.5

    @property
    def start(self) -> StartPart:
        """A Gaussian about 0: particles in one mode would stay there."""
        return GaussianStart(std=1.0)

    @property
    def on_cpu(self) -> bool:
        return True

    def evaluations(self, count: int) -> float:
        return 0.3 * count  # every particle meets every other

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        new, x, force = particles(r"x_i^{\prime}"), particles("x_i"), score(r"\nabla \log p(x_j)")
        return (
            rf"{new} = {x} + \frac{{h}}{{N}} \sum_j [\, k(x_j, x_i)\, {force}",
            r"\qquad + \nabla_{x_j} k(x_j, x_i)\, ]",
        )

    def numbers(self) -> str:
        return f"h = {num(self.step)}"
