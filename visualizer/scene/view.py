"""[view] and [layers]: what is shown, and how."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticKnownError

from visualizer.scene.base import Coordinate, NonNegative, Part
from visualizer.scene.layers import default_layers, layer_names


def _known(d: int, name: str) -> str:
    """The name of a layer of pictures of d dimensions."""
    names = layer_names(d)
    if name not in names:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(f"'{known}'" for known in names)})
    return name


class LayersPart(Part):
    """Which layers are drawn, from the bottom up, for pictures in 2-D (`plane`) and 1-D (`line`)."""

    plane: tuple[Annotated[str, AfterValidator(partial(_known, 2))], ...] = Field(
        default_factory=partial(default_layers, 2)
    )
    line: tuple[Annotated[str, AfterValidator(partial(_known, 1))], ...] = Field(
        default_factory=partial(default_layers, 1)
    )
    scale: Literal["linear", "log"] = "linear"

    def of(self, d: int) -> tuple[str, ...]:
        """Those of pictures of d dimensions."""
        return self.plane if d == 2 else self.line

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        for key, names in (("plane", self.plane), ("line", self.line)):
            if len(set(names)) != len(names):
                raise ValueError(f"{key}: expected every layer at most once")
        return self


Interval = tuple[Coordinate, Coordinate]


class ViewPart(Part):
    """The part of the world in the picture, and the noise level the fields are shown at.

    `t` holds the fields at one time and `sigma` at plain smoothing (α = 1); with neither they follow the run. Where
    both are given, `sigma` is shown; both are for the picture alone, and the sampler keeps its own noise level.
    `picture` chooses between curves and the river in 1-D.
    """

    x: Interval | None = None
    y: Interval | None = None
    t: NonNegative | None = None
    sigma: NonNegative | None = None
    picture: Literal["line", "river"] = "river"
    #: in 2-D: noise at the left, data at the right, and the cloud walks across
    across: bool = False
    theme: Literal["dark", "light"] = "dark"
    fourier: bool = False
    #: in the Fourier view the phase of φ as hue
    phase: bool = False
    #: only the part of p_t with frequencies |ω| in this band is shown, radians per unit of length
    band: tuple[NonNegative, NonNegative] | None = None
    #: where a 2-D picture is cut: p(y | x) and p(x | y) at this point
    cut: tuple[Coordinate, Coordinate] | None = None

    @model_validator(mode="after")
    def _intervals(self) -> Self:
        for key, interval in (("x", self.x), ("y", self.y)):
            if interval is not None and not interval[1] - interval[0] > 1e-9:
                raise ValueError(f"{key}: expected [low, high] with low < high")
        if self.band is not None and not self.band[0] < self.band[1]:
            raise ValueError("band: expected [low, high] with 0 ≤ low < high")
        return self
