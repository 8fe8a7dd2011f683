"""Samplers with tests, momenta and temperatures: what they leave invariant, what they reach, what their formulas say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.samplers.laws import gaussian, mode_shares, occupancy_off, run, shares_off, three_far_modes, wells
from visualizer.densities import GaussianMixture, MixtureField, MixtureKernel
from visualizer.processes import process
from visualizer.samplers import (
    HMC,
    MALA,
    NUTS,
    SVGD,
    AnnealedLangevin,
    Langevin,
    ParallelTempering,
    RandomWalk,
    Reverse,
    SimulatedAnnealing,
    Tempering,
    Underdamped,
    WalkJump,
    time_grid,
    underdamped,
)
from visualizer.samplers.base import State
from visualizer.samplers.hmc import leapfrog
from visualizer.samplers.nuts import checkpoints, turning
from visualizer.samplers.parallel_tempering import exchange

H = 0.12  # the narrower well allows Langevin h < 0.18


def exact(p: GaussianMixture, n: int, seed: int) -> torch.Tensor:
    return p.sample(n, generator=torch.Generator().manual_seed(seed)).T.contiguous()


@pytest.mark.parametrize(
    "make",
    [
        lambda p: RandomWalk(p, 0.3),
        lambda p: MALA(p, H),
        lambda p: HMC(p, 0.4, 3),
        lambda p: ParallelTempering(p, H, (1.0, 0.5, 0.1), 2.0),
    ],
    ids=["random-walk", "mala", "hmc", "parallel-tempering"],
)
def test_samplers_with_a_test_leave_the_target_invariant_for_ten_thousand_steps(make):
    """200 independent chains from exact samples: at the end they are 200 independent exact samples."""
    p, n = wells(), 200
    state = run(make(MixtureKernel(p)), exact(p, n, 1), 2, steps=10_000)
    off = [*shares_off(state.x, p), *occupancy_off(state.x, p)]
    assert max(map(abs, off)) < 4
    std = float((p.weights * (p.covariances[:, 0, 0] + p.means[:, 0] ** 2)).sum()) ** 0.5
    assert abs(float(state.x.mean()) - float(p.weights @ p.means[:, 0])) < 4 * std / math.sqrt(n)


def test_where_ula_is_visibly_biased_mala_and_hmc_are_not():
    p = wells()
    kernel, x = MixtureKernel(p), exact(p, 100_000, 3)
    biased = shares_off(run(Langevin(kernel, H), x, 4, steps=60).x, p)
    assert max(map(abs, biased)) > 8
    for sampler in (MALA(kernel, H), HMC(kernel, 0.4, 4)):
        assert max(map(abs, shares_off(run(sampler, x, 4, steps=60).x, p))) < 4


def test_mala_accepts_by_the_ratio_of_densities_and_proposals():
    """Against the definition, with densities from torch.distributions, over many proposals from two points."""
    p, h, n = wells(), 0.15, 100_000
    kernel = MixtureKernel(p)
    sampler = MALA(kernel, h)
    for at in (-1.4, 0.2):
        x = torch.full((1, n), at, dtype=torch.float64)
        g = torch.Generator().manual_seed(5)
        _, info = sampler.step(sampler.init(x, g), g)
        y = info.proposal
        there = torch.distributions.Normal(x + h * p.score(x.T).T, math.sqrt(2 * h)).log_prob(y)
        back = torch.distributions.Normal(y + h * p.score(y.T).T, math.sqrt(2 * h)).log_prob(x)
        ratio = (p.log_prob(y.T) - p.log_prob(x.T) + back[0] - there[0]).exp().clamp(max=1)
        error = float((ratio * (1 - ratio)).sum()) ** 0.5
        assert abs(float(info.accepted.sum()) - float(ratio.sum())) < 4 * error
        # where the ratio is at least 1 nothing is refused
        assert bool(info.accepted[ratio >= 1].all())


def test_leapfrog_is_reversible_to_rounding_and_its_energy_error_is_of_second_order():
    p = three_far_modes()
    kernel = MixtureKernel(p)
    g = torch.Generator().manual_seed(6)
    x0, p0 = exact(p, 500, 7), torch.randn(2, 500, generator=g, dtype=torch.float64)

    def trajectory(x, momentum, h, count):
        log_prob, score = kernel.log_prob_and_score(x)
        for _ in range(count):
            x, momentum, log_prob, score = leapfrog(kernel, x, momentum, score, h)
        return x, momentum, log_prob

    x, momentum, _ = trajectory(x0, p0, 0.1, 30)
    back, reversed_momentum, _ = trajectory(x, -momentum, 0.1, 30)
    torch.testing.assert_close(back, x0, rtol=0, atol=1e-10)
    torch.testing.assert_close(-reversed_momentum, p0, rtol=0, atol=1e-10)

    def energy_error(h):
        _, momentum, log_prob = trajectory(x0, p0, h, round(1.2 / h))
        before = 0.5 * p0.square().sum(0) - kernel.log_prob(x0)
        return float((0.5 * momentum.square().sum(0) - log_prob - before).abs().mean())

    h = np.array([0.12, 0.06, 0.03, 0.015])
    slope = np.polyfit(np.log(h), np.log([energy_error(v) for v in h]), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.15)


def test_nuts_leaves_the_target_invariant_at_a_coarse_step():
    """Ten thousand chains from exact samples at a step where Langevin of the same length is far off, five times."""
    p = wells()
    sampler = NUTS(MixtureKernel(p), 0.5, 6)
    off = []
    for seed in range(5):
        end = run(sampler, exact(p, 10_000, 40 + seed), 50 + seed, steps=6)
        off.append([*shares_off(end.x, p), *occupancy_off(end.x, p)])
    assert np.abs(off).max() < 4
    # The means of five are within 4/√5 of their own standard error.
    assert np.abs(np.mean(off, 0)).max() < 4 / math.sqrt(5)


def test_nuts_stays_invariant_over_many_steps_and_gets_stuck_like_the_others():
    p = wells()
    end = run(NUTS(MixtureKernel(p), 0.4, 5), exact(p, 200, 60), 61, steps=400)
    assert np.abs(shares_off(end.x, p)).max() < 4
    far = three_far_modes()
    one = GaussianMixture(torch.ones(1).double(), far.means[:1], far.covariances[:1])
    stuck = run(NUTS(MixtureKernel(far), 0.2), exact(one, 300, 62), 63, steps=50).x
    assert bool((far.responsibilities(stuck.T).argmax(1) == 0).all())
    with pytest.raises(ValueError, match="10,000"):
        NUTS(MixtureKernel(p), 0.4).init(torch.zeros(1, 10_001), torch.Generator())


def test_nuts_goes_about_half_way_round_a_gaussian():
    """On N(0, I) orbits have period 2π and turn back within half of it, sooner where they are flat: HMC's L is found."""
    p = GaussianMixture(torch.ones(1).double(), torch.zeros(1, 2).double(), torch.eye(2).double()[None])
    h = 0.05
    g = torch.Generator().manual_seed(64)
    sampler = NUTS(MixtureKernel(p), h)
    _, info = sampler.step(sampler.init(exact(p, 500, 65), g), g)
    # A trajectory doubles, so it can be up to twice as long as it takes to turn: π/2 … 2π on the average.
    assert math.pi / 2 < info.evaluations * h < 2 * math.pi
    assert float(info.energy_error.abs().max()) < 0.01


