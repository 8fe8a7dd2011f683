"""[target]: the density p_0, of whatever kind."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from visualizer.scene.data_target import DataTarget, DrawnTarget
from visualizer.scene.grid_target import FormulaTarget, ShapeTarget
from visualizer.scene.target import MixtureTarget
from visualizer.scene.unknown import UnknownTarget


def _kind(data: Any) -> str:
    """A target is a mixture where its table does not say what it is."""
    if isinstance(data, dict):
        return str(data.get("kind", "mixture"))
    return str(getattr(data, "kind", "mixture"))


Target = Annotated[
    Annotated[MixtureTarget, Tag("mixture")]
    | Annotated[FormulaTarget, Tag("formula")]
    | Annotated[ShapeTarget, Tag("shape")]
    | Annotated[DataTarget, Tag("data")]
    | Annotated[DrawnTarget, Tag("drawn")]
    | Annotated[UnknownTarget, Tag("unknown")],
    Discriminator(_kind),
]
