"""A scene drawn off screen at a fixed size, frame by frame, with the same canvas as the window's."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QPoint, QRect, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from visualizer.engine.frame import Picture
from visualizer.gui.figure import Figure
from visualizer.gui.theme import apply_theme, colour, font, load_fonts, theme
from visualizer.scene.files import write_atomic
from visualizer.scene.model import Scene

_HEADER = 46
#: Below this height a picture has no room for a title.
_TITLE_FROM = 300


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


class Capture:
    """Draws pictures of a scene at width × height pixels.

    Args:
        scene: what to draw.
        width, height: of the result, in pixels.
        title: whether the scene's title stands above the picture.
    """

    def __init__(self, scene: Scene, width: int, height: int, *, title: bool = True) -> None:
        app = application()
        self._theme = theme(scene.view.theme)
        apply_theme(app, self._theme)
        self.scene, self.width, self.height = scene, width, height
        self._header = _HEADER if title and height >= _TITLE_FROM and scene.title else 0
        self.figure = Figure()
        self.figure.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self.figure.resize(width, height - self._header)
        self.figure.show_scene(scene, self._theme)
        for canvas in self.figure.canvases:
            if hasattr(canvas, "handles"):
                canvas.handles.hide()
        self.figure.show()
        app.processEvents()
        self.figure.fit()
        app.processEvents()
        self.views = self.figure.views()
        self._image = QImage(width, height, QImage.Format.Format_RGB32)

    def draw(self, pictures: tuple[Picture, ...]) -> NDArray[np.uint8]:
        """One frame as (height, width, 4) bytes in the order B, G, R, X. The next call overwrites it."""
        self.figure.show_pictures(pictures)
        self._image.fill(QColor(self._theme.canvas))
        painter = QPainter(self._image)
        if self._header:
            painter.setPen(colour(self._theme.text))
            painter.setFont(font(20, font(20).Weight.DemiBold))
            box = QRect(18, 0, self.width - 36, self._header)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.scene.title)
        self.figure.render(painter, QPoint(0, self._header))
        painter.end()
        pointer: Any = self._image.constBits()
        return np.frombuffer(pointer, dtype=np.uint8).reshape(self.height, self.width, 4)

    def close(self) -> None:
        """Lets the canvases go."""
        self.figure.close()
        self.figure.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def frames(
    scene: Scene, width: int, height: int, count: int, device: str = "auto", title: bool = True
) -> Iterator[NDArray[np.uint8]]:
    """`count` frames of the scene's run from its start, each (height, width, 4) B, G, R, X, by a fixed clock.

    Steps are spread so that the run's own steps per frame hold; a finished run stays on its last state.
    """
    from visualizer.engine.memory import prepare_process, prepare_thread
    from visualizer.engine.stage import Stage

    prepare_process()
    capture = Capture(scene, width, height, title=title)
    collecting = gc.isenabled()
    gc.disable()  # the collector must not destroy Qt objects from the thread below
    # The next pictures are computed while these are drawn.
    pool = ThreadPoolExecutor(1, "engine", initializer=prepare_thread)
    try:
        stages = pool.submit(lambda: [Stage(panel, device) for panel in scene.resolved_panels()]).result()
        views = capture.views

        def pictures(index: int) -> tuple[Picture, ...]:
            for stage in stages if index else ():
                stage.simulation.advance(stage.simulation.scene.sampler.steps_per_frame)
            return tuple(s.picture(v) for s, v in zip(stages, views, strict=True))

        coming = pool.submit(pictures, 0)
        for index in range(count):
            ready = coming.result()
            if index + 1 < count:
                coming = pool.submit(pictures, index + 1)
            yield capture.draw(ready)
    finally:
        pool.shutdown(cancel_futures=True)
        capture.close()
        if collecting:
            gc.enable()


def natural_frames(scene: Scene) -> int:
    """How many frames the whole run takes."""
    return max(1 + -(-p.sampler.steps // p.sampler.steps_per_frame) for p in scene.resolved_panels())


def save_png(image: NDArray[np.uint8], path: Path) -> None:
    """Writes B, G, R, X bytes as a PNG, atomically.

    Raises:
        OSError: it cannot be written there.
    """
    height, width = image.shape[:2]
    qimage = QImage(image.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32)
    write_atomic(path, png_bytes(qimage))


def png_bytes(image: QImage) -> bytes:
    """An image as the bytes of a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]  # the stubs say bytes, Qt takes text
        raise OSError("the picture could not be encoded")
    return bytes(data.data())
