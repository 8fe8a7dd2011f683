"""A scene that follows a network: found by its name, drawn beside the truth, replayed through its training, refused in words."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from tests.conftest import THREE_MODES
from tests.pictures import Seen
from visualizer.densities import MixtureField
from visualizer.engine.drawings import Curve
from visualizer.engine.experiments.training import Judge, plan_of, training
from visualizer.engine.experiments.training_process import training_beside
from visualizer.engine.frame import Viewport
from visualizer.engine.run.build import build_process
from visualizer.engine.run.net_files import net_path, save_net
from visualizer.engine.run.nets import with_saved_nets
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.engine.targets.mixture import build_mixture
from visualizer.scene import SceneError, parse_scene
from visualizer.scene.changes import Change, changes
from visualizer.scene.field import LearnedField
from visualizer.scene.files import dump_scene
from visualizer.scene.paths import data_folder
from visualizer.scene.presets import load_scene

#: Of the networks that are trained here.
SHELF = Shelf()
VIEW = Viewport(-5.0, 5.0, -5.0, 5.0, 200, 200)
SMALL = {"width": 24, "depth": 2, "steps": 60, "batch": 64}


def scene_of(three_modes, **more):
    return three_modes.with_(
        process={"kind": "vp-cosine"},
        sampler={"kind": "ddim", "steps": 10},
        particles={"count": 300},
        training=SMALL,
        **more,
    )


@pytest.fixture(scope="module")
def net_file(tmp_path_factory):
    *_, end = training(scene_of(parse_scene(THREE_MODES)))
    path = tmp_path_factory.mktemp("nets") / "net.safetensors"
    save_net(end.net, path)
    return path


def learned(file, **more):
    return {"kind": "learned", "file": str(file), **more}


def test_a_scene_follows_the_net_it_names(three_modes, net_file):
    scene = scene_of(three_modes, field=learned(net_file))
    sim, exact = Simulation(scene, "cpu", shelf=SHELF), Simulation(scene_of(three_modes), "cpu", shelf=SHELF)
    assert torch.equal(sim.state.x, exact.state.x)
    sim.advance()
    exact.advance()
    assert not torch.equal(sim.state.x, exact.state.x)
    field = sim.net.field()
    x = torch.randn(2, 20, generator=torch.Generator().manual_seed(0))
    assert torch.equal(sim.field.score(x, 0.8, 0.6), field.score(x, 0.8, 0.6))
    assert isinstance(sim.truth, MixtureField)
    assert parse_scene(dump_scene(scene)) == scene
    assert changes(scene, scene_of(three_modes)) & Change.DYNAMICS
    again = Simulation(scene, "cpu", shelf=SHELF)
    again.advance()
    assert torch.equal(again.state.x, sim.state.x)


def test_pictures_hold_it_against_the_truth(three_modes, net_file):
    layers = three_modes.layers.with_(plane=("arrows", "exact-arrows", "denoiser", "exact-denoiser", "error"))
    held = {"field": learned(net_file), "layers": layers, "view": {"t": 0.9}}  # at t = 1 there is nothing to learn
    stage = Stage(scene_of(three_modes, **held), "cpu", shelf=SHELF)
    picture = Seen(stage.picture(VIEW))
    sim = stage.simulation
    level = sim.process.alpha(0.9), sim.process.sigma(0.9)
    denoiser, exact = picture.arrows_of("denoiser"), picture.arrows_of("exact-denoiser")
    at = torch.from_numpy(denoiser[:, :2].T.copy())
    for arrows, field in ((denoiser, sim.field), (exact, sim.truth)):
        np.testing.assert_allclose(arrows[:, 2:], (field.denoise(at, *level) - at).T.numpy(), atol=1e-4)
    assert not np.allclose(picture.arrows_of("arrows"), picture.arrows_of("exact-arrows"))
    # Where the net is right the map is clear, elsewhere it is the more opaque the larger σ‖s_θ − s‖.
    alpha = (picture.images["error"] >> 24).astype(float)
    x = torch.tensor([[-4.0, 0.0, 4.0], [4.0, 0.0, -4.0]])
    error = (sim.field.score(x, *level) - sim.truth.score(x, *level)).square().sum(0).sqrt().numpy()
    rows, columns = ((5 - x[1]) * 20 - 0.5).round().int(), ((x[0] + 5) * 20 - 0.5).round().int()
    shown = alpha[rows.numpy(), columns.numpy()]
    assert error[1] < 0.25 < 1 < min(error[0], error[2])
    assert shown[1] < shown[0] == shown[2]
    plain = Stage(scene_of(three_modes, layers=layers), "cpu", shelf=SHELF).picture(VIEW)
    assert not {"exact-arrows", "error"} & set(plain.layers)


def test_in_one_dimension_its_score_is_a_curve(two_wells):
    scene = two_wells.with_(training=SMALL, particles={"count": 50})
    *_, end = training(scene)
    name = SHELF.begin()
    SHELF.add(name, 60, end.net)
    stage = Stage(scene.with_(field=learned(name)), "cpu", shelf=SHELF)
    picture = Seen(stage.picture(VIEW))
    level = stage.simulation.process
    x = torch.from_numpy(picture.grid)[None]
    exact = end.net.field().score(x, level.alpha(1.0), level.sigma(1.0))[0].numpy()
    np.testing.assert_allclose(picture.all("score", Curve)[1].across, exact, atol=1e-5)
    assert len(Seen(Stage(scene, "cpu", shelf=SHELF).picture(VIEW)).all("score", Curve)) == 1


def test_a_run_goes_on_with_the_net_as_it_learns_and_comes_back_exactly(three_modes):
    name = SHELF.begin()
    states = list(training(scene_of(three_modes), every=20))
    SHELF.add(name, 0, states[0].net)
    sim = Simulation(scene_of(three_modes, field=learned(name)), "cpu", shelf=SHELF)
    assert not sim.refresh()
    sim.advance(3)
    SHELF.add(name, 60, states[-1].net)
    assert sim.refresh()
    assert sim.net is states[-1].net
    sim.advance(4)
    end = sim.state.x.clone()
    sim.seek(1)
    sim.seek(7)
    assert torch.equal(sim.state.x, end)
    # A checkpoint is a field of its own; between two it is the one before.
    assert SHELF.steps(name) == (0, 60)
    for checkpoint, net in ((0, states[0].net), (59, states[0].net), (60, states[-1].net), (None, states[-1].net)):
        assert (
            Simulation(scene_of(three_modes, field=learned(name, checkpoint=checkpoint)), "cpu", shelf=SHELF).net is net
        )


def test_the_newest_state_takes_the_place_of_one_not_kept(three_modes):
    shelf, name = Shelf(), "session/1"
    assert shelf.begin() == name
    nets = [state.net for state in training(scene_of(three_modes), every=30)]
    shelf.add(name, 0, nets[0])
    shelf.add(name, 30, nets[1], lasting=False)
    shelf.add(name, 60, nets[2])
    assert shelf.steps(name) == (0, 60)


@pytest.mark.parametrize("kind", ["mala", "hmc", "nuts", "random-walk", "parallel-tempering", "simulated-annealing"])
def test_samplers_that_need_log_p_are_refused_on_a_score_alone(three_modes, net_file, kind):
    scene = scene_of(three_modes, field=learned(net_file)).with_(sampler={"kind": kind})
    with pytest.raises(SceneError, match=r"sampler\.kind.*needs log p.*score alone"):
        Simulation(scene, "cpu", shelf=SHELF)


@pytest.mark.parametrize(
    "sampler",
    [
        {"kind": "langevin"}, {"kind": "underdamped"}, {"kind": "svgd"}, {"kind": "walk-jump"}, {"kind": "annealed-langevin"},
        {"kind": "forward"}, {"kind": "reverse"}, {"kind": "reverse", "lambda": 0.0, "method": "dopri5", "steps": 4},
        {"kind": "predictor-corrector"}, {"kind": "ddim"}, {"kind": "dpm-solver++"},
    ],
)  # fmt: skip
def test_all_others_run_on_it(three_modes, net_file, sampler):
    sim = Simulation(scene_of(three_modes, field=learned(net_file)).with_(sampler=sampler), "cpu", shelf=SHELF)
    sim.advance(4)
    assert bool(torch.isfinite(sim.state.x).all())


@pytest.mark.parametrize("kind", ["mala", "hmc", "nuts", "random-walk", "parallel-tempering", "simulated-annealing"])
@pytest.mark.parametrize("network", ["energy", "attention"])
def test_energies_and_mixtures_take_every_sampler(three_modes, kind, network):
    scene = scene_of(three_modes).with_(training={**SMALL, "network": network, "steps": 5})
    *_, end = training(scene)
    name = SHELF.begin()
    SHELF.add(name, 5, end.net)
    sim = Simulation(scene.with_(field=learned(name), sampler={"kind": kind}), "cpu", shelf=SHELF)
    sim.advance(2)
    assert bool(torch.isfinite(sim.state.x).all())


def test_a_net_of_another_dimension_or_none_is_refused(three_modes, two_wells, net_file, tmp_path):
    with pytest.raises(SceneError, match=r"2 dimension\(s\), the target has 1"):
        Simulation(two_wells.with_(field=learned(net_file)), "cpu", shelf=SHELF)
    with pytest.raises(SceneError, match="there is no such net"):
        Simulation(scene_of(three_modes, field=learned(tmp_path / "none.safetensors")), "cpu", shelf=SHELF)
    with pytest.raises(SceneError, match="another session"):
        Simulation(scene_of(three_modes, field=learned("session/999")), "cpu", shelf=SHELF)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(net_file.read_bytes()[:500])
    with pytest.raises(SceneError, match="not a whole safetensors file"):
        Simulation(scene_of(three_modes, field=learned(broken)), "cpu", shelf=SHELF)
    sim = Simulation(scene_of(three_modes), "cpu", shelf=SHELF)
    before = sim.field
    with pytest.raises(SceneError):
        sim.edit(scene_of(three_modes, field=learned(broken)))
    assert sim.field is before
    assert sim.scene == scene_of(three_modes)


def test_names_are_files_first_and_then_what_ships(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert net_path("mine.safetensors").name == "mine.safetensors"
    assert net_path("sub/mine.safetensors").parent.name == "sub"


def test_the_error_of_the_exact_field_is_zero_and_of_none_what_the_noise_is(three_modes):
    """s = 0 has σ² E|s|², which for a Gaussian is σ² d/(α²v + σ²)."""
    target = three_modes.target.with_(weights=(1.0,), means=((0.0, 0.0),), covariances=(((2.0, 0.0), (0.0, 2.0)),))
    scene = scene_of(three_modes).with_(target=target)
    p, q = build_mixture(scene.target), build_process(scene)
    judge = Judge(p, q)
    assert judge(MixtureField(p)) < 1e-10

    class Nothing(MixtureField):
        def score(self, x, alpha, sigma):
            return torch.zeros_like(x)

    t = 0.3
    a, s = q.alpha(t), q.sigma(t)
    n = 200
    exact = s**2 * 2 / (a * a * 2 + s * s)
    assert abs(judge.at(Nothing(p), t, n) - exact) < 4 * exact / n**0.5


def test_a_training_reports_losses_errors_and_checkpoints(three_modes):
    states = list(training(scene_of(three_modes), every=10))
    assert [s.step for s in states] == [0, 10, 20, 30, 40, 50, 60]
    assert states[0].kept
    assert states[-1].kept
    assert len(states[-1].losses) == 60
    assert states[-1].errors[0][0] == 0
    assert states[-1].errors[-1][0] == 60
    assert states[-1].errors[-1][1] < states[-1].errors[0][1]
    assert plan_of(scene_of(three_modes)).shape.scale == pytest.approx(2.2, abs=0.3)
    for a, b in zip(states, training(scene_of(three_modes), every=10), strict=True):
        assert a.errors == b.errors


def test_training_in_a_process_of_its_own_is_the_same_training(three_modes):
    scene = scene_of(three_modes)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        here = list(training(scene))
    finally:
        torch.set_num_threads(threads)
    there = list(training_beside(scene))
    assert [(s.step, s.kept, s.errors) for s in there] == [(s.step, s.kept, s.errors) for s in here]
    for a, b in zip(here, there, strict=True):
        np.testing.assert_array_equal(a.losses, b.losses)
        for name, v in a.net.weights.items():
            assert torch.equal(v, b.net.weights[name])


def test_a_training_that_is_stopped_ends_its_process(three_modes):
    run = training_beside(scene_of(three_modes).with_(training={**SMALL, "steps": 100_000}))
    assert next(run).step == 0
    assert next(run).step == 20
    before = threading.active_count()
    child = run.gi_frame.f_locals["trainer"]._child
    assert child.poll() is None
    run.close()
    assert child.poll() is not None
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("name", "panel", "bound"),
    [("learned-score", 0, 0.002), ("attention", 0, 0.001), ("bad-at-small-t", 1, 0.2), ("classifier-free", 1, 0.002)],
)
def test_nets_that_ship_are_what_their_presets_say(name, panel, bound):
    scene = load_scene(name).resolved_panels()[panel]
    net = SHELF.get(scene.field)
    judge = Judge(build_mixture(scene.target), build_process(scene))
    field = net.field()
    assert judge(field) < bound
    if name == "bad-at-small-t":
        assert judge.at(field, 0.02) > 10 * judge.at(field, 0.3)
    if name == "attention":  # it found the components
        found, p = field.mixture, build_mixture(scene.target)
        nearest = torch.cdist(p.means, found.means.double()).argmin(1)
        assert sorted(nearest.tolist()) == [0, 1, 2]
        torch.testing.assert_close(found.means.double()[nearest], p.means, atol=0.05, rtol=0)
        torch.testing.assert_close(found.weights.double()[nearest], p.weights, atol=0.02, rtol=0)
        torch.testing.assert_close(found.covariances64[nearest], p.covariances, atol=0.06, rtol=0)


def test_the_memorised_net_ends_on_its_eight_points():
    scene = load_scene("memorised")
    sim = Simulation(scene.with_(particles={"count": 400}, sampler=scene.sampler.with_(steps=50)), "cpu", shelf=SHELF)
    sim.advance(50)
    points = plan_of(scene)
    generator = torch.Generator().manual_seed(scene.seed)
    eight = build_mixture(scene.target).to(dtype=torch.float32).sample(points.points, generator=generator)
    distance = torch.cdist(sim.state.x.T, eight).min(1).values
    assert float((distance < 0.25).float().mean()) > 0.95
    assert len(torch.cdist(sim.state.x.T, eight).argmin(1).unique()) == 8


def test_nets_that_ship_are_small():
    for path in (data_folder("resources") / "nets").iterdir():
        most = 2_100_000 if path.stem == "digits" else 1_000_000  # that one has 64 dimensions
        assert path.stat().st_size < most


# guidance


def test_guidance_pushes_towards_a_class_of_several_components(three_modes):
    target = three_modes.target.with_(classes=(0, 1, 1))
    scene = scene_of(three_modes).with_(target=target, guidance={"kind": "class", "label": 1, "weight": 1.0})
    sim = Simulation(scene, "cpu", shelf=SHELF)
    p = build_mixture(target)
    only = type(p)(p.weights[1:], p.means[1:], p.covariances[1:])
    x = torch.randn(2, 30, generator=torch.Generator().manual_seed(0))
    expected = MixtureField(only).score(x, 0.8, 0.6)
    torch.testing.assert_close(sim.field.score(x, 0.8, 0.6), expected, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match=r"guidance\.label.*one of 0, 1"):
        scene.with_(guidance={"kind": "class", "label": 2})
    with pytest.raises(ValueError, match="classes"):
        target.with_(classes=(0, 1))
    assert parse_scene(dump_scene(scene)) == scene
    plain = scene.with_(guidance={"kind": "none"})
    assert changes(scene, plain) & Change.DYNAMICS


def test_guidance_is_drawn_as_the_tilted_density(three_modes, two_wells):
    layers = three_modes.layers.with_(plane=("tilted",), line=("tilted",))
    guidance = {"kind": "class", "label": 0, "weight": 3.0}
    lines = Seen(
        Stage(scene_of(three_modes, layers=layers, guidance=guidance), "cpu", shelf=SHELF).picture(VIEW)
    ).lines("tilted")
    assert len(lines) > 3
    few = two_wells.with_(layers=layers, guidance=guidance, particles={"count": 10})
    tilted = Seen(Stage(few, "cpu", shelf=SHELF).picture(VIEW)).one("tilted", Curve)
    assert float(tilted.across.sum() * (tilted.along[1] - tilted.along[0])) == pytest.approx(1.0, abs=1e-4)
    assert "tilted" not in Stage(scene_of(three_modes, layers=layers), "cpu", shelf=SHELF).picture(VIEW).layers


def test_autoguidance_pushes_away_from_the_worse_network(three_modes, net_file):
    guidance = {"kind": "auto", "weight": 2.0, "file": str(net_file)}
    sim = Simulation(scene_of(three_modes, guidance=guidance), "cpu", shelf=SHELF)
    worse, x = SHELF.get(LearnedField(file=str(net_file))).field(), torch.randn(2, 9)
    expected = 2 * sim.truth.score(x, 0.8, 0.6).clone() - worse.score(x, 0.8, 0.6)
    torch.testing.assert_close(sim.field.score(x, 0.8, 0.6), expected)
    with pytest.raises(SceneError, match="needs log p"):
        Simulation(scene_of(three_modes, guidance=guidance).with_(sampler={"kind": "mala"}), "cpu", shelf=SHELF)
    with pytest.raises(SceneError, match="no such net"):
        Simulation(scene_of(three_modes, guidance={**guidance, "file": "/nowhere/x.safetensors"}), "cpu", shelf=SHELF)
    with pytest.raises(ValueError, match="expected the worse network"):
        scene_of(three_modes, guidance={"kind": "auto"})


def test_a_network_told_classes_is_pushed_by_itself(three_modes):
    scene = scene_of(three_modes).with_(training={**SMALL, "labels": "classes", "steps": 20})
    *_, end = training(scene)
    assert end.net.shape.classes == 3
    name = SHELF.begin()
    SHELF.add(name, 20, end.net)
    pushed = scene.with_(field=learned(name), guidance={"kind": "class", "label": 1, "weight": 2.5})
    sim, x = Simulation(pushed, "cpu", shelf=SHELF), torch.randn(2, 9, generator=torch.Generator().manual_seed(0))
    every, one = end.net.field(), end.net.field(label=1)
    expected = every.score(x, 0.8, 0.6) + 2.5 * (one.score(x, 0.8, 0.6) - every.score(x, 0.8, 0.6))
    torch.testing.assert_close(sim.field.score(x, 0.8, 0.6), expected)
    more = three_modes.target.with_(classes=(0, 1, 7))
    with pytest.raises(SceneError, match="knows 3 classes"):
        Simulation(pushed.with_(target=more, guidance={"kind": "class", "label": 7}), "cpu", shelf=SHELF)


def test_a_file_that_goes_away_does_not_stop_a_run(three_modes, net_file, tmp_path):
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(net_file.read_bytes())
    sim = Simulation(scene_of(three_modes, field=learned(copy)), "cpu", shelf=SHELF)
    copy.unlink()
    assert not sim.refresh()
    sim.advance()


def test_saving_overwrites_no_other_net(three_modes, net_file, tmp_path):
    theirs = tmp_path / "mine-1.safetensors"
    theirs.write_bytes(b"somebody's work")
    *_, end = training(scene_of(three_modes))
    name = SHELF.begin()
    SHELF.add(name, 60, end.net)
    scene = scene_of(three_modes, field=learned(name))
    saved = with_saved_nets(scene, tmp_path, "mine", SHELF)
    assert theirs.read_bytes() == b"somebody's work"
    assert saved.field.file == str(tmp_path / "mine-2.safetensors")
    assert with_saved_nets(scene, tmp_path, "mine", SHELF) == saved  # again into the same file
    assert sorted(p.name for p in tmp_path.glob("*.safetensors")) == ["mine-1.safetensors", "mine-2.safetensors"]


def test_the_error_map_is_the_networks_and_not_the_push(three_modes, net_file):
    layers = three_modes.layers.with_(plane=("error",))
    plain = scene_of(three_modes, field=learned(net_file), layers=layers)
    pushed = plain.with_(guidance={"kind": "class", "label": 0, "weight": 5.0})
    images = [Seen(Stage(s, "cpu", shelf=SHELF).picture(VIEW)).images["error"] for s in (plain, pushed)]
    np.testing.assert_array_equal(*images)


def test_classes_beyond_what_a_network_can_be_told_are_refused(three_modes):
    many = three_modes.target.with_(classes=(0, 1, 64))
    with pytest.raises(ValueError, match=r"training\.labels: expected classes below 64"):
        three_modes.with_(target=many, training={"labels": "classes"})
