"""A drawing on its own cells."""

from __future__ import annotations

import numpy as np
import torch

from visualizer.densities import GridDensity, GridSource
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.scene.targets.drawn import DrawnTarget


def build_drawing(target: DrawnTarget) -> GridDensity:
    """Brightness as density, softened."""
    low, high = zip(*target.box, strict=True)
    # Each cell as four: then what the edges are smoothed by is three cells, which leaves nothing of their ringing.
    values = torch.from_numpy(target.values.astype(np.float64)).repeat_interleave(2, 0).repeat_interleave(2, 1)
    return GridDensity(GridSource(values, low, high), 1.0, target.softness)


BUILDERS.add(Builder("drawn", build_drawing))
