"""Schrödinger bridges: LightSB against the closed form between Gaussians."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from visualizer.densities import GaussianMixture
from visualizer.learning import GenerativeNet, Plan, Shape, train
from visualizer.learning.networks.base import weights_of
from visualizer.processes import process

MEAN = torch.tensor([0.7, -0.4], dtype=torch.float64)
B = torch.tensor([[2.0, 0.6], [0.6, 0.5]], dtype=torch.float64)
EYE = torch.eye(2, dtype=torch.float64)


def shape(epsilon=0.8, d=2, **more):
    sizes = {"width": 1, "depth": 1, "components": 1, "rank": 1, "scale": 1.0}
    return Shape(**{"architecture": "bridge", "d": d, "prediction": "x0", "epsilon": epsilon, **sizes, **more})


def root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.sqrt()) @ vectors.T


def closed_form(epsilon):
    """The cross-covariance C = ½((4B + ε²I)^½ − εI) of the bridge from N(0, I) to N(m, B), as a network with S = C."""
    cross = 0.5 * (root(4 * B + epsilon**2 * EYE) - epsilon * EYE)
    net = shape(epsilon).build(torch.Generator()).double().requires_grad_(False)
    lower = torch.linalg.cholesky(cross)
    net.means.copy_(MEAN[None])
    net.log_diagonal.copy_(lower.diagonal().log()[None])
    net.below.copy_(lower[1, :1][None])
    return net, cross


@pytest.mark.parametrize("epsilon", [0.05, 0.8, 10.0])
def test_the_bridge_between_gaussians_is_the_closed_form(epsilon):
    """The off-diagonal block of the joint precision is −I/ε, and the law that it leads to is N(m, B)."""
    net, cross = closed_form(epsilon)
    torch.testing.assert_close(net.spreads[0], cross, atol=1e-12, rtol=0)
    joint = torch.cat([torch.cat([EYE, cross], 1), torch.cat([cross.T, cross @ cross.T + epsilon * cross], 1)])
    torch.testing.assert_close(joint[2:, 2:], B, atol=1e-12, rtol=0)
    torch.testing.assert_close(torch.linalg.inv(joint)[:2, 2:], -EYE / epsilon, atol=1e-9, rtol=1e-9)
    _, means, covariance = net.ends(torch.tensor([[0.3, 1.1]], dtype=torch.float64), 0.0)
    torch.testing.assert_close(
        means[0, 0], MEAN + cross @ torch.tensor([0.3, 1.1], dtype=torch.float64), atol=1e-12, rtol=0
    )
    torch.testing.assert_close(covariance[0], epsilon * cross, atol=1e-12, rtol=0)


def test_its_density_is_that_of_the_end():
    net, _ = closed_form(0.8)
    x = torch.randn(200, 2, generator=torch.Generator().manual_seed(0)).double()
    wanted = stats.multivariate_normal(MEAN.numpy(), B.numpy()).logpdf(x.numpy())
    np.testing.assert_allclose(net.log_prob(x).numpy(), wanted, atol=1e-3)  # 1e-8 where p is above 1e-8


@pytest.mark.parametrize("strokes", [1, 2, 16])
def test_any_number_of_strokes_gives_the_same_law(strokes):
    """Mean and covariance at the end, and half way: (1−τ)²I + τ²B + τ(1−τ)(C + Cᵀ + εI)."""
    epsilon, n = 0.8, 100_000
    net, cross = closed_form(epsilon)
    net.strokes = strokes
    g = torch.Generator().manual_seed(0)
    x = net.begin(torch.randn(n, 2, generator=g).double())
    for k in range(strokes):
        x = net.stroke(x, k, g)
        tau = (k + 1) / strokes
        wanted = (1 - tau) ** 2 * EYE + tau**2 * B + tau * (1 - tau) * (2 * cross + epsilon * EYE)
        off = x - tau * MEAN
        spread = (wanted.diagonal()[:, None] * wanted.diagonal() + wanted.square()).sqrt()
        assert ((off.T @ off / n - wanted).abs() < 4 * spread / math.sqrt(n)).all()
        assert (off.mean(0).abs() < 4 * (wanted.diagonal() / n).sqrt()).all()


def test_the_drift_is_doobs():
    """b = (E[x_b | x_τ] − x_τ)/(1 − τ), where x_τ and x_b are jointly Gaussian."""
    epsilon, tau = 0.8, 0.25
    net, cross = closed_form(epsilon)
    net.strokes = 4
    x = torch.randn(30, 2, generator=torch.Generator().manual_seed(0)).double()
    own = (1 - tau) ** 2 * EYE + tau**2 * B + tau * (1 - tau) * (2 * cross + epsilon * EYE)
    with_end = (1 - tau) * cross + tau * B
    end = MEAN + (x - tau * MEAN) @ (torch.linalg.inv(own) @ with_end)
    wanted = x + 0.25 * (end - x) / (1 - tau)
    torch.testing.assert_close(net.carry(x, 1), wanted, atol=1e-10, rtol=0)


def test_without_noise_it_is_optimal_transport():
    """E|x_b − x_a|² → W₂² = |m|² + tr(I + B − 2 B^½)."""
    _, cross = closed_form(1e-2)
    cost = float(MEAN.square().sum() + torch.trace(EYE + B - 2 * cross))
    wanted = float(MEAN.square().sum() + torch.trace(EYE + B - 2 * root(B)))
    assert wanted < cost < wanted + 2 * 1e-2 + 1e-6  # tr C falls short of tr B^½ by ε/2 a dimension


def test_training_finds_the_closed_form():
    p = GaussianMixture(torch.ones(1).double(), MEAN[None], B[None])
    plan = Plan(shape(), "schroedinger-bridge", steps=600, batch=1024, rate=2e-2)
    *_, end = train(plan, p, process("vp-cosine"), every=600)
    _, cross = closed_form(0.8)
    torch.testing.assert_close(end.net.module.spreads[0].double(), cross, atol=0.05, rtol=0)
    assert end.net.strokes is None


def test_a_source_of_its_own_is_begun_at():
    means = torch.tensor([[-3.0, 0.0], [3.0, 1.0]]).double()
    source = GaussianMixture(torch.tensor([0.25, 0.75]).double(), means, 0.1 * torch.stack([EYE, EYE]))
    p = GaussianMixture(torch.ones(1).double(), MEAN[None], B[None])
    plan = Plan(shape(epsilon=1.0, source=True), "schroedinger-bridge", steps=1, batch=64, source=source)
    *_, end = train(plan, p, process("vp-cosine"))
    net = end.net.module
    assert (net.latent, net.inputs) == (0, 2)
    z = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
    x = net.begin(z).double()
    n = 16_384  # points that it is known by
    assert (x.mean(0) - source.mean).abs().max() < 4 * float(source.covariance.diagonal().max().sqrt()) * 2 / math.sqrt(
        n
    )
    assert (x[:, 0] > 0).double().mean() == pytest.approx(0.75, abs=4 * 2 * math.sqrt(0.75 * 0.25 / n))
    value = GenerativeNet(end.net.shape, weights_of(net))
    assert value.sample(10, torch.Generator().manual_seed(0), 3).shape == (2, 10)
