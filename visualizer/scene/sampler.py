"""[sampler] and [particles]: what moves, from where, and how many."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.base import Coordinate, NonNegative, Part, Point, Positive, Unit

MAX_PARTICLES = 10_000_000

Steps = Annotated[int, Field(ge=1, le=100_000)]
PerFrame = Annotated[int, Field(ge=1, le=1000)]
Grid = Literal["uniform", "quadratic", "karras"]


class LangevinSampler(Part):
    """ULA on p_t, or on the target smoothed by σ alone (α = 1) where `sigma` is given.

    `convention` says how the step is shown: h in x + h∇log p + √(2h) ε, or Δt = 2h.
    """

    kind: Literal["langevin"] = "langevin"
    step: Annotated[float, Field(gt=0, le=100)] = 0.02
    t: NonNegative = 0.0
    sigma: NonNegative | None = None
    convention: Literal["h", "dt"] = "h"
    steps: Steps = 1000
    steps_per_frame: PerFrame = 1


class _TimeSampler(Part):
    steps: Steps = 200
    grid: Grid = "uniform"
    steps_per_frame: PerFrame = 1


class ForwardSampler(_TimeSampler):
    """Forward diffusion; `lambda` = 1 is plain noising, 0 deterministic."""

    kind: Literal["forward"] = "forward"
    lam: Unit = Field(default=1.0, alias="lambda")


class ReverseSampler(_TimeSampler):
    """Reverse diffusion; `lambda` = 0 is the probability-flow ODE, 1 the reverse SDE."""

    kind: Literal["reverse"] = "reverse"
    lam: Annotated[float, Field(ge=0, le=10)] = Field(default=1.0, alias="lambda")
    method: Literal["euler", "heun"] = "euler"

    @model_validator(mode="after")
    def _heun_is_for_the_ode(self) -> Self:
        if self.method == "heun" and self.lam != 0:
            raise ValueError('method: "heun" needs lambda = 0; expected "euler" for an SDE')
        return self


class DDIMSampler(_TimeSampler):
    """DDIM(η): `eta` = 0 is the denoising iteration, 1 ancestral sampling."""

    kind: Literal["ddim"] = "ddim"
    eta: Unit = 0.0
    steps: Steps = 50


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
    mean: Point | Coordinate = 0.0
    std: Positive = 1.0


class UniformStart(Part):
    """Uniform between low and high on every axis."""

    kind: Literal["uniform"] = "uniform"
    low: Coordinate = -4.0
    high: Coordinate = 4.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low: expected a number below high")
        return self


class ModeStart(Part):
    """Exact draws from one component, counted from 0."""

    kind: Literal["mode"] = "mode"
    index: Annotated[int, Field(ge=0)] = 0


class PointStart(Part):
    """All at one point."""

    kind: Literal["point"] = "point"
    at: Point | Coordinate = 0.0


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
