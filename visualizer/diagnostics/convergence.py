"""Convergence of chains, by arviz-stats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visualizer.diagnostics.findings import Convergence


def bring_in() -> None:
    """Has the library come in, which takes two seconds of the interpreter."""
    import arviz_stats.base  # noqa: F401


def convergence(draws: NDArray[np.float64]) -> Convergence | None:
    """Of chains (chains, steps, d); nothing for fewer than 20 steps or 2 chains, or chains that stand still."""
    if draws.shape[0] < 2 or draws.shape[1] < 20 or not (np.ptp(draws, axis=1) > 0).all():
        return None
    # Imported here: it takes two seconds, and only those who look at diagnostics need it.
    from arviz_stats.base import array_stats

    axes = {"chain_axis": 0, "draw_axis": 1}
    columns = [np.ascontiguousarray(draws[:, :, i]) for i in range(draws.shape[2])]
    return Convergence(
        max(float(array_stats.rhat(c, **axes)) for c in columns),
        min(float(array_stats.ess(c, **axes, method="bulk")) for c in columns),
        min(float(array_stats.ess(c, **axes, method="tail", prob=(0.05, 0.95))) for c in columns),
    )
