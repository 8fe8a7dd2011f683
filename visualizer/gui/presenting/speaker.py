"""The lecturer's own screen: notes, what comes next, the time, and the time of each stop."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QFont, QGuiApplication, QImage, QPixmap, QResizeEvent, QScreen
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.palette import Theme
from visualizer.gui.export_process import ExportProcess
from visualizer.gui.jobs import run_in_background
from visualizer.gui.theme import font
from visualizer.gui.widgets.card import muted
from visualizer.gui.words.spoken import Words
from visualizer.scene.files import dump_scene
from visualizer.scene.tour import Itinerary

#: The picture of the next stop, where there is room for columns and where there is none, in pixels.
_SIZE, _SMALL = (560, 350), (336, 210)
#: From this width on there are two columns.
_COLUMNS = 900
#: Beside the window on one screen: the width of the speaker's view, at least and at most, and that of the window.
_NARROWEST, _WIDEST, _WINDOW = 380, 520, 900
#: Height of what stands above and below the notes, and their least height.
_AROUND, _LOWEST = 180, 90
_KEYS = "→ next · ← before · a number: that stop · B black · Esc ends"
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
        self._index, self._arrived = 0, self._begin
        self._spent = [0.0] * len(itinerary.tour.stops)
        self._size = _SIZE
        self.clock, self.number, self.title = (_label(t, s) for s in (30, 18, 26))
        self.clock.setToolTip("Since the lecture began")
        self.notes, self.next_title, self.picture = Words(), _label(t, 18), QLabel()
        self.next_title.setWordWrap(True)
        self.title.setWordWrap(True)
        self.times, self.keys = QTableWidget(len(self._spent), 2), muted(_KEYS)
        self._set_up_times()
        self.picture.setFixedSize(*_SIZE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setStyleSheet(f"background: {t.canvas}; color: {t.muted}; border-radius: 8px;")
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(500)
        self._stills.drawn.connect(self._show_next)
        self._tick()

    def _set_up_times(self) -> None:
        """A row for each stop: its title, and how long one has been there."""
        table = self.times
        table.setAccessibleName("Time of each stop")
        table.setToolTip("How long the lecture has been at each stop")
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys lead from stop to stop
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.horizontalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        for row, stop in enumerate(self._itinerary.tour.stops):
            table.setItem(row, 0, QTableWidgetItem(stop.title))
            table.setItem(row, 1, QTableWidgetItem(""))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.number)
        head.addSpacing(24)
        head.addWidget(self.clock)
        right = QVBoxLayout()
        right.addWidget(self.next_title)
        right.addWidget(self.picture)
        right.addWidget(self.times, 1)
        left = QVBoxLayout()
        left.addWidget(self.notes)
        left.addStretch(1)
        self._body = body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        body.setSpacing(24)
        body.addLayout(left, 1)
        body.addLayout(right)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # it goes from two columns to one
        layout.setContentsMargins(32, 24, 32, 24)
        layout.setSpacing(24)
        layout.addLayout(head)
        layout.addLayout(body, 1)
        layout.addWidget(self.keys)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside the window, on the same screen, there is room for one column."""
        super().resizeEvent(event)
        wide = event.size().width() >= _COLUMNS
        directions = QBoxLayout.Direction
        self._body.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        self._size = _SIZE if wide else _SMALL
        self.picture.setFixedSize(*self._size)
        self._show_notes()
        self._show_next()

    def _tick(self) -> None:
        now = time.monotonic()
        self.clock.setText(_minutes(now - self._begin))
        self._spent[self._index] += now - self._arrived
        self._arrived = now
        for row, spent in enumerate(self._spent):
            cell = self.times.item(row, 1)
            if cell is not None and spent:
                cell.setText(_minutes(spent))

    def show_stop(self, index: int) -> None:
        """The notes of a stop, and the one after it."""
        self._tick()
        self._index = index
        self._stills.next_is(index + 1)
        self.times.selectRow(index)
        stops = self._itinerary.tour.stops
        self.title.setText(stops[index].title)
        self.number.setText(f"{index + 1} / {len(stops)}")
        self._show_notes()
        self._show_next()

    def _show_notes(self) -> None:
        """As high as the window has room for; longer ones scroll."""
        stop = self._itinerary.tour.stops[self._index]
        wide = self.width() >= _COLUMNS
        highest = self.height() - _AROUND if wide else self.height() // 3
        words = stop.notes or "No notes for this stop."
        self.notes.show_words(words, self._theme, 24 if wide else 18, max(_LOWEST, highest))

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
                round(self._size[0] * ratio), round(self._size[1] * ratio), Qt.AspectRatioMode.KeepAspectRatio,
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

    def next_is(self, index: int) -> None:
        """After a jump: this one is wanted first, then those after it."""
        under_way, others = self._waiting[:1], self._waiting[1:]
        self._waiting = under_way + sorted(others, key=lambda i: (i < index, i))

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


def place_beside(window: QWidget, view: QWidget) -> None:
    """Both on the one screen there is: the window at the left, the speaker's view at the right."""
    room = window.screen().availableGeometry()
    wide = max(_NARROWEST, min(_WIDEST, room.width() - _WINDOW))
    window.showNormal()
    window.setGeometry(room.adjusted(0, 0, -wide, 0))
    view.setGeometry(room.adjusted(room.width() - wide, 0, 0, 0))


def other_screen(window: QWidget, screens: Sequence[QScreen] | None = None) -> QScreen | None:
    """A screen on which the window is not; None where there is but one."""
    found = QGuiApplication.screens() if screens is None else screens
    return next((s for s in found if s is not window.screen()), None)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _label(t: Theme, size: int) -> QLabel:
    label = QLabel()
    label.setFont(font(size, QFont.Weight.DemiBold))
    label.setStyleSheet(f"font-size: {size}px; font-weight: 600; color: {t.text};")
    return label
