"""Time grids: where along the process the steps of a run fall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Evenly spaced are the times to the power of 1/ρ.
_RHO = {"uniform": 1, "quadratic": 2, "karras": 7}
GRIDS = tuple(_RHO)
_KARRAS_FLOOR = 1e-3


def time_grid(kind: str, steps: int, t_max: float, least: float = 0.0) -> NDArray[np.float64]:
    """steps + 1 increasing times from 0 to t_max.

    With u = i/steps: uniform t = t_max u; quadratic t = t_max u²; karras puts the times that are not
    0 at (t_min^{1/ρ} + v (t_max^{1/ρ} − t_min^{1/ρ}))^ρ with ρ = 7 and t_min = t_max/1000
    (Karras et al. 2022, eq. 5, in t). Where `least` is given, the times that are not 0 go from there to t_max, by the
    same rule: ρ = 1, 2 and 7.

    Raises:
        ValueError: an unknown kind, fewer than one step, or a least time that is not in 0 … t_max.
    """
    if not 0 <= least < t_max:
        raise ValueError(f"expected a least time of 0 or more, below t_max = {t_max:g}")
    if steps < 1:
        raise ValueError("a run needs at least one step")
    if kind not in _RHO:
        raise ValueError(f"unknown time grid {kind!r}: expected one of {', '.join(GRIDS)}")
    rho = _RHO[kind]
    if least == 0.0 and kind == "karras":
        least = _KARRAS_FLOOR * t_max
    if least == 0.0:
        grid = t_max * (np.arange(steps + 1) / steps) ** rho
    else:
        low, high = least ** (1 / rho), t_max ** (1 / rho)
        v = np.arange(steps) / max(1, steps - 1)
        grid = np.concatenate([[0.0], (low + v * (high - low)) ** rho])
    grid[-1] = t_max
    return grid
