"""Even cells over a box: the places that sums over a grid are taken at."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Box = Sequence[tuple[float, float]]


def cell_centres(box: Box, cells: int) -> list[Tensor]:
    """The centres of so many cells along each axis, (cells,) each, float64."""
    return [a + (torch.arange(cells, dtype=torch.float64) + 0.5) * (b - a) / cells for a, b in box]


def cell_places(box: Box, cells: int) -> Tensor:
    """The centres of all cells as rows (cellsᵈ, d), the last axis running fastest, float64."""
    return torch.stack([g.ravel() for g in torch.meshgrid(*cell_centres(box, cells), indexing="ij")], 1)
