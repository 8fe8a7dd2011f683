"""What data suggest: a bandwidth by likelihood."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.scene.points import silverman

Array = NDArray[np.float64]
#: Points that the likelihood is held against.
_POINTS = 1500
#: Widths that are tried.
_WIDTHS = 16
#: Widths that are tried around the best of these.
_CLOSER = 9


def likelihood_bandwidth(x: Array) -> float:
    """The h that maximises Σ_i log (n − 1)⁻¹ Σ_{j≠i} N(x_i; x_j, h² I): leave-one-out likelihood (Habbema et al. 1974).

    Of more than 1,500 points every so manieth is taken; h is then narrowed as Silverman's rule says, ∝ n^{−1/(d+4)}.
    """
    n, d = x.shape
    some = torch.tensor(x[:: max(1, math.ceil(n / _POINTS))])
    square = torch.cdist(some, some).square()
    square.fill_diagonal_(math.inf)
    guess = silverman(some.numpy())
    widths = torch.logspace(math.log10(0.02 * guess), math.log10(3 * guess), _WIDTHS, dtype=torch.float64)
    best = int(_likelihoods(square, d, widths).argmax())
    low, high = (float(widths[i].log10()) for i in (max(0, best - 1), min(_WIDTHS - 1, best + 1)))
    closer = torch.logspace(low, high, _CLOSER, dtype=torch.float64)
    found = float(closer[int(_likelihoods(square, d, closer).argmax())])
    return float(found * (len(some) / n) ** (1 / (d + 4)))


def _likelihoods(square: torch.Tensor, d: int, widths: torch.Tensor) -> torch.Tensor:
    scores = torch.stack([torch.logsumexp(-0.5 * square / h**2, 1).mean() - d * torch.log(h) for h in widths])
    return torch.nan_to_num(scores, nan=-math.inf)
