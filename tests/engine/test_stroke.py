"""One stroke of a diffusion from one place: the exact kernel against its closed form, and what a Gaussian costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture, cell_places
from visualizer.diagnostics.denoising import mmse
from visualizer.engine.experiments.stroke import conditional, level, stroke
from visualizer.engine.experiments.variational import variational
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.processes.given_data import given_data
from visualizer.samplers.exact_kernel import _kernel
from visualizer.scene import load_scene, parse_scene

GAUSSIAN = """
version = 1
[target]
kind = "mixture"
weights = [1.0]
means = [[0.4, -1.0]]
covariances = [[[1.7, 0.0], [0.0, 1.7]]]
"""


@pytest.mark.parametrize(("noisy", "clean"), [(-2.0, 1.0), (3.0, 4.0), (-8.0, 8.0)])
def test_the_bridge_is_a_gaussian_conditioned(noisy, clean):
    """Of (x_s, x_t) given x_0, by the covariance matrix: mean and variance of x_s given x_t."""
    (at, st), (as_, ss) = now, then = level(noisy), level(clean)
    a, c, std = given_data(now, then)
    ratio = at / as_
    covariance = ratio * ss**2
    assert a == pytest.approx(covariance / st**2, rel=1e-9)
    assert c == pytest.approx(as_ - covariance / st**2 * at, rel=1e-6)
    assert std**2 == pytest.approx(ss**2 - covariance**2 / st**2, rel=1e-6)
    assert at**2 + st**2 == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["trapped", "reverse-river"])
def test_the_exact_kernel_is_the_mixture_it_is_said_to_be(name):
    p = build_density(load_scene(name).target)
    now, then = level(-1.5), level(2.0)
    x = torch.tensor([0.4, 0.7][: p.d], dtype=torch.float64)
    box, share = conditional(p.noised(*then), x, now, then)
    centres, gains, roots, shifts = _kernel(p.mixture, *now, *then)
    r = p.noised(*now).responsibilities(x[None])[0].double()
    means = shifts + torch.einsum("kij,kj->ki", gains, x - centres)
    law = GaussianMixture(r, means, roots @ roots.mT)
    cells = share.numel() ** (1 / p.d)
    cell = math.prod((high - low) / cells for low, high in box)
    density = law.log_prob(cell_places(box, round(cells))).exp().reshape(share.shape)
    torch.testing.assert_close(share / cell, density, atol=2e-3 * float(density.max()), rtol=0)


def test_a_gaussian_target_needs_one_gaussian_and_the_small_variance_costs_what_it_costs():
    """With the best variance KL = 0 at any x_t; with σ_Q² it is (d/2)(u − 1 − ln u), u the ratio of the variances."""
    scene = parse_scene(GAUSSIAN)
    p = build_density(scene.target)
    now, then = level(-1.0), level(3.0)
    best = mmse(p, *now)
    for x in ((0.0, 0.0), (1.5, -0.7)):
        found = stroke(scene, Shelf(), x, (-1.0, 3.0), best)
        assert found.kl == pytest.approx(0.0, abs=2e-4)
        _, c, std = given_data(now, then)
        u = 1 + c**2 * best / p.d / std**2
        assert stroke(scene, Shelf(), x, (-1.0, 3.0), None).kl == pytest.approx(u - 1 - math.log(u), rel=2e-3)
        for ring, r in zip(found.exact, (1.0, 2.0), strict=True):
            np.testing.assert_allclose(np.linalg.norm(ring - found.told[0], axis=1) / found.told[1], r, rtol=0.03)


def test_its_mean_over_places_is_what_the_bars_say():
    """E KL(p(x_s | x_t) ‖ p_θ) over x_t is the bar of the best variance less that of the exact kernel."""
    scene = load_scene("trapped").with_(process={"kind": "vp-cosine"})
    *_, known = variational(scene, Shelf())
    strokes = 8
    beyond = known.steps(strokes, "best") - known.steps(strokes, "exact")
    at = np.linspace(known.log_snr[-1], known.log_snr[0], strokes + 1)
    k = 3  # from ln SNR = 0 to 2.5
    p, levels = build_density(scene.target), (float(at[k + 1]), float(at[k]))
    mse = float(np.interp(levels[0], known.log_snr, known.mse))
    x = p.noised(*level(levels[0])).sample(150, generator=torch.Generator().manual_seed(0))
    kls = np.array([stroke(scene, Shelf(), tuple(row), levels, mse).kl for row in x.tolist()])
    assert kls.min() > -1e-3
    assert abs(kls.mean() - beyond[k]) < 4 * kls.std() / math.sqrt(len(kls))


def test_on_a_line_there_are_curves_and_x0_is_one_that_may_have_been():
    scene = load_scene("reverse-river")
    found = stroke(scene, Shelf(), (0.2,), (-2.0, 2.0), 0.1)
    assert len(found.axis) == len(found.exact[0])
    assert np.trapezoid(found.exact[0], found.axis) == pytest.approx(1.0, abs=1e-3)
    assert (
        found.axis[0] <= found.x0[0] <= found.axis[-1]
        or build_density(scene.target).log_prob(torch.tensor([[found.x0[0]]])) > -10
    )


def test_a_network_says_where_its_gaussian_is():
    scene = load_scene("learned-score")
    exact = stroke(scene.with_(field={"kind": "exact"}), Shelf(), (0.5, 0.5), (-1.0, 1.0), 0.3)
    learned = stroke(scene, Shelf(), (0.5, 0.5), (-1.0, 1.0), 0.3)
    off = np.linalg.norm(exact.told[0] - learned.told[0])
    assert 1e-6 < off < 0.5
    assert learned.kl != exact.kl
