"""Tamed Langevin."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.roles import noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, Step, num


@SAMPLERS.add
class TamedSampler(LevelSampler):
    """Langevin whose drift is never longer than 1."""

    kind: Literal["tamed"] = "tamed"
    title = "Tamed Langevin"

    step: Step = 0.05

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        h = num(self.step) if numbers else "h"
        drift = rf"\frac{{{h}\, {score('s')}}}{{1 + {h}\, |{score('s')}|}}"
        return (rf"{particles('x')} \leftarrow {particles('x')} + {drift} + \sqrt{{2 {h}}}\, {noise()}",)
