"""Forward diffusion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.base import Unit
from visualizer.scene.controls import Number
from visualizer.scene.roles import noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, TimeSampler, num
from visualizer.scene.start import StartPart, TargetStart


@SAMPLERS.add
class ForwardSampler(TimeSampler):
    """Forward diffusion; `lambda` = 1 is plain noising, 0 deterministic."""

    kind: Literal["forward"] = "forward"
    title = "Forward diffusion"
    family = "Diffusion"
    order = 12

    lam: Annotated[
        Unit,
        Number("noise λ", "0: the deterministic ODE; 1: the SDE. All λ have the same marginals p_t.", 0, 1, digits=2),
    ] = Field(default=1.0, alias="lambda")

    def begins(self, t_max: float) -> float:
        return 0.0

    @property
    def start(self) -> StartPart:
        """Draws from the target."""
        return TargetStart()

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        x, increment = particles("x"), noise("dw")
        if self.lam == 1.0 and numbers:
            return (rf"d{x} = f\,{x}\,dt + g\,{increment}",)
        valued = numbers and at is not None
        factor = num(0.5 * (1 - self.lam**2)) if valued else r"\frac{1-\lambda^2}{2}"
        size = num(self.lam) if valued else r"\lambda"
        force = score(r"\nabla \log p_t(x)")
        return (
            rf"d{x} = \left[ f\,{x} - {factor} g^2 {force} \right] dt",
            rf"\qquad + {size}\, g\, {increment}",
        )

    def words(self) -> str:
        return f"λ = {num(self.lam)}"
