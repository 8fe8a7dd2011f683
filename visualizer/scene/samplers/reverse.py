"""Reverse diffusion."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.controls import Number, Options
from visualizer.scene.roles import noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, TimeSampler, num


@SAMPLERS.add
class ReverseSampler(TimeSampler):
    """Reverse diffusion; `lambda` = 0 is the probability-flow ODE, 1 the reverse SDE."""

    kind: Literal["reverse"] = "reverse"
    title = "Reverse diffusion"
    family = "Diffusion"
    order = 13
    rival = 3

    lam: Annotated[
        float,
        Field(ge=0, le=10),
        Number("noise λ", "0: the deterministic ODE; 1: the SDE. All λ have the same marginals p_t.", 0, 2, digits=2),
    ] = Field(default=1.0, alias="lambda")
    method: Annotated[
        Literal["euler", "heun", "dopri5"],
        Options(
            "Method",
            "How it is integrated; all but Euler need λ = 0. Dormand–Prince adapts its steps and carries log p",
            (
                ("euler", "Euler (–Maruyama)"),
                ("heun", "Heun (ODE only)"),
                ("dopri5", "Dormand–Prince (ODE only)"),
            ),
        ),
    ] = "euler"

    @model_validator(mode="after")
    def _for_the_ode(self) -> Self:
        if self.method != "euler" and self.lam != 0:
            raise ValueError(f'method: "{self.method}" needs lambda = 0; expected "euler" for an SDE')
        return self

    def changed(self, name: str, value: Any) -> Self:
        if name == "lam" and value > 0:
            return self.with_(lam=value, method="euler")
        if name == "method" and value != "euler":
            return self.with_(lam=0.0, method=value)
        return self.with_(**{name: value})

    @property
    def on_cpu(self) -> bool:
        return self.method == "dopri5"

    @property
    def follows_flow(self) -> bool:
        """Without noise."""
        return self.lam == 0

    @property
    def short_name(self) -> str:
        """The ODE or the SDE."""
        return "Reverse ODE" if self.lam == 0 else "Reverse SDE"

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        x, valued = particles("x"), numbers and at is not None
        factor = num(0.5 * (1 + self.lam**2)) if valued else r"\frac{1+\lambda^2}{2}"
        size = num(self.lam) if valued else r"\lambda"
        force, increment = score(r"\nabla \log p_t(x)"), noise(r"d \bar{w}")
        drift = rf"d{x} = \left[ f\,{x} - {factor} g^2 {force} \right] dt"
        return (drift,) if self.lam == 0 else (drift, rf"\qquad + {size}\, g\, {increment}")

    def words(self) -> str:
        return f"λ = {num(self.lam)}"
