"""The Parzen density of a data set."""

from __future__ import annotations

import numpy as np
import torch

from visualizer.densities import Density, GaussianMixture, GridDensity, GridSource
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.engine.targets.gridded import GRIDS
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.support import Box
from visualizer.scene.targets.data import DATA_CELLS, DataTarget

#: So many points keep the closed form of their Parzen density, a mixture; a grid is faster beyond.
_CLOSED_FORM = 200
#: Up to so many keep it where the kernel is too narrow for a grid.
_NARROW = 500


def build_parzen(target: DataTarget) -> Density:
    """The mean of N(x; x_i, h² I): a mixture while it is small, else on a grid.

    Raises:
        SceneError: data that are not there, or a kernel too narrow for them.
    """
    x, h = target.x, target.h
    if len(x) <= _CLOSED_FORM or (len(x) <= _NARROW and h < target.least_bandwidth):
        points = torch.tensor(x)
        eye = torch.eye(target.d, dtype=torch.float64)
        return GaussianMixture(torch.ones(len(x)), points, (h * h * eye).expand(len(x), -1, -1))
    if h < target.least_bandwidth:
        text = f"{h:.3g} is too narrow for these data on a grid: expected at least {target.least_bandwidth:g}"
        raise SceneError("target", [Problem("target.bandwidth", text)])
    of = (target.x.tobytes(), target.d, target.grid_box)
    return GridDensity(GRIDS.get(("data", *of), lambda: _points(*of)), 1.0, h)


def _points(data: bytes, d: int, box: Box) -> GridSource:
    x = torch.from_numpy(np.frombuffer(data).reshape(-1, d).copy())
    low, high = zip(*box, strict=True)
    return GridSource.of_points(x, low, high, DATA_CELLS[d])


BUILDERS.add(Builder("data", build_parzen))
