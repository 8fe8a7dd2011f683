"""What is asked before a plug-in is let in, and the list of those that are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.widgets.card import button_row, muted
from visualizer.gui.widgets.dialog import Dialog
from visualizer.plugins import Plugin, held

_WARNING = "This is a program. It can do whatever you can do. Let it in if you know who wrote it, or have read it."


class ConsentDialog(Dialog):
    """The text of a plug-in, and whether it is let in."""

    def __init__(self, plugin: Plugin, changed: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("A plug-in has changed" if changed else "Let a plug-in in?")
        self.resize(960, 640)
        said = plugin.manifest
        what = QLabel(f"{said.called}: a {said.kind} named {said.name}, {len(plugin.text.encode()):,} bytes")
        what.setTextFormat(Qt.TextFormat.PlainText)
        what.setWordWrap(True)
        where = muted(plugin.path)
        where.setTextFormat(Qt.TextFormat.PlainText)
        warning = QLabel(_WARNING)
        warning.setObjectName("error")
        warning.setWordWrap(True)
        self.text = QPlainTextEdit(plugin.text)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setObjectName("code")
        self.text.setAccessibleName("Text of the plug-in")
        self.own = QCheckBox("This folder is mine: take changes of this file without asking")
        self.own.setToolTip(
            f"{Path(plugin.path).parent}: what is let in from there is tried and taken when it is saved"
        )
        self.cancel, self.agree = QPushButton("Not now"), QPushButton("Let it in")
        self.cancel.clicked.connect(self.reject)
        self.cancel.setDefault(True)
        self.agree.setObjectName("primary")
        self.agree.setAutoDefault(False)
        self.agree.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        for widget in (what, where, warning):
            layout.addWidget(widget)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.own)
        layout.addLayout(button_row(self.cancel, self.agree))


class PluginsDialog(Dialog):
    """What is let in; one more, or one less."""

    add_wanted = Signal()
    #: a `Plugin` is to be sent away
    forgotten = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Plug-ins")
        self.resize(620, 420)
        intro = muted(
            "Targets, samplers and processes of your own, each a Python file. Drop one on the window, or add it here. "
            "The manual's page Plug-ins has three to begin with."
        )
        self.list = QListWidget()
        self.list.setSpacing(4)
        self.list.setAccessibleName("Plug-ins that are let in")
        self.list.currentItemChanged.connect(self._show_buttons)
        self.add, self.forget, self.close_button = QPushButton("Add…"), QPushButton("Remove"), QPushButton("Close")
        self.add.setObjectName("primary")
        self.add.clicked.connect(self.add_wanted)
        self.forget.clicked.connect(self._forget)
        self.close_button.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        layout.addWidget(intro)
        layout.addWidget(self.list, 1)
        layout.addLayout(button_row(self.close_button, self.add, left=(self.forget,)))
        self.fill()

    def fill(self) -> None:
        """Shows what is let in now."""
        self.list.clear()
        for plugin in held():
            item = QListWidgetItem(f"{plugin.manifest.called}\n{plugin.kind} {plugin.name}, {plugin.path}")
            item.setData(Qt.ItemDataRole.UserRole, plugin)
            self.list.addItem(item)
        if not self.list.count():
            empty = QListWidgetItem("None is let in.")
            empty.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(empty)
        else:
            self.list.setCurrentRow(0)
        self._show_buttons()

    @property
    def _plugin(self) -> Plugin | None:
        item = self.list.currentItem()
        found: Plugin | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found

    def _show_buttons(self, *_: object) -> None:
        self.forget.setEnabled(self._plugin is not None)

    def _forget(self) -> None:
        if self._plugin is not None:
            self.forgotten.emit(self._plugin)
            self.fill()
