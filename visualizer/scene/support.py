"""Where a density lies that is known as a function alone: the box that holds all of it but next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.fibres import Fibres, Ridge, fibres, ridges

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
#: The finest grid there is has cells of so much of those here, and sums over its cells are right to 10⁻⁴ where a ridge
#: is as wide: that of which more than a millionth is narrower is put on rows.
_FINE, _LOST_MASS = 0.17, 1e-6
#: The share of a funnel that its box leaves out on each side of each axis.
_LEFT_OUT = 1e-5
_TOO_NARROW = "it has parts too narrow for a grid that holds all of it: make them wider, or less far off"
#: The least width of a box, beside the size of its coordinates: float32 could not show less.
_NARROWEST = 1e-3


class SupportError(ValueError):
    """Why a function is no density."""


@dataclass(frozen=True)
class Support:
    """The box, and log p̃ relative to its maximum at the centres of its cells, axis 0 first.

    Attributes:
        top: the maximum.
        narrow: p̃ on rows, where cells are too wide for parts of it, relative to the same maximum.
        summit: the highest place, where it is narrower than a cell.
    """

    box: Box
    values: Array
    top: float = 0.0
    narrow: Fibres | None = None
    summit: tuple[float, ...] | None = None

    @property
    def peak(self) -> tuple[float, ...]:
        """The highest place."""
        if self.summit is not None:
            return self.summit
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
        """The part in which log p̃ is at most spread²/2 below its maximum: as far as a Gaussian's `spread` σ.

        Of a funnel it holds as much along each axis as a Gaussian has within `spread` σ: the height says nothing there.
        """
        if self.narrow is not None:
            share = NormalDist().cdf(-spread)
            return tuple(self.narrow.interval(axis, share) for axis in range(2))
        return _bounds(_profiles(self.values), self.box, 0.5 * spread**2, 0.0)


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
    seen = _widened(function, ((-_FIRST, _FIRST),) * d)
    for reach in _FARTHER:
        farther = _with_what_is_far(function, seen.box, seen.highest, reach)
        if farther != seen.box:
            seen = _widened(function, farther)
    highest = seen.highest
    for _ in range(_ZOOMS):
        closer = seen.bounds(1.0)
        if all((b - a) > 0.8 * (d1 - c) for (a, b), (c, d1) in zip(closer, seen.box, strict=True)):
            break
        seen = _seen(function, closer)
        highest = max(highest, seen.highest)
    seen = _seen(function, tuple((a - 0.03 * (b - a), b + 0.03 * (b - a)) for a, b in seen.bounds(1.0)))
    if seen.highest < highest - _LOST:
        raise SupportError(_TOO_NARROW)
    return _with_fibres(function, seen, within=None)


def support_in(function: Function, box: Box, *, hard: bool = False) -> Support:
    """A log-density in a box that is known; with `hard` edges what the function is around the box says nothing.

    Raises:
        SupportError: a good deal lies around the box, or it is much too large.
    """
    seen = _seen(function, box)
    values, found = seen.values, _with_fibres(function, seen, within=box)
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


def _with_fibres(function: Function, seen: _Seen, within: Box | None) -> Support:
    """What was seen; where a ridge is too narrow for cells, with rows across it, in a box that holds nearly all.

    Raises:
        SupportError: it is narrow along both axes, or a given box holds less than it should.
    """
    most = 0.5 * sum(r.mass(seen.highest) for r in seen.ridges) * _LOST_MASS
    narrow = [r for r in seen.ridges if r.mass(seen.highest, _FINE * _cell(seen, r)) > most]
    if not narrow:
        return _checked(seen.box, seen.values)
    if len(narrow) > 1:
        raise SupportError(_TOO_NARROW)
    (found,) = narrow
    rows = fibres(lambda at: np.asarray(function(at)) - seen.highest, seen.box, found, beyond=within is None)
    if not rows.trusted():
        raise SupportError(_TOO_NARROW)
    box = within or tuple(rows.interval(axis, _LEFT_OUT) for axis in range(2))
    values = look(function, box, CELLS[2])
    top = int(found.height.argmax())
    summit = (round(float(found.at[top]), 4) + 0.0, round(float(found.place[top]), 4) + 0.0)  # 0 for −0
    return Support(box, values - seen.highest, seen.highest, rows, summit if found.axis == 0 else summit[::-1])


def _cell(seen: _Seen, found: Ridge) -> float:
    low, high = seen.box[1 - found.axis]
    return (high - low) / CELLS[2]


def _checked(box: Box, values: Array) -> Support:
    d = len(box)
    inside = values >= values.max() - DEPTH
    fine = all(b - a >= _NARROWEST * max(1.0, abs(a), abs(b)) for a, b in box)
    if not fine or min(int(inside.any(tuple(j for j in range(d) if j != i)).sum()) for i in range(d)) < _ROUGH:
        raise SupportError("it is narrower than a grid can show, or infinite somewhere: make it wider, or bounded")
    return Support(box, values - values.max(), float(values.max()))


@dataclass(frozen=True)
class _Seen:
    """A function on a grid over a box, and along each axis the highest there is over each coordinate, (n,)."""

    box: Box
    values: Array
    profiles: tuple[Array, ...]
    ridges: tuple[Ridge, ...]

    @property
    def highest(self) -> float:
        return float(max(p.max() for p in self.profiles))

    def bounds(self, margin: float) -> Box:
        """The part that is high enough, with what lies between cells, and `margin` cells more."""
        least = self.highest - DEPTH
        places = [(1 - r.axis, r.place[r.height >= least]) for r in self.ridges]
        return _bounds(self.profiles, self.box, DEPTH, margin, places)


def _seen(function: Function, box: Box) -> _Seen:
    values = look(function, box, CELLS[len(box)])
    if len(box) == 1:
        return _Seen(box, values, (values,), ())
    axes = centres(box, CELLS[2])
    found = [ridges(function, axes, values, axis) for axis in range(2)]
    profiles = (np.max([r.height for r in of_axis], 0) for of_axis in found)
    return _Seen(box, values, tuple(profiles), tuple(r for of_axis in found for r in of_axis))


def _profiles(values: Array) -> tuple[Array, ...]:
    """The highest value over each coordinate of each axis."""
    return (values,) if values.ndim == 1 else (values.max(1), values.max(0))


def _widened(function: Function, box: Box) -> _Seen:
    """What is seen in the box moved out on all sides that something reaches."""
    while True:
        seen = _seen(function, box)
        touches = _touching(seen.profiles)
        if not any(any(sides) for sides in touches):
            return seen
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


def _touching(profiles: tuple[Array, ...]) -> list[tuple[bool, bool]]:
    """For each axis whether what is high enough reaches its lower and its upper end."""
    least = max(p.max() for p in profiles) - DEPTH
    return [(bool(p[0] >= least), bool(p[-1] >= least)) for p in profiles]


def _bounds(
    profiles: tuple[Array, ...], box: Box, depth: float, margin: float, places: Sequence[tuple[int, Array]] = ()
) -> Box:
    """The bounding box of what is less than `depth` below the maximum, and of places, and `margin` cells more."""
    least = max(p.max() for p in profiles) - depth
    out = []
    for axis, (profile, (low, high)) in enumerate(zip(profiles, box, strict=True)):
        which = np.flatnonzero(profile >= least)
        cell = (high - low) / len(profile)
        ends = np.concatenate([low + which * cell, low + (which + 1) * cell, *(p for i, p in places if i == axis)])
        out.append((float(ends.min() - margin * cell), float(ends.max() + margin * cell)))
    return tuple(out)
