"""The latent space and the parts of a model: closed forms of a linear autoencoder, and what stands where."""

from __future__ import annotations

import math
import threading
from itertools import islice

import numpy as np
import pytest
import torch

from tests.learning.test_generative import pca, shape
from visualizer.engine.experiments.anatomy import anatomy, placed
from visualizer.engine.experiments.latents import latents, posterior
from visualizer.engine.pictures.contour_lines import rings
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import GenerativeNet
from visualizer.learning.networks.base import weights_of
from visualizer.scene import load_scene
from visualizer.scene.field import LearnedField
from visualizer.scene.samplers.strokes import StrokesSampler

LAMBDA = 2.81691


def linear(d_z):
    """A scene that follows the linear VAE at its optimum, whose encoder is the exact posterior."""
    net, _, _ = pca(LAMBDA if d_z == 1 else 0.5, d_z)
    shelf = Shelf()
    name = shelf.begin()
    weights = {key: v.float() for key, v in weights_of(net).items()}
    shelf.add(name, 0, GenerativeNet(shape("vae", latent=d_z, decoder="linear"), weights))
    return net, shelf, load_scene("trapped").with_(field=LearnedField(file=name))


def test_on_a_line_the_posterior_is_that_of_matrix_algebra():
    net, shelf, scene = linear(1)
    at = (1.3, -0.4)
    found = posterior(scene, shelf, at)
    mean, log_variance = net.encode(torch.tensor([at], dtype=torch.float64))
    assert found.mean == pytest.approx(float(mean), abs=1e-5)
    assert found.std == pytest.approx(float(torch.exp(0.5 * log_variance)), rel=1e-5)
    z = np.linspace(-4, 4, 401)
    law = np.exp(-0.5 * ((z - float(mean)) / found.std) ** 2) / (found.std * math.sqrt(2 * math.pi))
    np.testing.assert_allclose(found.curve, law, atol=2e-4 * law.max())
    assert found.rings == ()
    assert found.gap == pytest.approx(0.0, abs=1e-4), "the encoder is the posterior"


def test_in_the_plane_its_rings_are_those_of_one_and_two_standard_deviations():
    _, shelf, scene = linear(2)
    found = posterior(scene, shelf, (-2.0, 1.5))
    assert found.curve is None
    assert len(found.rings) == 2
    for ring, r in zip(found.rings, (1.0, 2.0), strict=True):
        far = np.linalg.norm((ring - found.mean) / found.std, axis=1)
        np.testing.assert_allclose(far, r, rtol=0.05)  # by cells of 0.1


def test_rings_hold_their_share():
    axis = np.linspace(-10, 10, 401)
    share = np.exp(-0.5 * (axis[:, None] ** 2 + (axis / 2) ** 2))
    share /= share.sum()
    for ring, held in zip(rings(axis, axis, share), (0.3935, 0.8647), strict=True):
        r = np.linalg.norm(ring / [1, 2], axis=1)
        np.testing.assert_allclose(1 - np.exp(-0.5 * r**2), held, atol=0.005)


def test_codes_are_drawn_of_the_encoder_and_carried_by_the_decoder():
    net, shelf, scene = linear(2)
    (v,) = islice(latents(scene, shelf), 1)
    off = (v.codes - v.mean) / v.std
    assert np.abs(off.mean(0)).max() < 4 / math.sqrt(len(off))
    assert np.abs(off.std(0) - 1).max() < 4 / math.sqrt(2 * len(off))
    i, j = 10, 50
    g = net.decode(torch.tensor([[v.axis[i], v.axis[j]]], dtype=torch.float64))
    np.testing.assert_allclose(v.carried[i, j], g[0].numpy(), atol=1e-4)
    # the aggregated posterior of a linear VAE at its optimum has the prior's moments
    assert np.abs(v.codes.mean(0)).max() < 4 / math.sqrt(len(off))
    assert v.codes.std(0) == pytest.approx([1, 1], abs=4 * 1.5 / math.sqrt(2 * len(off)))
    assert v.tau == pytest.approx(math.sqrt(0.5), rel=1e-5)
    assert v.plain
    assert all(0 <= share < 0.4 for share in v.junk)


