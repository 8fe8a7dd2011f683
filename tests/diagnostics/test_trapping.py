"""The slowest mode: closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.samplers.laws import gaussian, three_far_modes
from visualizer.densities import GaussianMixture, cell_places
from visualizer.diagnostics.escape import Wells, mean_passage_time
from visualizer.diagnostics.trapping import relaxation, slowest_mode
from visualizer.engine.targets import build_density
from visualizer.scene import load_scene

T = torch.tensor


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


@pytest.mark.parametrize("apart", [9.0, 14.0, 30.0])
def test_what_is_lost_in_rounding_is_not_told(apart):
    """Wells so far apart that λ₂ is below ε of the rates between cells, by Kramers: then there is no number at all."""
    means = T([[-apart / 2], [apart / 2]]).double()
    p = GaussianMixture(torch.ones(2).double(), means, 0.25 * torch.ones(2, 1, 1).double())
    assert slowest_mode(p, 400) is None


@pytest.mark.parametrize(
    ("means", "std"),
    [([-5.5, 5.5, 7.9], 3e-4), ([0.111, 0.295, 1.163], 1e-7), ([0.0, 1e5], 1.0)],
)
def test_wells_that_fall_through_the_grid_are_not_told(means, std):
    """One cell, or one well alone, has a slowest mode, too: that of something else."""
    count = len(means)
    p = GaussianMixture(
        torch.ones(count).double(),
        torch.tensor(means).double()[:, None],
        std**2 * torch.ones(count, 1, 1).double(),
    )
    assert slowest_mode(p, 600) is None
    plane = GaussianMixture(
        torch.ones(count).double(),
        torch.tensor(means).double()[:, None].repeat(1, 2),
        std**2 * torch.eye(2).double().expand(count, 2, 2),
    )
    assert slowest_mode(plane, 90) is None


def test_narrow_wells_have_the_cells_they_need():
    """Sixty times as narrow as what 600 cells could see, and at the end of a wide box: still what passages say."""
    v, places = 1e-4, torch.tensor([[-10.0], [0.0], [0.1]]).double()
    p = GaussianMixture(torch.tensor([0.0, 1.0, 1.0]).double(), places, v * torch.ones(3, 1, 1).double())
    expected = 0.5 * mean_passage_time(Wells.of(p, places[1:].numpy()), 0.0, 0.1)
    assert slowest_mode(p, 600).time == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("apart", [5.0, 7.0, 7.5])
def test_the_last_number_that_is_told_is_right(apart):
    """Half of Kramers' time for two deep wells of variance v, as high as the barrier may be."""
    v = 0.25
    means = T([[-apart / 2], [apart / 2]]).double()
    p = GaussianMixture(torch.ones(2).double(), means, v * torch.ones(2, 1, 1).double())
    wells = Wells.of(p, p.means.numpy())
    assert slowest_mode(p, 1600).time == pytest.approx(0.5 * mean_passage_time(wells, -apart / 2, apart / 2), rel=0.01)


def test_the_slowest_mode_is_the_same_bit_for_bit_whenever_it_is_asked_for():
    p = three_far_modes()
    first, second = (slowest_mode(p, 60) for _ in range(2))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.function, second.function)


def test_the_next_modes_of_a_gaussian_are_known():
    """Of N(0, diag(1, ½)) the rates are k + 2 l: 1, 2, 2."""
    p = GaussianMixture(
        torch.ones(1).double(), torch.zeros(1, 2).double(), torch.diag(torch.tensor([1.0, 0.5]))[None].double()
    )
    found = relaxation(p, ((-6, 6), (-5, 5)), 150)
    np.testing.assert_allclose(found.times, [1, 0.5, 0.5], rtol=0.01)
    mass = p.log_prob(cell_places(((-6, 6), (-5, 5)), 150)).exp().numpy().reshape(150, 150)
    first = found.functions[0]
    assert (mass * first**2).sum() / mass.sum() == pytest.approx(1.0, rel=1e-6)
    assert (mass * first).sum() / mass.sum() == pytest.approx(0.0, abs=1e-6)
    correlation = (mass * first * found.axes[0][:, None]).sum() / mass.sum()
    assert abs(correlation) == pytest.approx(1.0, rel=1e-3), "the slowest is x itself"


def test_three_wells_are_three_places_of_the_two_slowest_modes():
    """Constant in each well and told apart between them: shares (½, 0.3, 0.2), so the mean over wells is 0."""
    p = build_density(load_scene("trapped").target)
    found = relaxation(p, ((-7, 7), (-6, 7)), 120)
    assert found.times[0] == pytest.approx(511, rel=0.03)
    at = [
        tuple(int(np.abs(axis - v).argmin()) for axis, v in zip(found.axes, mean, strict=True))
        for mean in p.means64.tolist()
    ]
    places = np.array([[f[i] for f in found.functions[:2]] for i in at])
    np.testing.assert_allclose(np.array([0.5, 0.3, 0.2]) @ places, 0, atol=0.03)
    np.testing.assert_allclose(np.array([0.5, 0.3, 0.2]) @ places**2, 1, atol=0.03)
    assert min(np.linalg.norm(places[i] - places[j]) for i in range(3) for j in range(i)) > 1
