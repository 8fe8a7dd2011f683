"""The Fourier view and bands of frequencies: against integrals of other libraries, error functions and Parseval."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from scipy.special import j0

from tests.pictures import Seen
from visualizer.densities import GaussianMixture, GridDensity, GridSource
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import hue_table, phase_colours, to_oklab
from visualizer.engine.pictures.bands import Lattice, band_on_line, share_on_line, width_of
from visualizer.engine.pictures.common import Cache
from visualizer.engine.pictures.spectrum import Spectrum
from visualizer.engine.run.levels import Level
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.engine.targets import build_density
from visualizer.engine.targets.mixture import build_mixture
from visualizer.scene.embedded import packed
from visualizer.scene.presets import load_scene
from visualizer.scene.targets.data import DataTarget
from visualizer.scene.targets.formula import FormulaTarget

VIEW = Viewport(-5.0, 5.0, -4.5, 4.5, 200, 180)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


LINE = GaussianMixture(tensor([0.3, 0.7]), tensor([[-2.0], [1.5]]), tensor([[[0.09]], [[0.3]]]))
ROUND = GaussianMixture(tensor([1.0]), tensor([[1.0, 0.5]]), 0.25 * torch.eye(2, dtype=torch.float64)[None])
PLANE = GaussianMixture(
    tensor([0.6, 0.4]),
    tensor([[-1.6, 0.6], [1.4, -0.9]]),
    tensor([[[0.55, 0.25], [0.25, 0.35]], [[0.4, 0.0], [0.0, 0.2]]]),
)


def rasterised(p, half, n):
    axis = -half + (torch.arange(n, dtype=torch.float64) + 0.5) * 2 * half / n
    points = torch.stack([g.flatten() for g in torch.meshgrid(*[axis] * p.d, indexing="ij")], 1)
    return GridDensity(GridSource(p.log_prob(points).exp().view([n] * p.d), (-half,) * p.d, (half,) * p.d))


def spectrum_of(scene, **view):
    return Spectrum(Simulation(scene.with_(view=scene.view.with_(fourier=True, **view)), "cpu"), Cache())


def test_the_spectrum_is_the_product_of_its_parts_and_the_noised_characteristic_function(three_modes):
    p = build_mixture(three_modes.target)
    f = spectrum_of(three_modes).fourier(Level(0.8, 0.5, None))
    np.testing.assert_allclose(f.product, f.phi * f.filter, rtol=1e-5, atol=1e-7)
    n = len(f.omega)
    assert f.phi[n // 2, n // 2] == pytest.approx(1.0)
    for row, column in ((30, 10), (n // 2, 7), (n - 9, n // 2 + 3)):
        omega = tensor([[float(f.omega[column]), float(f.omega[n - 1 - row])]])
        exact = float(p.noised(0.8, 0.5).characteristic(omega).abs())
        assert f.product[row, column] == pytest.approx(exact, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("p", [PLANE, ROUND, rasterised(PLANE, 8.0, 64), rasterised(PLANE, 8.0, 64).noised(0.7, 0.4)])
def test_the_characteristic_function_on_axes_is_that_at_points(p):
    first, second = torch.linspace(-3, 3, 7, dtype=torch.float64), torch.linspace(-1, 4, 5, dtype=torch.float64)
    at_points = p.characteristic(torch.cartesian_prod(first, second)).view(7, 5)
    torch.testing.assert_close(p.characteristic_on(first, second), at_points, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("p", [LINE, PLANE, rasterised(LINE, 6.0, 1024), rasterised(PLANE, 6.0, 256)])
def test_the_squared_norm_is_the_integral(p):
    p = p.noised(0.9, 0.3)
    axis = torch.linspace(-8, 8, 801, dtype=torch.float64)
    points = axis[:, None] if p.d == 1 else torch.cartesian_prod(axis, axis)
    integral = float(p.log_prob(points).mul(2).exp().sum()) * 0.02**p.d
    assert p.squared_norm() == pytest.approx(integral, rel=1e-6)


@pytest.mark.parametrize("band", [(0.0, 1.3), (0.8, 2.5), (3.0, 9.0), (2.0, math.inf)])
def test_a_band_on_the_line_is_the_integral_over_frequencies(band):
    x = tensor([-3.0, -1.7, 0.0, 0.4, 2.2])

    def phi(w):
        parts = zip(LINE.weights.tolist(), LINE.means[:, 0].tolist(), LINE.variances[:, 0].tolist(), strict=True)
        return sum(a * np.exp(1j * w * m - 0.5 * v * w * w) for a, m, v in parts)

    high = min(band[1], 40.0)  # exp(−½ 0.09 · 40²) is 1e-31
    exact = [
        quad(lambda w, at=at: (phi(w) * np.exp(-1j * w * at)).real / math.pi, band[0], high, limit=400)[0]
        for at in x.tolist()
    ]
    np.testing.assert_allclose(band_on_line(LINE, band, x).numpy(), exact, atol=1e-9)
    on_grid = rasterised(LINE, 6.0, 1024)
    np.testing.assert_allclose(band_on_line(on_grid, band, x).numpy(), exact, atol=1e-6)


def test_a_band_in_the_plane_is_the_hankel_transform():
    """The lattice's promise is 5e-4 of max p."""
    band = (0.8, 2.5)
    xs, ys = torch.linspace(-5, 5, 41, dtype=torch.float64), torch.linspace(-4, 4, 33, dtype=torch.float64)
    found = Lattice.of(ROUND, width_of(ROUND, xs, ys)).summed(band, xs, ys)
    r = torch.hypot(xs[None] - 1.0, ys[:, None] - 0.5).numpy()
    at = np.linspace(0, r.max(), 160)
    exact = [quad(lambda w, s=s: w * j0(w * s) * math.exp(-0.125 * w * w), *band)[0] / (2 * math.pi) for s in at]
    peak = float(ROUND.log_prob(tensor([[1.0, 0.5]])).exp())
    assert np.abs(found.numpy() - CubicSpline(at, exact)(r)).max() < 5e-4 * peak
    on_grid = rasterised(ROUND, 6.0, 128)
    again = Lattice.of(on_grid, width_of(on_grid, xs, ys)).summed(band, xs, ys)
    assert float((again - found).abs().max()) < 1e-3 * peak  # both promises


