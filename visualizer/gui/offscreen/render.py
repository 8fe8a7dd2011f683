"""A scene's run drawn into a file: what `visualizer render` and the export dialog do."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from visualizer.export.estimate import SAMPLE, expected_bytes
from visualizer.export.options import Rate
from visualizer.export.playing import played, shown_count
from visualizer.export.store import Image
from visualizer.export.video import VideoWriter
from visualizer.gui.document.images import png_bytes
from visualizer.gui.offscreen.capture import Capture, frames, moments, natural_frames, planes
from visualizer.gui.offscreen.lecture import lecture_frames
from visualizer.gui.offscreen.page import Look
from visualizer.gui.offscreen.stills import still, suffix_of
from visualizer.scene.files import dump_scene, portable, write_atomic
from visualizer.scene.model import Scene
from visualizer.scene.script import Timeline

#: Bits a second that a video needs to be one, and the share of the bits of a file that are pictures.
_LEAST_BITS, _SHARE = 50_000, 0.85
#: Width of the small picture of what will be drawn.
_PREVIEW = 640


@dataclass(frozen=True)
class Clock:
    """When which frame is shown.

    Attributes:
        frames: of the run, from its start.
        fps: frames a second.
        hold: frames for which the last one stays.
        loop: there and back, so that the end joins on to the beginning.
        most: bytes of the file, at most; None: as many as it looks best with.
    """

    frames: int
    fps: Rate = 60
    hold: int = 0
    loop: bool = False
    most: int | None = None

    @property
    def shown(self) -> int:
        """How many frames the file has."""
        return shown_count(self.frames, self.hold, self.loop)

    @property
    def bits(self) -> int | None:
        """Bits a second that keep the file below its size, with some room for what is around them."""
        if self.most is None:
            return None
        bits = int(_SHARE * 8 * self.most * self.fps / self.shown)
        if bits < _LEAST_BITS:
            least = _LEAST_BITS * self.shown / (8e6 * _SHARE * self.fps)
            raise ValueError(f"{self.shown} frames do not fit in so little: allow {least:.2g} MB, or fewer frames")
        return bits


def render(
    scene: Scene, path: Path, look: Look, clock: Clock, device: str, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Draws the run into a file that moves, or its last frame into a still; whole or not at all.

    Args:
        scene: what to draw; the file remembers it.
        path: its ending says what kind of file; without one it becomes a folder of PNGs.
        look: size and what stands around the picture.
        clock: how many frames, and how they follow each other.
        device: auto, cpu, cuda or mps.
        progress: is told how many frames are done.

    Raises:
        OSError: the file cannot be written there.
        ValueError: this kind of file cannot do what is asked.
        SceneError: the scene's networks are missing.
        Diverged: the run left the finite numbers.
    """
    if suffix_of(path):
        _still(scene, path, look, clock, device, progress)
        return
    _film(
        frames(scene, look, clock.frames, device), dump_scene(portable(scene, path.parent)), path, look, clock, progress
    )


def expected_size(scene: Scene, path: Path, look: Look, clock: Clock, device: str, preview: Path | None = None) -> int:
    """Bytes that `render` would write into `path`, about: its first frames are drawn elsewhere.

    The last of them goes into `preview`, smaller, if that is named.

    Raises:
        OSError, ValueError, SceneError, Diverged: as for `render`.
    """
    sampled = min(SAMPLE, clock.frames)
    with TemporaryDirectory() as folder:
        beginning = Path(folder) / f"film{path.suffix.lower()}"
        size, alpha = (look.width, look.height), look.transparent
        with (
            closing(frames(scene, look, sampled, device)) as drawn,
            VideoWriter(beginning, *size, clock.fps, alpha=alpha, planes=planes) as writer,
        ):
            for image in drawn:
                writer.write(image)
                last = image
        if preview is not None:
            kind = QImage.Format.Format_ARGB32 if alpha else QImage.Format.Format_RGB32
            whole = QImage(last.tobytes(), *size, 4 * look.width, kind)
            smooth = Qt.TransformationMode.SmoothTransformation
            write_atomic(preview, png_bytes(whole.scaledToWidth(_PREVIEW, smooth)))
        moving = min(clock.frames, natural_frames(scene))  # a run that has ended rests
        expected = expected_bytes(beginning, sampled, shown_count(moving, 0, clock.loop))
    return expected if clock.most is None else min(expected, clock.most)


def render_lecture(
    timeline: Timeline, path: Path, look: Look, clock: Clock, device: str, progress: Callable[[int], None]
) -> None:
    """Draws a recorded lecture into a file that moves. The file remembers the scene it began with.

    Raises:
        OSError, ValueError, SceneError, Diverged: as for `render`.
    """
    drawn = lecture_frames(timeline, look, clock.fps, clock.frames, device)
    _film(drawn, dump_scene(portable(timeline.scenes[0], path.parent)), path, look, clock, progress)


def _film(
    drawn: Generator[Image], scene: str, path: Path, look: Look, clock: Clock, progress: Callable[[int], None]
) -> None:
    size, alpha = (look.width, look.height), look.transparent
    with (
        closing(drawn),
        VideoWriter(path, *size, clock.fps, alpha=alpha, scene=scene, bits=clock.bits, planes=planes) as writer,
        closing(played(drawn, clock.hold, clock.loop, path, alpha)) as shown,
    ):
        for done, image in enumerate(shown, 1):
            writer.write(image)
            progress(done)


def _still(scene: Scene, path: Path, look: Look, clock: Clock, device: str, progress: Callable[[int], None]) -> None:
    capture = Capture(scene, look)
    try:
        with closing(moments(capture, clock.frames, device)) as run:
            for done, pictures in enumerate(run, 1):
                last = pictures
                progress(done)
        write_atomic(path, still(suffix_of(path), capture, last, scene, path.parent)())
    finally:
        capture.close()
