"""Variance preserving, with the cosine schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.processes.base import PROCESSES, ProcessPart


@PROCESSES.add
class VPCosine(ProcessPart):
    """Variance preserving, with the cosine schedule."""

    kind: Literal["vp-cosine"] = "vp-cosine"
    title = "Variance preserving, cosine"
    formula = "α ∝ cos(π/2·(t+s)/(1+s)),  σ = √(1−α²)"
    order = 6

    s: Annotated[float, Field(ge=0, lt=1), Number("offset s", "Offset of the cosine schedule near t = 0", 0, 0.1)] = (
        0.008
    )
