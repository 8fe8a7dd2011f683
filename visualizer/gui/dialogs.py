"""Dialogs: the sheet of keys, unexpected errors."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.actions import MOUSE, PRESENTING, actions
from visualizer.gui.sizes import px
from visualizer.gui.widgets.dialog import Dialog
from visualizer.scene.layers import LAYERS, layer_keys

#: Four columns of keys stand beside each other on screens wider than this.
_BESIDE = 1360


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