def test_checkpoints_are_the_first_leaves_of_the_balanced_subtrees_that_end():
    stored = {}
    for leaf in range(64):
        low, high = checkpoints(leaf)
        if leaf % 2 == 0:
            stored[high] = leaf
            continue
        ending = [leaf + 1 - size for size in (2, 4, 8, 16, 32, 64) if (leaf + 1) % size == 0]
        assert sorted(ending) == [stored[i] for i in range(low, high + 1)]


def test_a_stretch_turns_when_its_ends_point_against_its_sum():
    t = torch.linspace(0, 2 * math.pi, 200, dtype=torch.float64)
    p = torch.stack([torch.cos(t), -torch.sin(t)])  # momentum along a circle
    sums = p.cumsum(1)
    turned = [bool(turning(p[:, :1], p[:, i : i + 1], sums[:, i : i + 1])) for i in range(2, 199)]
    first = t[2 + turned.index(True)]
    assert float(first) == pytest.approx(math.pi, abs=0.1)


def test_hmc_reports_the_energy_error_it_tests():
    p = wells()
    kernel = MixtureKernel(p)
    sampler = HMC(kernel, 0.5, 4)
    n = 50_000
    g = torch.Generator().manual_seed(8)
    state = sampler.init(exact(p, n, 9), g)
    _, info = sampler.step(state, g)
    probability = torch.exp(-info.energy_error).clamp(max=1)
    error = float((probability * (1 - probability)).sum()) ** 0.5
    assert abs(float(info.accepted.sum()) - float(probability.sum())) < 4 * error
    assert info.path.shape == (5, 1, 32)
    torch.testing.assert_close(info.path[-1], info.proposal[:, :32])
    # In equilibrium E exp(−ΔH) = 1.
    weights = torch.exp(-info.energy_error)
    assert abs(float(weights.mean()) - 1) < 4 * float(weights.std()) / math.sqrt(n)


