"""No target: there is no density."""

from __future__ import annotations

from typing import NoReturn

from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.scene.targets.unknown import UnknownTarget


def refuse(target: UnknownTarget) -> NoReturn:
    """There is nothing to build.

    Raises:
        ValueError: always.
    """
    raise ValueError("There is no target, only a network: choose a target first.")


BUILDERS.add(Builder("unknown", refuse))
