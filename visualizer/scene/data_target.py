"""Targets from data and from drawings."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from visualizer.scene.base import MAX_PATH
from visualizer.scene.embedded import unpacked
from visualizer.scene.grid_target import GridTarget, Range
from visualizer.scene.points import checked, load_points, silverman
from visualizer.scene.support import CELLS, Box, Support

Array = NDArray[np.float64]
#: Characters of an embedded array.
MAX_TEXT = 2_500_000
Text = Annotated[str, Field(max_length=MAX_TEXT)]
#: Cells along an axis that a Parzen density of many points is put on, in one and two dimensions.
DATA_CELLS = {1: 16_384, 2: 512}
#: A kernel narrower than so many of them is refused: it could not be shown.
_LEAST_CELLS = 4.0
#: So many standard deviations of the kernel lie between the data and the end of the box.
_AROUND = 6.0


class DataTarget(GridTarget):
    """A Parzen density: the mean of N(x; x_i, h² I) over the points of a data set (Parzen 1962).

    Attributes:
        file: CSV, .npy, .npz or Parquet, beside the scene or with its whole path.
        columns: one or two names (1, 2, … where there are no headings).
        points: the data themselves, embedded, instead of a file: float32, a row for each point.
        standardise: to mean 0 and variance 1 along each axis.
        bandwidth: h; Silverman's rule where it is left out.
    """

    kind: Literal["data"] = "data"
    file: Annotated[str, Field(max_length=MAX_PATH)] = ""
    columns: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(min_length=1, max_length=2)]
    points: Text = ""
    standardise: bool = False
    bandwidth: Annotated[float, Field(ge=1e-6, le=1e4)] | None = None

    @model_validator(mode="after")
    def _has_data(self) -> Self:
        if bool(self.file) == bool(self.points):
            raise ValueError("file: expected a file, or points, and not both")
        if self.points:
            try:
                self._embedded  # noqa: B018  # what is damaged is refused now
            except ValueError as error:
                raise ValueError(f"points: {error}") from None
        return self

    @property
    def d(self) -> int:
        """As many as there are columns."""
        return len(self.columns)

    @cached_property
    def _embedded(self) -> Array:
        return checked(unpacked(self.points, "float32", self.d).astype(np.float64), self.standardise)

    @property
    def x(self) -> Array:
        """The points (n, d).

        Raises:
            SceneError: the file is not there, or holds no such points.
        """
        return self._embedded if self.points else self._in_file[0]

    @property
    def left_out(self) -> int:
        """Rows of the file that have gaps."""
        return 0 if self.points else self._in_file[1]

    @cached_property
    def _in_file(self) -> tuple[Array, int]:
        """Read once: whoever shows the target must not wait for a disk."""
        return load_points(self.file, self.columns, self.standardise)

    @property
    def h(self) -> float:
        """The bandwidth: as given, else by Silverman's rule."""
        return self.bandwidth if self.bandwidth is not None else silverman(self.x)

    @property
    def least_bandwidth(self) -> float:
        """What the grid can just show."""
        widest = float((self.x.max(0) - self.x.min(0)).max())
        return float(f"{1.05 * _LEAST_CELLS * widest / (DATA_CELLS[self.d] - 2 * _AROUND * _LEAST_CELLS):.2g}")

    @property
    def box(self) -> Box:
        """Where the density lies."""
        x, around = self.x, _AROUND * self.h
        return tuple((float(a - around), float(b + around)) for a, b in zip(x.min(0), x.max(0), strict=True))

    @property
    def support(self) -> Support:
        """The box, and a rough picture of the density: a histogram, smoothed."""
        return _rough(self)

    def extent(self, spread: float = 3.0) -> Box:
        """For each axis the interval of all points but one in a thousand, and `spread` kernels more."""
        low, high = np.quantile(self.x, (0.0005, 0.9995), axis=0)
        more = spread * self.h
        return tuple((float(a - more), float(b + more)) for a, b in zip(low, high, strict=True))


@lru_cache(maxsize=8)
def _rough(target: DataTarget) -> Support:
    from scipy.ndimage import gaussian_filter

    box, n = target.box, CELLS[target.d] // (10 if target.d == 1 else 4)
    counts, _ = np.histogramdd(target.x, n, box)
    cells = [(b - a) / n for a, b in box]
    density = gaussian_filter(counts.astype(np.float64), [max(target.h / c, 0.5) for c in cells])
    with np.errstate(divide="ignore"):
        return Support(box, np.log(density / density.max()))


class DrawnTarget(GridTarget):
    """A density in the plane as it was painted, or as an image: brightness on size × size cells of a box.

    Attributes:
        cells: brightness from 0 to 255, embedded: `size` rows along x of `size` bytes along y.
        size: cells along each axis.
        box: [low, high] of each axis.
    """

    kind: Literal["drawn"] = "drawn"
    cells: Text
    size: Annotated[int, Field(ge=16, le=256, multiple_of=2)] = 128
    box: Annotated[tuple[Range, ...], Field(min_length=2, max_length=2)] = ((-4.0, 4.0), (-4.0, 4.0))

    @model_validator(mode="after")
    def _is_a_drawing(self) -> Self:
        sides = [b - a for a, b in self.box]
        if not all(1e-2 <= side <= 1e5 for side in sides):
            raise ValueError("box: expected [low, high] of each axis, 0.01 to 100,000 apart")
        far = any(side < 1e-3 * max(map(abs, ends)) for side, ends in zip(sides, self.box, strict=True))
        if far or max(sides) > 100 * min(sides):
            raise ValueError("box: expected sides that are not so different, and not so small beside where they are")
        try:
            values = unpacked(self.cells, "uint8", self.size)
        except ValueError as error:
            raise ValueError(f"cells: {error}") from None
        if len(values) != self.size:
            raise ValueError(f"cells: expected {self.size} × {self.size} of them")
        if not values.any():
            raise ValueError("cells: expected something that is not black")
        return self

    @property
    def d(self) -> int:
        """2."""
        return 2

    @property
    def values(self) -> NDArray[np.uint8]:
        """Brightness (size, size), axis 0 along x."""
        return np.asarray(unpacked(self.cells, "uint8", self.size))

    @property
    def softness(self) -> float:
        """What the edges are smoothed by, so that there is a score: one and a half of the wider side of a cell."""
        return 1.5 * max(b - a for a, b in self.box) / self.size

    def extent(self, spread: float = 3.0) -> Box:
        """The whole box, whatever is painted: the view must not move under the brush."""
        return tuple((float(a), float(b)) for a, b in self.box)

    @property
    def support(self) -> Support:
        """The box, and log p̃ in it."""
        values = self.values.astype(np.float64)
        with np.errstate(divide="ignore"):
            return Support(tuple((float(a), float(b)) for a, b in self.box), np.log(values / values.max()))
