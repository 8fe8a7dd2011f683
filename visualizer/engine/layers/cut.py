"""Conditional densities along two lines that cut the plane."""

from __future__ import annotations

import numpy as np

from visualizer.densities import Density
from visualizer.diagnostics.marginals import conditional_along
from visualizer.engine.drawings import Curve, Pen, Plot
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen

_POINTS = 384
_PEN = Pen("text", 1.8, 0.9, dash=True)
#: Of what a network has learned.
_LEARNED = Pen("learned", 1.6, 0.95)
_PLOTS: tuple[Plot, Plot] = ("top", "right")


@LAYERS.add
class CutLayer(Layer):
    """p(x | y) above the plane and p(y | x) at its right, where the scene cuts the plane; a network's in green."""

    kind = "cut"

    def plane(self, seen: Seen) -> Drawings:
        p, cut = seen.sim.density, seen.scene.view.cut
        if p is None or cut is None:
            return ()

        def along(law: Density, axis: int, ink: Pen) -> Curve:
            grid = np.linspace(*seen.limits[axis], _POINTS)
            density = conditional_along(law.noised(seen.level.alpha, seen.level.sigma), axis, cut, grid)
            return Curve(grid.astype(np.float32), density.astype(np.float32), ink, plot=_PLOTS[axis])

        net = seen.sim.net
        learned = None if net is None or seen.dragging else net.law
        laws = [(p, _PEN), *([(learned, _LEARNED)] if learned is not None else [])]
        return seen.once("cut", (p, cut, net), lambda: tuple(along(law, i, ink) for i in (0, 1) for law, ink in laws))
