"""The Metropolis–Hastings test, column by column."""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer.samplers.base import UnnormalisedDensity


def accepts(log_ratio: Tensor, generator: torch.Generator) -> Tensor:
    """Whether a proposal is taken, with probability min(1, exp(log_ratio)): (N,) → (N,) bool.

    One uniform number is drawn for each column, needed or not. A ratio that is not a number is a refusal.
    """
    u = torch.rand(log_ratio.shape, generator=generator, dtype=log_ratio.dtype, device=log_ratio.device)
    return torch.log(u) < log_ratio


def chosen(accepted: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Columns (or entries) of `new` where accepted, else of `old`."""
    return torch.where(accepted, new, old)


def squares(x: Tensor) -> Tensor:
    """|x|² of each column: (d, N) → (N,)."""
    return x.square().sum(0)


def known_of(density: UnnormalisedDensity, x: Tensor) -> dict[str, Tensor]:
    """What samplers with a test remember: log p and its gradient at x."""
    log_prob, score = density.log_prob_and_score(x)
    return {"log_prob": log_prob, "score": score}
