"""Langevin with a Metropolis–Hastings test."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.roles import density, noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, Step, num


@SAMPLERS.add
class MALASampler(LevelSampler):
    """Langevin with a Metropolis–Hastings test."""

    kind: Literal["mala"] = "mala"
    title = "Langevin with a test (MALA)"
    short = "MALA"
    family = "Walks"
    order = 2
    needs_log_prob = True
    rival = 5

    step: Step = 0.1

    @property
    def langevin_time(self) -> float:
        """h."""
        return self.step

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        x, y, force = particles("x"), particles("y"), score(r"\nabla \log p(x)")
        h, twice = (num(self.step), num(2 * self.step)) if numbers else ("h", "2h")
        new, old = density("p(y)"), density("p(x)")
        return (
            rf"{y} = {x} + {h}\, {force} + \sqrt{{{twice}}}\, {noise()}",
            rf"a = \min(1,\; \frac{{{new}\, q(x \mid y)}}{{{old}\, q(y \mid x)}})",
        )

    def numbers(self) -> str:
        return f"h = {num(self.step)}"
