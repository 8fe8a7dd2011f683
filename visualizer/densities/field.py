"""A score field at every noise level, as samplers see it: columns in, columns out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from visualizer.densities.gaussian_mixture import GaussianMixture
from visualizer.densities.kernel import MixtureKernel, Workspace

#: Errors of a field without noise are told in units of so much.
LEAST_SIGMA = 1e-3


class FieldAtLevel(Protocol):
    """A field at one noise level. Columns x are (d, N)."""

    def score(self, x: Tensor) -> Tensor:
        """∇ log p_t(x), (d, N) → (d, N)."""
        ...

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t), where there is a log-density: (d, N) → (N,), (d, N)."""
        ...


class Field(Protocol):
    """What a sampler may ask of a density, exact or learned. Columns x are (d, N)."""

    def __hash__(self) -> int: ...

    @property
    def d(self) -> int:
        """The dimension."""
        ...

    @property
    def has_log_prob(self) -> bool:
        """Whether it knows log p_t, if only up to a constant, and not the score alone."""
        ...

    @property
    def guided(self) -> bool:
        """Whether it is another field, pushed: then its log-density is that of what it is pushed towards."""
        ...

    def known_level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """The noise level at which (α, σ) is answered."""
        ...

    @property
    def normalised(self) -> bool:
        """Whether its log-density is that of a density, and not up to a constant for each noise level."""
        ...

    def at(self, alpha: float, sigma: float) -> FieldAtLevel:
        """What it is at one noise level."""
        ...

    def score(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """∇ log p_t(x), (d, N) → (d, N)."""
        ...

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[x_0 | x_t = x], (d, N) → (d, N)."""
        ...

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t): (d, N) → (N,), (d, N)."""
        ...

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(∇ log p_t, ∇·∇ log p_t): (d, N) → (d, N), (N,)."""
        ...


@dataclass(frozen=True)
class FixedLevel:
    """A field at one noise level, for fields that have nothing of their own for that."""

    field: Field
    alpha: float
    sigma: float

    def score(self, x: Tensor) -> Tensor:
        """∇ log p_t(x), (d, N) → (d, N)."""
        return self.field.score(x, self.alpha, self.sigma)

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t), of fields that have it: (d, N) → (N,), (d, N)."""
        return self.field.log_prob_and_score(x, self.alpha, self.sigma)


class MixtureField:
    """The exact field of a Gaussian mixture. Kernels of the last few noise levels are kept."""

    has_log_prob = True
    normalised = True
    guided = False
    _KEEP = 4

    def __init__(
        self,
        mixture: GaussianMixture,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        workspace: Workspace | None = None,
    ) -> None:
        self.mixture = mixture
        self.d = mixture.d
        self.dtype, self.device = dtype, torch.device(device)
        self._workspace = workspace or Workspace()
        self._kernels: dict[tuple[float, float], MixtureKernel] = {}

    def at(self, alpha: float, sigma: float) -> MixtureKernel:
        """The kernel of p_t for this noise level."""
        key = (alpha, sigma)
        found = self._kernels.pop(key, None)
        if found is None:
            found = MixtureKernel(
                self.mixture, alpha, sigma, dtype=self.dtype, device=self.device, workspace=self._workspace
            )
            if len(self._kernels) >= self._KEEP:
                self._kernels.pop(next(iter(self._kernels)))
        self._kernels[key] = found
        return found

    def known_level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """Every level is known; errors are told in units of at least 0.001."""
        return alpha, max(sigma, LEAST_SIGMA)

    def score(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """∇ log p_t(x), (d, N) → (d, N)."""
        return self.at(alpha, sigma).score(x)

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[x_0 | x_t = x], (d, N) → (d, N)."""
        return self.at(alpha, sigma).denoise(x)

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t): (d, N) → (N,), (d, N)."""
        return self.at(alpha, sigma).log_prob_and_score(x)

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(∇ log p_t, ∇·∇ log p_t): (d, N) → (d, N), (N,)."""
        return self.at(alpha, sigma).score_and_divergence(x)
