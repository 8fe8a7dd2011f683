"""Where particles have been."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import Floats, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen

#: Steps that are drawn.
_STEPS = 60
#: Wider lines take Qt thirty times as long.
_PEN = Pen("particles", 1.0, 0.65)


@LAYERS.add
class TrailsLayer(Layer):
    """The newest steps of the followed particles."""

    kind = "trails"

    def plane(self, seen: Seen) -> Drawings:
        return (lines_of(seen.sim.paths.upto(seen.sim.state.step, _STEPS)[2], seen, _PEN),)


def lines_of(paths: Floats, seen: Seen, pen: Pen) -> Lines:
    """Paths (S, 2, M), interrupted far outside the view: endless lines take endless time."""
    low, high = (np.array(side) for side in zip(*seen.limits, strict=True))
    margin = 0.5 * (high - low)
    inside = (paths > (low - margin)[:, None]) & (paths < (high + margin)[:, None])
    paths[np.broadcast_to(~inside.all(1, keepdims=True), paths.shape)] = np.nan
    return Lines.of_paths(paths, pen)
