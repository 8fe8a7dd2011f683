"""The modes of a density on a grid, and the basin of attraction that belongs to each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch.nn.functional import grid_sample

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
#: A mode is at least so many nats above the highest way to a higher one.
PROMINENCE = 0.5
#: What holds less than this share of all is counted with its neighbour.
LEAST_SHARE = 1e-3
#: Cells more than so many nats below the highest belong to the nearest that are not.
_DEPTH = 30.0
#: The core of a mode: as far down as 1.5 σ of a Gaussian, or half way to where one leaves it.
_CORE = 0.5 * 1.5**2
#: Means that differ by less than this share of the standard deviation of all stand above each other.
_ALIKE = 0.1


@dataclass(frozen=True)
class Partition:
    """The cells of a grid divided among modes, from left to right.

    Attributes:
        places: of the modes, (K, d), within a cell by a paraboloid.
        labels: the mode that each cell belongs to, in the shape of the grid.
        core: the same close to a mode, -1 elsewhere.
        shares: of the mass, (K,).
    """

    places: Array
    labels: Indices
    core: NDArray[np.bool_]
    shares: Array


def partition(log_p: Array, axes: tuple[Array, ...]) -> Partition:
    """Divides a grid among the modes of log p: x belongs where ẋ = ∇ log p takes it.

    Every cell climbs to a local maximum. Maxima that rise less than `PROMINENCE` above the saddle to a higher one are
    not told apart from it (as in ToMATo: Chazal, Guibas, Oudot & Skraba 2013). Climbing from cell to cell knows eight
    directions only; so the flow itself, which is not so bound, carries every cell to where it is asked whose it is.

    Args:
        log_p: on the cells, axis 0 first, -inf or NaN where there is nothing; of any constant.
        axes: the centres of the cells along each axis, equally spaced.
    """
    log_p = np.nan_to_num(log_p, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    depth = log_p.max() - log_p
    there = depth < _DEPTH
    spacing = np.array([a[1] - a[0] for a in axes])
    top = _climb(log_p, spacing)
    basin, peaks = _merged(log_p, top, there)
    basin = _spread(basin)
    if log_p.ndim == 2 and len(peaks) > 1:
        basin = _spread(np.where(there, _carried(basin, log_p, spacing), -1))
        basin.ravel()[peaks] = np.arange(len(peaks))  # where all is rough, the flow may carry even a peak away
    mass = np.exp(-depth)
    basin, peaks = _large_ones(basin, peaks, log_p, mass)
    order = _order(basin, mass, axes, len(peaks))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    labels, peaks = back[basin], peaks[order]
    shares = np.bincount(labels.ravel(), mass.ravel(), len(peaks)) / mass.sum()
    places = np.stack([_place(log_p, axes, peak) for peak in peaks])
    return Partition(places, labels, _core(log_p, labels, peaks), shares)


def moments(labels: Indices, mass: Array, axes: tuple[Array, ...], count: int) -> tuple[Array, Array, Array]:
    """Mass (K,), mean (K, d) and covariance (K, d, d) of each basin."""
    x = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")])
    flat, weight = labels.ravel(), mass.ravel()
    total: Array = np.asarray(np.bincount(flat, weight, count), dtype=np.float64)
    mean = np.stack([np.bincount(flat, weight * v, count) / total for v in x])
    off = x - mean[:, flat]
    spread = [[np.bincount(flat, weight * a * b, count) / total for b in off] for a in off]
    return total, np.ascontiguousarray(mean.T), np.moveaxis(np.array(spread), -1, 0)


def _order(basin: Indices, mass: Array, axes: tuple[Array, ...], count: int) -> Indices:
    """Basins from left to right, from top to bottom where that is the same, then from small to large.

    By their means: a ridge has its highest place wherever rounding says.
    """
    total, mean, spread = moments(basin, mass, axes, count)
    if len(axes) == 1:
        return np.argsort(mean[:, 0], kind="stable")
    share = total / total.sum()
    within, between = share @ np.diagonal(spread, axis1=1, axis2=2), share @ (mean - share @ mean) ** 2
    alike = _ALIKE * np.sqrt(within + between)
    ranks = [_ranks(v, a) for v, a in zip((mean * [1, -1]).T, alike, strict=True)]
    return np.lexsort((np.trace(spread, axis1=1, axis2=2), *ranks[::-1]))


def _ranks(values: Array, alike: float) -> Indices:
    """The place of each value among the others; those that differ less than so much from the next share one."""
    order = np.argsort(values, kind="stable")
    steps = np.concatenate([[0], np.cumsum(np.diff(values[order]) > alike)])
    out = np.empty(len(values), dtype=np.int64)
    out[order] = steps
    return out


def _shifted(values: NDArray[np.generic], step: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The cells that have a neighbour a step away, and those neighbours."""
    here = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(step, values.shape, strict=True))
    there = tuple(slice(max(0, s), n - max(0, -s)) for s, n in zip(step, values.shape, strict=True))
    return here, there


