"""How long the slowest mode of the dynamics takes: relaxation times."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import ArpackError, eigsh

from visualizer.densities import Density

Array = NDArray[np.float64]
#: √p below e^−60 of its largest is nothing; below e^−35 of it an eigenvector is lost in rounding.
_NOTHING, _ROUNDING = 60.0, 35.0


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
    eigenfunction cuts the space into the two traps. Where p is nothing there are walls, too.

    Args:
        density: p, in one or two dimensions.
        limits: (low, high) of each axis.
        cells: along each axis.
    """
    axes = tuple(low + (np.arange(cells) + 0.5) * (high - low) / cells for low, high in limits)
    points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], 1)
    log_p = density.log_prob(torch.from_numpy(points).to(density.dtype)).double().cpu().numpy()
    half = 0.5 * (np.nan_to_num(log_p, nan=-np.inf) - np.nanmax(log_p))
    shape = (cells,) * len(axes)
    there = half > -_NOTHING
    matrix = _symmetric_generator(half.reshape(shape), there.reshape(shape), [a[1] - a[0] for a in axes])
    values, vectors = eigsh(matrix, k=2, sigma=-1e-3 * float(matrix.diagonal().min()), which="LM")
    order = np.argsort(values)
    function = np.zeros(half.size)
    function[there] = vectors[:, order[1]] / np.exp(half[there])
    function[half < -_ROUNDING] = 0.0  # there, vector and density are both rounding
    function /= np.abs(function).max()
    return Relaxation(1.0 / float(values[order[1]]), function.reshape(shape), axes)


def slowest_mode(density: Density, cells: int) -> Relaxation | None:
    """`relaxation` over the box the density lies in; None where λ₂ is lost in rounding."""
    try:
        found = relaxation(density, density.bounds(), cells)
    except (ArpackError, ZeroDivisionError, RuntimeError):  # the last: p falls apart, and the matrix is singular
        return None
    return found if math.isfinite(found.time) and found.time > 0 else None


def _symmetric_generator(half: Array, there: NDArray[np.bool_], spacings: list[float]) -> csc_array:
    """−√p L (1/√p) as a sparse matrix over the cells that are `there`; `half` is ½ log p on the grid."""
    index = np.where(there, np.cumsum(there).reshape(there.shape) - 1, -1)
    rows, columns, values = [], [], []
    flat = half[there]
    diagonal = np.zeros(flat.size)
    for axis, spacing in enumerate(spacings):
        i, j = (np.take(index, r, axis).ravel() for r in (range(half.shape[axis] - 1), range(1, half.shape[axis])))
        i, j = i[(i >= 0) & (j >= 0)], j[(i >= 0) & (j >= 0)]
        rate = 1.0 / spacing**2
        np.add.at(diagonal, i, rate * np.exp(np.clip(flat[j] - flat[i], -300, 300)))
        np.add.at(diagonal, j, rate * np.exp(np.clip(flat[i] - flat[j], -300, 300)))
        rows += [i, j]
        columns += [j, i]
        values += [np.full(len(i), -rate)] * 2
    everywhere = np.arange(flat.size)
    entries = (
        np.concatenate([*values, diagonal]),
        (np.concatenate([*rows, everywhere]), np.concatenate([*columns, everywhere])),
    )
    return csc_array(coo_array(entries, shape=(flat.size, flat.size)))
