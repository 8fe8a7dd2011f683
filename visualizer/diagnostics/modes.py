"""What a particle can be trapped in: the components of a mixture, or the basins of any other density."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, ExactField, GaussianMixture, MixtureField, MixtureKernel
from visualizer.diagnostics.basins import Array, Indices, Partition, partition

#: More than these are not told apart.
MAX_MODES = 64
#: Within so many standard deviations of a mean a particle is in the core of that component.
CORE = 1.5
#: Cells along an axis: of the basins, and coarsely, while something is dragged.
CELLS = {1: (2048, 512), 2: (256, 96)}
#: x is looked up at x/α, with no α below this.
_LEAST_ALPHA = 1e-4
#: Cells along each side of the box for what noise carries out of it.
_OUTSIDE = 16


class Modes(Protocol):
    """Modes of p_0, of which a particle x_t = α x_0 + σ ε belongs to one."""

    @property
    def places(self) -> Array:
        """Where they are, (K, d)."""
        ...

    @property
    def shares(self) -> Array:
        """The mass of p_0 in each, (K,), summing to 1."""
        ...

    def nearest(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The mode that each of the columns x (d, N) belongs to, (N,) int64."""
        ...

    def cores(self, x: Array, alpha: float) -> Indices:
        """The mode in whose core each of the columns x (d, m) is, -1 between them."""
        ...

    def weights(self, alpha: float, sigma: float, field: ExactField) -> Array:
        """The share of p_t that belongs to each, (K,): what exact samples have; `field` is the density's."""
        ...


def occupancy(modes: Modes, x: Tensor, alpha: float, sigma: float) -> Array:
    """The share of the columns x (d, N) that belongs to each mode, (K,).

    Exact samples give `Modes.weights`, up to √(w(1 − w)/N).
    """
    counts = torch.bincount(modes.nearest(x, alpha, sigma), minlength=len(modes.places))
    return np.asarray(counts.double().cpu().numpy() / x.shape[1])


