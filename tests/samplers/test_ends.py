"""The ends of a reverse run along a network: α = 0, where nothing has to be learned, and σ = 0, where nothing is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.learning.prediction import prediction_of
from visualizer.learning.score import LearnedScore
from visualizer.processes import process
from visualizer.samplers import DDIM, Reverse, time_grid

FROM_NOTHING = ["linear", "vp-cosine", "vp-trigonometric"]


class Gaussian:
    """What a perfect network says of N(m, v) on a line."""

    d = 1

    def __init__(self, prediction, mean, variance):
        self.prediction, self._m, self._v = prediction, mean, variance

    def __call__(self, x, alpha, sigma):
        total = alpha**2 * self._v + sigma**2
        off = x - alpha * self._m
        clean, noise, score = self._m + alpha * self._v * off / total, sigma * off / total, -off / total
        return prediction_of(self.prediction, clean, noise, score, alpha, sigma, (-1.0, 1.0))


class Along(LearnedScore):
    """Velocities are those of the linear process."""

    def _rates(self, alpha, sigma):
        return -1.0, 1.0


def errors(kind, sampler, variance, prediction="x0", counts=(100, 200, 400)):
    """The largest error at the end, for each count of steps: z = (x − α m)/√(α² v + σ²) is constant along the ODE."""
    q, mean = process(kind), 1.5
    field = Along(Gaussian(prediction, mean, variance), (1e-3, math.inf))
    z = torch.linspace(-2, 2, 9, dtype=torch.float64)[None]
    found = []
    for n in counts:
        run = sampler(field, q, time_grid("uniform", n, q.t_max))
        generator = torch.Generator().manual_seed(0)
        state = run.init(z * q.prior_std(), generator)
        for _ in range(n):
            state, _ = run.step(state, generator)
        found.append(float((state.x - mean - math.sqrt(variance) * z).abs().max()))
    return found


def heun(field, q, grid):
    return Reverse(field, q, grid, 0.0, "heun")


@pytest.mark.parametrize("prediction", ["x0", "epsilon", "v", "velocity", "score"])
def test_heun_is_of_second_order_from_no_signal_to_no_noise(prediction):
    """In t, the rule is of order ½ where α = √(1 − t²): 2e-3 were left after 100 steps, and 1e-3 after 400."""
    kinds = ["linear"] if prediction == "velocity" else FROM_NOTHING
    for kind in kinds:
        first, second, third = errors(kind, heun, 0.25, prediction, (20, 40, 100))
        assert third < 2e-4
        assert second < first / 3


@pytest.mark.parametrize("kind", FROM_NOTHING)
def test_heun_reaches_points(kind):
    """Near a point ε̂ stays what it was: a slope that counts it as 0 at the end is off by half a step."""
    assert max(errors(kind, heun, 1e-16)) < 1e-5


@pytest.mark.parametrize("kind", FROM_NOTHING)
def test_the_first_step_from_no_signal_goes_by_the_noise_there_is(kind):
    """x' = α' D + σ' x/σ, for DDIM and for reverse diffusion, whatever the network says of the noise."""
    q = process(kind)
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[None]
    field = LearnedScore(Gaussian("x0", 1.5, 0.25), (1e-3, math.inf))
    grid = time_grid("uniform", 50, q.t_max)
    t = float(grid[-2])
    wanted = q.alpha(t) * 1.5 + q.sigma(t) * x / q.sigma(q.t_max)
    for run in (DDIM(field, q, grid), Reverse(field, q, grid, 0.0)):
        state, _ = run.step(run.init(x.clone(), torch.Generator()), torch.Generator())
        torch.testing.assert_close(state.x, wanted, rtol=0, atol=1e-12)
    torch.testing.assert_close(field.score(x, 0.0, 2.0), -x / 4, rtol=0, atol=0)
    torch.testing.assert_close(field.noise(x, 0.0, 2.0), x / 2, rtol=0, atol=0)


def test_karras_times_are_those_of_the_paper():
    """Karras et al. 2022, eq. 5, σ from 80 to 0.002 with ρ = 7 in five steps."""
    grid = time_grid("karras", 5, 80.0, 0.002)
    assert grid[::-1] == pytest.approx([80, 17.53, 2.515, 0.1698, 0.002, 0], rel=3e-4)


@pytest.mark.parametrize(("kind", "rho"), [("uniform", 1), ("quadratic", 2), ("karras", 7)])
def test_a_least_time_is_the_last_before_zero(kind, rho):
    grid = time_grid(kind, 9, 3.0, 0.01)
    assert grid[:2] == pytest.approx([0, 0.01])
    assert grid[-1] == 3.0
    assert np.ptp(np.diff(grid[1:] ** (1 / rho))) < 1e-12
    assert time_grid(kind, 1, 3.0, 0.01).tolist() == [0.0, 3.0]
    for least in (-1.0, 3.0, math.nan):
        with pytest.raises(ValueError, match="least time"):
            time_grid(kind, 9, 3.0, least)
