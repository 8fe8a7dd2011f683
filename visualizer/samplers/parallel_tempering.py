"""Parallel tempering."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from visualizer import fused
from visualizer.samplers.base import Aside, AtLevel, Info, Setting, State, builds
from visualizer.samplers.mala import in_columns, in_replicas, tempered_step
from visualizer.samplers.metropolis import accepts, known_of
from visualizer.samplers.tempering import Tempering


@dataclass(frozen=True)
class ParallelTempering(AtLevel):
    """Replicas at β_1 = 1 > … > β_R, each moved by MALA; neighbours try to swap after every step.

    The replica at β has the law π_β ∝ exp(β f) q, f = log p − log q, q = N(0, s² I). A swap is accepted with
    min(1, exp((β_i − β_j)(f(x_j) − f(x_i)))); even and odd pairs take turns (Swendsen & Wang 1986; Geyer
    1991). Each of the N particles has its own R replicas; shown is the one at β = 1.

    Args:
        density: p.
        step_size: h of MALA at β = 1; h/β at the others, and never above s².
        betas: β_1 … β_R, descending from 1, none below 0.
        width: s.
    """

    betas: tuple[float, ...]
    width: float

    def __post_init__(self) -> None:
        ordered = all(a > b for a, b in pairwise(self.betas))
        if len(self.betas) < 2 or self.betas[0] != 1.0 or not ordered or self.betas[-1] < 0:
            raise ValueError("parallel tempering needs at least two betas, descending from 1, none below 0")

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """All replicas of a particle start where it starts."""
        replicas = x.repeat(len(self.betas), 1, 1)
        return State(x, 0, self.t, {"replicas": replicas, **self._known(replicas)})

    def adopt(self, state: State) -> State:
        """The same replicas; what is known of the density at them is worked out again."""
        replicas = state.memory["replicas"]
        return replace(state, t=self.t, memory={"replicas": replicas, **self._known(replicas)})

    def _known(self, replicas: Tensor) -> dict[str, Tensor]:
        """log p (R, N) and its gradient (R, d, N) at replicas (R, d, N)."""
        known = known_of(self.density, in_columns(replicas))
        levels = len(self.betas)
        return {"log_prob": known["log_prob"].view(levels, -1), "score": in_replicas(known["score"], levels)}

    def aside(self, state: State) -> Aside:
        """The hotter replicas."""
        return Aside(replicas=state.memory["replicas"][1:].movedim(0, 1))

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step of MALA for every replica, then swaps; R evaluations for each particle."""
        temperings = [Tempering(self.width, beta) for beta in self.betas]
        sizes = [min(self.step_size / beta, self.width**2) if beta else self.width**2 for beta in self.betas]
        replicas = state.memory["replicas"]
        x, memory, accepted, y = tempered_step(self.density, replicas, state.memory, temperings, sizes, generator)
        swaps, shares = self.swaps(temperings[0].tilt(x, memory["log_prob"]), state.step % 2, generator)
        new = {"replicas": x, **memory}
        for values in new.values():
            exchange(values, swaps)
        info = Info(len(self.betas), proposal=y[0], accepted=accepted[0], swapped=shares)
        return State(x[0].clone(), state.step + 1, self.t, new), info

    def swaps(self, f: Tensor, parity: int, generator: torch.Generator) -> tuple[dict[int, Tensor], Tensor]:
        """Swaps of the pairs (parity, parity + 1), (parity + 2, …), … given f (R, N).

        Returns the first level of each pair that tries, with what is swapped of it, (N,) bool, and of each pair the
        share accepted, (R − 1,).
        """
        shares = torch.full((len(f) - 1,), torch.nan, dtype=f.dtype, device=f.device)
        swaps = {}
        for i in range(parity, len(f) - 1, 2):
            swaps[i] = accepts((self.betas[i] - self.betas[i + 1]) * (f[i + 1] - f[i]), generator)
            shares[i] = swaps[i].to(f.dtype).mean()
        return swaps, shares


def exchange(values: Tensor, swaps: dict[int, Tensor]) -> None:
    """Exchanges columns of neighbouring levels, (R, …, N), in place."""
    for i, swap in swaps.items():
        if fused.suits(values):
            fused.exchanged(values[i], values[i + 1], swap)
            continue
        upper = values[i].clone()
        torch.where(swap, values[i + 1], upper, out=values[i])
        torch.where(swap, upper, values[i + 1], out=values[i + 1])


@builds("parallel-tempering")
def build(
    run: Setting, *, step: float, temperatures: tuple[float, ...], width: float, **_: object
) -> ParallelTempering:
    """The sampler of a scene."""
    return ParallelTempering(run.density, step, tuple(1 / temperature for temperature in temperatures), width, t=run.t)
