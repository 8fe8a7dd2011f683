"""Training: it learns what it should, from its seed alone; what is learned is the field that samplers follow."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture, MixtureField
from visualizer.learning import NetError, NoDensity, Plan, Shape, from_bytes, to_bytes, train
from visualizer.learning.networks import NETWORKS
from visualizer.learning.networks.attention import mixture_of
from visualizer.learning.networks.base import TOGETHER, in_pieces
from visualizer.learning.networks.mlp import MLPPredictor
from visualizer.learning.score import LearnedScore
from visualizer.learning.weights import MAX_BYTES
from visualizer.processes import process

Q = process("vp-cosine")


def mixture(d=2):
    if d == 1:
        one = torch.ones(2, 1, 1).double()
        return GaussianMixture(torch.tensor([0.3, 0.7]).double(), torch.tensor([[-1.5], [1.0]]).double(), 0.2 * one)
    means = torch.tensor([[-1.5, 0.5], [1.4, -0.6]]).double()
    cov = torch.tensor([[[0.4, 0.1], [0.1, 0.2]], [[0.2, 0.0], [0.0, 0.4]]]).double()
    return GaussianMixture(torch.tensor([0.4, 0.6]).double(), means, cov)


def shape(architecture="mlp", prediction="epsilon", d=2, **more):
    return Shape(
        **{
            "architecture": architecture,
            "d": d,
            "prediction": prediction,
            "width": 48,
            "depth": 3,
            "components": 2,
            "rank": d,
            "scale": 1.4,
            **more,
        }
    )


def last(plan, p, q=Q):
    *_, progress = train(plan, p, q, every=plan.steps)
    return progress


def epsilon_error(field, p, levels=8, n=400):
    """E_t σ² E|s_θ − s|² over t even in 0…1."""
    g, truth, out = torch.Generator().manual_seed(9), MixtureField(p), []
    for i in range(levels):
        t = (i + 0.5) / levels
        alpha, sigma = Q.alpha(t), Q.sigma(t)
        x = p.noised(alpha, sigma).sample(n, generator=g).T.float().contiguous()
        off = field.score(x, alpha, sigma) - truth.score(x, alpha, sigma)
        out.append(sigma**2 * float(off.square().sum(0).mean()))
    return float(np.mean(out))


@pytest.mark.parametrize(
    ("architecture", "prediction", "bound"),
    [
        ("mlp", "epsilon", 0.05),
        ("mlp", "v", 0.05),
        ("mlp", "score", 0.1),
        ("mlp", "x0", 0.3),
        ("energy", "score", 0.1),
        ("attention", "x0", 0.05),
    ],
)
def test_denoising_learns_the_score(architecture, prediction, bound):
    """An untrained net is off by about 1, E|ε̂|² itself; a short training brings it below a share of that."""
    p = mixture()
    steps, rate = (700, 1e-2) if architecture == "attention" else (250, 5e-3)
    plan = Plan(shape(architecture, prediction), steps=steps, batch=256, rate=rate)
    first = next(iter(train(plan, p, Q)))
    assert epsilon_error(first.net.field(), p) > 0.2
    done = last(plan, p)
    assert epsilon_error(done.net.field(), p) < bound
    assert done.losses[-50:].mean() < done.losses[:20].mean()


@pytest.mark.parametrize(
    ("objective", "architecture"),
    [
        ("exact-score-matching", "mlp"),
        ("sliced-score-matching", "mlp"),
        ("exact-score-matching", "energy"),
        ("contrastive-divergence", "energy"),
        ("noise-contrastive", "energy"),
    ],
)
def test_objectives_at_one_level_learn_the_score_there(objective, architecture):
    p, t = mixture(1), 0.3
    plan = Plan(shape(architecture, "score", d=1), objective, level=t, steps=250, batch=256, rate=5e-3)
    net = last(plan, p).net
    assert net.one_level == t
    alpha, sigma = Q.alpha(t), Q.sigma(t)
    x = p.noised(alpha, sigma).sample(4000, generator=torch.Generator().manual_seed(1)).T.float().contiguous()
    exact = MixtureField(p).score(x, alpha, sigma)
    field = net.field()
    assert float((field.score(x, alpha, sigma) - exact).square().mean()) < 0.15 * float(exact.square().mean())
    # It knows one noise level, and answers for it whatever is asked.
    torch.testing.assert_close(field.score(x, 1.0, 0.0), field.score(x, 1.0, sigma / alpha))


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    p = mixture()
    plan = Plan(shape(), steps=20, batch=64, seed=3)
    a, b = (last(plan, p).net.weights for _ in range(2))
    torch.manual_seed(99)  # global state has no say
    c = last(plan, p).net.weights
    other = last(Plan(shape(), steps=20, batch=64, seed=4), p).net.weights
    for name in a:
        assert torch.equal(a[name], b[name])
        assert torch.equal(a[name], c[name])
    assert not torch.equal(a["out.weight"], other["out.weight"])


def test_one_component_is_probabilistic_pca():
    """K = 1, rank 1: U spans the principal subspace, and UUᵀ + ψI has the data's eigenvalues (Tipping & Bishop 1999)."""
    angle = 0.6
    axis = torch.tensor([math.cos(angle), math.sin(angle)]).double()
    across = torch.tensor([-axis[1], axis[0]]).double()
    cov = 1.5 * torch.outer(axis, axis) + 0.15 * torch.outer(across, across)
    p = GaussianMixture(torch.ones(1).double(), torch.tensor([[0.5, -0.4]]).double(), cov[None])
    plan = Plan(shape("attention", "x0", components=1, rank=1, scale=0.9), steps=600, batch=512, rate=1e-2)
    module = last(plan, p).net.module()
    u = module.factors[0, :, 0].double()
    assert abs(float(u @ axis)) / float(u.norm()) > 0.999
    learned = mixture_of(module)
    variances = learned.variances[0].sort().values
    assert float(variances[1]) == pytest.approx(1.5, rel=0.1)
    assert float(variances[0]) == pytest.approx(0.15, rel=0.1)
    torch.testing.assert_close(learned.means[0], torch.tensor([0.5, -0.4]).double(), atol=0.1, rtol=0)


