"""The field that finds everything, and what it found."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from visualizer.engine.palette import Theme
from visualizer.gui.commands import Commands
from visualizer.gui.desk import Desk
from visualizer.gui.finding.entries import Entry, present, score, stored
from visualizer.gui.jobs import run_in_background
from visualizer.gui.menus import Menus
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import muted
from visualizer.gui.widgets.dialog import Dialog

_ENTRY = Qt.ItemDataRole.UserRole
_ROW, _SHOWN = 34, 60
#: Where the finder hangs below the top of the window, and its size.
_BELOW, _SIZE = 70, QSize(620, 460)


class _Row(QStyledItemDelegate):
    """What it is on the left; where it stands and its keys, quietly, on the right."""

    def __init__(self, t: Theme, parent: QListWidget) -> None:
        super().__init__(parent)
        self._theme = t

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, max(_ROW, option.fontMetrics.height() + 14))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(_ENTRY)
        t, rect = self._theme, QRect(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, colour(t.density, 0.25))
        inner = rect.adjusted(12, 0, -12, 0)
        aside = f"{entry.where}    {entry.keys}" if entry.keys else entry.where
        painter.setPen(colour(t.muted))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, aside)
        room = inner.width() - painter.fontMetrics().horizontalAdvance(aside) - 24
        title = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideRight, max(80, room))
        painter.setPen(colour(t.text))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)


class Finder(Dialog):
    """Type a word, choose with the arrows, Return does it."""

    def __init__(self, desk: Desk, commands: Commands, menus: Menus) -> None:
        super().__init__(desk.host)
        self.setWindowTitle("Find anything")
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setObjectName("finder")
        self._entries = list(present(desk, commands, menus))
        self.field = QLineEdit()
        self.field.setPlaceholderText("What would you like to do? arrows, more particles, step size, NUTS, export …")
        self.field.setAccessibleName("Find anything")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._show)
        self.list = QListWidget()
        self.list.setItemDelegate(_Row(desk.theme, self.list))
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("What was found")
        self.list.itemClicked.connect(self._do)
        self.nothing = muted("Nothing is called so. Try another word: the manual (Shift+F1) has all of them.")
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.nothing)
        window = desk.host.geometry()
        self.resize(_SIZE.boundedTo(window.size() * 0.9))
        self.move(window.center().x() - self.width() // 2, window.top() + _BELOW)
        self._show("")
        run_in_background(self, lambda: stored(desk, commands), self._add)

    def _add(self, entries: list[Entry]) -> None:
        self._entries += entries
        self._show(self.field.text())

    def _show(self, query: str) -> None:
        """The entries that fit, the best first; all actions where nothing is typed."""
        found = self._entries
        if query.strip():
            scored = [(score(query, entry), -i) for i, entry in enumerate(self._entries)]
            found = [self._entries[-i] for s, i in sorted(scored, reverse=True) if s > 0]
        self.list.clear()
        for entry in found[:_SHOWN]:
            item = QListWidgetItem()
            item.setData(_ENTRY, entry)
            item.setText(entry.title)  # for those who hear the list
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.nothing.setVisible(not found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        if event.key() in moves:
            row = self.list.currentRow() + moves[Qt.Key(event.key())]
            self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do(self.list.currentItem())
        else:
            super().keyPressEvent(event)

    def _do(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        entry: Entry = item.data(_ENTRY)
        self.accept()
        entry.do()
