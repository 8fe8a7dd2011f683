"""The few sorts of drawing that pictures are made of: frozen values with NumPy arrays, nothing of torch or Qt.

A layer makes drawings; a canvas has one item for each sort, and draws them alike in the window, in SVG and in PDF.
Coordinates are those of the target's space. `along` runs along the axis of x, `across` along that of a density or a
score; a canvas whose x runs upwards swaps them. Equal objects are drawn once: a layer whose drawing has not changed
hands on the same object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint32]
#: Which plot a drawing is in. 2-D: the plane, above it, at its right. 1-D: the density, the score, the river.
Plot = Literal["plane", "top", "right", "density", "score", "river"]
#: The plot reaches up to 1 in these units: shares of its height.
SHARES = 1.0


@dataclass(frozen=True)
class Pen:
    """How a line is drawn: the theme's colour of a role (or #rrggbb), its width in pixels and its opacity."""

    colour: str
    width: float = 1.0
    opacity: float = 1.0
    dash: bool = False


@dataclass(frozen=True, eq=False)
class Drawing:
    """What all have.

    Attributes:
        plot: which plot it is in.
        lift: how much higher than its layer it stands; layers are 1 apart.
    """

    plot: Plot = field(default="plane", kw_only=True)
    lift: float = field(default=0.0, kw_only=True)


@dataclass(frozen=True, eq=False)
class Image(Drawing):
    """Premultiplied ARGB pixels (h, w), row 0 at the top, over x0, x1, y0, y1; `ratio` of them to a logical one.

    What is `opaque` covers what is below, and is copied, not blended.
    """

    pixels: Pixels
    box: tuple[float, float, float, float]
    ratio: float = 1.0
    opaque: bool = False


@dataclass(frozen=True, eq=False)
class Lines(Drawing):
    """Points (P, 2) and whether each is joined to the next, (P,)."""

    points: Floats
    joined: NDArray[np.int32]
    pen: Pen

    @staticmethod
    def of(polylines: Sequence[Floats], pen: Pen, *, lift: float = 0.0) -> Lines:
        """Polylines (M, 2) of any length."""
        if not polylines:
            return Lines(np.empty((0, 2), np.float32), np.empty(0, np.int32), pen, lift=lift)
        points = np.concatenate(polylines)
        joined = np.ones(len(points), dtype=np.int32)
        joined[np.cumsum([len(line) for line in polylines]) - 1] = 0
        return Lines(points, joined, pen, lift=lift)

    @staticmethod
    def dashed(polylines: Sequence[Floats], pen: Pen, length: float) -> Lines:
        """Polylines as dashes of this length: a canvas draws segment by segment, each too short for a dash."""
        whole = Lines.of(polylines, pen)
        way = np.zeros(len(whole.points))
        way[1:] = np.cumsum(np.hypot(*np.diff(whole.points, axis=0).T) * whole.joined[:-1])
        return Lines(whole.points, np.where(way // length % 2 == 0, whole.joined, 0).astype(np.int32), pen)

    @staticmethod
    def of_paths(paths: Floats, pen: Pen, *, plot: Plot = "plane") -> Lines:
        """Paths (S, 2, M) of M particles over S steps, interrupted where they are NaN."""
        steps, _, count = paths.shape
        if steps < 2:
            return Lines(np.empty((0, 2), np.float32), np.empty(0, np.int32), pen, plot=plot)
        points = paths.transpose(2, 0, 1).reshape(-1, 2)
        joined = np.ones(steps * count, dtype=np.int32)
        joined[steps - 1 :: steps] = 0
        gaps = np.isnan(points[:, 0])
        joined[gaps] = 0
        joined[:-1][gaps[1:]] = 0
        return Lines(np.where(gaps[:, None], points[np.argmin(gaps)], points), joined, pen, plot=plot)


@dataclass(frozen=True, eq=False)
class Arrows(Drawing):
    """Arrows (A, 4) as x, y, dx, dy, with heads `head` of their length; 0: a dot at the end."""

    arrows: Floats
    head: float
    pen: Pen


@dataclass(frozen=True, eq=False)
class Curve(Drawing):
    """A curve, or many strokes, along an axis.

    Attributes:
        along, across: points, (n,) each.
        pen: how it is drawn.
        joined: all points, those of each pair, or those between points that are not finite.
        top: the plot reaches up to this in the units of `across`; None: they are those of the plot.
    """

    along: NDArray[np.floating]
    across: NDArray[np.floating]
    pen: Pen
    joined: Literal["all", "pairs", "finite"] = "all"
    top: float | None = None

    @staticmethod
    def ticks(at: Floats, low: float, high: float, pen: Pen, *, lift: float = 0.0) -> Curve:
        """A stroke at each place (n,), between two shares of the height of the density's plot."""
        heights = np.tile(np.array([low, high]), len(at))
        return Curve(np.repeat(at, 2), heights, pen, "pairs", SHARES, plot="density", lift=lift)


@dataclass(frozen=True, eq=False)
class Bars(Drawing):
    """Bars over edges (n + 1,) with heights (n,), as a filled outline."""

    edges: Floats
    heights: Floats
    colour: str
    opacity: float


@dataclass(frozen=True, eq=False)
class Dots(Drawing):
    """Discs of so many pixels at places (n, 2)."""

    places: Floats
    colour: str
    size: float


@dataclass(frozen=True, eq=False)
class Marks(Drawing):
    """Numbered discs at places (K, d), in the colours of modes; on the line they stand at the edge of the plot."""

    places: Floats


@dataclass(frozen=True, eq=False)
class Tree(Drawing):
    """A trajectory that doubled, of one particle in 2-D.

    Points (S, 2) in the order of time, the doubling (S,) that reached each (0: the start), and the one drawn from
    all of them, (2,).
    """

    points: Floats
    doublings: NDArray[np.int64]
    drawn: Floats


@dataclass(frozen=True)
class Row:
    """A line of a table in a picture: a name, a value, and whether the name stands out."""

    name: str
    value: str
    marked: bool = False


@dataclass(frozen=True, eq=False)
class Text(Drawing):
    """A table of names and values in a corner of the picture, or a line of text without a box."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, eq=False)
class Key(Drawing):
    """What the colours of a map stand for: a name, a row of pixels (n,), and texts at shares of its length."""

    name: str
    colours: Pixels
    ticks: tuple[tuple[float, str], ...]
