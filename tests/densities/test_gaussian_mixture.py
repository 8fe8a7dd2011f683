"""GaussianMixture against 50-digit references, autograd, closed forms and its own samples."""

from __future__ import annotations

import math

import pytest
import torch

from visualizer.densities import GaussianMixture

SENSIBLE = ("three", "double-well-1d", "ill-conditioned")


def mixture(entry, dtype=torch.float64) -> GaussianMixture:
    return GaussianMixture(*(torch.tensor(entry[k], dtype=dtype) for k in ("weights", "means", "covariances")))


def random_mixture(k: int, d: int, seed: int, dtype=torch.float64) -> GaussianMixture:
    g = torch.Generator().manual_seed(seed)
    factor = 0.5 * torch.randn(k, d, d, generator=g, dtype=torch.float64)
    cov = factor @ factor.mT + 0.05 * torch.eye(d, dtype=torch.float64)
    weights = torch.rand(k, generator=g, dtype=torch.float64) + 0.1
    means = 2 * torch.randn(k, d, generator=g, dtype=torch.float64)
    return GaussianMixture(weights.to(dtype), means.to(dtype), cov.to(dtype))


def test_reference_has_the_mixtures_the_tests_name(reference):
    assert set(SENSIBLE) | {"nasty"} == set(reference)


@pytest.mark.parametrize("name", [*SENSIBLE, "nasty"])
def test_float64_agrees_with_fifty_digits(reference, name):
    entry = reference[name]
    p = mixture(entry)
    for point in entry["points"]:
        x = torch.tensor([point["x"]], dtype=torch.float64)
        q = p.noised(point["alpha"], point["sigma"])
        expect = {k: torch.tensor(point[k], dtype=torch.float64) for k in ("log_prob", "score", "denoise")}
        assert q.log_prob(x)[0] == pytest.approx(point["log_prob"], rel=1e-9, abs=1e-9)
        torch.testing.assert_close(q.score(x)[0], expect["score"], rtol=1e-9, atol=1e-9)
        d = p.denoise(x, point["alpha"], point["sigma"])[0]
        torch.testing.assert_close(d, expect["denoise"], rtol=1e-9, atol=1e-9)
    for item in entry["characteristic"]:
        value = complex(p.characteristic(torch.tensor([item["omega"]], dtype=torch.float64))[0])
        assert value == pytest.approx(complex(*item["value"]), abs=1e-9)


@pytest.mark.parametrize("name", SENSIBLE)
def test_float32_on_sensible_mixtures(reference, name):
    """Errors relative to the score's scale 1/σ_min, the size of the score one standard deviation out."""
    entry = reference[name]
    p32, p64 = mixture(entry, torch.float32), mixture(entry)
    for point in entry["points"]:
        x = torch.tensor([point["x"]], dtype=torch.float32)
        exact = p64.noised(point["alpha"], point["sigma"])
        truth = exact.score(x.double())[0]
        scale = max(float(truth.norm()), 1 / float(exact.variances.min().sqrt()))
        error = (p32.noised(point["alpha"], point["sigma"]).score(x)[0].double() - truth).norm()
        assert float(error) < 1e-5 * scale


