"""Fits of smaller mixtures: against closed forms, quadrature on a grid, and what the names promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as Theirs

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.covering import cover
from visualizer.diagnostics.fits import fit, surprise
from visualizer.diagnostics.modes import Basins, cells_for
from visualizer.engine.targets import build_density
from visualizer.scene.targets.formula import FormulaTarget
from visualizer.scene.targets.shape import ShapeTarget


def mixture(weights, means, covariances):
    return GaussianMixture(*(torch.tensor(v, dtype=torch.float64) for v in (weights, means, covariances)))


THREE = mixture(
    [0.5, 0.3, 0.2],
    [[-2.6, 1.6], [2.4, 1.9], [0.2, -2.2]],
    [[[0.55, 0.25], [0.25, 0.35]], [[0.35, -0.15], [-0.15, 0.5]], [[1.1, 0.0], [0.0, 0.22]]],
)
WELLS = mixture([0.3, 0.7], [[-2.0], [1.5]], [[[0.04]], [[0.1]]])
OVERLAPPING = mixture([0.4, 0.6], [[0.0, 0.0], [1.0, 0.6]], [[[0.8, 0.2], [0.2, 0.5]], [[0.5, -0.2], [-0.2, 0.9]]])


def on_grid(p, q, half=11.0, n=1101):
    """H(p), H(p, q), KL(p ‖ q), KL(q ‖ p) by the midpoint rule."""
    axis = (np.arange(n) + 0.5) / n * 2 * half - half
    points = axis[:, None] if p.d == 1 else np.stack([g.ravel() for g in np.meshgrid(axis, axis)], 1)
    x, cell = torch.from_numpy(points), (2 * half / n) ** p.d
    a, b = p.log_prob(x), q.log_prob(x)
    entropy, cross = -float((a.exp() * a).sum()) * cell, -float((a.exp() * b).sum()) * cell
    return entropy, cross, cross - entropy, float((b.exp() * (b - a)).sum()) * cell


def test_two_gaussians_have_closed_forms():
    s, r, m = 0.7, 1.3, 0.4
    p, q = mixture([1.0], [[0.0]], [[[s**2]]]), mixture([1.0], [[m]], [[[r**2]]])
    found = surprise(p, q)
    assert found.entropy == pytest.approx(0.5 * np.log(2 * np.pi * np.e * s**2), abs=1e-12)
    assert found.forward_kl == pytest.approx(np.log(r / s) + (s**2 + m**2) / (2 * r**2) - 0.5, abs=1e-12)
    assert found.reverse_kl == pytest.approx(np.log(s / r) + (r**2 + m**2) / (2 * s**2) - 0.5, abs=1e-12)


@pytest.mark.parametrize(("p", "q"), [(THREE, OVERLAPPING), (OVERLAPPING, THREE), (WELLS, fit(WELLS, "covering", 1))])
def test_surprise_is_what_a_fine_grid_says(p, q):
    found = surprise(p, q)
    ours = (found.entropy, found.cross_entropy, found.forward_kl, found.reverse_kl)
    # Both rules are of second order where a log-density bends sharply, their steps are 0.02 to 0.1: h²/12 is below 1e-3.
    assert ours == pytest.approx(on_grid(p, q), abs=1e-3, rel=1e-3)


def test_one_gaussian_that_covers_has_the_moments():
    for p in (THREE, WELLS):
        q = fit(p, "covering", 1)
        x = p.sample(400_000, generator=torch.Generator().manual_seed(0))
        error = 4 * x.std(0) / np.sqrt(len(x))
        assert (torch.abs(q.means[0] - x.mean(0)) < error).all()
        cov = torch.from_numpy(np.atleast_2d(np.cov(x.T.numpy())))
        assert torch.allclose(q.covariances[0], cov, atol=0.05)


@pytest.mark.parametrize("kind", ["covering", "seeking"])
def test_as_many_components_find_the_mixture_itself(kind):
    for p in (THREE, WELLS):
        q = fit(p, kind, p.K)
        order = torch.argsort(q.weights, descending=True)
        mine = torch.argsort(p.weights, descending=True)
        assert torch.allclose(q.weights[order], p.weights[mine], atol=2e-3)
        assert torch.allclose(q.means[order], p.means[mine], atol=5e-3)
        assert surprise(p, q).forward_kl < 1e-3


def test_covering_spreads_over_both_modes_and_seeking_sits_on_one():
    cover, seek = fit(WELLS, "covering", 1), fit(WELLS, "seeking", 1)
    assert -2.0 < float(cover.means[0]) < 1.5
    assert float(cover.covariances[0].sqrt()) > 1.0
    assert float(seek.means[0]) == pytest.approx(1.5, abs=0.02)
    assert float(seek.covariances[0].sqrt()) == pytest.approx(0.1**0.5, rel=0.05)
    # Far from the other mode KL(q ‖ p) is −log of the weight of the mode it sits on.
    assert surprise(WELLS, seek).reverse_kl == pytest.approx(-np.log(0.7), abs=1e-3)
    # Each is best by its own measure.
    assert surprise(WELLS, cover).forward_kl < surprise(WELLS, seek).forward_kl
    assert surprise(WELLS, seek).reverse_kl < surprise(WELLS, cover).reverse_kl


@pytest.mark.parametrize("kind", ["covering", "seeking"])
@pytest.mark.parametrize("p", [THREE, OVERLAPPING])
def test_a_fit_is_a_minimum(kind, p):
    """No small change of a mean or a covariance makes it better."""
    q = fit(p, kind, 1)
    measure = (lambda q: surprise(p, q).cross_entropy) if kind == "covering" else (lambda q: surprise(p, q).reverse_kl)
    best = measure(q)
    for i in range(2):
        for sign in (-1, 1):
            shift = torch.zeros(1, 2, dtype=torch.float64)
            shift[0, i] = sign * 0.05
            assert measure(GaussianMixture(q.weights, q.means + shift, q.covariances)) > best - 1e-6
            assert measure(GaussianMixture(q.weights, q.means, q.covariances * (1 + 0.08 * sign))) > best - 1e-6


def test_a_fit_goes_on_from_the_one_before():
    before = fit(THREE, "covering", 2)
    moved = GaussianMixture(THREE.weights, THREE.means + 0.05, THREE.covariances)
    after = fit(moved, "covering", 2, start=before)
    assert torch.allclose(after.means, before.means + 0.05, atol=1e-2)


def test_too_many_are_refused():
    many = GaussianMixture(torch.ones(65), torch.zeros(65, 1), torch.ones(65, 1, 1))
    with pytest.raises(ValueError, match=r"at most 64.*the parts"):
        fit(many, "covering", 1)
    with pytest.raises(ValueError, match="1 component"):
        fit(THREE, "seeking", 0)


@pytest.mark.parametrize("kind", ["covering", "seeking"])
def test_components_of_no_weight_change_nothing(kind):
    parts = [[0.5, 0.0, 0.5], [[-2.0, 0.0], [50.0, 50.0], [2.0, 0.0]], [[[0.5, 0.0], [0.0, 0.5]]] * 3]
    full, without = mixture(*parts), mixture(*([v for i, v in enumerate(part) if i != 1] for part in parts))
    for count in (1, 2):
        a, b = fit(full, kind, count), fit(without, kind, count)
        assert torch.isfinite(a.means).all()
        assert surprise(full, a).forward_kl == pytest.approx(surprise(without, b).forward_kl, abs=1e-6)


def as_density(text, **parameters):
    """A formula, its density and the Gaussians it is roughly made of."""
    p = build_density(FormulaTarget(log_density=text, parameters=parameters))
    return p, Basins(p, cells_for(p)).parts


@pytest.mark.parametrize("kind", ["covering", "seeking"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_mixture_written_as_a_formula_is_fitted_as_the_mixture_is(kind, count):
    """The same density with and without its closed form: the same numbers, the same q."""
    text = "logaddexp(log(0.3/0.2) - (x + 2)^2/0.08, log(0.7/sqrt(0.1)) - (x - 1.5)^2/0.2)"
    p, parts = as_density(text)
    ours, wanted = fit(p, kind, count, parts=parts), fit(WELLS, kind, count)
    assert torch.allclose(ours.means.sort(0).values, wanted.means.sort(0).values, atol=2e-3)
    a, b = surprise(p, ours), surprise(WELLS, wanted)
    assert (a.entropy, a.forward_kl, a.reverse_kl) == pytest.approx((b.entropy, b.forward_kl, b.reverse_kl), abs=1e-3)


def test_parts_are_the_gaussians_that_are_there():
    text = "logaddexp(log(0.4) - ((x - 3)^2 + y^2)/2, log(0.6/0.5) - ((x + 3)^2/0.5 + y^2)/2*1)"
    _, parts = as_density(text)
    # The second has variances 0.5 and 1, so its mass is 0.6/0.5·√0.5.
    second = 1.2 * np.sqrt(0.5)
    assert parts.weights.tolist() == pytest.approx([second / (second + 0.4), 0.4 / (second + 0.4)], abs=2e-3)
    assert parts.means == pytest.approx(torch.tensor([[-3.0, 0.0], [3.0, 0.0]]).double(), abs=0.01)
    assert parts.variances[0].tolist() == pytest.approx([0.5, 1.0], rel=0.02)


def test_seeking_a_density_that_ends_is_finite_and_within_it():
    """log p = −∞ outside the disc: KL(q ‖ p) is infinite for every Gaussian, and q keeps away from the edge all the same."""
    p, parts = as_density("log(max(1 - x^2 - y^2, 0))")
    q = fit(p, "seeking", 1, parts=parts)
    assert torch.allclose(q.means, torch.zeros(1, 2).double(), atol=0.02)
    assert 2 * float(q.variances.max().sqrt()) < 1


def test_covering_is_expectation_maximisation():
    """Of the same nodes and from the same start: what scikit-learn's EM comes to on exact samples, within 4 errors."""

    n = 40_000
    x = OVERLAPPING.sample(n, generator=torch.Generator().manual_seed(5))
    start = mixture([0.5, 0.5], [[-0.5, 0.0], [1.5, 0.6]], [[[0.6, 0.0], [0.0, 0.6]]] * 2)
    ours = cover(x.double(), torch.full((n,), 1 / n).double(), torch.zeros(2).double(), start)
    precisions = np.linalg.inv(start.covariances.numpy())
    theirs = Theirs(
        2, max_iter=400, tol=1e-9, weights_init=[0.5, 0.5], means_init=start.means.numpy(), precisions_init=precisions
    ).fit(x.numpy())
    # EM is at its 400 steps or its tolerance in both: they are the same but for the floors of variance, 1e-6.
    assert ours.means.numpy() == pytest.approx(theirs.means_, abs=1e-3)
    assert ours.weights.numpy() == pytest.approx(theirs.weights_, abs=1e-3)
    assert ours.covariances.numpy() == pytest.approx(theirs.covariances_, abs=1e-3)


