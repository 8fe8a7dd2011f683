"""Variance preserving, linear β: σ = √(1−α²)."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.processes.base import PROCESSES, LinearBeta


@PROCESSES.add
class VPLinear(LinearBeta):
    """Variance preserving, linear β: σ = √(1−α²)."""

    kind: Literal["vp-linear"] = "vp-linear"
    title = "Variance preserving, linear β"
    formula = "α = exp(−½∫β),  σ = √(1−α²)"
    order = 5
