"""What the program says of itself: to whoever asks, and to whoever mends it."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from visualizer import __version__
from visualizer.scene.files import dump_scene, with_files
from visualizer.scene.model import Scene

#: Packages whose versions matter where something is drawn or computed wrongly.
_PACKAGES = ("PySide6-Essentials", "pyqtgraph", "numpy", "torch", "scipy", "onnxruntime", "duckdb", "av")


def versions() -> list[str]:
    """The program, Python, the system and the packages, a line each."""
    found = [f"Visualizer {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} is not there")
    return found


def about() -> str:
    """The program in a few lines."""
    return (
        f"<b>Visualizer {__version__}</b><br>Probability densities, their scores, and the samplers that move through "
        f"them.<br><br>{'<br>'.join(versions()[1:])}"
    )


def report(scene: Scene) -> str:
    """Versions and the scene, for a report of a fault. Files go by their names alone: paths tell whose they are."""
    nameless = with_files(scene, lambda file: file.replace("\\", "/").rpartition("/")[2])
    return "\n".join(["What I did:", "", "What came:", "", *versions(), "", dump_scene(nameless)])
