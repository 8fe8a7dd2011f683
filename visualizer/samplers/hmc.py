"""Hamiltonian Monte Carlo."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer import fused
from visualizer.densities import MixtureKernel
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
    half = _along(p, score, h / 2)
    x = _along(x, half, h)
    log_prob, score = density.log_prob_and_score(x)
    return x, _along(half, score, h / 2), log_prob, score


def _along(x: Tensor, v: Tensor, h: float | Tensor) -> Tensor:
    """x + h v, in one operation."""
    return torch.addcmul(x, v, h) if isinstance(h, Tensor) else torch.add(x, v, alpha=h)


def leapfrogs(
    density: UnnormalisedDensity, x: Tensor, p: Tensor, score: Tensor, h: float, steps: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The same after several of them, and the way of the particles that are followed, (steps, d, M)."""
    path = []
    log_prob = p  # there is at least one step
    for _ in range(steps):
        x, p, log_prob, score = leapfrog(density, x, p, score, h)
        path.append(x[None, :, :FOLLOWED])
    return x, p, log_prob, score, torch.cat(path)


def hamiltonian_step(
    density: UnnormalisedDensity, state: State, h: float, steps: int, generator: torch.Generator
) -> tuple[State, Info]:
    """A fresh momentum, leapfrog steps, and the test of where they end."""
    x, known = state.x, (state.memory["log_prob"], state.memory["score"])
    start = x[None, :, :FOLLOWED]
    if isinstance(density, MixtureKernel) and density.in_one_pass(x):
        columns, kinds = (x[None], known[0][None], known[1][None]), ((h, 1.0, 0.0),)
        tried, y, way = density.hamiltonian(*columns, kinds, (steps, start.shape[2]), generator)
        done, y = fused.Tried(*(v[0] for v in tried)), y[0]
    else:
        p = noise(x, generator)
        y, p_end, *found, way = leapfrogs(density, x, p, known[1], h, steps)
        test = _at_once if fused.suits(x) else _in_turn
        done = test(x, y, known, (found[0], found[1]), (p, p_end), generator)
    path = torch.cat([start, way])
    info = Info(steps, proposal=y, accepted=done.accepted, energy_error=done.error, path=path)
    return State(done.x, state.step + 1, state.t, {"log_prob": done.log_prob, "score": done.score}), info


Both = tuple[Tensor, Tensor]


def _at_once(x: Tensor, y: Tensor, known: Both, found: Both, momenta: Both, generator: torch.Generator) -> fused.Tried:
    return fused.tested(x, y, known, found, momenta, noise(torch.empty(2, x.shape[1]), generator))


def _in_turn(x: Tensor, y: Tensor, known: Both, found: Both, momenta: Both, generator: torch.Generator) -> fused.Tried:
    error = known[0] - found[0] + 0.5 * (squares(momenta[1]) - squares(momenta[0]))
    accepted = accepts(-error, generator)
    log_prob, score = (chosen(accepted, b, a) for a, b in zip(known, found, strict=True))
    return fused.Tried(chosen(accepted, y, x), log_prob, score, accepted, error)


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
        return hamiltonian_step(self.density, state, self.step_size, self.leapfrog_steps, generator)


@builds("hmc")
def build(run: Setting, *, step: float, leapfrog_steps: int, **_: object) -> HMC:
    """The sampler of a scene."""
    return HMC(run.density, step, leapfrog_steps, t=run.t)
