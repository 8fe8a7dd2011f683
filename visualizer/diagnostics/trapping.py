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
