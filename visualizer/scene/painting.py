"""Painting a density: strokes of a soft brush on the cells of a drawing."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.embedded import packed
from visualizer.scene.strokes import BOX, SIZE, Place, stroked
from visualizer.scene.targets.drawn import DrawnTarget


def drawing(values: NDArray[np.uint8], box: tuple[Place, Place] = BOX) -> DrawnTarget:
    """A target of brightness values (n, n), axis 0 along x.

    Raises:
        ValueError: everything is black, or it is no square of 16 to 256 cells.
    """
    return DrawnTarget(cells=packed(values), size=len(values), box=box)


@cache
def empty_sheet() -> DrawnTarget:
    """One dab in the middle, since nothing at all is no density; the first stroke takes its place."""
    return drawing(stroked(np.zeros((SIZE, SIZE), np.uint8), BOX, [(0.0, 0.0)], 0.4, erase=False))


def painted(target: DrawnTarget, path: list[Place], radius: float, erase: bool) -> DrawnTarget | None:
    """The drawing after a stroke along a path; None if nothing would be left."""
    box = ((target.box[0][0], target.box[0][1]), (target.box[1][0], target.box[1][1]))
    before = target.values
    if not erase and target == empty_sheet():
        before = np.zeros_like(before)
    values = stroked(before, box, path, radius, erase)
    return drawing(values, box) if values.any() else None
