"""A band of frequencies of p, in the place of the density."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import Bars, Curve, Key, Pen, Row, Text
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import KEY_PIXELS, LEVELS, signed_table
from visualizer.engine.pictures.common import Same
from visualizer.engine.pictures.spectrum import Spectrum

#: Below everything else on the line.
_AREAS = -200.0
_PEN = Pen("text", 1.4)


@LAYERS.add
class BandLayer(Layer):
    """The part of p_t whose frequencies are in the band of the view; drawn where there is one."""

    kind = "band"

    def plane(self, seen: Seen) -> Drawings:
        band = seen.scene.view.band
        found = Spectrum(seen.sim, seen.cache).band_in_plane(seen.level, seen.view, seen.dragging)
        if band is None or found is None:
            return ()
        pixels, peak = found

        def make() -> Drawings:
            shown = np.rint(np.linspace(0, LEVELS - 1, KEY_PIXELS)).astype(int)
            row = signed_table(seen.theme, "error", "density")[shown]
            ticks = ((0.0, f"−{peak:.2g}"), (0.5, "0"), (1.0, f"{peak:.2g}"))
            return seen.image(pixels), Key(band_name(band), row, ticks)

        return seen.cache.get("band drawings", (Same(pixels), band, peak, seen.theme), make)

    def line(self, seen: Seen) -> Drawings:
        band = seen.scene.view.band
        curve = Spectrum(seen.sim, seen.cache).band_on_line(seen.level, seen.along)
        if band is None or curve is None:
            return ()

        def make() -> Drawings:
            areas = [
                Bars(seen.edges, part, colour, 0.6, plot="density", lift=_AREAS)
                for colour, part in (("density", np.maximum(curve, 0)), ("error", np.minimum(curve, 0)))
            ]
            drawn: Drawings = (*areas, Curve(seen.along, curve, _PEN, plot="density"))
            if seen.scene.view.picture == "river":  # where the plot is narrow there is no room for its name
                return drawn
            return *drawn, Text((Row(band_name(band), ""),), plot="density")

        return seen.once("band drawings", (Same(curve), band, seen.scene.view.picture), make)


def band_name(band: tuple[float, float]) -> str:
    """Which frequencies are shown."""
    return f"pₜ within {band[0]:.3g} ≤ |ω| ≤ {band[1]:.3g}"
