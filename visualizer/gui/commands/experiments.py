"""Experiments in dialogs of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

from visualizer.gui.experiments.base import Experiment
from visualizer.gui.experiments.judging import JudgingDialog
from visualizer.gui.experiments.mixtures import MixturesDialog
from visualizer.gui.experiments.passages import PassagesDialog
from visualizer.gui.experiments.tradeoff import TradeoffDialog
from visualizer.gui.experiments.training import TrainingDialog
from visualizer.gui.jobs import run_in_background
from visualizer.scene.errors import SceneError
from visualizer.scene.field import LearnedField, TrainingPart
from visualizer.scene.model import Scene
from visualizer.scene.networks import NETWORKS
from visualizer.scene.samplers.langevin import LangevinSampler
from visualizer.scene.targets.data import DataTarget
from visualizer.scene.targets.mixture import MixtureTarget

if TYPE_CHECKING:
    from visualizer.gui.window import MainWindow

from visualizer.gui.commands.base import Group


class ExperimentCommands(Group):
    """Experiments in dialogs of their own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._experiments: list[Experiment] = []
        self._training: TrainingDialog | None = None

    def stop_experiments(self) -> None:
        """The window closes."""
        for experiment in [*self._experiments, *([self._training] if self._training is not None else [])]:
            experiment.reject()

    def measure_tradeoff(self) -> None:
        """Walk–jump over a range of σ; its range needs the engine, which is looked up in the background."""
        scene = self.shown()
        if not scene.target.known:
            self._w.banner.problem("There is no target to walk on: choose one first.")
            return

        def limits() -> tuple[float, float]:
            from visualizer.engine.tradeoff import default_range

            return default_range(scene)

        def show(found: tuple[float, float]) -> None:
            dialog = TradeoffDialog(scene, found, self._w._theme, self._w)
            dialog.chosen.connect(self._take_sigma)
            self._open(dialog)

        def refused(error: Exception) -> None:
            if not isinstance(error, SceneError):
                raise error
            self._w.banner.problem(error.sentence)

        run_in_background(self, limits, show, refused)

    def fit_mixtures(self) -> None:
        """Gaussian mixtures for the data set that is the target."""
        target = self.shown().target
        if isinstance(target, DataTarget):
            dialog = MixturesDialog(target, lambda: self.shown().target, self._w._theme, self._w)
            dialog.chosen.connect(self._take_mixture)
            undo = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), dialog)
            undo.activated.connect(self._w.store.undo)
            self._open(dialog)

    def _take_mixture(self, mixture: MixtureTarget, k: int) -> None:
        self._w.target.adopt(mixture, f"fit a mixture of {k}")

    def train(self) -> None:
        """The dialog that trains a network on the target."""
        if self._training is not None:
            self._training.raise_()
            return
        if not self.shown().target.known:
            self._w.banner.problem("There is no target to learn: choose one first.")
            return
        dialog = TrainingDialog(self.shown, self._w._theme, self._w)
        dialog.edited.connect(self._training_edited)
        dialog.gesture.connect(self._w._gesture)
        dialog.began.connect(self._follow_training)
        dialog.learned.connect(self._w.field.refresh)
        dialog.finished.connect(self._training_closed)
        self._training = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def _training_closed(self) -> None:
        self._training = None

    def _training_edited(self, part: TrainingPart, label: str) -> None:
        self._w._picture_edited(self.shown().with_(training=part), label)

    def _follow_training(self, name: str) -> None:
        """A network begins to learn: the picture follows it."""
        scene = self.shown()
        changes: dict[str, Any] = {"field": LearnedField(file=name)}
        needy = scene.sampler.needs_log_prob and not NETWORKS[scene.training.network].has_log_prob
        if needy:
            changes["sampler"] = LangevinSampler()
        self._w._picture_edited(scene.with_(**changes), "follow the network")
        if needy:
            said = f"A network has no log p, which {scene.sampler.short_name} needs: Langevin runs instead."
            self._w.banner.news(said)

    def judge(self) -> None:
        """The network that is followed against the truth."""
        scene = self.shown()
        if not scene.target.known:
            self._w.banner.problem("There is no target to judge the network by: choose one first.")
        elif scene.field.kind == "learned":
            self._open(JudgingDialog(scene, self._w._theme, self._w))
        else:
            self._w.banner.problem("There is no network to judge: the exact score is followed. Train one (Ctrl+T).")

    def show_scene(self, scene: Scene) -> None:
        """Dialogs that stay open follow the scene."""
        if self._training is not None:
            self._training.show_part(scene.training)
        for experiment in self._experiments:
            if isinstance(experiment, MixturesDialog):
                experiment.follow(scene.target)

    def measure_passages(self) -> None:
        """Passage times of the present picture, in 1-D."""
        scene = self.shown()
        if scene.target.d != 1:
            self._w.banner.problem("Passage times are measured in one dimension. Press D for a 1-D target.")
            return
        if not scene.target.known:
            self._w.banner.problem("There is no target with modes: choose one first.")
            return
        self._open(PassagesDialog(scene, self._w._theme, self._w))

    def _open(self, dialog: Experiment) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._experiment_closed)
        self._experiments.append(dialog)
        dialog.show()
        dialog.measure()

    def _experiment_closed(self) -> None:
        closed = self.sender()
        self._experiments = [e for e in self._experiments if e is not closed]

    def _take_sigma(self, sigma: float) -> None:
        """A σ chosen in the plot of the trade-off."""
        shown = self.shown()
        if shown.sampler.kind == "walk-jump":
            edited = shown.with_(sampler=shown.sampler.with_(sigma=sigma))
            self._w._picture_edited(edited, "take σ over")
        else:
            self._w.banner.problem("Choose Walk–jump as the sampler first; then a click takes its σ over.")
