"""Objectives and their gradients against closed forms on a Gaussian."""

from __future__ import annotations

import math

import pytest
import torch

from visualizer.learning import objectives
from visualizer.learning.net import Shape
from visualizer.learning.objectives import target_of, weight_of

V = 0.7  # variance of the data
N = 400_000


def data(n=N, seed=0):
    g = torch.Generator().manual_seed(seed)
    return math.sqrt(V) * torch.randn(n, 1, generator=g, dtype=torch.float64), g


def within(value, exact, errors):
    """Within four standard errors."""
    assert abs(value - exact) < 4 * errors


def mean_and_error(values):
    return float(values.mean()), float(values.std()) / math.sqrt(len(values))


@pytest.mark.parametrize("kind", ["x0", "epsilon", "score", "v", "velocity"])
def test_the_denoising_gradient_is_that_of_the_regression(kind):
    """net = a x on N(0, V) at (α, σ): the gradient of E|a x − y|² is 2 (a E x² − E x y), known for each target y."""
    alpha, sigma = 0.8, 0.6
    x0, g = data()
    noise = torch.randn(x0.shape, generator=g, dtype=torch.float64)
    levels = [torch.full((N,), v, dtype=torch.float64) for v in (alpha, sigma)]
    a = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    loss = objectives.denoising(lambda x, *_: a * x, kind, kind, x0, noise, *levels)
    loss.backward()
    square = alpha**2 * V + sigma**2
    product = {
        "x0": alpha * V,
        "epsilon": sigma,
        "score": -1.0,
        "v": alpha * sigma - sigma * alpha * V,
        "velocity": sigma - alpha * V,
    }[kind]
    x, y = alpha * x0 + sigma * noise, target_of(kind, x0, noise, *levels)
    _, error = mean_and_error(2 * (0.3 * x - y) * x)
    within(float(a.grad), 2 * (0.3 * square - product), error)
    # And the exact field is where it vanishes: a = E x y / E x².
    best = torch.tensor(product / square, dtype=torch.float64, requires_grad=True)
    objectives.denoising(lambda x, *_: best * x, kind, kind, x0, noise, *levels).backward()
    within(float(best.grad), 0.0, mean_and_error(2 * (product / square * x - y) * x)[1])


