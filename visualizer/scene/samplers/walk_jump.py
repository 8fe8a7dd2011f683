"""Walk–jump sampling."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.roles import density, noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, SamplerPart, Step, euler_limit, num, too_large
from visualizer.scene.start import ModeStart, StartPart


@SAMPLERS.add
class WalkJumpSampler(SamplerPart):
    """Langevin on p smoothed by σ; x̂ = y + σ² s_σ(y) on the side."""

    kind: Literal["walk-jump"] = "walk-jump"
    title = "Walk–jump"
    family = "Temperature and smoothing"
    order = 10
    endless = True
    rival = 4

    step: Step = 0.1
    sigma: Annotated[
        float, Field(gt=0, le=100), Number("noise σ", "The walk runs on p smoothed by σ", 0.05, 5.0, log=True)
    ] = 1.0
    steps: Annotated[int, Field(ge=1, le=100_000)] = 1000

    @property
    def level(self) -> tuple[float, float | None]:
        """Plain smoothing."""
        return 0.0, self.sigma

    @property
    def start(self) -> StartPart:
        """A mode."""
        return ModeStart()

    @property
    def langevin_time(self) -> float:
        """h."""
        return self.step

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        y, new, force, jump = particles("y"), particles(r"y^{\prime}"), score(r"s_{\sigma}(y)"), density(r"\hat{x}")
        return (
            rf"{new} = {y} + h\, {force} + \sqrt{{2h}}\, {noise()}",
            rf"{jump} = {y} + \sigma^2 {force}",
        )

    def numbers(self) -> str:
        return f"h = {num(self.step)},  σ = {num(self.sigma)}"

    def diverged(self, narrowest: float | None) -> str:
        return too_large("h", self.step, euler_limit(narrowest))

    def warning(self, narrowest: float | None) -> str:
        if narrowest is None:
            return ""
        limit = 2 * (narrowest + self.sigma**2)
        return f"Unstable: the narrowest axis allows h < 2σ² = {limit:.3g}" if self.step >= limit else ""
