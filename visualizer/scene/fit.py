"""[fit]: a smaller mixture q beside the density that is shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.base import Part
from visualizer.scene.controls import Number, Options


class FitPart(Part):
    """Which divergence q makes small, and how many components it has."""

    kind: Annotated[
        Literal["none", "covering", "seeking"],
        Options(
            "Fit",
            "KL(p || q) = E_p log p/q is large where q misses something of p; KL(q || p) where q is and p is not",
            (
                ("none", "no fit"),
                ("covering", "covers p: least KL(p || q)"),
                ("seeking", "seeks modes: least KL(q || p)"),
            ),
        ),
    ] = "none"
    components: Annotated[
        int, Field(ge=1, le=16), Number("components of q", "Gaussians in the fitted mixture", 1, 8, integer=True)
    ] = 1

    def applies(self, name: str) -> bool:
        """How many matters only where there is a fit."""
        return name == "kind" or self.kind != "none"
