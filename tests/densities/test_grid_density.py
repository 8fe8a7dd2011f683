"""Densities on a grid: the FFT, the interpolation and the draws against mixtures, whose smoothings are closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import chi2

from visualizer.densities import GaussianMixture, GridDensity, GridField, GridSource, MixtureField
from visualizer.diagnostics.distances import Reference
from visualizer.diagnostics.marginals import Marginal, conditional_along, law_along


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


PLANE = GaussianMixture(
    tensor([0.5, 0.3, 0.2]),
    tensor([[-2.6, 1.6], [2.4, 1.9], [0.2, -2.2]]),
    tensor([[[0.55, 0.25], [0.25, 0.35]], [[0.35, -0.15], [-0.15, 0.5]], [[1.1, 0.0], [0.0, 0.22]]]),
)
LINE = GaussianMixture(tensor([0.3, 0.7]), tensor([[-2.0], [1.5]]), tensor([[[0.04]], [[0.3]]]))


def rasterised(p, low, high, n=256):
    axes = [a + (torch.arange(n, dtype=torch.float64) + 0.5) * (b - a) / n for a, b in zip(low, high, strict=True)]
    points = torch.stack([g.flatten() for g in torch.meshgrid(*axes, indexing="ij")], 1)
    return GridDensity(GridSource(7.0 * p.log_prob(points).exp().view([n] * p.d), low, high))


ON_GRID = {2: (PLANE, rasterised(PLANE, (-8.0, -7.0), (8.0, 7.0))), 1: (LINE, rasterised(LINE, (-6.0,), (8.0,), 1024))}
LEVELS = [(1.0, 0.0), (1.0, 0.02), (1.0, 0.3), (0.7, 0.7), (1.0, 2.0), (1.0, 20.0), (0.01, 1.0), (1.0, 300.0)]


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
def test_smoothing_agrees_with_the_closed_form(d, alpha, sigma):
    """To 1e-4 of the peak is what is asked; 1e-6 is what there is. Mass is kept, and nothing wraps around."""
    exact, found = (p.noised(alpha, sigma) for p in ON_GRID[d])
    x = exact.sample(5000, generator=torch.Generator().manual_seed(0))
    peak = float(exact.log_prob(x).exp().max())
    assert float((found.log_prob(x).exp() - exact.log_prob(x).exp()).abs().max()) < 1e-6 * peak
    table = found.table()
    assert float(table.density.sum() * table.volume) == pytest.approx(1.0, abs=1e-6)
    score = exact.score(x)
    assert float((found.score(x) - score).norm(dim=1).quantile(0.99)) < 2e-3 * float(score.norm(dim=1).max())


@pytest.mark.parametrize("d", [1, 2])
def test_the_score_is_the_gradient_of_log_p_everywhere(d):
    """Outside the box, too, where a wide Gaussian of next to no weight takes over and pulls back."""
    p = ON_GRID[d][1].noised(1.0, 0.4)
    x = torch.randn(400, d, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 2
    x = torch.cat([x, torch.full((1, d), 60.0, dtype=torch.float64)])
    h = 1e-5
    for i in range(d):
        step = torch.zeros(d, dtype=torch.float64)
        step[i] = h
        slope = (p.log_prob(x + step) - p.log_prob(x - step)) / (2 * h)
        assert torch.allclose(p.score(x)[:, i], slope, rtol=1e-5, atol=1e-6)
    assert bool((p.score(x)[-1] < 0).all())


def steepness(p, x, order, step=0.02):
    """max_x Σ_i |∂ⁿ log p / ∂x_iⁿ|, n = 4 or 5, by central differences in float64."""
    weights = {4: (1, -4, 6, -4, 1), 5: (-0.5, 2, -2.5, 0, 2.5, -2, 0.5)}[order]
    middle, total = len(weights) // 2, torch.zeros(len(x), dtype=torch.float64)
    for e in step * torch.eye(p.d, dtype=torch.float64):
        total += sum(w * p.log_prob(x + (k - middle) * e) for k, w in enumerate(weights)).abs() / step**order
    return float(total.max())


def test_scores_on_a_line_are_right_to_a_hundred_thousandth():
    """Between wells, too, where log p bends within less than σ: 84 cells to σ, splines right to their fourth power."""
    p = GaussianMixture(
        torch.tensor([0.6, 0.4]).double(), torch.tensor([[-2.0], [2.0]]).double(), torch.full((2, 1, 1), 0.25).double()
    )
    nodes = (torch.arange(2048, dtype=torch.float64) + 0.5) * 12 / 2048 - 6
    on_grid = GridDensity(GridSource(p.log_prob(nodes[:, None]).exp(), (-6.0,), (6.0,)))
    x = torch.linspace(-3, 3, 3001, dtype=torch.float64)[:, None]
    for sigma in (0.3, 0.5, 1.0, 3.0):
        off = on_grid.noised(1.0, sigma).score(x) - p.noised(1.0, sigma).score(x)
        assert float(off.abs().max()) < 1e-5


@pytest.mark.parametrize("d", [1, 2])
def test_the_field_in_columns_is_the_exact_one(d):
    """Within the bounds of cubic Hermite interpolation on nodes h apart, with slopes of fourth order, in float32.

    |f − Hf| ≤ h⁴/384 max|f⁗|, |f′ − Hf′| ≤ √3/216 h³ max|f⁗|, |f″ − Hf″| ≤ h²/12 max|f⁗| (G. Birkhoff and A. Priver,
    "Hermite interpolation errors for derivatives", 1967); the slopes themselves are off by h⁴/30 max|f⁽⁵⁾|.
    """
    exact, grid = MixtureField(ON_GRID[d][0]), GridField(ON_GRID[d][1])
    alpha, sigma = 0.8, 0.6
    p = ON_GRID[d][0].noised(alpha, sigma)
    draws = p.sample(2000, generator=torch.Generator().manual_seed(2))
    x = draws.T.float().contiguous()
    h = alpha * max(ON_GRID[d][1].noised(alpha, sigma).table().cell)
    fourth, fifth = steepness(p, draws, 4), steepness(p, draws, 5)
    log_p, expected = (f.log_prob_and_score(x, alpha, sigma)[0] for f in (grid, exact))
    rounding = 4 * torch.finfo(torch.float32).eps * float(expected.abs().max())
    table = ON_GRID[d][1].noised(alpha, sigma).table()
    reach = alpha * max(c * n for c, n in zip(table.cell, table.density.shape, strict=True))
    # Places are counted in float32 from the first node on.
    rounding += torch.finfo(torch.float32).eps * reach * float(p.score(draws).abs().max())
    slopes = h**4 / 30 * fifth
    in_score = math.sqrt(3) / 216 * h**3 * fourth + slopes + rounding / h
    assert float((log_p - expected).abs().max()) < h**4 / 384 * fourth + h / 4 * slopes + rounding
    assert float((grid.score(x, alpha, sigma) - exact.score(x, alpha, sigma)).abs().max()) < in_score
    off = (grid.denoise(x, alpha, sigma) - exact.denoise(x, alpha, sigma)).abs().max()
    assert float(off) < sigma**2 / alpha * in_score  # Tweedie: E[x_0 | x] = (x + σ² s)/α
    found, wanted = (f.score_and_divergence(x, alpha, sigma)[1] for f in (grid, exact))
    assert float((found - wanted).abs().max()) < h**2 / 12 * fourth + 6 / h * slopes + rounding / h**2
    # At α = 0 nothing is left of the data.
    assert torch.allclose(grid.score(x, 0.0, 1.0), -x, atol=1e-6)
    assert torch.allclose(grid.denoise(x, 0.0, 1.0)[:, 0], ON_GRID[d][1].mean.float(), atol=1e-6)


def test_draws_follow_the_density():
    """χ² over 400 cells of equal probability along x, and the other axis by its moments; a fixed seed."""
    p, n, cells = ON_GRID[2][1], 200_000, 400
    x = p.sample(n, generator=torch.Generator().manual_seed(3)).numpy()
    fine = np.linspace(-8, 8, 40_001)
    inner = np.interp(np.arange(1, cells) / cells, law_along(p, np.array([1.0, 0.0])).cdf(fine), fine)
    counts = np.bincount(np.searchsorted(inner, x[:, 0]), minlength=cells)
    statistic = float(((counts - n / cells) ** 2 / (n / cells)).sum())
    assert chi2.sf(statistic, cells - 1) > 1e-4
    error = x.std(0) / math.sqrt(n)
    mean = (PLANE.weights @ PLANE.means).numpy()
    assert (np.abs(x.mean(0) - mean) < 4 * error).all()
    noised = p.noised(0.6, 0.8)
    z = noised.sample(n, generator=torch.Generator().manual_seed(4)).numpy()
    variance = np.diag(noised.covariance.numpy())
    assert (np.abs(z.var(0) / variance - 1) < 4 * math.sqrt(3 / n)).all()


def test_moments_characteristic_function_marginals_and_conditionals():
    p, q = ON_GRID[2]
    omega = torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    for level in ((1.0, 0.0), (0.7, 0.5)):
        a, b = p.noised(*level), q.noised(*level)
        assert torch.allclose(a.characteristic(omega), b.characteristic(omega), atol=1e-9)
        places = np.linspace(-6, 6, 301)
        for u in ([1.0, 0.0], [0.0, 1.0], [0.6, 0.8]):
            wanted, found = Marginal.of(a, np.array(u)), law_along(b, np.array(u))
            # Between places h apart the law is linear, which is wrong by h²/8 p'' at most.
            h, curved = found.at[1] - found.at[0], np.gradient(np.gradient(wanted.pdf(places), places), places)
            assert np.abs(found.pdf(places) - wanted.pdf(places)).max() < 0.13 * h * h * np.abs(curved).max()
            assert np.abs(found.quantiles(999) - wanted.quantiles(999)).max() < 5e-3
        for axis in (0, 1):
            cut = (0.4, -1.1)
            wanted, found = (conditional_along(v, axis, cut, places) for v in (a, b))
            assert np.abs(found - wanted).max() < 1e-4 * wanted.max()
    # At α = 0 there is noise alone, in every direction.
    assert law_along(q.noised(0.0, 2.0), np.array([0.6, 0.8])).pdf(np.zeros(1)) == pytest.approx(0.19947114, rel=4e-5)
    floors = [Reference(v, 2000).floors for v in (p, q)]
    assert floors[0]["w2"] == pytest.approx(floors[1]["w2"], rel=0.2)


def test_a_log_density_of_its_own_is_used_without_noise():
    """Its score is by automatic differentiation; at other levels the grid's is."""
    p = PLANE

    def exact(y):
        return p.log_prob(y)

    q = GridDensity(GridSource(ON_GRID[2][1].source.table.density, (-8.0, -7.0), (8.0, 7.0), exact))
    x = torch.tensor([[0.0, 0.0], [-30.0, 12.0]], dtype=torch.float64)
    assert torch.allclose(q.score(x), p.score(x), rtol=1e-9)
    assert torch.allclose(q.noised(0.5, 0.0).log_prob(x), p.noised(0.5, 0.0).log_prob(x), rtol=1e-9)
    assert torch.allclose(q.noised(1.0, 0.5).score(x[:1]), p.noised(1.0, 0.5).score(x[:1]), atol=1e-3)


