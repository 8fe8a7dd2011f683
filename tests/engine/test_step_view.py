"""What a step did, as pictures: where refusals, jumps, replicas, trajectories and momenta are."""

from __future__ import annotations

import numpy as np
import torch

from tests.pictures import Seen
from visualizer.engine.drawings import Curve
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import THEMES, rgb
from visualizer.engine.pictures.step_view import temperature_colours
from visualizer.engine.stage import Stage

VIEW = Viewport(-6.0, 6.0, -5.0, 5.0, 240, 200)


def stage_of(three_modes, sampler, count=300):
    scene = three_modes.with_(
        sampler=sampler,
        particles={"count": count},
        layers=three_modes.layers.with_(plane=("step",)),
    )
    return Stage(scene, "cpu")


def channels(image):
    return np.stack([(image >> s) & 255 for s in (24, 16, 8, 0)], -1).astype(int)


def near(x, image, threshold=20):
    """For each column of x (2, N) inside the view, whether its pixel is drawn."""
    columns = np.rint((x[0] - VIEW.x0) * VIEW.width / 12 - 0.5).astype(int)
    rows = np.rint((VIEW.y1 - x[1]) * VIEW.height / 10 - 0.5).astype(int)
    inside = (columns >= 1) & (columns < VIEW.width - 1) & (rows >= 1) & (rows < VIEW.height - 1)
    return channels(image)[rows[inside], columns[inside], 0] > threshold


def test_refused_proposals_flash_red_where_they_were_and_fade(three_modes):
    stage = stage_of(three_modes, {"kind": "random-walk", "step": 1.0})
    simulation = stage.simulation
    assert "step" not in stage.picture(VIEW).layers
    simulation.advance()
    info = simulation.info
    image = Seen(stage.picture(VIEW)).images["step"]
    refused = info.proposal[:, ~info.accepted].numpy()
    assert refused.shape[1] > 30
    assert near(refused, image).all()
    alpha, red, green, blue = channels(image)[channels(image)[..., 0] > 100].T
    expected = rgb(THEMES["dark"].error)
    for channel, value in zip((red, green, blue), expected, strict=True):
        assert np.abs(channel - value * alpha / 255).max() <= 2
    # Looking again changes nothing; the next step dims what is left of this one.
    np.testing.assert_array_equal(Seen(stage.picture(VIEW)).images["step"], image)
    old = channels(image)[..., 0].astype(float).sum()
    simulation.info = type(info)(1, info.proposal[:, :0], info.accepted[:0])
    assert channels(Seen(stage.picture(VIEW)).images["step"])[..., 0].sum() < old


def test_proposals_that_are_no_numbers_are_not_drawn(three_modes):
    stage = stage_of(three_modes, {"kind": "hmc", "step": 2.0, "leapfrog_steps": 50}, 3000)
    stage.simulation.advance(3)
    assert not bool(torch.isfinite(stage.simulation.info.proposal).all())
    assert Seen(stage.picture(VIEW)).images["step"].shape == (VIEW.height, VIEW.width)


def test_jumps_are_green_and_at_the_posterior_means(three_modes):
    stage = stage_of(three_modes, {"kind": "walk-jump", "sigma": 0.8})
    stage.simulation.advance(3)
    image = Seen(stage.picture(VIEW)).images["step"]
    p, walk = stage.simulation.density, stage.simulation.state.x
    means = p.denoise(walk.T.double(), 1.0, 0.8).T.numpy()
    assert near(means, image).all()
    brightest = channels(image)[..., 1:].reshape(-1, 3)[channels(image)[..., 0].argmax()]
    assert brightest.argmax() == 1


def test_hot_replicas_are_drawn_and_the_cold_one_is_left_to_the_particles(three_modes):
    stage = stage_of(three_modes, {"kind": "parallel-tempering", "temperatures": [1, 5, 50], "width": 2.0})
    stage.simulation.advance(30)
    image = Seen(stage.picture(VIEW)).images["step"]
    replicas = stage.simulation.state.memory["replicas"]
    assert near(replicas[1:].movedim(1, 0).flatten(1).numpy(), image).all()
    colours = channels(image)
    drawn = colours[..., 0] > 60
    violet, red = (np.array(rgb(c)) for c in (THEMES["dark"].noise, THEMES["dark"].error))
    bare = colours[drawn][:, 1:] * 255 / colours[drawn][:, :1]
    assert np.abs(bare - violet).max(1).min() < 12
    assert np.abs(bare - red).max(1).min() < 12


