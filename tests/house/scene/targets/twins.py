"""Two equal Gaussians."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.targets.base import TARGETS, TargetPart


@TARGETS.add
class TwinsTarget(TargetPart):
    """Two Gaussians of variance 1, `apart` from each other along x."""

    kind: Literal["twins"] = "twins"
    title = "Twins"

    apart: Annotated[float, Field(gt=0, le=20), Number("apart", "Distance between the two means", 1, 10)] = 5.0

    @property
    def d(self) -> int:
        """2."""
        return 2

    def extent(self, spread: float = 3.0) -> tuple[tuple[float, float], ...]:
        """What is within `spread` standard deviations of a mean."""
        return (-self.apart / 2 - spread, self.apart / 2 + spread), (-spread, spread)

    def differs_in_numbers(self, old: TwinsTarget) -> bool:
        """It has nothing but a number."""
        return True
