"""What networks share that lead from one law to another: what they begin at, noise or points of a density."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from visualizer.densities import Density
from visualizer.learning.networks.base import Shape
from visualizer.learning.networks.generative import Generative

#: Points that a first law of its own is known by.
POINTS = 16_384
#: They are smoothed by so much, in units of the data.
_SMOOTHED = 0.02
#: Strokes in which a way is shown, where nothing is said.
_STROKES = 16


class Sourced(Generative):
    """Begins at N(0, I) in units of the data, or at points of another density.

    Args:
        shape: its sizes.
    """

    open: ClassVar[bool] = True
    points: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape.d, 0 if shape.source else shape.d, _STROKES, shape.scale)
        if shape.source:
            self.register_buffer("points", torch.zeros(POINTS, shape.d))

    @property
    def inputs(self) -> int:
        """As many as it has coordinates."""
        return self.d

    def taught_by(self, target: Density, source: Density | None, generator: torch.Generator) -> None:
        """Where it begins."""
        if source is not None:
            self.begins_at(source, generator)

    def begins_at(self, source: Density, generator: torch.Generator) -> None:
        """Says what the first law is, where that is not noise. Before training."""
        self.points.copy_(self.inside(source.to(dtype=torch.float32).sample(POINTS, generator=generator)))

    def begin(self, z: Tensor) -> Tensor:
        """Points of the first law: z itself where that is N(0, I), else one of those it is known by."""
        if self.latent:
            return self.outside(z)
        which = (torch.special.ndtr(z[:, 0]) * POINTS).long().clamp(0, POINTS - 1)
        return self.outside(self.points[which] + _SMOOTHED * z.roll(1, 1))
