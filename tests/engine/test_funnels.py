"""Funnels: densities whose neck is narrower than any cell of a grid that holds their mouth."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm

from tests.pictures import Seen
from visualizer.densities.grid_source import TooFine
from visualizer.engine.frame import Viewport
from visualizer.engine.stage import Stage
from visualizer.engine.targets import build_density
from visualizer.scene import load_scene
from visualizer.scene.targets.formula import FormulaTarget

CASES = Path(__file__).parents[1] / "cases"
#: y ~ N(0, s²), x ~ N(0, e^y): files, and s
FUNNELS = {"30-funnel-neck": 1.5, "32-neals-funnel": 3.0}


@pytest.fixture(scope="module", params=FUNNELS)
def funnel(request):
    scene = load_scene(CASES / f"{request.param}.toml")
    return scene, build_density(scene.target), FUNNELS[request.param]


def test_the_log_density_is_normalised_down_to_the_neck(funnel):
    """log N(y; 0, s²) + log N(x; 0, e^y): log Z = ln 2πs is in it."""
    _, p, s = funnel
    y = torch.linspace(-4 * s, 4 * s, 41, dtype=torch.float64)
    z = torch.linspace(-3, 3, 7, dtype=torch.float64)
    x = torch.stack([(z[:, None] * torch.exp(y / 2)).flatten(), y.expand(7, -1).flatten()], 1)
    wanted = norm.logpdf(x[:, 1], 0, s) + norm.logpdf(x[:, 0], 0, np.exp(x[:, 1] / 2))
    np.testing.assert_allclose(p.log_prob(x).numpy(), wanted, rtol=0, atol=1e-6)


def test_its_box_is_as_long_as_its_mass_reaches(funnel):
    scene, p, s = funnel
    (left, right), (low, high) = scene.target.extent(3.0)
    assert (low, high) == pytest.approx((-3 * s, 3 * s), rel=0.02)
    assert -left == pytest.approx(right, rel=1e-3)
    assert float(p.mean[1]) == pytest.approx(0, abs=1e-4)
    assert float(p.covariance[1, 1]) == pytest.approx(s * s, rel=1e-3)
    assert float(p.covariance[0, 0]) == pytest.approx(math.exp(s * s / 2), rel=0.05)  # its tail goes on


def test_draws_are_as_narrow_as_the_neck(funnel):
    _, p, s = funnel
    x, y = p.sample(20_000, generator=torch.Generator().manual_seed(1)).double().numpy().T
    assert kstest(y / s, norm.cdf).pvalue > 6e-5  # four standard errors
    assert kstest(x / np.exp(y / 2), norm.cdf).pvalue > 6e-5


@pytest.mark.parametrize("times", [1.0, 4.0])
def test_smoothings_that_the_grid_can_show_are_right_and_others_refused(funnel, times):
    """Against quadrature over y of N(x; 0, e^y + τ²) N(b; y, τ²). All but 10⁻⁵ on each side is on the grid."""
    _, p, s = funnel
    tau = times * p.source.finest
    y = np.linspace(-9 * s, 9 * s, 6001)
    mass = norm.pdf(y, 0, s) * (y[1] - y[0])
    places = np.array([[0, -2.0], [1, 0], [5, 3], [20, 5], [-3, -6]])
    wanted = np.array(
        [(mass * norm.pdf(a, 0, np.sqrt(np.exp(y) + tau**2)) * norm.pdf(b, y, tau)).sum() for a, b in places]
    )
    got = p.noised(1.0, tau).log_prob(torch.from_numpy(places)).exp().numpy()
    assert np.abs(got - wanted).max() < 1e-4 * wanted.max()
    with pytest.raises(TooFine, match="choose σ = 0, or at least"):
        p.noised(1.0, 0.5 * p.source.finest).log_prob(torch.from_numpy(places))


def test_marginals_without_noise_are_not_those_of_cells(funnel):
    _, p, s = funnel
    at, density = p.along(1)
    np.testing.assert_allclose(density, norm.pdf(at, 0, s), rtol=0, atol=1e-6)
    at, density = p.along(0)
    y = np.linspace(-9 * s, 9 * s, 6001)
    for i in range(0, len(at), 60):
        wanted = (norm.pdf(y, 0, s) * norm.pdf(float(at[i]), 0, np.exp(y / 2))).sum() * (y[1] - y[0])
        # The box of the rows ends at 3.5 widths of the neck's law: what is beyond is a spike in the middle.
        assert float(density[i]) == pytest.approx(wanted, rel=2e-3, abs=1e-6)


def test_a_funnel_that_lies_on_its_side_is_the_same():
    p = build_density(FormulaTarget(log_density="-x^2/18 - y^2/(2*exp(x)) - x/2"))
    assert float(p.log_prob(torch.zeros(1, 2, dtype=torch.float64))) == pytest.approx(-math.log(6 * math.pi), abs=1e-6)


NARROW = [
    "-(x^2 - 4)^2*1e6 - y^2/18 - (x^2 + y^2)/1e4",
    "-(sqrt(x^2 + y^2) - 2)^2/(2*0.001^2)",
    "-(x - y)^2/2e-6 - (x + y)^2/2",
]


@pytest.mark.parametrize("text", NARROW)
def test_what_rows_cannot_show_is_refused(text):
    with pytest.raises(ValueError, match="too narrow"):
        FormulaTarget(log_density=text)


def test_pictures_of_a_funnel_and_walks_in_it(funnel):
    scene, _, _ = funnel
    stage = Stage(scene, "cpu")
    stage.simulation.advance(3)
    (left, right), (low, high) = scene.target.extent(3.0)
    assert Seen(stage.picture(Viewport(left, right, low, high, 120, 90))).images["density"].any()
    assert np.isfinite(stage.simulation.frame.x).all()
