"""Fokker and Planck's equation on a grid: what it keeps, and closed forms of the Ornstein–Uhlenbeck process."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture, exact_field
from visualizer.diagnostics.fokker_planck import Drifted, FokkerPlanck, bernoulli
from visualizer.engine.frame import Viewport
from visualizer.engine.pictures.model_density import ModelDensity
from visualizer.engine.run.net_files import net_in_file
from visualizer.engine.stage import Stage
from visualizer.engine.targets import build_density
from visualizer.processes import process
from visualizer.samplers import Reverse, ran, time_grid
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


# any drift


def test_with_a_gradient_it_is_the_same_equation():
    """b = −∇U between cells is −ΔU/δ to second order, so that both agree; mass stays, nothing is negative."""
    p, limits = gaussian(0.3, 0.8, 2), ((-4.0, 4.0), (-4.0, 4.0))
    plain, drifted = FokkerPlanck(p, limits, 96), Drifted(limits, 96)
    q = plain.normalised(np.exp(plain.on_cells(gaussian(-1.0, 0.2, 2))))
    drift = [p.score(torch.from_numpy(faces))[:, axis].numpy() for axis, faces in enumerate(drifted.faces)]
    one, other = q, q
    for _ in range(20):
        one, other = plain.advance(one, 0.02), drifted.advance(other, drift, 1.0, 0.02)
    np.testing.assert_allclose(other, one, atol=1e-6 * one.max())
    assert other.min() >= 0
    assert other.sum() * np.prod(drifted.widths) == pytest.approx(1.0, abs=1e-12)


def test_a_turning_flow_that_is_no_gradient_turns_the_mean():
    """b = ω × x: the mean turns by ωτ, and the variance grows by 2 D τ."""
    grid = Drifted(((-5.0, 5.0), (-5.0, 5.0)), 200)
    off = ((grid.places - [1.5, 0.0]) ** 2).sum(1) / 0.3
    q = grid.normalised(np.exp(-0.5 * off).reshape(200, 200))
    drift = [-grid.faces[0][:, 1], grid.faces[1][:, 0]]
    for _ in range(400):
        q = grid.advance(q, drift, 0.2, np.pi / 4 / 400)
    (x, vx), (y, vy) = moments(grid, q, 0), moments(grid, q, 1)
    assert (x, y) == pytest.approx((1.5 / np.sqrt(2), 1.5 / np.sqrt(2)), abs=0.01)
    assert 0.5 * (vx + vy) == pytest.approx(0.3 + 2 * 0.2 * np.pi / 4, rel=0.02)


@pytest.mark.parametrize("lam", [0.5, 1.0])
def test_a_reverse_sde_makes_the_target_and_its_particles_agree(lam):
    """At every time N(α m, α² v + σ²); the last density is N(m, v)."""
    p, q = gaussian(0.7, 0.6), process("vp-linear")
    sampler = Reverse(exact_field(p), q, time_grid("uniform", 400, 1.0), lam, "euler")
    model = ModelDensity(sampler, p)
    for step in range(400):
        model.advance()
        if step == 199:
            mean, variance = moments(model.grid, model.density)
            alpha, sigma = q.alpha(0.5), q.sigma(0.5)
            assert (mean, variance) == pytest.approx((0.7 * alpha, 0.6 * alpha**2 + sigma**2), rel=0.02)
    mean, variance = moments(model.grid, model.density)
    assert mean == pytest.approx(0.7, abs=0.01)
    assert variance == pytest.approx(0.6, rel=0.03)


def test_a_run_that_was_jumped_into_is_caught_up_with_picture_by_picture():
    stage = Stage(load_scene("model-density").resolved_panels()[0].with_(panels=()), "cpu")
    view = Viewport(-5.5, 5.5, -5, 5, 100, 90)
    assert "fokker-planck" in stage.picture(view).layers
    stage.simulation.advance(20)
    assert "fokker-planck" not in stage.picture(view, dragging=True).layers
    assert stage.moving, "the next picture is nearer"
    assert "fokker-planck" in stage.picture(view).layers
    assert not stage.moving
    stage.simulation.advance(1)
    assert "fokker-planck" in stage.picture(view, dragging=True).layers, "while it plays"


def test_the_model_density_of_a_network_is_that_of_its_particles():
    """Learned from eight points: shares of cells within Poisson noise of 40,000 particles of the same SDE."""
    scene = load_scene("memorised").resolved_panels()[0]
    p, net = build_density(scene.target), net_in_file(scene.field.file)
    q = net.process
    sampler = Reverse(net.field(), q, time_grid("uniform", 120, q.t_max), 1.0, "euler")
    assert ModelDensity.suits(sampler, p)
    model, n = ModelDensity(sampler, p), 40_000
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _ in range(60):
            model.advance()
        x = ran(sampler, q.prior_std() * torch.randn(p.d, n, generator=g), 60, g).numpy()
    edges = [np.append(a - w / 2, a[-1] + w / 2)[::10] for a, w in zip(model.grid.axes, model.grid.widths, strict=True)]
    counts = np.histogram2d(*x, bins=edges)[0]
    cells = model.density * np.prod(model.grid.widths)
    whole = [len(e) - 1 for e in edges]
    wanted = n * cells[: 10 * whole[0], : 10 * whole[1]].reshape(whole[0], 10, whole[1], 10).sum((1, 3))
    often = wanted > 50
    off = (counts - wanted)[often] / np.sqrt(wanted[often])
    assert np.abs(off).mean() < 2.5  # Poisson noise alone: 0.8; cells of a hundredth of the box blur somewhat
    assert not ModelDensity.suits(Reverse(net.field(), q, sampler.grid, 0.0, "heun"), p)
