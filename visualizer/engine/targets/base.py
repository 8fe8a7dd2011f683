"""The register of what builds the density of each kind of target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from visualizer.densities import Density
from visualizer.register import Register
from visualizer.scene.targets import TargetPart


@dataclass(frozen=True)
class Builder:
    """What builds the density of one kind of target.

    Attributes:
        kind: of targets.
        build: the density of a target of that kind; raises SceneError for data that are not there or cannot be shown.
    """

    kind: str
    build: Callable[[Any], Density]


BUILDERS: Register[Builder] = Register("visualizer.engine.targets", "target")


def build_density(target: TargetPart) -> Density:
    """The target in float64: in a closed form where it has one, else on a grid.

    Raises:
        ValueError: there is no target.
        SceneError: data that are not there, or something too fine for a grid.
    """
    return BUILDERS[target.kind].build(target)
