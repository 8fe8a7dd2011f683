"""How straight a flow from noise to data is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
import torch
from torch import Tensor

from visualizer.densities import Density, Field
from visualizer.processes import Process
from visualizer.samplers import Reverse, time_grid

#: Particles that are followed, steps of the ODE, and pairs that are matched for W₂.
_PARTICLES, _STEPS, _PAIRS = 2_000, 100, 1_000


@dataclass(frozen=True)
class Straightness:
    """Of paths x_t from noise x_1 to data x_0, in units of x².

    Attributes:
        energy: ∫ E‖dx/dt‖² dt, at least W₂² of noise and data (Benamou & Brenier 2000).
        displacement: E‖x_0 − x_1‖², at most the energy, and as much where all paths are straight and even.
        least: W₂² of noise and data by matching draws, somewhat too large.
    """

    energy: float
    displacement: float
    least: float

    @property
    def excess(self) -> float:
        """S = energy/displacement − 1; 0 where all paths are straight and even (Liu, Gong & Liu 2023)."""
        return self.energy / self.displacement - 1


@torch.no_grad()
def straightness(
    field: Field, q: Process, target: Density, seed: int = 0, device: torch.device | str = "cpu"
) -> Straightness:
    """Of the probability-flow ODE along a field, by Heun in 100 even steps; time in units of t_max.

    Args:
        field: that is followed.
        q: the process, whose end is the noise.
        target: what the flow leads to, for the least.
        seed: of the noise.
        device: of the field.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = q.prior_std() * torch.randn(target.d, _PARTICLES, generator=generator)
    begun = noise.to(device)
    sampler = Reverse(field, q, time_grid("uniform", _STEPS, q.t_max), 0.0, "heun")
    state, energy = sampler.init(begun, generator), 0.0
    for _ in range(_STEPS):
        before = state.x
        state, _ = sampler.step(state, generator)
        energy += _STEPS * float((state.x - before).square().sum(0).mean())
    moved = float((state.x - begun).square().sum(0).mean())
    data = target.sample(_PAIRS, generator=generator).double()
    return Straightness(energy, moved, _matched(data, noise.T[:_PAIRS].double()))


def _matched(a: Tensor, b: Tensor) -> float:
    """The least mean of ‖a − b‖² over ways to pair rows."""
    far = torch.cdist(a, b).square().numpy()
    rows, columns = scipy.optimize.linear_sum_assignment(far)
    return float(np.mean(far[rows, columns]))
