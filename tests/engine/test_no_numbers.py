"""Networks that give no numbers in a part of the plane: every layer draws the rest, and the run says where."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.pictures import Seen
from visualizer.engine import Diverged
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import density_table
from visualizer.engine.pictures.tone import tone, tone_scaled
from visualizer.engine.run import simulation
from visualizer.engine.stage import Stage
from visualizer.learning.score import LearnedScore
from visualizer.scene.layers import layer_names
from visualizer.scene.presets import load_scene

VIEW = Viewport(-4, 4, -4, 4, 160, 120)


class Half:
    """The score −x where x₀ < 1, and no number elsewhere."""

    prediction = "score"

    def __init__(self, d):
        self.d = d

    def __call__(self, x, alpha, sigma):
        return torch.where(x[:1] > 1, x * torch.nan, -x)


class HalfAnEnergy(LearnedScore):
    has_log_prob = True

    def log_prob_and_score(self, x, alpha, sigma):
        return torch.where(x[0] > 1, torch.nan, -0.5 * x.square().sum(0)), self.score(x, alpha, sigma)


@pytest.fixture(params=[LearnedScore, HalfAnEnergy])
def half(request, monkeypatch):
    monkeypatch.setattr(
        simulation, "follow", lambda net, scene, device: request.param(Half(scene.target.d), (1e-3, 99))
    )
    return load_scene("learned-score").resolved_panels()[0].with_(panels=())


@pytest.mark.parametrize("layer", layer_names(2))
def test_layers_of_the_plane_draw_what_there_is(half, layer):
    scene = half.with_(layers={"plane": [layer]}, particles={"count": 200, "start": {"kind": "gaussian", "std": 0.1}})
    Stage(scene, "cpu").picture(VIEW)


@pytest.mark.parametrize("layer", layer_names(1))
def test_layers_of_the_line_draw_what_there_is(half, layer):
    line = {"kind": "mixture", "weights": (1.0,), "means": ((0.0,),), "covariances": (((1.0,),),)}
    scene = half.with_(
        target=line,
        layers={"line": [layer]},
        view={},
        particles={"count": 200, "start": {"kind": "gaussian", "std": 0.1}},
    )
    Stage(scene, "cpu").picture(Viewport(-4, 4, 0, 1, 160, 120))


def test_arrows_flow_and_errors_are_there_where_the_network_gives_numbers(half):
    scene = half.with_(layers={"plane": ["arrows", "denoiser", "error", "sinks"]}, view={"t": 0.3})
    seen = Seen(Stage(scene, "cpu").picture(VIEW))
    for kind in ("arrows", "denoiser"):
        arrows = seen.arrows_of(kind)
        assert np.isfinite(arrows).all()
        assert arrows[:, 0].max() < 1 < -arrows[:, 0].min()
        assert len(arrows) > 100
    for kind in ("error", "sinks"):
        image = seen.images[kind]
        known, unknown = image[:, : image.shape[1] // 2], image[:, -image.shape[1] // 4 :]
        assert len(np.unique(known)) > (4 if kind == "error" else 0)  # the divergence is the same everywhere
        red, green, blue = ((unknown >> shift) & 255 for shift in (16, 8, 0))
        assert len(np.unique(unknown)) > 1  # stripes, of grey
        assert (red == green).all()
        assert (green == blue).all()


def test_a_run_says_where_there_are_no_numbers(half):
    for sampler in ({"kind": "langevin"}, {"kind": "ddim", "steps": 5}, {"kind": "reverse", "steps": 5}):
        scene = half.with_(sampler=sampler, particles={"count": 50, "start": {"kind": "point", "at": [2.0, 0.0]}})
        run = simulation.Simulation(scene, "cpu")
        with pytest.raises(Diverged, match=r"no numbers near \(2, 0\)"):
            run.advance(5)


def test_what_is_no_number_is_hatched_and_the_rest_as_it_was():
    table = density_table("dark")
    unit = torch.linspace(0, 1, 48 * 64).view(48, 64)
    plain = tone(unit, table)
    unit[10:20, 30:] = torch.nan
    image = tone(unit, table)
    assert set(np.unique(image[10:20, 30:])) == {0, 0x66383838}
    image[10:20, 30:] = plain[10:20, 30:]
    np.testing.assert_array_equal(image, plain)
    assert tone_scaled(unit, table, (96, 128)).shape == (96, 128)
