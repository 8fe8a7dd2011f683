"""Shapes: as formulas, or as lines with noise around them on a grid."""

from __future__ import annotations

from visualizer.densities import GridDensity, GridSource
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.engine.targets.formula import build_formula
from visualizer.engine.targets.gridded import GRIDS, fine_enough
from visualizer.scene.support import centres
from visualizer.scene.targets.shape import ShapeTarget


def build_shape(target: ShapeTarget) -> GridDensity:
    """The shape's density."""
    written = target.as_formula
    if written is not None:
        return build_formula(written)
    of = (target.name, target.noise)
    return GridDensity(GRIDS.get(("shape", *of), lambda: _lines(*of)))


def _lines(name: str, noise: float | None) -> GridSource:
    target = ShapeTarget(name=name, noise=noise)
    curve = target.curve
    assert curve is not None  # a shape that is no formula is made of lines
    return fine_enough(target.support.box, lambda box, n: curve.on_grid(centres(box, n)))


BUILDERS.add(Builder("shape", build_shape))
