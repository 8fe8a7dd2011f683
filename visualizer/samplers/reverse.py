"""Reverse diffusion: from noise to the target along the probability-flow ODE or a reverse SDE."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import SINGULAR_ALPHA, AlongTime, Info, Setting, State, builds, noise
from visualizer.samplers.ddim import ddim_step
from visualizer.samplers.dopri import DormandPrince

METHODS = ("euler", "heun")


@dataclass(frozen=True)
class Reverse(AlongTime):
    """dx = [f x − ½(1+λ²) g² ∇log p_t] dt + λ g dw̄, t decreasing along the grid (Song et al. 2021).

    λ = 0 is the probability-flow ODE, by Euler or Heun; λ = 1 the reverse SDE, by Euler–Maruyama;
    any λ ≥ 0 has the marginals p_t in continuous time. Where a run starts at α(t) = 0 the coefficients
    are infinite, and that one step is taken by the DDIM formula with η = min(λ, 1), its limit.
    """

    lam: float = 1.0
    method: str = "euler"

    def __post_init__(self) -> None:
        if not (self.lam >= 0 and math.isfinite(self.lam)):
            raise ValueError("reverse diffusion needs lambda ≥ 0")
        if self.method not in METHODS:
            raise ValueError(f"unknown method {self.method!r}: expected one of {', '.join(METHODS)}")
        if self.method == "heun" and self.lam != 0:
            raise ValueError("Heun's method is for the ODE: it needs lambda = 0")

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step down the grid; one evaluation of the field, or two by Heun."""
        x, t, t_next = state.x, state.t, float(self.grid[-2 - state.step])
        evaluations = 1
        if self.process.alpha(t) < SINGULAR_ALPHA:
            moved = ddim_step(self.field, self.process, x, t, t_next, min(self.lam, 1.0), generator)
        else:
            dt = t_next - t
            slope = self.slope(x, t)
            moved = x.add(slope, alpha=dt)
            if self.method == "heun":
                moved = x.add(slope.add_(self.slope(moved, t_next)), alpha=0.5 * dt)
                evaluations = 2
            elif self.lam > 0:
                scale = self.lam * math.sqrt(self.process.diffusion2(t) * -dt)
                moved.add_(noise(x, generator), alpha=scale)
        return State(moved, state.step + 1, t_next), Info(evaluations)

    def slope(self, x: Tensor, t: float) -> Tensor:
        """f x − ½(1+λ²) g² ∇log p_t(x), (d, N) → (d, N)."""
        score = self.field.score(x, self.process.alpha(t), self.process.sigma(t))
        return score.mul_(-0.5 * (1 + self.lam**2) * self.process.diffusion2(t)).add_(x, alpha=self.process.drift(t))


@builds("reverse")
def build(run: Setting, *, grid: str, steps: int, lam: float, method: str, **_: object) -> Reverse | DormandPrince:
    """The sampler of a scene; Dormand–Prince's method has a class of its own."""
    times = run.times(grid, steps)
    if method == "dopri5":
        prior_std = None if run.field.normalised else run.process.prior_std()
        return DormandPrince(run.field, run.process, times, prior_std=prior_std)
    return Reverse(run.field, run.process, times, lam, method)
