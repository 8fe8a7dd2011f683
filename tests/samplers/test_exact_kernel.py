"""The exact reverse kernel: the law of each step, and of the end, whatever the steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture, MixtureField
from visualizer.diagnostics.distances import Reference
from visualizer.engine.run.simulation import Simulation
from visualizer.processes import process
from visualizer.samplers import ExactKernel, time_grid
from visualizer.scene import SceneError

N = 20_000


def mixture():
    means = torch.tensor([[-2.0, 0.5], [1.5, 1.0], [0.0, -2.0]]).double()
    cov = torch.tensor([[[0.4, 0.1], [0.1, 0.2]], [[0.2, 0.0], [0.0, 0.4]], [[0.5, -0.2], [-0.2, 0.3]]]).double()
    return GaussianMixture(torch.tensor([0.5, 0.3, 0.2]).double(), means, cov)


def run(p, q, steps, grid="uniform", seed=0):
    sampler = ExactKernel(MixtureField(p), q, time_grid(grid, steps, q.t_max))
    g = torch.Generator().manual_seed(seed)
    begin = p.noised(q.alpha(q.t_max), q.sigma(q.t_max)).sample(N, generator=g).T.float().contiguous()
    state = sampler.init(begin, g)
    for _ in range(steps):
        state, info = sampler.step(state, g)
        assert info.evaluations == 1
    assert state.t == 0
    return state.x


@pytest.mark.parametrize("kind", ["vp-cosine", "ve", "linear"])
@pytest.mark.parametrize("steps", [1, 2, 8])
def test_the_end_has_the_law_of_the_target_with_any_number_of_steps(kind, steps):
    p = mixture()
    x = run(p, process(kind), steps).double()
    reference = Reference(p, N)
    assert reference.measure(x.numpy())["w2"].value < 2.5 * reference.floors["w2"]
    mean = (x.mean(1) - p.mean) / (p.covariance.diagonal() / N).sqrt()
    assert float(mean.abs().max()) < 4


def test_in_between_it_has_the_law_of_the_noised_target():
    p, q = mixture(), process("vp-cosine")
    grid = np.array([0.0, 0.35, 1.0])
    sampler = ExactKernel(MixtureField(p), q, grid)
    g = torch.Generator().manual_seed(1)
    state, _ = sampler.step(sampler.init(torch.randn(2, N, generator=g), g), g)
    noised = p.noised(q.alpha(0.35), q.sigma(0.35))
    reference = Reference(noised, N)
    assert reference.measure(state.x.double().numpy())["w2"].value < 2.5 * reference.floors["w2"]


def test_of_a_gaussian_it_is_the_conditional_of_the_joint_gaussian():
    """From a given x_t: mean and covariance by the Schur complement of Cov(x_s, x_t), within four standard errors."""
    v = torch.tensor([[0.7, 0.3], [0.3, 0.5]]).double()
    p = GaussianMixture(torch.ones(1).double(), torch.tensor([[1.0, -0.5]]).double(), v[None])
    q, t, s = process("vp-cosine"), 0.8, 0.4
    a_t, s_t, a_s, s_s = q.alpha(t), q.sigma(t), q.alpha(s), q.sigma(s)
    eye = torch.eye(2).double()
    # x_t = (α_t/α_s) x_s + fresh noise
    c_s, c_t = a_s**2 * v + s_s**2 * eye, a_t**2 * v + s_t**2 * eye
    cross = a_t / a_s * c_s
    at = torch.tensor([0.3, 0.9]).double()
    mean = a_s * p.means[0] + cross @ torch.linalg.solve(c_t, at - a_t * p.means[0])
    cov = c_s - cross @ torch.linalg.solve(c_t, cross.T)
    sampler = ExactKernel(MixtureField(p), q, np.array([0.0, s, t]))
    g = torch.Generator().manual_seed(2)
    state, _ = sampler.step(sampler.init(at.float()[:, None].expand(2, N).contiguous(), g), g)
    x = state.x.double()
    assert float(((x.mean(1) - mean) / (cov.diagonal() / N).sqrt()).abs().max()) < 4
    spread = x.var(1) / cov.diagonal() - 1
    assert float(spread.abs().max()) < 4 * math.sqrt(2 / N)


def test_what_is_no_mixture_is_refused(three_modes):
    scene = three_modes.with_(sampler={"kind": "exact-kernel"}, process={"kind": "vp-cosine"}, particles={"count": 100})
    assert Simulation(scene, "cpu").last_step == 4
    for other in (
        scene.with_(target={"kind": "shape", "name": "two-moons"}),
        scene.with_(guidance={"kind": "class", "label": 0, "weight": 2.0}),
        scene.with_(field={"kind": "learned", "file": "three-modes.safetensors"}),
    ):
        with pytest.raises(SceneError, match="needs a Gaussian mixture"):
            Simulation(other, "cpu")
