"""Functions put on a grid that is fine enough for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.densities import GridSource
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.support import Box

#: Cells along an axis, in one and two dimensions: the first that is fine enough, or the last.
_CELLS = {1: (2048, 8192, 32_768, 131_072), 2: (256, 512, 1024)}
#: A grid is fine enough where its transform ends below this share of its largest value, by dimension.
_RESOLVED = {1: 1e-6, 2: 1e-4}
#: What is above this on the finest grid cannot be shown; between the two are edges and integrable poles.
_UNRESOLVED = 3e-3
#: The same for densities that are said to have hard edges: a board of eight by eight squares with nothing between.
_UNRESOLVED_EDGES = 2e-2


def fine_enough(box: Box, values: Callable[[Box, int], NDArray[np.float64]], *, edges: bool = False) -> GridSource:
    """A density over a box from `values`, which has it at the centres of n cells along each axis, up to a factor.

    With `edges` p ends at the box at once.

    Raises:
        SceneError: it is no number somewhere, or has details too fine for the finest grid.
    """
    low, high = tuple(a for a, _ in box), tuple(b for _, b in box)
    for n in _CELLS[len(box)]:
        p = torch.from_numpy(np.ascontiguousarray(values(box, n)))
        if not bool(torch.isfinite(p).all()):
            raise SceneError("target", [Problem("", "it is infinite, or no number, somewhere in its box")])
        source = GridSource(p, low, high, edges=edges)
        rough = source.roughness()
        if rough < _RESOLVED[len(box)]:
            break
    if rough > (_UNRESOLVED_EDGES if edges else _UNRESOLVED):
        text = (
            f"it has details too fine for a grid of {n:,} cells over the box it lies in, "
            f"{' × '.join(f'[{a:.4g}, {b:.4g}]' for a, b in box)}: make them wider, or the box narrower"
        )
        raise SceneError("target", [Problem("", text)])
    return source
