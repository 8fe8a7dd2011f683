"""Variance preserving, trigonometric: α = √(1−t²), σ = t."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.processes.base import PROCESSES, ProcessPart


@PROCESSES.add
class VPTrigonometric(ProcessPart):
    """Variance preserving, trigonometric: α = √(1−t²), σ = t."""

    kind: Literal["vp-trigonometric"] = "vp-trigonometric"
    title = "Variance preserving, trigonometric"
    formula = "α = √(1−t²),  σ = t"
    order = 4
