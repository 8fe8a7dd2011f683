"""All smoothings of values on a grid: by FFT, on grids that grow along each axis with the noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TypeVar

import scipy
import torch
from torch import Tensor

K = TypeVar("K")
V = TypeVar("V")
#: A level is used along an axis while σ is below so many of its cells, by dimension: splines between them are right to
#: their fourth power, and cells cost little on a line.
_REACH = {1: 84.0, 2: 21.0}
#: So many cells of nothing lie around the values on every side: six σ.
_PADDING = {1: 512, 2: 128}
#: Smoothing by so many cells leaves e⁻⁴⁴ of what a grid twice as coarse could not hold.
_BEFORE_COARSER = 6.0
#: The table of a smoothed density goes so many σ beyond its source: there it is below 1e-14 of its peak.
_AROUND = 8.0
#: Tables of noise levels that are kept.
_KEEP = 6
#: Levels of the pyramid that are kept.
_KEEP_LEVELS = 8


@dataclass(frozen=True)
class Table:
    """p_τ at nodes `origin` + i·`cell`, axes in their order."""

    density: Tensor
    origin: tuple[float, ...]
    cell: tuple[float, ...]

    def axis(self, i: int) -> Tensor:
        """The nodes along an axis."""
        return self.origin[i] + self.cell[i] * torch.arange(self.density.shape[i], dtype=torch.float64)

    @property
    def volume(self) -> float:
        """Of a cell."""
        return math.prod(self.cell)


@dataclass(frozen=True)
class _Level:
    """Values smoothed by `sigma` along each axis already: their transform, padded; where they lie in the padded grid.

    Attributes:
        transform: by `rfftn`.
        sizes: cells of the padded grid along each axis.
        begin, count: of the values within it.
        sigma: standard deviations along each axis.
        origin, cell: of the padded grid.
        spread: whether values reach beyond where they lie until they are smoothed.
    """

    transform: Tensor
    sizes: tuple[int, ...]
    begin: tuple[int, ...]
    count: tuple[int, ...]
    sigma: tuple[float, ...]
    origin: tuple[float, ...]
    cell: tuple[float, ...]
    spread: bool = False

    @staticmethod
    def of(values: Table, sigma: tuple[float, ...], spread: bool = False) -> _Level:
        """Pads values with nothing to a size that FFTs are fast at."""
        count = tuple(values.density.shape)
        padding = _PADDING[len(count)]
        sizes = tuple(4 * scipy.fft.next_fast_len(math.ceil((n + 2 * padding) / 4), real=True) for n in count)
        begin = tuple((size - n) // 2 for size, n in zip(sizes, count, strict=True))
        sides = [s for n, size, b in zip(count, sizes, begin, strict=True) for s in (size - n - b, b)]
        padded = torch.nn.functional.pad(values.density, sides[::-1])
        origin = tuple(o - b * c for o, b, c in zip(values.origin, begin, values.cell, strict=True))
        return _Level(torch.fft.rfftn(padded), sizes, begin, count, sigma, origin, values.cell, spread)

    def frequencies(self, axis: int) -> Tensor:
        """ω along an axis, in radians, shaped to be multiplied with the transform."""
        d = len(self.sizes)
        make = torch.fft.rfftfreq if axis == d - 1 else torch.fft.fftfreq
        omega: Tensor = 2 * math.pi * make(self.sizes[axis], self.cell[axis], dtype=torch.float64)
        return omega.view([-1 if i == axis else 1 for i in range(d)])

    def smoothed(self, sigma: Sequence[float]) -> Tensor:
        """The values smoothed to so much along each axis, over the padded grid; rounding may take them below 0."""
        spectrum = self.transform
        for i, (wanted, there) in enumerate(zip(sigma, self.sigma, strict=True)):
            if wanted > there:
                spectrum = spectrum * torch.exp(-0.5 * (wanted**2 - there**2) * self.frequencies(i).square())
        out: Tensor = torch.fft.irfftn(spectrum, s=self.sizes)
        return out

    def coarser(self, axis: int) -> _Level:
        """Cells twice as wide along an axis: the values are smoothed so far along it that nothing is lost."""
        sigma = tuple(
            max(s, _BEFORE_COARSER * c) if i == axis else s
            for i, (s, c) in enumerate(zip(self.sigma, self.cell, strict=True))
        )
        values, origin = self.smoothed(sigma), list(self.origin)
        for i, (b, n) in enumerate(zip(self.begin, self.count, strict=True)):
            if i != axis and not (self.spread and self.sigma[i] == 0.0):
                values = values.narrow(i, b, n)
                origin[i] += b * self.cell[i]
        kept = values[(slice(None),) * axis + (slice(None, None, 2),)].contiguous()
        cell = tuple(2 * c if i == axis else c for i, c in enumerate(self.cell))
        return _Level.of(Table(kept, tuple(origin), cell), sigma, self.spread)

    def table(self, tau: float) -> Table:
        """The values smoothed by τ, at least 0, and a little of what is around them: beyond is nothing but rounding."""
        density, origin = self.smoothed((tau,) * len(self.sizes)), []
        for i, (size, b, n) in enumerate(zip(self.sizes, self.begin, self.count, strict=True)):
            margin = min(b, size - b - n, math.ceil(_AROUND * tau / self.cell[i]) + 8)
            density = density.narrow(i, b - margin, n + 2 * margin)
            origin.append(self.origin[i] + (b - margin) * self.cell[i])
        return Table(density.clamp_min(0.0), tuple(origin), self.cell)


class Pyramid:
    """Smoothings of values on a grid by N(0, τ²I), for every τ.

    Smoothing multiplies the Fourier transform by exp(−½τ²|ω|²), on a grid padded so that nothing wraps around. For wide
    τ coarser, wider grids take over (Burt & Adelson 1983), along each axis for itself: a Gaussian is a product over the
    axes, so values smoothed so far along one that cells twice as wide lose nothing are smoothed on there, along the
    other they stay as fine as they are.

    Args:
        values: on the grid.
        splines: whether they are points that cubic B-splines have shared between nodes; that is undone.
    """

    def __init__(self, values: Table, *, splines: bool = False) -> None:
        base = _Level.of(values, (0.0,) * values.density.ndim)
        if splines:  # sinc⁴ in frequency
            transform = base.transform
            for i, cell in enumerate(base.cell):
                transform = transform / torch.sinc(base.frequencies(i) * cell / (2 * math.pi)).pow(4)
            base = replace(base, transform=transform, spread=True)
        self._base = base
        self._levels: dict[tuple[int, ...], _Level] = {}
        self._tables: dict[float, Table] = {}
        self._lock = Lock()  # pictures and diagnostics are made in two threads

    def smoothed(self, tau: float) -> Table:
        """The values smoothed by τ, on the grid that suits it."""
        with self._lock:
            found = renewed(self._tables, tau, _KEEP)
            if found is not None:
                return found
            level = self._level([self._depth(tau, c, len(self._base.cell)) for c in self._base.cell])
        found = level.table(tau)
        with self._lock:
            self._tables[tau] = found
        return found

    @staticmethod
    def _depth(tau: float, cell: float, d: int) -> int:
        """How often cells are doubled before τ is below `_REACH` of them."""
        return max(0, math.ceil(math.log2(tau / (_REACH[d] * cell)))) if tau > 0 else 0

    def _level(self, depth: list[int]) -> _Level:
        if not any(depth):
            return self._base
        key = tuple(depth)
        found = renewed(self._levels, key, _KEEP_LEVELS)
        if found is None:
            axis = max(range(len(depth)), key=lambda i: depth[i])
            before = self._level([k - (i == axis) for i, k in enumerate(depth)])
            found = self._levels[key] = before.coarser(axis)
        return found

    @property
    def nbytes(self) -> int:
        """What it keeps takes."""
        with self._lock:
            levels, tables = [self._base, *self._levels.values()], list(self._tables.values())
        return sum(level.transform.nbytes for level in levels) + sum(table.density.nbytes for table in tables)

    def roughness(self) -> float:
        """How large the transform still is in the last eighth of the frequencies, beside its largest value."""
        size = self._base.transform.abs()
        worst = 0.0
        for i in range(size.ndim):
            reach = math.pi / self._base.cell[i]
            high = (self._base.frequencies(i).abs() > 0.875 * reach).expand_as(size)
            worst = max(worst, float(size[high].max()))
        return worst / float(size.max())


def renewed(values: dict[K, V], key: K, most: int) -> V | None:
    """The value of a key, as the newest now; where there is none, room for it is made by dropping the oldest."""
    if key in values:
        found = values[key] = values.pop(key)
        return found
    while len(values) >= most:
        del values[next(iter(values))]
    return None
