"""Forward diffusion: from the target to noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import SINGULAR_ALPHA, AlongTime, Info, Setting, State, builds, moved, noise


@dataclass(frozen=True)
class Forward(AlongTime):
    """dx = [f x − ½(1−λ²) g² ∇log p_t] dt + λ g dw, t increasing; every λ has the marginals p_t.

    λ = 1 is plain noising: it needs no score, and its transition is known, so it is taken exactly,
    x' = (α'/α) x + √(σ'² − (α'/α)² σ²) ε, whatever the step (Song et al. 2021). Other λ are integrated by
    Euler–Maruyama; λ = 0 is deterministic. A step that ends where α' = 0, where f is infinite, is
    x' = α' D + σ' (√(1−λ²) ε̂ + λ ε), which has the law p_t for exact x.
    """

    lam: float = 1.0

    def clock(self, step: int) -> float:
        """The time of the grid."""
        return float(self.grid[step])

    def __post_init__(self) -> None:
        if not 0 <= self.lam <= 1:
            raise ValueError("forward diffusion needs 0 ≤ lambda ≤ 1")

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state at the first time of the grid."""
        return State(x, 0, float(self.grid[0]))

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step along the grid; no evaluation for λ = 1, else one."""
        t, t_next = state.t, float(self.grid[state.step + 1])
        if self.lam == 1.0:
            x, evaluations = self._exact(state.x, t, t_next, generator), 0
        elif self.process.alpha(t_next) < SINGULAR_ALPHA:
            x, evaluations = self._to_prior(state.x, t, t_next, generator), 1
        else:
            x, evaluations = self._euler(state.x, t, t_next, generator), 1
        return State(x, state.step + 1, t_next), Info(evaluations)

    def _exact(self, x: Tensor, t: float, t_next: float, generator: torch.Generator) -> Tensor:
        ratio = self.process.alpha(t_next) / self.process.alpha(t)
        variance = self.process.sigma(t_next) ** 2 - (ratio * self.process.sigma(t)) ** 2
        return noise(x, generator).mul_(math.sqrt(max(variance, 0.0))).add_(x, alpha=ratio)

    def _euler(self, x: Tensor, t: float, t_next: float, generator: torch.Generator) -> Tensor:
        dt, g2 = t_next - t, self.process.diffusion2(t)
        level = self.field.at(self.process.alpha(t), self.process.sigma(t))
        keep, pull = 1 + self.process.drift(t) * dt, -0.5 * (1 - self.lam**2) * g2 * dt
        return moved(level, x, generator, keep=keep, pull=pull, spread=self.lam * math.sqrt(g2 * dt))

    def _to_prior(self, x: Tensor, t: float, t_next: float, generator: torch.Generator) -> Tensor:
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        alpha_next, sigma_next = self.process.alpha(t_next), self.process.sigma(t_next)
        epsilon_hat = self.field.score(x, alpha, sigma).mul_(-sigma * sigma_next * math.sqrt(1 - self.lam**2))
        ended = epsilon_hat.add_(self.field.denoise(x, alpha, sigma), alpha=alpha_next)
        if self.lam > 0:
            ended.add_(noise(x, generator), alpha=sigma_next * self.lam)
        return ended


@builds("forward")
def build(run: Setting, *, grid: str, steps: int, least_time: float, lam: float, **_: object) -> Forward:
    """The sampler of a scene."""
    return Forward(run.field, run.process, run.times(grid, steps, least_time), lam)