@pytest.mark.parametrize("kind", ["covering", "seeking"])
def test_a_fit_knows_no_units(kind):
    """x a thousand times as large, y a hundred times as small: q is the same, so scaled."""
    size = torch.tensor([1e3, 1e-2]).double()
    p = THREE
    scaled = GaussianMixture(p.weights, p.means * size, size[:, None] * p.covariances * size)
    q, other = fit(p, kind, 2), fit(scaled, kind, 2)
    assert (other.means / size).numpy() == pytest.approx(q.means.numpy(), abs=1e-3)
    assert surprise(scaled, other).reverse_kl == pytest.approx(surprise(p, q).reverse_kl, abs=1e-3)


@pytest.mark.parametrize("kind", ["covering", "seeking"])
@pytest.mark.parametrize("name", ["funnel", "twenty-five-gaussians", "two-moons"])
def test_more_components_are_never_worse(name, kind):
    """Of densities with one part, with many narrow ones and with bent ones; and no search ends in no Gaussian at all."""
    p = build_density(ShapeTarget(name=name))
    parts = Basins(p, cells_for(p)).parts
    found = [surprise(p, fit(p, kind, k, parts=parts), parts=parts) for k in (1, 3, 6)]
    measure = [s.forward_kl if kind == "covering" else s.reverse_kl for s in found]
    assert measure[0] > measure[1] > measure[2] > 0


