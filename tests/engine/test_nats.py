"""The bound of an autoencoder taken apart: sums that are the same, and closed forms of a linear one."""

from __future__ import annotations

import math

import pytest
import torch

from tests.learning.test_generative import linear_hierarchy, pca
from visualizer.engine.experiments import nats as module
from visualizer.engine.experiments.nats import autoencoder, information, nats
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import GenerativeNet, Shape
from visualizer.learning.networks.base import weights_of
from visualizer.scene import SceneError, load_scene


@pytest.mark.parametrize("name", ["two-latents", "one-latent", "a-hierarchy"])
def test_both_ways_have_one_sum_and_bounds_rise(name, monkeypatch):
    monkeypatch.setattr(module, "_SAMPLES", (1, 10, 100))
    scene = load_scene(name).resolved_panels()[0]
    assert "autoencoder" in autoencoder(scene, Shelf())
    *_, end = nats(scene, Shelf())
    sums = [sum(part for _, part in parts) for parts in (end.code, end.law)]
    assert sums[0] == pytest.approx(sums[1], abs=1e-6)
    assert len(end.code) == (4 if name == "a-hierarchy" else 3)
    assert end.law[0][1] == pytest.approx(2.933, abs=4 * 0.9 / math.sqrt(4000))  # −log p spreads by less than 0.9 nats
    values = [v for _, v in end.bounds]
    assert [k for k, _ in end.bounds] == [1, 10, 100]
    assert values == sorted(values)
    assert values[-1] < end.log_prob + 0.02
    assert -values[0] == pytest.approx(sums[0], rel=0.05)  # by other draws of z
    assert all(part > -1e-3 for _, part in end.law)


def test_the_code_of_a_linear_autoencoder_is_known():
    """x and z jointly Gaussian: I(x; z) = ½ ln(λ₁/τ²) = 0.3293, and q(z) is the prior itself."""
    net, p, _ = pca(2.81691)
    x = p.sample(4000, generator=torch.Generator().manual_seed(0)).double()
    found = information(net.float(), x.float(), torch.Generator().manual_seed(1))
    assert found == pytest.approx(0.3293079, abs=4 * 0.8 / math.sqrt(4000))  # its terms spread by less than 0.8


def test_a_code_that_says_nothing_has_no_information():
    net, _ = linear_hierarchy(1)
    net.encoder[-1].weight.zero_()
    x = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    assert information(net.float(), x, torch.Generator().manual_seed(1)) == pytest.approx(0.0, abs=1e-6)


def test_what_has_no_encoder_is_refused_in_a_sentence(three_modes):
    with pytest.raises(SceneError, match="exact score is followed"):
        autoencoder(three_modes, Shelf())
    shape = Shape("autoregressive", 2, "x0", 8, 1, 2, 1, 1.0)
    net = GenerativeNet(shape, weights_of(shape.build(torch.Generator().manual_seed(0))))
    shelf = Shelf()
    name = shelf.begin()
    shelf.add(name, 0, net)
    with pytest.raises(SceneError, match="no encoder"):
        autoencoder(three_modes.with_(field={"kind": "learned", "file": name}), shelf)
