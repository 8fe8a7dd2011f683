"""Flow matching: the exact velocity, couplings, and how straight the ways are that they make."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.learning.test_training import last, mixture, shape
from visualizer.densities import GaussianMixture, MixtureField
from visualizer.diagnostics.distances import Reference
from visualizer.learning import Plan, from_bytes, to_bytes
from visualizer.learning.couplings import flowed, matched
from visualizer.processes import process
from visualizer.samplers import DormandPrince, time_grid
from visualizer.samplers.strokes import DenoisingDrawer

LINEAR = process("linear")


def gaussian(variance, d=2):
    return GaussianMixture(torch.ones(1).double(), torch.zeros(1, d).double(), variance * torch.eye(d).double()[None])


def test_the_exact_velocity_moves_the_density_by_the_continuity_equation():
    """∂p/∂t + ∇·(p u) = 0 for u = ε̂ − D along x_t = (1 − t) x_0 + t ε, by differences in float64."""
    p = mixture()
    field = MixtureField(p, dtype=torch.float64)
    t, h = 0.4, 1e-4
    x = torch.randn(2, 200, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def density(at, y):
        return p.noised(1 - at, at).log_prob(y.T).exp()

    def flux(i, y):
        u = -t * field.score(y, 1 - t, t) - field.denoise(y, 1 - t, t)
        return density(t, y) * u[i]

    change = (density(t + h, x) - density(t - h, x)) / (2 * h)
    divergence = torch.zeros_like(change)
    for i in range(2):
        step = torch.zeros(2, 1).double()
        step[i] = h
        divergence += (flux(i, x + step) - flux(i, x - step)) / (2 * h)
    # x moves from the data at t = 0 to noise: along dx/dt = u.
    torch.testing.assert_close(change, -divergence, atol=2e-7, rtol=0)


def test_between_gaussians_the_flow_is_the_optimal_map():
    """N(0, v I) and N(0, I): x_0 = √v ε, and u is linear in x."""
    v, n = 2.5, 400
    x0, noise = flowed(gaussian(v), LINEAR, n, torch.Generator().manual_seed(0))
    torch.testing.assert_close(x0, math.sqrt(v) * noise, atol=2e-3, rtol=1e-3)
    # and by Dormand–Prince, which adapts its steps
    field = MixtureField(gaussian(v))
    flow = DormandPrince(field, LINEAR, time_grid("uniform", 4, 1.0), 1e-6)
    state = flow.init(noise.T.contiguous(), torch.Generator())
    for _ in range(4):
        state, _ = flow.step(state, torch.Generator())
    torch.testing.assert_close(state.x.T, math.sqrt(v) * noise, atol=1e-4, rtol=1e-4)


def test_a_matching_is_the_best_there_is():
    g = torch.Generator().manual_seed(0)
    x0, noise = (torch.randn(5, 2, generator=g) for _ in range(2))
    from itertools import permutations

    costs = {order: float((x0 - noise[list(order)]).square().sum()) for order in permutations(range(5))}
    assert float((x0 - matched(x0, noise)).square().sum()) == pytest.approx(min(costs.values()), rel=1e-6)
    line, other = (torch.randn(300, 1, generator=g) for _ in range(2))
    found = matched(line, other)
    order = line[:, 0].argsort()
    assert (found[order][1:] >= found[order][:-1]).all(), "on the line the best order is the sorted one"
    many, more = (torch.randn(600, 2, generator=g) for _ in range(2))
    again = matched(many, more)
    assert torch.equal(again.sort(0).values, more.sort(0).values), "every noise is used once"


def draws(net, strokes, n=4_000):
    drawer = DenoisingDrawer(net.field(), LINEAR, strokes)
    g = torch.Generator().manual_seed(3)
    x = drawer.begin(torch.randn(2, n, generator=g), g)
    for k in range(strokes):
        x = drawer.stroke(x, k, g)
    return x


def test_reflow_makes_one_stroke_enough():
    """Independent pairs cross, so that one stroke lands on the mean; pairs of the flow do not."""
    p = mixture()
    reference = Reference(p, 4_000)
    distance = {}
    for coupling in ("independent", "minibatch-ot", "reflow"):
        sizes = shape(prediction="velocity", width=64)
        net = last(Plan(sizes, steps=400, batch=512, rate=5e-3, weighting="velocity", coupling=coupling), p, LINEAR).net
        assert net.has_score == (coupling == "independent")
        assert (coupling in net.words) == (coupling != "independent")
        assert from_bytes(to_bytes(net)).coupling == coupling
        distance[coupling] = reference.measure(draws(net, 1).double().numpy())["w2"].value
    # Measured: 1.16, 0.10 and 0.06. One stroke of the exact velocity lands on the mean, 1.21 away.
    assert distance["reflow"] < 0.12
    assert distance["minibatch-ot"] < 0.2
    assert distance["independent"] > 1.0


def test_one_stroke_of_the_exact_velocity_lands_on_the_mean():
    p = mixture()
    drawer = DenoisingDrawer(MixtureField(p), LINEAR, 1)
    x = drawer.stroke(torch.randn(2, 50, generator=torch.Generator().manual_seed(0)), 0, torch.Generator())
    np.testing.assert_allclose(x.T, p.mean.expand(50, 2), atol=1e-5)


def test_a_network_without_a_score_draws_by_the_flow():
    p = mixture()
    net = last(
        Plan(shape(prediction="velocity"), steps=250, batch=512, rate=5e-3, weighting="velocity", coupling="reflow"),
        p,
        LINEAR,
    ).net
    x = net.sample(3_000, torch.Generator().manual_seed(0), strokes=30)
    reference = Reference(p, 3_000)
    assert reference.measure(x.double().numpy())["w2"].value < 0.12


@pytest.mark.parametrize(
    ("more", "q", "said"),
    [
        ({"prediction": "epsilon"}, "linear", "predict the velocity"),
        ({"prediction": "velocity"}, "vp-cosine", "process linear"),
    ],
)
def test_couplings_are_of_straight_ways(more, q, said):
    with pytest.raises(ValueError, match=said):
        last(Plan(shape(**more), steps=1, batch=8, coupling="reflow"), mixture(), process(q))
