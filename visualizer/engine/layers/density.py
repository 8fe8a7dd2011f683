"""The density: an image, or a curve."""

from __future__ import annotations

from visualizer.engine.drawings import Curve, Pen, Pixels
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import density_table
from visualizer.engine.pictures.common import Same
from visualizer.engine.pictures.fields import log_density
from visualizer.engine.pictures.tone import tone_scaled

#: The log scale spans this many nats below the maximum.
LOG_RANGE = 14.0


@LAYERS.add
class DensityLayer(Layer):
    """p_t(x), in colours over p or over log p; on the line as a curve."""

    kind = "density"

    def plane(self, seen: Seen) -> Drawings:
        p, view = seen.sim.density, seen.view
        if p is None or seen.scene.view.band is not None:  # a band of its frequencies takes its place
            return ()
        density = seen.density_at(p)
        scale = seen.scene.layers.scale

        def make() -> Drawings:
            if scale == "log":
                unit = log_density(density)
                unit = (unit - unit.max()).div_(LOG_RANGE).add_(1.0)
            else:
                unit = density / density.max().clamp_min(1e-37)
            table = density_table(seen.theme, view.transparent)
            pixels: Pixels = tone_scaled(unit, table, (view.height, view.width))
            return (seen.image(pixels, opaque=not view.transparent),)

        return seen.cache.get("density", (Same(density), view, scale, seen.theme), make)

    def line(self, seen: Seen) -> Drawings:
        curves = seen.curves
        if curves is None:
            return ()
        return seen.once("density", seen.sim.density, lambda: (Curve(seen.along, curves[1], _PEN, plot="density"),))


_PEN = Pen("density", 2.4)
