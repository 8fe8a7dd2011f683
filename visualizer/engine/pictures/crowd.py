"""Many particles at once: their picture, and how they are spread along both axes."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer import fused
from visualizer.engine.drawings import Pixels
from visualizer.engine.frame import Viewport
from visualizer.engine.pictures.common import cell_counts
from visualizer.engine.pictures.splat import (
    BILINEAR_UP_TO,
    DOTS_UP_TO,
    blurred,
    counted_pixels,
    dots,
    shared_counts,
    splat,
)
from visualizer.engine.pictures.tone import pixels, toned_counts
from visualizer.engine.run.fetching import Fetched

#: Cells along an axis, where particles are not counted on pixels.
_CELLS = 288


def toned_points(x: Tensor, view: Viewport, table: NDArray[np.uint32]) -> Tensor:
    """Points (2, N) as an int32 image where they are: dots for few, counts for many."""
    return dots(x, view, table) if x.shape[1] <= DOTS_UP_TO else toned_counts(splat(x, view), None, table)


class Crowd:
    """Particles (2, N) through a view. What is seen of them comes from a GPU in one piece.

    Args:
        x: where they are.
        view: what is shown.
        table: colours of counts.
        watch: who has watched the step that made them.
    """

    def __init__(self, x: Tensor, view: Viewport, table: NDArray[np.uint32], watch: fused.Watch | None = None) -> None:
        self._x, self._view, self._table, self._watch = x, view, table, watch
        n = x.shape[1]
        self._on_pixels = n > BILINEAR_UP_TO  # what is counted is counted once
        self._on_device = x.device.type != "cpu"
        self._shares = shared_counts(x, view) if self._on_device and DOTS_UP_TO < n <= BILINEAR_UP_TO else None

    @cached_property
    def image(self) -> Pixels:
        """Dots for few, counts for many, (height, width)."""
        if not self._on_device:
            return pixels(self._toned)
        return pixels(self._fetched[: self._toned.numel()].view(self._toned.shape))

    def along(self, axis: int) -> tuple[NDArray[np.int32], float, float]:
        """How many are in equal cells along an axis of the view, and from where to where the cells reach."""
        counts = self._lines[axis]
        if self._on_device:
            end = len(self._fetched) - (len(self._lines[1]) if axis == 0 else 0)
            counts = self._fetched[end - len(counts) : end]
        found: NDArray[np.int32] = counts.numpy()
        if axis == 1 and (self._on_pixels or self._shares is not None):
            found = found[::-1]  # rows of pixels go down
        v = self._view
        low, high = ((v.x0, v.x1), (v.y0, v.y1))[axis]
        if self._shares is None:
            return found, low, high
        half = 0.5 * (high - low) / (len(found) - 1)
        return found, low - half, high + half

    @cached_property
    def _counts(self) -> Tensor:
        return counted_pixels(self._x, self._view, self._watch)

    @cached_property
    def _toned(self) -> Tensor:
        if self._shares is not None:
            image, _, scale = self._shares
            return toned_counts(image[2:-2, 2:-2].to(torch.float32), None, self._table, scale)
        if self._on_pixels:
            return toned_counts(blurred(self._counts), None, self._table)
        return toned_points(self._x, self._view, self._table)

    @cached_property
    def _lines(self) -> tuple[Tensor, Tensor]:
        v = self._view
        if self._shares is not None:
            across, down = self._shares[1].split([v.width + 3, v.height + 3])
            return across[1:-1], down[1:-1]
        if self._on_pixels:
            across, down = (self._counts.sum(i, dtype=torch.int32)[1:-1] for i in (0, 1))
            return across, down
        return (
            cell_counts(self._x[0], v.x0, v.x1, _CELLS).to(torch.int32),
            cell_counts(self._x[1], v.y0, v.y1, _CELLS).to(torch.int32),
        )

    @cached_property
    def _fetched(self) -> Tensor:
        return Fetched(torch.cat([self._toned.flatten(), *self._lines])).values()[0]
