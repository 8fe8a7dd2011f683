"""Densities of data and drawings: against the closed form of a Parzen mixture, and what data suggest."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.pictures import Seen
from visualizer.densities import GaussianMixture, GridDensity
from visualizer.engine import Simulation
from visualizer.engine.experiments.mixture_fits import fitted_mixtures, rounding
from visualizer.engine.frame import Viewport
from visualizer.engine.stage import Stage
from visualizer.engine.targets import build_density
from visualizer.engine.targets.from_data import likelihood_bandwidth
from visualizer.engine.targets.mixture import build_mixture
from visualizer.scene import SceneError, parse_scene
from visualizer.scene.embedded import packed
from visualizer.scene.painting import drawing
from visualizer.scene.points import silverman
from visualizer.scene.presets import load_scene
from visualizer.scene.targets.data import DataTarget
from visualizer.scene.targets.drawn import DrawnTarget
from visualizer.scene.targets.unknown import UnknownTarget

LEFT = np.random.default_rng(1).normal([-2.0, 0.0], 0.5, (500, 2))
RIGHT = np.random.default_rng(2).normal([2.0, 1.0], 1.0, (300, 2))
TWO = np.concatenate([LEFT, RIGHT])


def data(points, **more):
    d = points.shape[1]
    return DataTarget(columns=("x", "y")[:d], points=packed(points.astype(np.float32)), **more)


@pytest.mark.parametrize("d", [1, 2])
def test_many_points_on_a_grid_are_the_parzen_mixture(d):
    """At the bandwidth and smoothed further; draws are of the points; moments are exact."""
    target = data(TWO[:, :d], bandwidth=0.3)
    p = build_density(target)
    assert isinstance(p, GridDensity)
    points = torch.from_numpy(target.x.copy())
    exact = GaussianMixture(torch.ones(len(points)), points, 0.09 * torch.eye(d).double().expand(len(points), d, d))
    x = exact.sample(3000, generator=torch.Generator().manual_seed(0))
    for alpha, sigma in ((1.0, 0.0), (0.7, 0.5), (1.0, 4.0)):
        a, b = exact.noised(alpha, sigma), p.noised(alpha, sigma)
        z = alpha * x
        peak = float(a.log_prob(z).exp().max())
        assert float((a.log_prob(z).exp() - b.log_prob(z).exp()).abs().max()) < 1e-4 * peak
        assert float((a.score(z) - b.score(z)).norm(dim=1).quantile(0.99)) < 0.01 * float(a.score(z).norm(dim=1).max())
    omega = torch.randn(20, d, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(p.characteristic(omega), exact.characteristic(omega), atol=1e-6)
    draws = p.sample(100_000, generator=torch.Generator().manual_seed(2)).numpy()
    wanted = target.x.var(0) + 0.09
    assert (np.abs(draws.var(0) / wanted - 1) < 4 * math.sqrt(3 / 100_000)).all()
    assert (np.abs(draws.mean(0) - target.x.mean(0)) < 4 * np.sqrt(wanted / 100_000)).all()


def test_a_bandwidth_is_dragged_on_one_grid():
    first, second = (build_density(data(TWO, bandwidth=h)) for h in (0.3, 0.45))
    assert first.source is second.source
    assert build_density(data(TWO[:300], bandwidth=0.3)).grid is not None
    assert build_density(data(TWO[:300], bandwidth=0.001)).mixture is not None  # too narrow for a grid


def test_few_points_keep_the_closed_form():
    p = build_density(data(TWO[:100], bandwidth=0.05))
    assert isinstance(p, GaussianMixture)
    assert p.K == 100


def test_a_kernel_too_narrow_for_the_grid_is_refused():
    with pytest.raises(SceneError, match="too narrow for these data on a grid: expected at least"):
        build_density(data(TWO, bandwidth=0.001))
    assert isinstance(build_density(data(TWO, bandwidth=data(TWO).least_bandwidth)), GridDensity)


def test_bandwidths_are_those_of_the_literature():
    """For a Gaussian both rules agree within a factor; for modes far apart likelihood is much narrower."""
    x = np.random.default_rng(3).normal(size=(1500, 1))
    assert silverman(x) == pytest.approx(1.06 * x.std(ddof=1) * 1500**-0.2, rel=2e-3)  # (4/3)^(1/5) = 1.0592
    assert 0.4 < likelihood_bandwidth(x) / silverman(x) < 1.8
    apart = np.concatenate([0.1 * x[:700] - 5, 0.1 * x[700:] + 5])
    assert likelihood_bandwidth(apart) < 0.1 * silverman(apart)


def test_em_finds_the_components_it_was_given():
    seen = list(fitted_mixtures(TWO))
    assert [f.done for f in seen] == sorted(f.done for f in seen)
    last = seen[-1]
    assert (last.best, last.done, len(last.bic)) == (2, 1.0, 10)
    # BIC = −2 log L + m log n, by the density's own log-likelihood; m = 2·(1 + 2 + 3) − 1.
    p = build_mixture(last.mixtures[1])
    likelihood = float(p.log_prob(torch.from_numpy(TWO)).sum())
    assert last.bic[1] == pytest.approx(-2 * likelihood + 11 * math.log(len(TWO)), abs=0.01)
    # Points of the outlines are one standard deviation from a mean, or two.
    x = torch.from_numpy(last.outlines[1].T.copy())
    kept = x[~x.isnan().any(1)]
    away = (kept[:, None] - p.means)[..., None]
    squares = (away.mT @ torch.linalg.inv(p.covariances) @ away)[..., 0, 0]
    assert ((squares - 1).abs().min(1).values < 1e-4).sum() >= len(kept) // 2
    assert torch.minimum((squares - 1).abs(), (squares - 4).abs()).min(1).values.max() < 1e-4
    found = last.mixtures[1]
    assert len(found.weights) == 2
    order = np.argsort([m[0] for m in found.means])
    means = np.array(found.means)[order]
    for k, (part, std) in enumerate(((TWO[:500], 0.5), (TWO[500:], 1.0))):
        assert np.abs(means[k] - part.mean(0)).max() < 4 * std / math.sqrt(len(part))
    assert np.array(found.weights)[order] == pytest.approx([0.625, 0.375], abs=4 * math.sqrt(0.25 / 800))


def test_on_the_line_a_mixture_is_shown_over_a_histogram():
    *_, last = fitted_mixtures(TWO[:, :1])
    y, heights = last.outlines[last.best - 1]
    p = build_mixture(last.mixtures[last.best - 1])
    assert heights == pytest.approx(p.log_prob(torch.from_numpy(y)[:, None]).exp().numpy(), rel=1e-4)
    assert float(last.data @ np.diff(last.edges)) == pytest.approx(1.0)


def test_rounded_data_are_not_taken_for_thin_components():
    """Irises, told to a millimetre: three species, though rows of equal numbers would let a likelihood grow for ever."""
    irises = load_scene("irises").target.x
    assert rounding(irises[:, 0]) == pytest.approx(0.1)
    assert rounding(TWO[:, 0]) == 0.0
    *_, last = fitted_mixtures(irises)
    assert last.best == 3
    setosa = min(last.mixtures[2].means)
    assert setosa == pytest.approx(irises[:50].mean(0), abs=0.03)


def test_a_drawing_is_sampled_and_drawn():
    """Reverse diffusion arrives on what was painted: a bar with nothing outside of it."""
    values = np.zeros((64, 64), np.uint8)
    values[10:54, 28:36] = 200
    target = drawing(values)
    p = build_density(target)
    table = p.table()
    assert float(table.density.sum() * table.volume) == pytest.approx(1.0, abs=1e-6)
    scene = parse_scene(
        '[target]\nkind = "shape"\nname = "donut"\n[process]\nkind = "vp-cosine"\n'
        '[sampler]\nkind = "reverse"\nsteps = 120\n[particles]\ncount = 4000\n'
    ).with_(target=target)
    *_, last = Simulation(scene, "cpu")
    bar = (np.abs(last.x[:, 0]) < 2.75 + 0.3) & (np.abs(last.x[:, 1]) < 0.5 + 0.3)
    assert bar.mean() > 0.97
    assert last.x[:, 0].std() == pytest.approx(5.5 / math.sqrt(12), rel=0.06)
    picture = Stage(scene.with_(target=DrawnTarget.first(UnknownTarget())), "cpu").picture(
        Viewport(-4, 4, -4, 4, 120, 120)
    )
    assert Seen(picture).images["density"].any()


def test_the_data_are_drawn_where_they_are():
    """A layer of its own: bright where there are points, nothing elsewhere; and no other target has it."""
    spots = np.array([[-1.5, 0.5], [1.0, -1.0], [1.0, 1.2]])
    scene = parse_scene('[target]\nkind = "shape"\nname = "two-moons"\n[particles]\ncount = 10\n')
    view = Viewport(-2.0, 2.0, -2.0, 2.0, 200, 200)
    assert "data" not in Stage(scene, "cpu").picture(view).layers
    image = Seen(Stage(scene.with_(target=data(spots, bandwidth=0.3)), "cpu").picture(view)).images["data"]
    alpha = image >> 24
    rows, columns = np.nonzero(alpha > 60)
    x, y = -2 + (columns + 0.5) * 0.02, 2 - (rows + 0.5) * 0.02
    near = np.hypot(x[:, None] - spots[:, 0], y[:, None] - spots[:, 1])
    assert near.min(1).max() < 0.1
    assert set(near.argmin(1)) == {0, 1, 2}
    line = Stage(scene.with_(target=data(spots[:, :1], bandwidth=0.3)), "cpu").picture(view)
    assert sorted(Seen(line).ticks("data", "text").tolist()) == pytest.approx([-1.5, 1.0, 1.0])
    many = data(np.random.default_rng(3).normal(size=(5000, 1)), bandwidth=0.3)
    shown = Seen(Stage(scene.with_(target=many), "cpu").picture(view)).ticks("data", "text")
    assert len(shown) == 1000
    assert set(shown.tolist()) <= set(many.x[:, 0].astype(np.float32).tolist())


@pytest.mark.parametrize("scale", [0.02, 1.0, 100.0])
def test_mixtures_are_fitted_on_any_scale(scale):
    """EM in units of the data: the same fit in other units, or a sentence where the program has no such mixtures."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-2, 0.5, 300), rng.normal(2, 0.5, 300)])[:, None]
    *_, plain = fitted_mixtures(x)
    *_, other = fitted_mixtures(x * scale)
    assert other.best == plain.best == 2
    one, two = (fit.mixtures[1] for fit in (plain, other))
    np.testing.assert_allclose(np.ravel(two.means) / scale, np.ravel(one.means), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("scale", [1e-4, 2_500.0, 1e9])
def test_what_no_mixture_can_be_is_a_sentence(scale):
    x = scale * np.random.default_rng(0).normal(size=(100, 1))
    with pytest.raises(ValueError, match="standardise the data"):
        list(fitted_mixtures(x))
