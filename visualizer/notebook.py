"""In a notebook: scenes, runs and frames as pictures, runs as videos, and the window.

`visualizer.Scene`, `Simulation` and `Frame` show themselves by what stands here; nothing of it is imported before.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visualizer.export.options import SIZES
from visualizer.gui.document.images import png_bytes
from visualizer.gui.offscreen.capture import Capture, application, natural_frames
from visualizer.gui.offscreen.page import Look
from visualizer.gui.offscreen.render import Clock, render
from visualizer.scene.files import save_scene
from visualizer.scene.model import Scene

if TYPE_CHECKING:
    from visualizer.engine.frame import Frame
    from visualizer.engine.run.simulation import Simulation

#: Width and height of pictures and videos in a notebook, in pixels.
_SIZE = (960, 600)
#: Width and height of a frame's picture.
_FRAME = 360
_FPS = 30
#: Amber on dark, as particles are everywhere.
_DARK, _AMBER = np.array([13, 15, 20.0]), np.array([255, 180, 84.0])


@dataclass(frozen=True)
class Video:
    """A short video, which shows itself in a notebook.

    Attributes:
        data: the bytes of an MP4 file.
        width, height: in pixels.
    """

    data: bytes
    width: int
    height: int

    def _repr_html_(self) -> str:
        source = base64.b64encode(self.data).decode()
        return (
            f'<video controls autoplay loop muted width="{self.width}" height="{self.height}" '
            f'src="data:video/mp4;base64,{source}"></video>'
        )

    def save(self, path: str | Path) -> None:
        """Writes the file."""
        Path(path).write_bytes(self.data)


def animate(
    scene: Scene, seconds: float = 4.0, *, size: tuple[int, int] | str = _SIZE, fps: int = _FPS, device: str = "auto"
) -> Video:
    """The run of a scene as a video of so many seconds, to be shown inline.

    Args:
        scene: what runs, from its start.
        seconds: of the video; the run's own steps per frame hold.
        size: (width, height) in pixels, or a name as `visualizer render` takes it: "720p", "square".
        fps: frames a second.
        device: auto, cpu, cuda or mps.

    Raises:
        SceneError: the scene's networks are missing.
        Diverged: the run left the finite numbers.
    """
    width, height = SIZES[size] if isinstance(size, str) else size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.mp4"
        render(scene, path, Look(width, height), Clock(max(1, round(seconds * fps)), fps), device)
        return Video(path.read_bytes(), width, height)


def show(scene: Scene) -> subprocess.Popen[bytes]:
    """Opens the window on a scene, in a process of its own; what is done there stays there."""
    folder = Path(tempfile.mkdtemp(prefix="visualizer-"))
    save_scene(scene, folder / "scene.toml")
    process = subprocess.Popen([sys.executable, "-m", "visualizer", str(folder / "scene.toml")])

    def tidy() -> None:
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)

    threading.Thread(target=tidy, name="tidy", daemon=True).start()
    return process


def png_of_scene(scene: Scene) -> bytes:
    """The picture at the end of the run of a diffusion, or at the start of a run that goes on for ever."""
    from visualizer.engine.stage import Stage

    stages = [Stage(panel, "cpu", budget=0) for panel in scene.resolved_panels()]
    if not any(stage.simulation.endless for stage in stages):
        for stage in stages:
            stage.simulation.advance(natural_frames(scene) * stage.simulation.scene.sampler.steps_per_frame)
    return _drawn(scene, stages)


def png_of_simulation(simulation: Simulation) -> bytes:
    """The picture of the present moment."""
    from visualizer.engine.stage import Stage

    return _drawn(simulation.scene, [Stage.around(simulation)])


def png_of_frame(frame: Frame) -> bytes:
    """The particles alone, brighter where there are more."""
    from PySide6.QtGui import QImage

    application()
    x = frame.x
    if x.shape[1] == 2:
        counts, _, _ = np.histogram2d(x[:, 1], x[:, 0], _FRAME)
        light = np.log1p(counts[::-1])
    else:
        counts, _ = np.histogram(x[:, 0], _FRAME // 3)
        bars = np.repeat(counts / max(1, counts.max()), 3)
        light = (np.linspace(1, 0, _FRAME)[:, None] <= bars).astype(np.float64)
    share = (light / max(1e-9, light.max()))[..., None]
    pixels = np.ascontiguousarray(np.clip(_DARK + share * (_AMBER - _DARK), 0, 255).astype(np.uint8))
    height, width, _ = pixels.shape
    return png_bytes(QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy())


def _drawn(scene: Scene, stages: list) -> bytes:  # type: ignore[type-arg]  # stages bring torch
    capture = Capture(scene, Look(*_SIZE))
    try:
        pictures = tuple(stage.picture(view) for stage, view in zip(stages, capture.views, strict=True))
        return png_bytes(capture.image(pictures).copy())
    finally:
        capture.close()