def _climb(log_p: Array, spacing: Array) -> Indices:
    """The local maximum, as a flat index, that steepest ascent from cell to cell ends in."""
    index = np.arange(log_p.size).reshape(log_p.shape)
    steepest, above = np.zeros(log_p.shape), index.copy()
    floored = np.maximum(log_p, log_p.max() - 2 * _DEPTH)
    for step in product((-1, 0, 1), repeat=log_p.ndim):
        if any(step):
            here, there = _shifted(log_p, step)
            rise = (floored[there] - floored[here]) / np.linalg.norm(np.array(step) * spacing)
            better = rise > steepest[here]
            steepest[here] = np.where(better, rise, steepest[here])
            above[here] = np.where(better, index[there], above[here])
    top = above.ravel()
    while True:
        further = top[top]
        if np.array_equal(further, top):
            return top.reshape(log_p.shape)
        top = further


def _merged(log_p: Array, top: Indices, there: NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """The basin of each cell, -1 where there is nothing, and the flat indices of their peaks.

    Of two peaks of which the lower rises too little above the saddle the higher is left.
    """
    peaks, basin = np.unique(top[there], return_inverse=True)
    labels = np.full(log_p.shape, -1)
    labels[there] = basin
    owner = _joined(_saddles(log_p, labels), log_p.ravel()[peaks], lambda height, saddle: height - saddle < PROMINENCE)
    kept, owner = np.unique(owner, return_inverse=True)
    labels[there] = owner[basin]
    return labels, peaks[kept]


def _joined(
    saddles: tuple[Indices, Indices, Array],
    rank: Array,
    weak: Callable[[Array, Array], NDArray[np.bool_]],
    *,
    adds: bool = False,
) -> Indices:
    """The basin that each is joined to, or itself.

    In rounds: who is weak, by its rank and its highest saddle, joins the neighbour over that saddle if that one ranks
    higher. So the order of the saddles is kept, on which persistence is defined. With `adds`, ranks of joined ones add.
    """
    low, high, saddle = saddles
    owner = np.arange(len(rank))
    while len(saddle):
        a, b = owner[low], owner[high]
        apart = a != b
        low, high, saddle, a, b = low[apart], high[apart], saddle[apart], a[apart], b[apart]
        best = np.full(len(rank), -np.inf)
        np.maximum.at(best, a, saddle)
        np.maximum.at(best, b, saddle)
        joins = np.arange(len(rank))
        for one, other in ((a, b), (b, a)):
            lower = (rank[one] < rank[other]) | ((rank[one] == rank[other]) & (one > other))
            which = lower & (saddle == best[one]) & weak(rank[one], saddle)
            joins[one[which]] = other[which]
        if np.array_equal(joins, np.arange(len(rank))):
            break
        while not np.array_equal(joins[joins], joins):
            joins = joins[joins]
        owner = joins[owner]
        if adds:
            rank = np.asarray(np.bincount(joins, rank, len(rank)), dtype=np.float64)
    return owner


def _saddles(log_p: Array, labels: Indices) -> tuple[Indices, Indices, Array]:
    """Pairs of basins that touch, and the height of the highest way from one to the other."""
    firsts, seconds, heights = [], [], []
    for step in product((0, 1, -1), repeat=log_p.ndim):
        if step > (0,) * log_p.ndim:  # each pair of neighbours once
            here, there = _shifted(log_p, step)
            a, b = labels[here].ravel(), labels[there].ravel()
            apart = (a != b) & (a >= 0) & (b >= 0)
            firsts.append(np.minimum(a, b)[apart])
            seconds.append(np.maximum(a, b)[apart])
            heights.append(np.minimum(log_p[here].ravel(), log_p[there].ravel())[apart])
    a, b, height = np.concatenate(firsts), np.concatenate(seconds), np.concatenate(heights)
    if not len(a):
        return a, b, height
    order = np.lexsort((height, b, a))
    a, b, height = a[order], b[order], height[order]
    last = np.append((np.diff(a) != 0) | (np.diff(b) != 0), True)
    return a[last], b[last], height[last]


def _spread(labels: Indices) -> Indices:
    """Cells that belong to nothing (-1) take the label of the nearest that do."""
    if (labels >= 0).all():
        return labels
    nearest = scipy.ndimage.distance_transform_edt(labels < 0, return_distances=False, return_indices=True)
    return np.asarray(labels[tuple(nearest)])


def _carried(labels: Indices, log_p: Array, spacing: Array) -> Indices:
    """The label where the flow along ∇ log p carries each cell.

    A cell's worth of the flow is a map of the plane; composed with itself it is two cells' worth, then four. Counted in
    cells h wide ẋ_i is ∂_i/h_i², with ∂_i from cell to cell.
    """
    floored = np.maximum(log_p, log_p.max() - 2 * _DEPTH)
    slope = np.stack([g / h**2 for g, h in zip(np.gradient(floored), spacing / spacing.min(), strict=True)])
    size = np.sqrt((slope * slope).sum(0))
    grid = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float64) for n in log_p.shape), indexing="ij"))
    # Half a cell at a time, and less where it is flat: so it does not leap to and fro over a peak.
    moved = grid + slope / np.maximum(2.0 * size, 1e-3)
    last = np.array(log_p.shape, dtype=np.float64)[:, None, None] - 1
    flow = torch.from_numpy((2 * moved / last - 1)[::-1].copy())[None]  # as grid_sample wants it: −1…1, columns first
    for _ in range(math.ceil(math.log2(4 * max(log_p.shape)))):
        flow = grid_sample(flow, flow.permute(0, 2, 3, 1), padding_mode="border", align_corners=True)
    ends = np.rint((flow[0].numpy()[::-1] + 1) * last / 2).astype(np.int64)
    return np.asarray(labels[tuple(np.clip(e, 0, n - 1) for e, n in zip(ends, log_p.shape, strict=True))])


