"""Random-walk Metropolis."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.roles import density, noise, particles
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, Step, num


@SAMPLERS.add
class RandomWalkSampler(LevelSampler):
    """Random-walk Metropolis: y = x + √(2h) ε, taken with probability min(1, p(y)/p(x))."""

    kind: Literal["random-walk"] = "random-walk"
    title = "Random-walk Metropolis"
    family = "Walks"
    order = 3
    needs_log_prob = True

    step: Step = 0.1

    @property
    def langevin_time(self) -> float:
        """h."""
        return self.step

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        twice = num(2 * self.step) if numbers else "2h"
        new, old = density("p(y)"), density("p(x)")
        return (
            rf"{particles('y')} = {particles('x')} + \sqrt{{{twice}}}\, {noise()}",
            rf"a = \min(1,\; {new} / {old})",
        )

    def numbers(self) -> str:
        return f"h = {num(self.step)}"
