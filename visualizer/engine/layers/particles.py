"""The particles: dots, counts, or a histogram."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.engine.drawings import Bars, Dots, Image, Pixels
from visualizer.engine.frame import Viewport
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import particle_table
from visualizer.engine.pictures.few import is_few
from visualizer.engine.pictures.splat import BILINEAR_UP_TO, DOTS_UP_TO, blurred, dots, splat
from visualizer.engine.pictures.step_view import round_peak
from visualizer.engine.pictures.tone import tone_counts

#: Pixels of a particle that is one of few.
_LARGE = 9.0


def points_image(x: Tensor, view: Viewport, table: NDArray[np.uint32]) -> Pixels:
    """Points (2, N) as pixels: dots for few, counts for many."""
    return dots(x, view, table) if x.shape[1] <= DOTS_UP_TO else counts_image(splat(x, view), table)


def counts_image(counts: Tensor, table: NDArray[np.uint32]) -> Pixels:
    """How many there are on each pixel, as pixels."""
    return tone_counts(counts, round_peak(counts), table)


def cloud(seen: Seen, x: Tensor) -> Dots | Image:
    """The particles at places x (2, N): large dots where the run has few, else an image."""
    if is_few(seen.sim):
        return Dots(x.T.to("cpu", torch.float32).contiguous().numpy(), "particles", _LARGE)
    table = particle_table(seen.theme)
    if x is seen.counted and x.shape[1] > BILINEAR_UP_TO:  # what is counted is counted once
        return seen.image(counts_image(blurred(seen.pixel_counts), table))
    return seen.image(points_image(x, seen.view, table))


@LAYERS.add
class ParticlesLayer(Layer):
    """Where the particles are."""

    kind = "particles"

    def plane(self, seen: Seen) -> Drawings:
        return (cloud(seen, seen.sim.state.x),)

    def line(self, seen: Seen) -> Drawings:
        edges, heights = seen.histogram
        return (Bars(edges, heights, "particles", 0.45, plot="density", lift=BELOW_CURVES),)


#: Areas on the line stand below the curves of all layers.
BELOW_CURVES = -100.0
#: Ticks stand between areas and curves.
BELOW_TICKS = -50.0
