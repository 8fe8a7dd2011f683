"""The Metropolis-adjusted Langevin algorithm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from visualizer.densities import MixtureKernel
from visualizer.samplers.base import AtLevel, Info, Setting, State, UnnormalisedDensity, builds, noise
from visualizer.samplers.hmc import hamiltonian_step
from visualizer.samplers.metropolis import accepts, chosen, known_of, squares
from visualizer.samplers.tempering import Tempering


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


def tempered_step(
    density: UnnormalisedDensity,
    x: Tensor,
    memory: Mapping[str, Tensor],
    temperings: Sequence[Tempering],
    sizes: Sequence[float],
    generator: torch.Generator,
) -> tuple[Tensor, dict[str, Tensor], Tensor, Tensor]:
    """One step of MALA on replicas (R, d, N), each at a temperature and of a step size of its own.

    `memory` has log p (R, N) and its gradient (R, d, N) at x. Returns x, what to remember, what was accepted (R, N),
    and the proposals (R, d, N).
    """
    known = memory["log_prob"], memory["score"]
    if isinstance(density, MixtureKernel) and density.in_one_pass(x):
        # As above: a leapfrog step of π_β.
        kinds = [(math.sqrt(2 * h), t.beta, (1 - t.beta) / t.width**2) for h, t in zip(sizes, temperings, strict=True)]
        done, y, _ = density.hamiltonian(x, *known, kinds, (1, 0), generator)
        return done.x, {"log_prob": done.log_prob, "score": done.score}, done.accepted, y
    levels, n = len(x), x.shape[2]
    h = torch.tensor(list(sizes), dtype=x.dtype, device=x.device).repeat_interleave(n)
    log_old, score_old = known[0].reshape(-1), in_columns(known[1])
    old = in_columns(x)

    def tempered(x: Tensor, log_prob: Tensor, score: Tensor) -> tuple[Tensor, Tensor]:
        parts = zip(temperings, *(v.split(n, -1) for v in (x, log_prob, score)), strict=True)
        logs, scores = zip(*(t(*part) for t, *part in parts), strict=True)
        return torch.cat(logs), torch.cat(scores, 1)

    log_before, slope = tempered(old, log_old, score_old)
    epsilon = noise(old, generator)
    y = old + h * slope + torch.sqrt(2 * h) * epsilon
    log_prob, score = density.log_prob_and_score(y)
    log_after, slope = tempered(y, log_prob, score)
    # log q(y|x) = −|ε|²/2 and log q(x|y) = −|x − y − h s(y)|²/(4h), up to the same constant.
    back = squares(old - y - h * slope) / (4 * h)
    accepted = accepts(log_after - log_before - back + 0.5 * squares(epsilon), generator)
    reached, scores = (chosen(accepted, *v) for v in ((y, old), (score, score_old)))
    apart = {"log_prob": chosen(accepted, log_prob, log_old).view(levels, n), "score": in_replicas(scores, levels)}
    return in_replicas(reached, levels), apart, accepted.view(levels, n), in_replicas(y, levels)


def in_columns(replicas: Tensor) -> Tensor:
    """(R, d, N) → (d, R N)."""
    return replicas.movedim(1, 0).flatten(1)


def in_replicas(columns: Tensor, levels: int) -> Tensor:
    """(d, R N) → (R, d, N)."""
    return columns.view(len(columns), levels, -1).movedim(1, 0).contiguous()
