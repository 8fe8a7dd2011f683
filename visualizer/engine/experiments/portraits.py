"""Pictures of the present moment for a file: in the colours and for the views that were asked for."""

from __future__ import annotations

from visualizer.engine.frame import Picture


def portraits(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """What stands in the place of `Portrayed`."""
    return pictures
