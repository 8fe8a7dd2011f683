"""Particles minus p."""

from __future__ import annotations

from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.signed import difference_image


@LAYERS.add
class DifferenceLayer(Layer):
    """The particles' density minus p_t."""

    kind = "difference"

    def plane(self, seen: Seen) -> Drawings:
        p = seen.sim.density
        return () if p is None else (seen.image(difference_image(seen.sim, p, seen.level, seen.view)),)