@pytest.mark.parametrize("d", [1, 2])
def test_score_is_the_gradient_of_log_prob(d):
    p = random_mixture(5, d, seed=d)
    x = (3 * torch.randn(200, d, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).requires_grad_()
    (gradient,) = torch.autograd.grad(p.log_prob(x).sum(), x)
    torch.testing.assert_close(p.score(x.detach()), gradient, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("d", [1, 2])
def test_log_prob_agrees_with_torch_distributions(d):
    p = random_mixture(4, d, seed=3)
    parts = torch.distributions.MultivariateNormal(p.means, p.covariances)
    other = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(p.weights), parts)
    x = 3 * torch.randn(300, d, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    torch.testing.assert_close(p.log_prob(x), other.log_prob(x), rtol=1e-12, atol=1e-12)


def test_denoiser_is_tweedies_formula():
    p = random_mixture(4, 2, seed=5)
    x = torch.randn(100, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    alpha, sigma = 0.7, 0.6
    tweedie = (x + sigma**2 * p.noised(alpha, sigma).score(x)) / alpha
    torch.testing.assert_close(p.denoise(x, alpha, sigma), tweedie, rtol=1e-10, atol=1e-10)


def test_denoiser_at_the_ends():
    p = random_mixture(3, 2, seed=6)
    x = torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(p.denoise(x, 1.0, 0.0), x, rtol=1e-10, atol=1e-10)
    mean = p.weights @ p.means
    torch.testing.assert_close(p.denoise(x, 0.0, 1.0), mean.expand(20, 2), rtol=1e-12, atol=1e-12)
    with pytest.raises(ValueError, match="point mass"):
        p.noised(0.0, 0.0)


def test_characteristic_function_against_quadrature():
    p = random_mixture(3, 1, seed=7)
    x = torch.linspace(-30, 30, 20001, dtype=torch.float64)
    density = torch.exp(p.log_prob(x[:, None]))
    for omega in (0.0, 0.4, 1.7):
        integral = torch.trapezoid(density * torch.exp(1j * omega * x), x)
        value = p.characteristic(torch.tensor([[omega]], dtype=torch.float64))[0]
        assert complex(value) == pytest.approx(complex(integral), abs=1e-10)


def test_smoothing_multiplies_the_characteristic_function_by_a_gaussian():
    p = random_mixture(3, 2, seed=8)
    omega = torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    sigma = 0.8
    expected = p.characteristic(omega) * torch.exp(-0.5 * sigma**2 * omega.square().sum(1))
    torch.testing.assert_close(p.noised(1.0, sigma).characteristic(omega), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("d", [1, 2])
def test_samples_have_the_mixtures_moments(d):
    p = random_mixture(3, d, seed=9)
    n = 200_000
    x = p.sample(n, generator=torch.Generator().manual_seed(11))
    mean = p.weights @ p.means
    centred = p.means - mean
    cov = torch.einsum("k,kij->ij", p.weights, p.covariances + centred[:, :, None] * centred[:, None, :])
    error = 4 * torch.sqrt(torch.diagonal(cov) / n)
    assert ((x.mean(0) - mean).abs() < error).all()
    squares = (x - mean) ** 2
    error = 4 * squares.std(0) / math.sqrt(n)
    assert ((squares.mean(0) - torch.diagonal(cov)).abs() < error).all()
    r = p.responsibilities(x).mean(0)
    assert ((r - p.weights).abs() < 4 * torch.sqrt(p.weights * (1 - p.weights) / n)).all()


def test_responsibilities_sum_to_one_far_from_everything():
    p = random_mixture(3, 2, seed=1, dtype=torch.float32)
    r = p.responsibilities(torch.tensor([[1e4, -1e4], [0.0, 0.0]]))
    torch.testing.assert_close(r.sum(1), torch.ones(2))
    assert torch.isfinite(p.score(torch.tensor([[1e4, -1e4]]))).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [1.0, -0.5]}, "weights"),
        ({"weights": [0.0, 0.0]}, "weights"),
        ({"weights": [math.nan, 1.0]}, "weights"),
        ({"means": [[0.0], [1.0]]}, "shape"),
        ({"means": [[0.0, math.inf], [1.0, 0.0]]}, "finite"),
        ({"covariances": [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]}, "positive definite"),
        ({"covariances": [[[1.0, 0.3], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]}, "symmetric"),
    ],
)
def test_bad_parameters_are_refused(change, message):
    good = {
        "weights": [0.5, 0.5],
        "means": [[0.0, 0.0], [1.0, 1.0]],
        "covariances": [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]],
    }
    values = {**good, **change}
    with pytest.raises(ValueError, match=message):
        GaussianMixture(*(torch.tensor(values[k]) for k in ("weights", "means", "covariances")))
