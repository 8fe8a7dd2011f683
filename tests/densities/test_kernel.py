"""The engine's kernel against the float64 mixture, in both forms and on nasty parameters."""

from __future__ import annotations

import pytest
import torch

from tests.densities.test_gaussian_mixture import mixture, random_mixture
from visualizer.densities import GaussianMixture, MixtureKernel
from visualizer.densities.attention import AttentionTable


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.0), (0.6, 0.8), (0.0, 1.0)])
def test_kernel_agrees_with_the_float64_mixture(d, alpha, sigma):
    p = random_mixture(6, d, seed=20 + d)
    x = 3 * torch.randn(d, 5000, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    kernel = MixtureKernel(p, alpha, sigma)
    q = p.noised(alpha, sigma)
    log_prob, score = kernel.log_prob_and_score(x)
    torch.testing.assert_close(log_prob, q.log_prob(x.T), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(score, q.score(x.T).T, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(kernel.score(x), score)
    torch.testing.assert_close(kernel.denoise(x), p.denoise(x.T, alpha, sigma).T, rtol=1e-9, atol=1e-9)
    assert torch.equal(kernel.nearest(x), q.responsibilities(x.T).argmax(1))


def test_float32_error_on_nasty_mixtures_is_within_its_bound(reference):
    """Rounding x alone moves the score by ε|x|/σ_min². The bound is 8 of that, and 1e-5 of the score's scale."""
    p = mixture(reference["nasty"])
    x = p.sample(20_000, generator=torch.Generator().manual_seed(5)).T.float()
    score = MixtureKernel(p, dtype=torch.float32).score(x).double()
    truth = p.score(x.T.double()).T
    log_prob = MixtureKernel(p, dtype=torch.float32).log_prob(x).double()
    smallest = float(p.variances.min())
    eps = torch.finfo(torch.float32).eps
    bound = 8 * eps * float(x.abs().max()) / smallest + 1e-5 / smallest**0.5
    assert float((score - truth).abs().max()) < bound
    assert float((log_prob - p.log_prob(x.T.double())).abs().max()) < 1e-3


def test_far_from_every_component_nothing_is_lost():
    p = random_mixture(4, 2, seed=2)
    x = torch.tensor([[900.0, -50.0], [300.0, 4000.0]], dtype=torch.float32)
    score = MixtureKernel(p, dtype=torch.float32).score(x)
    torch.testing.assert_close(score.double(), p.score(x.T.double()).T, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("d", [1, 2])
def test_attention_is_used_for_many_components_and_agrees(d):
    g = torch.Generator().manual_seed(6)
    points = 2 * torch.randn(512, d, generator=g, dtype=torch.float64)
    cov = 0.3**2 * torch.eye(d, dtype=torch.float64).expand(512, d, d)
    p = GaussianMixture(torch.ones(512, dtype=torch.float64), points, cov)
    assert AttentionTable.suits(p, torch.float32)
    x = 2 * torch.randn(d, 3000, generator=g)
    score = MixtureKernel(p, dtype=torch.float32).score(x).double()
    assert float((score - p.score(x.T.double()).T).abs().max()) < 1e-4 / 0.3 * 4


@pytest.mark.parametrize("d", [1, 2])
def test_both_forms_of_attention_agree(d):
    g = torch.Generator().manual_seed(9)
    points = torch.randn(300, d, generator=g, dtype=torch.float64)
    p = GaussianMixture(torch.ones(300).double(), points, (0.2 * torch.eye(d).double()).expand(300, d, d))
    table = MixtureKernel(p, dtype=torch.float32)._attention
    features = torch.randn(3 if d == 1 else 6, 100, generator=g)
    features[-1] = 1.0
    width = 2 if d == 1 else 5
    torch.testing.assert_close(table.chunked(features)[:width], table.fused(features)[:width], rtol=2e-4, atol=2e-4)


def test_attention_is_not_used_where_it_would_cancel():
    points = 50 * torch.randn(128, 2, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    cov = 0.01**2 * torch.eye(2, dtype=torch.float64).expand(128, 2, 2)
    p = GaussianMixture(torch.ones(128, dtype=torch.float64), points, cov)
    assert not AttentionTable.suits(p, torch.float32)
    x = (points[:50].T + 0.01).float()
    score = MixtureKernel(p, dtype=torch.float32).score(x).double()
    scale = float(torch.finfo(torch.float32).eps * points.abs().max() / 0.01**2)
    assert float((score - p.score(x.T.double()).T).abs().max()) < 8 * scale