def _large_ones(basin: Indices, peaks: Indices, log_p: Array, mass: Array) -> tuple[Indices, Indices]:
    """Without modes of next to no mass: each joins the neighbour over its highest saddle."""
    masses: Array = np.asarray(np.bincount(basin.ravel(), mass.ravel(), len(peaks)), dtype=np.float64)
    least = LEAST_SHARE * mass.sum()
    if (masses >= least).all():
        return basin, peaks
    owner = _joined(_saddles(log_p, basin), masses, lambda m, _: m < least, adds=True)
    kept, owner = np.unique(owner, return_inverse=True)
    return owner[basin], peaks[kept]


def _place(log_p: Array, axes: tuple[Array, ...], peak: int) -> Array:
    """A local maximum: the vertex of a paraboloid through its cell and the neighbours, within a cell of it."""
    at = np.array(np.unravel_index(peak, log_p.shape))
    d, unit = len(axes), np.eye(len(axes), dtype=np.int64)

    def value(offset: Indices) -> float:
        return float(log_p[tuple(np.clip(at + offset, 0, np.array(log_p.shape) - 1))])

    slope = np.array([0.5 * (value(e) - value(-e)) for e in unit])
    bend = np.array([[_bend(value, unit[i], unit[j]) for j in range(d)] for i in range(d)])
    shift = np.zeros(d)
    if np.isfinite(slope).all() and np.isfinite(bend).all() and np.linalg.eigvalsh(bend).max() < 0:
        shift = np.clip(-np.linalg.solve(bend, slope), -1, 1)
    return np.array([a[k] + s * (a[1] - a[0]) for a, k, s in zip(axes, at, shift, strict=True)])


def _bend(value: Callable[[Indices], float], a: Indices, b: Indices) -> float:
    """The second difference along two unit steps."""
    if (a == b).all():
        return value(a) - 2 * value(0 * a) + value(-a)
    return 0.25 * (value(a + b) - value(a - b) - value(b - a) + value(-a - b))


def _core(log_p: Array, labels: Indices, peaks: Indices) -> NDArray[np.bool_]:
    """Whether a cell is close to its mode: at most 1.125 nats below, or half as low as where one leaves its basin."""
    height = log_p.ravel()[peaks]
    low, high, saddle = _saddles(log_p, labels)
    leave = np.full(len(peaks), -np.inf)
    np.maximum.at(leave, low, saddle)
    np.maximum.at(leave, high, saddle)
    deep = np.clip(0.5 * (height - leave), 0.0, _CORE)
    return np.asarray(log_p >= (height - deep)[labels])
