"""Simulated annealing towards the target."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from visualizer.samplers.base import Aside, Info, Setting, State, UnnormalisedDensity, builds
from visualizer.samplers.mala import tempered_step
from visualizer.samplers.metropolis import known_of
from visualizer.samplers.tempering import Tempering


@dataclass(frozen=True)
class SimulatedAnnealing:
    """MALA on π_β ∝ exp(β f) q while β rises evenly from 0 to 1 over the run (Kirkpatrick et al. 1983).

    f = log p − log q, q = N(0, s² I). It begins where everything can be reached and ends at p; what it has not
    sorted out by then stays wrong.

    Args:
        density: p.
        step_size: h at β = 1; at smaller β it is h/β, and never above s².
        width: s.
        length: steps of a run.
    """

    density: UnnormalisedDensity
    step_size: float
    width: float
    length: int

    def aside(self, state: State) -> Aside:
        """Nothing."""
        return Aside()

    @property
    def steps(self) -> int | None:
        """Steps of a run."""
        return self.length

    def clock(self, step: int) -> float:
        """β of step number `step`, counted from 0."""
        return min(1.0, step / max(1, self.length - 1))

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state at β = 0; its time is β."""
        return State(x, 0, self.clock(0), known_of(self.density, x))

    def adopt(self, state: State) -> State:
        """The same particles at the same β."""
        return replace(state, memory=known_of(self.density, state.x))

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step of MALA; one evaluation of log-density and score."""
        beta = self.clock(state.step)
        h = self.step_size / max(beta, self.step_size / self.width**2)
        known = {name: v[None] for name, v in state.memory.items()}
        tempering = [Tempering(self.width, beta)]
        x, memory, accepted, y = tempered_step(self.density, state.x[None], known, tempering, [h], generator)
        info = Info(1, proposal=y[0], accepted=accepted[0], beta=beta)
        reached = {name: v[0] for name, v in memory.items()}
        return State(x[0], state.step + 1, self.clock(state.step + 1), reached), info


@builds("simulated-annealing")
def build(run: Setting, *, step: float, width: float, steps: int, **_: object) -> SimulatedAnnealing:
    """The sampler of a scene."""
    return SimulatedAnnealing(run.density, step, width, steps)
