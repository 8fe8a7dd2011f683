"""Samplers: moments and quantiles within error bars, orders of convergence, closed forms of bias."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.samplers.laws import cdf, run, wells
from visualizer.densities import GaussianMixture, MixtureField, MixtureKernel
from visualizer.processes import PROCESSES, process
from visualizer.samplers import DDIM, Forward, Langevin, Reverse, time_grid

N = 40_000


def assert_law(x: torch.Tensor, p: GaussianMixture, slack: float = 0.0) -> None:
    """Shares below five places, within 4 standard errors and the `slack` allowed for a finite step."""
    n = x.shape[1]
    mean = float(p.weights @ p.means[:, 0])
    spread = float(p.means.max() - p.means.min()) + 1e-9
    for at in (mean - 0.5 * spread, mean - 0.2 * spread, mean, mean + 0.2 * spread, mean + 0.5 * spread):
        share = cdf(p, at)
        error = 4 * math.sqrt(max(share * (1 - share), 1 / n) / n)
        assert abs(float((x < at).double().mean()) - share) < error + slack, at


@pytest.mark.parametrize("kind", sorted(PROCESSES))
def test_forward_noising_is_exact_at_any_step(kind):
    q, p = process(kind), wells()
    field = MixtureField(p, dtype=torch.float64)
    sampler = Forward(field, q, time_grid("uniform", 7, q.t_max), 1.0)
    x = p.noised(q.alpha(0.0), q.sigma(0.0)).sample(N, generator=torch.Generator().manual_seed(1)).T
    state = run(sampler, x, seed=2)
    assert state.t == q.t_max
    end = p.noised(q.alpha(q.t_max), q.sigma(q.t_max))
    std = float((end.weights * (end.covariances[:, 0, 0] + end.means[:, 0] ** 2)).sum()) ** 0.5
    for u in (-1.0, -0.3, 0.0, 0.7, 1.3):
        share = cdf(end, u * std)
        assert abs(float((state.x < u * std).double().mean()) - share) < 4 * math.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize("kind", sorted(PROCESSES))
@pytest.mark.parametrize("name", ["ode", "sde", "over", "ddim0", "ddim1"])
def test_reverse_runs_reach_the_target(kind, name):
    """Euler's bias at these 400 steps is under 1 % in any share, checked by halving the step elsewhere."""
    q, p = process(kind), wells()
    field = MixtureField(p, dtype=torch.float64)
    # Steps even in σ for Brownian noise, fine near 0 for σ = t.
    grid = time_grid({"ve": "karras", "brownian": "quadratic"}.get(kind, "uniform"), 400, q.t_max)
    sampler = {
        "ode": lambda: Reverse(field, q, grid, 0.0, "heun"),
        "sde": lambda: Reverse(field, q, grid, 1.0),
        "over": lambda: Reverse(field, q, grid, 1.3),
        "ddim0": lambda: DDIM(field, q, grid, 0.0),
        "ddim1": lambda: DDIM(field, q, grid, 1.0),
    }[name]()
    # Starting from p_T itself keeps the prior's mismatch out of a test of the sampler.
    x = p.noised(q.alpha(q.t_max), q.sigma(q.t_max)).sample(N, generator=torch.Generator().manual_seed(3)).T
    state = run(sampler, x, seed=4)
    assert state.t == 0.0
    final = p.noised(1.0, 0.01) if kind == "ve-geometric" else p
    assert_law(state.x, final, slack=0.01)


@pytest.mark.parametrize("lam", [0.0, 0.5])
@pytest.mark.parametrize("kind", ["vp-linear", "ou", "linear", "vp-cosine"])
def test_forward_family_has_the_same_marginals(kind, lam):
    q, p = process(kind), wells()
    field = MixtureField(p, dtype=torch.float64)
    grid = time_grid("uniform", 500, q.t_max)
    sampler = Forward(field, q, grid, lam)
    x = p.sample(N, generator=torch.Generator().manual_seed(5)).T
    g = torch.Generator().manual_seed(6)
    state = sampler.init(x, g)
    for i in range(sampler.steps):
        state, _ = sampler.step(state, g)
        if i in (99, 299):
            assert_law(state.x, p.noised(q.alpha(state.t), q.sigma(state.t)), slack=0.01)


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("heun", 2)])
def test_order_of_convergence_on_the_ode(method, order):
    """The error against the exact map, fitted over a range of steps; for one Gaussian that map is known.

    For p_0 = N(m, s²) the probability flow keeps z = (x − α m)/√(α²s² + σ²) constant.
    """
    m, s = 0.7, 0.5
    p = GaussianMixture(torch.ones(1).double(), torch.tensor([[m]]).double(), torch.tensor([[[s * s]]]).double())
    q = process("vp-linear")
    field = MixtureField(p, dtype=torch.float64)
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[None]
    z = (x - q.alpha(1.0) * m) / math.sqrt(q.alpha(1.0) ** 2 * s * s + q.sigma(1.0) ** 2)
    exact = m + s * z
    steps = np.array([100, 200, 400, 800])
    errors = [
        float((run(Reverse(field, q, time_grid("uniform", int(n), 1.0), 0.0, method), x, 0).x - exact).abs().max())
        for n in steps
    ]
    slope = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("ratio", [0.2, 0.8, 1.4])
