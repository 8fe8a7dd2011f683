"""Unadjusted Langevin."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number, Options
from visualizer.scene.roles import noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, LevelSampler, euler_limit, num, too_large


@SAMPLERS.add
class LangevinSampler(LevelSampler):
    """ULA. `convention` says how the step is shown: h in x + h∇log p + √(2h) ε, or Δt = 2h."""

    kind: Literal["langevin"] = "langevin"
    title = "Langevin (ULA)"
    short = "Langevin"
    family = "Walks"
    order = 1
    rival = 1

    convention: Annotated[
        Literal["h", "dt"],
        Options(
            "Convention of the step",
            "Two ways of writing the same step: h = Δt/2",
            (("h", "step h:  x + h∇log p + √(2h) ε"), ("dt", "step Δt:  x + (Δt/2)∇log p + √Δt ε")),
        ),
    ] = "h"
    step: Annotated[
        float,
        Field(gt=0, le=100),
        Number("step h", "Step of Langevin, h in x + h∇log p + √(2h) ε", 1e-4, 2.0, log=True),
    ] = 0.02

    def shown(self, name: str) -> tuple[str, float]:
        return ("step Δt", 2.0) if name == "step" and self.convention == "dt" else ("", 1.0)

    @property
    def langevin_time(self) -> float:
        """h."""
        return self.step

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        smoothed = at is not None and (at[1] > 0 or at[0] != 1)
        density = "p" if not smoothed else (r"p_{\sigma}" if self.sigma is not None else "p_t")
        if self.convention == "h":
            h, root = ("h", r"\sqrt{2h}") if not numbers else (num(self.step), rf"\sqrt{{{num(2 * self.step)}}}")
        elif numbers:
            h, root = num(self.step), rf"\sqrt{{{num(2 * self.step)}}}"
        else:
            h, root = r"\frac{\Delta t}{2}", r"\sqrt{\Delta t}"
        new, x, force = particles("x_{k+1}"), particles("x_k"), score(rf"\nabla \log {density}(x_k)")
        fresh = noise(r"\varepsilon_k")
        return (rf"{new} = {x} + {h}\, {force} + {root}\, {fresh}",)

    def numbers(self) -> str:
        return f"h = {self.step:g}"

    def words(self) -> str:
        return f"h = {num(self.step)},  Δt = 2h = {num(2 * self.step)}"

    def diverged(self, narrowest: float | None) -> str:
        return too_large("h", self.step, euler_limit(narrowest))

    def warning(self, narrowest: float | None) -> str:
        if narrowest is None or (self.sigma is None and self.t != 0):
            return ""
        limit = 2 * (narrowest + (self.sigma or 0.0) ** 2)
        return f"Unstable: the narrowest axis allows h < 2σ² = {limit:.3g}" if self.step >= limit else ""