def test_the_attention_denoiser_is_the_mixtures_posterior_mean():
    module = shape("attention", "x0", components=3, rank=1).build(torch.Generator().manual_seed(5)).double()
    x = torch.randn(40, 2, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    for alpha, sigma in ((1.0, 0.3), (0.6, 0.8), (0.0, 1.0)):
        found = module(x, *(torch.full((40,), v, dtype=torch.float64) for v in (alpha, sigma)))
        torch.testing.assert_close(found, mixture_of(module).denoise(x, alpha, sigma), rtol=1e-9, atol=1e-9)


def test_few_points_are_learned_by_heart():
    """Trained on four points, the denoiser becomes theirs: nearer to the Parzen posterior mean than to the truth's."""
    p = mixture()
    plan = Plan(shape(width=96), steps=700, batch=512, rate=5e-3, points=4)
    run = train(plan, p, Q, every=700)
    field = [progress.net for progress in run][-1].field()
    points = p.to(dtype=torch.float32).sample(4, generator=torch.Generator().manual_seed(plan.seed)).double()
    tiny = 1e-6 * torch.eye(2).double().expand(4, 2, 2)
    parzen = GaussianMixture(torch.ones(4).double(), points, tiny)
    alpha, sigma = Q.alpha(0.4), Q.sigma(0.4)
    x = parzen.noised(alpha, sigma).sample(500, generator=torch.Generator().manual_seed(2))
    learned = field.denoise(x.T.float().contiguous(), alpha, sigma).T.double()
    to_parzen, to_truth = (float((learned - q.denoise(x, alpha, sigma)).square().sum(1).mean()) for q in (parzen, p))
    assert to_parzen < 0.25 * to_truth


@pytest.mark.parametrize(
    "change",
    [{}, {"architecture": "energy", "prediction": "score"}, {"architecture": "stack", "prediction": "x0", "levels": 4}],
)
def test_particles_go_through_a_network_a_few_at_a_time(change, monkeypatch):
    """Which bounds the memory of its layers, and changes nothing."""
    plan = shape(**change)
    module = plan.build(torch.Generator().manual_seed(0)).eval().requires_grad_(False)
    x = torch.randn(2, 2_003, generator=torch.Generator().manual_seed(1))
    field = NETWORKS[plan.architecture].field(module, (0.0, math.inf), "cpu", None)
    whole, seen = field.denoise(x, 0.7, 0.7), []
    monkeypatch.setitem(TOGETHER, "cpu", 500)
    torch.testing.assert_close(field.denoise(x, 0.7, 0.7), whole, rtol=1e-5, atol=1e-6)

    def noted(part):
        seen.append(part.shape[1])
        return 2 * part

    assert torch.equal(in_pieces(noted, x), 2 * x)
    assert seen == [500, 500, 500, 500, 3]


@pytest.mark.parametrize("prediction", ["x0", "epsilon", "score", "v"])
def test_the_folded_network_is_the_network(prediction):
    """Inference in columns and chunks with the level folded into the first bias gives the numbers of the module."""
    module = shape(prediction=prediction).build(torch.Generator().manual_seed(0)).eval().requires_grad_(False)
    x = torch.randn(2, 9_001, generator=torch.Generator().manual_seed(1))
    for alpha, sigma in ((1.0, 0.01), (0.7, 0.7), (0.001, 1.0)):
        plain = module(x.T.contiguous(), *(torch.full((9_001,), v) for v in (alpha, sigma)))
        torch.testing.assert_close(MLPPredictor(module)(x, alpha, sigma), plain.T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", ["mlp", "energy"])
def test_the_divergence_is_that_of_the_score(architecture):
    prediction = "score" if architecture == "energy" else "v"
    net = last(Plan(shape(architecture, prediction), steps=5, batch=32), mixture()).net
    field = net.field()
    x = torch.randn(2, 30, generator=torch.Generator().manual_seed(3))
    score, divergence = field.score_and_divergence(x, 0.8, 0.6)
    torch.testing.assert_close(score, field.score(x, 0.8, 0.6), rtol=1e-5, atol=1e-6)
    h, numeric = 1e-2, torch.zeros(30)
    for i in range(2):
        shift = torch.zeros(2, 1)
        shift[i] = h
        numeric += (field.score(x + shift, 0.8, 0.6) - field.score(x - shift, 0.8, 0.6))[i] / (2 * h)
    torch.testing.assert_close(divergence, numeric, rtol=2e-3, atol=2e-3)


def test_beyond_what_it_was_trained_for_the_nearest_level_answers():
    field = last(Plan(shape(prediction="v"), steps=3, batch=32), mixture()).net.field()
    assert isinstance(field, LearnedScore)
    x = torch.randn(2, 10, generator=torch.Generator().manual_seed(3))
    least = field.known_level(1.0, 0.0)
    assert 0.005 < least[1] < 0.05
    torch.testing.assert_close(field.score(x, 1.0, 0.0), field.score(x, *least))
    assert bool(torch.isfinite(field.score(x, 0.0, 1.0)).all())
    assert bool(torch.isfinite(field.denoise(x, 0.0, 1.0)).all())
    assert torch.equal(field.denoise(x, 0.5, 0.0), x / 0.5)


def test_only_energies_and_mixtures_have_a_log_density():
    p = mixture()
    x = torch.randn(2, 10, generator=torch.Generator().manual_seed(3))
    plain = last(Plan(shape(), steps=2, batch=32), p).net.field()
    assert not plain.has_log_prob
    with pytest.raises(NoDensity, match="choose a sampler that needs only the score"):
        plain.log_prob_and_score(x, 0.8, 0.6)
    energy = last(Plan(shape("energy", "score"), steps=2, batch=32), p).net.field()
    assert energy.has_log_prob
    log_prob, score = energy.log_prob_and_score(x, 0.8, 0.6)
    h = 1e-2
    numeric = (energy.log_prob_and_score(x + h * torch.tensor([[1.0], [0.0]]), 0.8, 0.6)[0] - log_prob) / h
    torch.testing.assert_close(numeric, score[0], rtol=0.05, atol=0.05)
    learned = last(Plan(shape("attention", "x0"), steps=2, batch=32), p).net.field()
    assert learned.has_log_prob
    assert learned.log_prob_and_score(x, 0.8, 0.6)[0].shape == (10,)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"objective": "noise-contrastive", "shape": shape()}, "needs an energy network"),
        ({"objective": "exact-score-matching", "shape": shape()}, "predicts the score"),
        ({"objective": "exact-score-matching", "shape": shape("attention", "x0")}, "trained by denoising"),
    ],
)
def test_plans_that_do_not_go_together_say_so(bad, message):
    with pytest.raises(ValueError, match=message):
        Plan(**bad)