@pytest.mark.parametrize("d", [1, 2])
def test_the_bands_together_are_the_density(d):
    p = (LINE, PLANE)[d - 1].noised(1.0, 0.2)
    edges = [0.0, 1.0, 2.7, math.inf]
    bands = list(itertools.pairwise(edges))
    xs = torch.linspace(-4, 4, 33, dtype=torch.float64)
    if d == 1:
        total, exact = sum(band_on_line(p, b, xs) for b in bands), p.log_prob(xs[:, None]).exp()
        shares = [share_on_line(p, b) for b in bands]
    else:
        lattice = Lattice.of(p, width_of(p, xs, xs))
        total = sum(lattice.summed(b, xs, xs) for b in bands)
        points = torch.cartesian_prod(xs, xs).flip(1)
        exact = p.log_prob(points).exp().view(33, 33)
        shares = [lattice.share(b, p.squared_norm()) for b in bands]
    assert float((total - exact).abs().max()) < 1e-6 * float(exact.max())
    assert sum(shares) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("band", [(0.0, 2.0), (1.0, 3.0), (2.5, math.inf)])
def test_the_share_of_a_gaussian_is_an_error_function(band):
    """∫_a^b exp(−σ²ω²) dω is √π/2σ (erf σb − erf σa); in the plane ω dω makes it exponentials."""
    one = GaussianMixture(tensor([1.0]), tensor([[0.7]]), tensor([[[0.25]]]))
    for p in (one, rasterised(one, 6.0, 512)):
        assert share_on_line(p, band) == pytest.approx(math.erf(0.5 * band[1]) - math.erf(0.5 * band[0]), abs=1e-9)
    low, high = (math.exp(-0.25 * w * w) for w in band)
    share = Lattice.of(ROUND, width_of(ROUND)).share(band, ROUND.squared_norm())
    assert share == pytest.approx(low - high, abs=2e-3)  # the cells on the edge


def test_two_modes_are_carried_by_the_first_lobe_beyond_the_middle():
    """At ±1.5 they are told apart by frequencies about π/1.5; those below 0.5 alone show a single hump."""
    scene = load_scene("fourier")
    scene = scene.with_(sampler=scene.sampler.with_(sigma=0.0))
    p = build_mixture(scene.target)
    x = torch.linspace(-3, 3, 241, dtype=torch.float64)

    def peaks(band):
        v = band_on_line(p, band, x).numpy()
        return x[1:-1][(v[1:-1] > v[:-2]) & (v[1:-1] > v[2:]) & (v[1:-1] > 0.2 * v.max())].tolist()

    assert peaks((0.0, 0.5)) == pytest.approx([0.0], abs=0.03)
    first = peaks((0.0, 3.0))
    assert [abs(v) for v in first if abs(v) > 0.5] == pytest.approx([1.5, 1.5], abs=0.15)
    picture = Stage(scene.with_(view=scene.view.with_(band=(0.5, 3.0))), "cpu").picture(VIEW)
    picture = Seen(picture)
    at = torch.from_numpy(picture.grid.astype(np.float64))
    np.testing.assert_allclose(picture.curve("band"), band_on_line(p, (0.5, 3.0), at).numpy(), atol=1e-6)
    assert picture.fourier.share == pytest.approx(share_on_line(p, (0.5, 3.0)))


