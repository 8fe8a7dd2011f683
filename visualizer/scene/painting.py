"""Painting a density: strokes of a soft brush on the cells of a drawing."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.data_target import DrawnTarget
from visualizer.scene.embedded import packed

Place = tuple[float, float]
_BOX = ((-4.0, 4.0), (-4.0, 4.0))
_SIZE = 128


def drawing(values: NDArray[np.uint8], box: tuple[Place, Place] = _BOX) -> DrawnTarget:
    """A target of brightness values (n, n), axis 0 along x.

    Raises:
        ValueError: everything is black, or it is no square of 16 to 256 cells.
    """
    return DrawnTarget(cells=packed(values), size=len(values), box=box)


def first_drawing() -> DrawnTarget:
    """Something to begin with: one wave."""
    at = np.linspace(-2.6, 2.6, 60)
    wave = list(zip(at.tolist(), (1.3 * np.sin(1.8 * at)).tolist(), strict=True))
    values = np.zeros((_SIZE, _SIZE), np.uint8)
    return drawing(stroked(values, _BOX, wave, 0.3, erase=False))


@cache
def empty_sheet() -> DrawnTarget:
    """One dab in the middle, since nothing at all is no density; the first stroke takes its place."""
    return drawing(stroked(np.zeros((_SIZE, _SIZE), np.uint8), _BOX, [(0.0, 0.0)], 0.4, erase=False))


def painted(target: DrawnTarget, path: list[Place], radius: float, erase: bool) -> DrawnTarget | None:
    """The drawing after a stroke along a path; None if nothing would be left."""
    box = ((target.box[0][0], target.box[0][1]), (target.box[1][0], target.box[1][1]))
    before = target.values
    if not erase and target == empty_sheet():
        before = np.zeros_like(before)
    values = stroked(before, box, path, radius, erase)
    return drawing(values, box) if values.any() else None


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
