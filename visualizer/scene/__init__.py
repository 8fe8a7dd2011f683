"""The document: an immutable, validated description of what is shown and run."""

from visualizer.scene.errors import SceneError
from visualizer.scene.files import dump_scene, load_scene, parse_scene, save_scene
from visualizer.scene.model import Scene

__all__ = ["Scene", "SceneError", "dump_scene", "load_scene", "parse_scene", "save_scene"]
