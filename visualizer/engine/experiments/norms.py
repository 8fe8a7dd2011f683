"""How long a Gaussian vector is in d dimensions: concentrated around √d."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from visualizer.engine.findings.norms import Norms

#: Points of a curve.
_POINTS = 512
#: Bins of a histogram.
_BINS = 60
#: Gaussian vectors that are drawn.
_VECTORS = 4000
#: Numbers drawn at a time.
_AT_ONCE = 4_000_000
_REACH = 3.0


def norm_density(r: NDArray[np.float64], d: int) -> NDArray[np.float64]:
    """Density of r = ‖x‖/√d: 2 (d/2)^{d/2} r^{d−1} exp(−d r²/2) / Γ(d/2), the scaled χ law with d degrees."""
    with np.errstate(divide="ignore"):
        log_r = np.where(r > 0, np.log(np.maximum(r, 1e-300)), -np.inf)
    power = (d - 1) * log_r if d > 1 else np.zeros_like(r)
    return np.asarray(
        np.exp(np.log(2) + 0.5 * d * np.log(0.5 * d) + power - 0.5 * d * r * r - scipy.special.gammaln(0.5 * d))
    )


def norms(d: int, seed: int = 0) -> Norms:
    """The law, and 4,000 vectors really drawn in d dimensions."""
    generator = np.random.default_rng(seed)
    rows = max(1, _AT_ONCE // d)
    parts = [
        np.linalg.norm(generator.standard_normal((min(rows, _VECTORS - i), d), dtype=np.float32), axis=1)
        for i in range(0, _VECTORS, rows)
    ]
    drawn = np.concatenate(parts).astype(np.float64) / np.sqrt(d)
    grid = np.linspace(0, _REACH, _POINTS)
    edges = np.linspace(max(0.0, drawn.min() - 1e-9), drawn.max() + 1e-9, _BINS + 1)
    heights = np.histogram(drawn, edges, density=True)[0]
    # The curve has its points where the law is, however narrow that is.
    near = np.linspace(edges[0], edges[-1], _POINTS)
    grid = np.unique(np.concatenate([grid, near]))
    density = norm_density(grid, d)
    x, p, ends, bars = (np.asarray(v, dtype=np.float32) for v in (grid, density, edges, heights))
    return Norms(d, x, p, ends, bars, float(drawn.mean()), float(drawn.std()))
