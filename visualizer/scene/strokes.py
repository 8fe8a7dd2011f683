"""Strokes of a soft brush on the cells of a drawing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float]
#: Where a drawing lies, and its cells along each axis.
BOX = ((-4.0, 4.0), (-4.0, 4.0))
SIZE = 128


def one_wave() -> NDArray[np.uint8]:
    """Something to begin with, (n, n)."""
    at = np.linspace(-2.6, 2.6, 60)
    wave = list(zip(at.tolist(), (1.3 * np.sin(1.8 * at)).tolist(), strict=True))
    return stroked(np.zeros((SIZE, SIZE), np.uint8), BOX, wave, 0.3, erase=False)


def stroked(
    values: NDArray[np.uint8], box: tuple[Place, Place], path: list[Place], radius: float, erase: bool
) -> NDArray[np.uint8]:
    """Brightness after a stroke: a Gaussian of standard deviation radius/2 around the path, added on top or taken away.

    What is there is never made less bright by painting, nor brighter by erasing.
    """
    n = len(values)
    axes = [low + (np.arange(n) + 0.5) * (high - low) / n for low, high in box]
    nearest = np.full((n, n), np.inf)
    previous = path[0]
    for here in path:
        nearest = np.minimum(nearest, _square_distance(axes, previous, here))
        previous = here
    ink = np.exp(-2.0 * nearest / radius**2)
    out = values * (1 - ink) if erase else np.maximum(values, 255 * ink)
    return np.asarray(np.rint(out), dtype=np.uint8)


def _square_distance(axes: list[NDArray[np.float64]], a: Place, b: Place) -> NDArray[np.float64]:
    """From every cell to the segment from a to b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy) ** 2
    ox, oy = axes[0][:, None] - a[0], axes[1][None, :] - a[1]
    share = np.clip((ox * dx + oy * dy) / length, 0, 1) if length > 0 else 0.0
    return np.asarray((ox - share * dx) ** 2 + (oy - share * dy) ** 2)
