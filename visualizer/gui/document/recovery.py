"""What windows left that are no more: looked at, opened again, forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.document.journal import Entry, forget, tidy
from visualizer.gui.jobs import run_in_background
from visualizer.gui.widgets.card import button_row
from visualizer.gui.widgets.dialog import Dialog

_THUMBNAIL = QSize(160, 100)


class Recovery(Dialog):
    """A row for each entry, the newest first."""

    #: an `Entry` is to be opened
    chosen = Signal(object)

    def __init__(self, journals: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unsaved work")
        self.resize(620, 460)
        self._journals = journals
        intro = QLabel(
            "Work that was not saved when the program ended, and the last session. Your present scene stays in Undo."
        )
        intro.setObjectName("muted")
        intro.setWordWrap(True)
        self.list = QListWidget()
        self.list.setIconSize(_THUMBNAIL)
        self.list.setSpacing(4)
        self.list.setAccessibleName("Unsaved work")
        self.list.itemActivated.connect(self._open)
        self.list.currentItemChanged.connect(self._show_buttons)
        self.open_button, self.forget_button = QPushButton("Open"), QPushButton("Forget")
        self.close_button = QPushButton("Close")
        self.open_button.setObjectName("primary")
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._open)
        self.forget_button.clicked.connect(self._forget)
        self.close_button.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        layout.addWidget(intro)
        layout.addWidget(self.list, 1)
        layout.addLayout(button_row(self.close_button, self.open_button, left=(self.forget_button,)))
        self._show_buttons()
        run_in_background(self, lambda: [(e, e.thumbnail) for e in tidy(journals)], self._fill)

    def _fill(self, found: list[tuple[Entry, object]]) -> None:
        for entry, image in found:
            item = QListWidgetItem(QIcon(QPixmap.fromImage(image)), described(entry))  # type: ignore[arg-type]  # a QImage
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        if not found:
            self.list.addItem("There is nothing: everything was saved.")
            self.list.setEnabled(False)
        self.list.setCurrentRow(0)
        self._show_buttons()

    @property
    def _entry(self) -> Entry | None:
        item = self.list.currentItem()
        found: Entry | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found

    def _show_buttons(self, *_: object) -> None:
        for button in (self.open_button, self.forget_button):
            button.setEnabled(self._entry is not None)

    def _open(self, *_: object) -> None:
        entry = self._entry
        if entry is not None:
            self.chosen.emit(entry)
            self.accept()

    def _forget(self) -> None:
        entry = self._entry
        if entry is not None:
            self.list.takeItem(self.list.currentRow())
            run_in_background(self, lambda: forget(entry), lambda _: None)


def described(entry: Entry) -> str:
    """What an entry is, in two or three lines."""
    when = time.strftime("%d %b %Y, %H:%M", time.localtime(entry.when)).lstrip("0")
    what = "last session" if entry.closed or not entry.modified else "not saved"
    recorded = "\nwith a recorded lecture" if entry.recording is not None else ""
    return f"{entry.title}\n{when}, {what}{recorded}"


def offer(journals: Path, owner: QWidget, unsaved: Callable[[list[Entry]], None]) -> None:
    """Looks for what was not saved, in the background; `unsaved` hears of it, if there is something."""

    def found(entries: list[Entry]) -> None:
        lost = [entry for entry in entries if entry.modified and not entry.closed]
        if lost:
            unsaved(lost)

    run_in_background(owner, lambda: tidy(journals), found)
