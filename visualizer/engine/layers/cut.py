"""Conditional densities along two lines that cut the plane."""

from __future__ import annotations

import numpy as np

from visualizer.diagnostics.marginals import conditional_along
from visualizer.engine.drawings import Curve, Pen, Plot
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen

_POINTS = 384
_PEN = Pen("text", 1.8, 0.9, dash=True)
_PLOTS: tuple[Plot, Plot] = ("top", "right")


@LAYERS.add
class CutLayer(Layer):
    """p(x | y) above the plane and p(y | x) at its right; drawn where the scene cuts the plane."""

    kind = "cut"

    def plane(self, seen: Seen) -> Drawings:
        p, cut = seen.sim.density, seen.scene.view.cut
        if p is None or cut is None:
            return ()

        def along(axis: int) -> Curve:
            grid = np.linspace(*seen.limits[axis], _POINTS)
            density = conditional_along(p.noised(seen.level.alpha, seen.level.sigma), axis, cut, grid)
            return Curve(grid.astype(np.float32), density.astype(np.float32), _PEN, plot=_PLOTS[axis])

        return seen.once("cut", (p, cut), lambda: (along(0), along(1)))
