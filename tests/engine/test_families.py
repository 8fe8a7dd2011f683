"""One target, all families: who is in the line-up, and what is said of each."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from visualizer.engine.experiments import families as module
from visualizer.engine.experiments.families import _Court, families, line_up
from visualizer.engine.experiments.training import plan_of
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import GenerativeNet, Shape
from visualizer.learning.networks.base import weights_of
from visualizer.scene import load_scene
from visualizer.scene.networks import NETWORKS

CASES = Path(__file__).parents[1] / "cases"


def test_every_family_that_draws_is_in_the_line_up(three_modes, two_wells):
    for scene in (three_modes, two_wells):
        found = line_up(scene)
        titles = [title for title, _ in found]
        assert len(set(titles)) == len(titles)
        kinds = {way.training.network for _, way in found}
        assert kinds == set(NETWORKS) - {"attention", "interpolant"}  # from noise that is flow matching, which is there
        for _, way in found:
            plan_of(way)  # its numbers go together
            assert way.target == scene.target


def test_a_model_that_is_the_target_is_nowhere_off(three_modes):
    """A bridge to one Gaussian is exact in closed form; its divergences are those of two Gaussians."""
    target = {"kind": "mixture", "weights": [1.0], "means": [[0.7, -0.4]], "covariances": [[[2.0, 0.6], [0.6, 0.5]]]}
    scene = three_modes.with_(target=target, particles={"start": None})
    court = _Court(scene)
    assert court.lightest is None
    shape = Shape("bridge", 2, "x0", 1, 1, 1, 1, 1.0, epsilon=0.8)
    net = shape.build(torch.Generator()).double().requires_grad_(False)
    b = torch.tensor(target["covariances"][0], dtype=torch.float64)
    values, vectors = torch.linalg.eigh(4 * b + 0.64 * torch.eye(2))
    cross = 0.5 * (vectors @ torch.diag(values.sqrt()) @ vectors.T - 0.8 * torch.eye(2))
    lower = torch.linalg.cholesky(cross)
    net.means.copy_(torch.tensor([[0.7, -0.4]]))
    net.log_diagonal.copy_(lower.diagonal().log()[None])
    net.below.copy_(lower[1, :1][None])
    found = court.judged("Bridge", GenerativeNet(shape, weights_of(net.float())), 1.5, line_up(scene)[0][1])
    for value in (found.kl, found.reverse_kl, found.js):
        assert abs(value) < 1e-3
    floor = court.reference.floors["w2"]
    assert all(w2 < 4 * floor for _, w2 in found.golf)
    assert [n for n, _ in found.golf] == list(module.STROKES)
    assert found.junk < 0.004
    assert (found.about, found.dropped, found.strokes) == (False, None, 16)


def test_the_exact_denoisers_cost_strokes_alone(three_modes):
    exact = _Court(three_modes).exact()
    strokes, w2 = zip(*exact.golf, strict=True)
    assert strokes == module.STROKES
    assert list(w2) == sorted(w2, reverse=True), "more strokes, less error"
    assert w2[0] > 1.5, "one stroke of a regression lands on the mean"
    assert exact.draws.shape == (1500, 2)


def test_families_are_trained_beside_and_judged(three_modes, monkeypatch):
    """Two by real trainings; one that stops on the way leaves the others alone."""
    whole = dict(line_up(three_modes))
    quick = [
        (title, whole[title].with_(training=whole[title].training.with_(steps=20)))
        for title in ("Bridge from noise", "GAN")
    ]
    broken = ("Broken", quick[0][1].with_(title="Broken"))
    monkeypatch.setattr(module, "line_up", lambda _: (broken, *quick))
    real = module._Workshop.train

    def train(self, scene):
        if scene.title == "Broken":
            raise ValueError("no numbers")
        return real(self, scene)

    monkeypatch.setattr(module._Workshop, "train", train)
    shelf = Shelf()
    *_, end = families(three_modes, shelf)
    assert end.done == 1
    assert [f.title for f in end.found] == ["Bridge from noise", "GAN"]
    assert end.failed == (("Broken", "no numbers"),)
    bridge, gan = end.found
    assert gan.about
    assert not bridge.about
    assert gan.golf == ((1, gan.w2),)
    for family in end.found:
        assert shelf.steps(family.net) == (20,)
        assert family.weights > 50
        assert 0 <= family.junk <= 1
        assert family.occupancy.sum() == pytest.approx(1.0)
        assert -0.05 < family.js < math.log(2) + 0.05
        assert np.isfinite(family.draws).all()


def test_who_stops_watching_stops_the_trainings(three_modes):
    trainers = []
    real = module.Trainer

    class Kept(real):
        def __init__(self):
            super().__init__()
            trainers.append(self)

    module.Trainer = Kept
    try:
        run = families(three_modes, Shelf())
        next(run)
        next(run)
        run.close()
    finally:
        module.Trainer = real
    assert len(trainers) == 2
    assert all(t._child.poll() is not None for t in trainers)


def test_dropped_modes_are_counted(three_modes):
    court = _Court(load_scene("mode-collapse").with_(panels=()))
    from visualizer.learning import from_bytes
    from visualizer.scene.paths import net_path

    net = from_bytes(net_path("collapsed.safetensors").read_bytes())
    found = court.judged("GAN", net, 0.0, line_up(three_modes)[0][1])
    assert found.dropped == 2  # of weights 0.3 and 0.2 it keeps less than a tenth
    assert found.occupancy[0] > 0.9


def test_a_training_that_is_refused_says_why_and_leaves_the_trainer_usable(three_modes):
    """A consistency model needs the exact flow, which a funnel's grid cannot show; the process trains on after it."""
    funnel = load_scene(str(CASES / "32-neals-funnel.toml"))
    needy = funnel.with_(panels=(), training=dict(line_up(three_modes))["Consistency"].training)
    quick = dict(line_up(three_modes))["Autoregressive"]
    good = quick.with_(training=quick.training.with_(steps=10))
    trainer = module.Trainer()
    try:
        with pytest.raises(ValueError, match="choose another target"):
            list(trainer.train(needy))
        assert [state.step for state in trainer.train(good)] == [0, 10]
    finally:
        trainer.close()
    trainer.close()  # twice is no fault


def test_a_training_that_leaves_the_numbers_is_told(three_modes):
    import io

    from visualizer.engine.experiments import training_process

    quick = dict(line_up(three_modes))["Bridge from noise"]

    def states():
        for state in training_process.training(quick, 10):
            next(iter(state.net.weights.values())).fill_(float("nan"))
            yield state

    with pytest.raises(ValueError, match="smaller learning rate"):
        training_process._tell(states(), io.BytesIO())


def test_a_target_that_is_too_narrow_is_refused_in_a_sentence(three_modes, monkeypatch):
    from visualizer.densities.grid_source import TooFine
    from visualizer.scene import SceneError

    def too_fine(self):
        raise TooFine("less noise than the grid can show")

    monkeypatch.setattr(_Court, "exact", too_fine)
    with pytest.raises(SceneError, match="choose another target"):
        next(families(three_modes, Shelf()))


def test_the_process_of_the_line_up_may_be_another_than_a_coupling_wants(three_modes):
    scene = three_modes.with_(process={"kind": "linear"}, training={"prediction": "velocity", "coupling": "reflow"})
    assert _Court(scene).exact().golf
    assert len(line_up(scene)) > 5
