"""DPM-Solver++(2M)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from visualizer.samplers.base import SINGULAR_ALPHA, AlongTime, Info, Setting, State, builds


@dataclass(frozen=True)
class DPMSolver(AlongTime):
    """x' = (σ'/σ) x − α' (e^{−h} − 1) D̄, D̄ = (1 + 1/(2r)) D − 1/(2r) D₋, h = λ' − λ, r = (λ − λ₋)/h.

    λ = ln(α/σ), D the denoiser now and D₋ the one of the step before (Lu et al. 2022, multistep, second order for
    the probability-flow ODE). Steps from α = 0, steps to σ = 0 and the first one, where λ is infinite or D₋ is
    not there, are of first order: D̄ = D, which is DDIM at η = 0.

    Args:
        field, process, grid: as of `Reverse`.
    """

    def _log_snr(self, t: float) -> float:
        """λ(t) = ln(α/σ), ±inf at the ends where α or σ is 0."""
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        if alpha < SINGULAR_ALPHA:
            return -math.inf
        return math.inf if sigma == 0 else math.log(alpha / sigma)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step down the grid; one evaluation of the denoiser."""
        t, t_next = state.t, float(self.grid[-2 - state.step])
        q = self.process
        clean = self.field.denoise(state.x, q.alpha(t), q.sigma(t))
        before, now, after = self._log_snr(self._previous(state.step)), self._log_snr(t), self._log_snr(t_next)
        mixed = clean
        if "clean" in state.memory and all(map(math.isfinite, (before, now, after))):
            weight = (after - now) / (2 * (now - before))
            mixed = clean.mul(1 + weight).sub_(state.memory["clean"], alpha=weight)
        # −α'(e^{−h} − 1) = α' − σ' α/σ, which is finite at both ends.
        factor = q.alpha(t_next) - q.sigma(t_next) * q.alpha(t) / q.sigma(t)
        x = state.x.mul(q.sigma(t_next) / q.sigma(t)).add_(mixed, alpha=factor)
        return State(x, state.step + 1, t_next, {"clean": clean}), Info(evaluations=1)

    def _previous(self, step: int) -> float:
        """The time before the present one (the present one itself at the start)."""
        return float(self.grid[min(len(self.grid) - 1, len(self.grid) - step)])


@builds("dpm-solver++")
def build(run: Setting, *, grid: str, steps: int, least_time: float, **_: object) -> DPMSolver:
    """The sampler of a scene."""
    return DPMSolver(run.field, run.process, run.times(grid, steps, least_time))
