"""A density on a grid and all its smoothings, by FFT on grids that grow with the noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import torch
from torch import Tensor

K = TypeVar("K")
V = TypeVar("V")
#: Points y (N, d) → log p(y), (N,), normalised; differentiable by torch.
LogDensity = Callable[[Tensor], Tensor]
#: A level of the pyramid is used while σ is below so many of its cells: six σ then fit into the padding.
_REACH = 21.0
#: Smoothing by so many cells leaves e⁻⁴⁴ of what a grid twice as coarse could not hold.
_BEFORE_COARSER = 6.0
#: Where p is below this share of its peak rounding has the word.
FLOOR = 1e-14
#: Tables of so many noise levels are kept, and of so many all that was worked out from them.
_KEEP, _KEEP_ALL = 6, 3
#: The table of a smoothed density goes so many τ beyond its source: there it is below `FLOOR`.
_AROUND = 8.0


@dataclass(frozen=True)
class _Level:
    """p_τ of the pyramid: the transform of a source smoothed by `sigma` already, on n cells of `cell` from `origin`."""

    transform: Tensor
    sigma: float
    origin: tuple[float, ...]
    cell: tuple[float, ...]


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


class GridSource:
    """p_0 on a grid and all its smoothings p_τ = p_0 ∗ N(0, τ²I).

    Values are those at the centres of n equal cells between `low` and `high` along each axis; the trapezoid rule, which
    is spectrally accurate for what is smooth and 0 at the edges, makes them a density. Smoothing multiplies the Fourier
    transform by exp(−½τ²|ω|²), on a grid padded to twice the width, so that nothing wraps around. For wide τ a pyramid
    (Burt & Adelson 1983) of coarser, wider grids takes over: p_τ smoothed so far that a grid twice as coarse loses
    nothing is smoothed on there, since Gaussians compose.

    Args:
        values: (n,) or (n, n), axis 0 first, ≥ 0, not all 0; of any scale.
        low, high: the box, one number for each axis.
        exact: the log-density itself, where there is more than the grid.

    Raises:
        ValueError: values that are not finite, negative or all 0, or shapes that do not fit.
    """

    def __init__(
        self, values: Tensor, low: tuple[float, ...], high: tuple[float, ...], exact: LogDensity | None = None
    ) -> None:
        p = values.detach().double().cpu()
        d = p.ndim
        if d not in (1, 2) or len(low) != d or len(high) != d or min(p.shape) < 8 or len(set(p.shape)) != 1:
            raise ValueError("expected as many cells along one or two axes, 8 or more, and a box of that dimension")
        if p.shape[0] % 2 or not all(a < b for a, b in zip(low, high, strict=True)):
            raise ValueError("expected an even number of cells and a box with low < high")
        if not bool(torch.isfinite(p).all()) or bool((p < 0).any()) or not float(p.sum()) > 0:
            raise ValueError("values must be finite, non-negative and have a positive sum")
        self.d, self.low, self.high, self.exact = d, low, high, exact
        cell = tuple((b - a) / p.shape[0] for a, b in zip(low, high, strict=True))
        origin = tuple(a + c / 2 for a, c in zip(low, cell, strict=True))
        p = p / (p.sum() * math.prod(cell))
        #: p_0 at the centres of its cells
        self.table = Table(p, origin, cell)
        self.mean, self.covariance = _moments(self.table)
        self._levels = [self._level(self.table, 0.0)]
        #: the points it is made of, where it is
        self.points: Tensor | None = None
        self._tables: dict[float, Table] = {}
        self._kept: dict[tuple[float, float], dict[str, Tensor]] = {}
        self._lock = Lock()  # pictures and diagnostics are made in two threads

    @classmethod
    def of_points(cls, points: Tensor, low: tuple[float, ...], high: tuple[float, ...], cells: int) -> GridSource:
        """The mean of deltas at points (N, d) in a box; to be smoothed by three cells or more.

        Points are shared between four nodes along each axis by a cubic B-spline; what that smears, sinc⁴ in frequency,
        is undone in the transform (as in particle–mesh methods, Hockney & Eastwood 1988). Draws are of the points.
        """
        x = points.detach().double().cpu()
        d = x.shape[1]
        values = torch.zeros((cells,) * d, dtype=torch.float64)
        at = [(x[:, i] - low[i]) * cells / (high[i] - low[i]) - 0.5 for i in range(d)]
        before = [a.floor().long() for a in at]
        weights = [spline_weights(a - a.floor()) for a in at]
        for corner in range(4**d):
            which = [corner // 4**i % 4 for i in range(d)]
            index = [b + k - 1 for b, k in zip(before, which, strict=True)]
            flat = index[0] if d == 1 else index[0] * cells + index[1]
            shares = [w[k] for w, k in zip(weights, which, strict=True)]
            values.view(-1).index_add_(0, flat, math.prod(shares, start=torch.ones(())))
        made = cls(values, low, high)
        made.points, made.mean = x, x.mean(0)
        made.covariance = torch.cov(x.T, correction=0).reshape(d, d)
        level = made._levels[0]
        n, transform = 2 * cells, level.transform
        for i in range(d):
            share = (torch.fft.rfftfreq if i == d - 1 else torch.fft.fftfreq)(n, dtype=torch.float64)
            transform = transform / torch.sinc(share).pow(4).view([-1 if j == i else 1 for j in range(d)])
        made._levels = [_Level(transform, 0.0, level.origin, level.cell)]
        return made

    def roughness(self) -> float:
        """How large the Fourier transform still is where the grid ends, beside its largest value: 0 if resolved."""
        size = self._levels[0].transform.abs()
        n = size.shape[0]
        edges = [size[..., -1]] if self.d == 1 else [size[n // 2], size[:, -1]]
        return max(float(e.max()) for e in edges) / float(size.max())

    def bandwidth(self, share: float) -> float:
        """The least |ω| along the axes beyond which |φ| stays below `share`."""
        reach = 0.0
        for i, cell in enumerate(self.table.cell):
            p = self.table.density if self.d == 1 else self.table.density.sum(1 - i)
            size = torch.fft.rfft(p).abs()
            last = int((size > share * size[0]).nonzero().max()) + 1
            reach = max(reach, 2 * math.pi * last / (p.shape[0] * cell))
        return reach

    def _level(self, source: Table, sigma: float) -> _Level:
        n = source.density.shape[0]
        padded = torch.nn.functional.pad(source.density, [n // 2] * (2 * self.d))
        origin = tuple(o - n // 2 * c for o, c in zip(source.origin, source.cell, strict=True))
        return _Level(torch.fft.rfftn(padded), sigma, origin, source.cell)

    def smoothed(self, tau: float) -> Table:
        """p_τ on the grid that suits it, where rounding left it at least 0."""
        with self._lock:
            found = _renewed(self._tables, tau, _KEEP)
            level = None if found else self._level_for(tau)
        if found is not None:
            return found
        assert level is not None
        found = _cropped(self._filtered(level, tau), tau)
        with self._lock:
            self._tables[tau] = found
        return found

    def kept(self, alpha: float, sigma: float) -> dict[str, Tensor]:
        """What was worked out at a noise level, for all densities that are at it; of the last few levels."""
        with self._lock:
            found = _renewed(self._kept, (alpha, sigma), _KEEP_ALL)
            if found is None:
                found = self._kept[alpha, sigma] = {}
        return found

    def _level_for(self, tau: float) -> _Level:
        level = self._levels[0]
        for i in range(1, 64):
            if tau <= _REACH * min(level.cell):
                break
            if i == len(self._levels):
                self._levels.append(self._coarser(level))
            level = self._levels[i]
        return level

    def _coarser(self, level: _Level) -> _Level:
        sigma = max(_BEFORE_COARSER * max(level.cell), level.sigma)
        table = self._filtered(level, sigma)
        every = (slice(None, None, 2),) * self.d
        half = Table(table.density[every].contiguous(), table.origin, tuple(2 * c for c in table.cell))
        return self._level(half, sigma)

    def _filtered(self, level: _Level, tau: float) -> Table:
        n = level.transform.shape[0] if self.d == 2 else 2 * (level.transform.shape[0] - 1)
        variance = max(tau**2 - level.sigma**2, 0.0)
        spectrum = level.transform
        for i, cell in enumerate(level.cell):
            real = i == self.d - 1
            omega = 2 * math.pi * (torch.fft.rfftfreq if real else torch.fft.fftfreq)(n, cell, dtype=torch.float64)
            shape = [-1 if j == i else 1 for j in range(self.d)]
            spectrum = spectrum * torch.exp(-0.5 * variance * omega.square()).view(shape)
        density = torch.fft.irfftn(spectrum, s=(n,) * self.d)
        return Table(density.clamp_min_(0.0), level.origin, level.cell)


def _renewed(values: dict[K, V], key: K, most: int) -> V | None:
    """The value of a key, as the newest now; where there is none, room for it is made by dropping the oldest."""
    if key in values:
        found = values[key] = values.pop(key)
        return found
    while len(values) >= most:
        del values[next(iter(values))]
    return None


def _cropped(table: Table, tau: float) -> Table:
    """The source's cells and `_AROUND` τ more: in the rest of the padding there is nothing but rounding."""
    n = table.density.shape[0]
    margin = min(n // 4, math.ceil(_AROUND * tau / min(table.cell)) + 8)
    begin, count = n // 4 - margin, n // 2 + 2 * margin
    density = table.density
    for axis in range(density.ndim):
        density = density.narrow(axis, begin, count)
    origin = tuple(o + begin * c for o, c in zip(table.origin, table.cell, strict=True))
    return Table(density.contiguous(), origin, table.cell)


def _moments(table: Table) -> tuple[Tensor, Tensor]:
    """Mean (d,) and covariance (d, d)."""
    d, p = table.density.ndim, table.density * table.volume
    axes = [table.axis(i) for i in range(d)]
    marginals = [p.sum([j for j in range(d) if j != i]) if d > 1 else p for i in range(d)]
    mean = torch.stack([m @ a for m, a in zip(marginals, axes, strict=True)])
    off = [a - m for a, m in zip(axes, mean, strict=True)]
    covariance = torch.diag(torch.stack([m @ o.square() for m, o in zip(marginals, off, strict=True)]))
    if d == 2:
        covariance[0, 1] = covariance[1, 0] = off[0] @ p @ off[1]
    return mean, covariance


def spline_weights(t: Tensor) -> tuple[Tensor, ...]:
    """Cubic B-spline weights of the nodes one before, at, one and two after the place a share t beyond a node."""
    t2, t3 = t * t, t * t * t
    return (1 - t) ** 3 / 6, (4 - 6 * t2 + 3 * t3) / 6, (1 + 3 * t + 3 * t2 - 3 * t3) / 6, t3 / 6
