"""The density without noise, on the line."""

from __future__ import annotations

from visualizer.engine.drawings import Curve, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen

_PEN = Pen("density", 1.6, 0.75, dash=True)


@LAYERS.add
class TargetLayer(Layer):
    """p_0, dashed."""

    kind = "target"

    def line(self, seen: Seen) -> Drawings:
        curves = seen.curves
        if curves is None:
            return ()
        return seen.once("target", seen.sim.density, lambda: (Curve(seen.along, curves[0], _PEN, plot="density"),))
