"""Where the particles start."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from visualizer.gui.sizes import px, sized
from visualizer.gui.widgets.card import Choice, muted
from visualizer.gui.widgets.form import Forms
from visualizer.scene.model import Scene

#: A prior nearer to p at t_max than so many nats changes nothing one could see.
_WORTH_A_WORD = 0.01
STARTS = (
    ("default", "what suits the sampler"),
    ("target", "the target"),
    ("prior", "the prior, Gaussian"),
    ("gaussian", "a Gaussian"),
    ("uniform", "a uniform square"),
    ("mode", "one mode"),
    ("point", "a point (Shift+click)"),
)


class StartChooser(QWidget):
    """The kind of start, and the numbers that kind has."""

    #: (scene, label)
    edited = Signal(object, str)
    gesture = Signal(bool)
    #: a sentence for the user
    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._modes = 1
        self.kind = Choice(list(STARTS), "Where the particles start. Shift+click in the picture for a point.", "Start")
        self.kind.activated.connect(self._choose)
        self.mode = QSpinBox()
        self.mode.setToolTip("Which mode the particles start in")
        self.mode.setAccessibleName("Mode to start in")
        self.mode.setPrefix("no. ")
        sized(self.mode, lambda w: w.setFixedWidth(px(78)))
        self.mode.setMinimum(1)
        self.mode.valueChanged.connect(self._choose_mode)
        self.mode.lineEdit().returnPressed.connect(self.mode.clearFocus)
        row = QHBoxLayout()
        label = QLabel("start")
        label.setObjectName("muted")
        row.addWidget(label)
        row.addWidget(self.kind, 1)
        row.addWidget(self.mode)
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(6)
        self._body.addLayout(row)
        self.forms = Forms()
        self.forms.edited.connect(self._change)
        self.forms.gesture.connect(self.gesture)
        self.forms.problem.connect(self.problem)
        self.forms.hide()
        self._body.addWidget(self.forms)
        self.gap = muted()
        self.gap.hide()
        self._body.addWidget(self.gap)

    def take(self, scene: Scene) -> None:
        """Edits start from this scene."""
        self._scene = scene

    def show_scene(self, scene: Scene) -> None:
        """Follows the scene."""
        self._scene = scene
        start, d = scene.particles.start, scene.target.d
        self.kind.show_value("default" if start is None else start.kind)
        known = scene.target.known
        self.kind.allow("mode", known, "There is no target with modes to start in")
        self.kind.allow("target", known, "There is no target to draw from")
        index = getattr(start, "index", None)
        self.mode.setVisible(index is not None)
        self.mode.blockSignals(True)
        self.mode.setMaximum(scene.target.components or max(self._modes, (index or 0) + 1))
        self.mode.setValue((index or 0) + 1)
        self.mode.blockSignals(False)
        self.forms.setVisible(start is not None)
        if start is not None:
            self.forms.show_part(start, d)

    def show_modes(self, count: int) -> None:
        """How many modes a density without components was found to have."""
        if count != self._modes:
            self._modes = count
            if self._scene is not None:
                self.show_scene(self._scene)

    def show_gap(self, nats: float | None) -> None:
        """Says how far the prior is from p at the end of time, where that is worth a word."""
        told = nats is not None and nats >= _WORTH_A_WORD
        self.gap.setVisible(told)
        if told:
            self.gap.setText(
                f"The prior is {nats:.2g} nats from p at t_max, KL(p ‖ prior). More noise at t_max brings it nearer."
            )

    def _put(self, start: Any, label: str) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(particles=self._scene.particles.with_(start=start)), label)

    def _change(self, field: str, value: object) -> None:
        if self._scene is not None and self._scene.particles.start is not None:
            self._put(self._scene.particles.start.changed(field, value), "change the start")

    def _choose(self) -> None:
        if self._scene is None:
            return
        kind = self.kind.value
        start: Any = None if kind == "default" else {"kind": kind}
        if kind == "point":
            start = {"kind": "point", "at": tuple((a + b) / 2 for a, b in self._scene.target.extent(0.0))}
        self._put(start, "choose a start")

    def _choose_mode(self, number: int) -> None:
        self._put({"kind": "mode", "index": number - 1}, "choose a mode")
