"""Passage times in 1-D, measured: chains set off in one mode and are timed until they reach the next."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from visualizer.densities import MixtureKernel
from visualizer.diagnostics.marginals import Marginal
from visualizer.diagnostics.trapping import Barrier, slowest_passage
from visualizer.engine.build import build_process, run_level, start_time, the_mixture
from visualizer.engine.frame import Floats
from visualizer.samplers import Langevin, State
from visualizer.scene.model import Scene

#: Chains at most and at least; steps of all chains together that are worth waiting for.
_MOST, _FEWEST, _BUDGET = 4_000, 200, 1.5e9
#: Components at most: beyond, modes are no longer told apart.
MAX_COMPONENTS = 8
_POINTS = 500
#: A walk looked at in steps of √(2h) is stopped this many of them late (Broadie, Glasserman & Kou 1997).
_LATE = 0.5826


class NotMeasurable(ValueError):
    """Passage times of this scene cannot be measured; the message says why and what to do."""


@dataclass(frozen=True)
class Passages:
    """What is known so far.

    Attributes:
        start, end: from where to where.
        step_size: h; a step of the chains is so much time.
        exact: the mean passage time of dx = s dt + √2 dw.
        barrier: bottom, top, height and Kramers' time; None where p has no valley between.
        grid, energy: U = −log p over places around both modes, least energy 0.
        times: passage times of the chains that have arrived, ascending.
        waiting: chains that have not.
        elapsed: the time they have had.
    """

    start: float
    end: float
    step_size: float
    exact: float
    barrier: Barrier | None
    grid: Floats
    energy: Floats
    times: Floats
    waiting: int
    elapsed: float

    @property
    def done(self) -> float:
        """The share of chains that have arrived."""
        return len(self.times) / (len(self.times) + self.waiting)

    @property
    def mean(self) -> tuple[float, float]:
        """Estimate of the mean and its standard error.

        While chains are still on their way, theirs is taken to go on at the rate seen since a quarter of all had
        arrived: times are exponential but for the way down from the barrier, which comes first.
        """
        arrived, count = len(self.times), len(self.times) + self.waiting
        if arrived < max(2, count // 2):
            return float("nan"), float("nan")
        times = self.times.astype(np.float64)
        if not self.waiting:
            return float(times.mean()), float(times.std() / arrived**0.5)
        since = times[count // 4]
        late = times[count // 4 :] - since
        tail = (late.sum() + self.waiting * (self.elapsed - since)) / len(late)
        mean = float((times.sum() + self.waiting * (self.elapsed + tail)) / count)
        return mean, mean / arrived**0.5


@torch.no_grad()
def passages(scene: Scene, step_size: float) -> Iterator[Passages]:
    """Langevin from mode to mode, the slowest way there is, and yields every so often until all chains are there.

    A chain is seen only once a step, so that it seems to arrive late; to first order in √h that is made up for by
    stopping it 0.5826 √(2h) before the mode.

    Args:
        scene: in 1-D, with at least two components; its noise level, seed.
        step_size: h.

    Raises:
        NotMeasurable: there is no second mode, or a passage takes too long.
    """
    mixture = the_mixture(scene)
    q = build_process(scene)
    level = run_level(scene, q, start_time(scene, q))
    marginal = Marginal.of(mixture.noised(level.alpha, level.sigma), np.ones(1))
    way = slowest_passage(marginal) if 1 < mixture.K <= MAX_COMPONENTS else None
    if way is None:
        raise NotMeasurable(f"There must be two to {MAX_COMPONENTS} components. Add or remove some.")
    count = min(_MOST, int(_BUDGET / max(1.0, way.time / step_size)))
    if count < _FEWEST:
        raise NotMeasurable(
            f"A passage takes {way.time / step_size:.1e} steps on average: too long to wait for. "
            "Smooth the target (σ), make the step larger, or move the modes closer together."
        )
    shown = _energy(marginal, way.start, way.end)
    begin = np.empty(0, np.float32)
    first = Passages(way.start, way.end, step_size, way.time, way.barrier, *shown, begin, count, 0.0)
    yield first
    yield from _run(first, MixtureKernel(mixture, level.alpha, level.sigma, dtype=torch.float32), count, scene.seed)


def _run(first: Passages, kernel: MixtureKernel, count: int, seed: int) -> Iterator[Passages]:
    sampler = Langevin(kernel, first.step_size)
    generator = torch.Generator().manual_seed(seed)
    state = sampler.init(torch.full((1, count), first.start), generator)
    ahead = 1.0 if first.end > first.start else -1.0
    place = first.end - ahead * _LATE * math.sqrt(2 * first.step_size)
    times: list[float] = []
    every = max(1, int(0.01 * first.exact / first.step_size))
    while state.x.shape[1]:
        state, _ = sampler.step(state, generator)
        there = (state.x[0] - place) * ahead >= 0
        arrived = int(there.sum())
        if arrived:
            times += [state.step * first.step_size] * arrived
            state = State(state.x[:, ~there].contiguous(), state.step, state.t)
        if state.step % every == 0 or not state.x.shape[1]:
            yield _told(first, times, state.x.shape[1], state.step * first.step_size)


def _told(first: Passages, times: list[float], waiting: int, elapsed: float) -> Passages:
    return replace(first, times=np.array(times, np.float32), waiting=waiting, elapsed=elapsed)


def _energy(marginal: Marginal, a: float, b: float) -> tuple[Floats, Floats]:
    """U = −log p around a and b, up to where it is as high above the barrier as the barrier is."""
    reach = 3 * float(marginal.stds.max())
    grid = np.linspace(min(a, b) - reach, max(a, b) + reach, _POINTS)
    energy = -np.log(np.maximum(marginal.pdf(grid), 1e-300))
    energy -= energy.min()
    inside = (grid >= min(a, b)) & (grid <= max(a, b))
    keep = energy <= 1.6 * max(float(energy[inside].max()), 1.0)
    return grid[keep].astype(np.float32), energy[keep].astype(np.float32)
