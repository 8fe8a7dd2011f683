"""Fokker and Planck's equation on a grid: what it keeps, and closed forms of the Ornstein–Uhlenbeck process."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.fokker_planck import FokkerPlanck, bernoulli
from visualizer.engine.targets import build_density
from visualizer.scene import load_scene


def gaussian(mean, variance, d=1):
    return GaussianMixture(
        torch.ones(1).double(), torch.full((1, d), mean).double(), variance * torch.eye(d).double()[None]
    )


def begun(grid, law):
    return grid.normalised(np.exp(grid.on_cells(law)))


def moments(grid, q, axis=0):
    m = np.moveaxis(q, axis, 0).reshape(len(grid.axes[axis]), -1).sum(1)
    m = m / m.sum()
    mean = m @ grid.axes[axis]
    return mean, m @ (grid.axes[axis] - mean) ** 2


def test_bernoulli_is_its_formula_and_one_at_nothing():
    z = np.array([-30.0, -1.0, -1e-7, 0.0, 1e-7, 2.0, 30.0])
    wanted = [
        30.0 / (1 - math.exp(-30)),
        1 / (1 - math.exp(-1)),
        1 + 5e-8,
        1.0,
        1 - 5e-8,
        2 / math.expm1(2),
        30 / math.expm1(30),
    ]
    np.testing.assert_allclose(bernoulli(z), wanted, rtol=1e-12)
    np.testing.assert_allclose(bernoulli(z) - bernoulli(-z), -z, atol=1e-12)  # detailed balance: B(−z) = e^z B(z)


@pytest.mark.parametrize("name", ["trapped", "two-moons"])
def test_the_target_stays_mass_stays_and_nothing_is_negative(name):
    p = build_density(load_scene(name).target)
    grid = FokkerPlanck(p, p.bounds(), 96)
    q = grid.stationary
    np.testing.assert_allclose(grid.advance(q, 0.05, 20), q, rtol=0, atol=1e-14 * q.max())
    rng = np.random.default_rng(0)
    q = grid.normalised(rng.random(q.shape) * (rng.random(q.shape) > 0.9))
    for step in (1e-3, 0.1, 10.0):
        q = grid.advance(q, step, 5)
        assert q.min() >= 0
        assert q.sum() * np.prod(grid.widths) == pytest.approx(1.0, abs=1e-13)


def test_the_ornstein_uhlenbeck_process_is_followed():
    """On N(0, v) from N(m, w): mean m e^{−τ/v}, variance v + (w − v) e^{−2τ/v}; halving the step halves the error."""
    v, mean, w, tau = 1.5, 2.0, 0.3, 0.8
    grid = FokkerPlanck(gaussian(0.0, v), ((-9.0, 9.0),), 1200)
    wanted = mean * math.exp(-tau / v), v + (w - v) * math.exp(-2 * tau / v)
    errors = []
    for count in (40, 80, 160):
        q = grid.advance(begun(grid, gaussian(mean, w)), tau / count, count)
        errors.append(np.abs(np.subtract(moments(grid, q), wanted)))
    np.testing.assert_allclose(errors[0] / errors[1], 2.0, rtol=0.1)
    np.testing.assert_allclose(errors[1] / errors[2], 2.0, rtol=0.1)
    assert errors[2].max() < 5e-3


def test_the_rates_of_the_ornstein_uhlenbeck_process_are_whole_numbers():
    """Hermite polynomials are its eigenfunctions: on N(0, 1) λ = 0, 1, 2, …"""
    grid = FokkerPlanck(gaussian(0.0, 1.0), ((-7.0, 7.0),), 400)
    ((up, down),) = grid._rates
    matrix = np.diag(np.append(up, 0) + np.append(0, down)) - np.diag(up, -1) - np.diag(down, 1)
    values = np.sort(np.linalg.eigvals(matrix).real)[:5]
    np.testing.assert_allclose(values, [0, 1, 2, 3, 4], atol=5e-3)


def test_axes_do_not_know_of_each_other_on_a_product():
    grid = FokkerPlanck(gaussian(0.0, 1.0, 2), ((-7.0, 7.0), (-6.0, 6.0)), 150)
    q = grid.advance(begun(grid, gaussian(1.5, 0.4, 2)), 0.01, 50)
    for axis in (0, 1):
        mean, variance = moments(grid, q, axis)
        assert mean == pytest.approx(1.5 * math.exp(-0.5), abs=0.01)
        assert variance == pytest.approx(1 - 0.6 * math.exp(-1.0), abs=0.01)


def test_a_start_high_on_a_steep_slope_runs_down_it():
    """From 5 standard deviations beside a narrow well at 4, 20 nats and more a cell: the mean follows e^{−τ/v} x."""
    v, begin, tau = 0.0225, 3.4, 0.02
    grid = FokkerPlanck(gaussian(0.0, v), ((-5.0, 5.0),), 2000)
    q = grid.advance(begun(grid, gaussian(begin, 0.01)), tau / 400, 400)
    mean, variance = moments(grid, q)
    assert mean == pytest.approx(begin * math.exp(-tau / v), rel=0.01)
    wanted = v + (0.01 - v) * math.exp(-2 * tau / v)
    assert wanted < variance < 1.3 * wanted  # where the slope is steep for a cell the scheme is upwind, and spreads