def test_weights_turn_errors_of_one_prediction_into_those_of_another():
    """δε = −σ δs = −(α/σ) δx_0 and v = α ε − σ x_0: the same error of x weighs the same whatever predicts it."""
    alpha, sigma = (torch.tensor([v], dtype=torch.float64) for v in (0.8, 0.6))
    change = {"epsilon": 1.0, "score": -1 / 0.6, "x0": -0.6 / 0.8}
    change["velocity"] = change["epsilon"] - change["x0"]
    change["v"] = 0.8 * change["epsilon"] - 0.6 * change["x0"]
    for kind, by in ((k, b) for k in change for b in change):
        weighed = float(weight_of(kind, by, alpha, sigma)) * change[kind] ** 2
        assert weighed == pytest.approx(change[by] ** 2, rel=1e-12)
    ends = weight_of("x0", "score", torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
    assert bool(torch.isfinite(ends).all())


def test_score_matching_is_its_closed_form_for_a_linear_score():
    """s = −a x on N(0, V): E[|s|² + 2 ∇·s] = a² V − 2 a, with its least at the true a = 1/V; the same for the sliced one."""
    x, g = data()
    for a0 in (0.5, 1 / V, 2.0):
        a = torch.tensor(a0, dtype=torch.float64, requires_grad=True)
        loss = objectives.exact_score_matching(lambda y, a=a: -a * y, x)
        error = mean_and_error(a0**2 * x.square())[1]
        within(float(loss), a0**2 * V - 2 * a0, error)
        loss.backward()
        within(float(a.grad), 2 * a0 * V - 2, 2 * a0 * mean_and_error(x.square())[1])
        directions = torch.randn(x.shape, generator=g, dtype=torch.float64).sign()
        sliced = objectives.sliced_score_matching(lambda y, a=a: -a * y, x, directions)
        assert float(sliced) == pytest.approx(float(loss), rel=1e-12)  # in 1-D a sign is its own inverse


def test_the_trace_in_two_dimensions_is_that_of_the_jacobian():
    g = torch.Generator().manual_seed(2)
    matrix = torch.randn(2, 2, generator=g, dtype=torch.float64)
    x = torch.randn(5_000, 2, generator=g, dtype=torch.float64)
    loss = objectives.exact_score_matching(lambda y: y @ matrix.T, x)
    exact = (x @ matrix.T).square().sum(1).mean() + 2 * matrix.trace()
    assert float(loss) == pytest.approx(float(exact), rel=1e-12)
    directions = torch.randn(5_000, 2, generator=g, dtype=torch.float64).sign()
    sliced = objectives.sliced_score_matching(lambda y: y @ matrix.T, x, directions)
    off = 2 * (directions[:, 0] * directions[:, 1]) * (matrix[0, 1] + matrix[1, 0])
    within(float(sliced), float(exact), mean_and_error(off)[1])


class Quadratic(torch.nn.Module):
    """E = b x²/2."""

    def __init__(self, b):
        super().__init__()
        self.b = torch.nn.Parameter(torch.tensor(b, dtype=torch.float64))

    def energy(self, x, alpha, sigma):
        return 0.5 * self.b * x.square().sum(1)


def test_contrastive_divergence_with_true_samples_is_the_likelihood_gradient():
    """d(−log-likelihood)/db of N(0, 1/b) is (V − 1/b)/2 (the small penalty's share taken off)."""
    x, g = data()
    net = Quadratic(2.0)
    samples = torch.randn(x.shape, generator=g, dtype=torch.float64) / math.sqrt(2.0)
    one = torch.ones(N, dtype=torch.float64)
    objectives.contrastive_divergence(net, x, samples, one, one).backward()
    penalty = 1e-3 * float((2 * (x**4 + samples**4) * 0.25 * 2.0).mean())
    _, error = mean_and_error(0.5 * (x.square() - samples.square()))
    within(float(net.b.grad) - penalty, 0.5 * (V - 0.5), error)


def test_noise_contrastive_estimation_rests_at_the_normalised_truth():
    """At the true energy with the true normaliser the loss is 2 × the Jensen–Shannon part, its gradient 0 (Gutmann & Hyvärinen 2010)."""
    x, g = data()
    z = 1.5 * torch.randn(x.shape, generator=g, dtype=torch.float64)
    mean, std = torch.zeros(1).double(), 1.5 * torch.ones(1).double()
    b = torch.tensor(1 / V, dtype=torch.float64, requires_grad=True)
    c = torch.tensor(0.5 * math.log(2 * math.pi * V), dtype=torch.float64, requires_grad=True)

    def log_model(y):
        return -0.5 * b * y.square().sum(1) - c

    of_data, of_noise = (objectives.log_gaussian(y, mean, std) for y in (x, z))
    loss = objectives.noise_contrastive(log_model(x), of_data, log_model(z), of_noise)
    loss.backward()
    with torch.no_grad():
        refused = torch.sigmoid(of_data - log_model(x)), torch.sigmoid(log_model(z) - of_noise)
        parts = [refused[0] * 0.5 * x[:, 0] ** 2, -refused[1] * 0.5 * z[:, 0] ** 2]
    error = math.hypot(*(mean_and_error(p)[1] for p in parts))
    within(float(b.grad), 0.0, error)
    within(float(c.grad), 0.0, math.hypot(*(mean_and_error(r)[1] for r in refused)))
    torch.testing.assert_close(
        of_data, torch.distributions.Normal(0.0, 1.5).log_prob(x.float()[:, 0]).double(), atol=1e-5, rtol=1e-5
    )


def test_an_energys_score_is_minus_its_gradient():
    net = Shape("energy", 2, "score", 24, 3, 1, 1, 1.5).build(torch.Generator().manual_seed(0)).eval().double()
    x = torch.randn(20, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    alpha, sigma = (torch.full((20,), v, dtype=torch.float64) for v in (0.8, 0.6))
    score, h = net(x.clone(), alpha, sigma), 1e-5
    for i in range(2):
        shift = torch.zeros(2, dtype=torch.float64)
        shift[i] = h
        numeric = -(net.energy(x + shift, alpha, sigma) - net.energy(x - shift, alpha, sigma)) / (2 * h)
        torch.testing.assert_close(score[:, i], numeric.detach(), rtol=1e-6, atol=1e-8)
