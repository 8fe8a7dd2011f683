"""A network held against the truth: where in t it errs, what its samples are worth, what likelihood it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isinf, prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density, Field, exact_field
from visualizer.diagnostics.distances import Reference
from visualizer.diagnostics.modes import Modes
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
from visualizer.scene.model import Scene

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
    net = shelf.get(scene.field)
    target, q = build_density(scene.target), build_process(scene)
    known, learned, ratios = Judgement(), None, net.known_ratios
    if ratios is not None:
        learned = follow(net, scene, "cpu")
        # Its levels, as times of this process.
        low, high = (q.t_max if isinf(r) else time_at(q, 1.0, r, 0.0, q.t_max) for r in ratios)
        times = [low] if low == high else _times(low, high)
        for i, t in enumerate(times, 1):
            known = _with_level(known, learned, target, q, t)
            known = replace(known, done=0.3 * i / len(times), doing="Errors over t")
            yield known
        if low == high:  # it knows one noise level: there is no way from noise to data
            yield replace(known, done=1.0, doing="")
            return
    modes = find_modes(scene.target, target)
    if modes is not None and len(modes.places) > 1:
        known = replace(known, weights=modes.shares)
    reached = known
    for reached in _with_samples(known, net, learned, target, modes, q, scene.seed):
        yield reached
    yield from _with_likelihood(reached, net, learned, target, q, scene.seed)


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


def _with_samples(
    known: Judgement, net: Model, learned: Field | None, target: Density, modes: Modes | None, q: Process, seed: int
) -> Iterator[Judgement]:
    """Draws of the model and of the exact score, by the reverse SDE where there is a field, else as the model draws."""
    reference, grid = Reference(target, SAMPLES), time_grid("quadratic", STEPS, q.t_max)
    distances = []
    for part, follows in enumerate((learned, exact_field(target))):
        generator = torch.Generator().manual_seed(seed)
        if follows is None:
            x = net.sample(SAMPLES, generator)
        else:
            sampler = Reverse(follows, q, grid, 1.0)
            state = sampler.init(q.prior_std() * torch.randn(target.d, SAMPLES, generator=generator), generator)
            for step in range(STEPS):
                state, _ = sampler.step(state, generator)
                if step % 20 == 0:
                    yield replace(known, done=0.3 + 0.2 * (part + step / STEPS), doing="Samples by the reverse SDE")
            x = state.x
        distances.append(reference.measure(x.double().numpy())["w2"])
        if part == 0 and modes is not None and known.weights is not None:
            known = replace(known, shares=modes.occupancy(x, 1.0, 0.0))
    yield replace(known, w2=distances[0], exact_w2=distances[1], done=0.7, doing="Likelihood")


def _with_likelihood(
    known: Judgement, net: Model, learned: Field | None, target: Density, q: Process, seed: int
) -> Iterator[Judgement]:
    """By the model's own log-density, or along the flow of its field; without either there is none."""
    x = target.sample(_LIKELY, generator=torch.Generator().manual_seed(seed + 1))
    columns = x.T.float().contiguous()
    grid = time_grid("quadratic", STEPS, q.t_max)
    log_prob = _log_prob(net, learned, q, grid, columns)
    if log_prob is None:
        yield replace(known, done=1.0, doing="")
        return
    mean = float(log_prob(columns).double().mean())
    known = replace(known, log_prob=mean, exact_log_prob=float(target.log_prob(x).mean()), done=0.85)
    yield known
    yield from _with_integral(known, log_prob, target)


def _log_prob(
    net: Model, learned: Field | None, q: Process, grid: NDArray[np.float64], x: Tensor
) -> Callable[[Tensor], Tensor] | None:
    own: Callable[[Tensor], Any] = net.log_prob
    if own(x[:, :1]) is not None:  # what it knows at one point it knows at all
        return own
    if learned is None:
        return None
    return DormandPrince(learned, q, grid, _TOLERANCE, prior_std=q.prior_std()).log_likelihood


def _with_integral(known: Judgement, log_prob: Callable[[Tensor], Tensor], target: Density) -> Iterator[Judgement]:
    """∫ p over the box the target lies in, by the midpoint rule."""
    n = _GRID_1D if target.d == 1 else _GRID_2D
    bounds = target.bounds()
    axes = [a + (torch.arange(n, dtype=torch.float64) + 0.5) * (b - a) / n for a, b in bounds]
    points = torch.stack([g.ravel() for g in torch.meshgrid(*axes, indexing="ij")])
    cell = prod((b - a) / n for a, b in bounds)
    total, parts = 0.0, points.float().split(_AT_A_TIME, 1)
    for i, part in enumerate(parts):
        yield replace(known, done=0.85 + 0.15 * i / len(parts), doing="The integral of its density")
        total += float(log_prob(part.contiguous()).double().exp().sum()) * cell
    yield replace(known, integral=total, done=1.0, doing="")
