"""Hamiltonian Monte Carlo."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import AtLevel, Info, Setting, State, UnnormalisedDensity, builds, noise
from visualizer.samplers.metropolis import accepts, chosen, known_of, squares

#: Leapfrog paths of so many particles are kept for the picture.
FOLLOWED = 32


def leapfrog(
    density: UnnormalisedDensity, x: Tensor, p: Tensor, score: Tensor, h: float | Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One leapfrog step of H = −log p(x) + |p|²/2, h a number or one for each column.

    Returns (x, p, log p(x), ∇log p(x)) at its end.
    """
    half = p + (h / 2) * score
    x = x + h * half
    log_prob, score = density.log_prob_and_score(x)
    return x, half + (h / 2) * score, log_prob, score


@dataclass(frozen=True)
class HMC(AtLevel):
    """A fresh momentum p ~ N(0, I), L leapfrog steps of size h, taken with probability min(1, e^{−ΔH}).

    H(x, p) = −log p(x) + |p|²/2. Leaves p invariant at any h (Duane et al. 1987; Neal 2011).

    Args:
        density: p.
        step_size: h, a time.
        leapfrog_steps: L.
    """

    leapfrog_steps: int = 10

    def known(self, x: Tensor) -> dict[str, Tensor]:
        return known_of(self.density, x)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One trajectory; L evaluations of log-density and score."""
        old_log_prob, old_score = state.memory["log_prob"], state.memory["score"]
        p = noise(state.x, generator)
        kinetic = 0.5 * squares(p)
        y, log_prob, score = state.x, old_log_prob, old_score
        path = [y[:, :FOLLOWED]]
        for _ in range(self.leapfrog_steps):
            y, p, log_prob, score = leapfrog(self.density, y, p, score, self.step_size)
            path.append(y[:, :FOLLOWED])
        error = old_log_prob - log_prob + 0.5 * squares(p) - kinetic
        accepted = accepts(-error, generator)
        memory = {
            "log_prob": chosen(accepted, log_prob, old_log_prob),
            "score": chosen(accepted, score, old_score),
        }
        info = Info(self.leapfrog_steps, proposal=y, accepted=accepted, energy_error=error, path=torch.stack(path))
        return State(chosen(accepted, y, state.x), state.step + 1, self.t, memory), info


@builds("hmc")
def build(run: Setting, *, step: float, leapfrog_steps: int, **_: object) -> HMC:
    """The sampler of a scene."""
    return HMC(run.density, step, leapfrog_steps, t=run.t)
