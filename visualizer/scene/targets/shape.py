"""Shapes by name, as they are known from papers on samplers and flows. The engine puts them on a grid."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from visualizer.scene.shapes import SHAPES, Curve
from visualizer.scene.support import CELLS, Support, centres
from visualizer.scene.targets.base import TARGETS, GridTarget, TargetPart
from visualizer.scene.targets.formula import FormulaTarget


@TARGETS.add
class ShapeTarget(GridTarget):
    """A shape by its name, as they are known from papers on samplers and flows.

    Attributes:
        name: which.
        noise: the standard deviation around its lines, where it has any.
        dimension: of `norm`, the length of a Gaussian vector in so many dimensions.
    """

    kind: Literal["shape"] = "shape"
    title = "Shape"
    order = 3
    about_dimension = "A shape has its own dimension: the length of a Gaussian vector is 1-D, the others are 2-D."

    name: str
    noise: Annotated[float, Field(ge=0.03, le=2.0)] | None = None
    dimension: Annotated[int, Field(ge=2, le=10_000)] | None = None

    @classmethod
    def first(cls, before: TargetPart) -> Self:
        """A shape of the same dimension."""
        return cls(name="two-moons" if before.d == 2 else "norm")

    @property
    def called(self) -> str:
        """What papers call it."""
        return SHAPES[self.name].title

    def elsewhere(self, old: TargetPart) -> bool:
        """Another shape is."""
        return super().elsewhere(old) or getattr(old, "name", "") != self.name

    def differs_in_numbers(self, old: Self) -> bool:
        """Two shapes of the same name differ in nothing else."""
        return True

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.name not in SHAPES:
            raise ValueError(f"name: expected one of {', '.join(SHAPES)}")
        shape = SHAPES[self.name]
        if self.noise is not None and not shape.lines:
            raise ValueError(f"noise: {self.name} has no lines for it to be around; leave it out")
        if self.dimension is not None and self.name != "norm":
            raise ValueError("dimension: only norm has one; leave it out")
        return self

    @property
    def d(self) -> int:
        """1 or 2."""
        return SHAPES[self.name].d

    @property
    def curve(self) -> Curve | None:
        """Weighted points with Gaussian noise around them, where the shape is made of those."""
        make = SHAPES[self.name].lines
        return make(self.noise) if make is not None else None

    @property
    def as_formula(self) -> FormulaTarget | None:
        """The shape as a formula, where it is one."""
        shape = SHAPES[self.name]
        if shape.formula is None:
            return None
        if self.name != "norm":
            return FormulaTarget(log_density=shape.formula, box=shape.box)
        n = self.dimension or 100
        middle = math.sqrt(n - 1)
        box = ((max(0.0, middle - 7.0), middle + 7.0),)
        return FormulaTarget(log_density=shape.formula, parameters={"n": n}, box=box)

    @property
    def support(self) -> Support:
        """Where the density lies."""
        written = self.as_formula
        return written.support if written is not None else _curve_support(self.name, self.noise)


@lru_cache(maxsize=32)
def _curve_support(name: str, noise: float | None) -> Support:
    make = SHAPES[name].lines
    assert make is not None
    curve = make(noise)
    box = tuple((float(p.min() - 7 * curve.std), float(p.max() + 7 * curve.std)) for p in curve.points.T)
    density = curve.on_grid(centres(box, CELLS[2]))
    with np.errstate(divide="ignore"):
        values = np.log(density / density.max())
    return Support(box, values)
