"""Shapes: as formulas, or as lines with noise around them on a grid."""

from __future__ import annotations

from functools import lru_cache

from visualizer.densities import GridDensity, GridSource
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.engine.targets.formula import build_formula
from visualizer.engine.targets.gridded import fine_enough
from visualizer.scene.support import centres
from visualizer.scene.targets.shape import ShapeTarget


def build_shape(target: ShapeTarget) -> GridDensity:
    """The shape's density."""
    written = target.as_formula
    return GridDensity(_lines(target.name, target.noise)) if written is None else build_formula(written)


@lru_cache(maxsize=4)  # each keeps tables of several noise levels: some tens of megabytes
def _lines(name: str, noise: float | None) -> GridSource:
    target = ShapeTarget(name=name, noise=noise)
    curve = target.curve
    assert curve is not None  # a shape that is no formula is made of lines
    return fine_enough(target.support.box, lambda box, n: curve.on_grid(centres(box, n)))


BUILDERS.add(Builder("shape", build_shape))
