"""Where particles have come from."""

from __future__ import annotations

import sys

import numpy as np

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
        every = -(-len(ways) // _POINTS)
        return (lines_of(np.concatenate([ways[:-1:every], ways[-1:]]), seen, _FAINT),)
