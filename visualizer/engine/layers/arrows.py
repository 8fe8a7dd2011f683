"""The score as arrows."""

from __future__ import annotations

from visualizer.densities import Field
from visualizer.engine.drawings import Arrows, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.flow import arrow_segments

#: Arrows along the longer side.
_ARROWS = 30


def score_arrows(seen: Seen, field: Field, pen: Pen) -> Drawings:
    """Arrows along a score, on a grid over the view."""

    def make() -> Drawings:
        score, x, grid = seen.score_grid(_ARROWS, field)
        spacing = (grid.x1 - grid.x0) / grid.w
        return (Arrows(arrow_segments(score.flatten(1), x.flatten(1), spacing), 0.3, pen),)

    return seen.once(f"arrows {field is seen.sim.truth}", (seen.sim.density, field, pen), make)


@LAYERS.add
class ArrowsLayer(Layer):
    """∇ log p_t, or the score that is followed."""

    kind = "arrows"

    def plane(self, seen: Seen) -> Drawings:
        return score_arrows(seen, seen.sim.field, Pen(seen.role or "score", 1.2, 0.9))
