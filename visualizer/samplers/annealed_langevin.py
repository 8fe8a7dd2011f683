"""Annealed Langevin dynamics."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import Field
from visualizer.samplers.base import Aside, Info, Setting, State, builds, moved


@dataclass(frozen=True)
class AnnealedLangevin:
    """Langevin on p smoothed by σ_1 > … > σ_L, with steps h_i = h σ_i²/σ_L² (Song & Ermon 2019).

    The levels are even in log σ. Each is kept for `per_level` steps, so a run has L · `per_level` of them.

    Args:
        field: the smoothed scores.
        step_size: h, the step at the last level, in units of x².
        sigma_max, sigma_min: σ_1 and σ_L.
        levels: L.
        per_level: steps at each level.
    """

    field: Field
    step_size: float
    sigma_max: float
    sigma_min: float
    levels: int = 10
    per_level: int = 20

    def aside(self, state: State) -> Aside:
        """Nothing."""
        return Aside()

    def __post_init__(self) -> None:
        if not self.sigma_max >= self.sigma_min > 0:
            raise ValueError("annealed Langevin needs sigma_max ≥ sigma_min > 0")

    @property
    def steps(self) -> int | None:
        """Steps of a run."""
        return self.levels * self.per_level

    def clock(self, step: int) -> float:
        """σ of the level that step number `step` (from 0) is taken at; of the last one after the end."""
        i = min(step // self.per_level, self.levels - 1)
        u = i / max(1, self.levels - 1)
        return float(self.sigma_max * (self.sigma_min / self.sigma_max) ** u)

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state at the first level; its time is σ."""
        return State(x, 0, self.clock(0))

    def adopt(self, state: State) -> State:
        """The same particles at the same level."""
        return state

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step at the level of the moment; one evaluation of the score."""
        sigma = self.clock(state.step)
        h = self.step_size * (sigma / self.sigma_min) ** 2
        x = moved(self.field.at(1.0, sigma), state.x, generator, pull=h, spread=math.sqrt(2 * h))
        return State(x, state.step + 1, self.clock(state.step + 1)), Info(evaluations=1)


@builds("annealed-langevin")
def build(
    run: Setting, *, step: float, sigma_max: float, sigma_min: float, levels: int, steps_per_level: int, **_: object
) -> AnnealedLangevin:
    """The sampler of a scene."""
    return AnnealedLangevin(run.field, step, sigma_max, sigma_min, levels, steps_per_level)
