"""Entropic optimal transport on the line: closed forms of Gaussians, and the sorted map as ε goes to 0."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.diagnostics.sinkhorn import sinkhorn


def gaussian(mean, std, n=301, reach=7.0):
    x = np.linspace(mean - reach * std, mean + reach * std, n)
    p = np.exp(-0.5 * ((x - mean) / std) ** 2)
    return x, p / p.sum()


@pytest.mark.parametrize(("s", "epsilon"), [(1.0, 0.5), (0.6, 1.0), (2.0, 2.0)])
def test_between_gaussians_covariance_and_precision_are_known(s, epsilon):
    """c = (√(ε² + 4 σ₁² σ₂²) − ε)/2, so the precision is −1/ε off the diagonal; I = −½ ln(1 − c²/σ₁²σ₂²)."""
    (x, p), (y, q) = gaussian(0.3, 1.0), gaussian(-0.5, s)
    found = sinkhorn(x, p, y, q, epsilon)
    assert found.off < 1e-8
    np.testing.assert_allclose(found.plan.sum(0), q, atol=1e-8)
    mean = [found.plan.sum(1) @ x, found.plan.sum(0) @ y]
    covariance = float((found.plan * np.outer(x - mean[0], y - mean[1])).sum())
    wanted = 0.5 * (np.sqrt(epsilon**2 + 4 * s**2) - epsilon)
    assert covariance == pytest.approx(wanted, abs=1e-6)
    matrix = np.linalg.inv([[1.0, covariance], [covariance, s**2]])
    assert matrix[0, 1] == pytest.approx(-1 / epsilon, rel=1e-5)
    assert found.information == pytest.approx(-0.5 * np.log(1 - wanted**2 / s**2), abs=1e-5)
    assert found.cost == pytest.approx(0.8**2 + 1 + s**2 - 2 * wanted, abs=1e-5)
    inner = np.abs(x - 0.3) < 3
    np.testing.assert_allclose(found.mean[inner], -0.5 + wanted * (x[inner] - 0.3), atol=1e-5)


def test_with_little_noise_it_is_the_sorted_map_and_with_much_none():
    (x, p), (y, q) = gaussian(0.0, 1.0), gaussian(1.0, 0.5)
    little = sinkhorn(x, p, y, q, 0.01)
    inner = np.abs(x) < 2.5
    np.testing.assert_allclose(little.mean[inner], 1 + 0.5 * x[inner], atol=0.02)  # by ε it is 0.495 x
    assert little.cost == pytest.approx(1 + 0.25, abs=0.011)  # W₂² + ε to first order
    much = sinkhorn(x, p, y, q, 500.0)
    np.testing.assert_allclose(much.plan, np.outer(p, q), atol=1e-6)
    assert much.information < 1e-5


def test_what_is_no_noise_is_refused():
    x, p = gaussian(0, 1)
    with pytest.raises(ValueError, match="positive"):
        sinkhorn(x, p, x, p, 0.0)
