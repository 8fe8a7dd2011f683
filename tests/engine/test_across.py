"""Noise at the left, data at the right: places, paths and laws on the way between them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.pictures import Seen as Drawn
from visualizer.engine.drawings import Image, Lines
from visualizer.engine.frame import Viewport
from visualizer.engine.layers.across import AcrossLayer
from visualizer.engine.stage import Stage
from visualizer.scene.across import Across, walks_across
from visualizer.scene.presets import load_scene

VIEW = Viewport(-9.0, 9.0, -5.0, 5.0, 360, 200)


def drawn(stage):
    picture = stage.picture(VIEW)
    assert set(picture.layers) == {"across"}, "nothing else has a place there"
    return picture.layers["across"]


@pytest.mark.parametrize("process", ["vp-linear", "vp-cosine"])
def test_the_cloud_goes_from_the_noise_to_the_data(process):
    """The middle of the cloud is where the arrangement puts the mean of p_t, to four standard errors, all the way."""
    scene = load_scene("noise-left-data-right").with_(process={"kind": process}, particles={"count": 4000})
    stage, way = Stage(scene, "cpu"), Across.of(scene)
    sim = stage.simulation
    q, (cx, cy) = sim.process, way.middle
    weights, means = np.array(scene.target.weights), np.array(scene.target.means)
    mean = weights @ means
    for _ in range(3):
        paths = next(d for d in drawn(stage) if isinstance(d, Lines))
        t = sim.state.t
        alpha, sigma = q.alpha(t), q.sigma(t)
        k, u = 1 / math.hypot(alpha, sigma), 1 - t / q.t_max
        x = sim.state.x.double().numpy()
        places = AcrossLayer.places(q, way, x[None], np.array([t]))[0]
        wanted = k * alpha * mean + (u - 0.5) * np.array([way.apart, 0]) - u * np.array([cx, cy])
        error = 4 * k * x.std(1) / math.sqrt(x.shape[1])
        assert np.all(np.abs(places.mean(1) - wanted) < error), t
        if len(paths.points):
            heads = paths.points[np.flatnonzero(paths.joined == 0)]
            np.testing.assert_allclose(heads.T, places[:, : len(heads)], atol=1e-4)
        sim.advance(100)
    assert sim.state.t == pytest.approx(0.0, abs=1e-6)


def test_the_laws_at_both_ends_lie_where_the_cloud_begins_and_ends():
    scene = load_scene("noise-left-data-right")
    way = Across.of(scene)
    noise, data = (d for d in drawn(Stage(scene.with_(particles={"count": 10}), "cpu")) if isinstance(d, Image))
    (x0, x1), (y0, y1) = way.data
    assert noise.box == pytest.approx((-way.apart / 2 - 3.5, -way.apart / 2 + 3.5, -3.5, 3.5))
    assert data.box == pytest.approx(
        (way.apart / 2 - (x1 - x0) / 2, way.apart / 2 + (x1 - x0) / 2, -(y1 - y0) / 2, (y1 - y0) / 2)
    )
    assert noise.box[1] < data.box[0] + (x1 - x0), "they stand beside each other"
    alpha = (noise.pixels >> 24).astype(float)
    rows, columns = np.indices(alpha.shape)
    middle = ((alpha * rows).sum() / alpha.sum(), (alpha * columns).sum() / alpha.sum())
    assert middle == pytest.approx(((alpha.shape[0] - 1) / 2, (alpha.shape[1] - 1) / 2), abs=1), "round its middle"


def test_only_a_run_along_the_noise_is_arranged_so():
    scene = load_scene("noise-left-data-right")
    assert walks_across(scene)
    assert not walks_across(scene.with_(sampler={"kind": "langevin"}))
    picture = Stage(scene.with_(sampler={"kind": "langevin"}, particles={"count": 10}), "cpu").picture(VIEW)
    assert "across" not in picture.layers
    assert Drawn(picture) is not None
