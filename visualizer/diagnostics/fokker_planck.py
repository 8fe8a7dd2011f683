"""The density of Langevin's particles over time, without particles: Fokker and Planck's equation on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visualizer.densities import Density, cell_centres, cell_places

Array = NDArray[np.float64]
#: A density of e^−690 of the largest is as good as none.
_HIGHEST = 690.0
#: Nats above the deepest place, at most: where there is no density at all.
_NOWHERE = 1e6
#: B(z) is nothing beyond this, and −z on the other side.
_STEEP = 700.0


def bernoulli(z: Array) -> Array:
    """B(z) = z/(e^z − 1), which is 1 at 0."""
    small = np.abs(z) < 1e-5
    safe = np.clip(np.where(small, 1.0, z), -np.inf, _STEEP)
    return np.asarray(np.where(small, 1 - 0.5 * z, safe / np.expm1(safe)))


class FokkerPlanck:
    """∂q/∂τ = ∇·(q ∇U) + Δq with U = −log p, on cells with walls around.

    Neighbouring cells exchange at the rates w_{i→j} = B(U_j − U_i)/δ² (Scharfetter & Gummel 1969; Chang & Cooper 1970),
    which obey detailed balance: e^{−U} is stationary to rounding. A step is backward Euler along one axis after the
    other; mass is kept, and q stays positive, for any step.

    Args:
        p: the target, in one or two dimensions.
        limits: (low, high) of each axis.
        cells: along each axis.
    """

    def __init__(self, p: Density, limits: tuple[tuple[float, float], ...], cells: int) -> None:
        self.axes = tuple(axis.numpy() for axis in cell_centres(limits, cells))
        self.widths = tuple(float(a[1] - a[0]) for a in self.axes)
        self._places, self._step = cell_places(limits, cells), 0.0
        u = -self.on_cells(p)
        self.potential = np.minimum(u - u.min(), _NOWHERE)
        self._rates = [self._exchange(axis) for axis in range(p.d)]
        self._factors: list[tuple[Array, Array, Array]] = []

    def on_cells(self, q: Density) -> Array:
        """log q at the middle of every cell, (n,) or (nx, ny)."""
        found: Array = q.log_prob(self._places.to(q.dtype)).double().cpu().numpy()
        return np.nan_to_num(found, nan=-np.inf, neginf=-1e300).reshape(tuple(len(a) for a in self.axes))

    @property
    def stationary(self) -> Array:
        """e^{−U}, of mass 1."""
        return self.normalised(np.exp(-np.minimum(self.potential, _HIGHEST)))

    def normalised(self, q: Array) -> Array:
        """q with mass 1."""
        return np.asarray(q / (q.sum() * np.prod(self.widths)))

    def _exchange(self, axis: int) -> tuple[Array, Array]:
        """Rates up and down an axis between neighbours, the axis in front: (n − 1, …) each."""
        u = np.moveaxis(self.potential, axis, 0)
        rise, scale = np.diff(u, axis=0), self.widths[axis] ** -2
        return scale * bernoulli(rise), scale * bernoulli(-rise)

    def advance(self, q: Array, step: float, count: int = 1) -> Array:
        """q after so many steps of Δτ = `step`."""
        if step != self._step:
            self._step, self._factors = step, [_factorised(up, down, step) for up, down in self._rates]
        for _ in range(count):
            q = _step(q, self._factors)
        return q


class Drifted:
    """∂q/∂τ = −∇·(b q) + D Δq for any drift b, on cells with walls around.

    The rates are w_{i→j} = (D/δ²) B(−b δ/D), b along the way from cell i to cell j in the middle between them: those of
    `FokkerPlanck` where b = −∇U and D = 1. A step is backward Euler along one axis after the other.

    Args:
        limits: (low, high) of each axis.
        cells: along each axis.
    """

    def __init__(self, limits: tuple[tuple[float, float], ...], cells: int) -> None:
        self.axes = tuple(axis.numpy() for axis in cell_centres(limits, cells))
        self.widths = tuple(float(a[1] - a[0]) for a in self.axes)
        #: the middles between neighbours along each axis, rows (N, d), the last axis running fastest
        self.faces = tuple(self._between(axis) for axis in range(len(limits)))

    def _between(self, axis: int) -> Array:
        places = [
            a[:-1] + 0.5 * w if i == axis else a for i, (a, w) in enumerate(zip(self.axes, self.widths, strict=True))
        ]
        return np.stack([g.ravel() for g in np.meshgrid(*places, indexing="ij")], 1)

    @property
    def places(self) -> Array:
        """The middles of all cells, rows (N, d), the last axis running fastest."""
        return np.stack([g.ravel() for g in np.meshgrid(*self.axes, indexing="ij")], 1)

    def normalised(self, q: Array) -> Array:
        """q with mass 1."""
        return np.asarray(q / (q.sum() * np.prod(self.widths)))

    def advance(self, q: Array, drift: Sequence[Array], diffusion: float, step: float) -> Array:
        """q after a step of Δτ.

        Args:
            q: (n,) or (nx, ny).
            drift: b along each axis at its `faces`, (N,) each.
            diffusion: D, positive.
            step: Δτ.
        """
        factors = []
        for axis, (b, width) in enumerate(zip(drift, self.widths, strict=True)):
            shape = [n - (i == axis) for i, n in enumerate(q.shape)]
            lean = np.moveaxis(b.reshape(shape), axis, 0) * (width / diffusion)
            scale = diffusion / width**2
            factors.append(_factorised(scale * bernoulli(-lean), scale * bernoulli(lean), step))
        return _step(q, factors)


def _step(q: Array, factors: Sequence[tuple[Array, Array, Array]]) -> Array:
    """One axis after the other."""
    for axis, of_axis in enumerate(factors):
        q = np.moveaxis(_solved(of_axis, np.moveaxis(q, axis, 0)), 0, axis)
    return q


def _factorised(up: Array, down: Array, step: float) -> tuple[Array, Array, Array]:
    """I − Δτ A of every line, tridiagonal, by Thomas' algorithm: what is below, one over the pivots, what is above."""
    lower, upper = -step * up, -step * down
    diagonal = np.ones((len(up) + 1, *up.shape[1:]))
    diagonal[:-1] += step * up
    diagonal[1:] += step * down
    inverse, above = np.empty_like(diagonal), np.empty_like(upper)
    inverse[0] = 1 / diagonal[0]
    for i in range(len(upper)):
        above[i] = upper[i] * inverse[i]
        inverse[i + 1] = 1 / (diagonal[i + 1] - lower[i] * above[i])
    return lower, inverse, above


def _solved(factors: tuple[Array, Array, Array], q: Array) -> Array:
    """The lines of q, the axis in front, after a step."""
    lower, inverse, above = factors
    x = np.empty_like(q, order="C")
    x[0] = q[0] * inverse[0]
    for i in range(len(lower)):
        x[i + 1] = (q[i + 1] - lower[i] * x[i]) * inverse[i + 1]
    for i in range(len(above) - 1, -1, -1):
        x[i] -= above[i] * x[i + 1]
    return x
