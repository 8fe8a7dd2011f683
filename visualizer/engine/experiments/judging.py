"""A network held against the truth: where in t it errs, what its samples are worth, what likelihood it gives."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from math import isinf, prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, Field, cell_places, exact_field
from visualizer.diagnostics.distances import Reference
from visualizer.engine.findings.judgement import Judgement
from visualizer.engine.run.build import build_process
from visualizer.engine.run.make_sampler import follow
from visualizer.engine.run.modes import find_modes
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.learning import Model
from visualizer.learning.foreign import time_at
from visualizer.processes import Process
from visualizer.samplers import DormandPrince, Reverse, time_grid
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene
from visualizer.scene.samplers.strokes import StrokesSampler

#: Noise levels at which the score is judged.
LEVELS = 32
#: Places at each level.
PLACES = 2_000
#: Samples that are drawn.
SAMPLES = 4_000
#: Steps of the reverse SDE.
STEPS = 200
#: Points of the grid for the integral, in 1-D.
_GRID_1D = 400
#: Points of that grid along an axis, in 2-D.
_GRID_2D = 64
#: Samples whose likelihood is taken.
_LIKELY = 500
#: Exact samples that say what is junk, and the share of them that is.
_EXACT, _RARE = 20_000, 0.001
#: Points of the grid at a time.
_AT_A_TIME = 512
#: Tolerance of the ODE.
_TOLERANCE = 1e-4


@torch.no_grad()
def judge(scene: Scene, shelf: Shelf) -> Iterator[Judgement]:
    """Judges the network a scene follows against its target.

    Raises:
        ValueError: the scene follows the exact score.
        SceneError: there is no such net.
    """
    if scene.field.kind != "learned":
        raise ValueError("There is nothing to judge: the exact score is followed. Train or load a network first.")
    yield from _Trial(scene, scene.field, shelf).run()


class _Trial:
    """One network before the truth."""

    def __init__(self, scene: Scene, field: LearnedField, shelf: Shelf) -> None:
        self.net, self.seed = shelf.get(field), scene.seed
        self.strokes = strokes_of(self.net, scene)
        self.target, self.q = build_density(scene.target), build_process(scene)
        self.ratios = self.net.known_ratios
        self.learned = None if self.ratios is None else follow(self.net, scene, "cpu")
        self.modes = find_modes(scene.target, self.target)
        self.grid = time_grid("quadratic", STEPS, self.q.t_max)
        self.log_prob = self._log_prob()

    def run(self) -> Iterator[Judgement]:
        known = yield from self._levels()
        if self.ratios is not None and self.ratios[0] == self.ratios[1]:
            yield replace(known, done=1.0, doing="")  # one noise level: there is no way from noise to data
            return
        if self.modes is not None and len(self.modes.places) > 1:
            known = replace(known, weights=self.modes.shares)
        drawn = yield from self._samples(known)
        yield from self._likelihood(*drawn)

    def _levels(self) -> Generator[Judgement, None, Judgement]:
        """The score at the levels it knows, as times of this process."""
        known = Judgement()
        if self.ratios is None or self.learned is None or not self.net.has_score:
            return known
        low, high = (self.q.t_max if isinf(r) else time_at(self.q, 1.0, r, 0.0, self.q.t_max) for r in self.ratios)
        times = [low] if low == high else _times(low, high)
        for i, t in enumerate(times, 1):
            known = _with_level(known, self.learned, self.target, self.q, t)
            known = replace(known, done=0.3 * i / len(times), doing="Errors over t")
            yield known
        return known

    def _samples(self, known: Judgement) -> Generator[Judgement, None, tuple[Judgement, Tensor]]:
        """Draws of the model, and by the exact score along the reverse SDE."""
        reference = Reference(self.target, SAMPLES)
        if self.learned is None or self.net.law is not None:
            x = self.net.sample(SAMPLES, torch.Generator().manual_seed(self.seed), self.strokes)
        else:
            x = yield from self._reverse(self.learned, known, 0.3)
        exact = yield from self._reverse(exact_field(self.target), known, 0.5)
        distances = [reference.measure(cloud.double().numpy())["w2"] for cloud in (x, exact)]
        if self.modes is not None and known.weights is not None:
            known = replace(known, shares=self.modes.occupancy(x, 1.0, 0.0))
        known = replace(known, w2=distances[0], exact_w2=distances[1], junk=junk(self.target, x))
        known = replace(known, done=0.7, doing="Likelihood")
        yield known
        return known, x

    def _reverse(self, follows: Field, known: Judgement, done: float) -> Generator[Judgement, None, Tensor]:
        generator = torch.Generator().manual_seed(self.seed)
        sampler = Reverse(follows, self.q, self.grid, 1.0 if self.net.has_score else 0.0)
        begin = self.q.prior_std() * torch.randn(self.target.d, SAMPLES, generator=generator)
        state = sampler.init(begin, generator)
        for step in range(STEPS):
            state, _ = sampler.step(state, generator)
            if step % 20 == 0:
                yield replace(known, done=done + 0.2 * step / STEPS, doing="Samples from noise")
        return state.x

    def _log_prob(self) -> Callable[[Tensor], Tensor] | None:
        """The model's own log-density, else that along the flow of its field; without either there is none."""
        own: Callable[[Tensor], Any] = self.net.log_prob
        if own(torch.zeros(self.target.d, 1)) is not None:  # what it knows at one point it knows at all
            return own
        if self.learned is None or self.net.law is not None:
            return None
        flow = DormandPrince(self.learned, self.q, self.grid, _TOLERANCE, prior_std=self.q.prior_std())
        return flow.log_likelihood

    def _likelihood(self, known: Judgement, drawn: Tensor) -> Iterator[Judgement]:
        """Mean log-densities over exact samples, and over the model's own: KL both ways."""
        x = self.target.sample(_LIKELY, generator=torch.Generator().manual_seed(self.seed + 1))
        columns = x.T.float().contiguous()
        bound = self.net.bound(columns)
        if bound is not None:
            known = replace(known, bound=float(bound.double().mean()))
        if self.log_prob is None:
            yield replace(known, done=1.0, doing="")
            return
        mean = float(self.log_prob(columns).double().mean())
        some = drawn[:, :_LIKELY].contiguous()
        over = self.log_prob(some).double() - self.target.log_prob(some.T.double())
        reverse = float(over.mean()) if bool(torch.isfinite(over).all()) else None
        exact = float(self.target.log_prob(x).mean())
        known = replace(known, log_prob=mean, exact_log_prob=exact, reverse_kl=reverse, done=0.85)
        yield known
        yield from _with_integral(known, self.log_prob, self.target)


