"""The river: p_t(x) over time, below the paths."""

from __future__ import annotations

from visualizer.engine.drawings import Image
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.river import river_image, river_span


@LAYERS.add
class RiverLayer(Layer):
    """p_t(x) as an image, time to the right and x upwards; drawn where the scene asks for the river."""

    kind = "river"

    def line(self, seen: Seen) -> Drawings:
        if seen.scene.view.picture != "river":
            return ()
        image = river_image(seen.sim, seen.cache, seen.level, seen.view, seen.dragging)
        if image is None:
            return ()
        begin, end = river_span(seen.sim)
        box = (begin, end, seen.view.x0, seen.view.x1)
        return (Image(image, box, 1.0, not seen.view.transparent, plot="river"),)
