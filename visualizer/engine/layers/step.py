"""What the step did."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import SHARES, Arrows, Curve, Drawing, Floats, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.particles import BELOW_TICKS
from visualizer.engine.layers.rug import RUG
from visualizer.engine.pictures.step_view import StepView

#: Of trajectories.
_PATHS = Pen("noise", 1.0, 0.9)
#: Of momenta.
_MOMENTA = Pen("noise", 1.2, 0.8)
#: From where to where ticks reach above the axis on the line, in shares of the plot.
_TICKS = (0.04, 0.075)
#: Height of the first replica.
_REPLICA = 0.045
#: From one replica to the next.
_NEXT = 0.04
#: From where to where paths reach, whose time runs upwards.
_UP = (0.09, 0.34)


@LAYERS.add
class StepLayer(Layer):
    """Refusals, jumps, replicas, trajectories and momenta, as far as the sampler has them."""

    kind = "step"

    def __init__(self) -> None:
        self._view = StepView()

    def plane(self, seen: Seen) -> Drawings:
        sim, found = seen.sim, list[Drawing]()
        if (pixels := self._view.image(sim, seen.view)) is not None:
            found.append(seen.image(pixels))
        if paths := self._view.trajectories(sim):
            found.append(Lines.of(paths, _PATHS))
        if (momenta := self._view.momenta(sim)) is not None:
            found.append(Arrows(momenta, 0.25, _MOMENTA))
        if (tree := self._view.tree(sim)) is not None:
            found.append(tree)
        return tuple(found)

    def line(self, seen: Seen) -> Drawings:
        step, found = self._view.line(seen.sim, RUG), list[Curve]()
        for places, pen in ((step.refused, Pen("error", 1, 0.9)), (step.jumps, Pen("learned", 1, 0.8))):
            if places is not None:
                found.append(Curve.ticks(places, *_TICKS, pen, lift=BELOW_TICKS))
        if step.momenta is not None:
            found.append(_strokes(step.momenta))
        for i, (colour, places) in enumerate(step.replicas):
            low = _REPLICA + i * _NEXT
            found.append(Curve.ticks(places, low, low + 0.8 * _NEXT, Pen(colour, 1, 0.8), lift=BELOW_TICKS))
        if step.paths:
            found.append(_upwards(step.paths))
        return tuple(found)


def _strokes(momenta: Floats) -> Curve:
    """From where a particle is to where it is going, one above the other so that they can be told apart."""
    heights = np.linspace(*_UP, len(momenta), dtype=np.float32)
    along = np.stack([momenta[:, 0], momenta.sum(1)], 1).ravel()
    pen = Pen("noise", 1.2, 0.6)
    return Curve(along, np.repeat(heights, 2), pen, "pairs", SHARES, plot="density", lift=BELOW_TICKS)


def _upwards(paths: tuple[Floats, ...]) -> Curve:
    """Trajectories whose time runs upwards."""
    gap = np.full(1, np.nan, np.float32)
    along = [np.concatenate([p, gap]) for p in paths]
    across = [np.append(np.linspace(*_UP, len(p), dtype=np.float32), gap) for p in paths]
    pen = Pen("noise", 1.2, 0.8)
    return Curve(
        np.concatenate([*along, gap]), np.concatenate([*across, gap]), pen, "finite", SHARES,
        plot="density", lift=BELOW_TICKS,
    )  # fmt: skip
