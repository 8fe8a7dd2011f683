"""Where a density lies that is known as a function alone: the box that holds all of it but next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Box = tuple[tuple[float, float], ...]
#: log p̃ at points given as one array for each axis
Function = Callable[[list[Array]], Array]
#: The box holds what is less than so many nats below the highest place: all but about 10⁻⁷ of it.
DEPTH = 18.0
#: How far from 0 the box reaches that is looked at first.
_FIRST = 8.0
#: How far from 0 a box may reach.
_LAST = 1e5
#: Times that the box is drawn in or out.
_ZOOMS = 12
#: Cells along an axis, at least, in which a first look must see the density.
_ROUGH = 24
_FARTHER = (64.0, 512.0, 4096.0)
#: The share of the mass that a given box may cut off.
_CUT = 2e-3
#: A grid that sees this many nats less than was seen before has lost the peak.
_LOST = 1.0
#: The least width of a box, beside the size of its coordinates: float32 could not show less.
_NARROWEST = 1e-3


class SupportError(ValueError):
    """Why a function is no density."""


@dataclass(frozen=True)
class Support:
    """The box, and log p̃ relative to its maximum at the centres of its cells, axis 0 first."""

    box: Box
    values: Array

    @property
    def peak(self) -> tuple[float, ...]:
        """The highest place."""
        at = np.unravel_index(int(self.values.argmax()), self.values.shape)
        return tuple(
            round(float(a + (i + 0.5) * (b - a) / n), 4)
            for i, (a, b), n in zip(at, self.box, self.values.shape, strict=True)
        )

    @property
    def narrowest(self) -> float:
        """A fortieth of the shorter side of what is not in the tails: small beside what there is to see."""
        return float(f"{min(b - a for a, b in self.extent(3.0)) / 40:.2g}")

    def extent(self, spread: float) -> Box:
        """The part in which log p̃ is at most spread²/2 below its maximum: as far as a Gaussian's `spread` σ."""
        return _bounds(self.values, self.box, 0.5 * spread**2, 0.0)


#: So many cells along each axis, in one and two dimensions.
CELLS = {1: 4000, 2: 240}


def centres(box: Box, cells: int) -> list[Array]:
    """The centres of so many cells along each axis."""
    return [a + (np.arange(cells) + 0.5) * (b - a) / cells for a, b in box]


def _evaluated(function: Function, box: Box, cells: int) -> tuple[list[Array], Array]:
    """The places of a grid over a box, (n,) along each axis, and the function there, whatever it is."""
    grid = [g.ravel() for g in np.meshgrid(*centres(box, cells), indexing="ij")]
    with np.errstate(all="ignore"):
        return grid, np.broadcast_to(np.asarray(function(grid), dtype=np.float64), grid[0].shape)


def look(function: Function, box: Box, cells: int) -> Array:
    """The function on a grid over a box.

    Raises:
        SupportError: it is not a real number somewhere, or infinite.
    """
    grid, values = _evaluated(function, box, cells)
    bad = np.isnan(values) | (values == np.inf)
    if bad.any():
        i = int(np.abs(np.stack(grid)).sum(0)[bad].argmin())
        at = ", ".join(f"{name} = {g[bad][i]:.3g}" for name, g in zip("xy", grid, strict=False))
        if np.isnan(values[bad][i]):
            raise SupportError(f"it is not a real number at {at}: a root or a logarithm of something negative, or 0/0")
        raise SupportError(f"it is infinite at {at}: a division by zero, or a power too large")
    if not np.isfinite(values).any():
        raise SupportError("it is minus infinity everywhere: there is no density")
    return np.asarray(values.reshape([cells] * len(box)))


def find_support(function: Function, d: int) -> Support:
    """The box of a log-density: widened from (−8, 8) until it holds all, then narrowed.

    Farther away, to ±4096, it is looked for on ever coarser grids: a mode there that is narrower than a cell of those
    is not found.

    Raises:
        SupportError: it does not fall off on all sides, so that it has no integral (or none that a grid can hold), it
            has parts too narrow for a grid that holds all of it, or it is no real number somewhere.
    """
    box: Box = ((-_FIRST, _FIRST),) * d
    box, values = _widened(function, box)
    for reach in _FARTHER:
        farther = _with_what_is_far(function, box, float(values.max()), reach)
        if farther != box:
            box, values = _widened(function, farther)
    highest = float(values.max())
    for _ in range(_ZOOMS):
        closer = _bounds(values, box, DEPTH, 1.0)
        if all((b - a) > 0.8 * (d1 - c) for (a, b), (c, d1) in zip(closer, box, strict=True)):
            break
        box = closer
        values = look(function, box, CELLS[d])
        highest = max(highest, float(values.max()))
    box = tuple((a - 0.03 * (b - a), b + 0.03 * (b - a)) for a, b in _bounds(values, box, DEPTH, 1.0))
    values = look(function, box, CELLS[d])
    if float(values.max()) < highest - _LOST:
        raise SupportError("it has parts too narrow for a grid that holds all of it: make them wider, or less far off")
    return _checked(box, values)