def strokes_of(net: Model, scene: Scene) -> int | None:
    """The strokes a network draws in: its own, else those of the scene's sampler, where that has any."""
    said = scene.sampler.strokes if isinstance(scene.sampler, StrokesSampler) else None
    return net.strokes if net.strokes is not None else said


def junk(target: Density, x: Tensor) -> float:
    """The share of the columns x (d, N) with less log p than all but `_RARE` of exact samples have."""
    exact = target.sample(_EXACT, generator=torch.Generator().manual_seed(0))
    least = torch.quantile(target.log_prob(exact).double(), _RARE)
    return float((target.log_prob(x.T.double()).double() < least).double().mean())


def _times(low: float, high: float) -> list[float]:
    """Between the times a network knows, more where t is small: that is where networks fail."""
    return [low + (high - low) * ((i + 0.5) / LEVELS) ** 2 for i in range(LEVELS)]


def _with_level(known: Judgement, learned: Field, target: Density, q: Process, t: float) -> Judgement:
    alpha, sigma = q.alpha(t), q.sigma(t)
    generator = torch.Generator().manual_seed(round(1e6 * t))
    x0 = target.sample(PLACES, generator=generator).T
    noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    x = (alpha * x0 + sigma * noise).float().contiguous()
    guesses = [f.score(x, alpha, sigma).double() for f in (learned, exact_field(target))]
    fisher = float((guesses[0] - guesses[1]).square().sum(0).mean())
    losses = [float((-sigma * s - noise).square().sum(0).mean()) for s in guesses]
    return replace(
        known,
        t=np.append(known.t, t),
        fisher=np.append(known.fisher, fisher),
        epsilon=np.append(known.epsilon, sigma**2 * fisher),
        loss=np.append(known.loss, losses[0]),
        least=np.append(known.least, losses[1]),
    )


def _with_integral(known: Judgement, log_prob: Callable[[Tensor], Tensor], target: Density) -> Iterator[Judgement]:
    """∫ p over the box the target lies in, by the midpoint rule."""
    n = _GRID_1D if target.d == 1 else _GRID_2D
    bounds = target.bounds()
    points = cell_places(bounds, n).T
    cell = prod((b - a) / n for a, b in bounds)
    total, parts = 0.0, points.float().split(_AT_A_TIME, 1)
    for i, part in enumerate(parts):
        yield replace(known, done=0.85 + 0.15 * i / len(parts), doing="The integral of its density")
        total += float(log_prob(part.contiguous()).double().exp().sum()) * cell
    yield replace(known, integral=total, done=1.0, doing="")
