"""A plan of transport between two laws on the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Transport:
    """The plan with one ε, and what it costs.

    Attributes:
        x, y: places of source and target.
        source, target: their densities there.
        plan: density of pairs, (n, m), the source first.
        mean: E[y | x].
        sorted: F⁻¹(G(x)), the map of optimal transport.
        threads: pairs that were drawn from the plan, (k, 2).
        cost: E|x − y|²; `least`: W₂²; `information`: I(x; y) in nats.
        epsilon: ε.
        spread: the target's standard deviation.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    source: NDArray[np.float32]
    target: NDArray[np.float32]
    plan: NDArray[np.float32]
    mean: NDArray[np.float32]
    sorted: NDArray[np.float32]
    threads: NDArray[np.float32]
    cost: float
    least: float
    information: float
    epsilon: float
    spread: float
