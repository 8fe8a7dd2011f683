"""DPM-Solver++(2M)."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.roles import density, particles
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, Steps, TimeSampler


@SAMPLERS.add
class DPMSolverSampler(TimeSampler):
    """DPM-Solver++(2M): second order for the probability-flow ODE, one evaluation a step."""

    kind: Literal["dpm-solver++"] = "dpm-solver++"
    title = "DPM-Solver++(2M)"
    short = "DPM++ (2M)"
    family = "Diffusion"
    order = 16

    steps: Steps = 20

    @property
    def follows_flow(self) -> bool:
        """It does."""
        return True

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        clean, new, x = density(r"\bar{D}"), particles(r"x^{\prime}"), particles("x")
        ratio = r"\frac{\sigma^{\prime}}{\sigma}"
        return (
            rf"{new} = {ratio} {x} - \alpha^{{\prime}} (e^{{-h}} - 1)\, {clean}",
            rf"{clean} = (1 + \frac{{1}}{{2r}})\, D - \frac{{1}}{{2r}}\, D_{{-}}",
        )
