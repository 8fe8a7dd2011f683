"""Guided fields: linear in their parts, the conditional at w = 1, the tilted density's score at every level."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture, GuidedField, MixtureField
from visualizer.processes import process
from visualizer.samplers import MALA, Reverse, time_grid

W, M, V = (
    torch.tensor([0.4, 0.6]).double(),
    torch.tensor([[-0.8], [1.2]]).double(),
    torch.tensor([[[0.8]], [[0.5]]]).double(),
)
P = GaussianMixture(W, M, V)
P_Y = GaussianMixture(W[:1], M[:1], V[:1])
TRUTH, CLASS = MixtureField(P, dtype=torch.float64), MixtureField(P_Y, dtype=torch.float64)
X = torch.linspace(-3, 3, 31, dtype=torch.float64)[None]


def guided(w):
    return GuidedField(TRUTH, CLASS, TRUTH, w)


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.0), (0.8, 0.6), (1.0, 2.0)])
@pytest.mark.parametrize("w", [0.0, 0.5, 1.0, 4.0])
def test_it_is_the_score_of_the_tilted_density(alpha, sigma, w):
    """∇[(1−w) log p_t + w log p_t(· | y)] by autograd, and s + w ∇log p_t(y | x) from the responsibilities."""
    noised, noised_y = P.noised(alpha, sigma), P_Y.noised(alpha, sigma)
    leaf = X.T.clone().requires_grad_(True)
    log_tilted = (1 - w) * noised.log_prob(leaf) + w * noised_y.log_prob(leaf)
    (expected,) = torch.autograd.grad(log_tilted.sum(), leaf, retain_graph=True)
    log_prob, score = guided(w).log_prob_and_score(X, alpha, sigma)
    torch.testing.assert_close(score, expected.T, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(guided(w).score(X, alpha, sigma), score)
    offset = log_prob - log_tilted.detach()
    torch.testing.assert_close(offset, offset[:1].expand_as(offset), rtol=0, atol=1e-9)
    (by_class,) = torch.autograd.grad(noised.responsibilities(leaf)[:, 0].log().sum(), leaf)
    torch.testing.assert_close(score, TRUTH.score(X, alpha, sigma) + w * by_class.T, rtol=1e-8, atol=1e-8)
    _, divergence = guided(w).score_and_divergence(X, alpha, sigma)
    h = 1e-5
    numeric = (guided(w).score(X + h, alpha, sigma) - guided(w).score(X - h, alpha, sigma)) / (2 * h)
    torch.testing.assert_close(divergence, numeric[0], rtol=1e-5, atol=1e-6)


def test_a_weight_of_one_is_the_conditional_field_and_of_zero_none():
    for alpha, sigma in ((1.0, 0.0), (0.7, 0.7), (0.0, 1.0)):
        torch.testing.assert_close(guided(1.0).score(X, alpha, sigma), CLASS.score(X, alpha, sigma))
        torch.testing.assert_close(guided(1.0).denoise(X, alpha, sigma), CLASS.denoise(X, alpha, sigma))
        torch.testing.assert_close(guided(0.0).denoise(X, alpha, sigma), TRUTH.denoise(X, alpha, sigma))


def test_langevin_samples_the_tilted_density_and_guided_reverse_diffusion_does_not():
    """Mean of p(x)^{1−w} p(x | y)^w by quadrature, w = 4: MALA at t = 0 is within 4 standard errors, the reverse SDE far off."""
    w, n = 4.0, 4_000
    grid = torch.linspace(-8, 8, 8001, dtype=torch.float64)[:, None]
    density = torch.exp((1 - w) * P.log_prob(grid) + w * P_Y.log_prob(grid)).numpy()
    places = grid[:, 0].numpy()
    mean = np.average(places, weights=density)
    std = math.sqrt(np.average((places - mean) ** 2, weights=density))
    g = torch.Generator().manual_seed(3)
    chain = MALA(guided(w).at(1.0, 0.0), 0.3)
    state = chain.init(P_Y.sample(n, generator=g).T.contiguous(), g)
    for _ in range(150):
        state, _ = chain.step(state, g)
    assert abs(float(state.x.mean()) - mean) < 4 * std / math.sqrt(n)
    q = process("vp-cosine")
    reverse = Reverse(guided(w), q, time_grid("uniform", 400, q.t_max), 1.0)
    state = reverse.init(torch.randn(1, n, generator=g, dtype=torch.float64), g)
    for _ in range(400):
        state, _ = reverse.step(state, g)
    assert float(state.x.mean()) < mean - 20 * std / math.sqrt(n)  # further from the other class than it aims at
