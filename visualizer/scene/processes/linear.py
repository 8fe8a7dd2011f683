"""The linear interpolant of flow matching: α = 1−t, σ = t."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.processes.base import PROCESSES, ProcessPart


@PROCESSES.add
class Linear(ProcessPart):
    """The linear interpolant of flow matching: α = 1−t, σ = t."""

    kind: Literal["linear"] = "linear"
    title = "Linear interpolant (flow matching)"
    formula = "α = 1−t,  σ = t"
    order = 9
