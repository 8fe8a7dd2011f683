"""Ornstein–Uhlenbeck: α = e^{−t}, σ = √(1−e^{−2t})."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field

from visualizer.scene.processes.base import END_OF_TIME, ENOUGH, PROCESSES, LongProcess


@PROCESSES.add
class OU(LongProcess):
    """Ornstein–Uhlenbeck: α = e^{−t}, σ = √(1−e^{−2t})."""

    kind: Literal["ou"] = "ou"
    title = "Ornstein–Uhlenbeck"
    formula = "α = e⁻ᵗ,  σ = √(1−e⁻²ᵗ)"
    order = 8

    t_max: Annotated[float, Field(gt=0, le=100), END_OF_TIME] = 3.0

    def suited(self, reach: float) -> Self:
        return self.until(math.log(max(1.0, ENOUGH * reach)))  # e^{−t} reach is 1/2.5 then, beside σ = 1
