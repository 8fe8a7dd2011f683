"""What every density says of itself, against quadrature and draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture
from visualizer.engine.targets import build_density
from visualizer.scene.targets.formula import FormulaTarget
from visualizer.scene.targets.shape import ShapeTarget

T = torch.tensor


def tilted() -> GaussianMixture:
    covariances = T([[[0.9, 0.4], [0.4, 0.5]], [[0.3, -0.1], [-0.1, 0.8]]]).double()
    means = T([[-1.0, 0.5], [1.5, -0.4]], dtype=torch.float64)
    return GaussianMixture(T([0.3, 0.7]).double(), means, covariances)


@pytest.mark.parametrize(
    "density",
    [tilted(), build_density(ShapeTarget(name="banana")), build_density(FormulaTarget(log_density="-(x^2 - 4)^2/4"))],
    ids=["mixture", "shape", "formula"],
)
def test_moments_are_those_of_quadrature(density):
    bounds = density.bounds(8.0)
    n = 800 if density.d == 2 else 20_000
    axes = [a + (torch.arange(n, dtype=torch.float64) + 0.5) * (b - a) / n for a, b in bounds]
    x = torch.stack([g.ravel() for g in torch.meshgrid(*axes, indexing="ij")], 1)
    w = density.log_prob(x).exp()
    w /= w.sum()
    mean = w @ x
    covariance = (x - mean).T @ ((x - mean) * w[:, None])
    torch.testing.assert_close(density.mean, mean, rtol=0, atol=2e-3)
    torch.testing.assert_close(density.covariance, covariance, rtol=2e-3, atol=2e-3)
    assert density.standard_deviation == pytest.approx(float(covariance.diagonal().mean().sqrt()), rel=1e-3)


def test_a_density_is_a_mixture_or_on_a_grid():
    p, q = tilted(), build_density(ShapeTarget(name="banana"))
    assert p.mixture is p
    assert p.grid is None
    assert q.grid is q
    assert q.mixture is None
    assert p.least_variance == pytest.approx(float(np.linalg.eigvalsh(p.covariances.numpy()).min()))
    assert p.bandwidth**2 == pytest.approx(p.least_variance)
    assert q.bandwidth == 0.0
    assert q.noised(0.8, 0.3).noised(0.5, 0.4).bandwidth == pytest.approx(math.hypot(0.5 * 0.3, 0.4))
    assert p.peak == (1.5, -0.4)  # the heavier component's mean


def test_a_density_on_a_grid_is_known_again():
    q = build_density(ShapeTarget(name="banana"))
    assert q.noised(1.0, 0.5) == q.noised(1.0, 0.5)
    assert hash(q.noised(1.0, 0.5)) == hash(q.noised(1.0, 0.5))
    assert q.noised(1.0, 0.5) != q.noised(1.0, 0.6)
