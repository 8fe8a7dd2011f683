"""What forms for targets share, their register, and the form of kinds that bring none of their own."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.jobs import Newest
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.form import Forms
from visualizer.register import Register
from visualizer.scene.errors import SceneError
from visualizer.scene.files import problems
from visualizer.scene.model import Scene
from visualizer.scene.targets import TargetPart


class TargetForm(QWidget):
    """The controls of one kind of target."""

    kind: ClassVar[str]
    #: (scene, label): an edit of the same target, by hand
    edited = Signal(object, str)
    #: (target, label): another target
    made = Signal(object, str)
    #: True when a slider is taken, False when it is let go
    gesture = Signal(bool)
    #: a component, or -1
    select = Signal(int)
    #: a sentence for the user: on what went wrong, or on what was done
    problem = Signal(str)
    news = Signal(str)
    #: a request was refused; what was there is kept
    refused = Signal(str)

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene, whose target is of this kind."""
        raise NotImplementedError

    def begin(self) -> None:
        """The user has chosen this kind, and its first target is there."""

    def ask(self) -> None:
        """The user has chosen this kind, which begins with a file: asks for one."""

    def leave(self) -> None:
        """The target is of another kind now."""


FORMS: Register[type[TargetForm]] = Register("visualizer.gui.cards.targets", "form")


class PlainForm(TargetForm):
    """What the fields of a target say of themselves: sliders, choices, numbers. Changes are made in the background."""

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(player, parent)
        self._target: TargetPart | None = None
        self._newest = Newest(self)
        self.forms = Forms()
        self.forms.edited.connect(self._change)
        self.forms.gesture.connect(self.gesture)
        self.forms.problem.connect(self.problem)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.forms)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        self._target = scene.target
        self.forms.show_part(scene.target, scene.target.d)

    def _change(self, field: str, value: object) -> None:
        target = self._target
        if target is None:
            return

        def work() -> TargetPart:
            made = target.changed(field, value)
            made.extent()  # remembered: whoever asks next has it at once
            return made

        def failed(error: Exception) -> None:
            if isinstance(error, ValidationError | SceneError):
                said = problems(error)[0].expected if isinstance(error, ValidationError) else error.sentence
                self.problem.emit(f"{self.forms.shown.name(field)}: {said}. The old numbers are kept.")
                self.forms.show_part(target, target.d)
            else:
                raise error

        self._newest.run(work, lambda made: self.made.emit(made, f"change {self.forms.shown.name(field)}"), failed)


def make_form(kind: str, player: Player) -> TargetForm:
    """The form of a kind of target."""
    return FORMS[kind](player) if kind in FORMS else PlainForm(player)
