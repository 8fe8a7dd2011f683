"""Ancestral sampling with the best variance."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.roles import density, noise, particles
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, Steps, TimeSampler


@SAMPLERS.add
class AncestralSampler(TimeSampler):
    """Each stroke a Gaussian with the variance that suits it best."""

    kind: Literal["ancestral"] = "ancestral"
    title = "Ancestral, best variance"
    short = "Ancestral"
    family = "Diffusion"
    order = 17.5

    steps: Steps = 8

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        new, x, clean, fresh = particles("x_s"), particles("x_t"), density("D(x_t)"), noise("z")
        wide = r"\sqrt{\sigma_Q^2 + \frac{c^2}{d}\, \mathbb{E}\|x_0 - D\|^2}"
        return (rf"{new} = a\, {x} + c\, {clean} + {wide}\; {fresh}",)

    def numbers(self) -> str:
        return "one step" if self.steps == 1 else f"{self.steps} steps"
