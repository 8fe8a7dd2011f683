"""The Metropolis-adjusted Langevin algorithm."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from visualizer.samplers.base import AtLevel, Info, Setting, State, UnnormalisedDensity, builds, noise
from visualizer.samplers.hmc import hamiltonian_step
from visualizer.samplers.metropolis import accepts, chosen, known_of, squares

Temper = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class MALA(AtLevel):
    """y = x + h ∇log p(x) + √(2h) ε, taken with probability min(1, p(y) q(x|y) / (p(x) q(y|x))).

    q(y|x) = N(y; x + h ∇log p(x), 2h I). It leaves p invariant at any h (Besag 1994; Roberts & Tweedie
    1996); an acceptance near 0.574 is best in high dimension (Roberts & Rosenthal 1998).

    Args:
        density: p.
        step_size: h, in units of x².
    """

    def known(self, x: Tensor) -> dict[str, Tensor]:
        return known_of(self.density, x)

    def proposal(self, x: Tensor) -> tuple[Tensor, float]:
        """x + h ∇log p(x) and √(2h)."""
        return x + self.step_size * self.density.score(x), math.sqrt(2 * self.step_size)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal and its test; one evaluation of log-density and score."""
        # The proposal is a leapfrog step of size √(2h) with the noise for a momentum, and its test is that of HMC.
        moved, info = hamiltonian_step(self.density, state, math.sqrt(2 * self.step_size), 1, generator)
        return moved, replace(info, energy_error=None, path=None)


@builds("mala")
def build(run: Setting, *, step: float, **_: object) -> MALA:
    """The sampler of a scene."""
    return MALA(run.density, step, t=run.t)


def mala_step(
    density: UnnormalisedDensity,
    x: Tensor,
    memory: Mapping[str, Tensor],
    h: float | Tensor,
    generator: torch.Generator,
    temper: Temper,
) -> tuple[Tensor, dict[str, Tensor], Tensor, Tensor]:
    """One step of MALA on columns; h a number, or one for each column.

    `memory` has log p and its gradient at x. `temper` makes of x, log p(x) and ∇log p(x) the log-density that is
    sampled, and its gradient. Returns x, what to remember, what was accepted, and the proposal.
    """
    log_old, score_old = temper(x, memory["log_prob"], memory["score"])
    root = math.sqrt(2 * h) if isinstance(h, float | int) else torch.sqrt(2 * h)
    epsilon = noise(x, generator)
    y = x + h * score_old + root * epsilon
    log_prob, score = density.log_prob_and_score(y)
    log_new, score_new = temper(y, log_prob, score)
    # log q(y|x) = −|ε|²/2 and log q(x|y) = −|x − y − h s(y)|²/(4h), up to the same constant.
    back = squares(x - y - h * score_new) / (4 * h)
    accepted = accepts(log_new - log_old - back + 0.5 * squares(epsilon), generator)
    known = {
        "log_prob": chosen(accepted, log_prob, memory["log_prob"]),
        "score": chosen(accepted, score, memory["score"]),
    }
    return chosen(accepted, y, x), known, accepted, y
