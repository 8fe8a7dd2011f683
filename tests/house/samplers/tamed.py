"""Tamed Langevin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from visualizer.samplers.base import AtLevel, Info, Setting, State, builds, noise


@dataclass(frozen=True)
class Tamed(AtLevel):
    """x ← x + h s/(1 + h|s|) + √(2h) ε (N. Brosse et al., "The tamed unadjusted Langevin algorithm", 2019)."""

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One evaluation of the score."""
        h, s = self.step_size, self.density.score(state.x)
        drift = h * s / (1 + h * s.norm(dim=0, keepdim=True))
        x = noise(state.x, generator, math.sqrt(2 * h)).add_(state.x).add_(drift)
        return State(x, state.step + 1, self.t), Info(1)


@builds("tamed")
def build(run: Setting, *, step: float, **_: object) -> Tamed:
    """The sampler of a scene."""
    return Tamed(run.density, step, t=run.t)
