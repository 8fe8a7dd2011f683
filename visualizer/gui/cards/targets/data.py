"""A data set as a target: which columns, how wide its kernel is, and a mixture fitted to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from visualizer import apart
from visualizer.engine.host.talk import Errand
from visualizer.engine.palette import Theme
from visualizer.gui.cards.targets.base import FORMS, TargetForm
from visualizer.gui.cards.targets.dialect import DialectDialog
from visualizer.gui.document.asking import ask_to_open
from visualizer.gui.document.store import DATA_PASTED, DATA_TAKEN
from visualizer.gui.jobs import Newest, run_in_background
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import Choice, muted
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.gui.words.digits import rows_said
from visualizer.scene.columns import DATA_SUFFIXES, TEXT_SUFFIXES, Array, Table, parse_text, read_columns, read_table
from visualizer.scene.dialect import Dialect
from visualizer.scene.embedded import packed
from visualizer.scene.errors import SceneError
from visualizer.scene.model import Scene
from visualizer.scene.points import checked, first_of, wants_standardising, without_gaps
from visualizer.scene.targets.data import DataTarget

_FILTER = "Data (" + " ".join(f"*{s}" for s in DATA_SUFFIXES) + ")"
_NONE = ""
_STANDARDISED = "Standardised: in their own units the numbers are too large or too close together."
_BELOW = "The likelihood asks for h = {:.2g}; this is the least that the grid over all points can show."
#: Means and standard deviations beyond this are far from those of N(0, 1).
_FAR = 4.0
_UNITS = "In these units samplers need other steps, and processes that keep the variance start elsewhere: standardise."
#: Spreads of two columns that differ by more than this factor are told of.
_UNEVEN = 3.0
_UNITS_DIFFER = (
    "One column spreads {:.0f} times as far as the other, and the kernel has one width for both: it blurs the narrower "
    "one. Standardise."
)


@FORMS.add
class DataForm(TargetForm):
    """The file, its columns, and the kernel."""

    kind = "data"
    #: mixtures are to be fitted to the data
    fit_wanted = Signal()

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(player, parent)
        self._target: DataTarget | None = None
        self._newest = Newest(self)
        self._listed: tuple[str, ...] | None = None
        self._ink = "#808080"
        self.name = muted()
        self.hint = muted(_UNITS)
        self.open, self.paste = QPushButton("Open…"), QPushButton("Paste")
        self.open.setToolTip("CSV, NumPy or Parquet: up to 100,000 rows. Or drop a file on the window")
        self.paste.setToolTip("Columns of numbers from the clipboard, as a spreadsheet copies them")
        self.open.clicked.connect(self.ask)
        self.paste.clicked.connect(self.take_clipboard)
        self.read_as = QPushButton("How it was read…")
        self.read_as.setToolTip("The first ten rows; separator, heading, marks and encoding can be changed")
        self.read_as.clicked.connect(self._ask_dialect)
        self.column_x = Choice([], "The column along x", "Column along x")
        self.column_y = Choice([], "The column along y; none for one dimension", "Column along y")
        for choice in (self.column_x, self.column_y):
            choice.activated.connect(self._columns_chosen)
        self.standardise = QCheckBox("Standardise")
        self.standardise.setToolTip("Mean 0 and variance 1 along each axis")
        self.standardise.clicked.connect(self._standardised)
        self._make_kernel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.name)
        layout.addLayout(_row(self.open, self.paste))
        layout.addWidget(self.read_as)
        for name, choice in (("x", self.column_x), ("y", self.column_y)):
            layout.addLayout(_row(muted(name, wrap=False), choice))
        layout.addLayout(_row(self.standardise))
        layout.addWidget(self.hint)
        layout.addWidget(self.width_of_kernel)
        layout.addLayout(_row(self.silverman, self.validated))
        layout.addWidget(self.fit)

    def _make_kernel(self) -> None:
        self.width_of_kernel = NumberSlider(
            "bandwidth h", Range(0.01, 2.0, log=True), "Standard deviation of the kernel"
        )
        self.width_of_kernel.edited.connect(lambda h: self._change("change the bandwidth", bandwidth=h))
        self.width_of_kernel.gesture.connect(self.gesture)
        self.silverman = QPushButton("Silverman")
        self.silverman.setToolTip("h = σ (4/((d + 2) n))^(1/(d + 4)): right for one Gaussian, wide for several")
        self.silverman.clicked.connect(lambda: self._change("take Silverman's bandwidth", bandwidth=None))
        self.validated = QPushButton("Likelihood")
        self.validated.setToolTip("The h under which each point is likeliest, given the others (leave one out)")
        self.validated.clicked.connect(self._validate)
        self.fit = QPushButton("Turn into a mixture (EM)…")
        self.fit.setToolTip("Gaussian mixtures by expectation–maximisation, K = 1…10; the one with the least BIC")
        self.fit.clicked.connect(self.fit_wanted)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        assert isinstance(scene.target, DataTarget)  # the card shows each target in the form of its kind
        self._ink = t.muted
        self._show(scene.target)

    def _show(self, target: DataTarget) -> None:
        """Follows the scene; its data have been read when it was opened."""
        self._target = target
        try:
            x = target.x
        except SceneError as error:
            self.name.setText(str(error))
            return
        where = Path(target.file).name if target.file else "Pasted data"
        gaps = f", {rows_said(target.left_out)} with gaps left out" if target.left_out else ""
        self.name.setText(f"{where}: {len(x):,} points".replace(",", "\u202f") + gaps)
        far = bool((np.abs(x.mean(0)) > _FAR).any() or (x.std(0) > _FAR).any())
        spread = x.std(0)
        uneven = target.d == 2 and float(spread.max()) > _UNEVEN * float(spread.min())
        self.hint.setText(_UNITS_DIFFER.format(float(spread.max() / spread.min())) if uneven else _UNITS)
        self.hint.setVisible(not target.standardise and (far or uneven))
        self.name.setToolTip(target.file)
        self.standardise.setChecked(target.standardise)
        low = target.least_bandwidth
        self.width_of_kernel.set_range(Range(low, max(20 * low, float(x.std(0).max())), log=True))
        self.width_of_kernel.show_value(target.h)
        self.read_as.setVisible(Path(target.file).suffix.lower() in TEXT_SUFFIXES)
        listed = (target.file, repr(target.dialect)) if target.file else target.columns
        if listed != self._listed:
            self._listed = listed
            self._list_columns(target)
        self._show_columns(target)

    def _list_columns(self, target: DataTarget) -> None:
        if not target.file:
            self._fill(list(target.columns))
            return
        file, told, listed = Path(target.file), target.dialect.told, self._listed

        def fill(names: list[str]) -> None:
            if self._listed == listed:  # else other data have come meanwhile
                self._fill(names)

        run_in_background(self, lambda: list(read_columns(file, told)), fill, lambda _: None)

    def _fill(self, names: list[str]) -> None:
        for choice, options in ((self.column_x, names), (self.column_y, [_NONE, *names])):
            choice.blockSignals(True)
            choice.clear()
            for name in options:
                choice.addItem(name or "(1-D)", name)
            choice.blockSignals(False)
        if self._target is not None:
            self._show_columns(self._target)

    def _show_columns(self, target: DataTarget) -> None:
        self.column_x.show_value(target.columns[0])
        self.column_y.show_value(target.columns[1] if target.d == 2 else _NONE)
        for choice, name in zip((self.column_x, self.column_y), (*target.columns, "none"), strict=False):
            choice.setEnabled(bool(target.file))
            choice.setToolTip(f"{choice.accessibleName()}: {name}")

    def _ask_dialect(self) -> None:
        """Shows how the file was read; what is told there makes another target."""
        target = self._target
        if target is None or not target.file:
            return
        self.dialog = DialectDialog(Path(target.file), target.dialect, self._ink, self.window())
        self.dialog.taken.connect(partial(self._read_so, target))
        self.dialog.open()

    def _read_so(self, target: DataTarget, dialect: Dialect, table: Table) -> None:
        if dialect == target.dialect:
            return
        kept = all(name in table.columns for name in target.columns)
        names = target.columns if kept else first_of(table.columns)
        self._request(
            lambda: _usable(target.with_(dialect=dialect, columns=names, bandwidth=None)), "change how it was read"
        )

    # getting data

    def ask(self) -> None:
        """Asks for a file of data."""
        run_in_background(self, apart.warm_up, lambda _: None)  # what reads it starts while one chooses
        name = ask_to_open(self, "Open data", _FILTER)
        if name:
            self.load(name)

    def load(self, name: str) -> None:
        """The first one or two columns of numbers that differ, standardised if they could not be used else."""

        def work() -> tuple[DataTarget, str]:
            table = read_table(Path(name))
            names = first_of(table.columns)
            points, _ = without_gaps(np.stack([table.columns[n] for n in names], 1))
            whole = wants_standardising(points)
            target = DataTarget(file=str(Path(name).resolve()), columns=names, standardise=whole)
            return _usable(target), " ".join(filter(None, [table.sentence, _STANDARDISED if whole else ""]))

        self._request(work, DATA_TAKEN)

    def take_clipboard(self) -> None:
        """Columns of numbers from the clipboard, kept in the scene."""
        text = QGuiApplication.clipboard().text()

        def work() -> tuple[DataTarget, str]:
            columns = parse_text(text)
            if not columns:
                raise ValueError("the clipboard holds no columns of numbers")
            names = first_of(columns)
            points, left_out = without_gaps(np.stack([columns[n] for n in names], 1))
            said = [f"{rows_said(left_out)} with gaps left out."] if left_out else []
            if len(columns) > len(names):
                taken = " and ".join(f"“{name}”" for name in names)
                said.append(f"Of {len(columns)} columns {taken} are taken: paste those you want.")
            if wants_standardising(points):
                points = checked(points, standardise=True)
                said.append(_STANDARDISED)
            return embedded(points, names), " ".join(said)

        self._request(work, DATA_PASTED)

    def _columns_chosen(self) -> None:
        columns = (self.column_x.value, self.column_y.value) if self.column_y.value else (self.column_x.value,)
        self._change("choose columns", columns=columns)

    def _standardised(self) -> None:
        self._change("standardise", standardise=self.standardise.isChecked(), bandwidth=None)

    def _validate(self) -> None:
        target = self._target
        if target is None:
            return

        def done(found: float) -> None:
            least = target.least_bandwidth
            self.made.emit(target.with_(bandwidth=max(found, least)), "take the bandwidth by likelihood")
            if found < least:
                self.news.emit(_BELOW.format(found))

        errand = Errand("visualizer.engine.targets.from_data:likelihood_bandwidth", target.x)
        self._newest.ask(self._player, errand, done, self._failed)

    def _change(self, label: str, **changes: object) -> None:
        target = self._target
        if target is not None:
            self._request(lambda: _usable(target.with_(**changes)), label)

    def _request(self, work: Callable[[], object], label: str) -> None:
        """Makes the target in the background, where files are read; the newest request wins.

        `work` returns the target, or the target and what is to be said of it.
        """

        def done(found: object) -> None:
            target, words = found if isinstance(found, tuple) else (found, "")
            self.made.emit(target, label)
            if words:
                self.news.emit(words)

        self._newest.run(work, done, self._failed)

    def _failed(self, error: Exception) -> None:
        self.refused.emit(f"These data cannot be used; what was there is kept. {error}")
        if self._target is not None:
            self._show(self._target)


def _usable(target: DataTarget) -> DataTarget:
    """The target, its data read and remembered."""
    _ = target.support
    return target


def embedded(points: Array, names: tuple[str, ...]) -> DataTarget:
    """Points kept in the scene itself."""
    kept = checked(points, standardise=False)
    return _usable(DataTarget(columns=names, points=packed(kept.astype(np.float32))))


def _row(*widgets: QWidget) -> QHBoxLayout:
    """Side by side; only the name of something is as wide as it needs to be."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget, 0 if isinstance(widget, QLabel) else 1)
    return row
