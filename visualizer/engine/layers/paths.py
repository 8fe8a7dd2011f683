"""Paths of particles through time, in the river."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import Dots, Floats, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.river import river_now, river_paths

#: Paths of a walk that goes on and on cover the river sooner than those that cross it once.
_WALKERS = 16
_PEN = Pen("particles", 1.0, 0.3)
#: Where the particles are now stands above the line of the present.
_ABOVE = 50.0


@LAYERS.add
class PathsLayer(Layer):
    """Followed particles, and where they are now."""

    kind = "paths"

    def line(self, seen: Seen) -> Drawings:
        if seen.scene.view.picture != "river":
            return ()
        times, paths = river_paths(seen.sim)
        if seen.scene.sampler.clock != "t":
            paths = paths[:, :_WALKERS]
        lines = Lines.of_paths(path_trails(times, paths), _PEN, plot="river")
        if not len(paths):
            return (lines,)
        heads = np.stack([np.full(len(paths[-1]), river_now(seen.sim)), paths[-1]], 1)
        return lines, Dots(heads, "particles", 6.0, plot="river", lift=_ABOVE)


def path_trails(times: Floats, paths: Floats) -> Floats:
    """Times (S,) and places (S, M) as paths (S, 2, M) in the river."""
    return np.stack([np.broadcast_to(times[:, None], paths.shape), paths], 1)
