"""The unadjusted Langevin algorithm."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import Field
from visualizer.samplers.base import Info, State, noise


@dataclass(frozen=True)
class Langevin:
    """x ← x + h ∇log p_t(x) + √(2h) ε, at a fixed noise level (Roberts & Tweedie 1996, ULA).

    With Δt = 2h the same step reads x + (Δt/2) ∇log p_t(x) + √Δt ε. On N(0, τ²) its stationary
    variance is τ²/(1 − h/(2τ²)), and it diverges for h ≥ 2τ².

    Args:
        field: the score field.
        step_size: h, in units of x².
        alpha, sigma: the noise level it runs at; (1, 0) is the target itself.
        t: the time that noise level belongs to, carried along in the state.
    """

    field: Field
    step_size: float
    alpha: float = 1.0
    sigma: float = 0.0
    t: float = 0.0
    steps: int | None = None

    def init(self, x: Tensor) -> State:
        """The state before the first step."""
        return State(x, 0, self.t)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step; one evaluation of the score."""
        h = self.step_size
        x = noise(state.x, generator, math.sqrt(2 * h)).add_(state.x)
        x.add_(self.field.score(state.x, self.alpha, self.sigma), alpha=h)
        return State(x, state.step + 1, self.t), Info(evaluations=1)