def support_in(function: Function, box: Box, *, hard: bool = False) -> Support:
    """A log-density in a box that is known; with `hard` edges what the function is around the box says nothing.

    Raises:
        SupportError: a good deal lies around the box, or it is much too large.
    """
    values = look(function, box, CELLS[len(box)])
    found = _checked(box, values)
    if hard:
        return found
    wider: Box = tuple((a - 0.5 * (b - a), b + 0.5 * (b - a)) for a, b in box)
    around = _anywhere(function, wider)
    here = [(a < axis) & (axis < b) for axis, (a, b) in zip(centres(wider, CELLS[len(box)]), box, strict=True)]
    around[np.ix_(*here)] = -np.inf
    top = max(float(values.max()), float(around.max()))
    # Cells of the wider grid are twice as long along each axis.
    inside, outside = float(np.exp(values - top).sum()), float(np.exp(around - top).sum()) * 2 ** len(box)
    lost = outside / (inside + outside)
    if lost > _CUT:
        raise SupportError(
            f"{100 * lost:.2g} % of it lie outside of the box, or more: widen it, or say "
            "hard_edges = true if p is 0 there"
        )
    return found


def _checked(box: Box, values: Array) -> Support:
    d = len(box)
    inside = values >= values.max() - DEPTH
    fine = all(b - a >= _NARROWEST * max(1.0, abs(a), abs(b)) for a, b in box)
    if not fine or min(int(inside.any(tuple(j for j in range(d) if j != i)).sum()) for i in range(d)) < _ROUGH:
        raise SupportError("it is narrower than a grid can show, or infinite somewhere: make it wider, or bounded")
    return Support(box, values - values.max())


def _widened(function: Function, box: Box) -> tuple[Box, Array]:
    """The box moved out on all sides that something reaches, and the function in it."""
    while True:
        values = look(function, box, CELLS[len(box)])
        touches = _touching(values)
        if not any(any(sides) for sides in touches):
            return box, values
        if max(abs(v) for side in box for v in side) > _LAST:
            name = "xy"[next(i for i, sides in enumerate(touches) if any(sides))]
            raise SupportError(
                f"it does not integrate: along {name} it does not fall off, or too slowly for a grid. "
                f"A density goes to 0 on all sides, as with a term -{name}^4"
            )
        # Only sides that were touched move out, so that a narrow axis keeps its cells.
        box = tuple((a - (b - a) * low, b + (b - a) * high) for (a, b), (low, high) in zip(box, touches, strict=True))


def _anywhere(function: Function, box: Box) -> Array:
    """The function on a grid over a box where it may well overflow, or be nothing: -inf there."""
    cells = CELLS[len(box)]
    _, values = _evaluated(function, box, cells)
    return np.where(np.isfinite(values), values, -np.inf).reshape([cells] * len(box))


def _with_what_is_far(function: Function, box: Box, highest: float, reach: float) -> Box:
    """The box with all of (−reach, reach) in which the function is high enough, as far as a coarse grid can tell."""
    wide: Box = ((-reach, reach),) * len(box)
    values = _anywhere(function, wide)
    cell = 2 * reach / CELLS[len(box)]
    there = values >= max(highest, float(values.max())) - DEPTH
    if not there.any():
        return box
    where = [axis[i] for axis, i in zip(centres(wide, CELLS[len(box)]), np.nonzero(there), strict=True)]
    found = [(float(w.min()) - cell, float(w.max()) + cell) for w in where]
    # A cell more than what is there already is no news.
    return tuple(
        (c if c < a - cell else a, e if e > b + cell else b) for (a, b), (c, e) in zip(box, found, strict=True)
    )


def _touching(values: Array) -> list[tuple[bool, bool]]:
    """For each axis whether what is high enough reaches its lower and its upper end."""
    inside = values >= values.max() - DEPTH
    out = []
    for axis in range(values.ndim):
        along = np.moveaxis(inside, axis, 0).reshape(values.shape[axis], -1).any(1)
        out.append((bool(along[0]), bool(along[-1])))
    return out


def _bounds(values: Array, box: Box, depth: float, margin: float) -> Box:
    """The bounding box of the cells less than `depth` below the maximum, and `margin` cells more."""
    inside = values >= values.max() - depth
    out = []
    for axis, (low, high) in enumerate(box):
        along = np.moveaxis(inside, axis, 0).reshape(values.shape[axis], -1).any(1)
        which = np.flatnonzero(along)
        cell = (high - low) / len(along)
        out.append((float(low + (which[0] - margin) * cell), float(low + (which[-1] + 1 + margin) * cell)))
    return tuple(out)
