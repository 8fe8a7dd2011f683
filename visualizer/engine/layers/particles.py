"""The particles: dots, counts, or a histogram."""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer.engine.drawings import Bars, Dots, Image
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import particle_table
from visualizer.engine.pictures.crowd import toned_points
from visualizer.engine.pictures.few import is_few
from visualizer.engine.pictures.tone import pixels

#: Pixels of a particle that is one of few.
_LARGE = 9.0


def cloud(seen: Seen, x: Tensor) -> Dots | Image:
    """The particles at places x (2, N): large dots where the run has few, else an image."""
    if is_few(seen.sim):
        return Dots(x.T.to("cpu", torch.float32).contiguous().numpy(), "particles", _LARGE)
    if x is seen.counted:
        return seen.image(seen.crowd.image)
    return seen.image(pixels(toned_points(x, seen.view, particle_table(seen.theme))))


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
