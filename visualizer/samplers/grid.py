"""Time grids: where along the process the steps of a run fall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRIDS = ("uniform", "quadratic", "karras")
_RHO = 7.0
_KARRAS_FLOOR = 1e-3


def time_grid(kind: str, steps: int, t_max: float) -> NDArray[np.float64]:
    """steps + 1 increasing times from 0 to t_max.

    With u = i/steps: uniform t = t_max u; quadratic t = t_max u²; karras puts the times that are not
    0 at (t_min^{1/ρ} + v (t_max^{1/ρ} − t_min^{1/ρ}))^ρ with ρ = 7 and t_min = t_max/1000
    (Karras et al. 2022, eq. 5, in t).

    Raises:
        ValueError: an unknown kind or fewer than one step.
    """
    if steps < 1:
        raise ValueError("a run needs at least one step")
    u = np.arange(steps + 1) / steps
    if kind == "uniform":
        grid = t_max * u
    elif kind == "quadratic":
        grid = t_max * u**2
    elif kind == "karras":
        low, high = (_KARRAS_FLOOR * t_max) ** (1 / _RHO), t_max ** (1 / _RHO)
        v = np.arange(steps) / max(1, steps - 1)
        grid = np.concatenate([[0.0], (low + v * (high - low)) ** _RHO])
    else:
        raise ValueError(f"unknown time grid {kind!r}: expected one of {', '.join(GRIDS)}")
    grid[-1] = t_max
    return grid