@pytest.mark.parametrize("h", [0.3, 0.8, 1.4])
def test_baoab_positions_are_exact_on_a_gaussian(h):
    variance, n = 0.64, 100_000  # stable below h = 1.6
    p = gaussian(variance)
    state = run(Underdamped(MixtureKernel(p), h, 1.5), exact(p, n, 10), 11, steps=40)
    assert abs(float(state.x.var()) - variance) < 4 * variance * math.sqrt(2 / n)


def test_baoab_error_on_a_mixture_is_of_second_order(monkeypatch):
    """One step from the exact law, by quadrature over position, momentum and noise, moves means by O(h³).

    A defect of O(h^{r+1}) in one step is an error of O(h^r) in the law that is kept: here r = 2, and one better
    still for functions of the position alone.
    """
    t = torch.tensor
    p = GaussianMixture(t([0.5, 0.5]).double(), t([[-0.8], [0.8]]).double(), t([[[0.36]], [[0.36]]]).double())
    kernel = MixtureKernel(p)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    places = np.linspace(-6, 6, 801)
    density = p.log_prob(torch.from_numpy(places)[:, None]).exp().numpy()
    grids = np.meshgrid(places, nodes, nodes, indexing="ij")
    x, momentum, epsilon = (torch.from_numpy(v.reshape(1, -1)) for v in grids)
    products = np.einsum("i,j,k->ijk", density / density.sum(), weights / weights.sum(), weights / weights.sum())
    weight = torch.from_numpy(products.reshape(-1))
    monkeypatch.setattr(underdamped, "noise", lambda like, generator, std=1.0: std * epsilon)

    def defects(h):
        sampler = Underdamped(kernel, h, 0.5)
        start = State(x, 0, 0.0, {"momentum": momentum, **sampler.known(x)})
        end, _ = sampler.step(start, torch.Generator())
        before, after = start.memory["momentum"], end.memory["momentum"]
        return [float((weight * (new**2 - old**2)[0]).sum().abs()) for new, old in ((after, before), (end.x, start.x))]

    h = np.array([0.05, 0.1, 0.2])
    slopes = [np.polyfit(np.log(h), np.log(d), 1)[0] for d in np.transpose([defects(v) for v in h])]
    assert slopes == pytest.approx([3.0, 4.0], abs=0.25)


def test_swaps_obey_detailed_balance_between_two_levels():
    """Exact draws of π_1 and π_β stay exact under swaps alone, and so many swaps are accepted as should be."""
    p, width, beta, n = gaussian(1.0), 3.0, 0.3, 200_000
    precision = beta + (1 - beta) / width**2
    g = torch.Generator().manual_seed(14)
    cold = torch.randn(1, n, generator=g, dtype=torch.float64)
    hot = torch.randn(1, n, generator=g, dtype=torch.float64) / math.sqrt(precision)
    sampler = ParallelTempering(MixtureKernel(p), 0.1, (1.0, beta), width)
    x = torch.cat([cold, hot], 1)
    tilt = Tempering(width, 1.0).tilt(x, p.log_prob(x.T))
    swaps, shares = sampler.swaps(tilt.view(2, n), 0, g)
    after = x.view(2, 1, n).clone()
    exchange(after, swaps)
    for values, variance in ((after[0], 1.0), (after[1], 1 / precision)):
        assert abs(float(values.var()) - variance) < 4 * variance * math.sqrt(2 / n)
    # E min(1, exp((1 − β)(f(x_hot) − f(x_cold)))) with f = −c x², by quadrature over both Gaussians
    c = 0.5 * (1 - 1 / width**2)
    z, w = np.polynomial.hermite_e.hermegauss(120)
    u, v = np.meshgrid(z, z / math.sqrt(precision))
    chance = np.minimum(1, np.exp((1 - beta) * c * (u**2 - v**2)))
    expected = float((np.outer(w, w) * chance).sum() / (2 * math.pi))
    # The kink of the minimum limits the quadrature to about 2e-3.
    assert abs(float(shares[0]) - expected) < 4 * math.sqrt(expected * (1 - expected) / n) + 2e-3
    assert float((after[0] == hot).double().mean()) == pytest.approx(float(shares[0]))
    assert torch.equal(after[1] == cold, after[0] == hot)


