"""The brush: what the mouse paints with on a drawing, and the stroke under way."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.scene.model import Scene
from visualizer.scene.painting import painted
from visualizer.scene.strokes import Place
from visualizer.scene.targets.drawn import DrawnTarget


@dataclass(frozen=True)
class Brush:
    """Its radius in the target's units, and whether it takes away."""

    radius: float
    erase: bool


class Stroke:
    """From pressing the button to letting it go: a new scene for every move."""

    def __init__(self, brush: Brush, at: Place) -> None:
        self._brush, self._at = brush, at

    def to(self, at: Place, scene: Scene) -> Scene | None:
        """The scene with the stroke drawn on to a place; None if that changes nothing (or would leave nothing)."""
        assert isinstance(scene.target, DrawnTarget)  # only drawings are painted on
        target = painted(scene.target, [self._at, at], self._brush.radius, self._brush.erase)
        self._at = at
        return None if target is None or target == scene.target else scene.with_(target=target)
