"""What a particle can be trapped in: the components of a mixture, or the basins of any other density."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy
import torch
from torch import Tensor

from visualizer.densities import Density, GaussianMixture, MixtureField, cell_centres, cell_places, exact_field
from visualizer.diagnostics.basins import Array, Indices, Partition, moments, partition

#: More modes than these are not told apart.
MAX_MODES = 64
#: Basins of more Gaussians would take seconds.
MAX_GAUSSIANS = 512
#: Within so many standard deviations of a mean a particle is in the core of that component.
CORE = 1.5
#: Fewest and most cells along an axis, in one and two dimensions; and while something is dragged.
_CELLS = {1: (2048, 131_072), 2: (256, 512)}
_COARSE = {1: 512, 2: 96}
#: x is looked up at x/α, with no α below this.
_LEAST_ALPHA = 1e-4
#: Noise below so many cells does not take anyone out of his basin, on the line and in the plane.
_HARD = {1: 1.5, 2: 4.0}
#: Blocks of masses along an axis that noise blurs by products of matrices, by dimension.
_BLURRED = {1: 512, 2: 128}
#: In a line longer than this many times the noise, masses are blurred block by block.
_LONG = 64
#: Blocks to the noise.
_TO_A_TAU = 8


class Modes(Protocol):
    """Modes of p_0, to which a particle x_t = α x_0 + σ ε belongs by where x_0 may have been."""

    @property
    def places(self) -> Array:
        """Where they are, (K, d)."""
        ...

    @property
    def shares(self) -> Array:
        """The mass of p_0 in each, (K,), summing to 1."""
        ...

    def occupancy(self, x: Tensor, alpha: float, sigma: float) -> Array:
        """The mean over the columns x (d, N) of P(x_0 in mode k | x_t = x), (K,).

        Of exact samples it is `shares` on average, at every noise level.
        """
        ...

    def nearest(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The likeliest mode of each of the columns x (d, N), (N,) int64."""
        ...

    def cores(self, x: Array) -> Indices:
        """The mode in whose core each of the columns x (d, m) is, -1 between them; without noise, or denoised."""
        ...


