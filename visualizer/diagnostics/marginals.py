"""Laws on the line as scipy and NumPy see them: density, distribution function and quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from visualizer.densities import Density, GaussianMixture, GridDensity, spline_weights

Array = NDArray[np.float64]
#: Places along which a conditional density is normalised.
_FINE = 4096


class Law(Protocol):
    """A distribution on the line."""

    def pdf(self, x: Array) -> Array:
        """Density at x (n,)."""
        ...

    def cdf(self, x: Array) -> Array:
        """P(X ≤ x) at x (n,)."""
        ...

    def quantiles(self, count: int) -> Array:
        """F⁻¹((i + ½)/count) for i = 0 … count − 1."""
        ...


def law_along(density: Density, direction: Array) -> Law:
    """The law of uᵀx along a unit vector (d,)."""
    if density.grid is not None:
        return GridLaw.of(density.grid, direction)
    assert density.mixture is not None  # a density is the one or the other
    return Marginal.of(density.mixture, direction)


@dataclass(frozen=True)
class GridLaw:
    """A density that is linear between even places, and its distribution function there."""

    at: Array
    density: Array
    below: Array

    @staticmethod
    def of(density: GridDensity, direction: Array) -> GridLaw:
        """The law of uᵀx for x known on a grid.

        Cells are shared between the four nearest places along u by a cubic B-spline; what that smears, sinc⁴ in
        frequency, is undone (as for particle–mesh methods, Hockney & Eastwood 1988).
        """
        u = np.asarray(direction, dtype=np.float64)
        axes = [i for i in range(density.d) if abs(u[i]) > 1 - 1e-12]
        if density.drowned:
            v = torch.from_numpy(u)
            mean, std = float(v @ density.mean.double()), float(v @ density.covariance.double() @ v) ** 0.5
            z = np.linspace(-9, 9, 1024)
            return GridLaw._tabulated(mean + std * z, np.exp(-0.5 * z * z))
        if axes:
            at, p = (np.asarray(v.numpy()) for v in density.along(axes[0]))
            return GridLaw._tabulated(at, p) if u[axes[0]] > 0 else GridLaw._tabulated(-at[::-1], p[::-1])
        table = density.table()
        places = np.add.outer(*(density.alpha * u[i] * table.axis(i).numpy() for i in range(2))).ravel()
        n = 2 * table.density.shape[0]
        at = np.asarray(np.linspace(places.min(), places.max(), n))
        t, before = np.modf((places - at[0]) / (at[1] - at[0]))
        index, mass = before.astype(np.int64), table.density.numpy().ravel()
        weights = [w.numpy() for w in spline_weights(torch.from_numpy(t))]
        p = sum((np.bincount((index + i - 1) % n, mass * w, n) for i, w in enumerate(weights)), np.zeros(n))
        smeared = np.fft.rfft(p) / np.sinc(np.fft.rfftfreq(n)) ** 4
        return GridLaw._tabulated(at, np.maximum(np.fft.irfft(smeared, n), 0.0))

    @staticmethod
    def _tabulated(at: NDArray[Any], p: NDArray[Any]) -> GridLaw:
        steps = 0.5 * (p[1:] + p[:-1]) * np.diff(at)
        below = np.concatenate([[0.0], np.cumsum(steps)])
        return GridLaw(np.ascontiguousarray(at), p / below[-1], below / below[-1])

    def pdf(self, x: Array) -> Array:
        """Density at x (n,)."""
        return np.asarray(np.interp(x, self.at, self.density, left=0.0, right=0.0))

    def cdf(self, x: Array) -> Array:
        """P(X ≤ x) at x (n,)."""
        return np.asarray(np.interp(x, self.at, self.below, left=0.0, right=1.0))

    def quantiles(self, count: int) -> Array:
        """F⁻¹((i + ½)/count) for i = 0 … count − 1."""
        keep = np.concatenate([[True], np.diff(self.below) > 0])
        return np.asarray(np.interp((np.arange(count) + 0.5) / count, self.below[keep], self.at[keep]))


@dataclass(frozen=True)
class Marginal:
    """The law of uᵀx for x from a mixture: Σ_k π_k N(uᵀμ_k, uᵀΣ_k u)."""

    weights: Array
    means: Array
    stds: Array

    @staticmethod
    def of(mixture: GaussianMixture, direction: Array) -> Marginal:
        """The marginal along a unit vector (d,)."""
        u = np.asarray(direction, dtype=np.float64)
        weights, means, variances, axes = (
            v.detach().cpu().numpy() for v in (mixture.weights64, mixture.means64, mixture.variances, mixture.axes)
        )
        along = np.einsum("i,kij->kj", u, axes)
        return Marginal(weights, means @ u, np.sqrt((along**2 * variances).sum(1)))

    def pdf(self, x: Array) -> Array:
        """Density at x (n,)."""
        z = (x[:, None] - self.means) / self.stds
        return np.asarray((np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * self.stds)) @ self.weights)

    def cdf(self, x: Array) -> Array:
        """P(X ≤ x) at x (n,)."""
        return np.asarray(scipy.special.ndtr((x[:, None] - self.means) / self.stds) @ self.weights)

    def survival(self, x: Array) -> Array:
        """P(X > x) at x (n,)."""
        return np.asarray(scipy.special.ndtr((self.means - x[:, None]) / self.stds) @ self.weights)

    def quantiles(self, count: int, points: int = 4096) -> Array:
        """F⁻¹((i + ½)/count) for i = 0 … count − 1, from F tabulated where the mass is."""
        spread = 8.0
        grid = np.unique(
            np.concatenate(
                [m + s * np.linspace(-spread, spread, 257) for m, s in zip(self.means, self.stds, strict=True)]
            )
        )
        if len(grid) > points:
            grid = grid[np.linspace(0, len(grid) - 1, points).astype(int)]
        below = self.cdf(grid)
        keep = np.concatenate([[True], np.diff(below) > 0])
        return np.asarray(np.interp((np.arange(count) + 0.5) / count, below[keep], grid[keep]))


def conditional_along(density: Density, axis: int, at: tuple[float, float], places: Array) -> Array:
    """p(x_axis | the other coordinate is that of `at`) at `places`, of a density in the plane."""
    if (mixture := density.mixture) is not None:
        return Marginal.of(mixture.conditional(1 - axis, at[1 - axis]), np.ones(1)).pdf(places)
    low, high = density.bounds()[axis]
    fine = np.linspace(low, high, _FINE)

    def joint(x: Array) -> Array:
        points = np.full((x.size, 2), at[1 - axis])
        points[:, axis] = x
        return np.asarray(density.log_prob(torch.from_numpy(points)).numpy())

    log_p = joint(fine)
    top = log_p.max()
    return np.asarray(np.exp(joint(places) - top) / np.trapezoid(np.exp(log_p - top), fine))
