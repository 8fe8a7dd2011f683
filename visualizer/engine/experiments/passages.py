"""Passage times in 1-D, measured: chains set off in one mode and are timed until they reach the next."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from visualizer.densities import FieldAtLevel, exact_field
from visualizer.diagnostics.basins import PROMINENCE
from visualizer.diagnostics.escape import Wells, heated_passage_times, neighbouring_passages, slowest_passage
from visualizer.engine.drawings import Floats
from visualizer.engine.findings.passages import Passages
from visualizer.engine.run.build import build_process
from visualizer.engine.run.levels import Level, start_level
from visualizer.engine.run.modes import MAX_WELLS, find_wells
from visualizer.engine.targets import build_density
from visualizer.samplers import Langevin, State
from visualizer.scene.model import Scene

#: Chains, at most.
_MOST = 4_000
#: Chains, at least.
_FEWEST = 200
#: Steps of all chains together that are worth waiting for.
_BUDGET = 1.5e9
_POINTS = 500
#: Points of the curve over barriers; the highest barrier on it, and the one it goes up to where it can, in nats.
_HEATS, _HIGHEST, _FAIRLY_HIGH = 41, 18.0, 6.0
#: Of a mixture (True), and of any other density.
_WHY_NOT = {
    True: f"There must be two to {MAX_WELLS} components. Add or remove some.",
    False: f"There must be two to {MAX_WELLS} modes, each at least {PROMINENCE} nats above the way to a higher one. "
    "Less smoothing (σ) shows more of them.",
}
#: A walk looked at in steps of √(2h) is stopped this many of them late (Broadie, Glasserman & Kou 1997).
_LATE = 0.5826


class NotMeasurable(ValueError):
    """Passage times of this scene cannot be measured; the message says why and what to do."""


@torch.no_grad()
def passages(scene: Scene, step_size: float, chosen: tuple[float, float] | None = None) -> Iterator[Passages]:
    """Langevin from mode to mode, and yields every so often until all chains are there.

    A chain is seen only once a step, so that it seems to arrive late; to first order in √h that is made up for by
    stopping it 0.5826 √(2h) before the mode.

    Args:
        scene: in 1-D, with at least two modes; its noise level, seed.
        step_size: h.
        chosen: from where to where, one of `Passages.ways`; None: the slowest way there is.

    Raises:
        NotMeasurable: there is no second mode, or a passage takes too long.
    """
    density, q = build_density(scene.target), build_process(scene)
    # Of a run through noise levels it is the target whose modes one escapes from.
    level = start_level(scene, q) if scene.sampler.endless else Level(1.0, 0.0, None)
    wells = find_wells(scene.target, density.noised(level.alpha, level.sigma))
    way = None if wells is None else slowest_passage(wells)
    if wells is None or way is None:
        raise NotMeasurable(_WHY_NOT[scene.target.kind == "mixture"])
    ways = neighbouring_passages(wells)
    way = next((w for w in ways if (w.start, w.end) == chosen), way)
    if math.isinf(way.time):
        raise NotMeasurable(
            f"Between {way.start:.2g} and {way.end:.2g} p is 0, or too small to tell: nobody ever gets across. "
            "Smooth the target (σ), or draw or type a way between the modes."
        )
    count = min(_MOST, int(_BUDGET / max(1.0, way.time / step_size)))
    if count < _FEWEST:
        raise NotMeasurable(
            f"A passage takes {way.time / step_size:.1e} steps on average: too long to wait for. "
            "Smooth the target (σ), make the step larger, or move the modes closer together."
        )
    shown = _energy(wells, way.start, way.end)
    begin = np.empty(0, np.float32)
    heated = (np.empty(0, np.float32), np.empty(0, np.float32))
    if way.barrier is not None:
        coldest = min(_HIGHEST / way.barrier.height, max(2.0, min(8.0, _FAIRLY_HIGH / way.barrier.height)))
        betas = np.linspace(0.05 * coldest, coldest, _HEATS)
        times = heated_passage_times(wells, way.start, way.end, betas)
        heated = ((betas * way.barrier.height).astype(np.float32), times.astype(np.float32))
    both = tuple((w.start, w.end) for w in ways)
    first = Passages(way.start, way.end, both, step_size, way.time, way.barrier, heated, *shown, begin, count, 0.0)
    yield first
    yield from _run(first, exact_field(density).at(level.alpha, level.sigma), count, scene.seed)


def _run(first: Passages, field: FieldAtLevel, count: int, seed: int) -> Iterator[Passages]:
    sampler = Langevin(field, first.step_size)
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


def _energy(wells: Wells, a: float, b: float) -> tuple[Floats, Floats]:
    """U = −log p around a and b, up to where it is as high above the barrier as the barrier is."""
    grid = np.linspace(min(a, b) - wells.reach, max(a, b) + wells.reach, _POINTS)
    energy = -np.log(np.maximum(wells.pdf(grid), 1e-300))
    energy -= energy.min()
    inside = (grid >= min(a, b)) & (grid <= max(a, b))
    keep = energy <= 1.6 * max(float(energy[inside].max()), 1.0)
    return grid[keep].astype(np.float32), energy[keep].astype(np.float32)
