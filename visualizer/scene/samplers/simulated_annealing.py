"""Simulated annealing."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.roles import density
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, SamplerPart, Step, Steps, Width, num
from visualizer.scene.start import GaussianStart, StartPart


@SAMPLERS.add
class SimulatedAnnealingSampler(SamplerPart):
    """MALA on π_β while β rises from 0 to 1."""

    kind: Literal["simulated-annealing"] = "simulated-annealing"
    title = "Simulated annealing"
    family = "Temperature and smoothing"
    order = 8
    clock = "beta"
    needs_log_prob = True

    step: Step = 0.1
    width: Width = 4.0
    steps: Steps = 500

    def begins(self, t_max: float) -> float:
        return 0.0

    @property
    def start(self) -> StartPart:
        """What is sampled at β = 0."""
        return GaussianStart(std=self.width)

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        return (rf"\pi_k \propto {density('p')}^{{\beta_k}}\, q^{{1 - \beta_k}}", r"\beta_k : 0 \to 1")

    def numbers(self) -> str:
        return f"h = {num(self.step)},  q = N(0, {num(self.width)}²)"
