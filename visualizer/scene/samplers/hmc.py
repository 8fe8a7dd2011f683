"""Hamiltonian Monte Carlo."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.roles import density, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, TimeStep, num


@SAMPLERS.add
class HMCSampler(LevelSampler):
    """Hamiltonian Monte Carlo."""

    kind: Literal["hmc"] = "hmc"
    title = "Hamiltonian Monte Carlo"
    short = "HMC"
    family = "Hamiltonian"
    order = 5
    needs_log_prob = True

    step: TimeStep = 0.2
    leapfrog_steps: Annotated[
        int, Field(ge=1, le=1000), Number("leapfrog steps L", "Steps of one trajectory", 1, 100, log=True, integer=True)
    ] = 10

    def evaluations(self, count: int) -> float:
        return float(self.leapfrog_steps)

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        force = score(r"\nabla \log p(x)")
        return (
            rf"\dot{{{particles('x')}}} = v, \quad \dot{{v}} = {force}",
            rf"H = -\log {density('p')}(x) + \frac{{1}}{{2}} |v|^2",
            r"a = \min(1,\; e^{-\Delta H})",
        )

    def numbers(self) -> str:
        length = num(self.step * self.leapfrog_steps)
        return f"ε = {num(self.step)},  L = {self.leapfrog_steps},  length εL = {length}"
