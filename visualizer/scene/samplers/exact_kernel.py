"""The true reverse kernel of a mixture."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.roles import density, particles
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, Steps, TimeSampler


@SAMPLERS.add
class ExactKernelSampler(TimeSampler):
    """Draws from p(x_s | x_t) itself, a mixture: no step is too large."""

    kind: Literal["exact-kernel"] = "exact-kernel"
    title = "Exact reverse kernel"
    short = "Exact kernel"
    family = "Diffusion"
    order = 18
    needs_mixture = True

    steps: Steps = 4

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        new, x = particles("x_s"), particles("x_t")
        kernel = density(r"p(x_s \mid x_t)")
        return (rf"{new} \sim {kernel} = \sum_k r_k({x})\, \mathcal{{N}}(m_k({x}), V_k)",)

    def numbers(self) -> str:
        return "one step" if self.steps == 1 else f"{self.steps} steps"
