"""Random-walk Metropolis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

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
        old = state.memory["log_prob"]
        y = noise(state.x, generator, math.sqrt(2 * self.step_size)).add_(state.x)
        log_prob, _ = self.density.log_prob_and_score(y)
        accepted = accepts(log_prob - old, generator)
        memory = {"log_prob": chosen(accepted, log_prob, old)}
        x = chosen(accepted, y, state.x)
        return State(x, state.step + 1, self.t, memory), Info(1, proposal=y, accepted=accepted)


@builds("random-walk")
def build(run: Setting, *, step: float, **_: object) -> RandomWalk:
    """The sampler of a scene."""
    return RandomWalk(run.density, step, t=run.t)