def test_tempered_densities_are_what_they_are_called():
    p = wells()
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)[None].requires_grad_(True)
    q = torch.distributions.Normal(torch.zeros((), dtype=torch.float64), 2.0)
    for beta in (0.0, 0.35, 1.0):
        log_pi = beta * p.log_prob(x.T) + (1 - beta) * q.log_prob(x[0])
        (gradient,) = torch.autograd.grad(log_pi.sum(), x)
        ours, score = Tempering(2.0, beta)(x.detach(), p.log_prob(x.T).detach(), p.score(x.T.detach()).T)
        difference = ours - log_pi.detach()
        assert float(difference.max() - difference.min()) < 1e-12
        torch.testing.assert_close(score, gradient)


def test_on_far_modes_local_samplers_stay_trapped_and_others_reach_the_weights():
    p, n = three_far_modes(), 1_500
    kernel, field = MixtureKernel(p), MixtureField(p, dtype=torch.float64)
    one = GaussianMixture(torch.ones(1).double(), p.means[:1], p.covariances[:1])
    x = exact(one, n, 15)
    for sampler in (Langevin(kernel, 0.05), MALA(kernel, 0.1), HMC(kernel, 0.2, 10), Underdamped(kernel, 0.2)):
        shares = run(sampler, x, 16, steps=400).x
        assert float((p.responsibilities(shares.T).argmax(1) == 0).double().mean()) == 1.0
    tempered = ParallelTempering(kernel, 0.1, (1.0, 0.3, 0.1, 0.03, 0.01), 4.0)
    assert max(map(abs, occupancy_off(run(tempered, x, 17, steps=1000).x, p))) < 4
    q = process("vp-linear")
    start = torch.randn(2, n, generator=torch.Generator().manual_seed(18), dtype=torch.float64)
    reverse = run(Reverse(field, q, time_grid("uniform", 400, 1.0), 1.0), start, 19)
    assert max(map(abs, occupancy_off(reverse.x, p))) < 4
    walk = WalkJump(MixtureKernel(p, 1.0, 2.5), 1.0, 2.5)
    walked = run(walk, x, 20, steps=400)
    # A jump goes to the mean of x given y, so it lands near a mode: near which, exact draws of y say.
    y = p.noised(1.0, 2.5).sample(200_000, generator=torch.Generator().manual_seed(21))
    expected, found = (mode_shares(x, p) for x in (p.denoise(y, 1.0, 2.5).T, walk.jump(walked)))
    assert float(((found - expected).abs() / (expected * (1 - expected) / n).sqrt()).max()) < 4


def test_a_jump_is_the_posterior_mean_and_never_feeds_back():
    p, sigma = wells(), 0.7
    sampler = WalkJump(MixtureKernel(p, 1.0, sigma), 0.1, sigma)
    plain = Langevin(MixtureKernel(p, 1.0, sigma), 0.1)
    x = exact(p, 300, 21)
    a, b = torch.Generator().manual_seed(22), torch.Generator().manual_seed(22)
    walk, langevin = sampler.init(x, a), plain.init(x, b)
    for _ in range(5):
        walk, info = sampler.step(walk, a)
        langevin, _ = plain.step(langevin, b)
        torch.testing.assert_close(walk.x, langevin.x)
        torch.testing.assert_close(info.jumps, p.denoise(walk.x.T, 1.0, sigma).T)


