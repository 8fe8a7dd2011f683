"""How long it takes to get out: exact passage times, Kramers' estimate, relaxation times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import ArpackError, eigsh

from visualizer.densities import Density
from visualizer.diagnostics.marginals import Marginal

Array = NDArray[np.float64]


def mean_passage_time(marginal: Marginal, a: float, b: float) -> float:
    """τ(a→b) = ∫_a^b dy (1/p(y)) ∫_{−∞}^y p(z) dz of dx = ∇log p dt + √2 dw in 1-D, for b > a (Gardiner 2009).

    For b < a the mirror image. In units of the dynamics' time: a step of Langevin takes h.
    """
    if b < a:
        mirrored = Marginal(marginal.weights, -marginal.means, marginal.stds)
        return mean_passage_time(mirrored, -a, -b)

    def slope(y: float) -> float:
        at = np.array([y])
        return float(marginal.cdf(at)[0] / max(marginal.pdf(at)[0], 1e-300))

    inside = [m for m in marginal.means.tolist() if a < m < b]
    return float(quad(slope, a, b, points=[*inside, _barrier(marginal, a, b)], limit=400, epsabs=0, epsrel=1e-9)[0])


def _barrier(marginal: Marginal, a: float, b: float) -> float:
    """Where p is smallest between a and b."""
    grid = np.linspace(a, b, 2001)
    i = int(marginal.pdf(grid).argmin())
    low, high = grid[max(0, i - 1)], grid[min(2000, i + 1)]
    return float(
        minimize_scalar(lambda y: float(marginal.pdf(np.array([y]))[0]), bounds=(low, high), method="bounded").x
    )


@dataclass(frozen=True)
class Barrier:
    """The way out of a well: where its bottom and the barrier are, how high, and Kramers' time over it."""

    bottom: float
    top: float
    height: float
    kramers_time: float


def barrier(marginal: Marginal, a: float, b: float) -> Barrier:
    """The barrier between the well of a and b, with τ ≈ 2π e^{ΔU}/√(U''(bottom) |U''(top)|), U = −log p (Kramers 1940).

    Raises:
        ValueError: p has no minimum between a and b.
    """
    top = _barrier(marginal, min(a, b), max(a, b))
    bottom = _bottom(marginal, a, top)

    def energy(y: float) -> float:
        return -math.log(max(float(marginal.pdf(np.array([y]))[0]), 1e-300))

    def curvature(y: float) -> float:
        step = 1e-4 * float(marginal.stds.min())
        return (energy(y + step) - 2 * energy(y) + energy(y - step)) / step**2

    height, inner, outer = energy(top) - energy(bottom), curvature(bottom), -curvature(top)
    if not (height > 0 and inner > 0 and outer > 0):
        raise ValueError("there is no barrier between these places")
    return Barrier(bottom, top, height, 2 * math.pi * math.exp(height) / math.sqrt(inner * outer))


def _bottom(marginal: Marginal, a: float, top: float) -> float:
    """Where one comes to rest going downhill from a: the nearest minimum of U on this side of the barrier."""
    reach = 3 * float(marginal.stds.max())
    grid = np.linspace(min(a, top) - reach, top, 4001) if a < top else np.linspace(max(a, top) + reach, top, 4001)
    density = marginal.pdf(grid)
    i = int(np.abs(grid - a).argmin())
    while 0 < i < len(grid) - 1 and max(density[i - 1], density[i + 1]) > density[i]:
        i += 1 if density[i + 1] > density[i - 1] else -1
    low, high = sorted((grid[max(0, i - 1)], grid[min(len(grid) - 1, i + 1)]))
    return float(
        minimize_scalar(lambda y: -float(marginal.pdf(np.array([y]))[0]), bounds=(low, high), method="bounded").x
    )


@dataclass(frozen=True)
class Relaxation:
    """The slowest mode: its time 1/λ₂ and its eigenfunction on a grid, (n,) or (ny, nx), with the axes."""

    time: float
    function: Array
    axes: tuple[Array, ...]


