"""Where particles have come from."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from visualizer.engine.drawings import Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.trails import lines_of

#: Points of a whole path that are drawn, at most, and how.
_POINTS, _FAINT = 240, Pen("particles", 1.0, 0.45)


@LAYERS.add
class WaysLayer(Layer):
    """All that is known of where the followed particles came from, of a long run every so many steps."""

    kind = "ways"

    def plane(self, seen: Seen) -> Drawings:
        ways = seen.sim.paths.upto(seen.sim.state.step, sys.maxsize)[2]
        return (lines_of(ways[thinned(len(ways))], seen, _FAINT),)


def thinned(steps: int) -> NDArray[np.intp]:
    """Which of so many steps of a whole path are drawn: every so many, and the last."""
    every = max(1, -(-steps // _POINTS))
    return np.append(np.arange(0, steps - 1, every), steps - 1) if steps else np.arange(0)
