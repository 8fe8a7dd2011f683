"""Dialogs: the gallery, the sheet of keys, unexpected errors."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.actions import MOUSE, PRESENTING, actions
from visualizer.gui.jobs import run_in_background
from visualizer.gui.sizes import px
from visualizer.gui.widgets.dialog import Dialog
from visualizer.scene.layers import LAYERS, layer_keys

_THUMBNAIL = QSize(256, 160)
#: Pixels that a click of the wheel scrolls by, a third of it.
_SCROLL = 24
#: Four columns of keys stand beside each other on screens wider than this.
_BESIDE = 1360


class Gallery(Dialog):
    """The built-in scenes as pictures."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Gallery")
        self.resize(900, 680)
        self.wanted = QLineEdit()
        self.wanted.setPlaceholderText("Find a scene: a word of its title, its sampler, its target …")
        self.wanted.setClearButtonEnabled(True)
        self.wanted.setAccessibleName("Find a scene")
        self.wanted.textChanged.connect(self._narrow)
        self.wanted.returnPressed.connect(self._open_first)
        self.list = QListWidget()
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.verticalScrollBar().setSingleStep(_SCROLL)
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setIconSize(_THUMBNAIL)
        self.list.setGridSize(QSize(_THUMBNAIL.width() + 24, _THUMBNAIL.height() + 54))
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setWordWrap(True)
        self.list.setAccessibleName("Built-in scenes")
        self.list.itemActivated.connect(self._activated)
        self.list.itemClicked.connect(self._activated)
        self.caption = QLabel("Choose a scene to show. Your present scene can be had back with Undo.")
        self.caption.setObjectName("muted")
        self.caption.setWordWrap(True)
        self.caption.setFixedHeight(40)
        self.list.currentItemChanged.connect(self._describe)
        self.list.itemEntered.connect(self._describe)
        self.list.setMouseTracking(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(self.wanted)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.caption)
        run_in_background(self, _read_gallery, self._fill)

    def _fill(self, entries: list[tuple[str, str, str, str, QImage]]) -> None:
        for name, title, caption, words, image in entries:
            item = QListWidgetItem(QIcon(QPixmap.fromImage(image)), title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setData(Qt.ItemDataRole.UserRole + 1, f"{caption}\nvisualizer {name}")
            item.setData(Qt.ItemDataRole.UserRole + 2, f"{name} {title} {caption} {words}".lower())
            item.setToolTip(caption)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.list.addItem(item)
        self._narrow(self.wanted.text())

    def _narrow(self, text: str) -> None:
        """Shows the scenes in which every word is found."""
        words = text.lower().split()
        for i in range(self.list.count()):
            item = self.list.item(i)
            item.setHidden(not all(word in item.data(Qt.ItemDataRole.UserRole + 2) for word in words))
        first = self._first_shown
        if words and first is not None:
            self.list.setCurrentItem(first)
        elif words:
            self.caption.setText("No scene has these words.")

    @property
    def _first_shown(self) -> QListWidgetItem | None:
        items = (self.list.item(i) for i in range(self.list.count()))
        return next((item for item in items if not item.isHidden()), None)

    def _open_first(self) -> None:
        chosen: QListWidgetItem | None = self.list.currentItem()
        found = self._first_shown if chosen is None or chosen.isHidden() else chosen
        if found is not None:
            self._activated(found)

    def _describe(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.caption.setText(str(item.data(Qt.ItemDataRole.UserRole + 1)))

    def _activated(self, item: QListWidgetItem) -> None:
        self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole)))
        self.accept()


def _read_gallery() -> list[tuple[str, str, str, str, QImage]]:
    from visualizer.scene.presets import load_scene, preset_names, thumbnail_path

    entries = []
    for name in preset_names():
        scene = load_scene(name)
        panels = scene.resolved_panels()
        words = " ".join(f"{p.sampler.title} {p.process.title} {p.field.kind}" for p in panels)
        image = QImage(str(thumbnail_path(name)))
        entries.append((name, scene.title, scene.caption, f"{words} {scene.target.title} {scene.target.d}-d", image))
    return entries


class HelpSheet(Dialog):
    """Keys, and what the mouse does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and mouse")
        sheet = QWidget()
        columns = QGridLayout(sheet)
        columns.setContentsMargins(0, 0, 12, 0)
        columns.setHorizontalSpacing(24)
        columns.addLayout(self._mouse_and_layers(), 0, 0)
        beside = 4 if self.room().width() > px(_BESIDE) else 2
        for place, menus in enumerate((("Run", "Lecture"), ("View",), ("File", "Edit")), 1):
            column = QVBoxLayout()
            for menu in menus:
                rows = [(_key_text(s.keys), s.text) for s in actions() if s.menu == menu]
                column.addLayout(_table(menu, rows))
            if menus == ("View",):
                column.addLayout(_table("While presenting", list(PRESENTING)))
            column.addStretch(1)
            columns.addLayout(column, *divmod(place, beside))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())  # others have none
        buttons.rejected.connect(self.reject)
        area = QScrollArea()
        area.setWidget(sheet)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName("Keys and mouse")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 16, 16)
        layout.addWidget(area)
        layout.addWidget(buttons)
        wanted = sheet.sizeHint()
        self.resize(wanted.width() + 60, wanted.height() + 90)

    @staticmethod
    def _mouse_and_layers() -> QVBoxLayout:
        column = QVBoxLayout()
        column.addLayout(_table("Mouse in the picture", list(MOUSE)))
        keys = layer_keys(2).items()
        rows = [(str(key), there.title) for key, name in keys if (there := LAYERS[name].plane) is not None]
        column.addLayout(_table("Layers (2-D)", rows))
        column.addStretch(1)
        return column


def _key_text(keys: tuple[str, ...]) -> str:
    return "  or  ".join(QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText) for k in keys)


def _table(title: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setVerticalSpacing(5)
    grid.setHorizontalSpacing(12)
    heading = QLabel(title.upper())
    heading.setObjectName("cardTitle")
    grid.addWidget(heading, 0, 0, 1, 2)
    for i, (key, text) in enumerate(rows, 1):
        what = QLabel(text)
        what.setObjectName("muted")
        grid.addWidget(QLabel(key), i, 0)
        grid.addWidget(what, i, 1)
    grid.setContentsMargins(0, 0, 0, 14)
    return grid


class CrashDialog(Dialog):
    """Something unexpected: what happened, the details, and a way to save one's work."""

    save_wanted = Signal()

    def __init__(self, parent: QWidget | None, details: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.resize(720, 420)
        text = QLabel("An unexpected error occurred. Your scene is still here: save it, then go on or restart.")
        text.setWordWrap(True)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setObjectName("code")
        save = QPushButton("Save my scene…")
        save.setObjectName("primary")
        save.clicked.connect(self.save_wanted)
        close = QPushButton("Go on")
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(save)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(self.details, 1)
        layout.addLayout(row)
