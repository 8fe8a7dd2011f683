"""Diffusion as a variational model: what each stroke costs, in nats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Variance = Literal["small", "best", "exact"]


@dataclass(frozen=True)
class Variational:
    """The mean square error of a denoiser over ln SNR, and the bound that follows from it.

    Attributes:
        log_snr: λ = ln α²/σ², ascending, (M,).
        mse: E‖x_0 − D(x_t)‖² of the denoiser that is looked at, (M,).
        mmse: the least, that of the exact denoiser, (M,).
        entropy: H(p), nats.
        ends: what both ends of the bound cost, nats.
        d: dimension.
        learned: whether the denoiser is a network's.
        done: share of the work; only what is known of λ is there.
    """

    log_snr: Floats
    mse: Floats
    mmse: Floats
    entropy: float
    ends: tuple[float, float]
    d: int
    learned: bool
    done: float

    def steps(self, strokes: int, variance: Variance) -> Floats:
        """The divergence of each stroke, from the one that ends at the data to the one that begins at noise, nats.

        From x_t to x_s, λ uniform: KL_t = ½ (SNR_s − SNR_t) mse_t where p_θ(x_s | x_t) has the variance of
        q(x_s | x_t, x_0); (d/2) ln(1 + (SNR_s − SNR_t) mse_t/d) where it has the best one (Bao et al. 2022,
        https://arxiv.org/abs/2201.06503); and ½ ∫ mmse dSNR where it is the exact kernel, a mixture.
        """
        at = np.linspace(self.log_snr[-1], self.log_snr[0], strokes + 1)
        if variance == "exact":
            return -np.diff(_between(at, self.log_snr, self._told()))
        mse = np.exp(_between(at[1:], self.log_snr, np.log(self.mse)))
        gained = (np.exp(at[:-1]) - np.exp(at[1:])) * mse
        return np.asarray(0.5 * gained if variance == "small" else 0.5 * self.d * np.log1p(gained / self.d))

    def _told(self) -> Floats:
        """½ ∫ mmse dSNR from the noisy end, by the trapezium rule in λ with the slopes at the ends of cells."""
        height, width = 0.5 * self.mmse * np.exp(self.log_snr), np.diff(self.log_snr)
        slope = np.gradient(height, self.log_snr, edge_order=2)
        cells = 0.5 * (height[1:] + height[:-1]) * width - np.diff(slope) * width**2 / 12
        return np.concatenate([[0.0], np.cumsum(cells)])

    def excess(self, strokes: int, variance: Variance) -> float:
        """The bound minus the entropy: nats that so many strokes cost beyond what the data have."""
        return float(self.steps(strokes, variance).sum()) + sum(self.ends) - self.entropy


def _between(at: Floats, x: Floats, y: Floats) -> Floats:
    """y at other places by cubic Hermite pieces, whose slopes are those of parabolas through neighbours."""
    slope = np.gradient(y, x, edge_order=2)
    i = np.clip(np.searchsorted(x, at) - 1, 0, len(x) - 2)
    width = x[i + 1] - x[i]
    u = (at - x[i]) / width
    low, high = (1 + 2 * u) * (1 - u) ** 2 * y[i], u**2 * (3 - 2 * u) * y[i + 1]
    found: Floats = low + high + width * u * (1 - u) * ((1 - u) * slope[i] - u * slope[i + 1])
    return found
