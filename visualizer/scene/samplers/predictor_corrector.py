"""Predictor–corrector sampling."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.roles import noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, Steps, TimeSampler, num


@SAMPLERS.add
class PredictorCorrectorSampler(TimeSampler):
    """Steps of the reverse SDE, each followed by Langevin at its noise level."""

    kind: Literal["predictor-corrector"] = "predictor-corrector"
    title = "Predictor–corrector"
    short = "Pred.–corrector"
    family = "Diffusion"
    order = 14

    corrections: Annotated[
        int, Field(ge=0, le=100), Number("corrections", "Langevin steps after each prediction", 0, 10, integer=True)
    ] = 1
    snr: Annotated[
        float,
        Field(gt=0, le=1),
        Number("signal to noise r", "Sets the corrector's step: h = 2 (r |ε|/|s|)²", 0.01, 0.5),
    ] = 0.16
    steps: Steps = 100

    def evaluations(self, count: int) -> float:
        return 1.0 + self.corrections

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        x, force, increment = particles("x"), score(r"\nabla \log p_t(x)"), noise(r"d\bar{w}")
        return (
            rf"d{x} = [f {x} - g^2 {force}] dt + g\, {increment}",
            rf"{x} \leftarrow {x} + h\, {force} + \sqrt{{2h}}\, {noise()}",
        )

    def numbers(self) -> str:
        return f"{self.corrections} corrections,  r = {num(self.snr)}"
