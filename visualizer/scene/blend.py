"""A scene between two others: numbers that both have are part way, the rest is the second one's."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from visualizer.scene.base import Part
from visualizer.scene.model import Scene

#: Parts of a scene whose numbers are moved over.
_PARTS = ("target", "process", "sampler", "guidance", "view")
#: Numbers that are counts, names or choices: half way between two of them there is nothing.
_WHOLE = {"count", "steps", "seed", "label", "steps_per_frame", "classes"}


def blend(first: Scene, second: Scene, share: float) -> Scene:
    """The scene `share` (0…1) of the way from the first to the second, which it is at 1.

    Covariances are mixed linearly and so stay positive definite. Where the two have not the same shape (another kind of
    sampler, more components) the second one's is taken at once.
    """
    if share >= 1:
        return second
    parts = {name: _between(getattr(first, name), getattr(second, name), share) for name in _PARTS}
    try:
        return second.with_(**parts)
    except ValidationError:  # what lies between is no scene: there is nothing to show on the way
        return second


def _between(a: Any, b: Any, share: float) -> Any:
    if type(a) is not type(b):
        return b
    if isinstance(b, float):
        return a + (b - a) * share
    if isinstance(b, tuple):
        return tuple(_between(x, y, share) for x, y in zip(a, b, strict=True)) if len(a) == len(b) else b
    if not isinstance(b, Part):
        return b
    fields = {
        name: getattr(b, name) if name in _WHOLE else _between(getattr(a, name), getattr(b, name), share)
        for name in type(b).model_fields
    }
    return type(b).model_validate(fields)
