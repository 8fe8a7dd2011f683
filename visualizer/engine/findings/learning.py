"""Where a training is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Learning:
    """A training as a window shows it; the network itself stays on the shelf.

    Attributes:
        name: of the network, as scenes name it.
        step, steps: taken, and in all.
        losses: of every step so far.
        errors: (step, how far it is off) wherever it was measured: E_t σ_t² E‖s_θ − s‖², or KL(p ‖ p_θ) in nats.
        floor: what the loss cannot fall below, where that is known.
    """

    name: str
    step: int
    steps: int
    losses: NDArray[np.float32]
    errors: tuple[tuple[int, float], ...]
    floor: float | None = None