@pytest.mark.parametrize(
    ("values", "low", "high", "words"),
    [
        (torch.zeros(16), (0.0,), (1.0,), "positive sum"),
        (torch.tensor([1.0] * 15 + [math.nan]), (0.0,), (1.0,), "finite"),
        (-torch.ones(16), (0.0,), (1.0,), "non-negative"),
        (torch.ones(16), (1.0,), (0.0,), "low < high"),
        (torch.ones(15), (0.0,), (1.0,), "even"),
        (torch.ones(4), (0.0,), (1.0,), "8 or more"),
        (torch.ones(16, 18), (0.0, 0.0), (1.0, 1.0), "as many cells"),
    ],
)
def test_what_is_no_density_is_refused(values, low, high, words):
    with pytest.raises(ValueError, match=words):
        GridSource(values, low, high)


@pytest.mark.parametrize("ratio", [1.0, 5.0, 20.0, 100.0])
@pytest.mark.parametrize("sigma", [0.0, 0.03, 0.1, 0.3, 1.0, 5.0, 40.0])
def test_long_thin_densities_are_smoothed_along_each_axis_for_itself(ratio, sigma):
    """Cells of a box a hundred times as long as it is wide are doubled along the short side first; tilted a little, too."""
    short = 1.0 / ratio
    low, high = (-7.0, -7 * short), (7.0, 7 * short)
    p = GaussianMixture(
        tensor([0.6, 0.4]),
        tensor([[-1.5, 0.5 * short], [1.5, -short]]),
        tensor([[[0.6, 0.2 * short], [0.2 * short, 0.5 * short**2]], [[0.4, 0.0], [0.0, 0.7 * short**2]]]),
    )
    exact, found = (q.noised(1.0, sigma) for q in (p, rasterised(p, low, high)))
    x = exact.sample(2000, generator=torch.Generator().manual_seed(6))
    peak = float(exact.log_prob(x).exp().max())
    assert float((found.log_prob(x).exp() - exact.log_prob(x).exp()).abs().max()) < 2e-6 * peak
    score = exact.score(x)
    assert float((found.score(x) - score).norm(dim=1).quantile(0.99)) < 2e-3 * float(score.norm(dim=1).max())
    table = found.table()
    assert float(table.density.sum() * table.volume) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("cells", [24, 40, 100])
