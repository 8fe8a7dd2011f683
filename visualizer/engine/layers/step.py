"""What the step did."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import SHARES, Arrows, Curve, Dots, Drawing, Floats, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.particles import BELOW_TICKS
from visualizer.engine.layers.rug import RUG
from visualizer.engine.layers.trails import lines_of
from visualizer.engine.pictures.few import Told, told, way_behind
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
#: Of the way behind a few particles.
_BEHIND = Pen("particles", 1.0, 0.5)
#: Of the Gaussian that a proposal is drawn from, and of the pull of the score to its middle.
_RING, _PULL = Pen("noise", 1.4, 0.9), Pen("score", 1.8, 0.95)
#: Of a proposal that was taken, and of one that was refused.
_TAKEN, _REFUSED = Pen("learned", 2.0, 1.0), Pen("error", 2.0, 1.0)
#: Share of an arrow's length that its head has.
_HEAD = 0.2
#: Pixels of the places of a leapfrog path, and of a proposal.
_LEAP, _PROPOSED = 4.0, 7.0
#: Points of a bell on the line, and how high it stands, in shares of the plot.
_BELL, _BELL_HIGH = 81, (0.09, 0.24)
#: Where the stroke to a proposal lies on the line, in shares of the plot.
_ARROW_AT = 0.09


@LAYERS.add
class StepLayer(Layer):
    """Refusals, jumps, replicas, trajectories and momenta, as far as the sampler has them.

    Of a few particles each is told: where it came from, what it proposed, and whether it went there.
    """

    kind = "step"

    def __init__(self) -> None:
        self._view = StepView()

    def plane(self, seen: Seen) -> Drawings:
        sim, found = seen.sim, list[Drawing]()
        if (step := told(sim)) is not None:
            found.append(lines_of(way_behind(sim), seen, _BEHIND))
            found += _told_in_the_plane(step)
        elif (pixels := self._view.image(sim, seen.view)) is not None:
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
        if (one := told(seen.sim)) is not None:
            found += _told_on_the_line(one)
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


def _told_in_the_plane(step: Told) -> tuple[Drawing, ...]:
    """The Gaussian that each proposal came from, and an arrow to the proposal: green where taken, red where not."""
    found: list[Drawing] = [Lines.of(step.rings(), _RING)]
    if step.mean is not None:
        found.append(Arrows(_between(step.before, step.mean), _HEAD, _PULL))
    for which, pen in ((step.accepted, _TAKEN), (~step.accepted, _REFUSED)):
        found.append(Arrows(_between(step.before[which], step.proposal[which]), _HEAD, pen))
    found.append(Dots(step.proposal[~step.accepted], _REFUSED.colour, _PROPOSED))
    found.append(Dots(step.dots, "noise", _LEAP))
    return tuple(found)


def _told_on_the_line(step: Told) -> tuple[Curve, ...]:
    """The bell that each proposal came from, and a stroke from where it was to the proposal."""
    found = []
    if step.mean is not None:
        e = np.linspace(-3.0, 3.0, _BELL, dtype=np.float32)
        low, high = _BELL_HIGH
        bell = (low + (high - low) * np.exp(-0.5 * e * e)).astype(np.float32)
        for (mean,) in step.mean:
            found.append(Curve(mean + step.spread * e, bell, _RING, "all", SHARES, plot="density", lift=BELOW_TICKS))
    for which, pen in ((step.accepted, _TAKEN), (~step.accepted, _REFUSED)):
        ends = np.stack([step.before[which, 0], step.proposal[which, 0]], 1).ravel()
        heights = np.full(len(ends), _ARROW_AT, np.float32)
        found.append(Curve(ends, heights, pen, "pairs", SHARES, plot="density", lift=BELOW_TICKS))
        found.append(Curve.ticks(step.proposal[which, 0], _ARROW_AT - 0.02, _ARROW_AT + 0.02, pen, lift=BELOW_TICKS))
    return tuple(found)


def _between(a: Floats, b: Floats) -> Floats:
    """Arrows (N, 4) from a to b."""
    return np.concatenate([a, b - a], 1).astype(np.float32)


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