class Components:
    """The components of a mixture. A particle belongs to the one with the largest responsibility.

    Args:
        mixture: whose components are the modes.
        field: its field, if there is one already.
    """

    def __init__(self, mixture: GaussianMixture, field: MixtureField | None = None) -> None:
        self._field = field or MixtureField(mixture)
        self.places: Array = mixture._means.cpu().numpy()
        self.shares: Array = mixture._weights.cpu().numpy()
        self._whiten = mixture._whiten.cpu().numpy()

    def nearest(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The component with the largest responsibility under p_t."""
        return self._field.at(alpha, sigma).nearest(x)

    def cores(self, x: Array, alpha: float) -> Indices:
        """Within `CORE` standard deviations of the mean, where α x_0 is taken for x_t."""
        y = x / max(alpha, _LEAST_ALPHA)
        z = np.einsum("kij,kjm->kim", self._whiten, y[None] - self.places[:, :, None])
        distance = np.sqrt((z * z).sum(1))
        return np.where(distance.min(0) < CORE, distance.argmin(0), -1)

    def weights(self, alpha: float, sigma: float, field: ExactField) -> Array:
        """π. Exact samples are as often in a component; the most responsible one differs where they overlap."""
        return self.shares


class Basins:
    """The basins of attraction of ∇ log p_0 (see `basins.partition`). x_t belongs to the basin that x_t/α lies in.

    Args:
        density: p_0, in one or two dimensions.
        cells: along each axis.
    """

    def __init__(self, density: Density, cells: int) -> None:
        self.d = density.d
        self.bounds = density.bounds()
        self.axes = tuple(a + (np.arange(cells) + 0.5) * (b - a) / cells for a, b in self.bounds)
        x = torch.from_numpy(np.stack([g.ravel() for g in np.meshgrid(*self.axes, indexing="ij")]))
        if isinstance(density, GaussianMixture):  # in float32 it is ten times as fast
            log_p = MixtureKernel(density, dtype=torch.float32).log_prob(x.float()).double()
        else:
            log_p = density.log_prob(x.T)
        #: log p_0 on the cells, axis 0 first
        self.log_p: Array = log_p.numpy().reshape((cells,) * self.d)
        self.partition: Partition = partition(self.log_p, self.axes)
        self._weights: dict[tuple[float, float], Array] = {}

    @property
    def places(self) -> Array:
        """From left to right, (K, d)."""
        return self.partition.places

    @property
    def shares(self) -> Array:
        """The mass of each, (K,)."""
        return self.partition.shares

    @cached_property
    def parts(self) -> GaussianMixture:
        """A Gaussian with the mass, the mean and the covariance of each basin."""
        mass = np.exp(self.log_p - self.log_p.max()).ravel()
        x = np.stack([g.ravel() for g in np.meshgrid(*self.axes, indexing="ij")])
        labels, count = self.partition.labels.ravel(), len(self.places)
        total = np.bincount(labels, mass, count)
        mean = np.stack([np.bincount(labels, mass * v, count) / total for v in x])
        off = x - mean[:, labels]
        spread = [[np.bincount(labels, mass * a * b, count) / total for b in off] for a in off]
        # At least a cell wide, in every direction.
        least = np.diag([(a[1] - a[0]) ** 2 for a in self.axes])
        covariances = np.moveaxis(np.array(spread), -1, 0) + least
        return GaussianMixture(*(torch.from_numpy(v) for v in (total, np.ascontiguousarray(mean.T), covariances)))

    def _cell(self, x: Tensor, alpha: float) -> Tensor:
        """The flat index of the cell, or of the nearest one, that x/α lies in, (N,)."""
        scale = max(alpha, _LEAST_ALPHA)
        n = len(self.axes[0])
        flat = torch.zeros(x.shape[1], dtype=torch.int64, device=x.device)
        for i, (a, b) in enumerate(self.bounds):
            cell = (x[i] / scale).sub_(a).mul_(n / (b - a)).clamp_(0, n - 1)
            flat = flat * n + torch.nan_to_num_(cell).to(torch.int64)
        return flat

    def nearest(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The basin x/α lies in; beyond the box, that of the nearest cell."""
        return self._labels.to(x.device)[self._cell(x, alpha)]

    @cached_property
    def _labels(self) -> Tensor:
        return torch.from_numpy(self.partition.labels.ravel())

    def cores(self, x: Array, alpha: float) -> Indices:
        """The mode whose core x/α lies in, -1 between them."""
        at = self._cell(torch.from_numpy(np.ascontiguousarray(x)), alpha).numpy()
        return np.where(self.partition.core.ravel()[at], self.partition.labels.ravel()[at], -1)

    def weights(self, alpha: float, sigma: float, field: ExactField) -> Array:
        """∫ p_t over each basin, scaled by α: by the midpoint rule on every other cell, and on wider ones outside."""
        if (alpha, sigma) == (1.0, 0.0):
            return self.shares
        if (alpha, sigma) not in self._weights:
            if len(self._weights) > 8:
                self._weights.clear()
            self._weights[alpha, sigma] = self._integrated(alpha, sigma, field)
        return self._weights[alpha, sigma]

    def sample(self, k: int, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws of p_0 within basin k, as columns (d, n): a cell, then a place in it by (bi)linear weights."""
        inside = np.where(self.partition.labels == k, np.exp(self.log_p - self.log_p.max()), 0.0)
        which = torch.multinomial(torch.from_numpy(inside.ravel()), n, replacement=True, generator=generator)
        index = torch.stack(torch.unravel_index(which, inside.shape)).double()
        # The sum of two uniform numbers has the triangular density that linear interpolation weighs a cell with.
        index += torch.rand(2, self.d, n, dtype=torch.float64, generator=generator).sum(0) - 0.5
        cells = torch.tensor([(b - a) / len(self.axes[0]) for a, b in self.bounds], dtype=torch.float64)
        return torch.tensor([a for a, _ in self.bounds])[:, None].double() + cells[:, None] * index

    def _integrated(self, alpha: float, sigma: float, field: ExactField) -> Array:
        scale = max(alpha, _LEAST_ALPHA)
        sides = [_Side.of(len(self.axes[0]), a, b, 5 * sigma / scale) for a, b in self.bounds]
        x = scale * np.stack([g.ravel() for g in np.meshgrid(*(s.places for s in sides), indexing="ij")])
        log_p, _ = field.log_prob_and_score(torch.from_numpy(x).to(field.device, torch.float32), alpha, sigma)
        mass = np.exp(log_p.double().cpu().numpy()).reshape([len(s.places) for s in sides])
        labels = self.partition.labels
        for i, side in enumerate(sides):
            mass = np.repeat(mass, side.times, axis=i)
            mass *= side.widths.reshape([-1 if j == i else 1 for j in range(self.d)])
            labels = np.take(labels, side.cells, axis=i)
        sums = np.bincount(labels.ravel(), mass.ravel(), len(self.places))
        return np.asarray(sums / sums.sum())


@dataclass(frozen=True)
class _Side:
    """Cells along an axis to integrate over: wide ones outside the box, and inside every two with one place for both.

    Attributes:
        places: where the density is looked up.
        times: how many cells have that place.
        widths, cells: of each cell, its width and the cell of the box that is the nearest to it.
    """

    places: Array
    times: Indices
    widths: Array
    cells: Indices

    @staticmethod
    def of(n: int, low: float, high: float, more: float) -> _Side:
        """n cells of the box from low to high, and `more` on each side."""
        cell, pairs = (high - low) / n, n // 2
        count = _OUTSIDE if more > 0 else 0
        beyond = more * (np.arange(count) + 0.5) / _OUTSIDE
        inside = low + (2 * np.arange(pairs) + 1) * cell
        return _Side(
            np.concatenate([low - beyond[::-1], inside, high + beyond]),
            np.repeat([1, 2, 1], [count, pairs, count]),
            np.repeat([more / _OUTSIDE, cell, more / _OUTSIDE], [count, n, count]),
            np.clip(np.arange(-count, n + count), 0, n - 1),
        )
