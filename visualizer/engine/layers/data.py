"""The points of a data set."""

from __future__ import annotations

import numpy as np
import torch

from visualizer.engine.drawings import Curve, Floats, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.particles import BELOW_TICKS
from visualizer.engine.palette import data_table
from visualizer.engine.pictures.crowd import toned_points
from visualizer.engine.pictures.tone import pixels

#: Points that are drawn on the line.
_MOST = 1000
#: Height of the strokes in shares of the plot: higher than the rug, which stands before them.
_HEIGHT = 0.06
#: How the strokes are drawn.
_PEN = Pen("text", 1, 0.55)


@LAYERS.add
class DataLayer(Layer):
    """The points whose Parzen density the target is, where they are at this level without noise: α x_0."""

    kind = "data"

    def plane(self, seen: Seen) -> Drawings:
        points, alpha = seen.scene.target.points_shown, seen.level.alpha
        if points is None:
            return ()

        def make() -> Drawings:
            x = torch.from_numpy((alpha * points.T).astype(np.float32))
            return (seen.image(pixels(toned_points(x, seen.view, data_table(seen.theme)))),)

        return seen.cache.get("data", (seen.scene.target, seen.view, seen.theme, alpha), make)

    def line(self, seen: Seen) -> Drawings:
        """Chosen at random where there are many; beside the river x_0 itself, since it begins with them."""
        points = seen.scene.target.points_shown
        if points is None:
            return ()
        alpha = 1.0 if seen.scene.view.picture == "river" else seen.level.alpha

        def make() -> Drawings:
            chosen = np.random.default_rng(0).permutation(len(points))[:_MOST]
            at: Floats = (alpha * points[chosen, 0].astype(np.float32)).astype(np.float32)
            return (Curve.ticks(at, 0.0, _HEIGHT, _PEN, lift=BELOW_TICKS),)

        return seen.cache.get("data", (seen.scene.target, alpha), make)