def test_ula_has_the_biased_variance_of_its_closed_form(ratio):
    """Stationary variance τ²/(1 − h/(2τ²)) on N(0, τ²); the chain is started in it and must stay."""
    tau2 = 0.5
    h = ratio * tau2
    p = GaussianMixture(torch.ones(1).double(), torch.zeros(1, 1).double(), torch.tensor([[[tau2]]]).double())
    sampler = Langevin(MixtureKernel(p), h)
    g = torch.Generator().manual_seed(8)
    expected = tau2 / (1 - h / (2 * tau2))
    n = 100_000
    state = sampler.init(torch.randn(1, n, generator=g, dtype=torch.float64) * math.sqrt(tau2), g)
    for _ in range(60):
        state, info = sampler.step(state, g)
    assert info.evaluations == 1
    variance = float(state.x.var())
    assert abs(variance - expected) < 4 * expected * math.sqrt(2 / n)
    assert abs(variance - tau2) > 4 * tau2 * math.sqrt(2 / n)


def test_langevin_on_smoothed_density_samples_it():
    p = wells()
    sampler = Langevin(MixtureKernel(p, 1.0, 1.0), 0.005)
    x = p.noised(1.0, 1.0).sample(N, generator=torch.Generator().manual_seed(2)).T
    g = torch.Generator().manual_seed(3)
    state = sampler.init(x, g)
    for _ in range(200):
        state, _ = sampler.step(state, g)
    assert_law(state.x, p.noised(1.0, 1.0), slack=0.003)


def test_ddim_without_noise_is_the_denoising_iteration():
    """VE with σ = t and step ℓ → ℓ − 1: x ← (1 − 1/ℓ) x + (1/ℓ) D(x)."""
    p = wells()
    q = process("ve", t_max=5.0)
    field = MixtureField(p, dtype=torch.float64)
    sampler = DDIM(field, q, np.arange(6.0), 0.0)
    x = torch.linspace(-4, 4, 11, dtype=torch.float64)[None]
    g = torch.Generator().manual_seed(0)
    state = sampler.init(x, g)
    for level in (5, 4, 3, 2, 1):
        x = (1 - 1 / level) * x + p.denoise(x.T, 1.0, float(level)).T / level
        state, _ = sampler.step(state, g)
        torch.testing.assert_close(state.x, x, rtol=1e-11, atol=1e-11)


def test_runs_are_reproducible_and_leave_global_randomness_alone():
    p = wells()
    q = process("ou")
    sampler = Reverse(MixtureField(p), q, time_grid("uniform", 20, q.t_max), 1.0)
    x = torch.randn(1, 500, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second = run(sampler, x, 7).x, run(sampler, x, 7).x
    assert torch.equal(first, second)
    assert not torch.equal(first, run(sampler, x, 8).x)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", ["uniform", "quadratic", "karras"])
def test_time_grids_run_from_zero_to_the_end(kind):
    for steps in (1, 2, 50):
        grid = time_grid(kind, steps, 3.0)
        assert len(grid) == steps + 1
        assert grid[0] == 0.0
        assert grid[-1] == 3.0
        assert (np.diff(grid) > 0).all()


def test_karras_grid_is_even_in_the_seventh_root():
    grid = time_grid("karras", 10, 80.0)[1:]
    assert np.ptp(np.diff(grid ** (1 / 7))) < 1e-12


def test_bad_parameters_are_refused():
    field, q, grid = MixtureField(wells()), process("ou"), time_grid("uniform", 3, 3.0)
    with pytest.raises(ValueError, match="Heun"):
        Reverse(field, q, grid, 1.0, "heun")
    with pytest.raises(ValueError, match="lambda"):
        Forward(field, q, grid, 2.0)
    with pytest.raises(ValueError, match="eta"):
        DDIM(field, q, grid, -0.1)
    with pytest.raises(ValueError, match="grid"):
        time_grid("linear", 3, 1.0)
