"""Ancestral sampling with the best variance: exact on Gaussians, and better than that of q on mixtures."""

from __future__ import annotations

import math

import pytest
import torch

from visualizer.densities import GaussianMixture, MixtureField, exact_field
from visualizer.diagnostics.denoising import mmse
from visualizer.diagnostics.distances import Reference
from visualizer.engine.targets import build_density
from visualizer.processes import process
from visualizer.samplers import DDIM, ran, time_grid
from visualizer.samplers.ancestral import Ancestral
from visualizer.scene import load_scene

N = 20_000


def begin(p, q, generator):
    return p.noised(q.alpha(q.t_max), q.sigma(q.t_max)).sample(N, generator=generator).T.float().contiguous()


@pytest.mark.parametrize("kind", ["vp-cosine", "ve", "linear"])
@pytest.mark.parametrize("steps", [1, 2, 8])
def test_of_a_round_gaussian_the_end_is_exact_with_any_number_of_steps(kind, steps):
    p = GaussianMixture(torch.ones(1).double(), torch.tensor([[0.4, -1.0]]).double(), 1.7 * torch.eye(2).double()[None])
    q, g = process(kind), torch.Generator().manual_seed(steps)
    sampler = Ancestral(MixtureField(p), q, time_grid("uniform", steps, q.t_max))
    x = ran(sampler, begin(p, q, g), steps, g).double()
    off = (x.mean(1) - torch.tensor([0.4, -1.0])) / math.sqrt(1.7 / N)
    assert float(off.abs().max()) < 4
    assert float((x.var(1) / 1.7 - 1).abs().max()) < 4 * math.sqrt(2 / N)


@pytest.mark.parametrize("t", [0.2, 0.5, 0.9])
def test_the_spread_is_the_least_mean_square_error(t):
    p, q = build_density(load_scene("trapped").target), process("vp-cosine")
    level = q.alpha(t), q.sigma(t)
    x = p.noised(*level).sample(N, generator=torch.Generator().manual_seed(0)).T.float().contiguous()
    found = Ancestral(exact_field(p), q, time_grid("uniform", 2, 1.0)).spread(x, *level)
    assert found == pytest.approx(mmse(p, *level), rel=0.04)  # tr Cov[x_0 | x_t] spreads by about its mean: 4/√N


def test_at_the_end_of_the_noise_it_is_the_spread_of_the_data():
    p, q = build_density(load_scene("trapped").target), process("linear")
    x = torch.randn(2, N, generator=torch.Generator().manual_seed(0))
    found = Ancestral(exact_field(p), q, time_grid("uniform", 2, 1.0)).spread(x, 0.0, 1.0)
    assert found == pytest.approx(float(p.covariance.diagonal().sum()), rel=0.02)


def test_with_few_strokes_it_is_nearer_than_with_the_variance_of_q():
    p, q = build_density(load_scene("trapped").target), process("vp-cosine")
    field, reference, grid = exact_field(p), Reference(p, N), time_grid("uniform", 6, 1.0)
    ends = []
    for sampler in (Ancestral(field, q, grid), DDIM(field, q, grid, 1.0)):
        g = torch.Generator().manual_seed(0)
        ends.append(reference.w2(ran(sampler, begin(p, q, g), 6, g).double().numpy()))
    assert ends[0] < ends[1]
