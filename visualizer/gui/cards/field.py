"""Whose score the sampler follows: the target's own or a network's."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from visualizer.engine.findings.net_facts import NetFacts
from visualizer.engine.host.talk import SHELF, Errand
from visualizer.engine.palette import Theme
from visualizer.gui.document.asking import ask_to_open
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import Card, Choice, muted
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.gui.words.names import net_name
from visualizer.scene.errors import SceneError
from visualizer.scene.field import ExactField, LearnedField
from visualizer.scene.model import Scene

_MOST_CLASSES = 32
_FILTER = "Networks (*.safetensors *.onnx)"


class FieldCard(Card):
    """Exact or learned, what the network is, and its checkpoints to slide through."""

    #: the user wants to train, or to judge what is followed
    train_wanted = Signal()
    judge_wanted = Signal()
    #: whether what is followed knows log p
    log_prob_known = Signal(bool)

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__("Score that is followed", parent)
        self._player = player
        #: every network followed so far, the newest last
        self._known: list[LearnedField] = []
        self._asked: LearnedField | None = None
        self._facts: NetFacts | None = None
        self.kind = Choice([("exact", "Exact: the target's own")], "Whose score moves the particles", "Score")
        self.kind.activated.connect(self._choose)
        self.words = muted()
        as_it_was = "The network as it was while it learned"
        self.checkpoint = NumberSlider("after step", Range(0, 1, integer=True), as_it_was)
        self.checkpoint.edited.connect(self._choose_checkpoint)
        self.checkpoint.gesture.connect(self.gesture)
        self.train = QPushButton("Train…")
        self.train.setToolTip("Train a network on the target and watch it learn (Ctrl+T)")
        self.train.clicked.connect(self.train_wanted)
        self.load = QPushButton("Load…")
        self.load.setToolTip("Follow a network from a file")
        self.load.clicked.connect(self._ask_for_file)
        self.judge = QPushButton("Judge…")
        self.judge.setToolTip("Errors over t, distances of samples, likelihood: the network against the truth (J)")
        self.judge.clicked.connect(self.judge_wanted)
        self.guidance = Choice([("", "No guidance")], "Push the score further, towards a class", "Guidance")
        self.guidance.activated.connect(self._choose_guidance)
        tip = "s + w (s_y − s): 0 no guidance, 1 the class alone, above 1 more than that"
        self._learned = False
        self.weight = NumberSlider("guidance weight w", Range(0.0, 8.0, digits=2), tip)
        self.weight.edited.connect(self._choose_weight)
        self.weight.gesture.connect(self.gesture)
        row = QHBoxLayout()
        for button in (self.train, self.load, self.judge):
            row.addWidget(button)
        for widget in (self.kind, self.words, self.checkpoint, self.guidance, self.weight):
            self.body.addWidget(widget)
        self.body.addLayout(row)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene = scene
        self._show(scene)

    def _show(self, scene: Scene) -> None:
        field = scene.field
        self.summary.show_text(net_name(field.file) if field.kind == "learned" else "exact")
        learned = field.kind == "learned"
        if learned and not self._learned:  # what is followed now has controls of its own
            self.fold(False)
        self._learned = learned
        if field.kind == "learned":
            self._remember(field)
            if self._asked is None or field.file != self._asked.file:
                self._ask_for_facts(field)
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem("Exact: the target's own", "exact")
        for known in self._known:
            self.kind.addItem(f"Learned: {net_name(known.file)}", known.file)
        self.kind.blockSignals(False)
        self.kind.show_value(field.file if field.kind == "learned" else "exact")
        self._show_guidance(scene)
        self.judge.setVisible(learned)
        self.words.setVisible(learned)
        self._show_words()
        self._show_checkpoints()
        if not learned:
            self.log_prob_known.emit(True)
        elif self._facts is not None:
            self.log_prob_known.emit(self._facts.has_log_prob)

    @property
    def has_log_prob(self) -> bool:
        """Whether what is followed is known to have a log p."""
        if self._scene is None or self._scene.field.kind == "exact":
            return True
        return self._facts is not None and self._facts.has_log_prob

    def _remember(self, field: LearnedField) -> None:
        for i, known in enumerate(self._known):
            if known.file == field.file:
                self._known[i] = field
                return
        self._known.append(field)

    def _show_guidance(self, scene: Scene) -> None:
        g, labels = scene.guidance, sorted(set(scene.target.labels))
        self.guidance.blockSignals(True)
        self.guidance.clear()
        self.guidance.addItem("No guidance", "")
        for label in labels[:_MOST_CLASSES]:
            members = [str(k + 1) for k, other in enumerate(scene.target.labels) if other == label]
            self.guidance.addItem(f"Towards component {', '.join(members[:6])}", str(label))
        if g.file:
            self.guidance.addItem(f"Away from {net_name(g.file)}", "auto")
        self.guidance.addItem("Away from a worse network…", "ask")
        self.guidance.blockSignals(False)
        self.guidance.show_value({"none": "", "auto": "auto"}.get(g.kind, str(g.label)))
        self.weight.setVisible(g.kind != "none")
        self.weight.show_value(g.weight)

    def _choose_guidance(self) -> None:
        if self._scene is None:
            return
        value, g = self.guidance.value, self._scene.guidance
        if value == "ask":
            self._show_guidance(self._scene)
            name = ask_to_open(self, "Push away from a network", _FILTER)
            if name:
                self.push_away_from(name)
            return
        if value.isdigit():
            changed = g.with_(kind="class", label=int(value))
        else:
            changed = g.with_(kind="auto" if value == "auto" else "none")
        layers = self._scene.layers
        name = "plane" if self._scene.target.d == 2 else "line"
        if value and "tilted" not in getattr(layers, name):  # what guidance aims at is to be seen beside what comes
            layers = layers.with_(**{name: (*getattr(layers, name), "tilted")})
        self.edited.emit(self._scene.with_(guidance=changed, layers=layers), "choose guidance")

    def push_away_from(self, name: str) -> None:
        """Autoguidance by the network in a file, if it is one; else says why not and changes nothing."""

        def pushed(scene: Scene) -> Scene:
            return scene.with_(guidance=scene.guidance.with_(kind="auto", file=name))

        self._edit_if_fits(name, pushed, "push away from a network")

    def _fits(self, name: str, facts: NetFacts, scene: Scene) -> bool:
        """Whether the scene can follow it; says why not."""
        if facts.d != scene.target.d:
            self.problem.emit(f"{name} is for {facts.d} dimension(s); press D to turn the target into that.")
            return False
        if scene.sampler.needs_log_prob and not facts.has_log_prob:
            self.problem.emit(f"{name} has no log p. Choose a sampler that needs only the score first.")
            return False
        return True

    def _look_at(self, name: str, done: Callable[[NetFacts], None]) -> None:
        """Reads a network in the background; what is none is told of and changes nothing."""
        field = LearnedField(file=name)

        def failed(error: Exception) -> None:
            said = error.sentence if isinstance(error, SceneError) else str(error)
            self.problem.emit(f"{net_name(name)}: {said} The score that was followed is kept.")

        self._describe(field, done, failed)

    def _describe(
        self, field: LearnedField, done: Callable[[NetFacts], None], failed: Callable[[Exception], None]
    ) -> None:
        errand = Errand("visualizer.engine.run.nets:describe", field, SHELF)
        self._player.ask(self, errand, done, failed)

    def _choose_weight(self, weight: float) -> None:
        if self._scene is not None:
            guidance = self._scene.guidance.with_(weight=weight)
            self.edited.emit(self._scene.with_(guidance=guidance), "change the guidance weight")

    def refresh(self) -> None:
        """A training has gone on: there may be more checkpoints."""
        if self._scene is not None and self._scene.field.kind == "learned":
            self._ask_for_facts(self._scene.field)

    def _ask_for_facts(self, field: LearnedField) -> None:
        self._asked = field

        def done(facts: NetFacts) -> None:
            if self._asked is field:
                self._facts = facts
                self._show_words()
                self._show_checkpoints()
                self.log_prob_known.emit(facts.has_log_prob)

        def failed(error: Exception) -> None:
            if self._asked is field:
                self._facts = None
                self.words.setText(f"This network cannot be followed: {error}")

        self._describe(field, done, failed)

    def _show_words(self) -> None:
        if self._facts is None or self._scene is None:
            return
        ratio = self._facts.one_ratio
        warning = ""
        if ratio is not None and not self._scene.sampler.endless:
            warning = f" It knows σ/α = {ratio:.2g} alone, and this sampler asks at all levels: choose Langevin there."
        self.words.setText(self._facts.words + warning)

    def _show_checkpoints(self) -> None:
        field = None if self._scene is None else self._scene.field
        steps = self._facts.checkpoints if self._facts is not None else ()
        self.checkpoint.setVisible(field is not None and field.kind == "learned" and len(steps) > 1)
        if field is not None and field.kind == "learned" and len(steps) > 1:
            self.checkpoint.set_range(Range(0, steps[-1], integer=True))
            self.checkpoint.show_value(steps[-1] if field.checkpoint is None else field.checkpoint)

    def _choose(self) -> None:
        if self._scene is None:
            return
        known = next((f for f in self._known if f.file == self.kind.value), None)
        if known is None and not self._scene.target.known:
            self.problem.emit("There is no target whose score could be followed: choose one first.")
            self._show(self._scene)
            return
        label = "follow the exact score" if known is None else "follow the network"
        self.edited.emit(self._scene.with_(field=known or ExactField()), label)

    def _choose_checkpoint(self, step: float) -> None:
        if self._scene is None or self._scene.field.kind != "learned" or self._facts is None:
            return
        last = self._facts.checkpoints[-1]
        checkpoint = None if step >= last else int(step)
        self.edited.emit(
            self._scene.with_(field=self._scene.field.with_(checkpoint=checkpoint)), "look at a checkpoint"
        )

    def _ask_for_file(self) -> None:
        name = ask_to_open(self, "Follow a network", _FILTER)
        if name:
            self.load_file(name)

    def load_file(self, name: str) -> None:
        """Follows the network in a file, if it is one; else says why not and changes nothing."""
        self._edit_if_fits(name, lambda scene: scene.with_(field=LearnedField(file=name)), "follow a network")

    def _edit_if_fits(self, name: str, change: Callable[[Scene], Scene], label: str) -> None:
        def done(facts: NetFacts) -> None:
            scene = self._scene
            if scene is not None and self._fits(name, facts, scene):
                self.edited.emit(change(scene), label)

        self._look_at(name, done)
