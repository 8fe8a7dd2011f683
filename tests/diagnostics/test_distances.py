"""Distances against closed forms, and floors that are where exact samples are."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from tests.samplers.laws import gaussian, three_far_modes, wells
from visualizer.diagnostics.distances import CELLS, Reference, wasserstein2
from visualizer.diagnostics.marginals import Marginal


def test_marginals_are_those_of_scipy():
    p = three_far_modes()
    u = np.array([0.6, 0.8])
    m = Marginal.of(p, u)
    x = np.linspace(-6, 6, 25)
    parts = [
        (float(w), stats.norm(float(mu @ u), math.sqrt(u @ c.numpy() @ u)))
        for w, mu, c in zip(p.weights, p.means.numpy(), p.covariances, strict=True)
    ]
    np.testing.assert_allclose(m.pdf(x), sum(w * n.pdf(x) for w, n in parts), rtol=1e-10)
    np.testing.assert_allclose(m.cdf(x), sum(w * n.cdf(x) for w, n in parts), rtol=1e-10)
    quantiles = m.quantiles(99)
    np.testing.assert_allclose(m.cdf(quantiles), (np.arange(99) + 0.5) / 99, atol=1e-4)


def test_w2_between_gaussians_is_its_closed_form():
    """W₂² = (μ − μ')² + (s − s')² (Dowson & Landau 1982); both sides by quantiles, so without sampling noise."""
    p = gaussian(0.49, 0.3)
    n = 200_000
    reference = Marginal.of(p, np.ones(1)).quantiles(n)
    other = stats.norm(1.1, 0.4).ppf((np.arange(n) + 0.5) / n)
    exact = math.sqrt((1.1 - 0.3) ** 2 + (0.7 - 0.4) ** 2)
    assert wasserstein2(other, reference) == pytest.approx(exact, rel=1e-3)


def test_sliced_w2_of_a_shift_is_the_shift_over_root_two():
    """Along u a cloud moved by v is moved by uᵀv, and the mean square of that over directions is |v|²/2."""
    p = three_far_modes()
    x = p.sample(50_000, generator=torch.Generator().manual_seed(0)).T.numpy()
    reference = Reference(p, 50_000)
    shifted = x + np.array([[3.0], [4.0]])
    assert reference.w2(shifted) == pytest.approx(5 / math.sqrt(2), rel=0.02)


@pytest.mark.parametrize("p", [wells(), three_far_modes()])
def test_exact_samples_are_at_the_floor_and_wrong_ones_are_not(p):
    n = 5_000
    reference = Reference(p, n)
    clouds = [p.sample(n, generator=torch.Generator().manual_seed(s)).T.numpy() for s in range(20, 40)]
    for name in ("w2", "kl"):
        values = [reference.measure(c)[name].value for c in clouds]
        error = np.std(values) * math.sqrt(1 / 20 + 1 / 5)
        assert abs(np.mean(values) - reference.floors[name]) < 4 * error
        trapped = clouds[0][:, p.responsibilities(torch.from_numpy(clouds[0].T)).argmax(1).numpy() == 0]
        repeated = np.tile(trapped, 10)[:, :n]
        assert reference.measure(repeated)[name].value > 10 * reference.floors[name]


def test_kl_of_a_cloud_in_one_of_two_halves_is_the_logarithm_of_two():
    p, n = gaussian(1.0), 100_000
    x = np.abs(p.sample(n, generator=torch.Generator().manual_seed(1)).T.numpy())
    # Half of the cells (by probability; one of an odd number straddles 0) hold everything.
    assert Reference(p, n).kl(x) == pytest.approx(math.log(2), abs=1.5 / CELLS)


def test_the_floor_of_kl_in_1d_is_the_known_one():
    """For exact samples 2 n KL is χ² with CELLS − 1 degrees of freedom: its mean is (CELLS − 1)/(2n)."""
    p, n = wells(), 20_000
    floors = [Reference(p, n, seed=s).floors["kl"] for s in range(6)]
    expected = (CELLS - 1) / (2 * n)
    error = expected * math.sqrt(2 / (CELLS - 1) / (5 * 6))
    assert abs(np.mean(floors) - expected) < 4 * error
