"""The mean of the particles."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import Curve, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen

_PEN = Pen("#ff00ff", 3.0)


@LAYERS.add
class MiddleLayer(Layer):
    """Two lines that cross there; on the line a stroke."""

    kind = "middle"

    def plane(self, seen: Seen) -> Drawings:
        (x0, x1), (y0, y1) = seen.limits
        x, y = seen.sim.state.x.mean(1).tolist()
        lines = [[[x0, y], [x1, y]], [[x, y0], [x, y1]]]
        return (Lines.of([np.array(line, np.float32) for line in lines], _PEN),)

    def line(self, seen: Seen) -> Drawings:
        at = seen.sim.state.x.mean(1).cpu().numpy().astype(np.float32)
        return (Curve.ticks(at, 0.0, 0.5, _PEN),)
