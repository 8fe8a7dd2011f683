"""The part of a density whose frequencies lie in a band: the inverse transform of φ over an interval or an annulus."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, GridDensity

Band = tuple[float, float]
#: |φ| of a Gaussian below this is nothing.
_NOTHING = 1e-8
#: There |ω| is this many times 1/σ.
_NOTHING_AT = 6.1
#: In the plane a band is summed over a lattice of one of these periods, in widths of what is shown.
_PERIODS = (8.0, 4.0, 2.0)
#: Most points of the lattice along an axis.
_LATTICE = 320
_MOST = 640
#: In 1-D a band is integrated over pieces that turn by this many radians.
_RADIANS = 40.0
#: Nodes of Gauss's rule on a piece, exact for what turns so little.
_NODES = 32
#: Most pieces.
_PIECES = 1024
#: Offsets of points from nodes at a time.
_ENTRIES = 1 << 20
#: A point this many cells from a node is at the node.
_SAME = 1e-7


def _limit(p: Density) -> float:
    """The frequency beyond which p has nothing, or cannot be known."""
    if (grid := p.grid) is None:
        assert p.least_variance is not None  # of a mixture
        return _NOTHING_AT / math.sqrt(p.least_variance)
    limit = grid.nyquist
    if grid.d == 1 and grid.alpha:  # in the plane this is known along the axes only
        limit = min(limit, grid.source.bandwidth(_NOTHING) / abs(grid.alpha))
    return min(limit, _NOTHING_AT / grid.sigma) if grid.sigma else limit


def width_of(p: Density, *shown: Tensor) -> float:
    """The longest side of the box that holds p and what is shown."""
    sides = []
    for i, (low, high) in enumerate(p.bounds(6.0)):
        ends = [low, high, *(shown[i].aminmax() if shown else ())]
        sides.append(float(max(ends)) - float(min(ends)))
    return max(sides)


def _nodes(band: Band, limit: float, width: float) -> tuple[Tensor, Tensor]:
    """Frequencies and weights of Gauss's rule over a band, for integrands exp(iωx) with |x| up to `width`.

    A band that would take too many pieces (narrow features in a very wide view) ends earlier.
    """
    low = min(band[0], limit)
    high = min(band[1], limit, low + _PIECES * _RADIANS / width)
    pieces = max(1, math.ceil((high - low) * width / _RADIANS))
    at, weights = (torch.from_numpy(v) for v in np.polynomial.legendre.leggauss(_NODES))
    edges = torch.linspace(low, high, pieces + 1, dtype=torch.float64)
    half = 0.5 * edges.diff()[:, None]
    return (edges[:-1, None] + half * (1 + at)).flatten(), (half * weights).flatten()


def _sine_kernel(band: Band, limit: float, u: Tensor) -> Tensor:
    """(sin bu − sin au)/πu, what a band from a to b leaves of a delta, at offsets u."""
    low, high = min(band[0], limit), min(band[1], limit)
    part = [edge / math.pi * torch.sinc(edge / math.pi * u) for edge in (high, low)]
    return part[0] - part[1]


def _on_grid(p: GridDensity) -> tuple[Tensor, Tensor, float]:
    """Nodes on the line, p_t at them, and the highest frequency they hold."""
    at, density = p.along(0)
    return at, density, math.pi / float(at[1] - at[0])


def _convolved(mass: Tensor, at: Tensor, edges: list[float], x: Tensor) -> Tensor:
    """Σ_j m_j (sin bu − sin au)/πu at points x, u = x − y_j; sines of differences from those of x and of y."""
    waves = [(torch.sin(e * x), torch.cos(e * x), torch.sin(e * at), torch.cos(e * at)) for e in edges]
    out = torch.empty_like(x)
    for rows in torch.split(torch.arange(len(x)), max(1, _ENTRIES // len(at))):
        u = x[rows, None] - at
        low, high = (torch.outer(sx[rows], cy).addr_(cx[rows], sy, alpha=-1) for sx, cx, sy, cy in waves)
        kernel = high.sub_(low).div_(u * math.pi)
        kernel[u.abs() < _SAME * (at[1] - at[0])] = (edges[1] - edges[0]) / math.pi
        out[rows] = kernel @ mass
    return out


def band_on_line(p: Density, band: Band, x: Tensor) -> Tensor:
    """(1/π) ∫_low^high Re φ(ω) e^{−iωx} dω at points x (n,): the part of p whose frequencies |ω| are in the band.

    Where p is known on a grid the same is a convolution with (sin bu − sin au)/πu; the trapezoid rule has it exactly.
    """
    if (grid := p.grid) is not None and not grid.drowned:
        at, density, limit = _on_grid(grid)
        return _convolved(density * (at[1] - at[0]), at, [min(edge, limit) for edge in band], x)
    omega, weights = _nodes(band, _limit(p), width_of(p, x))
    phi = p.characteristic(omega[:, None]) * weights / math.pi
    return torch.cat([(torch.polar(torch.ones(1, dtype=torch.float64), -piece[:, None] * omega) @ phi).real
                      for piece in torch.split(x, 128)])  # fmt: skip


def share_on_line(p: Density, band: Band) -> float:
    """∫_band |φ|² over ∫ |φ|², in 1-D: by Parseval's theorem the share of ∫ p²."""
    if (grid := p.grid) is not None and not grid.drowned:
        at, density, limit = _on_grid(grid)
        n, cell = len(at), float(at[1] - at[0])
        kernel = _sine_kernel(band, limit, cell * torch.arange(1 - n, n, dtype=torch.float64))
        spectra = [torch.fft.rfft(v, n=3 * n) for v in (density, kernel)]
        part = torch.fft.irfft(spectra[0] * spectra[1], n=3 * n)[n - 1 : 2 * n - 1] * cell
        return min(float(density @ part / density.square().sum()), 1.0)
    omega, weights = _nodes(band, _limit(p), width_of(p))
    return min(float(weights @ p.characteristic(omega[:, None]).abs().square()) / math.pi / p.squared_norm(), 1.0)


