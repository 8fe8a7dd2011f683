"""What a notebook does."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from visualizer.densities import GaussianMixture


def mixture(k: int, seed: int = 0) -> GaussianMixture:
    """k full covariances, moderate in every way."""
    g = torch.Generator().manual_seed(seed)
    factor = 0.5 * torch.randn(k, 2, 2, generator=g)
    cov = factor @ factor.mT + 0.1 * torch.eye(2)
    return GaussianMixture(torch.rand(k, generator=g) + 0.1, 2 * torch.randn(k, 2, generator=g), cov)


class Notebook:
    """torch.distributions and autograd."""

    def __init__(self, p: GaussianMixture) -> None:
        parts = torch.distributions.MultivariateNormal(p.means, p.covariances, validate_args=False)
        weights = torch.distributions.Categorical(p.weights, validate_args=False)
        self.p = torch.distributions.MixtureSameFamily(weights, parts, validate_args=False)

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """By automatic differentiation."""
        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            log_prob = self.p.log_prob(x)
            return log_prob.detach(), torch.autograd.grad(log_prob.sum(), x)[0]

    def step(self, x: Tensor, h: float, generator: torch.Generator) -> Tensor:
        """One step of Langevin."""
        noise = torch.empty_like(x).normal_(generator=generator)
        return x + h * self.log_prob_and_score(x)[1] + math.sqrt(2 * h) * noise


def parzen_score(points: Tensor, bandwidth: float, x: Tensor) -> Tensor:
    """Softmax and matmul over all points, (N, d)."""
    logits = (x @ points.T - 0.5 * points.square().sum(1)) / bandwidth**2
    return (torch.softmax(logits, 1) @ points - x) / bandwidth**2
