"""Densities at other temperatures."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from visualizer.samplers.metropolis import squares


@dataclass(frozen=True)
class Tempering:
    """π_β ∝ exp(β f) q with q = N(0, s² I) and f = log p − log q: p at β = 1, q at β = 0.

    Args:
        width: s.
        beta: β.
    """

    width: float
    beta: float

    def __call__(self, x: Tensor, log_prob: Tensor, score: Tensor) -> tuple[Tensor, Tensor]:
        """log π_β up to a constant, and its gradient, from log p and ∇log p at x."""
        rest, precision = 1.0 - self.beta, 1.0 / self.width**2
        return (
            self.beta * log_prob - rest * (0.5 * precision) * squares(x),
            self.beta * score - rest * precision * x,
        )

    def tilt(self, x: Tensor, log_prob: Tensor) -> Tensor:
        """f(x) = log p(x) − log q(x), up to a constant: (…, N), of x (…, d, N)."""
        return log_prob + (0.5 / self.width**2) * x.square().sum(-2)
