"""Times of escape: known numbers, closed forms, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.samplers.laws import gaussian
from visualizer.densities import GaussianMixture, GridDensity, GridSource
from visualizer.diagnostics.escape import (
    Wells,
    barrier,
    heated_passage_times,
    mean_passage_time,
    slowest_passage,
)
from visualizer.diagnostics.trapping import relaxation
from visualizer.engine.run.modes import find_wells
from visualizer.engine.targets import build_density
from visualizer.scene.targets.formula import FormulaTarget

T = torch.tensor


def double_well(distance=1.5, variance=0.36):
    means = T([[-distance], [distance]]).double()
    return GaussianMixture(T([0.5, 0.5]).double(), means, variance * torch.ones(2, 1, 1).double())


def wells_of(p):
    return Wells.of(p, p.means.numpy())


def test_the_passage_time_of_the_double_well_is_the_known_one():
    m = wells_of(double_well())
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
    assert mean_passage_time(wells_of(gaussian(1.0)), 0.0, b) == pytest.approx(exact, rel=1e-8)


def test_kramers_is_right_for_a_high_barrier_and_the_barrier_is_where_it_is():
    p = double_well(2.4, 0.36)
    m = wells_of(p)
    b = barrier(m, -2.4, 2.4)
    assert b.top == pytest.approx(0.0, abs=1e-6)
    assert b.bottom == pytest.approx(-2.4, abs=1e-3)
    log_p = p.log_prob(T([[b.bottom], [b.top]]).double())
    assert b.height == pytest.approx(float(log_p[0] - log_p[1]), rel=1e-9)
    with pytest.raises(ValueError, match="no barrier"):
        barrier(wells_of(gaussian(1.0)), 0.1, 0.5)


def test_relaxation_and_passage_agree_for_two_deep_wells():
    """Two equal wells with exit rate k each relax at 2k, and τ to the other bottom is 1/k: 1/λ₂ = τ/2."""
    p = double_well(2.4, 0.36)
    m = wells_of(p)
    time = relaxation(p, ((-6, 6),), 800).time
    assert time == pytest.approx(mean_passage_time(m, -2.4, 2.4) / 2, rel=0.03)


def test_the_slowest_passage_is_out_of_the_heavier_well():
    means = T([[-1.5], [1.5], [2.2]]).double()
    p = GaussianMixture(T([0.7, 0.2, 0.1]).double(), means, 0.2 * torch.ones(3, 1, 1).double())
    found = slowest_passage(wells_of(p))
    assert (found.start, found.end) == (-1.5, 1.5)
    assert found.time == pytest.approx(mean_passage_time(wells_of(p), -1.5, 1.5))
    assert found.barrier.height > 0
    assert slowest_passage(wells_of(gaussian(1.0))) is None


def test_the_barrier_of_a_shallow_well_is_its_own():
    """From a shallow well beside a deep one: ΔU is from where a particle rests, not from the deep bottom beyond."""
    one = torch.ones(1, 1).double()
    p = GaussianMixture(
        torch.tensor([0.9, 0.05, 0.05]).double(),
        torch.tensor([[-3.0], [0.0], [3.0]]).double(),
        0.3 * one.expand(3, 1)[:, :, None],
    )
    m = wells_of(p)
    found = barrier(m, 0.0, 3.0)
    assert abs(found.bottom) < 0.05
    grid = np.linspace(0, 3, 3001)
    energy = -np.log(m.pdf(grid))
    assert found.height == pytest.approx(float(energy.max() - energy[0]), abs=1e-3)


def on_grid(p, low, high, n=2048):
    nodes = low + (torch.arange(n).double() + 0.5) * (high - low) / n
    return GridDensity(GridSource(p.log_prob(nodes[:, None]).exp(), (low,), (high,)))


def test_a_density_on_a_grid_has_the_times_of_the_mixture_it_was_made_of():
    p = double_well()
    grid, exact = Wells.of(on_grid(p, -6.0, 6.0), p.means.numpy()), wells_of(p)
    assert mean_passage_time(grid, -1.5, 1.5) == pytest.approx(17.002, abs=5e-4)
    assert mean_passage_time(grid, 1.5, -1.5) == pytest.approx(mean_passage_time(exact, 1.5, -1.5), rel=1e-6)
    there, wanted = barrier(grid, -1.5, 1.5), barrier(exact, -1.5, 1.5)
    assert (there.top, there.height) == pytest.approx((wanted.top, wanted.height), abs=1e-5)
    assert there.bottom == pytest.approx(wanted.bottom, abs=1e-4)
    assert there.kramers_time == pytest.approx(wanted.kramers_time, rel=1e-4)


def test_the_passage_of_a_typed_quartic_is_its_double_integral():
    """U = (x² − 1)²/s: modes at ±1, ΔU = 1/s, Kramers from U''(±1) = 8/s and U''(0) = −4/s, τ by quadrature here."""
    s = 0.4
    target = FormulaTarget(log_density="-(x^2 - 1)^2/s", parameters={"s": s})
    wells = find_wells(target, build_density(target))
    assert wells.places == pytest.approx((-1, 1), abs=1e-4)
    way = slowest_passage(wells)
    z = np.linspace(-3, 1, 40001)
    p = np.exp(-((z * z - 1) ** 2) / s)
    below = np.concatenate([[0.0], np.cumsum(0.5 * (p[1:] + p[:-1]))]) * (z[1] - z[0])
    inside = z >= -1
    assert way.time == pytest.approx(float(np.trapezoid((below / p)[inside], z[inside])), rel=1e-5)
    assert way.barrier.height == pytest.approx(1 / s, rel=1e-6)
    assert way.barrier.kramers_time == pytest.approx(2 * math.pi * math.exp(1 / s) * s / math.sqrt(32), rel=1e-4)


def test_smoothing_lowers_the_barrier_until_there_is_one_place_only():
    target = FormulaTarget(log_density="-(x^2 - 1)^2/0.4")
    p = build_density(target)
    heights = [slowest_passage(find_wells(target, p.noised(1.0, sigma))).barrier.height for sigma in (0.0, 0.2, 0.4)]
    assert heights[0] > heights[1] > heights[2] > 0
    assert find_wells(target, p.noised(1.0, 2.0)) is None


@pytest.mark.parametrize("tilt", [0.0, 0.3])
def test_there_is_no_passage_where_p_is_0_between(tilt):
    """Two hills with nothing between, as a formula (0 to the last) and as values on a grid (0 as far as can be told)."""
    text = f"log(max(0.25 - (abs(x) - 1)^2, 0)) + {tilt}*x"
    target = FormulaTarget(log_density=text)
    p = build_density(target)
    wells = find_wells(target, p)
    assert len(wells.places) == 2
    assert slowest_passage(wells).time == math.inf
    assert slowest_passage(wells).barrier is None
    drawn = GridDensity(GridSource(p.source.table.density, p.source.low, p.source.high))
    assert slowest_passage(Wells.of(drawn, np.array([[-1.0], [1.0]]))).time == math.inf
    assert slowest_passage(Wells.of(drawn.noised(1.0, 0.2), np.array([[-1.0], [1.0]]))).time < math.inf


def test_where_p_jumps_the_passage_is_the_integral():
    """p is 1 and 1/100 by turns: τ by the double integral, piece by piece, within the width of a cell at each jump."""
    high, low = 1.0, 0.01
    axis = -2 + (torch.arange(2048).double() + 0.5) * 4 / 2048
    values = torch.where(axis.abs() < 0.5, low, high)
    p = GridDensity(GridSource(values, (-2.0,), (2.0,)))
    found = mean_passage_time(Wells.of(p, np.array([[-1.0], [1.0]])), -1.0, 1.0)
    # ∫_{-1}^{1} (1/p(y)) m(y) dy with m the mass below y: from −1 to −½, to ½, to 1.
    first = (1.0 * 0.5 + 0.5**2 / 2) / high
    middle = (1.5 * high * 1.0 + low * 1.0 / 2) / low
    last = ((1.5 * high + low) * 0.5 + high * 0.5**2 / 2) / high
    assert found == pytest.approx(first + middle + last, rel=4 * 4 / 2048)


def test_wide_boxes_do_not_blur_what_is_in_the_middle():
    target = FormulaTarget(log_density="-0.6*log(1 + (x^2 - 9)^2/4)")
    wells = find_wells(target, build_density(target))
    over = slowest_passage(wells).barrier
    assert abs(over.top) < 1e-3
    assert abs(over.bottom) == pytest.approx(3.0, abs=1e-2)
    assert over.height == pytest.approx(0.6 * math.log(1 + 81 / 4), rel=1e-3)


def test_a_heated_target_has_its_own_time_at_beta_1_and_kramers_far_up():
    """Of the quartic U = 6 β (1 − x²)²: the exact time at β = 1; Kramers' within the next order, 1/(6 β), far up."""
    height = 6.0
    nodes = np.linspace(-3.0, 3.0, 20_001)
    density = np.exp(-height * (1 - nodes**2) ** 2)
    total = np.trapezoid(density, nodes)
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(nodes))]) / total
    wells = Wells(
        (-1.0, 1.0),
        lambda y: np.exp(-height * (1 - y**2) ** 2) / total,
        lambda y: np.interp(y, nodes, below),
        lambda y: np.interp(-y, nodes, below),
        1e-3,
        1.0,
    )
    (one,) = heated_passage_times(wells, -1.0, 1.0, np.array([1.0]))
    assert one == pytest.approx(mean_passage_time(wells, -1.0, 1.0), rel=1e-5)
    assert heated_passage_times(wells, 1.0, -1.0, np.array([1.0]))[0] == pytest.approx(one, rel=1e-9)
    for beta in (2.0, 4.0):
        (time,) = heated_passage_times(wells, -1.0, 1.0, np.array([beta]))
        kramers = 2 * np.pi * np.exp(beta * height) / (beta * height * np.sqrt(32))
        assert abs(time / kramers - 1) < 1.0 / (beta * height)
