"""Sub-variance preserving, linear β: σ = 1−α²."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.processes.base import PROCESSES, LinearBeta


@PROCESSES.add
class SubVP(LinearBeta):
    """Sub-variance preserving, linear β: σ = 1−α²."""

    kind: Literal["sub-vp"] = "sub-vp"
    title = "Sub-variance preserving"
    formula = "α = exp(−½∫β),  σ = 1−α²"
    order = 7
