"""Coins that are thrown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def throws(seed: int, counts: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Heads (1) and tails (0)."""
    for n in counts:
        yield np.random.default_rng(seed).integers(0, 2, n)
