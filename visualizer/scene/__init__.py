"""The document: an immutable, validated description of what is shown and run. No torch, no Qt.

This room imports only `visualizer.register`. Its central type is `model.Scene`, a tree of frozen parts; an edit makes
another scene, and `changes.py` says what an edit makes stale. Parts that come in kinds have a folder each: targets,
processes, samplers, layers, networks; how to add a kind stands in the folder's docstring. `files.py` reads and writes
TOML, `compare.py` sets pictures side by side. Read `model.py` first.

Names are loaded on first use: the window's first paint needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualizer.scene.errors import SceneError
    from visualizer.scene.files import dump_scene, parse_scene, save_scene
    from visualizer.scene.model import Scene
    from visualizer.scene.presets import load_scene

_HOMES = {
    "Scene": "model",
    "SceneError": "errors",
    "dump_scene": "files",
    "load_scene": "presets",
    "parse_scene": "files",
    "save_scene": "files",
}
__all__ = ["Scene", "SceneError", "dump_scene", "load_scene", "parse_scene", "save_scene"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"visualizer.scene.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