class Components:
    """The components of a mixture.

    Args:
        mixture: whose components are the modes.
        field: its field, if there is one already.
    """

    def __init__(self, mixture: GaussianMixture, field: MixtureField | None = None) -> None:
        self._field = field or MixtureField(mixture)
        #: the same for what is on the CPU already
        self._beside = self._field if self._field.device.type == "cpu" else MixtureField(mixture)
        self.places: Array = mixture.means64.cpu().numpy()
        self.shares: Array = mixture.weights64.cpu().numpy()
        self.whitening = mixture.whitening.cpu().numpy()

    def occupancy(self, x: Tensor, alpha: float, sigma: float) -> Array:
        """The mean responsibilities under p_t."""
        field = self._beside if x.device.type == "cpu" else self._field
        return np.asarray(field.at(alpha, sigma).mean_responsibilities(x.to(field.dtype)).numpy())

    def nearest(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The component with the largest responsibility under p_t."""
        return self._field.at(alpha, sigma).nearest(x)

    def cores(self, x: Array) -> Indices:
        """Within `CORE` standard deviations of a mean."""
        z = np.einsum("kij,kjm->kim", self.whitening, x[None] - self.places[:, :, None])
        distance = np.sqrt((z * z).sum(1))
        return np.where(distance.min(0) < CORE, distance.argmin(0), -1)


def cells_needed(density: Density) -> int:
    """Along an axis, to see all there is: three for two of the least standard deviations, or those of p_0's own grid.

    A grid is about three times as fine as the density it was made for needs at the least.
    """
    bounds = density.bounds()
    if (grid := density.grid) is not None:
        own = grid.source.table.density.shape[0]
        blurred = 1.5 * max(b - a for a, b in bounds) / grid.sigma if grid.sigma else math.inf
        return math.ceil(min(own, blurred))
    mixture = density.mixture
    assert mixture is not None  # a density is the one or the other
    # The standard deviation along an axis where the other coordinate is held: a ridge may run across.
    there = mixture.covariances64[mixture.weights64 > 0]
    precision = torch.linalg.inv(there).diagonal(dim1=1, dim2=2).amax(0).tolist()
    return max(math.ceil(1.5 * (b - a) * math.sqrt(v)) for (a, b), v in zip(bounds, precision, strict=True))


def cells_for(density: Density, *, coarse: bool = False) -> int | None:
    """Along an axis so many cells as a density needs for its basins; None if it has features too narrow for them.

    Args:
        density: p_0.
        coarse: as few as will do while something is dragged.
    """
    fewest, most = _CELLS[density.d]
    needed = cells_needed(density)
    if needed > 2 * most and density.grid is None:
        return None
    if coarse:
        return _COARSE[density.d] if needed <= fewest else fewest
    return min(max(fewest, needed + needed % 2), most)


class Basins:
    """The basins of attraction of ∇ log p_0 (see `basins.partition`).

    Args:
        density: p_0, in one or two dimensions.
        cells: along each axis.
    """

    def __init__(self, density: Density, cells: int) -> None:
        self.d = density.d
        self.bounds = density.bounds()
        self.axes = tuple(axis.numpy() for axis in cell_centres(self.bounds, cells))
        x = cell_places(self.bounds, cells).float().T.contiguous()
        # In float32 a mixture is ten times as fast, and tables of a grid are those that pictures need.
        log_p = exact_field(density).log_prob_and_score(x, 1.0, 0.0)[0].double()
        #: log p_0 on the cells, axis 0 first
        self.log_p: Array = log_p.numpy().reshape((cells,) * self.d)
        self.partition: Partition = partition(self.log_p, self.axes)
        self._blurred: OrderedDict[float, _Blurred] = OrderedDict()

    @property
    def places(self) -> Array:
        """From left to right, (K, d)."""
        return self.partition.places

    @property
    def shares(self) -> Array:
        """The mass of each, (K,)."""
        return self.partition.shares

    def occupancy(self, x: Tensor, alpha: float, sigma: float) -> Array:
        """The mean of P(x_0 in basin k | x_t): of where x/α lies or, under noise, of all it may have come from."""
        scale, blurred = max(alpha, _LEAST_ALPHA), self._at(alpha, sigma)
        if blurred is None:
            counts = torch.bincount(self._labels.to(x.device)[self._cell(x, scale)], minlength=len(self.places))
            return np.asarray(counts.cpu().double().numpy() / x.shape[1])
        counts = torch.bincount(blurred.cell(x, scale), minlength=len(blurred.membership))
        return np.asarray(counts.cpu().double().numpy() @ blurred.membership.numpy() / x.shape[1])

    def nearest(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The basin x/α lies in (beyond the box, that of the nearest cell), or the likeliest one under noise."""
        scale, blurred = max(alpha, _LEAST_ALPHA), self._at(alpha, sigma)
        if blurred is None:
            return self._labels.to(x.device)[self._cell(x, scale)]
        return blurred.membership.argmax(1).to(x.device)[blurred.cell(x, scale)]

    def cores(self, x: Array) -> Indices:
        """Close to a mode, see `basins.partition`."""
        at = self._cell(torch.from_numpy(np.ascontiguousarray(x)), 1.0).numpy()
        return np.where(self.partition.core.ravel()[at], self.partition.labels.ravel()[at], -1)

    def _cell(self, x: Tensor, scale: float) -> Tensor:
        """The flat index of the cell, or of the nearest one, that x/scale lies in, (N,)."""
        n = len(self.axes[0])
        return _flat(x / scale, [(a, (b - a) / n, n) for a, b in self.bounds])

    @cached_property
    def _labels(self) -> Tensor:
        return torch.from_numpy(self.partition.labels.ravel())

    @cached_property
    def _mass(self) -> Array:
        p = np.exp(self.log_p - self.log_p.max())
        return np.asarray(p / p.sum())

    @cached_property
    def parts(self) -> GaussianMixture:
        """A Gaussian with the mass, the mean and the covariance of each basin."""
        found = moments(self.partition.labels, self._mass, self.axes, len(self.places))
        # At least a cell wide, in every direction.
        least = np.diag([(a[1] - a[0]) ** 2 for a in self.axes])
        return GaussianMixture(*(torch.from_numpy(v) for v in (found[0], found[1], found[2] + least)))

    def sample(self, k: int, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws of p_0 within basin k, as columns (d, n): a cell, then a place in it by (bi)linear weights."""
        inside = np.where(self.partition.labels == k, self._mass, 0.0)
        which = torch.multinomial(torch.from_numpy(inside.ravel()), n, replacement=True, generator=generator)
        index = torch.stack(torch.unravel_index(which, inside.shape)).double()
        # The sum of two uniform numbers has the triangular density that linear interpolation weighs a cell with.
        index += torch.rand(2, self.d, n, dtype=torch.float64, generator=generator).sum(0) - 0.5
        cells = torch.tensor([(b - a) / len(self.axes[0]) for a, b in self.bounds], dtype=torch.float64)
        return torch.tensor([a for a, _ in self.bounds])[:, None].double() + cells[:, None] * index

    def _at(self, alpha: float, sigma: float) -> _Blurred | None:
        """What noise makes of the basins; None where it is too little to take anyone out of his own."""
        tau = sigma / max(alpha, _LEAST_ALPHA)
        if tau < _HARD[self.d] * max(a[1] - a[0] for a in self.axes):
            return None
        long = self.d == 1 and self.bounds[0][1] - self.bounds[0][0] > _LONG * tau
        found = self._blurred.pop(tau, None) or (self._blur_line(tau) if long else self._blur(tau))
        self._blurred[tau] = found
        while len(self._blurred) > 4:
            self._blurred.popitem(last=False)
        return found

    @cached_property
    def _masses(self) -> Array:
        """The mass of each basin in blocks of cells, (K, blocks…)."""
        blocks = min(len(self.axes[0]), _BLURRED[self.d])
        return np.stack([_in_blocks(m, [_edges(len(self.axes[0]), blocks)] * self.d) for m in self._inside()])

    def _inside(self) -> Iterator[Array]:
        """The mass in the cells of each basin, in the shape of the grid."""
        return (np.where(self.partition.labels == k, self._mass, 0.0) for k in range(len(self.places)))

    def _blur(self, tau: float) -> _Blurred:
        """Each basin's mass, smoothed by τ along one axis after the other, and the share it has of all."""
        cells, mass = len(self.axes[0]), self._masses
        blocks = mass.shape[1]
        few = [min(blocks, math.ceil(4 + 2 * (high - low) / tau)) for low, high in self.bounds]
        mass = np.stack([_in_blocks(m, [_edges(blocks, n) for n in few]) for m in mass])
        grid = []
        for i, (low, high) in enumerate(self.bounds):
            edges = low + (high - low) * _edges(cells, blocks)[_edges(blocks, few[i])] / cells
            begin, end = low - 5 * tau, high + 5 * tau
            m = math.ceil(4 * (end - begin) / tau)
            places = begin + (np.arange(m) + 0.5) * (end - begin) / m
            # Of a block the mass is even, and a Gaussian's share of it an integral.
            within = np.diff(scipy.special.ndtr((edges[:, None] - places) / tau), axis=0) / np.diff(edges)[:, None]
            mass = np.moveaxis(np.moveaxis(mass, i + 1, -1) @ within, -1, i + 1)
            grid.append((begin, (end - begin) / m, m))
        return self._shared(grid, mass)

    def _blur_line(self, tau: float) -> _Blurred:
        """The same on a long line: a convolution with a Gaussian's integrals over blocks."""
        ((low, high),), cells = self.bounds, len(self.axes[0])
        block = max(1, int(tau * cells / (high - low) / _TO_A_TAU))
        width = block * (high - low) / cells
        reach = math.ceil(5 * tau / width)
        kernel = np.diff(scipy.special.ndtr((np.arange(-reach, reach + 2) - 0.5) * width / tau))
        starts = np.arange(0, cells, block)
        mass = np.stack([np.convolve(np.add.reduceat(m, starts), kernel) for m in self._inside()])
        return self._shared([(low - reach * width, width, mass.shape[1])], mass)

    def _shared(self, grid: list[tuple[float, float, int]], mass: Array) -> _Blurred:
        total = mass.sum(0)
        membership = np.where(total > 1e-200, mass / np.maximum(total, 1e-200), self.shares.reshape(-1, *[1] * self.d))
        return _Blurred(grid, torch.from_numpy(np.ascontiguousarray(membership.reshape(len(mass), -1).T)))


@dataclass(frozen=True)
class _Blurred:
    """P(x_0 in basin k | x_t/α = y) on a grid: (low, cell, cells) of each axis, and (cells in all, K)."""

    grid: list[tuple[float, float, int]]
    membership: Tensor

    def cell(self, x: Tensor, scale: float) -> Tensor:
        """The flat index of the nearest cell to x/scale, (N,)."""
        return _flat(x / scale, self.grid)


def _edges(cells: int, blocks: int) -> Indices:
    """Where so many blocks of about as many cells begin, and the last ends."""
    return np.rint(np.linspace(0, cells, blocks + 1)).astype(np.int64)


def _in_blocks(mass: Array, edges: list[Indices]) -> Array:
    """Sums over blocks of cells along each axis."""
    for axis, e in enumerate(edges):
        mass = np.add.reduceat(mass, e[:-1], axis=axis)
    return mass


def _flat(y: Tensor, grid: list[tuple[float, float, int]]) -> Tensor:
    flat = torch.zeros(y.shape[1], dtype=torch.int64, device=y.device)
    for v, (low, cell, n) in zip(y, grid, strict=True):
        flat = flat * n + torch.nan_to_num((v - low) / cell).clamp(0, n - 1).to(torch.int64)
    return flat
