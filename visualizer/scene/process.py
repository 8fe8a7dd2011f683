"""[process]: how noise is added."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.base import Part, Positive, Unit

TMax = Annotated[float, Field(gt=0, le=1000)]


class _ProcessPart(Part):
    def parameters(self) -> dict[str, float]:
        """Everything but the kind, as `visualizer.processes.process` takes it."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "kind"}


class VE(_ProcessPart):
    """α = 1, σ = t."""

    kind: Literal["ve"] = "ve"
    t_max: TMax = 10.0


class Brownian(_ProcessPart):
    """α = 1, σ = δ√t."""

    kind: Literal["brownian"] = "brownian"
    t_max: TMax = 10.0
    delta: Positive = 1.0


class VEGeometric(_ProcessPart):
    """α = 1, σ = σ_min (σ_max/σ_min)^t."""

    kind: Literal["ve-geometric"] = "ve-geometric"
    sigma_min: Positive = 0.01
    sigma_max: Positive = 10.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.sigma_min >= self.sigma_max:
            raise ValueError("sigma_min: expected a number below sigma_max")
        return self


class VPTrigonometric(_ProcessPart):
    """α = √(1−t²), σ = t."""

    kind: Literal["vp-trigonometric"] = "vp-trigonometric"


class _LinearBeta(_ProcessPart):
    beta_min: Annotated[float, Field(gt=0, le=1000)] = 0.1
    beta_max: Annotated[float, Field(gt=0, le=1000)] = 20.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.beta_min > self.beta_max:
            raise ValueError("beta_min: expected a number not above beta_max")
        return self


class VPLinear(_LinearBeta):
    """Linear β, σ = √(1−α²)."""

    kind: Literal["vp-linear"] = "vp-linear"


class SubVP(_LinearBeta):
    """Linear β, σ = 1−α²."""

    kind: Literal["sub-vp"] = "sub-vp"


class VPCosine(_ProcessPart):
    """Cosine schedule."""

    kind: Literal["vp-cosine"] = "vp-cosine"
    s: Annotated[float, Field(ge=0, lt=1)] = 0.008


class OU(_ProcessPart):
    """α = e^{−t}, σ = √(1−e^{−2t})."""

    kind: Literal["ou"] = "ou"
    t_max: Annotated[float, Field(gt=0, le=100)] = 3.0


class Linear(_ProcessPart):
    """α = 1−t, σ = t."""

    kind: Literal["linear"] = "linear"


ProcessPart = Annotated[
    VE | Brownian | VEGeometric | VPTrigonometric | VPLinear | VPCosine | SubVP | OU | Linear,
    Field(discriminator="kind"),
]
__all__ = ["ProcessPart", "Unit"]
