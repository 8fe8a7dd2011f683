"""Controls for the fields of a part of the scene, built from what the fields themselves say."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from visualizer.gui.widgets.card import Choice, muted, wrapped
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.base import Part
from visualizer.scene.controls import ASIDE, Number, Numbers, Options, Place, controls


class Form(QWidget):
    """One control for each field of `part` that is offered for editing.

    Args:
        part: whose fields.
        dimension: of points among them.
        headed: whether choices have their names above them; for those that say by themselves what they are about,
            there is no need.
    """

    #: (field, value)
    edited = Signal(str, object)
    gesture = Signal(bool)
    #: a sentence for the user
    problem = Signal(str)

    def __init__(
        self, part: type[Part], dimension: int = 1, *, headed: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.fields: dict[str, QWidget] = {}
        self._headings: dict[str, QWidget] = {}
        self._names: dict[str, str] = {}
        self._ranges: dict[str, Range] = {}
        self._factors: dict[str, float] = {}
        #: the controls that a first look does without, at the end unless they are put elsewhere
        self.aside = QWidget(self)
        aside = QVBoxLayout(self.aside)
        aside.setContentsMargins(0, 0, 0, 0)
        aside.setSpacing(6)
        for field, control in controls(part).items():
            widget = self._make(field, control, dimension)
            self.fields[field] = widget
            self._names[field] = control.name
            place = aside if field in ASIDE else layout
            if headed and isinstance(widget, Choice):
                self._headings[field] = muted(control.name, wrap=False)
                place.addWidget(self._headings[field])
            place.addWidget(widget)
        layout.addWidget(self.aside)
        self.aside.setVisible(aside.count() > 0)

    def _make(self, field: str, control: Number | Options | Place | Numbers, dimension: int) -> QWidget:
        if isinstance(control, Number):
            limits = Range(control.low, control.high, control.log, control.integer, control.digits)
            self._ranges[field] = limits
            slider = NumberSlider(control.name, limits, control.tip)
            slider.edited.connect(partial(self._slid, field, control.integer))
            slider.gesture.connect(self.gesture)
            return slider
        if isinstance(control, Options):
            choice = Choice(control.pairs, control.tip, control.name)
            choice.activated.connect(partial(self._chosen, field))
            return choice
        row = NumberRow(control, dimension if isinstance(control, Place) else 0)
        row.edited.connect(partial(self.edited.emit, field))
        row.problem.connect(self.problem)
        return row

    def _slid(self, field: str, integer: bool, value: float) -> None:
        self.edited.emit(field, int(value) if integer else value / self._factors.get(field, 1.0))

    def _chosen(self, field: str, _index: int) -> None:
        choice = self.fields[field]
        assert isinstance(choice, Choice)
        self.edited.emit(field, choice.value)

    def show_field(self, field: str, shown: bool) -> None:
        """Shows or hides a control and what stands above it."""
        for widget in (self.fields[field], self._headings.get(field)):
            if widget is not None:
                widget.setVisible(shown)

    def show_part(self, part: Part) -> None:
        """Shows the values of a part without reporting them."""
        for field, widget in self.fields.items():
            value = getattr(part, field)
            if isinstance(widget, NumberSlider):
                name, factor = part.shown(field)
                widget.name.setText(name or self._names[field])
                if factor != self._factors.get(field, 1.0):
                    widget.set_range(self._ranges[field].times(factor))
                self._factors[field] = factor
                widget.show_value(value * factor)
            elif isinstance(widget, Choice):
                widget.show_value(value)
            elif isinstance(widget, NumberRow):
                widget.show_values(value)

    def name(self, field: str) -> str:
        """What a field is called."""
        return self._names[field]


class Forms(QWidget):
    """The form of the kind of part that is shown; each is made when its kind comes for the first time.

    Args:
        aside: where the controls go that a first look does without; below the others if it is not said.
    """

    #: (field, value)
    edited = Signal(str, object)
    gesture = Signal(bool)
    #: a sentence for the user
    problem = Signal(str)

    def __init__(self, aside: QVBoxLayout | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aside = aside
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(6)
        self._forms: dict[tuple[type[Part], int], Form] = {}
        self._shown: Form | None = None

    @property
    def shown(self) -> Form:
        """The form that is shown."""
        assert self._shown is not None  # `show_part` comes first
        return self._shown

    def show_part(self, part: Part, dimension: int = 1) -> None:
        """Shows the values of a part without reporting them."""
        key = type(part), dimension
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = Form(type(part), dimension)
            form.edited.connect(self.edited)
            form.gesture.connect(self.gesture)
            form.problem.connect(self.problem)
            self._body.addWidget(form)
            if self._aside is not None:
                self._aside.insertWidget(0, form.aside)
        if form is not self._shown:
            if self._shown is not None:
                self._shown.hide()
                self._shown.aside.hide()
            self._shown = form
            form.show()
            form.aside.setVisible(bool(ASIDE & form.fields.keys()))
        form.show_part(part)
        self.setVisible(bool(form.fields))


class NumberRow(QWidget):
    """A name and a few numbers to type: a point, or a list in ascending or descending order."""

    #: a tuple of numbers
    edited = Signal(object)
    #: a sentence for the user
    problem = Signal(str)

    def __init__(self, control: Place | Numbers, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control, self._count = control, count
        self._values: tuple[float, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        name = QLabel(control.name)
        name.setObjectName("muted")
        self.field = QLineEdit()
        self.field.setObjectName("value")
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        tip = f"{control.tip}\n{count} numbers, like 1.5 −2" if count == 2 else control.tip
        for widget in (self, self.field):
            widget.setToolTip(wrapped(tip))
        self.field.setAccessibleName(control.name)
        row.addWidget(name)
        row.addWidget(self.field, 1)
        self.field.editingFinished.connect(self._typed)
        self.field.returnPressed.connect(self.field.clearFocus)

    def show_values(self, values: Any) -> None:
        """Shows numbers; one stands for every coordinate of a point."""
        values = tuple(values) if isinstance(values, tuple) else (float(values),) * max(1, self._count)
        self._values = values
        if not self.field.hasFocus() or not self.field.isModified():
            self.field.setText("  ".join(f"{v:g}" for v in values).replace("-", "−"))

    def _typed(self) -> None:
        if not self.field.isModified():
            return
        self.field.setModified(False)
        values = self._parsed(self.field.text())
        if values is None:
            text = self.field.text()
            self.show_values(self._values)
            self.problem.emit(f"“{text}” was not understood: expected {self._wanted()}. The old numbers are kept.")
        elif values == self._values:
            self.show_values(self._values)
        else:
            self.edited.emit(values)

    def _wanted(self) -> str:
        if isinstance(self._control, Numbers):
            return f"numbers from {self._control.low:g} to {self._control.high:g}, like 1 3 10"
        return "two numbers, like 1.5 −2" if self._count == 2 else "one number"

    def _parsed(self, text: str) -> tuple[float, ...] | None:
        for old, new in (("−", "-"), (",", " "), (";", " "), ("(", " "), (")", " ")):
            text = text.replace(old, new)
        try:
            values = tuple(float(v) for v in text.split())
        except ValueError:
            return None
        low, high = (self._control.low, self._control.high) if isinstance(self._control, Numbers) else (-1e6, 1e6)
        if not values or not all(math.isfinite(v) and low <= v <= high for v in values):
            return None
        return values if not self._count or len(values) == self._count else None
