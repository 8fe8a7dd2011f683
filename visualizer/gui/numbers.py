"""The present moment as numbers for other programs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QFormLayout,
    QSpinBox,
    QVBoxLayout,
)

from visualizer.engine.host.talk import SHELF, Errand, Present
from visualizer.gui.desk import Desk
from visualizer.gui.document.asking import ask_to_save
from visualizer.gui.widgets.card import Choice, button_row, muted
from visualizer.gui.writing import WritingDialog
from visualizer.scene.files import dump_scene, portable
from visualizer.scene.tables.files import table_bytes

WHAT = (
    ("particles", "Particles"),
    ("field", "Density and score on a grid"),
    ("curves", "Marginals and histograms"),
    ("diagnostics", "Diagnostics"),
)
FORMATS = ((".npz", "NumPy archive (.npz)"), (".csv", "Text table (.csv)"), (".parquet", "Parquet (.parquet)"))
_COLUMNS = {
    "particles": "x, y, log_prob (of p_t), score_x, score_y, and which component or mode",
    "field": "x, y, log_prob, score_x, score_y over the part of the plane that is shown; of a network its score, too",
    "curves": "axis, at, p, p_t, histogram (as a density), along each axis",
    "diagnostics": "name, value: distances with their floors, hops, acceptance, R̂ … as on the card",
}


class NumbersDialog(WritingDialog):
    """What, in which format, into which file."""

    def __init__(self, desk: Desk) -> None:
        said = "The moment that is shown when you choose the file is exported."
        super().__init__("Export numbers", said, "Export…", desk.host)
        self.setMinimumWidth(420)
        self._desk = desk
        self.what = Choice(list(WHAT), "What of the present moment", "What")
        self.what.activated.connect(self._show_what)
        self.format = Choice(list(FORMATS), "The kind of file", "Format")
        self.grid = QSpinBox()
        self.grid.setRange(2, 2048)
        self.grid.setValue(200)
        self.grid.setSuffix(" points along each axis")
        self.grid.setAccessibleName("Points along each axis")
        self.columns = muted()
        form = QFormLayout()
        form.setVerticalSpacing(7)
        form.addRow("What", self.what)
        form.addRow("", self.grid)
        form.addRow("Columns", self.columns)
        form.addRow("Format", self.format)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.status)
        layout.addLayout(button_row(self.close_button, self.start))
        self._show_what()

    def _show_what(self) -> None:
        self.grid.setVisible(self.what.value == "field")
        self.columns.setText(_COLUMNS[self.what.value])

    def ask(self) -> None:
        suffix = self.format.value
        path = ask_to_save(self, "Export to", f"{self.what.value}{suffix}", f"*{suffix}", suffix)
        if path is not None:
            self.export_to(path)

    def export_to(self, path: Path) -> None:
        """Writes the present moment into `path`, in the background."""
        what, n = self.what.value, self.grid.value()
        index = self._desk.active_picture
        view, report = self._desk.figure.views()[index], self._desk.report
        if what == "diagnostics" and report is None:
            self.status.setText("There are no diagnostics yet: let the run go on for a moment, then try again.")
            return
        self.begin("Writing…")

        def write(columns: Any) -> None:
            text = dump_scene(portable(self._desk.scene, path.parent))
            self.write(path, lambda: table_bytes(path.suffix.lower(), columns, text), f"Written: {path}")

        errand = Errand("visualizer.engine.experiments.tables:table", what, Present(index), view, n, report, SHELF)
        self._desk.player.ask(self, errand, write, partial(self.failed, path))
