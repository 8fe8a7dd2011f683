"""The exact field of a density known on a grid, as samplers see it: columns in, columns out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities.field import LEAST_SIGMA
from visualizer.densities.grid_density import GridDensity


@dataclass(frozen=True)
class GridAtLevel:
    """A density known on a grid at one noise level. Columns x are (d, N)."""

    density: GridDensity

    def score(self, x: Tensor) -> Tensor:
        """∇ log p_t(x), (d, N) → (d, N)."""
        return self.density.score(x.T).T.contiguous()

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t): (d, N) → (N,), (d, N)."""
        log_p, score = self.density.log_prob_and_score(x.T)
        return log_p, score.T.contiguous()


class GridField:
    """A density known on a grid at all noise levels; the last few are kept."""

    has_log_prob = True
    normalised = True
    guided = False
    _KEEP = 4

    def __init__(self, density: GridDensity, *, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.density = density.to(device, torch.float32)
        self.d = density.d
        self._levels: dict[tuple[float, float], GridAtLevel] = {}

    def at(self, alpha: float, sigma: float) -> GridAtLevel:
        """What it is at one noise level."""
        key = (alpha, sigma)
        found = self._levels.pop(key, None) or GridAtLevel(self.density.noised(alpha, sigma))
        while len(self._levels) >= self._KEEP:
            self._levels.pop(next(iter(self._levels)))
        self._levels[key] = found
        return found

    def known_level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """Every level is known; errors are told in units of at least 0.001."""
        return alpha, max(sigma, LEAST_SIGMA)

    def score(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """∇ log p_t(x), (d, N) → (d, N)."""
        return self.at(alpha, sigma).score(x)

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[x_0 | x_t = x], (d, N) → (d, N): (x + σ² s)/α; where noise drowns all, m + αΣ C⁻¹ (x − αm)."""
        p = self.at(alpha, sigma).density
        if p.drowned:
            now, then = (q.covariance.cpu().double() for q in (p, self.density))
            gain: Tensor = alpha * then @ torch.linalg.inv(now)
            return self.density.mean[:, None] + gain.to(x) @ (x - p.mean[:, None])
        return (x + sigma**2 * self.score(x, alpha, sigma)) / alpha if sigma else x / alpha

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t): (d, N) → (N,), (d, N)."""
        return self.at(alpha, sigma).log_prob_and_score(x)

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(∇ log p_t, ∇·∇ log p_t): (d, N) → (d, N), (N,)."""
        level = self.at(alpha, sigma)
        return level.score(x), level.density.divergence(x.T)
