"""A few particles as ticks."""

from __future__ import annotations

from visualizer.engine.drawings import Curve, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.particles import BELOW_TICKS

#: Particles that have a tick.
RUG = 400
#: Height of the strokes in shares of the plot.
_HEIGHT = 0.035
#: How the strokes are drawn.
_PEN = Pen("particles", 1, 0.6)


@LAYERS.add
class RugLayer(Layer):
    """A tick for each of the first particles."""

    kind = "rug"

    def line(self, seen: Seen) -> Drawings:
        at = seen.sim.state.x[0, :RUG].cpu().numpy()
        return (Curve.ticks(at, 0.0, _HEIGHT, _PEN, lift=BELOW_TICKS),)
