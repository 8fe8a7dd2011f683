"""What the pictures in one and two dimensions share."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer import fused
from visualizer.densities import Density
from visualizer.diagnostics.marginals import law_along
from visualizer.engine.drawings import Floats
from visualizer.engine.frame import Moment, Occupancy
from visualizer.engine.pictures.few import over_time
from visualizer.engine.pictures.splat import counted
from visualizer.engine.run.levels import Level, run_level
from visualizer.engine.run.simulation import Simulation

_MARGINAL_POINTS = 256
_BINS = 72
T = TypeVar("T")


class Cache:
    """The last value made for each name, made again when its key changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Hashable, object]] = {}

    def get(self, name: str, key: Hashable, make: Callable[[], T]) -> T:
        """The value for this key, made by `make` if the one kept was made for another."""
        found = self._kept.get(name)
        if found is None or found[0] != key:
            found = (key, make())
            self._kept[name] = found
        return found[1]  # type: ignore[return-value]  # one name always holds one type


class Same:
    """An object as a part of a key: equal to itself alone, and kept alive so that no other takes its place."""

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self._thing is other._thing

    def __hash__(self) -> int:
        return id(self._thing)


def round_up(value: float) -> float:
    """The next power of 2^(1/4): a limit that does not follow every wiggle."""
    return float(2.0 ** (math.ceil(4 * math.log2(max(value, 1e-12))) / 4))


def moment(sim: Simulation, level: Level) -> Moment:
    """Where a simulation is."""
    return Moment(
        step=sim.state.step,
        t=sim.state.t,
        count=sim.state.x.shape[1],
        shown_t=level.t,
        alpha=level.alpha,
        sigma=level.sigma,
        finished=sim.finished,
        last_step=sim.last_step,
        endless=sim.endless,
        device=sim.device.type,
    )


def mode_occupancy(sim: Simulation, sample: int, dragging: bool) -> Occupancy | None:
    """Of the first `sample` particles, at the noise level they are at; None for one mode or too many.

    Of few particles of a run without end all places where they have been count.
    """
    modes = sim.modes(dragging)
    if modes is None or len(modes.places) < 2:
        return None
    at = run_level(sim.scene, sim.process, sim.state.t)
    places = over_time(sim)
    x = sim.near[:, :sample] if places is None else torch.from_numpy(places.T.copy())
    shares = modes.occupancy(x, at.alpha, at.sigma)
    return Occupancy(modes.shares.astype(np.float32), shares.astype(np.float32), at.sigma)


def axis_marginal(
    p: Density, level: Level, axis: int, low: float, high: float, points: int = _MARGINAL_POINTS
) -> tuple[Floats, Floats]:
    """The exact density of one coordinate of x_t on `points` places between low and high: (grid, density)."""
    grid = np.linspace(low, high, points)
    density = law_along(p.noised(level.alpha, level.sigma), np.eye(p.d)[axis]).pdf(grid)
    return grid.astype(np.float32), density.astype(np.float32)


def cell_counts(x: Tensor, low: float, high: float, cells: int, watch: fused.Watch | None = None) -> Tensor:
    """How many of x (N,) fall into each of `cells` equal cells between low and high, (cells,) float32."""
    if fused.at_hand(x):
        asked = fused.Cells(((low, high),), (cells,))
        return fused.known_or_counted(x[None], asked, watch)[1:-1].to(torch.float32)
    scale = cells / (high - low)
    # Shifted by one cell, so that truncation is the floor; what lies outside falls into the first and the last.
    cell = x.mul(scale).add_(1.0 - low * scale).nan_to_num_(0.0, cells + 1.0, 0.0).clamp_(0.0, cells + 1.0)
    return counted(cell.to(torch.int64), cells + 2)[1 : cells + 1].to(torch.float32)


def histogram_of(
    counts: NDArray[np.float32] | NDArray[np.int32], low: float, high: float, total: int, bins: int = _BINS
) -> tuple[Floats, Floats]:
    """Counts on fine cells between low and high → (edges, density) on `bins` bins or as many cells as there are."""
    bins = min(bins, len(counts))
    starts = np.linspace(0, len(counts), bins + 1).astype(int)
    sums = np.add.reduceat(counts, starts[:-1])
    edges = low + starts * (high - low) / len(counts)
    return edges.astype(np.float32), (sums / (total * np.diff(edges))).astype(np.float32)
