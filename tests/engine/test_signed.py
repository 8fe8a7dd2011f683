"""Layers with a sign: zero where particles are exact, and opposite in two traps."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.pictures import Seen
from visualizer.engine.frame import Viewport
from visualizer.engine.pictures.signed import difference, difference_image, sinks, trap_curve, trap_image
from visualizer.engine.run.levels import Level
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage

VIEW = Viewport(-6.0, 6.0, -5.0, 5.0, 360, 300)
ZERO = Level(1.0, 0.0, 0.0)


def channels(image):
    return np.stack([(image >> s) & 255 for s in (24, 16, 8, 0)], -1).astype(int)


def pixel(at):
    return round((VIEW.y1 - at[1]) * 30 - 0.5), round((at[0] - VIEW.x0) * 30 - 0.5)


def test_the_difference_of_exact_samples_is_noise_and_that_of_trapped_ones_is_not(three_modes):
    n = 200_000
    exact = Simulation(three_modes.with_(particles={"count": n, "start": {"kind": "target"}}), "cpu")
    found = difference(exact, exact.density, ZERO, VIEW)
    p = exact.density
    peak = float(torch.exp(p.log_prob(p.means)).max())
    cell = 12 / 60 * 10 / 50
    # A cell's count has variance n p cell; shared bilinearly and smoothed twice it is less than that.
    bound = 5 * math.sqrt(n * peak * cell) / (n * cell) / peak
    assert float(found.abs().max()) < bound
    assert abs(float(found.sum())) * peak * cell < 5e-3  # both integrate to 1, up to what is outside
    trapped = Simulation(three_modes.with_(particles={"count": n}), "cpu")
    image = channels(difference_image(trapped, trapped.density, ZERO, VIEW))
    first, second = pixel(three_modes.target.means[0]), pixel(three_modes.target.means[1])
    assert image[first][1] > image[first][3]  # red over blue
    assert image[second][3] > image[second][1]  # indigo: blue over red
    assert image[5, 5, 0] <= 2


def test_in_one_dimension_the_slowest_mode_is_a_step_between_the_wells(two_wells):
    """Deep wells: the mode is constant in each, of the signs and sizes that make its mean 0 and its mean square 1."""
    target = two_wells.target.with_(weights=(0.2, 0.8), means=(-2.5, 2.5), covariances=(0.2, 0.2))
    layers = two_wells.layers.with_(line=("density", "traps"))
    few = two_wells.with_(target=target, layers=layers, sampler={"kind": "langevin"}, particles={"count": 10})
    stage = Stage(few, "cpu")
    picture = Seen(stage.picture(VIEW))
    traps = trap_curve(stage.simulation.density, ZERO, picture.grid, picture.curve("density"))
    np.testing.assert_array_equal(picture.curve("traps"), traps.clip(-3, 3))
    left, right = (float(np.interp(m, picture.grid, traps)) for m in (-2.5, 2.5))
    assert abs(left - -2.0) < 0.02
    assert abs(right - 0.5) < 0.01
    weight = picture.curve("density") / picture.curve("density").sum()
    assert abs(float((traps * weight).sum())) < 0.01
    assert abs(float((traps**2 * weight).sum()) - 1) < 1e-4
    assert "traps" not in stage.picture(Viewport(-5.0, 5.0, 0, 1, 360, 300), dragging=True).layers


def test_the_traps_are_coloured_apart(three_modes):
    simulation = Simulation(three_modes.with_(particles={"count": 10}), "cpu")
    image = channels(trap_image(simulation.density, ZERO, VIEW, "dark"))
    a, b, c = (image[pixel(m)] for m in three_modes.target.means)
    # The slowest mode of this target tells the first mode from the third; teal and violet, in some order.
    greener = [bool(v[2] > v[1]) for v in (a, b, c)]
    assert greener[0] != greener[2]


def test_sinks_are_the_divergence_of_the_score(three_modes):
    """Against the Laplacian of log p by automatic differentiation; the modes are sinks, the saddle is a source."""
    sim = Simulation(three_modes, "cpu")
    level, view = Level(1.0, 0.4, None), Viewport(-5.0, 5.0, -5.0, 5.0, 300, 300)
    ours = sinks(sim, level, view)
    h, w = ours.shape
    p = sim.density.noised(1.0, 0.4)
    points = [(20, 30), (h // 2, w // 2), (int(0.32 * h), int(0.24 * w)), (150, 60)]
    laplacians = []
    for row, column in points:
        x = torch.tensor([[-5 + 10 * (column + 0.5) / w, 5 - 10 * (row + 0.5) / h]], dtype=torch.float64)
        hessian = torch.autograd.functional.hessian(lambda v: p.log_prob(v).sum(), x)[0, :, 0]
        laplacians.append(float(hessian.diagonal().sum()))
    ratios = [float(ours[r, c]) / value for (r, c), value in zip(points, laplacians, strict=True)]
    assert ratios == pytest.approx([ratios[0]] * len(ratios), rel=1e-3)
    assert ratios[0] > 0
    assert float(ours.abs().max()) == pytest.approx(1.0)
    at_mode = ours[int(h * (5 - 1.6) / 10), int(w * (5 - 2.6) / 10)]
    between = ours[int(h * (5 - 1.75) / 10), int(w * (5 - 0.2) / 10)]
    assert at_mode < 0 < between
    shown = three_modes.with_(layers={"plane": ["density", "sinks"]})
    image = Seen(Stage(shown, "cpu").picture(view)).images["sinks"]
    assert image.shape == (300, 300)