def relaxation(density: Density, limits: tuple[tuple[float, float], ...], cells: int = 160) -> Relaxation:
    """The smallest non-zero eigenvalue λ₂ of −L, L f = s·∇f + Δf, on a grid with reflecting walls.

    Symmetrised by √p: neighbouring cells i, j at distance δ exchange at rate √(p_j/p_i)/δ² (Bou-Rabee &
    Vanden-Eijnden 2018), which obeys detailed balance exactly and has an error of order δ². The sign of the
    eigenfunction cuts the space into the two traps.

    Args:
        density: p, in one or two dimensions.
        limits: (low, high) of each axis.
        cells: along each axis.
    """
    axes = tuple(low + (np.arange(cells) + 0.5) * (high - low) / cells for low, high in limits)
    points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], 1)
    log_p = density.log_prob(torch.from_numpy(points).to(density.dtype)).double().cpu().numpy()
    half = 0.5 * (log_p - log_p.max())
    shape = (cells,) * len(axes)
    matrix = _symmetric_generator(half.reshape(shape), [a[1] - a[0] for a in axes])
    values, vectors = eigsh(matrix, k=2, sigma=-1e-3 * float(matrix.diagonal().min()), which="LM")
    order = np.argsort(values)
    scale = np.exp(np.maximum(half, half.max() - 300))
    function = vectors[:, order[1]] / scale
    function = np.where(half > -35, function, 0.0)  # beyond, vector and density are both rounding
    function /= np.abs(function).max()
    return Relaxation(1.0 / float(values[order[1]]), function.reshape(shape), axes)


def slowest_mode(density: Density, cells: int) -> Relaxation | None:
    """`relaxation` over the box the density lies in; None where λ₂ is lost in rounding."""
    try:
        found = relaxation(density, density.bounds(), cells)
    except (ArpackError, ZeroDivisionError):
        return None
    return found if math.isfinite(found.time) and found.time > 0 else None


def _symmetric_generator(half: Array, spacings: list[float]) -> csc_array:
    """−√p L (1/√p) as a sparse matrix; `half` is ½ log p on the grid."""
    index = np.arange(half.size).reshape(half.shape)
    rows, columns, values = [], [], []
    diagonal = np.zeros(half.size)
    flat = half.ravel()
    for axis, spacing in enumerate(spacings):
        i, j = (np.take(index, r, axis).ravel() for r in (range(half.shape[axis] - 1), range(1, half.shape[axis])))
        rate = 1.0 / spacing**2
        np.add.at(diagonal, i, rate * np.exp(np.clip(flat[j] - flat[i], -300, 300)))
        np.add.at(diagonal, j, rate * np.exp(np.clip(flat[i] - flat[j], -300, 300)))
        rows += [i, j]
        columns += [j, i]
        values += [np.full(len(i), -rate)] * 2
    everywhere = np.arange(half.size)
    entries = (
        np.concatenate([*values, diagonal]),
        (np.concatenate([*rows, everywhere]), np.concatenate([*columns, everywhere])),
    )
    return csc_array(coo_array(entries, shape=(half.size, half.size)))


@dataclass(frozen=True)
class Passage:
    """The slowest way from one mode to the next in 1-D: places, exact mean time, and the barrier if there is one."""

    start: float
    end: float
    time: float
    barrier: Barrier | None


def slowest_passage(marginal: Marginal) -> Passage | None:
    """The longest mean passage time between neighbouring means, either way; None for one component."""
    means = np.unique(marginal.means[marginal.weights > 0]).tolist()
    found: Passage | None = None
    for low, high in pairwise(means):
        for a, b in ((low, high), (high, low)):
            time = mean_passage_time(marginal, a, b)
            if found is None or time > found.time:
                try:
                    over = barrier(marginal, a, b)
                except ValueError:
                    over = None
                found = Passage(a, b, time, over)
    return found