# on disk


@pytest.mark.parametrize(("architecture", "prediction"), [("mlp", "v"), ("energy", "score"), ("attention", "x0")])
def test_a_net_saved_and_loaded_gives_the_same_numbers(architecture, prediction):
    net = last(Plan(shape(architecture, prediction), steps=3, batch=32), mixture()).net
    again = from_bytes(to_bytes(net))
    assert again.shape == net.shape
    assert (again.process, again.t_min, again.t_max, again.one_level, again.made) == (
        net.process,
        net.t_min,
        net.t_max,
        net.one_level,
        net.made,
    )
    x = torch.randn(2, 50, generator=torch.Generator().manual_seed(3))
    assert torch.equal(again.field().score(x, 0.8, 0.6), net.field().score(x, 0.8, 0.6))


def whole():
    return to_bytes(last(Plan(shape(), steps=1, batch=8), mixture()).net)


def edited(old, new):
    """The file with a part of its header replaced by one of the same length."""
    data = whole()
    assert data.count(old) >= 1
    assert len(old) == len(new)
    return data.replace(old, new, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: b"PK\x03\x04" + bytes(100), r"PyTorch archive.*run somebody's code.*ONNX"),
        (lambda: b"\x80\x04\x95" + bytes(100), r"pickle.*run somebody's code"),
        (lambda: b"\x89HDF\r\n\x1a\n", "Keras"),
        (lambda: b"", "not a whole safetensors file"),
        (lambda: b"hello, world, hello", "not a whole safetensors file"),
        (lambda: whole()[:-100], "not a whole safetensors file"),
        (lambda: whole()[:40], "not a whole safetensors file"),
        (lambda: bytes([255] * 8) + whole()[8:], "not a whole safetensors file"),
        (lambda: edited(b"visualizer", b"visualiser"), "no word of what they belong to"),
        (lambda: edited(b'\\"width\\": 48', b'\\"width\\": 64'), "do not fit the architecture"),
        (lambda: edited(b'\\"width\\": 48', b'\\"width\\": -8'), "at most"),
        (lambda: edited(b'\\"d\\": 2', b'\\"d\\": 0'), "1 to 64 dimensions"),
        (lambda: edited(b"vp-cosine", b"vp-cosini"), "unknown process"),
        (lambda: edited(b'\\"version\\": 1', b'\\"version\\": 9'), "metadata is at fault"),
        (lambda: edited(b'\\"scale\\"', b'\\"skale\\"'), "metadata is at fault"),
        (lambda: whole()[:-4] + b"\x00\x00\xc0\x7f", "not finite"),
        (lambda: bytes(MAX_BYTES + 1), "below 64 MB"),
    ],
)
def test_files_at_fault_are_refused_with_a_sentence(make, message):
    with pytest.raises(NetError, match=message):
        from_bytes(make())


