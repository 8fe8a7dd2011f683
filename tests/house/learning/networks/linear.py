"""A linear denoiser."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from visualizer.densities import Field
from visualizer.learning.networks.base import NETWORKS, Architecture, Shape
from visualizer.learning.score import LearnedScore


class Linear(nn.Module):
    """D = a α/(α² + σ²) x + b: the best where the data are N(0, I)."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.gain, self.shift = nn.Parameter(torch.full((), 0.5)), nn.Parameter(torch.zeros(d))

    def forward(self, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """(N, d), (N,), (N,) → (N, d)."""
        return self.gain * (alpha / (alpha**2 + sigma**2))[:, None] * x + self.shift


class _Predictor:
    prediction = "x0"

    def __init__(self, module: Linear, device: torch.device | str) -> None:
        self._module, self.d = module.to(device), len(module.shift)

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        level = x.new_full((x.shape[1],), alpha), x.new_full((x.shape[1],), sigma)
        return self._module(x.T, *level).T


def _field(module: Linear, ratios: tuple[float, float], device: torch.device | str, label: int | None) -> Field:
    return LearnedScore(_Predictor(module, device), ratios)


def _build(shape: Shape, generator: torch.Generator) -> Linear:
    return Linear(shape.d)


NETWORKS.add(Architecture("linear", _build, _field, lambda shape: "A linear denoiser", prediction="x0"))
