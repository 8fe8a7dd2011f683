"""The target: what kind of density it is, and the controls of that kind."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.cards.targets import TargetForm, make_form
from visualizer.gui.cards.targets.data import DataForm
from visualizer.gui.cards.targets.drawn import DrawnForm
from visualizer.gui.cards.targets.mixture import MixtureForm
from visualizer.gui.jobs import run_in_background
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import Card, Choice
from visualizer.scene.compare import another_target
from visualizer.scene.model import Scene
from visualizer.scene.targets import TARGETS, TargetPart

_STILL_FOLLOWED = "The network that is followed has learned another target. For this one's own score choose Exact."
_LEFT = "The network is for another number of dimensions: the exact score is followed now. Ctrl+Z brings it back."
F = TypeVar("F", bound=TargetForm)


class TargetCard(Card):
    """The kind of target, and its form."""

    select = Signal(int)

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__("Target p(x)", parent)
        # The last target of each kind, so that going back to one loses nothing.
        self._known: dict[str, TargetPart] = {}
        self.kind = Choice(TARGETS.titles(), "What kind of density the particles are to follow", "Kind of target")
        self.kind.activated.connect(self._choose)
        self.body.addWidget(self.kind)
        self._player = player
        self.forms: dict[str, TargetForm] = {}
        for kind in TARGETS:
            self._add_form(kind)
        self.mixture, self.data, self.drawn = self._form(MixtureForm), self._form(DataForm), self._form(DrawnForm)

    def _add_form(self, kind: str) -> None:
        form = self.forms[kind] = make_form(kind, self._player)
        self.body.addWidget(form)
        form.edited.connect(self.edited)
        form.made.connect(self.adopt)
        form.gesture.connect(self.gesture)
        form.select.connect(self.select)
        form.problem.connect(self.problem)
        form.news.connect(self.news)
        form.refused.connect(self._refused)

    def show_kinds(self) -> None:
        """Follows the register."""
        self.kind.fill(TARGETS.titles())
        for kind in TARGETS:
            if kind not in self.forms:
                self._add_form(kind)
        self._known = {kind: part for kind, part in self._known.items() if type(part) is TARGETS.get(kind)}

    def choose(self, kind: str) -> None:
        """Takes a kind of target, as from the list."""
        self.kind.show_value(kind)
        self._choose()

    def _form(self, made: type[F]) -> F:
        """The form of that class: commands of the window act on some of them."""
        return next(form for form in self.forms.values() if isinstance(form, made))

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene = scene
        target = scene.target
        self.summary.show_text(target.called)
        self._known[target.kind] = target
        self.kind.show_value(target.kind)
        alone = all(p.field.kind == "learned" and p.guidance.kind != "class" for p in scene.resolved_panels())
        for kind in TARGETS:
            allowed = alone or TARGETS[kind].known
            self.kind.allow(kind, allowed, "Only a network can be followed without a target, and not towards a class")
        for kind, form in self.forms.items():
            form.setVisible(target.kind == kind)
            if target.kind != kind:
                form.leave()
        self.forms[target.kind].show_scene(scene, t)

    def adopt(self, target: TargetPart, label: str) -> None:
        """Makes another target that of the scene."""
        scene = self._scene
        if scene is None or target == scene.target:
            return
        self.edited.emit(another_target(scene, target), label)
        if scene.field.kind == "learned" and target.known and target.elsewhere(scene.target):
            self.news.emit(_STILL_FOLLOWED if target.d == scene.target.d else _LEFT)

    def _refused(self, text: str) -> None:
        self.problem.emit(text)
        if self._scene is not None:
            self.kind.show_value(self._scene.target.kind)

    def _choose(self) -> None:
        scene, kind = self._scene, self.kind.value
        if scene is None or kind == scene.target.kind:
            return
        form = self.forms[kind]

        def target() -> TargetPart | None:
            return self._known[kind] if kind in self._known else TARGETS[kind].first(scene.target)

        def made(target: TargetPart | None) -> None:
            if target is None:
                self.kind.show_value(scene.target.kind)  # until there is a file
                form.ask()
            else:
                self.adopt(target, "choose another kind of target")
                form.begin()

        run_in_background(self, target, made)