def test_a_header_that_begins_like_a_pickle_is_no_pickle():
    """The first bytes of a safetensors file are a length: 0x480 of them begin like a pickle of version 4."""
    net = last(Plan(shape(), steps=1, batch=8), mixture()).net
    for length in range(600):
        data = to_bytes(dataclasses.replace(net, made="x" * length))
        if data[:2] == b"\x80\x04":
            assert from_bytes(data).made == "x" * length
            return
    raise AssertionError("no header of that length was made")


# labels


def test_a_network_told_classes_knows_each_and_all():
    """Trained with labels left out at times, it has p_t(x | y) for each y, and p_t where none is told."""
    p = mixture()
    plan = Plan(shape(prediction="v", width=64, classes=2), steps=600, batch=512, rate=5e-3)
    *_, progress = train(plan, p, Q, every=600, labels=(0, 1))
    assert epsilon_error(progress.net.field(), p) < 0.05
    for label in (0, 1):
        only = GaussianMixture(torch.ones(1).double(), p.means[label : label + 1], p.covariances[label : label + 1])
        assert epsilon_error(progress.net.field(label=label), only) < 0.1
        assert epsilon_error(progress.net.field(label=1 - label), only) > 0.3
    with pytest.raises(ValueError, match="a class below 2"):
        progress.net.field(label=2)
    again = from_bytes(to_bytes(progress.net))
    assert again.shape.classes == 2
    x = torch.randn(2, 20, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(again.field(label=1).score(x, 0.8, 0.6), progress.net.field(label=1).score(x, 0.8, 0.6))


def test_labels_fold_into_the_first_bias_too():
    module = shape(classes=3).build(torch.Generator().manual_seed(0)).eval().requires_grad_(False)
    x = torch.randn(2, 50, generator=torch.Generator().manual_seed(1))
    alpha, sigma = torch.full((50,), 0.8), torch.full((50,), 0.6)
    for label in (None, 0, 2):
        told = torch.full((50,), -1 if label is None else label)
        plain = module(x.T.contiguous(), alpha, sigma, told)
        torch.testing.assert_close(MLPPredictor(module, label=label)(x, 0.8, 0.6), plain.T, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(module(x.T, alpha, sigma, torch.full((50,), -1)), module(x.T, alpha, sigma))


def test_labels_are_for_mlps_trained_by_denoising():
    with pytest.raises(ValueError, match="of a network that takes them"):
        shape("attention", "x0", classes=2)
    with pytest.raises(ValueError, match="labels are learned by denoising"):
        Plan(shape(prediction="score", classes=2), "exact-score-matching")
    assert not any("label" in name for name in shape().build(torch.Generator()).state_dict())


def test_fixed_points_keep_their_labels():
    """Two points of two classes: each label leads to its own point."""
    tiny = 1e-4 * torch.eye(2).double().expand(2, 2, 2)
    p = GaussianMixture(torch.ones(2).double(), torch.tensor([[-1.0, 0.0], [1.0, 0.0]]).double(), tiny)
    plan = Plan(shape(prediction="x0", width=32, classes=2), steps=800, batch=128, rate=5e-3, points=30)
    *_, progress = train(plan, p, Q, every=800, labels=(0, 1))
    x = torch.zeros(2, 5)
    for label, place in ((0, -1.0), (1, 1.0)):
        found = progress.net.field(label=label).denoise(x, Q.alpha(0.7), Q.sigma(0.7))[0]
        torch.testing.assert_close(found, torch.full((5,), place), atol=0.15, rtol=0)


@pytest.mark.parametrize("prediction", ["x0", "epsilon", "score", "v"])
def test_a_network_does_not_care_for_the_scale_of_its_process(prediction):
    """(x, α, σ) → c (x, α, σ) is the same x_0 and ε: the denoiser stays, the score is 1/c of what it was."""
    module = shape(prediction=prediction).build(torch.Generator().manual_seed(0)).eval().requires_grad_(False)
    field = LearnedScore(MLPPredictor(module), (0.0, math.inf))
    x, c = torch.randn(2, 40, generator=torch.Generator().manual_seed(1)), 3.0
    for alpha, sigma in ((0.8, 0.6), (0.3, 0.9)):
        torch.testing.assert_close(
            field.score(c * x, c * alpha, c * sigma), field.score(x, alpha, sigma) / c, rtol=1e-4, atol=1e-5
        )
        torch.testing.assert_close(
            field.denoise(c * x, c * alpha, c * sigma), field.denoise(x, alpha, sigma), rtol=1e-4, atol=1e-4
        )
