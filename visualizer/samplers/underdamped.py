"""Underdamped Langevin dynamics by the BAOAB splitting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import MixtureKernel
from visualizer.samplers.base import AtLevel, Info, Setting, State, builds, noise


@dataclass(frozen=True)
class Underdamped(AtLevel):
    """dx = p dt, dp = ∇log p(x) dt − γ p dt + √(2γ) dw, unit mass, split as B A O A B.

    B: p ← p + (h/2) ∇log p(x); A: x ← x + (h/2) p; O: p ← e^{−γh} p + √(1 − e^{−2γh}) ε. Positions are
    exact on a Gaussian for h below 2 standard deviations, and right to O(h²) elsewhere (Leimkuhler &
    Matthews 2013).

    Args:
        density: of which only the score is asked.
        step_size: h, a time.
        friction: γ, one over a time.
    """

    friction: float = 1.0

    def fresh(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"momentum": noise(x, generator)}

    def known(self, x: Tensor) -> dict[str, Tensor]:
        return {"score": self.density.score(x)}

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step; one evaluation of the score."""
        h, x, p, score = self.step_size, state.x, state.memory["momentum"], state.memory["score"]
        keep, spread = math.exp(-self.friction * h), math.sqrt(-math.expm1(-2 * self.friction * h))
        if isinstance(self.density, MixtureKernel) and self.density.in_one_pass(x):
            x, p, score = self.density.underdamped(x, p, score, (h, keep, spread), generator)
        else:
            p = p.add(score, alpha=h / 2)
            x = x.add(p, alpha=h / 2)
            p.mul_(keep).add_(noise(x, generator, spread))
            x.add_(p, alpha=h / 2)
            score = self.density.score(x)
            p.add_(score, alpha=h / 2)
        return State(x, state.step + 1, self.t, {"momentum": p, "score": score}), Info(evaluations=1)


@builds("underdamped")
def build(run: Setting, *, step: float, friction: float, **_: object) -> Underdamped:
    """The sampler of a scene."""
    return Underdamped(run.density, step, friction, t=run.t)
