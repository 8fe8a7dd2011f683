"""A scene without [target]: a network alone, drawn and sampled without a truth to hold it against."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.conftest import THREE_MODES
from tests.pictures import Seen
from visualizer.cli import main
from visualizer.densities import GaussianMixture
from visualizer.engine.drawings import Curve
from visualizer.engine.experiments.tables import curves, field, particles
from visualizer.engine.experiments.training import training
from visualizer.engine.frame import Viewport
from visualizer.engine.report import Reporter
from visualizer.engine.run.net_files import save_net
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.scene import SceneError, dump_scene, load_scene, parse_scene
from visualizer.scene.layers import layer_names
from visualizer.scene.start import GaussianStart, PriorStart
from visualizer.scene.targets.unknown import UnknownTarget

VIEW = Viewport(-5.0, 5.0, -5.0, 5.0, 160, 160)
ALONE = """
[field]
kind = "learned"
file = "three-modes.safetensors"

[process]
kind = "vp-cosine"

[sampler]
kind = "reverse"
steps = 20

[particles]
count = 400
"""

SHELF = Shelf()


@pytest.fixture
def alone(tmp_path):
    path = tmp_path / "alone.toml"
    path.write_text(ALONE)
    return path


def test_dimension_and_scale_are_the_networks(alone, tmp_path):
    scene = load_scene(alone)
    assert isinstance(scene.target, UnknownTarget)
    assert scene.target.d == 2
    assert 1.5 < scene.target.scale < 3.5  # of three modes about (±2.5, ±2)
    assert load_scene(_saved(scene, tmp_path)) == scene
    assert scene.start == PriorStart()
    chain = scene.with_(sampler={"kind": "langevin", "t": 0.3})
    assert chain.start == GaussianStart(mean=(0.0, 0.0), std=scene.target.scale)


def _saved(scene, folder):
    path = folder / "saved.toml"
    path.write_text(dump_scene(scene))
    return path


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("title = 'x'\n", "target", "needed"),
        (ALONE + "[guidance]\nkind = 'class'\n", "guidance.kind", "no target"),
        (ALONE.replace("count = 400", "count = 4\nstart = { kind = 'target' }"), "particles.start.kind", "no target"),
        (ALONE.replace("count = 400", "count = 4\nstart = { kind = 'mode' }"), "particles.start", "another start"),
        (ALONE + "[[panels]]\nfield = { kind = 'exact' }\n", "target", "needed"),
    ],
)
def test_what_needs_a_target_is_refused(text, key, said):
    with pytest.raises(SceneError) as caught:
        parse_scene(text)
    assert any(p.key.startswith(key) and said in p.expected for p in caught.value.problems), caught.value


def test_a_network_of_one_dimension_is_known_by_its_file(tmp_path):
    line = parse_scene(
        "[target]\nmeans = [-1.0, 1.0]\nweights = [1, 1]\ncovariances = [0.1, 0.1]\n"
        "[training]\nwidth = 16\ndepth = 1\nsteps = 5\nbatch = 32\n[process]\nkind = 'vp-cosine'\n"
    )
    save_net(list(training(line))[-1].net, tmp_path / "line.safetensors")
    (tmp_path / "a.toml").write_text(ALONE.replace("three-modes", "line"))
    scene = load_scene(tmp_path / "a.toml")
    assert scene.target.d == 1
    assert scene.target.scale == pytest.approx(np.sqrt(1.1), rel=5e-3)
    every = scene.with_(layers={"line": layer_names(1)}, view={"fourier": True, "band": (1.0, 2.0)})
    for picture in ("river", "line"):
        stage = Stage(every.with_(view=every.view.with_(picture=picture)), "cpu")
        stage.simulation.advance(3)
        shown = Seen(stage.picture(VIEW))
        assert not {"density", "target", "band", "river"} & set(shown.layers)
        assert shown.fourier is None
        (curve,) = shown.all("score", Curve)
        assert curve.pen.colour == "learned"
        assert np.isfinite(curve.across).all()
        assert shown.bars("particles").heights.max() > 0
        if picture == "river":
            assert len(shown.path_points) == 4 * len(shown.heads)
    # Where the file does not say, the default is the plane; that a network is not for it is told with what to do.
    (tmp_path / "b.toml").write_text('[target]\nkind = "unknown"\n' + ALONE.replace("three-modes", "line"))
    with pytest.raises(SceneError, match='kind = "unknown", dimension = 1'):
        Simulation(load_scene(tmp_path / "b.toml"), "cpu")


def test_every_layer_is_drawn_or_left_out(alone):
    """The flow is the network's, the histograms have no curve beside them."""
    scene = load_scene(alone).with_(
        layers={"plane": layer_names(2)},
        view={"fourier": True, "band": (1.0, 2.0), "cut": (0.0, 0.0)},
        fit={"kind": "covering"},
    )
    stage = Stage(scene, "cpu")
    stage.simulation.advance(2)
    picture = Seen(stage.picture(VIEW))
    assert {"flow", "particles", "sinks"} <= set(picture.images)
    assert not {"density", "band", "error", "difference", "traps", "data"} & set(picture.images)
    assert picture.contours == ()
    assert picture.arrows_of("arrows") is not None
    assert not {"exact-arrows", "cut", "fit"} & set(picture.layers)
    assert picture.occupancy is picture.fourier is None
    assert picture.curve("marginals") is None
    assert picture.bars("marginals", plot="top").heights.max() > 0
    reporter = Reporter(stage.simulation)
    reporter.look()
    assert reporter.sample() is None
    frame = stage.simulation.frame
    assert set(particles(scene, frame, SHELF)) == {"x", "y", "score_x", "score_y"}
    assert set(field(scene, frame, VIEW, 5, SHELF)) == {"x", "y", "learned_score_x", "learned_score_y"}
    assert set(curves(scene, frame, VIEW, SHELF)) == {"axis", "at", "histogram"}


def test_the_samples_are_those_of_the_same_run_beside_its_truth(alone):
    """The truth is for judging; what is drawn from is the network alone."""
    frames = list(Simulation(load_scene(alone), "cpu"))
    beside = list(Simulation(parse_scene(THREE_MODES.split("[sampler]")[0] + ALONE), "cpu"))
    np.testing.assert_array_equal(frames[-1].x, beside[-1].x)
    # And it is where the modes are: within 4 standard deviations of one of them.
    modes = GaussianMixture(
        torch.ones(3), torch.tensor([[-2.6, 1.6], [2.4, 1.9], [0.2, -2.2]]), torch.eye(2).expand(3, 2, 2)
    )
    near = (torch.from_numpy(frames[-1].x.copy())[:, None] - modes.means).norm(dim=2).min(1).values
    assert float((near < 4 * 1.05).double().mean()) > 0.99


def test_the_command_line_needs_none_either(alone, tmp_path, capsys):
    assert main(["check", str(alone)]) == 0
    assert main(["sample", str(alone), "-o", str(tmp_path / "s.npz"), "--count", "50"]) == 0
    assert np.load(tmp_path / "s.npz")["x"].shape == (50, 2)
    assert main(["field", str(alone), "-o", str(tmp_path / "f.npz"), "--grid", "7"]) == 0
    found = np.load(tmp_path / "f.npz")
    assert set(found.files) >= {"axis0", "axis1", "score"}
    assert "log_density" not in found.files
    assert main(["train", str(alone), "-o", str(tmp_path / "n.safetensors")]) == 2
    assert "a network learns a target" in capsys.readouterr().err
