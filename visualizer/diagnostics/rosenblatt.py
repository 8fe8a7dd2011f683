"""The exact map of one coordinate after the other: N(0, I) to a density in the plane, increasing in each coordinate."""

from __future__ import annotations

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from visualizer.densities import Density, cell_places

#: Cells along an axis, and the spread of the box in standard deviations.
_CELLS, _SPREAD = 1_024, 6.0
#: Places that are mapped at a time.
_AT_ONCE = 2_000
Array = NDArray[np.float64]


def knothe_rosenblatt(p: Density, z: Array, first: int = 0) -> Array:
    """x with F(x_a) = Φ(z_a) and F(x_b | x_a) = Φ(z_b), (N, 2) → (N, 2); a is the axis `first`.

    Of all maps from N(0, I) to p it is the triangular one that increases (Knothe 1957; Rosenblatt 1952,
    https://doi.org/10.1214/aoms/1177729394). Here to a thousandth of the box, by sums over cells.
    """
    box = list(p.bounds(_SPREAD))
    mass = torch.softmax(p.log_prob(cell_places(box, _CELLS)).double(), 0).reshape(_CELLS, _CELLS).numpy()
    if first == 1:
        box, mass, z = box[::-1], mass.T, z[:, ::-1]
    edges = [np.linspace(low, high, _CELLS + 1) for low, high in box]
    u = scipy.special.ndtr(z)
    at = _inverse(np.concatenate([[0.0], np.cumsum(mass.sum(1))]), edges[0], u[:, 0])
    columns = np.concatenate([np.zeros((_CELLS, 1)), np.cumsum(mass, 1)], 1)
    columns /= np.maximum(columns[:, -1:], 1e-300)
    # Between the centres of two columns the distribution functions are mixed.
    where = np.clip((at - edges[0][0]) / (edges[0][1] - edges[0][0]) - 0.5, 0, _CELLS - 1.001)
    left = where.astype(int)
    share = (where - left)[:, None]
    up = np.empty(len(z))
    for i in range(0, len(z), _AT_ONCE):
        some = slice(i, i + _AT_ONCE)
        below = (1 - share[some]) * columns[left[some]] + share[some] * columns[left[some] + 1]
        up[some] = [_inverse(row, edges[1], v) for row, v in zip(below, u[some, 1], strict=True)]
    x = np.column_stack([at, up])
    return x[:, ::-1] if first == 1 else x


def _inverse(below: Array, edges: Array, u: Array) -> Array:
    """Where a distribution function, known at edges of cells, has the value u."""
    return np.asarray(np.interp(u, below, edges))
