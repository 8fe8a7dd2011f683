"""Densities that end at the edge of their box: closed forms of themselves, of their smoothings, and of their draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import i0
from scipy.stats import expon, halfnorm, kstest, norm, uniform, vonmises

from visualizer.engine import Simulation
from visualizer.engine.targets import build_density
from visualizer.scene import SceneError, parse_scene
from visualizer.scene.targets.formula import FormulaTarget


def cut(text, *box, **more):
    return build_density(FormulaTarget(log_density=text, box=box, hard_edges=True, **more))


LAWS = {
    "uniform": ("0*x", (0.0, 1.0), uniform()),
    "exponential": ("-x", (0.0, 25.0), expon()),
    "half normal": ("-x^2/2", (0.0, 9.0), halfnorm()),
    "von Mises": ("3*cos(x)", (-math.pi, math.pi), vonmises(3.0)),
}


@pytest.mark.parametrize("name", LAWS)
def test_the_law_within_its_edges_and_nothing_outside(name):
    text, (low, high), law = LAWS[name]
    p = cut(text, (low, high))
    x = torch.linspace(low, min(high, low + 7), 500, dtype=torch.float64)[1:-1]
    torch.testing.assert_close(p.log_prob(x[:, None]).numpy(), law.logpdf(x.numpy()), rtol=0, atol=1e-9)
    outside = torch.tensor([[low - 1e-6], [high + 1e-6]], dtype=torch.float64)
    assert torch.isneginf(p.log_prob(outside)).all()
    score = p.score(outside)[:, 0]  # leads back
    assert score[0] > 0 > score[1]
    assert float(p.mean) == pytest.approx(law.mean(), abs=1e-8)
    assert float(p.covariance) == pytest.approx(law.var(), abs=1e-8)
    omega = torch.tensor([[0.7], [2.0]], dtype=torch.float64)
    wave = np.array([law.expect(lambda v, w=w: math.cos(w * v), lb=low, ub=high) for w in omega[:, 0].tolist()])
    assert p.characteristic(omega).real.numpy() == pytest.approx(wave, abs=1e-7)


@pytest.mark.parametrize("name", LAWS)
def test_draws_stay_within_the_edges_and_are_of_the_law(name):
    text, (low, high), law = LAWS[name]
    x = cut(text, (low, high)).sample(20_000, generator=torch.Generator().manual_seed(1))[:, 0].numpy()
    assert x.min() >= low
    assert x.max() <= high
    assert kstest(x, law.cdf).pvalue > 6e-5  # four standard errors


@pytest.mark.parametrize("tau", [0.003, 0.05, 0.4])
def test_smoothings_of_an_exponential_are_in_closed_form(tau):
    """exp(τ²/2 − x) Φ(x/τ − τ), the exponentially modified Gaussian (Grushka 1972)."""
    p = cut("-x", (0.0, 25.0)).noised(1.0, tau)
    x = np.linspace(-3 * tau, 4, 300)
    wanted = np.exp(tau**2 / 2 - x) * norm.cdf(x / tau - tau)
    np.testing.assert_allclose(p.log_prob(torch.tensor(x[:, None])).exp().numpy(), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("cells", "bound"), [(10, 2e-5), (50, 1e-7)])
def test_smoothings_of_a_rectangle_are_products_of_error_functions(cells, bound):
    """Smoothed by so many cells of 1/1024: the sums over cells are right to the fourth order at an edge."""
    tau = cells / 1024
    p = cut("0*x + 0*y", (0.0, 1.0), (0.0, 2.0)).noised(1.0, tau)
    x = torch.rand(2000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 2.4 - 0.2
    sides = [
        (norm.cdf(x[:, i].numpy() / tau) - norm.cdf((x[:, i].numpy() - b) / tau)) / b for i, b in enumerate((1.0, 2.0))
    ]
    np.testing.assert_allclose(p.log_prob(x).exp().numpy(), sides[0] * sides[1], rtol=0, atol=bound)


def test_a_checkerboard_with_hard_edges_has_its_entropy():
    """32 squares of side 10/9: ln(32/0.81) = 3.676457 nats is the floor of every model's loss."""
    side = 40 / 9
    p = cut("log(max(min(1e9*sin(0.9*pi*x)*sin(0.9*pi*y), 1), 0))", (-side, side), (-side, side))
    table = p.source.summed
    mass = (table.density * table.volume).flatten()
    log_p = p.log_prob(torch.cartesian_prod(table.axis(0), table.axis(1)))
    there = mass > 0
    assert -float(mass[there] @ log_p[there]) == pytest.approx(math.log(32 / 0.81), abs=1e-6)


def test_mala_keeps_to_an_exponential():
    """Exact draws stay exact draws and within the edge: mean and second moment within 4 standard errors."""
    scene = parse_scene(
        '[target]\nkind = "formula"\nlog_density = "-x"\nbox = [[0, 25]]\nhard_edges = true\n'
        '[sampler]\nkind = "mala"\nstep = 0.2\n[particles]\ncount = 8000\nstart = { kind = "target" }\n'
    )
    simulation = Simulation(scene, "cpu")
    simulation.advance(60)
    x = simulation.state.x[0].double().numpy()
    assert x.min() >= 0
    assert x.max() <= 25
    for power, wanted in ((1, 1.0), (2, 2.0)):
        values = x**power
        assert abs(values.mean() - wanted) < 4 * values.std() / math.sqrt(values.size)


def test_the_normaliser_of_von_mises():
    assert float(cut("3*cos(x)", (-math.pi, math.pi)).log_prob(torch.zeros(1, 1))) == pytest.approx(
        3 - math.log(2 * math.pi * i0(3)), abs=1e-6
    )


def test_hard_edges_need_a_box_and_a_box_that_cuts_names_them():
    with pytest.raises(SceneError, match="hard_edges: expected a box"):
        parse_scene('[target]\nkind = "formula"\nlog_density = "-x^2"\nhard_edges = true\n')
    with pytest.raises(SceneError, match="hard_edges = true"):
        parse_scene('[target]\nkind = "formula"\nlog_density = "-x"\nbox = [[0, 20]]\n')
