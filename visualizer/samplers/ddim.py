"""DDIM and ancestral sampling: jump from one noise level to the next through the denoiser."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import Field
from visualizer.processes import Process
from visualizer.samplers.base import AlongTime, Info, Setting, State, builds, denoised


def ddim_step(
    field: Field, process: Process, x: Tensor, t: float, t_next: float, eta: float, generator: torch.Generator
) -> Tensor:
    """x' = α' D + √(σ'² − σ̃²) ε̂ + σ̃ z with σ̃ = η (σ'/σ) √(σ² − (α/α')² σ'²) (Song, Meng & Ermon 2021).

    With ε̂ = (x − α D)/σ one evaluation of the denoiser D is enough: x' = κ x + (α' − α κ) D + σ̃ z, where
    κ = √(σ'² − σ̃²)/σ. Needs σ(t) > 0 and α(t_next) > 0. α(t) = 0 is allowed, so a run may start from the prior.
    """
    alpha, sigma = process.alpha(t), process.sigma(t)
    alpha_next, sigma_next = process.alpha(t_next), process.sigma(t_next)
    ancestral = sigma_next / sigma * math.sqrt(max(sigma**2 - (alpha / alpha_next * sigma_next) ** 2, 0.0))
    spread = eta * ancestral
    keep = math.sqrt(max(sigma_next**2 - spread**2, 0.0)) / sigma
    pull = alpha_next - alpha * keep
    return denoised(field, x, (alpha, sigma), generator, keep=keep, pull=pull, spread=spread)


@dataclass(frozen=True)
class DDIM(AlongTime):
    """DDIM(η) along a decreasing grid: η = 0 is the deterministic denoising iteration, 1 ancestral sampling.

    For α = 1, σ = t and equal steps, η = 0 is x ← (1 − 1/ℓ) x + (1/ℓ) D(x).
    """

    eta: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.eta <= 1:
            raise ValueError("DDIM needs 0 ≤ eta ≤ 1")

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One jump down the grid; one evaluation of the field."""
        t_next = float(self.grid[-2 - state.step])
        x = ddim_step(self.field, self.process, state.x, state.t, t_next, self.eta, generator)
        return State(x, state.step + 1, t_next), Info(evaluations=1)


@builds("ddim")
def build(run: Setting, *, grid: str, steps: int, least_time: float, eta: float, **_: object) -> DDIM:
    """The sampler of a scene."""
    return DDIM(run.field, run.process, run.times(grid, steps, least_time), eta)