def many(kind):
    """As many as can be fitted: alike and overlapping, or narrow ones within a wide and heavy one."""
    g = torch.Generator().manual_seed(1)
    if kind == "alike":
        means = 1.5 * torch.randn(25, 2, generator=g).double()
        return GaussianMixture(torch.ones(25).double(), means, 0.5 * torch.eye(2).double().expand(25, 2, 2))
    means, stds = 3 * torch.randn(64, 2, generator=g).double(), torch.full((64,), 0.3).double()
    weights = torch.full((64,), (1 - float(kind)) / 63).double()
    weights[0], stds[0] = float(kind), 2.0
    return GaussianMixture(weights, means, torch.eye(2).double() * (stds * stds)[:, None, None])


@pytest.mark.parametrize(("kind", "count"), [("alike", 16), ("0.95", 6), ("0.5", 8)])
def test_what_covers_many_components_does_not_collapse_onto_the_places_it_is_fitted_at(kind, count):
    """What is told is what independent draws say, and better than scikit-learn's fit to twenty thousand of them."""
    p = many(kind)
    q = fit(p, "covering", count)
    told = surprise(p, q).forward_kl
    x = p.sample(400_000, generator=torch.Generator().manual_seed(5))
    off = p.log_prob(x) - q.log_prob(x)
    # A scrambled Sobol sequence of 60,000 errs no more than as many independent draws.
    assert told == pytest.approx(float(off.mean()), abs=4 * float(off.std()) * (1 / 400_000 + 1 / 60_000) ** 0.5)
    assert float(q.variances.min()) > 0.1 * float(p.variances.min())
    other = Theirs(count, random_state=0).fit(x[:20_000].numpy())
    rest = x[20_000:]
    theirs = p.log_prob(rest) - torch.from_numpy(other.score_samples(rest.numpy()))
    assert told < float(theirs.mean())


