"""The target's own score as arrows, beside that of a network."""

from __future__ import annotations

from visualizer.engine.drawings import Pen
from visualizer.engine.layers.arrows import score_arrows
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen

_PEN = Pen("score", 1.2, 0.9)


@LAYERS.add
class ExactArrowsLayer(Layer):
    """∇ log p_t of the target."""

    kind = "exact-arrows"

    def plane(self, seen: Seen) -> Drawings:
        return () if seen.truth is None else score_arrows(seen, seen.truth, _PEN)
