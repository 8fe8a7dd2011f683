"""What ships with the program: presets, thumbnails, fonts, icons."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.files import read_scene
from visualizer.scene.link import from_link, is_link
from visualizer.scene.model import Scene
from visualizer.scene.paths import data_folder


def preset_names() -> list[str]:
    """The names of the built-in scenes, in lecture order."""
    return [_name(p) for p in sorted(data_folder("presets").glob("*.toml"))]


def preset_path(name: str) -> Path:
    """The file of a built-in scene.

    Raises:
        SceneError: there is none of that name.
    """
    for path in data_folder("presets").glob("*.toml"):
        if _name(path) == name:
            return path
    raise SceneError(name, [Problem("", "no such preset; `visualizer presets` lists them")])


def thumbnail_path(name: str) -> Path:
    """The picture of a built-in scene in the gallery."""
    return data_folder("resources") / "thumbnails" / f"{name}.png"


def load_scene(source: str | os.PathLike[str], agreed: Collection[str] | None = None) -> Scene:
    """A scene by the name of a preset, by the path of a file, or as a link.

    Args:
        source: the name, the path or the link.
        agreed: what a file may read (see `read_scene`).

    Raises:
        SceneError: it is none of these, or it is at fault.

    >>> load_scene("trapped").title
    'Trapped in one of three modes'
    """
    name = os.fspath(source)
    if is_link(name):
        return from_link(name)
    path = Path(name)
    if name in preset_names() and not path.exists():
        return read_scene(preset_path(name))
    if not path.suffix and not path.exists():
        hint = "there is no such preset or file; `visualizer presets` lists what is built in"
        raise SceneError(name, [Problem("", hint)])
    return read_scene(name, agreed)


def scene_beside(name: str, folder: Path, agreed: Collection[str] | None = None) -> Scene:
    """The scene that a tour or a study in a folder names: a preset, or a file there (see `read_scene`).

    Raises:
        SceneError: there is none, or it is at fault.
    """
    return load_scene(name) if name in preset_names() else read_scene(folder / name, agreed)


def _name(path: Path) -> str:
    """`03-freed-by-smoothing.toml` → `freed-by-smoothing`; the number only orders them."""
    head, _, rest = path.stem.partition("-")
    return rest if head.isdigit() else path.stem
