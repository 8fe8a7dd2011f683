"""A shape to choose, with what it can be changed in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.cards.targets.base import FORMS, TargetForm
from visualizer.gui.cards.targets.formula import density_tex
from visualizer.gui.jobs import Newest
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import Choice, muted
from visualizer.gui.widgets.math import MathLabel
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene import formula
from visualizer.scene.model import Scene
from visualizer.scene.shapes import SHAPES
from visualizer.scene.targets.shape import ShapeTarget

_DEFAULT_DIMENSION = 100
#: Longer formulas say nothing at a glance.
_SHORT = 45
#: How it is written where the program's own formula minds what is outside the domain.
_WRITTEN = {"norm": "(d - 1)*log(x) - x^2/2"}


@FORMS.add
class ShapeForm(TargetForm):
    """Its name, the width of its lines, and the dimension of `norm`."""

    kind = "shape"

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(player, parent)
        self._target: ShapeTarget | None = None
        self._newest = Newest(self)
        options = [(name, shape.title) for name, shape in SHAPES.items()]
        self.name = Choice(options, "Densities that papers on samplers and flows show", "Shape")
        self.name.activated.connect(self._chosen)
        self.noise = NumberSlider("width σ₀", Range(0.03, 2.0, log=True), "Standard deviation around lines or points")
        self.dimension = NumberSlider(
            "dimension d", Range(2, 10_000, log=True, integer=True), "The length ‖x‖ of x ~ N(0, I) in d dimensions"
        )
        self.typeset = MathLabel()
        self.source = muted()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.name, self.noise, self.dimension, self.typeset, self.source):
            layout.addWidget(widget)
        for slider, field in ((self.noise, "noise"), (self.dimension, "dimension")):
            slider.edited.connect(lambda value, field=field: self._slid(field, value))
            slider.gesture.connect(self.gesture)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        target = scene.target
        assert isinstance(target, ShapeTarget)  # the card shows each target in the form of its kind
        self._target = target
        self.name.show_value(target.name)
        curve = target.curve
        self.noise.setVisible(curve is not None)
        if curve is not None:
            self.noise.show_value(curve.std)
        self.dimension.setVisible(target.name == "norm")
        self.dimension.show_value(target.dimension or _DEFAULT_DIMENSION)
        shape = SHAPES[target.name]
        written = _WRITTEN.get(target.name, shape.formula)
        short = written is not None and len(written) <= _SHORT
        self.typeset.setVisible(short)
        if written is not None and short:
            self.typeset.show_tex(density_tex(formula.parse(written)), t.text, 15.0)
        self.source.setText(f"After {shape.source}.")

    def _chosen(self) -> None:
        name = self.name.value
        self._request(lambda: ShapeTarget(name=name), f"choose {SHAPES[name].title}")

    def _slid(self, field: str, value: float) -> None:
        target = self._target
        if target is not None:
            number = round(value) if field == "dimension" else value
            self._request(lambda: target.with_(**{field: number}), "change the shape")

    def _request(self, make: Callable[[], ShapeTarget], label: str) -> None:
        """Makes the target in the background, where its box is looked for; the newest request wins."""

        def work() -> ShapeTarget:
            target = make()
            _ = target.support  # remembered: whoever asks next has it at once
            return target

        self._newest.run(work, lambda target: self.made.emit(target, label))
