"""Known points in any number of dimensions: their noised law, its score and its denoiser."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from visualizer.densities import GuidedField, MixtureField, Points
from visualizer.densities.gaussian_mixture import GaussianMixture


@pytest.fixture
def points():
    return Points(torch.randn(7, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64))


def columns(n, d=5):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(2), dtype=torch.float64).T.contiguous()


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.4), (0.6, 0.8)])
def test_the_noised_law_is_torchs_and_score_and_divergence_are_its_derivatives(points, alpha, sigma):
    law = MixtureSameFamily(
        Categorical(torch.ones(7, dtype=torch.float64)), Independent(Normal(alpha * points.rows, sigma), 1)
    )
    x = columns(4)
    log_prob, score = points.log_prob_and_score(x, alpha, sigma)
    torch.testing.assert_close(log_prob, law.log_prob(x.T))
    with torch.enable_grad():
        leaf = x.T.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(law.log_prob(leaf).sum(), leaf, create_graph=True)
        trace = sum(torch.autograd.grad(gradient[:, i].sum(), leaf, retain_graph=True)[0][:, i] for i in range(5))
    torch.testing.assert_close(score, gradient.detach().T)
    again, divergence = points.score_and_divergence(x, alpha, sigma)
    torch.testing.assert_close(again, score)
    torch.testing.assert_close(divergence, trace)
    torch.testing.assert_close(points.at(alpha, sigma).score(x), score)
    torch.testing.assert_close(points.denoise(x, alpha, sigma), (x + sigma**2 * score) / alpha)


def test_in_the_plane_it_is_the_field_of_a_mixture_without_width():
    rows = torch.tensor([[0.0, 0.0], [1.0, 2.0], [-2.0, 1.0]])
    mixture = GaussianMixture(torch.ones(3), rows, 1e-8 * torch.eye(2).expand(3, 2, 2))
    x = columns(50, 2).float()
    torch.testing.assert_close(
        Points(rows).denoise(x, 1.0, 0.5), MixtureField(mixture).denoise(x, 1.0, 0.5), atol=1e-5, rtol=1e-4
    )


def test_little_noise_leads_to_the_nearest_point_and_much_to_the_mean(points):
    x = points.rows.T + 1e-3
    torch.testing.assert_close(points.denoise(x, 1.0, 0.01), points.rows.T, atol=1e-6, rtol=0)
    torch.testing.assert_close(
        points.denoise(x, 1.0, 1e4), points.rows.mean(0)[:, None].expand(5, 7), atol=1e-6, rtol=0
    )


def test_draws_are_the_points_each_as_often(points):
    n = 70_000
    x, which = points.sample_with_components(n, generator=torch.Generator().manual_seed(3))
    assert torch.equal(x, points.rows[which])
    share = torch.bincount(which, minlength=7) / n
    assert float((share - 1 / 7).abs().max()) < 4 * math.sqrt(1 / 7 * 6 / 7 / n)
    assert points.standard_deviation == pytest.approx(float(points.rows.var(0, correction=0).mean().sqrt()))
    assert points.to(dtype=torch.float32).rows.dtype == torch.float32


def test_points_of_a_class_push_the_others(points):
    part = Points(points.rows[:2])
    field = GuidedField(points, part, points, 1.0)
    x = columns(3)
    torch.testing.assert_close(field.at(1.0, 0.5).score(x), part.score(x, 1.0, 0.5))
