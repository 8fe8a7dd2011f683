"""Times of escape: known numbers, closed forms, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.samplers.laws import gaussian, three_far_modes
from visualizer.densities import GaussianMixture
from visualizer.diagnostics.marginals import Marginal
from visualizer.diagnostics.trapping import barrier, mean_passage_time, relaxation, slowest_passage

T = torch.tensor


def double_well(distance=1.5, variance=0.36):
    means = T([[-distance], [distance]]).double()
    return GaussianMixture(T([0.5, 0.5]).double(), means, variance * torch.ones(2, 1, 1).double())


def test_the_passage_time_of_the_double_well_is_the_known_one():
    m = Marginal.of(double_well(), np.ones(1))
    assert mean_passage_time(m, -1.5, 1.5) == pytest.approx(17.002, abs=5e-4)
    assert mean_passage_time(m, 1.5, -1.5) == pytest.approx(mean_passage_time(m, -1.5, 1.5), rel=1e-8)


def test_the_passage_time_of_a_gaussian_is_its_integral():
    """From 0 to b for N(0, 1): τ = √(π/2) ∫_0^b e^{y²/2} (1 + erf(y/√2)) dy, by Simpson's rule here."""
    b, n = 1.2, 2001
    y = np.linspace(0, b, n)
    f = math.sqrt(math.pi / 2) * np.exp(y * y / 2) * (1 + np.array([math.erf(v / math.sqrt(2)) for v in y]))
    weights = np.where(np.arange(n) % 2 == 1, 4.0, 2.0)
    weights[[0, -1]] = 1.0
    exact = float((weights * f).sum() * (y[1] - y[0]) / 3)
    assert mean_passage_time(Marginal.of(gaussian(1.0), np.ones(1)), 0.0, b) == pytest.approx(exact, rel=1e-8)


def test_kramers_is_right_for_a_high_barrier_and_the_barrier_is_where_it_is():
    p = double_well(2.4, 0.36)
    m = Marginal.of(p, np.ones(1))
    b = barrier(m, -2.4, 2.4)
    assert b.top == pytest.approx(0.0, abs=1e-6)
    assert b.bottom == pytest.approx(-2.4, abs=1e-3)
    log_p = p.log_prob(T([[b.bottom], [b.top]]).double())
    assert b.height == pytest.approx(float(log_p[0] - log_p[1]), rel=1e-9)
    with pytest.raises(ValueError, match="no barrier"):
        barrier(Marginal.of(gaussian(1.0), np.ones(1)), 0.1, 0.5)


@pytest.mark.parametrize("variance", [0.4, 1.0])
def test_the_relaxation_time_of_a_gaussian_is_its_variance(variance):
    """Ornstein–Uhlenbeck: λ₂ = 1/τ² with the eigenfunction x; the grid's error is of second order."""
    reach = 7 * math.sqrt(variance)
    errors = [abs(relaxation(gaussian(variance), ((-reach, reach),), c).time / variance - 1) for c in (100, 200, 400)]
    assert errors[-1] < 1e-3
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.2)
    found = relaxation(gaussian(variance), ((-reach, reach),), 200)
    middle = np.abs(found.axes[0]) < 2 * math.sqrt(variance)
    slope = found.function[middle] / found.axes[0][middle]
    assert np.ptp(slope) < 0.02 * abs(slope.mean())


def test_in_2d_the_slowest_of_two_independent_axes_decides():
    cov = T([[0.9, 0.0], [0.0, 0.3]]).double()
    p = GaussianMixture(torch.ones(1).double(), torch.zeros(1, 2).double(), cov[None])
    assert relaxation(p, ((-6, 6), (-4, 4)), 120).time == pytest.approx(0.9, rel=0.01)


def test_the_eigenfunction_cuts_the_plane_into_the_traps():
    p = three_far_modes()
    found = relaxation(p, ((-7, 7), (-3, 8)), 120)

    def at(mean):
        return found.function[np.abs(found.axes[0] - mean[0]).argmin(), np.abs(found.axes[1] - mean[1]).argmin()]

    values = [at(m) for m in p.means.tolist()]
    assert min(values) < -0.05
    assert max(values) > 0.05
    assert found.time > 1e3


def test_relaxation_and_passage_agree_for_two_deep_wells():
    """Two equal wells with exit rate k each relax at 2k, and τ to the other bottom is 1/k: 1/λ₂ = τ/2."""
    p = double_well(2.4, 0.36)
    m = Marginal.of(p, np.ones(1))
    time = relaxation(p, ((-6, 6),), 800).time
    assert time == pytest.approx(mean_passage_time(m, -2.4, 2.4) / 2, rel=0.03)


def test_the_slowest_passage_is_out_of_the_heavier_well():
    means = T([[-1.5], [1.5], [2.2]]).double()
    p = GaussianMixture(T([0.7, 0.2, 0.1]).double(), means, 0.2 * torch.ones(3, 1, 1).double())
    found = slowest_passage(Marginal.of(p, np.ones(1)))
    assert (found.start, found.end) == (-1.5, 1.5)
    assert found.time == pytest.approx(mean_passage_time(Marginal.of(p, np.ones(1)), -1.5, 1.5))
    assert found.barrier.height > 0
    assert slowest_passage(Marginal.of(gaussian(1.0), np.ones(1))) is None


def test_the_barrier_of_a_shallow_well_is_its_own():
    """From a shallow well beside a deep one: ΔU is from where a particle rests, not from the deep bottom beyond."""
    one = torch.ones(1, 1).double()
    p = GaussianMixture(
        torch.tensor([0.9, 0.05, 0.05]).double(),
        torch.tensor([[-3.0], [0.0], [3.0]]).double(),
        0.3 * one.expand(3, 1)[:, :, None],
    )
    m = Marginal.of(p, np.ones(1))
    found = barrier(m, 0.0, 3.0)
    assert abs(found.bottom) < 0.05
    grid = np.linspace(0, 3, 3001)
    energy = -np.log(m.pdf(grid))
    assert found.height == pytest.approx(float(energy.max() - energy[0]), abs=1e-3)
