"""The slowest mode of Langevin."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import Bars, Curve, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.particles import BELOW_CURVES
from visualizer.engine.pictures.signed import trap_curve, trap_image

#: The slowest mode, of mean square 1, is drawn up to this.
_MODE_RANGE = 3.0
_PEN = Pen("noise", 1.8, dash=True)


@LAYERS.add
class TrapsLayer(Layer):
    """The eigenfunction of 1/λ₂; while something is dragged it is not worked out again."""

    kind = "traps"

    def plane(self, seen: Seen) -> Drawings:
        p = seen.sim.density
        if p is None or seen.dragging or p.K == 1:
            return ()

        def make() -> Drawings:
            pixels = trap_image(p, seen.level, seen.view, seen.theme)
            return () if pixels is None else (seen.image(pixels),)

        return seen.once("traps", (p, seen.theme), make)

    def line(self, seen: Seen) -> Drawings:
        """Its signs under the density, and the eigenfunction itself beside the score."""
        p, curves = seen.sim.density, seen.curves
        if p is None or curves is None or seen.dragging or p.K == 1:
            return ()

        def make() -> Drawings:
            mode = trap_curve(p, seen.level, seen.along, curves[1])
            if mode is None:
                return ()
            signs = [
                Bars(seen.edges, np.where(inside, curves[1], 0), colour, 0.22, plot="density", lift=BELOW_CURVES)
                for colour, inside in (("score", mode > 0), ("error", mode < 0))
            ]
            shown = np.clip(mode, -_MODE_RANGE, _MODE_RANGE)
            return *signs, Curve(seen.along, shown, _PEN, top=_MODE_RANGE, plot="score")

        return seen.once("traps", p, make)
