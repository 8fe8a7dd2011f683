"""A scene drawn off screen at a fixed size, frame by frame, with the same canvas as the window's."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from visualizer.engine.frame import Picture
from visualizer.gui.offscreen.page import Look, Page
from visualizer.gui.theme import apply_theme, load_fonts, theme
from visualizer.scene.model import Scene

_kept: list[QApplication] = []


def application() -> QApplication:
    """The application, made for off-screen drawing if there is none."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        qInstallMessageHandler(_log)
        app = QApplication(["visualizer", "-platform", "offscreen"])
        _kept.append(app)  # it must outlive every widget
    load_fonts()
    return app


def _log(kind: QtMsgType, context: object, message: str) -> None:
    """Qt's warnings, but for one that the off-screen platform makes of every window."""
    if "propagateSizeHints" not in message:
        print(message, file=sys.stderr)


class Capture(Page):
    """Draws pictures of a scene off screen."""

    def __init__(self, scene: Scene, look: Look) -> None:
        app = application()
        apply_theme(app, theme(scene.view.theme))
        super().__init__(scene, look)
        self.lay_out()
        self.views = self.figure.views()

    def draw(self, pictures: tuple[Picture, ...]) -> NDArray[np.uint8]:
        """One frame as (height, width, 4) bytes B, G, R and X, or A (straight) in a transparent one.

        The next call overwrites it.
        """
        drawn = self.image(pictures)
        if not self.look.transparent:
            return self.pixels
        # Files want colours that are not multiplied by their opacity.
        straight = drawn.convertToFormat(QImage.Format.Format_ARGB32)
        pointer: Any = straight.constBits()
        return np.frombuffer(pointer, dtype=np.uint8).reshape(self.pixels.shape).copy()

    def close(self) -> None:
        """Lets the canvases go."""
        super().close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def planes(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """See `fused.planes`."""
    from visualizer import fused

    return fused.planes(image)


@contextmanager
def engine_thread() -> Generator[ThreadPoolExecutor]:
    """A thread that computes the next moment while this one draws."""
    from visualizer.engine.run.memory import prepare_process, prepare_thread

    prepare_process()
    collecting = gc.isenabled()
    gc.disable()  # the collector must not destroy Qt objects from the engine's thread
    pool = ThreadPoolExecutor(1, "engine", initializer=prepare_thread)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        if collecting:
            gc.enable()


def moments(capture: Capture, count: int, device: str = "auto") -> Generator[tuple[Picture, ...]]:
    """`count` moments of the scene's run from its start, by a fixed clock.

    Steps are spread so that the run's own steps per frame hold; a finished run stays on its last state. The next moment
    is computed in a thread of its own while one is drawn.
    """
    from visualizer.engine.stage import Stage

    with engine_thread() as pool:
        panels = capture.scene.resolved_panels()
        stages = pool.submit(lambda: [Stage(panel, device, budget=0) for panel in panels]).result()

        def pictures(index: int) -> tuple[Picture, ...]:
            for stage in stages if index else ():
                stage.simulation.advance(stage.simulation.scene.sampler.steps_per_frame)
            return tuple(s.picture(v) for s, v in zip(stages, capture.views, strict=True))

        coming = pool.submit(pictures, 0)
        for index in range(count):
            ready = coming.result()
            if index + 1 < count:
                coming = pool.submit(pictures, index + 1)
            yield ready


def frames(scene: Scene, look: Look, count: int, device: str = "auto") -> Generator[NDArray[np.uint8]]:
    """`count` frames of the scene's run, each as `Capture.draw` makes it."""
    capture = Capture(scene, look)
    try:
        for pictures in moments(capture, count, device):
            yield capture.draw(pictures)
    finally:
        capture.close()


def natural_frames(scene: Scene) -> int:
    """How many frames the whole run takes."""
    return max(1 + -(-p.sampler.steps // p.sampler.steps_per_frame) for p in scene.resolved_panels())
