"""How a table was read: its first ten rows, and what can be told where the program has found out otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.jobs import Newest
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Choice, button_row, muted
from visualizer.gui.widgets.dialog import Dialog
from visualizer.gui.words.digits import rows_said
from visualizer.scene.columns import Table, read_table
from visualizer.scene.dialect import SEPARATORS, Dialect

_FOUND = "as found"
#: Rows of data that are shown, and the height of a row.
_SHOWN, _ROW = 10, 24
#: For each field of a dialect its name, its tip and what can be told.
_CHOICES: dict[str, tuple[str, str, tuple[tuple[object, str], ...]]] = {
    "separator": ("Columns are apart by", "What stands between two cells of a row", tuple(SEPARATORS.items())),
    "heading": ("The first row", "Whether it names the columns", ((True, "names the columns"), (False, "has data"))),
    "decimal": ("Decimal mark", "1.5 or 1,5", ((".", "point"), (",", "comma"))),
    "thousands": ("Between thousands", "1,000 or 1.000", (("", "nothing"), (",", "comma"), (".", "point"))),
    "encoding": (
        "Letters",
        "The encoding of the file",
        (
            ("utf-8", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Western Europe (cp1252)"),
            ("latin-1", "Western Europe (Latin 1)"), ("iso8859-15", "Western Europe (Latin 9)"),
            ("cp1250", "Central Europe (cp1250)"), ("cp1251", "Cyrillic (cp1251)"), ("koi8-r", "Cyrillic (KOI8-R)"),
            ("mac-roman", "Mac Roman"), ("shift_jis", "Japanese (Shift JIS)"), ("euc-kr", "Korean (EUC-KR)"),
            ("gb18030", "Chinese (GB 18030)"), ("big5", "Chinese (Big5)"),
        ),
    ),
}  # fmt: skip


class DialectDialog(Dialog):
    """The first rows of a table as they were read, and a choice for each thing that was found out."""

    #: (Dialect, Table): the table is to be read so
    taken = Signal(object, object)

    def __init__(self, file: Path, dialect: Dialect, ink: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"How {file.name} is read")
        self.resize(680, 600)
        self._file, self._ink, self._newest = file, ink, Newest(self)
        self.dialect, self.table = dialect, Table({})
        self.rows = QTableWidget()
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.rows.setAccessibleName("The first ten rows")
        self.rows.verticalHeader().setDefaultSectionSize(_ROW)
        self.rows.setMinimumHeight((_SHOWN + 1) * _ROW + 12)
        self.said = muted()
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.choices: dict[str, Choice] = {}
        form = QFormLayout()
        form.setVerticalSpacing(7)
        for name, (label, tip, options) in _CHOICES.items():
            choice = Choice([("", _FOUND), *((str(i), text) for i, (_, text) in enumerate(options))], tip, label)
            choice.activated.connect(self._told)
            self.choices[name] = choice
            form.addRow(label, choice)
        self.back, self.cancel, self.take = map(QPushButton, ("All as found", "Cancel", "Read it so"))
        self.back.clicked.connect(lambda: self._try(Dialect()))
        self.cancel.clicked.connect(self.reject)
        self.take.setObjectName("primary")
        self.take.setDefault(True)
        self.take.clicked.connect(self._take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        layout.addWidget(QLabel("The first ten rows. What is dim is no number and is not used."))
        layout.addWidget(self.rows, 1)
        layout.addWidget(self.said)
        layout.addLayout(form)
        layout.addLayout(button_row(self.cancel, self.take, left=(self.back,)))
        self._try(dialect)

    def _told(self) -> None:
        values = {
            name: _CHOICES[name][2][int(choice.value)][0] for name, choice in self.choices.items() if choice.value
        }
        self._try(Dialect.model_validate(values))

    def _try(self, dialect: Dialect) -> None:
        """Reads the table so, in the background, and shows what comes of it."""
        self.dialect = dialect
        for name, choice in self.choices.items():
            told = getattr(dialect, name)
            options = [value for value, _ in _CHOICES[name][2]]
            choice.show_value("" if told is None else str(options.index(told)))
        self.take.setEnabled(False)
        self._newest.run(lambda: read_table(self._file, dialect.told), self._show, self._failed)

    def _show(self, table: Table) -> None:
        self.table = table
        rows, taken = table.read.get("rows", []), table.read.get("taken", [])
        heading = bool(table.read.get("heading"))
        body = rows[1:] if heading else rows[:-1] if len(rows) > _SHOWN else rows
        self.rows.setRowCount(len(body))
        self.rows.setColumnCount(max((len(row) for row in rows), default=0))
        names = rows[0] if heading and rows else [str(i + 1) for i in range(self.rows.columnCount())]
        self.rows.setHorizontalHeaderLabels(names)
        for i, row in enumerate(body):
            for j, cell in enumerate(row):
                self.rows.setItem(i, j, self._item(cell, self._is_used(i, taken[j] if j < len(taken) else "")))
        numbers = len(next(iter(table.columns.values())))
        columns = ", ".join(f"“{name[:30]}”" for name in list(table.columns)[:6])
        more = f" and {len(table.columns) - 6} more" if len(table.columns) > 6 else ""
        self.said.setText(f"{rows_said(numbers)}. Columns of numbers: {columns}{more}. {table.sentence}".strip())
        self._say_what_was_found(table.read)
        self.take.setEnabled(True)

    def _say_what_was_found(self, read: dict[str, Any]) -> None:
        """What stands first in each choice that nothing is told of."""
        for name, choice in self.choices.items():
            texts = dict(_CHOICES[name][2])
            found = texts.get(read.get(name), str(read.get(name, "")))
            if getattr(self.dialect, name) is None:
                choice.setItemText(0, f"{_FOUND}: {found}")

    def _is_used(self, row: int, column: str) -> bool:
        values = self.table.columns.get(column)
        return values is not None and row < len(values) and bool(values[row] == values[row])

    def _item(self, cell: str, used: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(cell.strip())
        if used:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        else:
            item.setForeground(colour(self._ink))
            font = QFont(item.font())
            font.setItalic(True)
            item.setFont(font)
        return item

    def _failed(self, error: Exception) -> None:
        self.rows.setRowCount(0)
        self.said.setText(f"So it cannot be read. {error}")

    def _take(self) -> None:
        self.taken.emit(self.dialect, self.table)
        self.accept()
