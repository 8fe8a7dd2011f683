"""[sampler] and [particles]: what moves, from where, and how many."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.base import Coordinate, NonNegative, Part, Point, Positive, Unit
from visualizer.scene.controls import Number, Options, Place

MAX_PARTICLES = 10_000_000

Steps = Annotated[
    int, Field(ge=1, le=100_000), Number("steps", "Steps of a whole run", 5, 2000, log=True, integer=True)
]
PerFrame = Annotated[
    int,
    Field(ge=1, le=1000),
    Number("steps per frame", "Steps taken between two pictures", 1, 100, log=True, integer=True),
]
Grid = Annotated[
    Literal["uniform", "quadratic", "karras"],
    Options(
        "Time grid",
        "Where along the process the steps fall",
        (("uniform", "Uniform steps"), ("quadratic", "Quadratic: t ∝ u²"), ("karras", "Karras: ρ = 7")),
    ),
]


class LangevinSampler(Part):
    """ULA on p_t, or on the target smoothed by σ alone (α = 1) where `sigma` is given.

    `convention` says how the step is shown: h in x + h∇log p + √(2h) ε, or Δt = 2h.
    """

    kind: Literal["langevin"] = "langevin"
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
    t: NonNegative = 0.0
    sigma: NonNegative | None = None
    steps: Annotated[int, Field(ge=1, le=100_000)] = 1000
    steps_per_frame: PerFrame = 1

    def shown(self, name: str) -> tuple[str, float]:
        return ("step Δt", 2.0) if name == "step" and self.convention == "dt" else ("", 1.0)


class ForwardSampler(Part):
    """Forward diffusion; `lambda` = 1 is plain noising, 0 deterministic."""

    kind: Literal["forward"] = "forward"
    lam: Annotated[
        Unit,
        Number("noise λ", "0: the deterministic ODE; 1: the SDE. All λ have the same marginals p_t.", 0, 1, digits=2),
    ] = Field(default=1.0, alias="lambda")
    grid: Grid = "uniform"
    steps: Steps = 200
    steps_per_frame: PerFrame = 1


class ReverseSampler(Part):
    """Reverse diffusion; `lambda` = 0 is the probability-flow ODE, 1 the reverse SDE."""

    kind: Literal["reverse"] = "reverse"
    lam: Annotated[
        float,
        Field(ge=0, le=10),
        Number("noise λ", "0: the deterministic ODE; 1: the SDE. All λ have the same marginals p_t.", 0, 2, digits=2),
    ] = Field(default=1.0, alias="lambda")
    method: Annotated[
        Literal["euler", "heun"],
        Options(
            "Method",
            "How the equation is integrated; Heun needs λ = 0",
            (("euler", "Euler (–Maruyama)"), ("heun", "Heun (ODE only)")),
        ),
    ] = "euler"
    grid: Grid = "uniform"
    steps: Steps = 200
    steps_per_frame: PerFrame = 1

    @model_validator(mode="after")
    def _heun_is_for_the_ode(self) -> Self:
        if self.method == "heun" and self.lam != 0:
            raise ValueError('method: "heun" needs lambda = 0; expected "euler" for an SDE')
        return self

    def changed(self, name: str, value: Any) -> Self:
        if name == "lam" and value > 0:
            return self.with_(lam=value, method="euler")
        if name == "method" and value == "heun":
            return self.with_(lam=0.0, method=value)
        return self.with_(**{name: value})


class DDIMSampler(Part):
    """DDIM(η): `eta` = 0 is the denoising iteration, 1 ancestral sampling."""

    kind: Literal["ddim"] = "ddim"
    eta: Annotated[Unit, Number("noise η", "0: deterministic DDIM; 1: ancestral sampling", 0, 1, digits=2)] = 0.0
    grid: Grid = "uniform"
    steps: Steps = 50
    steps_per_frame: PerFrame = 1


SamplerPart = Annotated[LangevinSampler | ForwardSampler | ReverseSampler | DDIMSampler, Field(discriminator="kind")]


class TargetStart(Part):
    """Exact draws from the density at the start of the run."""

    kind: Literal["target"] = "target"


class PriorStart(Part):
    """N(0, σ(t_max)² I), what a reverse run starts from."""

    kind: Literal["prior"] = "prior"


class GaussianStart(Part):
    """N(mean, std² I)."""

    kind: Literal["gaussian"] = "gaussian"
    mean: Annotated[Point | Coordinate, Place("mean", "Centre of the Gaussian")] = 0.0
    std: Annotated[Positive, Number("std", "Standard deviation on every axis", 0.01, 20.0, log=True)] = 1.0


class UniformStart(Part):
    """Uniform between low and high on every axis."""

    kind: Literal["uniform"] = "uniform"
    low: Annotated[Coordinate, Number("from", "Lower end on every axis", -20.0, 20.0, digits=2)] = -4.0
    high: Annotated[Coordinate, Number("to", "Upper end on every axis", -20.0, 20.0, digits=2)] = 4.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low: expected a number below high")
        return self

    def changed(self, name: str, value: Any) -> Self:
        low, high = (value, self.high) if name == "low" else (self.low, value)
        if low >= high:  # one end pushes the other before it
            low, high = (low, low + 0.1) if name == "low" else (high - 0.1, high)
        return self.with_(low=low, high=high)


class ModeStart(Part):
    """Exact draws from one component, counted from 0."""

    kind: Literal["mode"] = "mode"
    index: Annotated[int, Field(ge=0)] = 0


class PointStart(Part):
    """All at one point."""

    kind: Literal["point"] = "point"
    at: Annotated[Point | Coordinate, Place("at", "Where all particles start; or Shift+click in the picture")] = 0.0


StartPart = Annotated[
    TargetStart | PriorStart | GaussianStart | UniformStart | ModeStart | PointStart, Field(discriminator="kind")
]


class ParticlesPart(Part):
    """How many particles, and where they start."""

    count: Annotated[int, Field(ge=1, le=MAX_PARTICLES)] = 10_000
    start: StartPart | None = None


def as_point(value: tuple[float, ...] | float, d: int) -> tuple[float, ...]:
    """A point of d coordinates; one number stands for all of them."""
    return (float(value),) * d if isinstance(value, int | float) else tuple(map(float, value))
