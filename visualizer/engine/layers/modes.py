"""Modes, and the borders of their basins."""

from __future__ import annotations

from visualizer.engine.drawings import Lines, Marks, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.common import Same
from visualizer.engine.pictures.mode_marks import mode_marks

_PEN = Pen("text", 1.0, 0.5)
#: Nothing but handles is drawn over the numbers.
_ABOVE = 900.0


@LAYERS.add
class ModesLayer(Layer):
    """Numbered discs at the modes of densities without components, and in 2-D lines between their basins."""

    kind = "modes"

    def plane(self, seen: Seen) -> Drawings:
        found = mode_marks(seen.sim, seen.cache, seen.level, seen.dragging)
        if found is None:
            return ()
        places, borders = found
        key = (Same(places), Same(borders))
        return seen.once("mode drawings", key, lambda: (Lines.of(borders, _PEN), Marks(places, lift=_ABOVE)))

    def line(self, seen: Seen) -> Drawings:
        found = mode_marks(seen.sim, seen.cache, seen.level, seen.dragging)
        if found is None:
            return ()
        places = found[0]
        return seen.once("mode drawings", Same(places), lambda: (Marks(places, plot="density", lift=_ABOVE),))
