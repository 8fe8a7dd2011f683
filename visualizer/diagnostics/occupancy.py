"""Mode occupancy: which share of the particles belongs to which component."""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer.densities import MixtureKernel


def occupancy(kernel: MixtureKernel, x: Tensor) -> Tensor:
    """Share of the columns x (d, N) whose most responsible component is k, (K,) float64, summing to 1.

    For well separated components exact samples give the weights π, up to √(π(1−π)/N).
    """
    counts = torch.bincount(kernel.nearest(x), minlength=kernel.K)
    return counts.to(torch.float64) / x.shape[1]
