"""σ = t²."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.processes.base import PROCESSES, ProcessPart


@PROCESSES.add
class Square(ProcessPart):
    """Variance exploding with σ = t²."""

    kind: Literal["square"] = "square"
    title = "Variance exploding, σ = t²"
    formula = "α = 1,  σ = t²"
    explodes = True
