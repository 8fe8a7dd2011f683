"""Predictor–corrector sampling of the reverse SDE."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Field
from visualizer.processes import Process
from visualizer.samplers.base import AlongTime, Info, State, noise
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

    field: Field
    process: Process
    grid: NDArray[np.float64]
    corrections: int = 1
    snr: float = 0.16
    steps: int | None = dataclass_field(init=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", len(self.grid) - 1)

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state at the last time of the process."""
        return State(x, 0, float(self.grid[-1]))

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One prediction and C corrections; 1 + C evaluations of the score."""
        state, _ = Reverse(self.field, self.process, self.grid, 1.0).step(state, generator)
        if state.t == 0:
            return state, Info(evaluations=1)
        x, alpha, sigma = state.x, self.process.alpha(state.t), self.process.sigma(state.t)
        for _ in range(self.corrections):
            score = self.field.score(x, alpha, sigma)
            epsilon = noise(x, generator)
            sizes = (torch.linalg.vector_norm(v, dim=0).mean() for v in (epsilon, score))
            h = 2 * (self.snr * next(sizes) / next(sizes).clamp_min(1e-12)) ** 2
            x = x + h * score + torch.sqrt(2 * h) * epsilon
        return State(x, state.step, state.t), Info(evaluations=1 + self.corrections)
