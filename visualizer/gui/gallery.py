"""The built-in scenes as pictures, in groups; narrowed by words and by the kind of target."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.jobs import run_in_background
from visualizer.gui.sizes import px, sized
from visualizer.gui.widgets.card import Choice
from visualizer.gui.widgets.dialog import Dialog

_THUMBNAIL = QSize(256, 160)
#: Pixels that a click of the wheel scrolls by, a third of it.
_SCROLL = 24
#: Width of the list of groups, and of the choice of targets, in pixels.
_GROUPS, _TARGETS = 216, 170
_ALL, _LEARNED, _BESIDE = "All", "Learned networks", "Side by side"
_ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Entry:
    """A scene of the gallery: what it is opened and called by, where it is listed, and the words that find it."""

    name: str
    title: str
    caption: str
    groups: tuple[str, ...]
    target: str
    words: str
    picture: QImage


class Gallery(Dialog):
    """Pictures to choose from: a click, or arrows and Return."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Gallery")
        self.resize(1130, 700)
        self.wanted = QLineEdit()
        self.wanted.setPlaceholderText("Find a scene: a word of its title, its sampler, its target …")
        self.wanted.setClearButtonEnabled(True)
        self.wanted.setAccessibleName("Find a scene")
        self.wanted.textChanged.connect(self._narrow)
        self.wanted.returnPressed.connect(self._open_first)
        self.wanted.installEventFilter(self)
        self.target = Choice([("", "All targets")], "Scenes with this kind of target alone", "Target")
        self.target.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.target.activated.connect(self._narrow)
        self.groups = QListWidget()
        self.groups.setAccessibleName("Groups")
        self.groups.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.groups.currentItemChanged.connect(self._narrow)
        sized(self.groups, lambda w: w.setFixedWidth(px(_GROUPS)))
        sized(self.target, lambda w: w.setFixedWidth(px(_TARGETS)))
        self._make_list()
        self.caption = QLabel("Choose a scene to show. Your present scene can be had back with Undo.")
        self.caption.setObjectName("muted")
        self.caption.setWordWrap(True)
        sized(self.caption, lambda w: w.setFixedHeight(px(40)))
        above, middle, layout = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        above.addWidget(self.wanted, 1)
        above.addWidget(self.target)
        middle.addWidget(self.groups)
        middle.addWidget(self.list, 1)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addLayout(above)
        layout.addLayout(middle, 1)
        layout.addWidget(self.caption)
        run_in_background(self, _read_gallery, self._fill)

    def _make_list(self) -> None:
        self.list = QListWidget()
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.verticalScrollBar().setSingleStep(_SCROLL)
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setIconSize(_THUMBNAIL)
        sized(self.list, lambda w: w.setGridSize(QSize(_THUMBNAIL.width() + 24, _THUMBNAIL.height() + px(54))))
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setWordWrap(True)
        self.list.setAccessibleName("Built-in scenes")
        self.list.itemActivated.connect(self._activated)
        self.list.itemClicked.connect(self._activated)
        self.list.currentItemChanged.connect(self._describe)
        self.list.itemEntered.connect(self._describe)
        self.list.setMouseTracking(True)

    def _fill(self, entries: list[Entry]) -> None:
        for entry in entries:
            item = QListWidgetItem(QIcon(QPixmap.fromImage(entry.picture)), entry.title)
            item.setData(_ENTRY, entry)
            item.setToolTip(entry.caption)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.list.addItem(item)
        for group in dict.fromkeys([_ALL, *_in_order(entries)]):
            count = len(entries) if group == _ALL else sum(group in e.groups for e in entries)
            row = QListWidgetItem(f"{group}  {count}")
            row.setData(_ENTRY, group)
            self.groups.addItem(row)
        self.target.fill([("", "All targets"), *((t, t) for t in dict.fromkeys(e.target for e in entries))])
        self.groups.setCurrentRow(0)
        self._narrow()

    def _narrow(self) -> None:
        """Shows the scenes of the group and the target in which every word is found."""
        words, row = self.wanted.text().lower().split(), self.groups.currentItem()
        group, target = row.data(_ENTRY) if row is not None else _ALL, self.target.value
        for i in range(self.list.count()):
            entry: Entry = self.list.item(i).data(_ENTRY)
            fits = group in (_ALL, *entry.groups) and target in ("", entry.target)
            self.list.item(i).setHidden(not (fits and all(word in entry.words for word in words)))
        first = self._first_shown
        if first is not None and (words or group != _ALL or target):
            self.list.setCurrentItem(first)
        elif first is None and self.list.count():
            self.caption.setText("No scene has these words." if words else "No scene of this group has such a target.")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """From the field the arrow down leads to the pictures."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:
            first = self._first_shown
            if first is not None:
                self.list.setFocus()
                self.list.setCurrentItem(first)
            return True
        return super().eventFilter(watched, event)

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
            entry: Entry = item.data(_ENTRY)
            self.caption.setText(f"{entry.caption}\nvisualizer {entry.name}")

    def _activated(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_ENTRY).name)
        self.accept()


def _in_order(entries: list[Entry]) -> list[str]:
    """The groups that have scenes: families as samplers are listed, then what cuts across them."""
    from visualizer.scene.samplers import SAMPLERS

    families = dict.fromkeys(SAMPLERS[kind].family for kind in SAMPLERS)
    return [g for g in (*families, _LEARNED, _BESIDE) if any(g in e.groups for e in entries)]


def _read_gallery() -> list[Entry]:
    from visualizer.scene.presets import load_scene, preset_names, thumbnail_path

    entries = []
    for name in preset_names():
        scene = load_scene(name)
        panels = scene.resolved_panels()
        groups = {p.sampler.family for p in panels}
        groups |= {_LEARNED} if any(p.field.kind == "learned" for p in panels) else set()
        groups |= {_BESIDE} if len(panels) > 1 else set()
        said = " ".join(f"{p.sampler.title} {p.process.title} {p.field.kind}" for p in panels)
        target = f"{scene.target.title}, {scene.target.d}-D"
        words = f"{name} {scene.title} {scene.caption} {said} {target}".lower()
        picture = QImage(str(thumbnail_path(name)))
        entries.append(Entry(name, scene.title, scene.caption, tuple(sorted(groups)), target, words, picture))
    return entries
