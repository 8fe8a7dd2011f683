"""Reverse diffusion: from noise to the target along the probability-flow ODE or a reverse SDE."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import SINGULAR_ALPHA, AlongTime, Info, Setting, State, builds, moved
from visualizer.samplers.ddim import ddim_step
from visualizer.samplers.dopri import DormandPrince

METHODS = ("euler", "heun")


@dataclass(frozen=True)
class Reverse(AlongTime):
    """dx = [f x − ½(1+λ²) g² ∇log p_t] dt + λ g dw̄, t decreasing along the grid (Song et al. 2021).

    λ = 0 is the probability-flow ODE, by Euler or Heun; λ = 1 the reverse SDE, by Euler–Maruyama;
    any λ ≥ 0 has the marginals p_t in continuous time. Where a run starts at α(t) = 0 the coefficients
    are infinite, and that one step is taken by the DDIM formula with η = min(λ, 1), its limit. Heun's rule goes along
    α/σ there as long as α < ½ (after Karras et al. 2022, who choose the variable in which the path bends least).
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
        if self.method == "heun" and self._ends_at(t, t_next):
            x_next, evaluations = self._to_the_data(x, t, t_next), 2
        elif self.process.alpha(t) < (self._steep if self.method == "heun" else SINGULAR_ALPHA):
            x_next = ddim_step(self.field, self.process, x, t, t_next, min(self.lam, 1.0), generator)
            if self.method == "heun" and self.process.sigma(t_next) > 0:
                x_next, evaluations = self._corrected(x, x_next, t, t_next), 2
        elif self.method == "heun":
            dt, slope = t_next - t, self.slope(x, t)
            x_next = x.add(slope.add(self.slope(x.add(slope, alpha=dt), t_next)), alpha=0.5 * dt)
            evaluations = 2
        else:
            x_next = self._euler(x, t, t_next - t, generator)
        return State(x_next, state.step + 1, t_next), Info(evaluations)

    @property
    def _steep(self) -> float:
        """Below this α Heun's rule goes along α/σ, not t: d(ln α)/dt = −∞ at α = 0 would cost the rule its order."""
        return 0.5 if self.process.alpha(float(self.grid[-1])) < SINGULAR_ALPHA else 0.0

    def _ends_at(self, t: float, t_next: float) -> bool:
        """Whether a step passes by the least noise a network knows, and ends where there is none."""
        q = self.process
        if self.field.normalised or q.sigma(t_next) > 0 or q.alpha(t) < SINGULAR_ALPHA:
            return False
        return q.sigma(t) / q.alpha(t) > self.field.known_level(q.alpha(t_next), 0.0)[1] / q.alpha(t_next)

    def _to_the_data(self, x: Tensor, t: float, t_next: float) -> Tensor:
        """Heun's rule to σ = 0: d(x/α) = ε̂ d(σ/α) there, and ε̂ is asked where the network knows it last.

        At σ = 0 itself a network says nothing of ε̂, which is 0 for smooth densities alone.
        """
        q = self.process
        alpha, sigma = q.alpha(t), q.sigma(t)
        alpha_next, least = self.field.known_level(q.alpha(t_next), 0.0)
        noise_before = self.field.score(x, alpha, sigma).mul_(-sigma)
        met = x.div(alpha).add_(noise_before, alpha=least / alpha_next - sigma / alpha)
        noise_after = self.field.score(met.mul_(alpha_next), alpha_next, least).mul_(-least)
        mean = noise_before.add_(noise_after)
        return x.mul(alpha_next / alpha).add_(mean, alpha=-0.5 * alpha_next * sigma / alpha)

    def _euler(self, x: Tensor, t: float, dt: float, generator: torch.Generator) -> Tensor:
        q = self.process
        keep, pull = 1 + q.drift(t) * dt, -0.5 * (1 + self.lam**2) * q.diffusion2(t) * dt
        spread = self.lam * math.sqrt(q.diffusion2(t) * -dt)
        return moved(self.field.at(q.alpha(t), q.sigma(t)), x, generator, keep=keep, pull=pull, spread=spread)

    def _corrected(self, x: Tensor, met: Tensor, t: float, t_next: float) -> Tensor:
        """Heun's rule where there is little signal: d(x/σ) = D d(α/σ), so that D is the mean of those at both ends."""
        q = self.process
        alpha, sigma, alpha_next, sigma_next = q.alpha(t), q.sigma(t), q.alpha(t_next), q.sigma(t_next)
        before, after = self.field.denoise(x, alpha, sigma), self.field.denoise(met, alpha_next, sigma_next)
        shrink = sigma_next / sigma
        return x.mul(shrink).add_(before.add(after), alpha=0.5 * (alpha_next - alpha * shrink))

    def slope(self, x: Tensor, t: float) -> Tensor:
        """f x − ½(1+λ²) g² ∇log p_t(x), (d, N) → (d, N)."""
        score = self.field.score(x, self.process.alpha(t), self.process.sigma(t))
        return score.mul_(-0.5 * (1 + self.lam**2) * self.process.diffusion2(t)).add_(x, alpha=self.process.drift(t))


@builds("reverse")
def build(
    run: Setting, *, grid: str, steps: int, least_time: float, lam: float, method: str, **_: object
) -> Reverse | DormandPrince:
    """The sampler of a scene; Dormand–Prince's method has a class of its own."""
    times = run.times(grid, steps, least_time)
    if method == "dopri5":
        prior_std = None if run.field.normalised else run.process.prior_std()
        return DormandPrince(run.field, run.process, times, prior_std=prior_std)
    return Reverse(run.field, run.process, times, lam, method)