@dataclass(frozen=True)
class Lattice:
    """φ at frequencies `first` × `second` (second ≥ 0: the rest is its conjugate), a step apart.

    Cells on an edge of a band count by the share of them that is in it. Where the lattice is as fine as it should be a
    band is right to 5e-4 of max p; narrow features in a wide view make it coarser.
    """

    first: Tensor
    second: Tensor
    step: float
    phi: Tensor

    @staticmethod
    def of(p: Density, width: float) -> Lattice:
        """The frequencies of a density in the plane, fine enough for sums over places so far apart."""
        limit = _limit(p)
        fine = (2 * math.pi / (k * width) for k in _PERIODS)
        step = next((s for s in fine if limit / s < _LATTICE), 2 * math.pi / (_PERIODS[-1] * width))
        n = min(math.ceil(limit / step), _MOST)
        second = step * torch.arange(n + 1, dtype=torch.float64)
        first = torch.cat([-second[1:].flip(0), second])
        return Lattice(first, second, step, p.characteristic_on(first, second))

    def _weights(self, band: Band) -> Tensor:
        """(2π)⁻² dω of each frequency in the band; those with ω₂ > 0 stand for two."""
        size = torch.hypot(self.first[:, None], self.second[None])
        high = ((band[1] - size) / self.step + 0.5).clamp_(0, 1)
        low = ((band[0] - size) / self.step + 0.5).clamp_(0, 1) if band[0] else 0.0
        inside = (high - low) * (self.step / (2 * math.pi)) ** 2
        inside[:, 1:] *= 2
        return inside

    def summed(self, band: Band, xs: Tensor, ys: Tensor) -> Tensor:
        """(2π)⁻² ∫_{low ≤ |ω| ≤ high} φ(ω) e^{−iωᵀx} dω at all (x, y): (w,), (h,) → (h, w)."""
        one = torch.ones(1, dtype=torch.float64)
        across = torch.polar(one, -xs[:, None] * self.first).to(torch.complex64)
        up = torch.polar(one, -ys[:, None] * self.second).to(torch.complex64)
        inside = (self.phi * self._weights(band)).to(torch.complex64)
        return (up @ (across @ inside).mT).real

    def share(self, band: Band, squared_norm: float) -> float:
        """∫_band |φ|² over ∫ |φ|²: by Parseval's theorem the share of ∫ p²."""
        return min(float((self._weights(band) * self.phi.abs().square()).sum()) / squared_norm, 1.0)
