"""[particles]: how many, and from where."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.base import Coordinate, Part, Point, Positive
from visualizer.scene.controls import Number, Place

MAX_PARTICLES = 10_000_000


class TargetStart(Part):
    """Exact draws from the density at the start of the run."""

    kind: Literal["target"] = "target"


class PriorStart(Part):
    """What a reverse run starts from: the Gaussian with the moments of p at t_max; without a target, N(0, σ² I)."""

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
    """Exact draws from one component, or from p in the basin of one mode; counted from 0."""

    kind: Literal["mode"] = "mode"
    index: Annotated[int, Field(ge=0)] = 0


class PointStart(Part):
    """All at one point, or dealt out in turn over several: `at = [[-2, 0], [2, 0]]` is the first and `others`."""

    kind: Literal["point"] = "point"
    at: Annotated[Point | Coordinate, Place("at", "Where all particles start; or Shift+click in the picture")] = 0.0
    others: Annotated[tuple[Point, ...], Field(max_length=1000)] = ()

    @model_validator(mode="before")
    @classmethod
    def _several(cls, data: Any) -> Any:
        at = data.get("at") if isinstance(data, dict) else None
        if not isinstance(at, list | tuple) or not at or not all(isinstance(p, list | tuple) for p in at):
            return data
        return {**data, "at": at[0], "others": [*at[1:], *data.get("others", ())]}


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
