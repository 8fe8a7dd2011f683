"""One-dimensional mixtures as scipy and NumPy see them: distribution function and quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from visualizer.densities import GaussianMixture

Array = NDArray[np.float64]


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
            v.detach().cpu().numpy() for v in (mixture._weights, mixture._means, mixture.variances, mixture.axes)
        )
        along = np.einsum("i,kij->kj", u, axes)
        return Marginal(weights, means @ u, np.sqrt((along**2 * variances).sum(1)))

    def pdf(self, x: Array) -> Array:
        """Density at x (n,)."""
        z = (x[:, None] - self.means) / self.stds
        return np.asarray((np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * self.stds)) @ self.weights)

    def cdf(self, x: Array) -> Array:
        """P(X ≤ x) at x (n,)."""
        return np.asarray(ndtr((x[:, None] - self.means) / self.stds) @ self.weights)

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
