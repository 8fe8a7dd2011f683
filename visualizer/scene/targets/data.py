"""A data set, as the Parzen density of its points."""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from visualizer.scene.base import MAX_PATH
from visualizer.scene.dialect import Dialect
from visualizer.scene.embedded import Text, unpacked
from visualizer.scene.points import checked, load_points, silverman
from visualizer.scene.support import CELLS, Box, Support
from visualizer.scene.targets.base import TARGETS, GridTarget, TargetPart

Array = NDArray[np.float64]
#: Cells along an axis that a Parzen density of many points is put on, in one and two dimensions.
DATA_CELLS = {1: 16_384, 2: 512}
#: A kernel narrower than so many of them is refused: it could not be shown.
_LEAST_CELLS = 4.0
#: So many standard deviations of the kernel lie between the data and the end of the box.
_AROUND = 6.0


@TARGETS.add
class DataTarget(GridTarget):
    """A Parzen density: the mean of N(x; x_i, h² I) over the points of a data set (Parzen 1962).

    Attributes:
        file: CSV, .npy, .npz or Parquet, beside the scene or with its whole path.
        columns: one or two names (1, 2, … where there are no headings).
        dialect: how a file of text is written, where that is not as it seems.
        points: the data themselves, embedded, instead of a file: float32, a row for each point.
        standardise: to mean 0 and variance 1 along each axis.
        bandwidth: h; Silverman's rule where it is left out.
    """

    kind: Literal["data"] = "data"
    title = "Data set"
    order = 4
    about_dimension = "Data have as many dimensions as columns: choose (1-D) as the second one, or another column."

    file: Annotated[str, Field(max_length=MAX_PATH)] = ""
    columns: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(min_length=1, max_length=2)]
    dialect: Dialect = Dialect()
    points: Text = ""
    standardise: bool = False
    bandwidth: Annotated[float, Field(ge=1e-6, le=1e4)] | None = None

    @classmethod
    def first(cls, before: TargetPart) -> None:
        """A file is asked for."""
        return

    @property
    def called(self) -> str:
        """The name of the file."""
        return Path(self.file).name if self.file else "Pasted data"

    @property
    def axis_names(self) -> tuple[str, str]:
        """The columns."""
        unit = " (standardised)" if self.standardise else ""
        names = [f"{name}{unit}" for name in self.columns]
        return names[0], names[1] if self.d == 2 else ""

    @property
    def points_shown(self) -> Array:
        """The data."""
        return self.x

    def read(self) -> None:
        _ = self.x

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
        return load_points(self.file, self.columns, self.standardise, self.dialect)

    @property
    def h(self) -> float:
        """The bandwidth: as given, else by Silverman's rule."""
        return self.bandwidth if self.bandwidth is not None else silverman(self.x)

    @property
    def least_bandwidth(self) -> float:
        """What the grid can just show."""
        widest = float((self.x.max(0) - self.x.min(0)).max())
        return float(f"{1.05 * _LEAST_CELLS * widest / (DATA_CELLS[self.d] - 4 * _AROUND * _LEAST_CELLS):.2g}")

    @property
    def box(self) -> Box:
        """Where the density lies."""
        return self._within(_AROUND * self.h)

    @property
    def grid_box(self) -> Box:
        """What its grid spans: the same for bandwidths between two powers of 2, so that a bandwidth can be dragged."""
        return self._within(_AROUND * 2.0 ** math.ceil(math.log2(self.h)))

    def _within(self, around: float) -> Box:
        x = self.x
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
    box, n = target.box, CELLS[target.d] // (10 if target.d == 1 else 4)
    counts, _ = np.histogramdd(target.x, n, box)
    cells = [(b - a) / n for a, b in box]
    density = counts.astype(np.float64)
    for axis, cell in enumerate(cells):
        kernel = np.exp(-0.5 * (np.subtract.outer(np.arange(n), np.arange(n)) / max(target.h / cell, 0.5)) ** 2)
        density = np.moveaxis(np.tensordot(kernel, density, (1, axis)), 0, axis)
    with np.errstate(divide="ignore"):
        return Support(box, np.log(density / density.max()))
