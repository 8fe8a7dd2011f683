"""The exact triangular map: closed forms of Gaussians, and the distribution functions of a mixture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import ndtr

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.rosenblatt import knothe_rosenblatt
from visualizer.engine.targets import build_density
from visualizer.scene import load_scene

Z = np.random.default_rng(0).normal(size=(60, 2))


@pytest.mark.parametrize("first", [0, 1])
def test_of_a_gaussian_it_is_the_root_of_cholesky(first):
    covariance = np.array([[1.5, -0.6], [-0.6, 0.8]])
    p = GaussianMixture(torch.ones(1).double(), torch.tensor([[0.3, -1.0]]).double(), torch.tensor(covariance)[None])
    order = [first, 1 - first]
    root = np.linalg.cholesky(covariance[np.ix_(order, order)])
    wanted = (Z[:, order] @ root.T)[:, np.argsort(order)] + [0.3, -1.0]
    np.testing.assert_allclose(knothe_rosenblatt(p, Z, first), wanted, atol=0.02)


@pytest.mark.parametrize("first", [0, 1])
def test_of_a_mixture_both_distribution_functions_are_kept(first):
    p = build_density(load_scene("trapped").target)
    x = knothe_rosenblatt(p, Z, first)
    other = 1 - first
    covariance = p.covariances64
    std = covariance[:, first, first].sqrt().numpy()
    below = (p.weights64.numpy() * ndtr((x[:, first, None] - p.means64[:, first].numpy()) / std)).sum(1)
    np.testing.assert_allclose(below, ndtr(Z[:, first]), atol=2e-3)
    for place, z in zip(x, Z, strict=True):
        law = p.conditional(first, float(place[first]))
        off = (place[other] - law.means64[:, 0].numpy()) / law.variances[:, 0].sqrt().numpy()
        assert float(law.weights64.numpy() @ ndtr(off)) == pytest.approx(ndtr(z[other]), abs=0.01)


def test_draws_go_to_draws():
    p = build_density(load_scene("trapped").target)
    z = np.random.default_rng(1).normal(size=(4_000, 2))
    x = knothe_rosenblatt(p, z)
    mean, covariance = p.mean.numpy(), p.covariance.numpy()
    assert np.abs((x.mean(0) - mean) / np.sqrt(np.diag(covariance) / len(x))).max() < 4
    np.testing.assert_allclose(np.cov(x.T), covariance, atol=4 * 6 / np.sqrt(len(x)))
