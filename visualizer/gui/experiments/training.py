"""Training a network while the window's picture follows it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from visualizer.engine.host.talk import SHELF, Errand
from visualizer.gui.canvas.base import name_axis
from visualizer.gui.desk import Desk
from visualizer.gui.document.asking import ask_to_save
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.sizes import ANY, factor, px, sized
from visualizer.gui.widgets.form import Form
from visualizer.scene.field import LearnedField
from visualizer.scene.files import problems
from visualizer.scene.layers import layer_names
from visualizer.scene.model import SOURCES, Scene
from visualizer.scene.networks import NETWORKS
from visualizer.scene.processes.linear import Linear
from visualizer.scene.samplers.langevin import LangevinSampler
from visualizer.scene.samplers.strokes import StrokesSampler
from visualizer.scene.training import TrainingPart

_FORM_WIDTH = 270
#: The loss is drawn as its mean over this share of the steps so far.
_SMOOTHED = 0.01


@EXPERIMENTS.add
class Training(Experiment):
    """What to train and how, on the left; the loss and the error against the truth, on the right."""

    kind, order = "training", 20
    action = Action("Train a network…", ("Ctrl+T",), "Learn the score of the target and watch it")
    begins, alone, docks = False, True, True
    heading = "Train a network"
    explanation = (
        "The network sees samples of the target, never its density or score. Its error is held against the exact ones, "
        "which only this program knows. The picture follows the network while it learns."
    )
    start_text = "Train"
    cancel_text = "Stop"

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        t = self.theme
        self.resize(700, 560)
        self._name = ""
        self._paused = 0.0
        self.form = Form(TrainingPart, headed=True)
        self.form.edited.connect(self._changed)
        self.form.gesture.connect(desk.gesture)
        self._instead = ""  # what runs in the place of a sampler that a network cannot serve
        self.begin_here = QPushButton("Begin at this target")
        self.begin_here.setToolTip("The target of now becomes what the network begins at; then choose another target")
        self.begin_here.clicked.connect(self._begin_here)
        self._lay_out_form()
        self.loss = self.plot(0, 0, "loss", "")
        self.error = self.plot(1, 0, "E σ²|s<sub>θ</sub> − s|²", "step")
        self.error.setLogMode(x=False, y=True)
        self.loss.legend.hide()
        self.error.legend.hide()
        self.curves = {
            "loss": self.curve(self.loss, "loss", t.particles),
            "floor": self.curve(self.loss, "least", t.density, dash=True),
            "error": self.curve(self.error, "error", t.error, dots=True),
        }
        self.pause = QPushButton("Pause")
        self.pause.setEnabled(False)
        self.pause.clicked.connect(self._toggle_pause)
        self.save = QPushButton("Save network…")
        self.save.setEnabled(False)
        self.save.clicked.connect(self._ask_where)
        self.buttons.insertWidget(1, self.save)
        self.buttons.insertWidget(2, self.pause)
        self.status.setText("Choose what to train, then press Train.")

    def _lay_out_form(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 10, 0)
        column.addWidget(self.form)
        column.addWidget(self.begin_here)
        column.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName("Settings of the training")
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area = area
        self.middle.insertWidget(0, area, 4)
        self.middle.setStretch(1, 5)
        sized(self, Training.refit)
        self.follow(self.desk.shown)

    def lay_out_for(self, narrow: bool) -> None:
        """The settings beside the curves, or above them."""
        super().lay_out_for(narrow)
        directions = QBoxLayout.Direction
        self.middle.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self.area.setMinimumWidth(0 if narrow else px(_FORM_WIDTH))
        self.area.setMaximumWidth(ANY if narrow else px(_FORM_WIDTH))

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        return "" if scene.target.known else "There is no target to learn: choose one first."

    def done(self, result: int) -> None:
        """The network stays in charge, which is easily overlooked."""
        super().done(result)
        if self.desk.shown.field.kind == "learned":
            told = "The run follows the network; the card “Score that is followed” has the exact score."
            self.desk.banner.news(f"{told} {self._instead}".strip())

    def follow(self, scene: Scene) -> None:
        self._show(scene.training)

    def _show(self, part: TrainingPart) -> None:
        self.form.show_part(part)
        source, sourced = self.desk.shown.source, part.applies("source")
        for name in self.form.fields:
            self.form.show_field(name, part.applies(name) and not (name == "source" and source is not None))
        self.begin_here.setVisible(sourced)
        self.begin_here.setText("Begin at noise again" if source is not None else "Begin at this target")

    def _begin_here(self) -> None:
        """The target becomes the source, or the source goes."""
        shown = self.desk.shown
        if shown.source is not None:
            self.desk.edit_picture(shown.with_(source=None), "begin at noise")
            self.status.setText("The network will begin at what stands under *Begins at*.")
        elif shown.target.kind not in SOURCES:
            self.status.setText("Only a mixture, a shape or a formula can be what a network begins at.")
        else:
            self.desk.edit_picture(shown.with_(source=shown.target), "begin at this target")
            self.status.setText(f"The network will begin at {shown.target.called}. Now choose where it is to end.")
        self._show(self.desk.shown.training)

    def _changed(self, name: str, value: object) -> None:
        shown = self.desk.shown
        before = shown.training
        part = before.changed(name, value)
        along = [n for n in self.form.fields if n != name and getattr(part, n) != getattr(before, n)]
        if along:
            names = " and ".join(self.form.name(n) for n in along)
            self.status.setText(f"{names} changed, too: the others do not go with this choice.")
        changes: dict[str, Any] = {"training": part}
        if part.coupling != "independent" and shown.process.kind != "linear":
            changes["process"] = Linear()
            self.status.setText("The process is the linear one now, whose ways from data to noise are straight.")
        try:
            scene = shown.with_(**changes)
        except ValidationError as error:  # what does not go with the target: a shape in the plane for one on the line
            self.status.setText(f"{self.form.name(name)}: {problems(error)[0].expected}.")
            self._show(before)
            return
        self.desk.edit_picture(scene, f"change {self.form.name(name)}")
        self._show(part)

    # training

    def work(self) -> Errand:
        self._name = ""
        return Errand("visualizer.engine.experiments.training_process:training_on", self.desk.shown, SHELF)

    def measure(self) -> None:
        super().measure()
        self.pause.setEnabled(True)
        self.save.setEnabled(False)
        self.form.setEnabled(False)
        name_axis(self.error.getAxis("left"), self.desk.shown.training.error, self.theme, factor())

    def draw(self, value: Any) -> tuple[float, str]:
        state, name = value, value.name
        if name != self._name:
            self._name = name
            self._began = time.monotonic()  # what came before was the import of torch's optimisers
            self.save.setEnabled(True)
            self._follow_network(name)
        self.desk.cards.field.refresh()
        n = len(state.losses)
        if n:
            window = max(1, round(_SMOOTHED * n))
            kept = state.losses[: n // window * window].reshape(-1, window).mean(1)
            self.curves["loss"].setData((np.arange(len(kept)) + 0.5) * window, kept)
        if state.floor is not None and n:  # nothing that learns can have less
            self.curves["floor"].setData([0, n], [state.floor] * 2)
        steps, errors = np.array(state.errors).T
        self.curves["error"].setData(steps, np.maximum(errors, 1e-12))
        rate = state.step / max(1e-3, time.monotonic() - self._began)
        return state.step / state.steps, (
            f"Step {state.step:,} of {state.steps:,}, {rate:.0f} steps/s. Error {errors[-1]:.3g}."
        )

    def _follow_network(self, name: str) -> None:
        """A network begins to learn: the picture follows it."""
        scene = self.desk.shown
        changes: dict[str, Any] = {"field": LearnedField(file=name)}
        needy = scene.sampler.needs_log_prob and not NETWORKS[scene.training.network].has_log_prob
        flows = scene.training.coupling != "independent" and not scene.sampler.follows_flow
        draws = NETWORKS[scene.training.network].draws and scene.sampler.kind != "strokes"
        if needy:
            changes["sampler"] = LangevinSampler()
        elif flows or draws:
            changes["sampler"] = StrokesSampler()
        drawn = scene.layers.of(scene.target.d)
        more = [
            s for s in NETWORKS[scene.training.network].shows if s in layer_names(scene.target.d) and s not in drawn
        ]
        if more:
            kept = [name for name in layer_names(scene.target.d) if name in (*drawn, *more)]
            changes["layers"] = scene.layers.with_(**{"plane" if scene.target.d == 2 else "line": kept})
        self.desk.edit_picture(scene.with_(**changes), "follow the network")
        self._instead = ""
        if needy:
            self._instead = f"A network has no log p, which {scene.sampler.short_name} needs: Langevin runs instead."
        elif flows:
            self._instead = "The network learns a flow, and no score: its strokes are shown instead."
        if self._instead:
            self.desk.banner.news(self._instead)

    def _toggle_pause(self) -> None:
        paused = not self.runner.paused
        self.runner.pause(paused)
        self.pause.setText("Go on" if paused else "Pause")
        if paused:
            self._paused = time.monotonic()
            self.status.setText(f"Paused. {self._said}")
        else:
            self._began += time.monotonic() - self._paused

    def _rest(self) -> None:
        super()._rest()
        self.pause.setEnabled(False)
        self.pause.setText("Pause")
        self.form.setEnabled(True)

    def _cancelled(self, text: str) -> str:
        return f"Stopped; the network stays as it is. {text}"

    # saving

    def _ask_where(self) -> None:
        path = ask_to_save(self, "Save the network", "net.safetensors", "*.safetensors", ".safetensors")
        if path is not None:
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """Writes the network, as the scene looks at it."""
        field = self.desk.shown.field
        looked_at = field.kind == "learned" and field.file == self._name
        wanted = field if field.kind == "learned" and looked_at else LearnedField(file=self._name)

        def failed(error: Exception) -> None:
            reason = getattr(error, "strerror", None) or str(error)
            self.status.setText(f"{path} could not be written ({reason}). Choose another folder.")

        errand = Errand("visualizer.engine.run.nets:save_one", wanted, path, SHELF)
        self.desk.player.ask(self, errand, lambda _: self.status.setText(f"Saved to {path}"), failed)