def test_of_a_hierarchy_the_encoder_stands_alone():
    scene = load_scene("a-hierarchy").resolved_panels()[0]
    (v,) = latents(scene, Shelf())
    assert not v.plain
    found = posterior(scene, Shelf(), (0.0, 0.0))
    assert (found.curve, found.rings) == (None, ())


def test_a_network_that_learns_is_looked_at_again():
    _, shelf, scene = linear(1)
    shown = latents(scene, shelf)
    first = next(shown)
    other, _, _ = pca(1.0, 1)
    weights = {key: v.float() for key, v in weights_of(other).items()}
    later = GenerativeNet(shape("vae", latent=1, decoder="linear"), weights)
    threading.Timer(0.2, lambda: shelf.add(scene.field.file, 1, later)).start()
    assert next(shown).tau == pytest.approx(1.0, rel=1e-5)
    assert first.tau == pytest.approx(math.sqrt(LAMBDA), rel=1e-5)


# the parts of models


def parts(name, **change):
    (found,) = islice(anatomy(load_scene(name).resolved_panels()[0].with_(panels=(), **change), Shelf()), 1)
    return found


def names(found):
    return [(organ.arrow, organ.name) for organ in found.organs]


def test_an_autoencoder_has_codes_and_a_decoder():
    found = parts("two-latents")
    assert names(found) == [("", "data"), ("encoder", "codes, q(z)"), ("", "noise"), ("decoder", "samples")]
    assert [organ.opens for organ in found.organs] == ["", "latents", "stroke:0", "stroke:1"]
    assert found.strokes == 1
    for organ in found.organs:
        assert organ.points.shape == (500, 2)
        assert organ.modes.max() == 2


def test_a_game_has_a_discriminator_and_a_field_a_denoiser():
    game = parts("mode-collapse")
    assert names(game)[-1] == ("D", "D: data or drawn?")
    assert game.organs[-1].image.shape == (48, 48, 4)
    assert game.organs[-1].opens == "layer:critic"
    field = parts("trapped", sampler=StrokesSampler(strokes=8))
    assert names(field)[:3] == [("", "data"), ("+ noise", "xₜ, t = 3.5"), ("denoiser", "D(xₜ)")]
    assert [organ.opens for organ in field.organs[3:]] == ["stroke:0", "stroke:3", "stroke:5", "stroke:8"]
    assert names(field)[-1] == ("3 strokes", "samples")
    assert field.words == "The exact denoiser"


def test_samples_lie_where_the_data_lie_and_noise_is_coloured_by_its_fate():
    """Exact denoisers in many strokes: shares of modes within four standard errors, and the colours of the noise are theirs."""
    found = parts("trapped", sampler=StrokesSampler(strokes=64))
    noise, samples = found.organs[3], found.organs[-1]
    np.testing.assert_array_equal(noise.modes, samples.modes)
    share = np.bincount(samples.modes, minlength=3) / 500
    for got, want in zip(share, (0.5, 0.3, 0.2), strict=True):
        assert abs(got - want) < 4 * math.sqrt(want * (1 - want) / 500)


@pytest.mark.parametrize(
    "name", ["a-flow", "an-energy", "one-jump", "a-bridge", "a-stack", "straightened", "memorised"]
)
def test_every_model_has_parts(name):
    found = parts(name)
    assert found.organs[-1].name == "samples"
    assert all(np.isfinite(organ.points).all() for organ in found.organs)


def test_points_on_a_line_lie_in_a_heap():
    x = torch.cat([torch.zeros(90, 1), torch.ones(10, 1)])
    heap = placed(x, ((-1.0, 2.0),))
    assert heap[:90, 1].max() > 5 * heap[90:, 1].max()
    np.testing.assert_allclose(heap[:90, 0], 1 / 3, rtol=1e-6)
