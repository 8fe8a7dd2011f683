"""Experiments in dialogs of their own."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from visualizer.engine.host.talk import Gone
from visualizer.gui.commands.base import Group
from visualizer.gui.desk import Desk
from visualizer.gui.experiments import EXPERIMENTS, Experiment
from visualizer.gui.presenting.presenter import Presenter
from visualizer.scene.errors import SceneError
from visualizer.scene.model import Scene
from visualizer.scene.samplers.strokes import StrokesSampler

#: Layers that another one would be drawn over in the same colour.
_INSTEAD = {"denoiser": ("arrows", "exact-arrows", "flow")}
#: Frames of all strokes, about.
_FRAMES = 90


class ExperimentCommands(Group):
    """Experiments in dialogs of their own."""

    def __init__(self, desk: Desk, presenter: Presenter) -> None:
        super().__init__(desk, presenter)
        self.experiments: list[Experiment] = []

    def stop_experiments(self) -> None:
        """The window closes."""
        for experiment in list(self.experiments):
            experiment.reject()

    def experiment(self, kind: str) -> None:
        """Opens an experiment on the picture that the cards are about, or says why not."""
        made, scene = EXPERIMENTS[kind], self._desk.shown
        there = next((e for e in self.experiments if isinstance(e, made)), None)
        refusal = made.refusal(scene)
        if made.alone and there is not None:
            there.raise_()
        elif refusal:
            self._desk.banner.problem(refusal)
        else:
            errand = made.prepare(scene)
            if errand is None:
                self._open(made, None)
            else:
                self._desk.player.ask(self, errand, lambda found: self._open(made, found), self._refused)

    def _refused(self, error: Exception) -> None:
        if isinstance(error, SceneError):
            self._desk.banner.problem(error.sentence)
        elif not isinstance(error, Gone):  # which is told of once, not by everybody who waited
            raise error

    def _open(self, made: type[Experiment], prepared: Any) -> None:
        dialog = made(self._desk, prepared)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._experiment_closed)
        self.experiments.append(dialog)
        dialog.appear()
        if dialog.begins:
            dialog.measure()

    def _experiment_closed(self) -> None:
        closed: Any = self.sender()
        self.experiments = [e for e in self.experiments if e is not closed]

    def open_organ(self, opens: str) -> None:
        """A part of the model in the big picture: a moment of its strokes, a layer, or its latent space."""
        kind, _, which = opens.partition(":")
        shown, strip = self._desk.shown, self._desk.anatomy
        if kind == "layer":
            drawn = shown.layers.of(shown.target.d)
            if which not in drawn:
                kept = tuple(name for name in drawn if name not in _INSTEAD.get(which, ()))
                layers = shown.layers.with_(**{"plane" if shown.target.d == 2 else "line": (*kept, which)})
                self._desk.edit_picture(shown.with_(layers=layers), f"show {which}")
        elif kind == "latents":
            self.experiment("latents")
        elif kind == "stroke":
            strokes = strip.shown.strokes if strip.shown is not None else 1
            sampler = shown.sampler
            if not isinstance(sampler, StrokesSampler):
                sampler = StrokesSampler(strokes=strokes, frames=max(2, _FRAMES // strokes))
                self._desk.edit_picture(shown.with_(sampler=sampler), "show the strokes")
                self._desk.banner.news(f"The sampler is {sampler.title} now. Ctrl+Z brings {shown.sampler.title} back.")
            self._desk.player.seek(int(which) * sampler.frames, True)

    def show_scene(self, scene: Scene) -> None:
        """Dialogs that stay open follow the scene."""
        for experiment in self.experiments:
            experiment.follow(scene)
