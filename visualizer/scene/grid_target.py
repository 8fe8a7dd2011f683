"""Targets without a closed form: an energy as a formula, and shapes by name. The engine puts them on a grid."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from visualizer.scene import formula
from visualizer.scene.base import Coordinate, Part
from visualizer.scene.shapes import SHAPES, Curve
from visualizer.scene.support import CELLS, Box, Support, SupportError, centres, find_support, support_in

MAX_PARAMETERS = 12
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w{0,19}$")]
Range = Annotated[tuple[Coordinate, ...], Field(min_length=2, max_length=2)]


class GridTarget(Part):
    """What all of them have: a log-density up to a constant, and where it lies."""

    @property
    def components(self) -> int:
        """None that could be told apart."""
        return 0

    @property
    def labels(self) -> tuple[int, ...]:
        """No component has a class."""
        return ()

    @property
    def d(self) -> int:
        """1 or 2."""
        raise NotImplementedError

    @property
    def support(self) -> Support:
        """Where the density lies."""
        raise NotImplementedError

    def extent(self, spread: float = 3.0) -> Box:
        """For each axis the interval in which p is more than exp(−spread²/2) of its maximum somewhere."""
        return self.support.extent(spread)


class FormulaTarget(GridTarget):
    """An energy or a log-density, typed: `log_density = "-(x^2 - 4)^2/4 - y^2"`, up to a constant.

    Attributes:
        log_density: of x, in the plane of x and y, with the names of `parameters`.
        parameters: values of other names.
        box: [low, high] of each axis, where the density lies; found where it is left out.
    """

    kind: Literal["formula"] = "formula"
    log_density: Annotated[str, Field(max_length=formula.MAX_LENGTH)]
    parameters: Annotated[dict[Name, Coordinate], Field(max_length=MAX_PARAMETERS)] = Field(default_factory=dict)
    box: Annotated[tuple[Range, ...], Field(max_length=2)] | None = None

    @model_validator(mode="after")
    def _is_a_density(self) -> Self:
        try:
            tree = formula.parse(self.log_density)
            self._check_names(tree)
            sides = self.box or ()
            if self.box is not None and (len(sides) != self.d or any(a >= b for a, b in sides)):
                raise ValueError(f"box: expected [low, high] with low < high for each of {self.d} axes")
            self.support  # noqa: B018  # found now, so that what is no density is refused
        except (formula.FormulaError, SupportError) as error:
            raise ValueError(f"log_density: {error}") from None
        return self

    def _check_names(self, tree: formula.Node) -> None:
        taken = [n for n in self.parameters if n in ("x", "y", *formula.CONSTANTS, *formula.UNARY, *formula.BINARY)]
        if taken:
            raise ValueError(f"parameters: {taken[0]} has a meaning already; expected another name")
        found = formula.names(tree)
        for name, column in found.items():
            if name not in ("x", "y") and name not in self.parameters:
                raise formula.FormulaError(f"{name} is unknown: expected x, y, a function or a parameter", column)
        if "x" not in found:
            raise formula.FormulaError("expected a formula in x, or in x and y", 1)

    @property
    def tree(self) -> formula.Node:
        """The formula, parsed."""
        return formula.parse(self.log_density)

    @property
    def d(self) -> int:
        """2 where there is a y."""
        return 2 if "y" in formula.names(self.tree) else 1

    @property
    def support(self) -> Support:
        """Where the density lies."""
        named = tuple(sorted(self.parameters.items()))
        try:
            return _support(self.log_density, named, self.box, self.d)
        except SupportError as error:
            if self.box is None and _is_an_energy(self.log_density, named, self.d):
                raise SupportError(f"{error}. As an energy U it would do: write -({self.log_density})") from None
            raise


@lru_cache(maxsize=64)
def _support(text: str, parameters: tuple[tuple[str, float], ...], box: Box | None, d: int) -> Support:
    tree = formula.parse(text)

    def function(at: list[NDArray[np.float64]]) -> Any:
        values = {**dict(parameters), **dict(zip("xy", at, strict=False))}
        return formula.evaluate(tree, values, np, np.float64)

    return find_support(function, d) if box is None else support_in(function, box)


@lru_cache(maxsize=64)
def _is_an_energy(text: str, parameters: tuple[tuple[str, float], ...], d: int) -> bool:
    """Whether it is the negative of a log-density."""
    try:
        _support(f"-({text})", parameters, None, d)
    except (SupportError, formula.FormulaError):
        return False
    return True


class ShapeTarget(GridTarget):
    """A shape by its name, as they are known from papers on samplers and flows.

    Attributes:
        name: which.
        noise: the standard deviation around its lines, where it has any.
        dimension: of `norm`, the length of a Gaussian vector in so many dimensions.
    """

    kind: Literal["shape"] = "shape"
    name: str
    noise: Annotated[float, Field(ge=0.03, le=2.0)] | None = None
    dimension: Annotated[int, Field(ge=2, le=10_000)] | None = None

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
