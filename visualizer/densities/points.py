"""Known data in any number of dimensions: each point as likely as any other, and the exact field of that, noised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from torch import Tensor

from visualizer.densities.field import FieldAtLevel, FixedLevel


@dataclass(frozen=True, eq=False)
class Points:
    """p = 1/n Σ_i δ(x − x_i); p_t = 1/n Σ_i N(x; α x_i, σ² I). Its field takes columns (d, N). Equal to itself alone.

    A network that learned n points by heart would have this field: no denoiser is better for these points, and what it
    makes is nothing but these points. w_i(x) = softmax_i(−|x − α x_i|²/2σ²) are the weights of attention.

    Args:
        rows: the points, (n, d), float32.
    """

    rows: Tensor

    has_log_prob: ClassVar[bool] = True
    normalised: ClassVar[bool] = True
    guided: ClassVar[bool] = False

    @property
    def K(self) -> int:  # noqa: N802  # the field's letter
        """How many there are."""
        return int(self.rows.shape[0])

    @property
    def d(self) -> int:
        """The dimension."""
        return int(self.rows.shape[1])

    @property
    def standard_deviation(self) -> float:
        """The root mean square of the standard deviations along the axes."""
        return float(self.rows.double().var(0, correction=0).mean().sqrt())

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Self:
        """The same points elsewhere."""
        return type(self)(self.rows.to(device=device, dtype=dtype))

    def sample_with_components(self, n: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """n of them with replacement, (n, d), and which, (n,)."""
        which = torch.randint(self.K, (n,), generator=generator, device=self.rows.device)
        return self.rows[which], which

    def known_level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """Every level with noise is known."""
        return alpha, sigma

    def _logits(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        return torch.cdist(x.T, alpha * self.rows).square() / (-2 * sigma**2)

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[x_0 | x_t = x] = Σ_i w_i x_i, (d, N) → (d, N)."""
        return (torch.softmax(self._logits(x, alpha, sigma), 1) @ self.rows).T.contiguous()

    def score(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """∇ log p_t(x) = (α E[x_0 | x] − x)/σ², (d, N) → (d, N) (Robbins 1956; Miyasawa 1961)."""
        return (alpha * self.denoise(x, alpha, sigma) - x) / sigma**2

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t), nats: (d, N) → (N,), (d, N)."""
        size = math.log(self.K) + 0.5 * self.d * math.log(2 * math.pi * sigma**2)
        return torch.logsumexp(self._logits(x, alpha, sigma), 1) - size, self.score(x, alpha, sigma)

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(∇ log p_t, ∇·∇ log p_t = (α² tr Cov[x_0 | x]/σ² − d)/σ²): (d, N) → (d, N), (N,)."""
        w = torch.softmax(self._logits(x, alpha, sigma), 1)
        mean = w @ self.rows
        spread = w @ self.rows.square().sum(1) - mean.square().sum(1)
        return ((alpha * mean - x.T) / sigma**2).T.contiguous(), ((alpha / sigma) ** 2 * spread - self.d) / sigma**2

    def at(self, alpha: float, sigma: float) -> FieldAtLevel:
        """What it is at one noise level."""
        return FixedLevel(self, alpha, sigma)
