"""A density on a grid and all its smoothings, by FFT on grids that grow with the noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Lock

import torch
from torch import Tensor

from visualizer.densities.pyramid import Pyramid, Table, renewed

#: Points y (N, d) → log p(y), (N,), normalised; differentiable by torch.
LogDensity = Callable[[Tensor], Tensor]
#: Where p is below this share of its peak rounding has the word.
FLOOR = 1e-14
#: Of so many noise levels all that was worked out is kept.
_KEEP = 3


class TooFine(ValueError):
    """A density is asked for with less noise than its grid can show."""


class GridSource:
    """p_0 on a grid and all its smoothings p_τ = p_0 ∗ N(0, τ²I), by a `Pyramid`.

    Values are those at the centres of n equal cells between `low` and `high` along each axis; the trapezoid rule, which
    is spectrally accurate for what is smooth and 0 at the edges, makes them a density.

    Args:
        values: (n,) or (n, n), axis 0 first, ≥ 0, not all 0; of any scale.
        low, high: the box, one number for each axis.
        exact: the log-density itself, where there is more than the grid.
        edges: p ends at the box at once. The sums over the cells are mended there (see `_to_the_edge`), and draws stay
            within the box.

    Raises:
        ValueError: values that are not finite, negative or all 0, or shapes that do not fit.
    """

    def __init__(
        self,
        values: Tensor,
        low: tuple[float, ...],
        high: tuple[float, ...],
        exact: LogDensity | None = None,
        *,
        edges: bool = False,
    ) -> None:
        p = values.detach().double().cpu()
        d = p.ndim
        if d not in (1, 2) or len(low) != d or len(high) != d or min(p.shape) < 8 or len(set(p.shape)) != 1:
            raise ValueError("expected as many cells along one or two axes, 8 or more, and a box of that dimension")
        if p.shape[0] % 2 or not all(a < b for a, b in zip(low, high, strict=True)):
            raise ValueError("expected an even number of cells and a box with low < high")
        if not bool(torch.isfinite(p).all()) or bool((p < 0).any()) or not float(p.sum()) > 0:
            raise ValueError("values must be finite, non-negative and have a positive sum")
        self.d, self.low, self.high, self.exact, self.edges = d, low, high, exact, edges
        cell = tuple((b - a) / p.shape[0] for a, b in zip(low, high, strict=True))
        origin = tuple(a + c / 2 for a, c in zip(low, cell, strict=True))
        weighted = _to_the_edge(p) if edges else p
        #: the integral of the values
        self.total = float(weighted.sum()) * math.prod(cell)
        #: p_0 at the centres of its cells
        self.table = Table(p / self.total, origin, cell)
        #: the same with the weights of a sum over the cells
        self.summed = Table(weighted / self.total, origin, cell) if edges else self.table
        self.mean, self.covariance = _moments(self.summed)
        self._pyramid = Pyramid(self.summed)
        #: the points it is made of, where it is
        self.points: Tensor | None = None
        #: noise between 0 and this is too fine for the grid
        self.finest = 0.0
        #: draws from p_0, and for each axis places and the density there, where the grid is too coarse for them
        self.draw: Callable[[int, torch.Generator | None], Tensor] | None = None
        self.laws: tuple[tuple[Tensor, Tensor], ...] = ()
        self._kept: dict[tuple[float, float], dict[str, Tensor]] = {}
        self._lock = Lock()  # pictures and diagnostics are made in two threads

    @classmethod
    def of_points(
        cls,
        points: Tensor,
        low: tuple[float, ...],
        high: tuple[float, ...],
        cells: int,
        shares: Tensor | None = None,
    ) -> GridSource:
        """The mean of deltas at points (N, d) in a box, or Σ shares · deltas; to be smoothed by three cells or more.

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
            parts = [w[k] for w, k in zip(weights, which, strict=True)]
            first = torch.ones(()) if shares is None else shares
            values.view(-1).index_add_(0, flat, math.prod(parts, start=first))
        made = cls(values, low, high)
        made.points = x
        made.mean, made.covariance = moments_of_points(x, shares)
        made._pyramid = Pyramid(made.table, splines=True)
        return made

    @property
    def nbytes(self) -> int:
        """What it keeps takes: its cells, and what was worked out of them for the last noise levels."""
        with self._lock:
            kept = [tensor for level in self._kept.values() for tensor in level.values()]
        return self.table.density.nbytes + self._pyramid.nbytes + sum(tensor.nbytes for tensor in kept)

    def roughness(self) -> float:
        """How large the Fourier transform still is where the grid ends, beside its largest value: 0 if resolved."""
        return self._pyramid.roughness()

    def bandwidth(self, share: float) -> float:
        """The least |ω| along the axes beyond which |φ| stays below `share`."""
        reach = 0.0
        for i, cell in enumerate(self.table.cell):
            p = self.table.density if self.d == 1 else self.table.density.sum(1 - i)
            size = torch.fft.rfft(p).abs()
            last = int((size > share * size[0]).nonzero().max()) + 1
            reach = max(reach, 2 * math.pi * last / (p.shape[0] * cell))
        return reach

    def smoothed(self, tau: float) -> Table:
        """p_τ on the grid that suits it; p_0 as far as the grid shows it.

        Raises:
            TooFine: there is less noise than the grid can show, but some.
        """
        if 0.0 < tau < self.finest:
            text = (
                f"parts of this density are too narrow to be shown with little noise: choose σ = 0, or at least "
                f"{self.finest:.2g} α"
            )
            raise TooFine(text)
        return self._pyramid.smoothed(max(tau, self.finest))

    def kept(self, alpha: float, sigma: float) -> dict[str, Tensor]:
        """What was worked out at a noise level, for all densities that are at it; of the last few levels."""
        with self._lock:
            found = renewed(self._kept, (alpha, sigma), _KEEP)
            if found is None:
                found = self._kept[alpha, sigma] = {}
        return found


def _to_the_edge(p: Tensor) -> Tensor:
    """Values at the centres of cells, with the weights of a sum that is right where they end at once.

    ∫_a^b f = h Σ f(a + (i + ½)h) + h²/24 [f′(b) − f′(a)] + O(h⁴) (Euler–Maclaurin for midpoints), f′ at an end by its
    three nearest values: (−2f₀ + 3f₁ − f₂)/h.
    """
    weights = torch.ones(p.shape[0], dtype=p.dtype)
    ends = torch.tensor([2.0, -3.0, 1.0], dtype=p.dtype) / 24
    weights[:3] += ends
    weights[-3:] += ends.flip(0)
    for axis in range(p.ndim):
        p = p * weights.view([-1 if i == axis else 1 for i in range(p.ndim)])
    return p


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


def moments_of_points(x: Tensor, shares: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean (d,) and covariance (d, d) of points (N, d), with shares (N,) where they are not alike."""
    mean = x.mean(0) if shares is None else (shares @ x) / shares.sum()
    return mean, torch.cov(x.T, correction=0, aweights=shares).reshape(x.shape[1], x.shape[1])


def spline_weights(t: Tensor) -> tuple[Tensor, ...]:
    """Cubic B-spline weights of the nodes one before, at, one and two after the place a share t beyond a node."""
    t2, t3 = t * t, t * t * t
    return (1 - t) ** 3 / 6, (4 - 6 * t2 + 3 * t3) / 6, (1 + 3 * t + 3 * t2 - 3 * t3) / 6, t3 / 6
