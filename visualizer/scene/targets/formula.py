"""An energy or a log-density as a formula, which the engine puts on a grid."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from visualizer.scene import formula
from visualizer.scene.base import Coordinate
from visualizer.scene.support import Box, Support, SupportError, find_support, support_in
from visualizer.scene.targets.base import TARGETS, GridTarget, TargetPart

MAX_PARAMETERS = 12
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w{0,19}$")]
Range = tuple[Coordinate, Coordinate]


#: What is there to be typed over, in one and two dimensions.
_FIRST = {1: "-(x^2 - 4)^2/4", 2: "-(x^2 - 4)^2/4 - y^2"}


@TARGETS.add
class FormulaTarget(GridTarget):
    """An energy or a log-density, typed: `log_density = "-(x^2 - 4)^2/4 - y^2"`, up to a constant.

    Attributes:
        log_density: of x, in the plane of x and y, with the names of `parameters`.
        parameters: values of other names.
        box: [low, high] of each axis, where the density lies; found where it is left out.
        hard_edges: p is 0 outside of `box`, whatever the formula is there: a uniform density is `0*x` so.
    """

    kind: Literal["formula"] = "formula"
    title = "Formula for log p"
    order = 2
    about_dimension = "A formula is in one dimension or two as it has x alone, or x and y: type the other."

    log_density: Annotated[str, Field(max_length=formula.MAX_LENGTH)]
    parameters: Annotated[dict[Name, Coordinate], Field(max_length=MAX_PARAMETERS)] = Field(default_factory=dict)
    box: Annotated[tuple[Range, ...], Field(max_length=2)] | None = None
    hard_edges: bool = False

    @classmethod
    def first(cls, before: TargetPart) -> Self:
        """Two wells."""
        return cls(log_density=_FIRST[before.d])

    @property
    def called(self) -> str:
        """A formula."""
        return "A formula"

    def differs_in_numbers(self, old: Self) -> bool:
        """Whether the text and the box are the same."""
        return (old.log_density, old.box, old.hard_edges) == (self.log_density, self.box, self.hard_edges)

    @model_validator(mode="after")
    def _is_a_density(self) -> Self:
        try:
            tree = formula.parse(self.log_density)
            self._check_names(tree)
            sides = self.box or ()
            if self.box is not None and (len(sides) != self.d or any(a >= b for a, b in sides)):
                raise ValueError(f"box: expected [low, high] with low < high for each of {self.d} axes")
            if self.hard_edges and self.box is None:
                raise ValueError("hard_edges: expected a box beside it, as in box = [[0, 1]]")
            self.support  # noqa: B018  # found now, so that what is no density is refused
        except (formula.FormulaError, SupportError) as error:
            raise ValueError(f"log_density: {error}") from None
        return self

    def _check_names(self, tree: formula.Node) -> None:
        taken = [n for n in self.parameters if n in ("x", "y", *formula.CONSTANTS, *formula.FUNCTIONS)]
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
            return _support(self.log_density, named, self.box, self.d, self.hard_edges)
        except SupportError as error:
            if self.box is None and _is_an_energy(self.log_density, named, self.d):
                raise SupportError(f"{error}. As an energy U it would do: write -({self.log_density})") from None
            raise


@lru_cache(maxsize=64)
def _support(
    text: str, parameters: tuple[tuple[str, float], ...], box: Box | None, d: int, hard: bool = False
) -> Support:
    tree = formula.parse(text)

    def function(at: list[NDArray[np.float64]]) -> Any:
        # NumPy's numbers overflow to infinity, which is told of; Python's raise.
        values = {**{k: np.float64(v) for k, v in parameters}, **dict(zip("xy", at, strict=False))}
        return formula.evaluate(tree, values, np, np.float64)

    return find_support(function, d) if box is None else support_in(function, box, hard=hard)


@lru_cache(maxsize=64)
def _is_an_energy(text: str, parameters: tuple[tuple[str, float], ...], d: int) -> bool:
    """Whether it is the negative of a log-density."""
    try:
        _support(f"-({text})", parameters, None, d)
    except (SupportError, formula.FormulaError):
        return False
    return True
