"""Higher-order and adaptive solvers of the reverse dynamics, and the log-likelihood one of them carries."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.samplers.laws import gaussian, occupancy_off, run, shares_off, three_far_modes, wells
from visualizer.densities import MixtureField, MixtureKernel
from visualizer.processes import PROCESSES, process
from visualizer.samplers import DDIM, DormandPrince, DPMSolver, PredictorCorrector, Reverse, time_grid

N = 40_000


def prior(p, q, n, seed):
    """Draws of p_T itself: the prior's mismatch stays out of a test of the solver."""
    noised = p.noised(q.alpha(q.t_max), q.sigma(q.t_max))
    return noised.sample(n, generator=torch.Generator().manual_seed(seed)).T.contiguous()


def grid_for(kind, steps, q):
    """Fine where σ is small: there the last, first-order step must be short."""
    return time_grid({"ve": "karras", "brownian": "quadratic", "ou": "quadratic"}.get(kind, "uniform"), steps, q.t_max)


@pytest.mark.parametrize("kind", sorted(PROCESSES))
def test_dpm_solver_reaches_the_target_in_few_steps(kind):
    q, p = process(kind), wells()
    field = MixtureField(p, dtype=torch.float64)
    x = prior(p, q, N, 1)
    end = run(DPMSolver(field, q, grid_for(kind, 100, q)), x, 2)
    final = p.noised(1.0, 0.01) if kind == "ve-geometric" else p
    error = 1 / math.sqrt(N)
    # Second order at 100 steps is about as good as Heun at 400 evaluations: 1 % of any share, as allowed there.
    for off in shares_off(end.x, final):
        assert abs(off) * 0.5 * error < 4 * 0.5 * error + 0.01


def test_dpm_solver_is_of_second_order_and_begins_as_ddim():
    """Against the exact map for one Gaussian, where (x − α m)/√(α²s² + σ²) stays what it is."""
    m, s = 0.7, 0.5
    p, q = gaussian(s * s, m), process("vp-linear")
    field = MixtureField(p, dtype=torch.float64)
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[None]

    def along(t):
        return torch.as_tensor(math.sqrt(q.alpha(t) ** 2 * s * s + q.sigma(t) ** 2)), q.alpha(t) * m

    # To a time where σ is not 0: the last step to it is of first order by design.
    width, centre = along(1.0)
    end_width, end_centre = along(0.2)
    exact = end_centre + end_width * (x - centre) / width
    counts = np.array([20, 40, 80, 160])
    errors = []
    for n in counts:
        grid = np.concatenate([[0.0], np.linspace(0.2, 1.0, int(n) + 1)])
        sampler, g = DPMSolver(field, q, grid), torch.Generator()
        state = sampler.init(x, g)
        for _ in range(int(n)):
            state, info = sampler.step(state, g)
        assert info.evaluations == 1
        errors.append(float((state.x - exact).abs().max()))
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.2)
    grid, g = np.linspace(0, 1, 11), torch.Generator().manual_seed(0)
    first, _ = DPMSolver(field, q, grid).step(DPMSolver(field, q, grid).init(x, g), g)
    ddim, _ = DDIM(field, q, grid, 0.0).step(DDIM(field, q, grid, 0.0).init(x, g), g)
    torch.testing.assert_close(first.x, ddim.x)


@pytest.mark.parametrize("kind", ["vp-linear", "ve", "linear"])
def test_predictor_corrector_reaches_the_weights(kind):
    q, p, n = process(kind), wells(), 20_000
    sampler = PredictorCorrector(MixtureField(p, dtype=torch.float64), q, grid_for(kind, 300, q), 1, 0.1)
    end = run(sampler, prior(p, q, n, 3), 4)
    error = 1 / math.sqrt(n)
    for off in shares_off(end.x, p):
        assert abs(off) * 0.5 * error < 4 * 0.5 * error + 0.015  # Euler's bias, and the corrector's


