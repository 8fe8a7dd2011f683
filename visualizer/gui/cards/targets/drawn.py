"""A density to paint: brush and eraser, or an image."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.canvas.brush import Brush
from visualizer.gui.cards.targets.base import FORMS, TargetForm
from visualizer.gui.document.asking import ask_to_open
from visualizer.gui.document.images import IMAGE_SUFFIXES, image_target
from visualizer.gui.document.store import IMAGE_TAKEN
from visualizer.gui.jobs import run_in_background
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import muted
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene
from visualizer.scene.painting import empty_sheet
from visualizer.scene.targets.drawn import DrawnTarget

_FILTER = "Images (" + " ".join(f"*{s}" for s in IMAGE_SUFFIXES) + ")"


@FORMS.add
class DrawnForm(TargetForm):
    """Brush, eraser, their width; an image."""

    kind = "drawn"
    #: a `Brush`, or None while the mouse moves the view
    brush_changed = Signal(object)

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(player, parent)
        self.paint, self.erase = QPushButton("Paint"), QPushButton("Erase")
        self.paint.setToolTip("Drag in the picture to add density; click here again to move the view instead")
        self.erase.setToolTip("Drag in the picture to take density away")
        for button, other in ((self.paint, self.erase), (self.erase, self.paint)):
            button.setCheckable(True)
            button.clicked.connect(lambda _, other=other: self._chosen(other))
        self.radius = NumberSlider("brush radius", Range(0.05, 3.0, log=True), "Two standard deviations of the brush")
        self.radius.show_value(0.4)
        self.radius.edited.connect(self._resized)
        self.image, self.fresh = QPushButton("Image…"), QPushButton("Start anew")
        self.image.setToolTip("The brightness of an image as a density. Or drop one on the window")
        self.fresh.setToolTip("An empty sheet: its dab goes with your first stroke")
        self.image.clicked.connect(self.ask)
        self.fresh.clicked.connect(lambda: self._request(empty_sheet, "draw anew"))
        self.note = muted("Press Paint, then drag in the picture; Esc puts the brush away. Ctrl+Z takes a stroke back.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for pair in ((self.paint, self.erase), (self.image, self.fresh)):
            row = QHBoxLayout()
            row.setSpacing(6)
            for button in pair:
                row.addWidget(button)
            layout.addLayout(row)
        layout.insertWidget(1, self.radius)
        layout.addWidget(self.note)

    @property
    def brush(self) -> Brush | None:
        """What the mouse paints with now."""
        if not (self.paint.isChecked() or self.erase.isChecked()):
            return None
        return Brush(self.radius.value, self.erase.isChecked())

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """There is nothing to follow: what is painted stands in the picture."""

    def leave(self) -> None:
        """There is nothing to paint on any more."""
        if self.brush is not None:
            self.put_down()

    def put_down(self) -> None:
        """The mouse moves the view again."""
        for button in (self.paint, self.erase):
            button.setChecked(False)
        self.brush_changed.emit(None)

    def _chosen(self, other: QPushButton) -> None:
        other.setChecked(False)
        self.brush_changed.emit(self.brush)

    def _resized(self, value: float) -> None:
        self.radius.show_value(value)
        self.brush_changed.emit(self.brush)

    def ask(self) -> None:
        """Asks for an image."""
        name = ask_to_open(self, "Open an image", _FILTER)
        if name:
            self.load(name)

    def load(self, name: str) -> None:
        """The image in a file as a density."""
        self._request(lambda: image_target(name), IMAGE_TAKEN)

    def _request(self, work: Callable[[], DrawnTarget], label: str) -> None:
        run_in_background(
            self,
            work,
            lambda target: self.made.emit(target, label),
            lambda error: self.refused.emit(f"This image cannot be used; what was there is kept. {error}"),
        )
