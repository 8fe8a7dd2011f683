"""Walk–jump sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import Aside, AtLevel, Info, Setting, State, builds, noise


@dataclass(frozen=True)
class WalkJump(AtLevel):
    """Walk: y ← y + h s_σ(y) + √(2h) ε on p smoothed by σ. Jump: x̂ = y + σ² s_σ(y) = E[x | y].

    The jump never feeds back into the walk (Saremi & Hyvärinen 2019; Frey et al. 2024). The particles of a
    state are the walk; their jumps are in `Info` and, for the state before the first step, by `jump`.

    Args:
        density: p_σ, p smoothed by σ, of which only the score is asked.
        step_size: h, in units of x².
        noise_std: σ.
    """

    noise_std: float

    def known(self, x: Tensor) -> dict[str, Tensor]:
        return {"score": self.density.score(x)}

    def jump(self, state: State) -> Tensor:
        """x̂ = y + σ² s_σ(y) of every walker, (d, N)."""
        return state.x.add(state.memory["score"], alpha=self.noise_std**2)

    def aside(self, state: State) -> Aside:
        """The jumps."""
        return Aside(jumps=self.jump(state))

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step of the walk; one evaluation of the score, which serves the jump too."""
        h = self.step_size
        y = noise(state.x, generator, math.sqrt(2 * h)).add_(state.x)
        y.add_(state.memory["score"], alpha=h)
        new = State(y, state.step + 1, self.t, self.known(y))
        return new, Info(evaluations=1, jumps=self.jump(new))


@builds("walk-jump")
def build(run: Setting, *, step: float, sigma: float, **_: object) -> WalkJump:
    """The sampler of a scene."""
    return WalkJump(run.density, step, sigma, t=run.t)