def test_annealed_langevin_finds_far_modes_with_the_steps_of_its_definition():
    p, n = three_far_modes(), 2_000
    field = MixtureField(p, dtype=torch.float64)
    # A fifth of σ² a step keeps ULA's bias, and 160 steps a level what is left of the level before, below the error.
    sampler = AnnealedLangevin(field, 0.0005, 8.0, 0.05, levels=16, per_level=160)
    assert sampler.clock(0) == 8.0
    assert sampler.clock(2559) == pytest.approx(0.05)
    assert sampler.clock(320) / sampler.clock(160) == pytest.approx(sampler.clock(160) / sampler.clock(0))
    x = 8.0 * torch.randn(2, n, generator=torch.Generator().manual_seed(23), dtype=torch.float64)
    end = run(sampler, x, 24)
    assert end.step == 2560
    assert max(map(abs, occupancy_off(end.x, p))) < 4


def test_simulated_annealing_ends_in_the_target_where_it_is_easy_to_reach():
    p, n = gaussian(0.5, 0.8), 20_000
    sampler = SimulatedAnnealing(MixtureKernel(p), 0.3, 3.0, 200)
    assert (sampler.clock(0), sampler.clock(199)) == (0.0, 1.0)
    x = 3.0 * torch.randn(1, n, generator=torch.Generator().manual_seed(25), dtype=torch.float64)
    end = run(sampler, x, 26)
    # β lags by what moves in a few steps: under 1/200 of it, far below the error of so many particles.
    assert abs(float(end.x.mean()) - 0.8) < 4 * math.sqrt(0.5 / n) + 0.01
    assert abs(float(end.x.var()) - 0.5) < 4 * 0.5 * math.sqrt(2 / n) + 0.01


def test_stein_direction_is_its_definition_by_autograd():
    p, n = three_far_modes(), 60
    x = exact(p, n, 27)
    score = p.score(x.T).T
    b = SVGD.bandwidth(x)
    distances = torch.pdist(x.T)
    assert b == pytest.approx(float(distances.median()) ** 2 / math.log(n + 1))
    other = x.T.clone().requires_grad_(True)
    kernel = torch.exp(-(other[:, None] - x.T[None]).square().sum(2) / b)  # k(x_j, x_i), (j, i)
    repulsion = torch.stack(
        [torch.autograd.grad(kernel[:, i].sum(), other, retain_graph=True)[0].sum(0) for i in range(n)]
    )
    expected = (score @ kernel.detach() + repulsion.T) / n
    torch.testing.assert_close(SVGD(MixtureKernel(p), 0.1).direction(x, score), expected)


def test_stein_particles_settle_on_a_gaussian():
    p = gaussian(1.0, 0.5)
    x = 0.3 * torch.randn(1, 200, generator=torch.Generator().manual_seed(28), dtype=torch.float64)
    end = run(SVGD(MixtureKernel(p), 0.5), x, 29, steps=600).x
    # For a Gaussian and 200 particles the fixed point has the right mean and a variance a few percent small.
    assert float(end.mean()) == pytest.approx(0.5, abs=1e-3)
    assert 0.9 < float(end.var()) < 1.0
    with pytest.raises(ValueError, match="5,000"):
        SVGD(MixtureKernel(p), 0.1).init(torch.zeros(1, 5_001), torch.Generator())


@pytest.mark.parametrize(
    "make",
    [
        lambda p: RandomWalk(p, 0.3),
        lambda p: MALA(p, 0.1),
        lambda p: HMC(p, 0.3, 3),
        lambda p: NUTS(p, 0.3),
        lambda p: Underdamped(p, 0.3),
        lambda p: ParallelTempering(p, 0.1, (1.0, 0.3), 3.0),
        lambda p: WalkJump(p, 0.1, 0.5),
        lambda p: SVGD(p, 0.1),
    ],
)
def test_adopting_other_dynamics_forgets_what_was_known_of_the_old_density(make):
    first, second = MixtureKernel(three_far_modes()), MixtureKernel(three_far_modes().noised(1.0, 0.5))
    g = torch.Generator().manual_seed(30)
    x = exact(three_far_modes(), 50, 31)
    state = make(first).init(x, g)
    state, _ = make(first).step(state, g)
    adopted = make(second).adopt(state)
    assert torch.equal(adopted.x, state.x)
    assert adopted.step == state.step
    for name, values in adopted.memory.items():
        if name in ("momentum", "replicas"):
            assert torch.equal(values, state.memory[name])
        else:
            levels = state.memory.get("replicas", state.x[None])
            for at, known in zip(levels, values if len(levels) > 1 else values[None], strict=True):
                log_prob, score = second.log_prob_and_score(at)
                torch.testing.assert_close(known, log_prob if name == "log_prob" else score)
