"""A mixture as a table of components, and one or two dimensions."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.palette import Theme
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.cards.targets.base import FORMS, TargetForm
from visualizer.gui.run.player import Player
from visualizer.gui.sizes import px, sized
from visualizer.gui.widgets.card import muted
from visualizer.scene.compare import in_other_dimension, with_target
from visualizer.scene.model import MAX_CLASSES, Scene
from visualizer.scene.targets.mixture import MixtureTarget

_ROWS = 200
#: The largest weight that can be typed; a sum farther from 1 is told; shares that are listed then.
_MOST, _NO_SHARE, _SHARES = 1e6, 1e-6, 6
_MAX_VISIBLE_ROWS = 5
_HEADINGS = ("w", "mean μ", "std σ", "angle", "y")
_WIDTHS = {0: 42, 3: 42, 4: 24}
_DOTS = 16
_CLASS = 4
_EXPECTED = (
    "a weight above 0",
    "one number for each dimension, like -2.6 1.6",
    "one positive number for each dimension, like 0.8 0.4",
    "an angle in degrees",
    f"a class, a whole number from 0 to {MAX_CLASSES - 1}",
)


def _row(target: MixtureTarget, k: int) -> tuple[str, ...]:
    """What the table says of component k: weight, mean, standard deviations, angle, class."""
    std, axes = edit.principal_axes(target, k)
    angle = math.degrees(math.atan2(axes[1, 0], axes[0, 0])) if target.d == 2 else 0.0
    angle = 0.0 if target.d == 1 or std[0] - std[1] < 1e-9 * std[0] else 90 - (90 - angle) % 180
    return (
        f"{target.weights[k]:.4g}",
        " ".join(_place(v, float(std[-1])) for v in target.means[k]),
        " ".join(f"{v:.2g}" for v in std),
        f"{round(angle)}°",
        f"{target.labels[k]}",
    )


def _noted(target: MixtureTarget) -> str:
    """What is worth knowing below the table: shares where weights are no shares, and that there are more rows."""
    total, count = sum(target.weights), len(target.weights)
    said = []
    if abs(total - 1) > _NO_SHARE:
        shares = ", ".join(f"{w / total:.3g}" for w in target.weights[:_SHARES]) + (" …" if count > _SHARES else "")
        said.append(f"Weights sum to {total:.4g}: shares π = {shares}.")
    if count > _ROWS:
        said.append(f"{count:,} components; the first {_ROWS} are listed.")
    return " ".join(said)


def _place(value: float, std: float) -> str:
    """To three digits, or to about a hundredth of `std` where that is shorter: a column holds two of them."""
    decimals = max(2, 1 - math.floor(math.log10(std)))
    nearest = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    digits = f"{value:.3g}" if abs(value) < 999.5 else f"{value:.0f}"
    return min(digits, "0" if nearest == "-0" else nearest, key=len)


@FORMS.add
class MixtureForm(TargetForm):
    """Weights, means and standard deviations to type; buttons to add, remove and change dimension."""

    kind = "mixture"

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(player, parent)
        self._scene: Scene | None = None
        self._target: MixtureTarget | None = None
        self._key: object = None
        self._theme: Theme | None = None
        self._rows: list[tuple[str, ...]] = []
        # A target and the one of the other dimension it was made from, so that going back loses nothing.
        self._other_dimension: tuple[MixtureTarget | None, MixtureTarget | None] = (None, None)
        self._visible = 1
        self._make_table()
        sized(self, MixtureForm._fit_rows)
        self.note = muted()
        self.note.hide()
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(6)
        body.addWidget(self.table)
        body.addWidget(self.note)
        body.addLayout(self._make_buttons())

    def _make_table(self) -> None:
        self.table = QTableWidget(0, len(_HEADINGS))
        tips = (
            "Weight, as you type it; a component's share is π = w/Σw",
            "Mean: one number in 1-D, two in 2-D",
            "Standard deviations along the principal axes, the longer first",
            "Angle of the longer axis against x, in degrees",
            "Class y: components with the same number are guided to, and learned, together",
        )
        for column, tip in enumerate(tips):
            heading = QTableWidgetItem(_HEADINGS[column])
            heading.setToolTip(tip)
            self.table.setHorizontalHeaderItem(column, heading)
        header = self.table.horizontalHeader()
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(_WIDTHS[_CLASS])
        for column, width in _WIDTHS.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            sized(self.table, lambda t, c=column, wide=width: t.horizontalHeader().resizeSection(c, px(wide)))  # type: ignore[misc]  # defaults
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        sized(self.table, lambda t: t.verticalHeader().setDefaultSectionSize(px(27)))
        sized(self.table, lambda t: t.verticalHeader().setFixedWidth(px(_DOTS)))
        # A letter is a shortcut even while the table has the focus; Return, F2 or a double click edits.
        triggers = QTableWidget.EditTrigger
        self.table.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setAccessibleName("Components of the mixture")
        self.table.setToolTip("Double-click a cell to type. Or drag the dots and ellipses in the picture.")
        self.table.itemChanged.connect(self._typed)
        self.table.itemSelectionChanged.connect(self._selected)

    def _make_buttons(self) -> QHBoxLayout:
        self.add = QPushButton("Add")
        self.remove = QPushButton("Remove")
        self.dimension = QPushButton("To 1-D")
        self.add.setToolTip("Add a component in the middle of the picture (or double-click in the picture)")
        self.remove.setToolTip("Remove the selected component (Delete)")
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self.remove_selected)
        self.dimension.clicked.connect(self._change_dimension)
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.add, self.remove, self.dimension):
            row.addWidget(button)
        return row

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Fills the table from the scene."""
        target = scene.target
        assert isinstance(target, MixtureTarget)  # the card shows each target in the form of its kind
        self._scene, self._target = scene, target
        classes = bool(target.classes) or scene.guidance.kind == "class" or scene.training.labels == "classes"
        key = (target, t.name, classes)
        if key == self._key:
            return
        self._key = key
        self.dimension.setText("To 1-D" if target.d == 2 else "To 2-D")
        self.dimension.setToolTip(
            "Keep the first coordinate only" if target.d == 2 else "Spread the mixture out along a second axis"
        )
        self.remove.setEnabled(len(target.weights) > 1)
        self.table.blockSignals(True)
        rows = min(len(target.weights), _ROWS)
        self.table.setRowCount(rows)
        self.table.setColumnHidden(3, target.d == 1)
        self.table.setColumnHidden(_CLASS, not classes)
        shown = self._rows if self._theme is t else []
        self._rows = [_row(target, k) for k in range(rows)]
        for k, row in enumerate(self._rows):
            if k >= len(shown) or shown[k] != row:
                self._fill_row(k, row, t)
        self._theme = t
        self.table.blockSignals(False)
        self._visible = min(max(rows, 1), _MAX_VISIBLE_ROWS)
        self._fit_rows()
        self.note.setText(_noted(target))
        self.note.setVisible(bool(self.note.text()))

    def _fit_rows(self) -> None:
        self.table.setFixedHeight(px(30) + px(27) * self._visible + 2)

    def _fill_row(self, k: int, texts: tuple[str, ...], t: Theme) -> None:
        for column, text in enumerate(texts):
            item = self.table.item(k, column)
            if item is None:
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                self.table.setItem(k, column, item)
            elif item.text() != text:
                item.setText(text)
        if self._theme is not t or self.table.verticalHeaderItem(k) is None:
            dot = QPixmap(10, 10)
            dot.fill(QColor(t.components[k % len(t.components)]))
            self.table.setVerticalHeaderItem(k, QTableWidgetItem(dot, ""))

    def show_selection(self, k: int) -> None:
        """Marks the row of the component taken hold of in the picture."""
        self.table.blockSignals(True)
        if k < 0:
            self.table.clearSelection()
        elif k < self.table.rowCount() and k not in {i.row() for i in self.table.selectedItems()}:
            self.table.selectRow(k)  # it takes the cell along that Tab would go on from
        self.table.blockSignals(False)

    def _selected(self) -> None:
        self.select.emit(self.table.currentRow())

    def _typed(self, item: QTableWidgetItem) -> None:
        if self._scene is None or self._target is None:
            return
        k, column = item.row(), item.column()
        text = item.text()
        try:
            target = self._parsed(self._target, k, column, text)
        except ValueError:
            self._key, self._rows = None, []  # puts the old text back
            self.edited.emit(self._scene, "")
            self.problem.emit(f"“{text}” was not understood: expected {_EXPECTED[column]}. The old value is kept.")
            return
        self._key, self._rows = None, []
        self.edited.emit(with_target(self._scene, target), f"type component {k + 1}")

    @staticmethod
    def _parsed(target: MixtureTarget, k: int, column: int, text: str) -> MixtureTarget:
        numbers = [float(v) for v in text.replace("°", " ").replace(",", " ").replace(";", " ").split()]
        if not all(map(math.isfinite, numbers)):
            raise ValueError
        if column == 0:
            (weight,) = numbers
            if not 0 < weight <= _MOST:
                raise ValueError
            return edit.type_weight(target, k, weight)
        if column == 1:
            if len(numbers) != target.d:
                raise ValueError
            return edit.move_mean(target, k, tuple(numbers))
        if column == _CLASS:
            if len(numbers) != 1 or numbers[0] not in range(MAX_CLASSES):
                raise ValueError
            return edit.set_class(target, k, int(numbers[0]))
        std, axes = edit.principal_axes(target, k)
        if column == 2:
            if len(numbers) != target.d or min(numbers) <= 0:
                raise ValueError
            return edit.set_axes(target, k, np.array(numbers), axes)
        (angle,) = (math.radians(v) for v in numbers)
        turned = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        return edit.set_axes(target, k, std, turned)

    def _add(self) -> None:
        target = self._target
        if self._scene is None or target is None:
            return
        centre = tuple((a + b) / 2 for a, b in target.extent(0.0))
        spread = max(b - a for a, b in target.extent(1.0))
        self.edited.emit(self._scene.with_(target=edit.add_component(target, centre, 0.12 * spread)), "add a component")

    def remove_selected(self) -> None:
        """Removes the selected component, the last one if none is selected."""
        target = self._target
        if self._scene is None or target is None:
            return
        row = self.table.currentRow() if self.table.selectedItems() else len(target.weights) - 1
        left = edit.remove_component(target, min(row, len(target.weights) - 1))
        self.edited.emit(with_target(self._scene, left), "remove a component")

    def _change_dimension(self) -> None:
        scene, now = self._scene, self._target
        if scene is None or now is None:
            return
        there, back = self._other_dimension
        target = back if back is not None and there == now else edit.to_dimension(now, 1 if now.d == 2 else 2)
        self._other_dimension = (target, now)
        self.edited.emit(in_other_dimension(scene, target), "change the dimension")
