"""Random-walk Metropolis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import MixtureKernel
from visualizer.samplers.base import AtLevel, Info, Setting, State, builds, noise
from visualizer.samplers.metropolis import accepts, chosen


@dataclass(frozen=True)
class RandomWalk(AtLevel):
    """y = x + √(2h) ε, taken with probability min(1, p(y)/p(x)) (Metropolis et al. 1953).

    The proposal is Langevin's without its drift, so one h compares like with like. It leaves p invariant
    at any h.

    Args:
        density: p, of which only the log-density is asked.
        step_size: h, in units of x².
    """

    def known(self, x: Tensor) -> dict[str, Tensor]:
        return {"log_prob": self.density.log_prob_and_score(x)[0]}

    def proposal(self, x: Tensor) -> tuple[Tensor, float]:
        """x and √(2h)."""
        return x, math.sqrt(2 * self.step_size)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal and its test; one evaluation of the log-density."""
        old, spread = state.memory["log_prob"], math.sqrt(2 * self.step_size)
        if isinstance(self.density, MixtureKernel) and self.density.in_one_pass(state.x):
            x, log_prob, y, accepted = self.density.walked(state.x, old, spread, generator)
        else:
            y = noise(state.x, generator, spread).add_(state.x)
            found, _ = self.density.log_prob_and_score(y)
            accepted = accepts(found - old, generator)
            x, log_prob = chosen(accepted, y, state.x), chosen(accepted, found, old)
        return State(x, state.step + 1, self.t, {"log_prob": log_prob}), Info(1, proposal=y, accepted=accepted)


@builds("random-walk")
def build(run: Setting, *, step: float, **_: object) -> RandomWalk:
    """The sampler of a scene."""
    return RandomWalk(run.density, step, t=run.t)
