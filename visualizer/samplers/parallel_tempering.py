"""Parallel tempering."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from visualizer.samplers.base import Aside, AtLevel, Info, Setting, State, builds
from visualizer.samplers.mala import mala_step
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
        replicas = x.repeat(1, len(self.betas))
        return State(x, 0, self.t, {"replicas": replicas, **known_of(self.density, replicas)})

    def adopt(self, state: State) -> State:
        """The same replicas; what is known of the density at them is worked out again."""
        replicas = state.memory["replicas"]
        return replace(state, t=self.t, memory={"replicas": replicas, **known_of(self.density, replicas)})

    def aside(self, state: State) -> Aside:
        """The hotter replicas."""
        n = state.x.shape[1]
        return Aside(replicas=state.memory["replicas"][:, n:].unflatten(1, (len(self.betas) - 1, n)))

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step of MALA for every replica, then swaps; R evaluations for each particle."""
        n, levels = state.x.shape[1], len(self.betas)
        beta = torch.tensor(self.betas, dtype=state.x.dtype, device=state.x.device)
        h = (self.step_size / beta).clamp(max=self.width**2).repeat_interleave(n)
        tempering = Tempering(self.width, beta.repeat_interleave(n))
        x, memory, accepted, y = mala_step(
            self.density, state.memory["replicas"], state.memory, h, generator, tempering
        )
        f = tempering.tilt(x, memory["log_prob"]).view(levels, n)
        source, shares = self.swaps(f, state.step % 2, generator)
        new = {
            "replicas": x.index_select(1, source),
            "log_prob": memory["log_prob"].index_select(0, source),
            "score": memory["score"].index_select(1, source),
        }
        info = Info(levels, proposal=y[:, :n], accepted=accepted[:n], swapped=shares)
        return State(new["replicas"][:, :n].contiguous(), state.step + 1, self.t, new), info

    def swaps(self, f: Tensor, parity: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Swaps of the pairs (parity, parity + 1), (parity + 2, …), … given f (R, N).

        Returns where each replica comes from, (R·N,), and of each pair the share accepted, (R − 1,).
        """
        levels, n = f.shape
        source = torch.arange(levels * n, device=f.device).view(levels, n)
        shares = torch.full((levels - 1,), torch.nan, dtype=f.dtype, device=f.device)
        for i in range(parity, levels - 1, 2):
            swap = accepts((self.betas[i] - self.betas[i + 1]) * (f[i + 1] - f[i]), generator)
            upper, lower = source[i].clone(), source[i + 1].clone()
            source[i], source[i + 1] = torch.where(swap, lower, upper), torch.where(swap, upper, lower)
            shares[i] = swap.to(f.dtype).mean()
        return source.view(-1), shares


@builds("parallel-tempering")
def build(
    run: Setting, *, step: float, temperatures: tuple[float, ...], width: float, **_: object
) -> ParallelTempering:
    """The sampler of a scene."""
    return ParallelTempering(run.density, step, tuple(1 / temperature for temperature in temperatures), width, t=run.t)
