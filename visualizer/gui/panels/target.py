"""The target: what kind of density it is, and the controls of that kind."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.jobs import run_in_background
from visualizer.gui.panels.data import DataForm
from visualizer.gui.panels.drawn import DrawnForm
from visualizer.gui.panels.formula import FormulaForm
from visualizer.gui.panels.mixture import MixtureForm
from visualizer.gui.panels.shape import ShapeForm
from visualizer.gui.widgets.card import Card, Choice, muted
from visualizer.scene.compare import another_target, elsewhere
from visualizer.scene.data_target import DataTarget
from visualizer.scene.grid_target import FormulaTarget, ShapeTarget
from visualizer.scene.model import Scene
from visualizer.scene.painting import first_drawing
from visualizer.scene.target import MixtureTarget
from visualizer.scene.targets import Target
from visualizer.scene.unknown import UnknownTarget

_KINDS = [
    ("mixture", "Gaussian mixture"),
    ("formula", "Formula for log p"),
    ("shape", "Shape"),
    ("data", "Data set"),
    ("drawn", "Drawing or image"),
    ("unknown", "None: the network alone"),
]
_UNKNOWN = "The network's score is all there is: no density, no diagnostics, nothing to hold it against."
_STILL_FOLLOWED = "The network that is followed has learned another target. For this one's own score choose Exact."
_LEFT = "The network is for another number of dimensions: the exact score is followed now. Ctrl+Z brings it back."
_FIRST_FORMULA = {1: "-(x^2 - 4)^2/4", 2: "-(x^2 - 4)^2/4 - y^2"}


class TargetPanel(Card):
    """The kind of target, and its form."""

    edited = Signal(object, str)
    select = Signal(int)
    #: a sentence for the user
    problem = Signal(str)
    news = Signal(str)
    #: True when a slider is taken, False when it is let go
    gesture = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Target p(x)", parent)
        self._scene: Scene | None = None
        # The last target of each kind, so that going back to one loses nothing.
        self._known: dict[str, Target] = {}
        self.kind = Choice(_KINDS, "What kind of density the particles are to follow", "Kind of target")
        self.kind.activated.connect(self._choose)
        self.mixture, self.formula, self.shape = MixtureForm(), FormulaForm(), ShapeForm()
        self.data, self.drawn = DataForm(), DrawnForm()
        self._forms: dict[str, QWidget] = {
            "mixture": self.mixture, "formula": self.formula, "shape": self.shape, "data": self.data,
            "drawn": self.drawn, "unknown": muted(_UNKNOWN),
        }  # fmt: skip
        self.mixture.edited.connect(self.edited)
        self.mixture.select.connect(self.select)
        self.mixture.problem.connect(self.problem)
        self.body.addWidget(self.kind)
        for form in self._forms.values():
            self.body.addWidget(form)
        for sliding in (self.formula, self.shape, self.data):
            sliding.made.connect(self.adopt)
            sliding.gesture.connect(self.gesture)
        self.drawn.made.connect(self.adopt)
        self.data.news.connect(self.news)
        for loading in (self.data, self.drawn):
            loading.problem.connect(self._refused)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene = scene
        target = scene.target
        self._known[target.kind] = target
        self.kind.show_value(target.kind)
        alone = all(p.field.kind == "learned" and p.guidance.kind != "class" for p in scene.resolved_panels())
        self.kind.allow("unknown", alone, "Only a network can be followed without a target, and not towards a class")
        for kind, form in self._forms.items():
            form.setVisible(target.kind == kind)
        if target.kind != "drawn" and self.drawn.brush is not None:
            self.drawn.put_down()
        if isinstance(target, MixtureTarget):
            self.mixture.show_scene(scene, target, t)
        elif isinstance(target, FormulaTarget):
            self.formula.show_target(target, t)
        elif isinstance(target, ShapeTarget):
            self.shape.show_target(target, t)
        elif isinstance(target, DataTarget):
            self.data.show_target(target)

    def adopt(self, target: Target, label: str) -> None:
        """Makes another target that of the scene."""
        scene = self._scene
        if scene is None or target == scene.target:
            return
        self.edited.emit(another_target(scene, target), label)
        if scene.field.kind == "learned" and target.kind != "unknown" and elsewhere(scene.target, target):
            self.news.emit(_STILL_FOLLOWED if target.d == scene.target.d else _LEFT)

    def _refused(self, text: str) -> None:
        self.problem.emit(text)
        if self._scene is not None:
            self.kind.show_value(self._scene.target.kind)

    def _choose(self) -> None:
        scene, kind = self._scene, self.kind.value
        if scene is None or kind == scene.target.kind:
            return
        if kind == "data" and kind not in self._known:
            self.kind.show_value(scene.target.kind)  # until there are data
            self.data.ask()
            return

        def target() -> Target:
            if kind in self._known:
                return self._known[kind]
            d = scene.target.d
            if kind == "unknown":
                widest = max(high - low for low, high in scene.target.extent(3.0))
                return UnknownTarget(dimension=2 if d == 2 else 1, scale=float(f"{widest / 6:.2g}"))
            if kind == "formula":
                return FormulaTarget(log_density=_FIRST_FORMULA[d])
            if kind == "drawn":
                return first_drawing()
            if kind == "shape":
                return ShapeTarget(name="two-moons" if d == 2 else "norm")
            return MixtureTarget.model_validate(
                {
                    "weights": [1.0],
                    "means": [[0.0] * d],
                    "covariances": [[[float(i == j) for i in range(d)] for j in range(d)]],
                }
            )

        def made(target: Target) -> None:
            self.adopt(target, "choose another kind of target")
            if kind == "formula":
                self.formula.text.setFocus()

        run_in_background(self, target, made)