def test_in_one_dimension_there_is_all_of_it_too(two_wells):
    def picture(sampler):
        stage = Stage(two_wells.with_(sampler=sampler, particles={"count": 300}), "cpu")
        stage.simulation.advance()
        return stage.simulation, Seen(stage.picture(VIEW))

    simulation, seen = picture({"kind": "random-walk", "step": 1.0})
    expected = simulation.info.proposal[0, ~simulation.info.accepted].numpy()
    assert len(expected) > 10
    np.testing.assert_array_equal(seen.ticks("step", "error"), expected)
    assert seen.ticks("step", "learned") is None
    simulation, seen = picture({"kind": "walk-jump", "sigma": 0.5})
    means = simulation.density.denoise(simulation.state.x.T.double(), 1.0, 0.5)[:, 0].numpy()
    np.testing.assert_allclose(seen.ticks("step", "learned"), means, atol=1e-4)
    assert seen.ticks("step", "error") is None
    simulation, seen = picture({"kind": "parallel-tempering", "temperatures": [1, 5, 50], "width": 2.0})
    replicas = simulation.state.memory["replicas"][:, 0].numpy()
    hot = seen.all("step", Curve, joined="pairs")
    assert [curve.pen.colour for curve in hot] == temperature_colours("dark", 2)
    for curve, level in zip(hot, replicas[1:], strict=True):
        np.testing.assert_array_equal(curve.along[::2], level[:400])
    simulation, seen = picture({"kind": "hmc", "leapfrog_steps": 5})
    along = seen.one("step", Curve, joined="finite").along[:-1].reshape(32, 7)  # each path ends with a gap
    assert np.isnan(along[:, 6]).all()
    ends = along[:, 5]
    np.testing.assert_array_equal(ends, simulation.info.proposal[0, :32].numpy())
    simulation, seen = picture({"kind": "underdamped"})
    strokes = seen.one("step", Curve, joined="pairs").along.reshape(-1, 2)
    np.testing.assert_array_equal(strokes[:, 0], simulation.state.x[0, :150].numpy())
    ratio = np.diff(strokes, axis=1)[:, 0] / simulation.state.memory["momentum"][0, :150].numpy()
    assert ratio.std() < 1e-3  # differences of places in float32


def test_the_tree_of_nuts_doubles_and_holds_the_state_drawn(three_modes):
    stage = stage_of(three_modes, {"kind": "nuts", "step": 0.1})
    assert Seen(stage.picture(VIEW)).tree is None
    before = stage.simulation.state.x[:, 0].clone()
    for _ in range(5):
        before = stage.simulation.state.x[:, 0].clone()
        stage.simulation.advance()
        picture = Seen(stage.picture(VIEW))
        tree = picture.tree
        assert picture.lines("step") == ()
        # Doubling n adds 2^(n−1) points, all on one side of those before.
        sizes = np.bincount(tree.doublings)
        assert sizes.tolist() == [1, *[2**n for n in range(len(sizes) - 1)]]
        for n in range(1, len(sizes)):
            inside = np.flatnonzero(tree.doublings < n)
            assert inside[-1] - inside[0] + 1 == len(inside)
        np.testing.assert_array_equal(tree.points[tree.doublings.argmin()], before.numpy())
        assert (tree.points == tree.drawn).all(1).any()
        np.testing.assert_array_equal(tree.drawn, stage.simulation.state.x[:, 0].numpy())
        # Neighbours in time are a step apart: |Δx| = h |p| with a momentum of size ~1.
        assert 0 < np.linalg.norm(np.diff(tree.points, axis=0), axis=1).max() < 1.0


def test_trajectories_and_momenta_are_those_of_the_step(three_modes):
    stage = stage_of(three_modes, {"kind": "hmc", "leapfrog_steps": 7})
    before = stage.simulation.state.x.clone()
    stage.simulation.advance()
    picture = Seen(stage.picture(VIEW))
    trajectories = picture.lines("step")
    assert len(trajectories) == 32
    assert trajectories[5].shape == (8, 2)
    np.testing.assert_array_equal(trajectories[5][0], before[:, 5].numpy())
    assert picture.arrows_of("step") is None
    stage = stage_of(three_modes, {"kind": "underdamped"})
    arrows = Seen(stage.picture(VIEW)).arrows_of("step")
    np.testing.assert_array_equal(arrows[:, :2].T, stage.simulation.state.x[:, :150].numpy())
    direction = torch.from_numpy(arrows[:, 2:].T.copy()) / stage.simulation.state.memory["momentum"][:, :150]
    assert float(direction.std()) < 1e-5
