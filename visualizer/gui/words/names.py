"""What pictures are called."""

from __future__ import annotations

from visualizer.scene.model import PanelPart, Scene


def picture_title(panel: PanelPart, shown: Scene) -> str:
    """The title of one of several pictures: its own, else its sampler and step."""
    if panel.title:
        return panel.title
    name, numbers = shown.sampler.short_name, shown.sampler.numbers()
    return f"{name},  {numbers}" if numbers else name