def test_without_corrections_it_is_the_reverse_sde_and_corrections_take_the_steps_of_the_paper():
    q, p = process("vp-linear"), wells()
    field, grid = MixtureField(p, dtype=torch.float64), time_grid("uniform", 10, 1.0)
    x = prior(p, q, 500, 5)
    plain, none = run(Reverse(field, q, grid, 1.0), x, 6), run(PredictorCorrector(field, q, grid, 0, 0.2), x, 6)
    assert torch.equal(plain.x, none.x)
    a, b = torch.Generator().manual_seed(7), torch.Generator().manual_seed(7)
    sampler = PredictorCorrector(field, q, grid, 1, 0.2)
    corrected, info = sampler.step(sampler.init(x, a), a)
    assert info.evaluations == 2
    state, _ = Reverse(field, q, grid, 1.0).step(Reverse(field, q, grid, 1.0).init(x, b), b)
    score = p.noised(q.alpha(state.t), q.sigma(state.t)).score(state.x.T).T
    epsilon = torch.empty_like(state.x).normal_(generator=b)
    h = 2 * (0.2 * epsilon.norm(dim=0).mean() / score.norm(dim=0).mean()) ** 2
    torch.testing.assert_close(corrected.x, state.x + h * score + torch.sqrt(2 * h) * epsilon)


@pytest.mark.parametrize("d", [1, 2])
def test_divergence_of_the_score_is_the_one_of_autograd(d):
    p = (wells() if d == 1 else three_far_modes()).noised(0.9, 0.4)
    x = p.sample(40, generator=torch.Generator().manual_seed(8)).requires_grad_(True)
    (score,) = torch.autograd.grad(p.log_prob(x).sum(), x, create_graph=True)
    divergence = sum(torch.autograd.grad(score[:, i].sum(), x, retain_graph=True)[0][:, i] for i in range(d))
    ours, ours_divergence = MixtureKernel(p).score_and_divergence(x.detach().T.contiguous())
    torch.testing.assert_close(ours, score.detach().T)
    torch.testing.assert_close(ours_divergence, divergence)


@pytest.mark.parametrize("kind", sorted(PROCESSES))
def test_dormand_prince_keeps_its_tolerance_on_the_exact_map(kind):
    m, s = 0.7, 0.5
    p, q = gaussian(s * s, m), process(kind)
    field = MixtureField(p, dtype=torch.float64)
    x = q.alpha(q.t_max) * m + q.sigma(q.t_max) * torch.linspace(-2, 2, 9, dtype=torch.float64)[None]
    end = run(DormandPrince(field, q, time_grid("uniform", 6, q.t_max), 1e-8), x, 0)
    start_width = math.sqrt((q.alpha(q.t_max) * s) ** 2 + q.sigma(q.t_max) ** 2)
    end_width = math.sqrt((q.alpha(0.0) * s) ** 2 + q.sigma(0.0) ** 2)
    exact = q.alpha(0.0) * m + end_width * (x - q.alpha(q.t_max) * m) / start_width
    # A few dozen steps, each within 1e-8 (1 + |y|), and the flow to the target contracts.
    assert float((end.x - exact).abs().max()) < 1e-6


@pytest.mark.parametrize("kind", sorted(set(PROCESSES) - {"ve-geometric"}))
def test_the_log_likelihood_carried_along_is_the_exact_log_density(kind):
    p, q = three_far_modes(), process(kind)
    field = MixtureField(p, dtype=torch.float64)
    x = prior(p, q, 300, 9)
    end = run(DormandPrince(field, q, grid_for(kind, 8, q), 1e-7), x, 0)
    exact = p.log_prob(end.x.T)
    assert float((end.memory["log_prob"] - exact).abs().max()) < 1e-3


def test_tighter_tolerances_cost_more_and_err_less():
    p, q = wells(), process("vp-linear")
    field, x = MixtureField(p, dtype=torch.float64), prior(wells(), process("vp-linear"), 50, 10)
    grid = time_grid("uniform", 1, 1.0)
    reference = run(DormandPrince(field, q, grid, 1e-12), x, 0).x
    errors, costs = [], []
    for tolerance in (1e-3, 1e-5, 1e-7):
        sampler, g = DormandPrince(field, q, grid, tolerance), torch.Generator()
        state, info = sampler.step(sampler.init(x, g), g)
        errors.append(float((state.x - reference).abs().max()))
        costs.append(info.evaluations)
    assert errors[0] > errors[1] > errors[2]
    assert costs[0] < costs[1] < costs[2]


def test_reverse_samples_of_the_ode_reach_far_modes():
    p, q = three_far_modes(), process("vp-linear")
    field = MixtureField(p, dtype=torch.float64)
    end = run(DormandPrince(field, q, time_grid("uniform", 5, 1.0)), prior(p, q, 3_000, 11), 0)
    assert max(map(abs, occupancy_off(end.x, p))) < 4
