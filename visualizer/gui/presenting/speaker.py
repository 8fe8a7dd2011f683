"""The lecturer's own screen: notes, what comes next, and the time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QFont, QGuiApplication, QImage, QPixmap, QScreen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.export_process import ExportProcess
from visualizer.gui.jobs import run_in_background
from visualizer.gui.theme import font
from visualizer.gui.words.spoken import Words
from visualizer.scene.files import dump_scene
from visualizer.scene.tour import Itinerary

_SIZE = (560, 350)
#: Stills of the stops show them after so many frames.
_FRAMES = 40


class SpeakerView(QWidget):
    """A window of its own; on a second screen it fills it."""

    closed = Signal()

    def __init__(self, itinerary: Itinerary, t: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Speaker's view — Visualizer")
        self.setStyleSheet(f"SpeakerView {{ background: {t.window}; }}")
        self.resize(1180, 640)
        self._itinerary, self._theme = itinerary, t
        self._begin = time.monotonic()
        self._stills = Stills(itinerary, self)
        self._index = 0
        self.clock, self.number, self.title = (_label(t, s) for s in (30, 18, 26))
        self.clock.setToolTip("Since the lecture began")
        self.notes, self.next_title, self.picture = Words(), _label(t, 18), QLabel()
        self.next_title.setWordWrap(True)
        self.title.setWordWrap(True)
        self.picture.setFixedSize(*_SIZE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setStyleSheet(f"background: {t.canvas}; color: {t.muted}; border-radius: 8px;")
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(500)
        self._stills.drawn.connect(self._show_next)
        self._tick()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.number)
        head.addSpacing(24)
        head.addWidget(self.clock)
        right = QVBoxLayout()
        right.addWidget(self.next_title)
        right.addWidget(self.picture)
        right.addStretch(1)
        left = QVBoxLayout()
        left.addWidget(self.notes)
        left.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(32)
        body.addLayout(left, 1)
        body.addLayout(right)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 24, 32, 24)
        layout.setSpacing(24)
        layout.addLayout(head)
        layout.addLayout(body, 1)

    def _tick(self) -> None:
        seconds = int(time.monotonic() - self._begin)
        self.clock.setText(f"{seconds // 60}:{seconds % 60:02d}")

    def show_stop(self, index: int) -> None:
        """The notes of a stop, and the one after it."""
        self._index = index
        stops = self._itinerary.tour.stops
        self.title.setText(stops[index].title)
        self.number.setText(f"{index + 1} / {len(stops)}")
        self.notes.show_words(stops[index].notes or "No notes for this stop.", self._theme, 24, 2000)
        self._show_next()

    def _show_next(self) -> None:
        after = self._index + 1
        if after >= len(self._itinerary.scenes):
            self.next_title.setText("This is the last stop.")
            self.picture.clear()
            return
        self.next_title.setText(f"Next: {self._itinerary.tour.stops[after].title}")
        still = self._stills.picture(after)
        if still is None:
            self.picture.setText("The picture of the next stop is being drawn…")
        else:
            ratio = self.devicePixelRatioF()
            still = still.scaled(
                round(_SIZE[0] * ratio), round(_SIZE[1] * ratio), Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )  # fmt: skip
            still.setDevicePixelRatio(ratio)
            self.picture.setPixmap(still)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stills.stop()
        self.closed.emit()
        super().closeEvent(event)


class Stills(QObject):
    """Pictures of the stops, drawn one after the other by processes of their own."""

    #: one more is there
    drawn = Signal()

    def __init__(self, itinerary: Itinerary, parent: QObject) -> None:
        super().__init__(parent)
        self._scenes = itinerary.scenes
        self._folder = tempfile.TemporaryDirectory(prefix="visualizer-stops-")
        self._waiting = list(range(1, len(self._scenes)))
        self._done: dict[int, QPixmap] = {}
        self._process: ExportProcess | None = None
        self._draw_next()

    def picture(self, index: int) -> QPixmap | None:
        """The picture of a stop, if it is there yet."""
        return self._done.get(index)

    def _path(self, index: int) -> Path:
        return Path(self._folder.name) / f"{index}.png"

    def _draw_next(self) -> None:
        if not self._waiting:
            return
        index = self._waiting[0]
        options = ["--size", "1120x700", "--frames", str(_FRAMES), "--no-title", "--device", "cpu"]
        self._process = ExportProcess(dump_scene(self._scenes[index]), self._path(index), options, self)
        self._process.ended.connect(self._ended)

    def _ended(self, how: str, _: str) -> None:
        index = self._waiting.pop(0)
        if how == "done":
            run_in_background(self, partial(QImage, str(self._path(index))), partial(self._keep, index))
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self._draw_next()

    def _keep(self, index: int, image: QImage) -> None:
        self._done[index] = QPixmap.fromImage(image)
        self.drawn.emit()

    def stop(self) -> None:
        """No more are drawn; the files go."""
        self._waiting = self._waiting[:1]
        if self._process is not None:
            self._process.ended.disconnect(self._ended)
            self._process.end_now()
            self._process = None
        self._folder.cleanup()


def other_screen(window: QWidget, screens: Sequence[QScreen] | None = None) -> QScreen | None:
    """A screen on which the window is not; None where there is but one."""
    found = QGuiApplication.screens() if screens is None else screens
    return next((s for s in found if s is not window.screen()), None)


def _label(t: Theme, size: int) -> QLabel:
    label = QLabel()
    label.setFont(font(size, QFont.Weight.DemiBold))
    label.setStyleSheet(f"font-size: {size}px; font-weight: 600; color: {t.text};")
    return label
