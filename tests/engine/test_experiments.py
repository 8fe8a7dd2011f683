"""Experiments: passage times and the trade-off of walk–jump, against what is known of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from visualizer.engine.experiments.passages import NotMeasurable, passages
from visualizer.engine.experiments.tradeoff import MIXERS, default_range, tradeoff
from visualizer.scene.model import Scene


def scene_1d(means, variance, **more):
    n = len(means)
    target = {"kind": "mixture", "weights": [1.0] * n, "means": means, "covariances": [variance] * n}
    return Scene.model_validate({"target": target, **more})


def test_measured_passages_take_as_long_as_the_integral_says():
    """τ(−1.5 → 1.5) = 17.002 of the double well, within 3 standard errors; times fall like exponential ones."""
    seen = list(passages(scene_1d([-1.5, 1.5], 0.36, seed=4), 0.005))
    last = seen[-1]
    assert last.exact == pytest.approx(17.002, abs=5e-4)
    assert last.waiting == 0
    assert last.done == 1.0
    mean, error = last.mean
    assert mean == pytest.approx(float(last.times.mean()), rel=1e-5)
    assert abs(mean - last.exact) < 3 * error
    # On the way the estimate is right, too: chains that have not arrived are not forgotten.
    half = next(p for p in seen if p.done > 0.6)
    mean, error = half.mean
    assert abs(mean - last.exact) < 4 * error
    assert float(half.times.mean()) < last.exact - 4 * error
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert last.barrier is not None
    assert np.interp(last.barrier.top, last.grid, last.energy) == pytest.approx(last.barrier.height, abs=1e-3)


@pytest.mark.parametrize("kind", ["forward", "reverse", "annealed-langevin"])
def test_passages_of_runs_through_noise_levels_are_the_targets(kind):
    scene = scene_1d([-1.5, 1.5], 0.36, seed=4).with_(sampler={"kind": kind})
    assert next(passages(scene, 0.005)).exact == pytest.approx(17.002, abs=5e-4)


def test_passages_that_cannot_be_measured_say_why():
    with pytest.raises(NotMeasurable, match="two to 8 components"):
        next(passages(scene_1d([0.0], 1.0), 0.01))
    with pytest.raises(NotMeasurable, match=r"steps on average.*Smooth the target"):
        next(passages(scene_1d([-4.0, 4.0], 0.16), 0.01))


def walk_jump(step, **more):
    return {"sampler": {"kind": "walk-jump", "step": step}, **more}


def test_the_tradeoff_of_a_gaussian_is_its_closed_form():
    """p = N(0, τ²): jumps are y τ²/(τ² + σ²), so W₂ = τ − τ²/√(τ² + σ²); the walk is an AR(1) with ρ = 1 − h/(τ² + σ²).

    An estimate of the ESS of an AR(1) from M chains of S steps errs by some √(2(2L + 1)/(M S)), L its window.
    """
    tau2, h, steps = 1.0, 0.2, 2_000
    scene = scene_1d([0.0], tau2, **walk_jump(h, particles={"start": {"kind": "target"}}))
    *_, last = tradeoff(scene, (0.5, 2.0), steps)
    assert last.done == 1.0
    for point in last.points:
        total = tau2 + point.sigma**2
        exact = 1 - tau2 / math.sqrt(total)
        # Both clouds have 1,000 points: their W₂ differs by no more than the floor.
        assert point.exact_w2 == pytest.approx(exact, abs=2 * point.floor)
        assert point.w2 == pytest.approx(exact, abs=3 * point.floor)
        rho = 1 - h / total
        window = 5 / (1 - rho)
        error = math.sqrt(2 * (2 * window + 1) / (MIXERS * steps))
        assert point.ess / 1000 == pytest.approx((1 - rho) / (1 + rho), rel=4 * error)


def test_small_sigma_traps_and_large_sigma_falls_short(three_modes):
    scene = three_modes.with_(sampler={"kind": "walk-jump", "step": 0.05})
    low, high = default_range(scene)
    assert 0 < low < high
    *_, last = tradeoff(scene, (0.15, 0.7, 3.0), 2_000)
    trapped, good, blurred = last.points
    assert trapped.hops < 0.3 * good.hops
    assert math.isnan(blurred.hops)  # jumps fall between the modes, and nobody can say in which they are
    assert good.w2 < 0.5 * trapped.w2
    assert good.w2 < 0.5 * blurred.w2
    assert trapped.exact_w2 < 2 * trapped.floor  # with perfect mixing a small σ would be as good as exact
    assert blurred.exact_w2 > 4 * blurred.floor


def test_a_step_that_is_unstable_is_told_and_the_other_sigmas_go_on():
    scene = scene_1d([-1.0, 1.0], 0.04, **walk_jump(0.2))
    *_, last = tradeoff(scene, (0.05, 1.0), 400)
    diverged, fine = last.points
    assert math.isnan(diverged.w2)
    assert math.isnan(diverged.hops)
    assert fine.w2 > 0
    assert last.done == 1.0


def test_the_tradeoff_is_the_same_for_the_same_seed(three_modes):
    scene = three_modes.with_(sampler={"kind": "walk-jump", "step": 0.05})
    first, second = (list(tradeoff(scene, (0.5,), 50))[-1] for _ in range(2))
    assert first == second