@pytest.mark.parametrize("sigma", [0.5, 2.0, 9.0])
def test_nothing_wraps_around_on_small_grids(cells, sigma):
    """A Gaussian of variance 4 in 24 cells of a box of ±12: cells of one unit, two to a standard deviation."""
    p = GaussianMixture(tensor([1.0]), tensor([[1.0]]), tensor([[[4.0]]]))
    exact, found = (q.noised(1.0, sigma) for q in (p, rasterised(p, (-11.0,), (13.0,), cells)))
    x = exact.sample(1000, generator=torch.Generator().manual_seed(7))
    peak = float(exact.log_prob(x).exp().max())
    # The table is right at its nodes; between them log p is interpolated, the better the finer they are.
    table = found.table()
    wanted = exact.log_prob(table.axis(0)[:, None]).exp()
    assert float((table.density - wanted).abs().max()) < 1e-6 * peak


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize(("alpha", "sigma"), [(1e-3, 1.0), (1e-5, 1.0), (1e-40, 1.0), (0.0, 1.0), (1.0, 1e7)])
def test_noise_that_drowns_everything_leaves_a_gaussian(d, alpha, sigma):
    """On both sides of where the grid gives way; the denoiser stays what the mixture's is, without cancelling."""
    exact, found = (p.noised(alpha, sigma) for p in ON_GRID[d])
    x = exact.sample(500, generator=torch.Generator().manual_seed(8))
    assert torch.allclose(found.log_prob(x), exact.log_prob(x), rtol=0, atol=1e-5)
    assert torch.allclose(found.score(x) * sigma, exact.score(x) * sigma, rtol=0, atol=1e-5)
    assert float((found.divergence(x) * sigma**2 - -d).abs().max()) < 1e-3
    assert found.squared_norm() * sigma**d == pytest.approx((4 * math.pi) ** (-d / 2), rel=1e-4)
    if alpha < 1e-4:
        field, wanted = GridField(ON_GRID[d][1]), MixtureField(ON_GRID[d][0])
        columns = x.T.float().contiguous()
        assert torch.allclose(field.denoise(columns, alpha, sigma), wanted.denoise(columns, alpha, sigma), atol=1e-4)
    u = np.ones(d) / math.sqrt(d)
    law, mean = law_along(found, u), float(torch.from_numpy(u) @ found.mean)
    step = (law.at[1] - law.at[0]) / sigma  # between places the law is linear: wrong by step²/8
    assert law.pdf(np.array([mean])) * sigma == pytest.approx(0.39894228, rel=1e-5 + step**2 / 8)


def test_what_a_level_has_worked_out_is_shared():
    p = ON_GRID[2][1]
    x = PLANE.sample(10, generator=torch.Generator().manual_seed(9))
    p.noised(0.9, 0.123).log_prob(x)
    again = p.to(dtype=torch.float32).noised(0.9, 0.123)
    assert again._kept is p.noised(0.9, 0.123)._kept
    assert "log" in again._kept
