"""A stack of denoisers: one small network for each range of noise, of which one may be left untrained."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from visualizer.densities import GaussianMixture, MixtureField
from visualizer.learning import Plan, Shape, from_bytes, to_bytes, train
from visualizer.learning.networks.stack import _LARGEST, _LEAST, StackPredictor
from visualizer.processes import process
from visualizer.scene import SceneError, dump_scene, load_scene, parse_scene

Q = process("vp-cosine")
SHAPE = Shape("stack", 2, "x0", 16, 2, 4, 1, 1.4, levels=5)


def net_of(shape, seed=0):
    g = torch.Generator().manual_seed(seed)
    net = shape.build(g)
    with torch.no_grad():
        for v in net.parameters():
            v.add_(0.3 * torch.randn(v.shape, generator=g))
    return net.eval().requires_grad_(False)


def test_a_level_is_answered_by_its_own_network_alone():
    """By the formula, for levels within the ranges, at their ends and beyond; many at once as one by one."""
    net, s = net_of(SHAPE), SHAPE.scale
    width = (_LARGEST - _LEAST) / 5
    x = torch.randn(7, 2, generator=torch.Generator().manual_seed(1))
    for share, k, v in ((0.5, 0, 0.0), (2.25, 2, -0.5), (4.9, 4, 0.8), (-3.0, 0, -1.0), (9.0, 4, 1.0)):
        alpha, sigma = 0.7, 0.7 * s * math.exp(_LEAST + share * width)
        r = math.hypot(alpha * s, sigma)
        y = torch.cat([x / r, torch.full((7, 1), v)], 1)
        for i in range(3):
            y = y @ net.weights[i][k].T + net.biases[i][k].T
            y = torch.nn.functional.silu(y) if i < 2 else y
        wanted = alpha * s**2 / r**2 * x + s * sigma / r * y
        levels = torch.full((7,), alpha), torch.full((7,), sigma)
        torch.testing.assert_close(net(x, *levels), wanted, rtol=0, atol=2e-5)
        torch.testing.assert_close(StackPredictor(net)(x.T, alpha, sigma).T, wanted, rtol=0, atol=2e-5)
    mixed = torch.full((7,), 0.7), torch.linspace(0.01, 20, 7)
    one_by_one = torch.cat([net(x[i : i + 1], mixed[0][:1], mixed[1][i : i + 1]) for i in range(7)])
    torch.testing.assert_close(net(x, *mixed), one_by_one, rtol=0, atol=2e-5)


def test_without_weights_it_is_the_denoiser_of_a_gaussian():
    """F = 0: D = α s²/(α²s² + σ²) x, that of N(0, s² I)."""
    net = SHAPE.build(torch.Generator())
    with torch.no_grad():
        for v in net.parameters():
            v.zero_()
    p = GaussianMixture(torch.ones(1), torch.zeros(1, 2), SHAPE.scale**2 * torch.eye(2)[None])
    x = torch.randn(2, 9, generator=torch.Generator().manual_seed(2))
    for alpha, sigma in ((1.0, 0.3), (0.6, 0.8), (0.05, 1.0)):
        exact = MixtureField(p).denoise(x, alpha, sigma)
        torch.testing.assert_close(StackPredictor(net)(x, alpha, sigma), exact, rtol=0, atol=1e-5)


def test_it_learns_level_by_level_and_what_is_left_out_stays_as_it_was():
    target = GaussianMixture(
        torch.tensor([0.4, 0.6]).double(),
        torch.tensor([[-1.5], [1.0]]).double(),
        torch.tensor([[[0.1]], [[0.2]]]).double(),
    )
    shape = dataclasses.replace(SHAPE, d=1, scale=target.standard_deviation, levels=3, untrained=2)
    *_, last = train(Plan(shape, steps=500, batch=128, rate=0.01, seed=1), target, Q, every=500)
    first = shape.build(torch.Generator().manual_seed(1)).state_dict()
    for name, weight in last.net.weights.items():
        assert torch.equal(weight[1], first[name][1]), "the second network has learned something"
        assert not torch.equal(weight[0], first[name][0])
    *_, whole = train(
        Plan(dataclasses.replace(shape, untrained=0), steps=500, batch=128, rate=0.01, seed=1), target, Q, every=500
    )
    exact = MixtureField(target)
    width, g = (_LARGEST - _LEAST) / 3, torch.Generator().manual_seed(3)
    x0, noise = target.sample(2000, generator=g).T.float(), torch.randn(1, 2000, generator=g)

    def error(net, k):
        ratio = shape.scale * math.exp(_LEAST + (k + 0.5) * width)
        alpha = 1 / math.hypot(1, ratio)
        x = alpha * x0 + ratio * alpha * noise
        off = net.field().denoise(x, alpha, ratio * alpha) - exact.denoise(x, alpha, ratio * alpha)
        return float(off.square().mean()) / target.standard_deviation**2

    assert max(error(last.net, 0), error(last.net, 2)) < 0.01
    assert error(last.net, 1) > 1.5 * error(whole.net, 1)


def test_it_goes_through_a_file_and_what_does_not_fit_is_refused():
    *_, last = train(
        Plan(SHAPE, steps=1, batch=8), GaussianMixture(torch.ones(1), torch.zeros(1, 2), torch.eye(2)[None]), Q
    )
    again = from_bytes(to_bytes(last.net))
    assert again.shape == SHAPE
    assert again.words.startswith("Stack of 5 denoisers, ")
    for more in (
        {"levels": 0},
        {"levels": 33},
        {"untrained": 6},
        {"architecture": "mlp"},
        {"levels": 32, "width": 1024},
    ):
        with pytest.raises(ValueError, match="expected"):
            dataclasses.replace(SHAPE, **more)


def test_a_scene_names_it_and_its_numbers_go_together():
    scene = load_scene("trapped").with_(training={"network": "stack", "levels": 6, "untrained": 6})
    assert parse_scene(dump_scene(scene)) == scene
    assert scene.training.changed("levels", 4).untrained == 4
    assert scene.training.applies("levels")
    assert not scene.training.applies("prediction")
    assert not scene.training.changed("network", "mlp").applies("untrained")
    with pytest.raises(SceneError, match=r"untrained: expected 0 to 6"):
        parse_scene(dump_scene(scene).replace("untrained = 6", "untrained = 7"))
