"""Annealed Langevin."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.controls import Number
from visualizer.scene.roles import noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, SamplerPart, num
from visualizer.scene.start import GaussianStart, StartPart


@SAMPLERS.add
class AnnealedLangevinSampler(SamplerPart):
    """Langevin on p smoothed by ever smaller σ."""

    kind: Literal["annealed-langevin"] = "annealed-langevin"
    title = "Annealed Langevin"
    family = "Temperature and smoothing"
    order = 9
    clock = "sigma"
    restarts = SamplerPart.restarts | {"sigma_max", "sigma_min", "levels", "steps_per_level"}

    step: Annotated[
        float,
        Field(gt=0, le=100),
        Number("last step h", "Step at the smallest σ; h σ²/σ_min² at the others", 1e-4, 2.0, log=True),
    ] = 0.005
    sigma_max: Annotated[
        float, Field(gt=0, le=100), Number("first σ", "Noise of the first level", 0.1, 20.0, log=True)
    ] = 5.0
    sigma_min: Annotated[
        float, Field(gt=0, le=100), Number("last σ", "Noise of the last level", 0.01, 5.0, log=True)
    ] = 0.1
    levels: Annotated[
        int, Field(ge=1, le=1000), Number("levels", "Number of noise levels", 2, 100, log=True, integer=True)
    ] = 12
    steps_per_level: Annotated[
        int,
        Field(ge=1, le=1000),
        Number("steps per level", "Steps at each noise level", 1, 200, log=True, integer=True),
    ] = 30

    @model_validator(mode="after")
    def _descending(self) -> Self:
        if self.sigma_min > self.sigma_max:
            raise ValueError("sigma_min: expected no more than sigma_max")
        return self

    def changed(self, name: str, value: Any) -> Self:
        if name == "sigma_min" and value > self.sigma_max:
            return self.with_(sigma_min=value, sigma_max=value)
        if name == "sigma_max" and value < self.sigma_min:
            return self.with_(sigma_max=value, sigma_min=value)
        return self.with_(**{name: value})

    @property
    def steps(self) -> int:
        """Steps of a run."""
        return self.levels * self.steps_per_level

    def begins(self, t_max: float) -> float:
        return self.sigma_max

    @property
    def start(self) -> StartPart:
        """As wide as the first noise."""
        return GaussianStart(std=self.sigma_max)

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        force = score(r"\nabla \log p_{\sigma_i}(x)")
        new, x = particles(r"x^{\prime}"), particles("x")
        return (rf"{new} = {x} + h_i\, {force} + \sqrt{{2 h_i}}\, {noise()}", r"h_i = h\, \sigma_i^2 / \sigma_L^2")

    def numbers(self) -> str:
        return f"h = {num(self.step)},  σ = {num(self.sigma_max)} … {num(self.sigma_min)} in {self.levels} levels"
