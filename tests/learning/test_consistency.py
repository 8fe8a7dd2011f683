"""Consistency models: exact paths against closed forms, the boundary, and what training reaches."""

from __future__ import annotations

import torch

from tests.learning.test_generative import two
from visualizer.densities import GaussianMixture
from visualizer.diagnostics.distances import Reference
from visualizer.learning import Plan, Shape, train
from visualizer.learning.networks.consistency import LARGEST, LEAST, Consistency, exact_paths, levels
from visualizer.processes import process

Q = process("vp-cosine")


def shape(d=2, **more):
    sizes = {"width": 64, "depth": 3, "components": 1, "rank": 1, "scale": 1.6}
    return Shape(**{"architecture": "consistency", "d": d, "prediction": "x0", **sizes, **more})


def test_the_path_of_a_gaussian_is_known():
    """x(r) = μ + (x(R) − μ) √((λ_i + r²)/(λ_i + R²)) along each eigenvector."""
    mean, variances = torch.tensor([0.5, -1.0]).double(), torch.tensor([2.0, 0.3]).double()
    p = GaussianMixture(torch.ones(1).double(), mean[None], torch.diag(variances)[None])
    at = levels(32) * 1.6
    x = mean[:, None] + float(at[-1]) * torch.randn(2, 50, generator=torch.Generator().manual_seed(0)).double()
    found = exact_paths(p, x, at, 12)
    shrunk = ((variances + at[:, None] ** 2) / (variances + at[-1] ** 2)).sqrt()
    wanted = mean[:, None] + shrunk[:, :, None] * (x - mean[:, None])
    torch.testing.assert_close(found, wanted, atol=2e-3, rtol=1e-3)
    coarser = (exact_paths(p, x, at, 6) - wanted).abs().max()
    assert 3 < float(coarser / (found - wanted).abs().max()) < 5  # Heun's method is of second order


def test_the_exact_map_is_constant_along_exact_paths():
    p, at = two(), levels(32) * 1.6
    x = float(at[-1]) * torch.randn(2, 100, generator=torch.Generator().manual_seed(0)).double()
    paths = exact_paths(p, x, at, 12)
    for k in (5, 12, 20):
        again = exact_paths(p, paths[k], at[: k + 1], 12)
        torch.testing.assert_close(again, paths[: k + 1], atol=1e-12, rtol=0)


def test_levels_go_from_the_least_to_the_largest():
    at = levels(7)
    assert len(at) == 8
    assert (at[1:] > at[:-1]).all()
    torch.testing.assert_close(at[[0, -1]], torch.tensor([LEAST, LARGEST]).double(), atol=1e-9, rtol=1e-9)


def test_what_has_no_noise_stays_where_it_is():
    net = shape().build(torch.Generator().manual_seed(0)).double()
    y = torch.randn(20, 2, generator=torch.Generator().manual_seed(1)).double()
    torch.testing.assert_close(net.end(y, torch.full((20,), LEAST).double()), y, atol=1e-9, rtol=0)


def test_training_comes_to_the_exact_map():
    """RMS of f − the exact end over paths it has not seen; twice what was measured is asked for."""
    p = two()
    state = torch.get_rng_state()
    first, *_, end = train(Plan(shape(), "consistency-distillation", steps=500, batch=256, rate=4e-3), p, Q, every=500)
    assert torch.equal(torch.get_rng_state(), state)
    at = levels(32) * 1.6
    mean = p.mean[:, None]
    paths = exact_paths(
        p, mean + float(at[-1]) * torch.randn(2, 500, generator=torch.Generator().manual_seed(9)).double(), at
    )
    off = {}
    for name, net in (("first", first.net.module), ("end", end.net.module)):
        assert isinstance(net, Consistency)
        errors = [
            net.outside(net.end(net.inside(paths[k].T.float()), torch.full((500,), float(at[k]) / 1.6))) - paths[0].T
            for k in (8, 16, 24, 32)
        ]
        off[name] = float(torch.cat(errors).square().sum(1).mean().sqrt())
    assert off["end"] < 0.4 < 0.8 < off["first"]
    reference = Reference(p, 4000)
    w2 = [reference.w2(end.net.sample(4000, torch.Generator().manual_seed(3), n).double().numpy()) for n in (1, 3)]
    assert max(w2) < 0.25
    assert end.net.strokes is None
    assert end.net.drawer(3).strokes == 3
