"""Predictor–corrector sampling of the reverse SDE."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from visualizer.samplers.base import AlongTime, Info, Setting, State, builds, noise
from visualizer.samplers.metropolis import squares
from visualizer.samplers.reverse import Reverse


@dataclass(frozen=True)
class PredictorCorrector(AlongTime):
    """A step of the reverse SDE, then C steps of Langevin on p_t at the new time (Song et al. 2021).

    The corrector is x ← x + h s + √(2h) ε with h = 2 (r |ε|/|s|)², both norms averaged over the particles; r is the
    signal-to-noise ratio of a step. (The paper's further factor α_t, for discrete VP chains, is left out.) None
    runs at t = 0: the step is not small there.

    Args:
        field, process, grid: as of `Reverse`.
        corrections: C.
        snr: r.
    """

    corrections: int = 1
    snr: float = 0.16

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One prediction and C corrections; 1 + C evaluations of the score."""
        state, _ = Reverse(self.field, self.process, self.grid, 1.0).step(state, generator)
        if state.t == 0:
            return state, Info(evaluations=1)
        x, alpha, sigma = state.x, self.process.alpha(state.t), self.process.sigma(state.t)
        for _ in range(self.corrections):
            score = self.field.score(x, alpha, sigma)
            epsilon = noise(x, generator)
            sizes = (squares(v).sqrt_().mean() for v in (epsilon, score))
            h = 2 * (self.snr * next(sizes) / next(sizes).clamp_min(1e-12)) ** 2
            x = x + h * score + torch.sqrt(2 * h) * epsilon
        return State(x, state.step, state.t), Info(evaluations=1 + self.corrections)


@builds("predictor-corrector")
def build(
    run: Setting, *, grid: str, steps: int, least_time: float, corrections: int, snr: float, **_: object
) -> PredictorCorrector:
    """The sampler of a scene."""
    return PredictorCorrector(run.field, run.process, run.times(grid, steps, least_time), corrections, snr)
