"""How long the slowest mode of the dynamics takes: relaxation times."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from visualizer.densities import Density, cell_centres, cell_places
from visualizer.diagnostics.modes import cells_needed

Array = NDArray[np.float64]
#: √p below e^−60 of its largest is nothing.
_NOTHING = 60.0
#: Where √p is below e^−35 of its largest, an eigenvector is lost in rounding.
_ROUNDING = 35.0
#: What the solver tells from 0, in roundings of a common rate.
_SOLVED = 100.0
#: What the Dirichlet form tells from 0, in those roundings; its own error is a hundredth of that.
_TOLD = 0.1
#: Eigenvectors that are looked at, first and where these are too few.
_VECTORS = (6, 40)
#: Modes that are handed out.
_MODES = 3


#: Most cells along an axis, by dimension.
_MOST = {1: 50_000, 2: 240}
#: Of a grid's own cells every third is enough.
_SPARE = 3.0
#: What the number of cells that a Gaussian needs is divided by, by dimension.
_TO_A_STD = {1: 0.5, 2: 1.5}
#: On the line, where cells cost little, there are this many times as many.
_FINER = 10


@dataclass(frozen=True)
class Relaxation:
    """The slowest modes on a grid with these axes.

    Attributes:
        time, function: 1/λ₂ and its eigenfunction, (n,) or (ny, nx), of largest magnitude 1.
        axes: places along each axis.
        times, functions: those of λ₂, λ₃ and λ₄, as far as rounding tells them; each of mean square 1 under p.
    """

    time: float
    function: Array
    axes: tuple[Array, ...]
    times: tuple[float, ...] = ()
    functions: tuple[Array, ...] = ()


def relaxation(density: Density, limits: tuple[tuple[float, float], ...], cells: int = 160) -> Relaxation:
    """The smallest non-zero eigenvalue λ₂ of −L, L f = s·∇f + Δf, on a grid with reflecting walls.

    Symmetrised by √p: neighbouring cells i, j at distance δ exchange at rate √(p_j/p_i)/δ² (Bou-Rabee &
    Vanden-Eijnden 2018), which obeys detailed balance exactly and has an error of order δ². The sign of the
    eigenfunction cuts the space into the two traps. Where p is nothing there are walls, too. λ₂ is a sum of squares
    over the eigenvector (the Dirichlet form), which has nothing to cancel.

    Args:
        density: p, in one or two dimensions.
        limits: (low, high) of each axis.
        cells: along each axis.

    Raises:
        ArithmeticError: λ₂ is lost in rounding: there is no telling how slow the mode is.
    """
    axes = tuple(axis.numpy() for axis in cell_centres(limits, cells))
    log_p = density.log_prob(cell_places(limits, cells).to(density.dtype)).double().cpu().numpy()
    half = 0.5 * (np.nan_to_num(log_p, nan=-np.inf) - np.nanmax(log_p))
    shape = (cells,) * len(axes)
    there = half > -_NOTHING
    matrix = _symmetric_generator(half.reshape(shape), there.reshape(shape), [a[1] - a[0] for a in axes])
    rates, vectors = _slowest(matrix, np.exp(half[there]), tridiagonal=len(axes) == 1)
    functions = []
    for vector in vectors.T:
        function = np.zeros(half.size)
        function[there] = vector / np.exp(half[there])
        function[half < -_ROUNDING] = 0.0  # there, vector and density are both rounding
        functions.append(function.reshape(shape))
    mass = np.exp(2 * np.where(there, half, -np.inf)).reshape(shape)
    sizes = [np.sqrt((mass * f**2).sum() / mass.sum()) for f in functions]
    first = functions[0] / np.abs(functions[0]).max()
    unit = tuple(f / size for f, size in zip(functions, sizes, strict=True))
    return Relaxation(1.0 / float(rates[0]), first, axes, tuple(1.0 / float(v) for v in rates), unit)


def _lowest(matrix: scipy.sparse.csc_array, count: int, tridiagonal: bool) -> tuple[Array, Array]:
    """So many of the smallest eigenvalues, and their vectors."""
    if tridiagonal:
        values, vectors = scipy.linalg.eigh_tridiagonal(
            matrix.diagonal(), matrix.diagonal(1), select="i", select_range=(0, count - 1)
        )
    else:
        # ARPACK would start from a vector of its own choice, and the last digits would differ from run to run.
        start = np.random.default_rng(0).standard_normal(matrix.shape[0])
        values, vectors = scipy.sparse.linalg.eigsh(
            matrix, k=count, sigma=-1e-3 * float(matrix.diagonal().min()), v0=start
        )
    return values, vectors


def _slowest(matrix: scipy.sparse.csc_array, root: Array, tridiagonal: bool) -> tuple[Array, Array]:
    """λ₂, λ₃, λ₄ and their vectors as columns, as many as are told, of a matrix whose null vector is √p.

    Eigenvalues that rounding cannot tell apart share a space, in which the Dirichlet form
    vᵀMv = Σ |M_ij| (v_i √(√p_j/√p_i) − v_j √(√p_i/√p_j))² over the edges tells them.
    """
    rounding = np.finfo(np.float64).eps * float(np.median(matrix.diagonal()))
    if len(root) < 3:
        raise ArithmeticError("there are too few cells with something in them")
    none = root / np.linalg.norm(root)
    for count in _VECTORS:
        values, vectors = _lowest(matrix, min(count, len(root) - 1), tridiagonal)
        if values.max() > _SOLVED * rounding:
            break
    else:
        raise ArithmeticError("there are more traps than eigenvalues that were looked at")
    left, sizes, _ = np.linalg.svd(vectors - none[:, None] * (none @ vectors), full_matrices=False)
    space = left[:, sizes > 0.5]
    edges = scipy.sparse.triu(matrix, 1).tocoo()
    ratio = np.exp(0.5 * (np.log(root[edges.col]) - np.log(root[edges.row])))[:, None]
    flow = np.sqrt(-edges.data)[:, None] * (space[edges.row] * ratio - space[edges.col] / ratio)
    forms, weights = np.linalg.eigh(flow.T @ flow)
    if float(forms[0]) < _TOLD * rounding:
        raise ArithmeticError("the smallest eigenvalue is lost in rounding")
    return forms[:_MODES], space @ weights[:, :_MODES]


def slowest_mode(density: Density, cells: int) -> Relaxation | None:
    """`relaxation` over the box the density lies in; None where λ₂ is lost in rounding, or p has parts too narrow.

    Args:
        density: p.
        cells: along each axis; more where p asks for them.
    """
    needed = cells_needed(density)
    # Whoever falls through the grid is not seen: a cell is no wider than a part of p.
    least = math.ceil(needed / (_TO_A_STD[density.d] if density.grid is None else _SPARE))
    if least > _MOST[density.d]:
        return None
    if density.d == 1 and density.grid is None:
        needed = math.ceil(_FINER * needed)  # they cost little on the line
    try:
        return relaxation(density, density.bounds(), max(cells, min(needed, _MOST[density.d])))
    except (ArithmeticError, RuntimeError):  # the last: ARPACK's, or p falls apart, and the matrix is singular
        return None


def _symmetric_generator(half: Array, there: NDArray[np.bool_], spacings: list[float]) -> scipy.sparse.csc_array:
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
    return scipy.sparse.csc_array(scipy.sparse.coo_array(entries, shape=(flat.size, flat.size)))
