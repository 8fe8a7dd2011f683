"""The score on the line: of the target and, where it is another one, the one that is followed."""

from __future__ import annotations

from visualizer.engine.drawings import Curve, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen

#: Of the target's own score.
_EXACT = Pen("score", 2.0)
#: Of the score that is followed, where it is another.
_LEARNED = Pen("learned", 1.6)


@LAYERS.add
class ScoreLayer(Layer):
    """∇ log p_t(x), beside the density."""

    kind = "score"

    def line(self, seen: Seen) -> Drawings:
        curves, learned = seen.curves, seen.learned

        def make() -> Drawings:
            found = [] if curves is None else [Curve(seen.along, curves[2], _EXACT, plot="score")]
            found += [] if learned is None else [Curve(seen.along, learned, _LEARNED, plot="score")]
            return tuple(found)

        return seen.once("score", (seen.sim.density, seen.sim.field), make)
