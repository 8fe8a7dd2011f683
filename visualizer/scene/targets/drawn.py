"""A density in the plane as it was painted, or as an image."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from visualizer.scene.embedded import Text, packed, unpacked
from visualizer.scene.strokes import BOX, SIZE, one_wave
from visualizer.scene.support import Box, Support
from visualizer.scene.targets.base import TARGETS, GridTarget, TargetPart
from visualizer.scene.targets.formula import Range


@TARGETS.add
class DrawnTarget(GridTarget):
    """A density in the plane as it was painted, or as an image: brightness on size × size cells of a box.

    Attributes:
        cells: brightness from 0 to 255, embedded: `size` rows along x of `size` bytes along y.
        size: cells along each axis.
        box: [low, high] of each axis.
    """

    kind: Literal["drawn"] = "drawn"
    title = "Drawing or image"
    order = 5
    painted = True
    about_dimension = "A drawing has two dimensions."

    cells: Text
    size: Annotated[int, Field(ge=16, le=256, multiple_of=2)] = 128
    box: Annotated[tuple[Range, ...], Field(min_length=2, max_length=2)] = ((-4.0, 4.0), (-4.0, 4.0))

    @classmethod
    def first(cls, before: TargetPart) -> Self:
        """One wave, to be painted over."""
        return cls(cells=packed(one_wave()), size=SIZE, box=BOX)

    @property
    def called(self) -> str:
        """A drawing."""
        return "A drawing"

    @model_validator(mode="after")
    def _is_a_drawing(self) -> Self:
        sides = [b - a for a, b in self.box]
        if not all(1e-2 <= side <= 1e5 for side in sides):
            raise ValueError("box: expected [low, high] of each axis, 0.01 to 100,000 apart")
        far = any(side < 1e-3 * max(map(abs, ends)) for side, ends in zip(sides, self.box, strict=True))
        if far or max(sides) > 100 * min(sides):
            raise ValueError("box: expected sides that are not so different, and not so small beside where they are")
        try:
            values = unpacked(self.cells, "uint8", self.size)
        except ValueError as error:
            raise ValueError(f"cells: {error}") from None
        if len(values) != self.size:
            raise ValueError(f"cells: expected {self.size} × {self.size} of them")
        if not values.any():
            raise ValueError("cells: expected something that is not black")
        return self

    @property
    def d(self) -> int:
        """2."""
        return 2

    @property
    def values(self) -> NDArray[np.uint8]:
        """Brightness (size, size), axis 0 along x."""
        return np.asarray(unpacked(self.cells, "uint8", self.size))

    @property
    def softness(self) -> float:
        """What the edges are smoothed by, so that there is a score: one and a half of the wider side of a cell."""
        return 1.5 * max(b - a for a, b in self.box) / self.size

    def extent(self, spread: float = 3.0) -> Box:
        """The whole box, whatever is painted: the view must not move under the brush."""
        return tuple((float(a), float(b)) for a, b in self.box)

    @property
    def support(self) -> Support:
        """The box, and log p̃ in it."""
        values = self.values.astype(np.float64)
        with np.errstate(divide="ignore"):
            return Support(tuple((float(a), float(b)) for a, b in self.box), np.log(values / values.max()))
