"""Least mean square errors and the variational bound of diffusion, against closed forms and known values."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.denoising import entropy_bound_terms, excess, mmse
from visualizer.engine.experiments.variational import variational
from visualizer.engine.run.shelf import Shelf
from visualizer.scene import load_scene

LAMBDA = (-9.0, -2.0, 0.0, 1.5, 9.0)


def level(log_snr):
    return tuple(math.sqrt(1 / (1 + math.exp(sign * log_snr))) for sign in (-1, 1))


def gaussian(v, d=2, mean=(0.4, -1.0)):
    return GaussianMixture(torch.ones(1).double(), torch.tensor([mean[:d]]).double(), v * torch.eye(d).double()[None])


@pytest.fixture(scope="module")
def default():
    *_, end = variational(load_scene("trapped").with_(process={"kind": "vp-cosine"}), Shelf())
    return end


@pytest.mark.parametrize("log_snr", LAMBDA)
def test_the_error_of_a_gaussian_is_known(log_snr):
    """mmse = d v/(1 + v SNR)."""
    v = 1.7
    wanted = 2 * v / (1 + v * math.exp(log_snr))
    assert mmse(gaussian(v), *level(log_snr)) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("log_snr", LAMBDA)
def test_the_error_of_a_mixture_is_that_of_draws(log_snr):
    alpha, sigma = level(log_snr)
    means, covariances = (
        torch.tensor([[-2.0, 0.0], [1.0, 1.0]]).double(),
        torch.stack([0.3 * torch.eye(2)] * 2).double(),
    )
    p = GaussianMixture(torch.tensor([0.4, 0.6]).double(), means, covariances)
    g = torch.Generator().manual_seed(0)
    x0 = p.sample(100_000, generator=g).double()
    x = alpha * x0 + sigma * torch.randn(x0.shape, generator=g, dtype=torch.float64)
    errors = (x0 - p.denoise(x, alpha, sigma)).square().sum(1)
    assert mmse(p, alpha, sigma) == pytest.approx(float(errors.mean()), abs=4 * float(errors.std()) / math.sqrt(1e5))


def test_another_denoiser_has_its_distance_more():
    p, shift = gaussian(1.3), torch.tensor([0.3, -0.4])

    def off(x):
        return (p.denoise(x.T.double(), 0.8, 0.6).float() + shift).T

    assert excess(p, off, 0.8, 0.6) == pytest.approx(0.25, rel=1e-5)


def test_the_ends_are_divergences_of_gaussians():
    prior, last = entropy_bound_terms(3.0, 2, (-2.0, 6.0))
    alpha, sigma = level(-2.0)
    normal = torch.distributions.Normal
    x0 = torch.tensor([1.0, math.sqrt(2.0)])  # ‖x_0‖² = 3
    kl = torch.distributions.kl_divergence(normal(alpha * x0, sigma), normal(torch.zeros(2), 1.0)).sum()
    assert prior == pytest.approx(float(kl), rel=1e-6)
    std = math.exp(-3.0)
    assert last == pytest.approx(2 * float(normal(0.0, std).entropy()), rel=1e-6)


@pytest.mark.parametrize("strokes", [1, 2, 7, 64])
def test_the_bound_of_a_gaussian_is_tight_with_the_best_variance(strokes):
    """Σ (d/2) ln(1 + ΔSNR v/(1 + v SNR_t)) telescopes to (d/2) ln((1 + v SNR_0)/(1 + v SNR_1))."""
    scene = load_scene("trapped").with_(
        target={"kind": "mixture", "weights": [1.0], "means": [[0.0, 0.0]], "covariances": [[[1.7, 0.0], [0.0, 1.7]]]},
        particles={"start": None},
    )
    *_, v = variational(scene, Shelf())
    telescoped = math.log((1 + 1.7 * math.exp(10)) / (1 + 1.7 * math.exp(-10)))
    assert v.steps(strokes, "best").sum() == pytest.approx(telescoped, rel=1e-5)
    assert v.steps(strokes, "exact").sum() == pytest.approx(telescoped, rel=1e-5)
    assert abs(v.excess(strokes, "best")) < 1e-3


def test_the_default_target_costs_what_is_known(default):
    """By Monte Carlo elsewhere, good to 0.005 and to the digits that were written down."""
    small = {1: 9e4, 2: 1e4, 4: 207, 8: 29.3, 16: 8.84, 32: 3.54, 64: 1.54, 128: 0.74, 256: 0.355, 512: 0.181}
    best = {1: 1.32, 2: 0.77, 4: 0.76, 8: 0.62, 16: 0.39, 32: 0.21, 64: 0.069, 128: 0.041, 256: 0.015, 512: 0.013}
    for strokes, nats in small.items():
        assert default.excess(strokes, "small") == pytest.approx(nats, rel=0.03 if strokes > 2 else 0.1)
    for strokes, nats in best.items():
        assert default.excess(strokes, "best") == pytest.approx(nats, abs=0.03)
    for strokes in small:
        assert abs(default.excess(strokes, "exact")) < 1e-3, "the exact kernel needs one stroke"
    assert default.entropy == pytest.approx(2.9344, abs=3e-3)


def test_strokes_cost_something_and_more_of_them_cost_less(default):
    for variance in ("small", "best", "exact"):
        costs = [default.steps(n, variance) for n in (1, 2, 4, 8, 16, 32)]
        assert all((c >= -1e-12).all() for c in costs)
        assert [len(c) for c in costs] == [1, 2, 4, 8, 16, 32]
        totals = [float(c.sum()) for c in costs]
        assert all(b <= a + 1e-9 for a, b in pairwise(totals))
    assert (default.steps(8, "small") >= default.steps(8, "best")).all()
    assert (default.steps(8, "best") >= default.steps(8, "exact") - 1e-6).all()


def test_a_network_costs_its_errors_more():
    """KL_t of the network − KL_t = ½ ΔSNR E‖D_θ − D‖²."""
    *_, v = variational(load_scene("learned-score").with_(panels=()), Shelf())
    assert v.learned
    assert (v.mse >= v.mmse).all()
    exact = type(v)(v.log_snr, v.mmse, v.mmse, v.entropy, v.ends, v.d, False, 1.0)
    at = np.linspace(10, -10, 9)
    off = (v.mse - v.mmse)[[140, 120, 100, 80, 60, 40, 20, 0]]  # λ = 7.5, 5, … −10 are among those looked at
    wanted = 0.5 * (np.exp(at[:-1]) - np.exp(at[1:])) * off
    np.testing.assert_allclose(v.steps(8, "small") - exact.steps(8, "small"), wanted, rtol=1e-6, atol=1e-9)
