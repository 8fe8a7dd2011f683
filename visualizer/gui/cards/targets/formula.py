"""A log-density to type: typeset as typed, its parameters as sliders, errors marked where they are."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from pydantic import ValidationError
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QTextCharFormat
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from visualizer.engine.host.talk import Errand
from visualizer.engine.palette import Theme
from visualizer.gui.cards.targets.base import FORMS, TargetForm
from visualizer.gui.jobs import Newest
from visualizer.gui.run.player import Player
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import muted, wrapped
from visualizer.gui.widgets.math import MathLabel
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene import formula
from visualizer.scene.errors import SceneError
from visualizer.scene.files import problems
from visualizer.scene.formula_tex import as_tex_lines
from visualizer.scene.model import Scene
from visualizer.scene.support import Box
from visualizer.scene.targets.formula import MAX_PARAMETERS, FormulaTarget

#: What is typed is looked at when nothing was typed for so long.
_PAUSE_MS = 350
_TIP = (
    "log p(x) or −U(x), up to a constant, of x or of x and y: + − * / ^, "
    f"{', '.join(formula.FUNCTIONS)}, pi, e. Other names become parameters with sliders."
)

_BOX_TIP = "Low and high of each axis, as in 0, 25 or -pi, pi; 0, 1. Where it is empty, the program looks for it."
_HARD_TIP = "p ends at the edges of the box at once, as a uniform or an exponential density does."


def density_tex(tree: formula.Node) -> tuple[str, ...]:
    """log p = … + c in TeX, in lines; none for what would take long to set."""
    found = as_tex_lines(tree)
    if not found:
        return ()
    lines = [r"\log p = " + found[0], *found[1:]]
    lines[-1] += r" + \mathrm{const}" if "c" in formula.names(tree) else " + c"
    return tuple(lines)


def box_of(text: str) -> Box | None:
    """`0, 25` or `-pi, pi; 0, 1`: low and high of each axis. None for nothing.

    Raises:
        ValueError: anything else, in a sentence.
    """
    sides = [side.strip().strip("[]() ") for side in text.replace("…", ",").split(";")]
    if not any(sides):
        return None
    try:
        box = [
            tuple(float(formula.evaluate(formula.parse(v), {}, np, np.float64)) for v in s.split(",")) for s in sides
        ]
    except (formula.FormulaError, KeyError):
        box = []
    if not box or any(len(side) != 2 for side in box):
        raise ValueError("box: expected two numbers for each axis, as in 0, 25 or -pi, pi; 0, 1")
    return tuple((a, b) for a, b in box)


def box_text(box: Box | None) -> str:
    """What `box_of` reads."""
    return "; ".join(f"{a:.6g}, {b:.6g}" for a, b in box) if box is not None else ""


@FORMS.add
class FormulaForm(TargetForm):
    """The formula, what it looks like, and its parameters."""

    kind = "formula"

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(player, parent)
        self._target: FormulaTarget | None = None
        self._newest = Newest(self)
        self._ink = "#ff0000"
        #: the column that is underlined as faulty, from 1; 0 for none
        self.marked = 0
        self.text = QLineEdit()
        self.text.setObjectName("code")
        self.text.setMaxLength(formula.MAX_LENGTH)
        self.text.setPlaceholderText("-(x^2 - 4)^2/4 - y^2")
        self.text.setToolTip(wrapped(_TIP))
        self.text.setAccessibleName("Formula for log p")
        self.typeset = MathLabel()
        self.box = QLineEdit()
        self.box.setPlaceholderText("found by itself")
        self.box.setToolTip(wrapped(_BOX_TIP))
        self.box.setAccessibleName("Box that holds the density")
        self.hard = QCheckBox("p = 0 outside")
        self.hard.setToolTip(wrapped(_HARD_TIP))
        self.trouble = muted()
        self.trouble.setObjectName("error")
        self.trouble.hide()
        self.sliders: dict[str, NumberSlider] = {}
        self._slots = QVBoxLayout()
        self._slots.setSpacing(6)
        self._lay_out()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._typed)
        self.text.textEdited.connect(self._edited)
        self.text.returnPressed.connect(self._entered)
        self.box.editingFinished.connect(self._boxed)
        self.hard.clicked.connect(self._hardened)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.text)
        layout.addWidget(self.typeset)
        row = QHBoxLayout()
        row.addWidget(QLabel("Box"))
        row.addWidget(self.box, 1)
        row.addWidget(self.hard)
        layout.addLayout(row)
        layout.addLayout(self._slots)
        layout.addWidget(self.trouble)  # below the sliders, which must not move while one is held

    def begin(self) -> None:
        """The formula is to be typed over."""
        self.text.setFocus()

    def show_scene(self, scene: Scene, t: Theme) -> None:
        target = scene.target
        assert isinstance(target, FormulaTarget)  # the card shows each target in the form of its kind
        if target.log_density != self.text.text() and not self._pause.isActive():
            self.text.setText(target.log_density)
            self._tell("")
        elif self._target is not None and target != self._target and not self._pause.isActive():
            self._tell("")  # what was wrong was with other numbers
        if not self.box.hasFocus():
            self.box.setText(box_text(target.box))
        self.hard.setChecked(target.hard_edges)
        self._target, self._ink = target, t.error
        self.typeset.show_tex(density_tex(target.tree), t.text, 15.0)
        if set(self.sliders) != set(target.parameters):
            self._make_sliders(target)
        for name, value in target.parameters.items():
            self.sliders[name].show_value(value)

    def _make_sliders(self, target: FormulaTarget) -> None:
        for slider in self.sliders.values():
            self._slots.removeWidget(slider)
            slider.deleteLater()
        self.sliders = {}
        for name, value in target.parameters.items():
            reach = max(5.0, 2 * abs(value))
            slider = NumberSlider(name, Range(-reach, reach), f"The parameter {name} of the formula", most=1e6)
            slider.edited.connect(partial(self._slid, name))
            slider.gesture.connect(self.gesture)
            self.sliders[name] = slider
            self._slots.addWidget(slider)

    def _edited(self) -> None:
        self._mark(0)
        self._pause.start()

    def _entered(self) -> None:
        self._typed()
        if not self.marked:
            self.text.clearFocus()  # keys are the window's again

    def _typed(self) -> None:
        self._pause.stop()
        text, target = self.text.text(), self._target
        if target is None or text == target.log_density:
            self._tell("")
            return
        try:
            found = formula.names(formula.parse(text))
        except formula.FormulaError as error:
            self._tell(error.text, error.column)
            return
        names = [n for n in found if n not in ("x", "y")]
        if len(names) > MAX_PARAMETERS:
            self._tell(f"expected at most {MAX_PARAMETERS} parameters", found[names[MAX_PARAMETERS]])
            return
        changes: dict[str, Any] = {"parameters": {n: target.parameters.get(n, 1.0) for n in names}}
        if ("y" in found) != (target.d == 2):  # the box of one axis is not that of two
            changes |= {"box": None, "hard_edges": False}
        self._request("type a formula", log_density=text, **changes)

    def _boxed(self) -> None:
        """Another box is typed, or none."""
        target = self._target
        if target is None or self.box.text() == box_text(target.box):
            return
        try:
            box = box_of(self.box.text())
        except ValueError as error:
            self._tell(str(error))
            return
        self._request("change the box", box=box, hard_edges=target.hard_edges and box is not None)

    def _hardened(self, hard: bool) -> None:
        """p ends at the edges of its box, or not; where no box is given, at those of the one that was found."""
        target = self._target
        if target is not None:
            box = target.box
            if hard and box is None:
                box = tuple((float(f"{a:.3g}"), float(f"{b:.3g}")) for a, b in target.support.box)
            self._request("change the box", box=box, hard_edges=hard)

    def _slid(self, name: str, value: float) -> None:
        if self._target is not None:
            parameters = {**self._target.parameters, name: value}
            self._request(f"change {name}", f"With {name} = {value:.3g} ", parameters=parameters)

    def _request(self, label: str, with_: str = "", **changes: Any) -> None:
        """Makes the changed target in the background, where its box is looked for; the newest request wins.

        `with_` begins the sentence that says what is wrong, if something is.
        """

        def checked(target: FormulaTarget) -> None:
            self._tell("")
            self.made.emit(target, label)

        def done(target: FormulaTarget) -> None:  # whether a grid can show it is told by the host
            check = Errand("visualizer.engine.targets.formula:checked", target)
            self._newest.ask(self._player, check, checked, failed)

        def failed(error: Exception) -> None:
            if isinstance(error, SceneError):
                said = error.problems[0].expected
            else:
                said = problems(error)[0].expected if isinstance(error, ValidationError) else str(error)
            said = said.removeprefix("log_density: ").replace("hard_edges = true", "“p = 0 outside”")
            self._tell(with_ + (said.split(". ")[0] if with_ else said))  # hints are on what was typed
            self.hard.setChecked(self._target is not None and self._target.hard_edges)  # as the last density is

        target = self._target
        assert target is not None  # whoever calls has looked
        self._newest.run(lambda: target.with_(**changes), done, failed)

    def _tell(self, text: str, column: int = 0) -> None:
        """A sentence on what is wrong; the place is underlined."""
        said = f"Column {column}: {text}" if column else text[:1].upper() + text[1:]
        self.trouble.setText(f"{said}. The last density is kept." if text else "")
        self.trouble.setVisible(bool(text))
        self._mark(column)

    def _mark(self, column: int) -> None:
        """Underlines the character at a column (from 1; 0: none) and leaves the caret to whoever is typing."""
        self.marked = min(column, len(self.text.text()))
        attributes = []
        if self.marked:
            look = QTextCharFormat()
            look.setForeground(colour(self._ink))
            look.setUnderlineColor(colour(self._ink))
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            start = self.marked - 1 - self.text.cursorPosition()
            kind = QInputMethodEvent.AttributeType.TextFormat
            attributes.append(QInputMethodEvent.Attribute(kind, start, 1, look))
        QApplication.sendEvent(self.text, QInputMethodEvent("", attributes))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text.hasFocus():
            self._newest.cancel()
            self._pause.stop()
            if self._target is not None:  # what is drawn is what stands here
                self.text.setText(self._target.log_density)
                self._tell("")
            self.text.clearFocus()  # keys are the window's again
            return
        super().keyPressEvent(event)
