"""Judging a network: the exact field is found faultless, a faulty one at fault where it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from visualizer.densities import MixtureField
from visualizer.engine.experiments import judging
from visualizer.engine.experiments.judging import judge
from visualizer.engine.experiments.training import training
from visualizer.engine.run.build import build_process
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.engine.targets.mixture import build_mixture
from visualizer.samplers import DormandPrince, time_grid
from visualizer.scene.model import Scene

#: Of the networks that are judged here.
SHELF = Shelf()


@pytest.fixture
def scene():
    target = {"kind": "mixture", "weights": [0.4, 0.6], "means": [-1.2, 1.0], "covariances": [0.15, 0.3]}
    training_part = {"network": "attention", "components": 2, "steps": 5, "batch": 32}
    return Scene.model_validate({"target": target, "process": {"kind": "vp-cosine"}, "training": training_part})


def following(scene, net):
    name = SHELF.begin()
    SHELF.add(name, 0, net)
    return scene.with_(field={"kind": "learned", "file": name})


def test_a_network_that_is_the_target_is_judged_faultless(scene, monkeypatch):
    """An attention denoiser given the target's own parameters: no error, the truth's likelihood, an integral of 1."""
    monkeypatch.setattr(judging, "STEPS", 60)
    *_, end = training(scene)
    p = build_mixture(scene.target)
    weights = {
        "logits": torch.log(p.weights).float(),
        "means": p.means.float(),
        "factors": (p.covariances[:, :, 0].float() - 0.1).sqrt()[:, :, None],
        "log_floor": torch.tensor(0.1).log(),
    }
    net = type(end.net)(end.net.shape, weights, "vp-cosine", {"t_max": 1.0, "s": 0.008}, 0.0, 1.0)
    seen = list(judge(following(scene, net), SHELF))
    last = seen[-1]
    assert len(last.t) == judging.LEVELS
    assert float(last.epsilon.max()) < 1e-8
    np.testing.assert_allclose(last.loss, last.least, atol=1e-4)
    sigma = np.array([build_process(scene).sigma(t) for t in last.t])
    np.testing.assert_allclose(last.epsilon, last.fisher * sigma**2, rtol=1e-9)
    assert last.w2.value == pytest.approx(last.exact_w2.value, abs=1e-3)
    np.testing.assert_allclose(last.shares, [0.4, 0.6], atol=4 * (0.24 / judging.SAMPLES) ** 0.5 + 0.01)
    assert last.log_prob == pytest.approx(last.exact_log_prob, abs=5e-3)
    assert last.integral == pytest.approx(1.0, abs=2e-3)
    assert [s.done for s in seen] == sorted(s.done for s in seen)
    assert last.done == 1.0


def test_the_loss_exceeds_the_least_by_the_error(scene, monkeypatch):
    """E|ε̂_θ − ε|² − E|ε̂ − ε|² = σ² E|s_θ − s|², within the error of 2,000 places."""
    monkeypatch.setattr(judging, "LEVELS", 6)
    *_, end = training(scene.with_(training=scene.training.with_(network="mlp", width=16, depth=2)))
    run = judge(following(scene, end.net), SHELF)
    last = [next(run) for _ in range(6)][-1]
    assert float(last.epsilon.max()) > 0.05
    # The cross term has mean 0; its standard error is below 2 √(excess · loss / places).
    error = 2 * np.sqrt(last.epsilon * last.least / judging.PLACES)
    assert (np.abs(last.loss - last.least - last.epsilon) < 4 * error + 1e-9).all()
    run.close()


def test_the_exact_score_is_not_judged(scene):
    with pytest.raises(ValueError, match="Train or load a network first"):
        next(judge(scene, SHELF))


def test_the_likelihood_of_the_exact_flow_is_the_density(scene):
    """From data to noise along the ODE, adding up the divergence, for a process with and one without a signal at the end."""
    for kind in ("vp-cosine", "ve", "vp-linear"):
        with_process = scene.with_(process={"kind": kind})
        p, q = build_mixture(scene.target), build_process(with_process)
        flow = DormandPrince(MixtureField(p, dtype=torch.float64), q, time_grid("uniform", 10, q.t_max), 1e-7)
        x = torch.linspace(-2.5, 2.5, 21, dtype=torch.float64)[None]
        torch.testing.assert_close(flow.log_likelihood(x), p.log_prob(x.T), atol=2e-4, rtol=0)


def test_a_network_is_judged_at_its_own_levels_along_another_process(scene, monkeypatch):
    """Trained along vp-cosine and followed along σ = t: its levels reach as far as σ/α did, not to t = 1."""
    *_, end = training(scene)
    ve = following(scene, end.net).with_(process={"kind": "ve"})
    monkeypatch.setattr(judging, "LEVELS", 4)
    run = judge(ve, SHELF)
    last = [next(run) for _ in range(4)][-1]
    run.close()
    assert last.t[-1] > 5.0
    assert last.t[0] > 0


class Draws:
    """A model without a field: it draws from a density, and may know log p."""

    d, words, classes, has_log_prob, latent, strokes, known_ratios = 2, "draws", 0, True, 0, 1, None
    has_score, law = True, None

    def __init__(self, density, knows):
        self._density, self._knows = density, knows

    def sample(self, n, generator, strokes=None):
        return self._density.sample(n, generator=generator).T

    def log_prob(self, x):
        return self._density.log_prob(x.T.double()) if self._knows else None

    def bound(self, x, importance=1):
        return None


@pytest.mark.parametrize("knows", [True, False])
def test_a_model_without_a_field_is_judged_by_its_draws_and_what_it_knows(three_modes, monkeypatch, knows):
    monkeypatch.setattr(judging, "STEPS", 60)
    monkeypatch.setattr(judging, "_GRID_2D", 96)
    scene = three_modes.with_(field={"kind": "learned", "file": "draws.safetensors"}, process={"kind": "vp-cosine"})
    model = Draws(build_density(scene.target), knows)
    shelf = Shelf()
    monkeypatch.setattr(shelf, "get", lambda field: model)
    *_, end = judge(scene, shelf)
    assert end.done == 1
    assert len(end.t) == 0
    # Draws of the target itself are as near to it as exact samples are on average.
    assert end.w2.value < 2 * end.w2.floor
    error = 4 * np.sqrt(end.weights * (1 - end.weights) / judging.SAMPLES)
    assert (abs(end.shares - end.weights) < error).all()
    assert abs(end.junk - 0.001) < 4 * np.sqrt(0.001 * (1 / judging.SAMPLES + 1 / 20_000))
    if knows:
        assert end.kl == pytest.approx(0, abs=1e-6)
        assert end.reverse_kl == pytest.approx(0, abs=1e-6)
        assert end.log_prob == pytest.approx(end.exact_log_prob, abs=1e-6)
        assert end.integral == pytest.approx(1.0, abs=1e-3)
    else:
        assert end.log_prob is None
        assert end.kl is None
        assert end.reverse_kl is None
