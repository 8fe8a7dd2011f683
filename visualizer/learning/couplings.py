"""Which noise goes with which data in flow matching: chosen apart, the nearest within a batch, or by a flow."""

from __future__ import annotations

from typing import Literal

import scipy
import torch
from torch import Tensor

from visualizer.densities import Density, exact_field
from visualizer.processes import Process
from visualizer.samplers import Reverse, ran, time_grid

Coupling = Literal["independent", "minibatch-ot", "reflow"]
#: Pairs that are matched together: the time of a matching grows with their cube.
_TOGETHER = 256
#: Pairs that a flow makes, and its steps.
PAIRS, _STEPS = 50_000, 100


def matched(x0: Tensor, noise: Tensor) -> Tensor:
    """The rows of `noise` in the order that makes Σ |x0 − noise|² least within every 256 rows, (N, d).

    Minibatch optimal transport (Tong et al. 2024, https://arxiv.org/abs/2302.00482; Pooladian et al. 2023). In one
    dimension the best order is the sorted one.
    """
    if x0.shape[1] == 1:
        out = torch.empty_like(noise)
        out[x0[:, 0].argsort()] = noise[noise[:, 0].argsort()]
        return out
    parts = []
    for a, b in zip(x0.split(_TOGETHER), noise.split(_TOGETHER), strict=True):
        _, order = scipy.optimize.linear_sum_assignment(torch.cdist(a, b).square().numpy())
        parts.append(b[torch.from_numpy(order)])
    return torch.cat(parts)


@torch.no_grad()
def flowed(target: Density, process: Process, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pairs (x_0, ε), (N, d) each: where the exact probability-flow ODE takes each noise, by Heun's method.

    Rectified flow (Liu, Gong & Liu 2023, https://arxiv.org/abs/2209.03003) learns straight ways between such pairs.
    """
    noise = torch.randn(count, target.d, generator=generator)
    grid = time_grid("uniform", _STEPS, process.t_max)
    sampler = Reverse(exact_field(target), process, grid, 0.0, "heun")
    x = ran(sampler, (process.sigma(process.t_max) * noise).T.contiguous(), _STEPS, generator)
    return x.T.contiguous(), noise