def test_a_band_takes_the_place_of_the_density_in_the_plane(three_modes):
    stage = Stage(three_modes.with_(view=three_modes.view.with_(band=(0.5, 2.0))), "cpu")
    picture = Seen(stage.picture(VIEW))
    assert "density" not in picture.images
    assert picture.images["band"].shape == (180, 200)
    p = build_mixture(three_modes.target)
    highest = float(p.log_prob(p.means).exp().max())
    assert 0.05 * highest < float(picture.key.ticks[-1][1]) < highest
    assert picture.fourier is None  # it was not asked for


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_hues_are_of_one_lightness_and_come_round(theme):
    lab = to_oklab(hue_table(theme))
    assert np.ptp(lab[:, 0]) < 0.02
    assert np.hypot(*(lab[:, 1:] - np.roll(lab[:, 1:], 1, 0)).T).max() < 3e-3  # no jump anywhere, at ±π neither
    ends = phase_colours(theme, np.ones(2), np.array([-math.pi, math.pi - 1e-9]))
    assert all(abs(int(ends[0] >> s & 255) - int(ends[1] >> s & 255)) <= 2 for s in (0, 8, 16))


def test_phases_are_shown_by_hue_in_one_and_two_dimensions(three_modes):
    f = spectrum_of(three_modes, phase=True).fourier(Level(1.0, 0.3, None))
    plain = spectrum_of(three_modes).fourier(Level(1.0, 0.3, None))
    assert (f.images["filter"] == plain.images["filter"]).all()
    assert (f.images["phi"] != plain.images["phi"]).mean() > 0.5
    n, p = len(f.omega), build_mixture(three_modes.target)
    centred = GaussianMixture(p.weights, p.means - p.weights @ p.means, p.covariances)
    angle = centred.characteristic(tensor([[float(f.omega[70]), float(f.omega[n - 1 - 75])]])).angle().numpy()
    assert f.images["phi"][75, 70] == phase_colours("dark", np.sqrt(f.phi[75, 70:71]), angle)[0]
    line = spectrum_of(load_scene("fourier"), phase=True).fourier(Level(1.0, 0.3, None))
    filled = (line.images["product"] != 0).mean(0)
    np.testing.assert_allclose(filled, line.product, atol=1 / 96)
    assert not spectrum_of(load_scene("fourier")).fourier(Level(1.0, 0.3, None)).images


def test_data_show_the_frequencies_they_have(three_modes):
    """1000 points are known up to 1000^(-1/2) in frequency; whatever their unit, the picture ends soon after that."""
    rng = np.random.default_rng(5)
    for scale in (0.1, 1.0, 100.0):
        points = packed((scale * rng.normal(size=(1000, 2))).astype(np.float32))
        target = DataTarget(columns=("a", "b"), points=points)
        f = spectrum_of(three_modes.with_(target=target, particles={"count": 10})).fourier(Level(1.0, 0.0, None))
        gaussian_falls_below = math.sqrt(2 * math.log(math.sqrt(1000) / 4)) / scale
        assert gaussian_falls_below < f.omega[-1] < 2.5 * gaussian_falls_below


def test_noise_dims_a_band_instead_of_scaling_it_up_again(three_modes):
    """Full colours stand for the band without noise; where there is nothing in it nothing is shown."""
    scene = three_modes.with_(view=three_modes.view.with_(band=(0.5, 2.0)))
    spectrum = Spectrum(Simulation(scene, "cpu"), Cache())
    clean, peak = spectrum.band_in_plane(Level(1.0, 0.0, None), VIEW, False)
    noisy, same = spectrum.band_in_plane(Level(1.0, 1.0, None), VIEW, False)
    assert same == peak
    assert (noisy >> 24).max() < 0.8 * (clean >> 24).max()
    beyond = Spectrum(Simulation(scene.with_(view=scene.view.with_(band=(30.0, 40.0))), "cpu"), Cache())
    assert (beyond.band_in_plane(Level(1.0, 0.5, None), VIEW, False)[0] >> 24).max() < 3


def test_a_view_of_any_width_takes_a_bounded_time():
    thin = GaussianMixture(tensor([1.0]), tensor([[0.0]]), tensor([[[1e-8]]]))
    x = torch.linspace(-1e5, 1e5, 641, dtype=torch.float64)
    found = band_on_line(thin, (0.0, 1e9), x)
    assert bool(torch.isfinite(found).all())
    assert int(found.argmax()) == 320


def test_bands_on_a_very_fine_grid_together_are_the_density():
    """131,072 nodes over a box of 34,000: frequencies times nodes would fill the memory."""
    p = build_density(FormulaTarget(log_density="-1.1*log(1 + x^2/1.2)"))
    assert len(p.source.table.density) == 131_072
    x = torch.linspace(-100, 100, 640, dtype=torch.float64)
    bands = [(0.0, 1.0), (1.0, 3.0), (3.0, math.inf)]
    exact = p.log_prob(x[:, None]).exp()
    assert torch.allclose(sum(band_on_line(p, b, x) for b in bands), exact, atol=1e-4)
    shares = [share_on_line(p, b) for b in bands]
    assert sum(shares) == pytest.approx(1.0, abs=1e-6)
    assert shares == sorted(shares, reverse=True)
