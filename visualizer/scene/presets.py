"""What ships with the program: presets, thumbnails, fonts, icons."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.files import load_scene
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


def find_scene(name_or_path: str, agreed: Collection[str] | None = None) -> Scene:
    """A preset by its name, or a scene by its path, which may read the files that are `agreed` to (see `load_scene`).

    Raises:
        SceneError: it is neither, or the file is at fault.
    """
    path = Path(name_or_path)
    if name_or_path in preset_names() and not path.exists():
        return load_scene(preset_path(name_or_path))
    if not path.suffix and not path.exists():
        hint = "there is no such preset or file; `visualizer presets` lists what is built in"
        raise SceneError(name_or_path, [Problem("", hint)])
    return load_scene(name_or_path, agreed)


def _name(path: Path) -> str:
    """`03-freed-by-smoothing.toml` → `freed-by-smoothing`; the number only orders them."""
    head, _, rest = path.stem.partition("-")
    return rest if head.isdigit() else path.stem
