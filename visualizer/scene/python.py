"""A scene as Python: the few lines that run it with the public interface."""

from __future__ import annotations

from visualizer.scene.files import dump_scene
from visualizer.scene.model import Scene

_LINES = """from visualizer.engine import Simulation
from visualizer.scene import parse_scene

scene = parse_scene({text})
for frame in Simulation(scene):
    print(frame.step, frame.t, frame.x.mean(0))  # x: (count, d)
"""


def as_python(scene: Scene) -> str:
    """Lines that rebuild the scene and go through its run, with the same numbers as here."""
    text = dump_scene(scene).rstrip("\n")
    # A raw string keeps TOML's own escapes; what would end it early is written as one literal instead.
    literal = repr(text) if '"""' in text or text.endswith(("\\", '"')) else f'r"""\n{text}\n"""'
    return _LINES.format(text=literal)
