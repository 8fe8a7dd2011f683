"""How long Gaussian vectors are."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.engine.drawings import Floats


@dataclass(frozen=True)
class Norms:
    """‖x‖/√d for x from N(0, I_d): its exact density on a grid, and a histogram of drawn vectors."""

    d: int
    grid: Floats
    density: Floats
    edges: Floats
    histogram: Floats
    mean: float
    std: float
