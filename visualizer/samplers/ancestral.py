"""Ancestral sampling with the best variance: a diffusion as a variational model, at its best with few strokes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from visualizer.processes.given_data import given_data
from visualizer.samplers.base import AlongTime, Info, Setting, State, builds, noise

#: With less α/σ than this the spread of x_0 is looked at here: it changes no more, and differences would cancel.
_LEAST_SIGNAL = 0.03


@dataclass(frozen=True)
class Ancestral(AlongTime):
    """x_s = a x_t + c D(x_t) + v ε with v² = σ_Q² + c² E‖x_0 − D(x_t)‖²/d (Bao et al. 2022, Analytic-DPM,
    https://arxiv.org/abs/2201.06503), where q(x_s | x_t, x_0) = N(a x_t + c x_0, σ_Q² I).

    Of all round Gaussians this makes KL(p(x_s | x_t) ‖ p_θ) least on average. With v = σ_Q it would be DDIM with η = 1
    (Ho et al. 2020). The expectation is the mean over the particles of (σ_t²/α_t²)(d + σ_t² ∇·s) = tr Cov[x_0 | x_t].
    """

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One stroke down the grid; one evaluation of the field."""
        q, x, t_next = self.process, state.x, float(self.grid[-2 - state.step])
        now, then = ((q.alpha(t), q.sigma(t)) for t in (state.t, t_next))
        a, c, std = given_data(now, then)
        wide = math.sqrt(std**2 + c**2 * self.spread(x, *now) / self.field.d)
        new = self.field.denoise(x, *now).mul(c).add_(x, alpha=a)
        new.add_(noise(x, generator), alpha=wide)
        return State(new, state.step + 1, t_next), Info(evaluations=1)

    def spread(self, x: torch.Tensor, alpha: float, sigma: float) -> float:
        """E‖x_0 − D(x_t)‖² over the particles, in units of x²."""
        if alpha < _LEAST_SIGNAL * sigma:
            alpha = _LEAST_SIGNAL * sigma
        _, divergence = self.field.score_and_divergence(x, alpha, sigma)
        return max(0.0, (sigma / alpha) ** 2 * (self.field.d + sigma**2 * float(divergence.mean())))


@builds("ancestral")
def build(run: Setting, *, grid: str, steps: int, least_time: float, **_: object) -> Ancestral:
    """The sampler of a scene."""
    return Ancestral(run.field, run.process, run.times(grid, steps, least_time))
