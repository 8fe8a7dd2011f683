"""What is in a picture, by what is drawn: for tests that look at the arrays of layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from visualizer.engine.drawings import Arrows, Bars, Curve, Dots, Drawing, Image, Key, Lines, Marks, Text, Tree
from visualizer.engine.frame import Picture


def polylines(drawing: Lines) -> tuple[Any, ...]:
    """The lines of a drawing one by one."""
    ends = np.flatnonzero(drawing.joined == 0) + 1
    return tuple(part for part in np.split(drawing.points, ends) if len(part) > 1)


class Seen:
    """The drawings of a picture."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    def __getattr__(self, name: str) -> Any:
        return getattr(self.picture, name)

    def all(self, layer: str, sort: type[Drawing], **has: object) -> list[Any]:
        """The drawings of a layer that are of a sort and have these attributes."""
        found = (d for d in self.picture.layers.get(layer, ()) if isinstance(d, sort))
        return [d for d in found if all(getattr(d, k) == v for k, v in has.items())]

    def one(self, layer: str, sort: type[Drawing], **has: object) -> Any:
        """The first of them; None where there is none."""
        return next(iter(self.all(layer, sort, **has)), None)

    @property
    def images(self) -> dict[str, Any]:
        """Pixels by layer."""
        return {name: image.pixels for name in self.picture.layers if (image := self.one(name, Image)) is not None}

    def lines(self, layer: str) -> tuple[Any, ...]:
        """Polylines of a layer."""
        found = self.one(layer, Lines)
        return () if found is None else polylines(found)

    @property
    def contours(self) -> tuple[Any, ...]:
        return self.lines("contours")

    def arrows_of(self, layer: str) -> Any:
        """Arrows (A, 4) of a layer."""
        found = self.one(layer, Arrows)
        return None if found is None else found.arrows

    def curve(self, layer: str, **has: object) -> Any:
        """Values of a curve of a layer."""
        found = self.one(layer, Curve, **has)
        return None if found is None else found.across

    def bars(self, layer: str, **has: object) -> Any:
        """Bars of a layer."""
        return self.one(layer, Bars, **has)

    @property
    def grid(self) -> Any:
        """Places of curves on the line."""
        return next(d.along for name in ("density", "target", "score") for d in self.all(name, Curve))

    def ticks(self, layer: str, colour: str) -> Any:
        """Places of ticks on the line."""
        found = [d for d in self.all(layer, Curve, joined="pairs") if d.pen.colour == colour]
        return found[0].along[::2] if found else None

    @property
    def marks(self) -> Any:
        """Places of modes."""
        found = self.one("modes", Marks)
        return None if found is None else found.places

    @property
    def tree(self) -> Tree | None:
        return self.one("step", Tree)

    @property
    def key(self) -> Key | None:
        return next((d for name in self.picture.layers for d in self.all(name, Key)), None)

    @property
    def readout(self) -> dict[str, str] | None:
        """The numbers of a fit by name."""
        found = self.one("fit", Text)
        return None if found is None else {row.name: row.value for row in found.rows}

    @property
    def heads(self) -> Any:
        """Where the particles in the river are."""
        found = self.one("paths", Dots)
        return None if found is None else found.places

    @property
    def path_points(self) -> Any:
        """Points of the paths in the river, (P, 2)."""
        found = self.one("paths", Lines)
        return np.empty((0, 2)) if found is None else found.points


def same_drawings(a: Picture, b: Picture) -> None:
    """Fails unless two pictures have the same layers with the same drawings, bit for bit."""
    assert list(a.layers) == list(b.layers)
    assert a.moment == b.moment
    for name in a.layers:
        assert len(a.layers[name]) == len(b.layers[name]), name
        for one, other in zip(a.layers[name], b.layers[name], strict=True):
            assert type(one) is type(other), name
            for field, value in vars(one).items():
                np.testing.assert_array_equal(value, getattr(other, field), err_msg=f"{name}.{field}")
