"""The unadjusted Langevin algorithm."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import AtLevel, Info, Setting, State, builds, moved


@dataclass(frozen=True)
class Langevin(AtLevel):
    """x ← x + h ∇log p_t(x) + √(2h) ε, at a fixed noise level (Roberts & Tweedie 1996, ULA).

    With Δt = 2h the same step reads x + (Δt/2) ∇log p_t(x) + √Δt ε. On N(0, τ²) its stationary
    variance is τ²/(1 − h/(2τ²)), and it diverges for h ≥ 2τ².

    Args:
        density: p_t, of which only the score is asked.
        step_size: h, in units of x².
    """

    def proposal(self, x: Tensor) -> tuple[Tensor, float]:
        """x + h ∇log p(x) and √(2h)."""
        return x + self.step_size * self.density.score(x), math.sqrt(2 * self.step_size)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step; one evaluation of the score."""
        h = self.step_size
        x = moved(self.density, state.x, generator, pull=h, spread=math.sqrt(2 * h))
        return State(x, state.step + 1, self.t), Info(evaluations=1)


@builds("langevin")
def build(run: Setting, *, step: float, **_: object) -> Langevin:
    """The sampler of a scene."""
    return Langevin(run.density, step, t=run.t)
