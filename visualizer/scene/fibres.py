"""Integrals of a function in the plane that is too narrow along one axis for any grid: a funnel's neck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: log p̃ at points given as one array for each axis
Function = Callable[[list[Array]], Array]
#: Times that a bracket around the highest place is drawn together by four: to 10⁻¹² of a cell.
_ZOOMS = 20
#: Halvings of a cell in which the width of a ridge is looked for; what is narrower yet is a pole.
_HALVINGS = 30
#: A ridge that drops by more than this from one cell to the next is looked at closely.
_DROP = 1.0
#: The mass of a row that is worth a look.
_SEEN = 1e-5
#: A ridge may move by so much of its width from row to row, and every other row differ so much from half of the mass.
_MOVES, _HALVES = 0.5, 1e-6
#: How much of the box of a ridge is added on either side, for what has little height but some mass.
_MORE = 0.6
#: So many maxima of a row are looked at.
_PEAKS = 3
#: Rows, and nodes along each.
_ROWS, _NODES = 960, 640


@dataclass(frozen=True)
class Ridge:
    """For each coordinate `at` (n,) along an axis a place along the other one that is higher than those beside it.

    Attributes:
        place, height, width: where it is, log p̃ there (−∞ where there is none), and how far from it log p̃ has dropped
            by ½. The width is a cell or more where it is no smaller, and infinite where nothing was looked at closely.
    """

    axis: int
    at: Array
    place: Array
    height: Array
    width: Array

    def mass(self, highest: float, finer_than: float = np.inf) -> float:
        """About the mass of the ridge, where it is finer than so much; `highest` is the maximum of all there is."""
        wide = 0.1 * (self.at[-1] - self.at[0])
        mass = np.exp(self.height - highest) * np.minimum(self.width, wide)
        return float(mass[self.width < finer_than].sum() if finer_than < np.inf else mass.sum())


def ridges(function: Function, axes: list[Array], values: Array, axis: int) -> tuple[Ridge, ...]:
    """The ridges over `axis` of a function whose `values` at all pairs of two axes are known, the highest first.

    Where a value stands out from those beside it, the place between them is looked for: log p̃ leads there from far
    away, though p̃ is 0 in all cells but one.
    """
    rows = values if axis == 0 else values.T
    other = axes[1 - axis]
    n, cell = len(other), other[1] - other[0]
    below = np.concatenate([np.full((len(rows), 1), -np.inf), rows, np.full((len(rows), 1), -np.inf)], 1)
    maxima = np.where((rows >= below[:, :-2]) & (rows > below[:, 2:]), rows, -np.inf)
    order = np.argsort(maxima, axis=1)[:, : -_PEAKS - 1 : -1]
    each = np.arange(len(rows))
    found = []
    for best in order.T:
        height = maxima[each, best]
        # Of two neighbours one may be as high: a ridge half-way between two cells. What is highest at the edge may go
        # on beyond the box, which is widened then: that is no ridge.
        beside = np.minimum(rows[each, np.maximum(best - 1, 0)], rows[each, np.minimum(best + 1, n - 1)])
        found.append(Ridge(axis, axes[axis], other[best].copy(), height, np.full(len(rows), np.inf)))
        there = np.isfinite(height) & (best > 0) & (best < n - 1)
        if bool((there & (height > beside + _DROP)).any()):
            _look_closely(function, found[-1], np.flatnonzero(there), cell)
    return tuple(found)


def _called(function: Function, axis: int, at: Array, other: Array) -> Array:
    """The function at rows `at` (n,) and places `other` (n, k) along them, -inf where it is no number."""
    first = np.broadcast_to(at[:, None], other.shape).ravel()
    with np.errstate(all="ignore"):
        values = np.asarray(function([first, other.ravel()] if axis == 0 else [other.ravel(), first]), dtype=np.float64)
    values = np.broadcast_to(values, first.shape).reshape(other.shape)
    return np.where(np.isfinite(values), values, -np.inf)


def _look_closely(function: Function, found: Ridge, near: NDArray[np.int64], cell: float) -> None:
    at, low, high = found.at[near], found.place[near] - cell, found.place[near] + cell
    each = np.arange(near.size)
    for _ in range(_ZOOMS):
        places = np.linspace(low, high, 9, axis=1)
        best = np.clip(_called(function, found.axis, at, places).argmax(1), 1, 7)
        low, high = places[each, best - 1], places[each, best + 1]
    place = 0.5 * (low + high)
    height = _called(function, found.axis, at, place[:, None])[:, 0]
    steps = cell * 0.5 ** np.arange(_HALVINGS + 1)
    sides = [_called(function, found.axis, at, place[:, None] + side * steps) for side in (-1.0, 1.0)]
    drop = height[:, None] - np.maximum(*sides)
    width = steps[np.minimum((drop > 0.5).sum(1), _HALVINGS)]
    # What drops at every scale is a pole, which grids take as it is.
    real = (drop[:, -1] < 0.5) & (height >= found.height[near])
    found.place[near[real]], found.height[near[real]], found.width[near[real]] = place[real], height[real], width[real]


@dataclass(frozen=True)
class Fibres:
    """p̃ on rows over one axis, each with nodes that lie close where the row is high: x = place + width · sinh u.

    Trapezoid sums over u and over the rows are spectrally accurate for what is smooth (Trefethen & Weideman 2014, "The
    exponentially convergent trapezoidal rule").

    Attributes:
        axis: the one that rows are apart along.
        at, place, width: of the rows, (rows,).
        u: of the nodes, (rows, nodes), evenly apart in a row, so that draws can fill what is between.
        places: of the nodes along the other axis.
        log_p: log p̃ there.
        log_mass: of each node, log p̃ + log of what it stands for.
    """

    axis: int
    at: Array
    place: Array
    width: Array
    u: Array
    places: Array
    log_p: Array
    log_mass: Array

    @property
    def log_total(self) -> float:
        """log ∫ p̃."""
        top = float(self.log_mass.max())
        return top + float(np.log(np.exp(self.log_mass - top).sum()))

    @property
    def mass(self) -> Array:
        """Shares of the nodes, (rows, nodes)."""
        return np.asarray(np.exp(self.log_mass - self.log_total))

    @property
    def points(self) -> Array:
        """The nodes, (rows · nodes, 2), axis 0 first."""
        rows = np.broadcast_to(self.at[:, None], self.places.shape).ravel()
        pair = [rows, self.places.ravel()]
        return np.stack(pair if self.axis == 0 else pair[::-1], 1)

    def interval(self, axis: int, share: float) -> tuple[float, float]:
        """The interval along an axis with `share` of the mass below it, and above."""
        x, mass = self.points[:, axis], self.mass.ravel()
        order = np.argsort(x, kind="stable")
        below = np.cumsum(mass[order]) - 0.5 * mass[order]
        low, high = np.interp([share, 1 - share], below, x[order])
        return float(low), float(high)

    def marginal(self, function: Function, axis: int) -> tuple[Array, Array]:
        """Places along an axis and the density of that coordinate there."""
        if axis == self.axis:
            return self.at, self.mass.sum(1) / (self.at[1] - self.at[0])
        narrowest = int(np.where(self.mass.sum(1) > _SEEN, self.width, np.inf).argmin())
        columns = self.places[narrowest]
        values = _called(function, self.axis, self.at, np.broadcast_to(columns, (self.at.size, columns.size)))
        density = np.exp(values - self.log_total).sum(0) * (self.at[1] - self.at[0])
        return columns, density

    def trusted(self) -> bool:
        """Whether the rows show all there is.

        No row has a second ridge, which stands out between its nodes; the ridge moves little from row to row; and every
        other row has half of the mass.
        """
        mass = self.mass.sum(1)
        seen = mass > _SEEN * mass.max()
        moves = np.abs(np.diff(self.place))[seen[1:]] > _MOVES * self.width[1:][seen[1:]]
        halves = abs(float(mass[::2].sum()) - 0.5) < _HALVES
        before, here, after = self.log_p[seen, :-2], self.log_p[seen, 1:-1], self.log_p[seen, 2:]
        hidden = (here > before + _DROP) & (here > after + _DROP)
        return halves and not moves.any() and not hidden.any()

    def draw(self, uniform: Array) -> Array:
        """(n, 2) points from (n, 3) uniform numbers: of a node, and of a tent over it along both axes."""
        below = np.cumsum(self.mass.ravel())
        which = np.minimum(np.searchsorted(below, uniform[:, 0] * below[-1]), below.size - 1)
        row, node = np.divmod(which, self.u.shape[1])
        step = self.u[row, 1] - self.u[row, 0]
        tent = np.where(uniform[:, 1:3] < 0.5, np.sqrt(2 * uniform[:, 1:3]) - 1, 1 - np.sqrt(2 - 2 * uniform[:, 1:3]))
        along = self.place[row] + self.width[row] * np.sinh(self.u[row, node] + step * tent[:, 0])
        across = self.at[row] + (self.at[1] - self.at[0]) * tent[:, 1]
        return np.stack([across, along] if self.axis == 0 else [along, across], 1)


def fibres(function: Function, box: tuple[tuple[float, float], ...], found: Ridge, *, beyond: bool = True) -> Fibres:
    """The rows over the axis of a ridge, in a box and, for what has little height but some mass, `beyond` it."""
    more = _MORE if beyond else 0.0
    (a, b), (low, high) = ((c - more * (e - c), e + more * (e - c)) for c, e in (box[found.axis], box[1 - found.axis]))
    at = a + (np.arange(_ROWS) + 0.5) * (b - a) / _ROWS
    # The ridge is looked at on fewer rows: between them it is moved along, and its width changed by factors.
    place = np.interp(at, found.at, found.place)
    widest = (high - low) / 4
    width = np.exp(np.interp(at, found.at, np.log(np.minimum(found.width, widest))))
    u = np.linspace(np.arcsinh((low - place) / width), np.arcsinh((high - place) / width), _NODES, axis=1)
    places = place[:, None] + width[:, None] * np.sinh(u)
    stands_for = width[:, None] * np.cosh(u) * ((u[:, 1] - u[:, 0]) * (b - a) / _ROWS)[:, None]
    log_p = _called(function, found.axis, at, places)
    return Fibres(found.axis, at, place, width, u, places, log_p, log_p + np.log(stands_for))
