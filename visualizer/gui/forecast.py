"""What an export will be, before it is drawn: its size, and a small picture of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.gui.export_process import ExportProcess

#: What is chosen has to rest so long, in milliseconds, before it is looked at.
RESTS_MS = 600
#: Width and height of a preview, in pixels; it is drawn at twice that.
_SIZE = QSize(256, 144)
#: What a transparent picture is laid on.
_GROUNDS = ("#ffffff", "#000000")


class Forecast(QObject):
    """Draws the beginning of an export in a process of its own whenever the choices have come to rest."""

    #: how large the file will be ("" where nothing is known), and a picture of it, which may be null
    told = Signal(str, QImage)

    def __init__(self, scene: str, parent: QObject) -> None:
        super().__init__(parent)
        self._scene, self._options, self._suffix = scene, list[str](), ""
        self._process: ExportProcess | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RESTS_MS)
        self._timer.timeout.connect(self._begin)

    def follow(self, suffix: str, options: list[str]) -> None:
        """Something else is chosen: a kind of file and the options of `visualizer render`."""
        if (suffix, options) != (self._suffix, self._options):
            self.stop()
            self._suffix, self._options = suffix, options
            self._timer.start()

    def stop(self, now: bool = False) -> None:
        """Nobody waits for it any more; `now` where the window closes."""
        self._timer.stop()
        process, self._process = self._process, None
        if process is not None:
            process.ended.disconnect(self._ended)
            process.ended.connect(process.deleteLater)
            (process.end_now if now else process.cancel)()
        self._put_away()

    def _put_away(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _begin(self) -> None:
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        options = [*self._options, "--estimate", "--preview", str(self._picture)]
        self._process = ExportProcess(self._scene, Path(self._folder.name) / f"film{self._suffix}", options, self)
        self._process.ended.connect(self._ended)

    @property
    def _picture(self) -> Path:
        assert self._folder is not None  # it is asked for while something is drawn
        return Path(self._folder.name) / "preview.png"

    def _ended(self, how: str, _said: str) -> None:
        process, self._process = self._process, None
        assert process is not None  # one has ended
        done = how == "done"
        self.told.emit(process.said if done else "", QImage(str(self._picture)) if done else QImage())
        process.deleteLater()
        self._put_away()


class Preview(QWidget):
    """A small picture of what is exported; a transparent one on white and on black, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Preview")
        self.setToolTip("The picture as it will be; a transparent one on a white and on a black ground")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._image = QImage()

    def show_image(self, image: QImage) -> None:
        """Another picture; a null one where there is none."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        return _SIZE

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        grounds = _GROUNDS if self._image.hasAlphaChannel() else ("",)
        wide = (self.width() - 6 * (len(grounds) - 1)) / len(grounds)
        size = self._image.size().scaled(round(wide), self.height(), Qt.AspectRatioMode.KeepAspectRatio)
        for i, ground in enumerate(grounds):
            place = QRectF(i * (wide + 6) + (wide - size.width()) / 2, 0, size.width(), size.height())
            if ground:
                painter.fillRect(place, QColor(ground))
            painter.drawImage(place, self._image)
        painter.end()
