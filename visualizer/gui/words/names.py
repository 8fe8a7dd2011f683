"""What pictures and networks are called."""

from __future__ import annotations

from visualizer.scene.field import SESSION
from visualizer.scene.model import Scene


def net_name(file: str) -> str:
    """A network's name where there is little room."""
    if file.startswith(SESSION):
        return f"training {file.removeprefix(SESSION)}"
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def picture_name(scene: Scene, index: int) -> str:
    """One of several pictures in a few words: its sampler, and what it follows where that is not the same in all."""
    shown = scene.resolved_panels()
    followed = [net_name(p.field.file) if p.field.kind == "learned" else "exact" for p in shown]
    name = shown[index].sampler.short_name
    return f"{name}, {followed[index].removesuffix('.safetensors')}" if len(set(followed)) > 1 else name


def picture_title(scene: Scene, index: int) -> str:
    """The title of one of several pictures: its number, and its own title, else its name and step."""
    own = scene.panels[index].title if scene.panels else ""
    shown, name = scene.resolved_panels()[index], picture_name(scene, index)
    numbers = "" if shown.field.kind == "learned" and shown.sampler.of_model else shown.sampler.numbers()
    return f"{index + 1}   {own or (f'{name},  {numbers}' if numbers else name)}"
