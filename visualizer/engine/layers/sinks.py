"""Where the score flows together."""

from __future__ import annotations

from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.signed import sinks_image


@LAYERS.add
class SinksLayer(Layer):
    """∇·s, the divergence of the score that is followed."""

    kind = "sinks"

    def plane(self, seen: Seen) -> Drawings:
        key = (seen.sim.density, seen.sim.field, seen.theme)
        return seen.once("sinks", key, lambda: (seen.image(sinks_image(seen.sim, seen.level, seen.view)),))