@pytest.mark.parametrize("count", [2, 3, 5])
def test_whoever_has_components_to_spare_covers_all(count):
    """A narrow Gaussian within one ten thousand times as wide, which no common floor of variances allows for."""
    p = mixture([0.5, 0.5], [[0.0], [0.0]], [[[1e-6]], [[100.0]]])
    assert surprise(p, fit(p, "covering", count)).forward_kl == pytest.approx(0.0, abs=1e-6)


def test_a_fit_ends_where_it_is_asked_to():
    for kind in ("covering", "seeking"):
        asked = []

        def check(asked=asked):
            asked.append(1)
            if len(asked) == 40:
                raise StopIteration

        with pytest.raises(StopIteration):
            fit(THREE, kind, 2, check=check)
        assert len(asked) == 40


def test_a_search_that_runs_away_still_ends_in_a_gaussian():
    """p all but a line, q far too wide and turned: the factor found is as thin as float64 can tell, and no thinner."""
    p = mixture([1.0], [[0.0, 0.0]], [[[1.0, 1 - 1e-9], [1 - 1e-9, 1.0]]])
    q = mixture([1.0], [[5.0, -5.0]], [[[4.0, -3.9], [-3.9, 4.0]]])
    found = fit(p, "seeking", 1, start=q)
    assert torch.isfinite(found.covariances).all()
    assert (found.variances > 0).all()
