"""The noise: which process, and the level the fields are shown at."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from visualizer.engine.frame import Moment, Noise
from visualizer.engine.palette import Theme
from visualizer.gui.widgets.card import Card, Choice, More, Shown, muted
from visualizer.gui.widgets.form import Forms
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene
from visualizer.scene.processes import PROCESSES


class NoiseCard(Card):
    """Process, t and σ. For Langevin they set where it runs; for diffusions they hold the fields at a level."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Noise", parent)
        self._moment: Moment | None = None
        self._levels: Noise | None = None
        self.process = Choice(PROCESSES.titles(), "How noise is added: x_t = α(t) x_0 + σ(t) ε", "Noise process")
        self.process.activated.connect(self._choose_process)
        self.formula = muted()
        self.time = NumberSlider("time t", Range(0, 1), "Time along the process; fields show pₜ")
        self.sigma = NumberSlider("smoothing σ", Range(0, 5), "Plain smoothing: p convolved with N(0, σ²I), α = 1")
        self.level = muted()
        self.follow = QPushButton("Follow the run")
        self.follow.setToolTip("Let pₜ follow the time of the run again")
        self.follow.clicked.connect(self._follow)
        for slider, action in ((self.time, self._set_time), (self.sigma, self._set_sigma)):
            slider.edited.connect(action)
            slider.gesture.connect(self.gesture)
        row = QHBoxLayout()
        row.addWidget(self.level, 1)
        row.addWidget(self.follow)
        for widget in (self.process, self.time, self.sigma):
            self.body.addWidget(widget)
        self.forms = Forms()
        self.forms.edited.connect(self._set_parameter)
        self.forms.gesture.connect(self.gesture)
        self.body.addLayout(row)
        self.add_more(More("more", self.formula, self.forms))

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene = scene
        self._show(scene)

    def show_kinds(self) -> None:
        """Follows the register."""
        self.process.fill(PROCESSES.titles())

    def choose(self, kind: str) -> None:
        """Takes a process, as from the list."""
        self.process.show_value(kind)
        self._choose_process()

    def _show(self, scene: Scene) -> None:
        self.process.show_value(scene.process.kind)
        self.summary.show_text(scene.process.title)
        self.formula.setText(scene.process.formula)
        self.forms.show_part(scene.process)
        t_max = scene.process.last_time
        self.time.set_range(Range(0, t_max, digits=2 if t_max > 2 else 3))
        t, sigma = scene.sampler.level if scene.sampler.own_level else (scene.view.t, scene.view.sigma)
        if t is not None:
            self.time.show_value(t)
        self.sigma.show_value(sigma or 0.0)
        held = scene.view.t is not None or scene.view.sigma is not None
        self.follow.setVisible(held)

    def show_result(self, shown: Shown) -> None:
        """Follows the run."""
        moment = self._moment = shown.picture.moment
        self._levels = shown.picture.noise
        if moment.shown_t is None:
            text = f"p smoothed by σ = {moment.sigma:.3g}" if moment.sigma > 0 else "p itself, not smoothed"
            if not self.time.slider.isSliderDown():
                self.time.show_value(0.0)
        else:
            text = f"α(t) = {moment.alpha:.3f}   σ(t) = {moment.sigma:.3g}"
            if not self.time.slider.isSliderDown():
                self.time.show_value(moment.shown_t)
        if not self.follow.isHidden():
            text = f"Held: {text}"
        self.level.setText(text)

    def take_sigma(self, sigma: float) -> None:
        """σ, wherever it was chosen: of the process where the fields are at a time of it, else of plain smoothing."""
        scene, moment = self._scene, self._moment
        if scene is None or moment is None:
            return
        if moment.shown_t is None:
            self._set_sigma(sigma)
            return
        if self._levels is not None:
            self._set_time(float(f"{self._levels.time_of(sigma):.4g}"))

    def _choose_process(self) -> None:
        if self._scene is not None:
            scene = self._scene
            reach = max(0.5 * (b - a) for a, b in scene.target.extent(1.0))
            changes: dict[str, Any] = {"process": PROCESSES[self.process.value]().suited(reach)}
            if scene.sampler.own_level and scene.sampler.level[1] is None:
                changes["sampler"] = scene.sampler.with_(t=0.0)
            changes["view"] = scene.view.with_(t=None)
            self.edited.emit(scene.with_(**changes), "choose a noise process")

    def _set_parameter(self, name: str, value: object) -> None:
        if self._scene is None:
            return
        try:
            process = self._scene.process.with_(**{name: value})
        except ValueError:  # the two ends of a range would cross: put the slider back
            self._show(self._scene)
            return
        self.edited.emit(self._scene.with_(process=process), f"change {name}")

    def _set_time(self, t: float) -> None:
        if self._scene is None:
            return
        scene = self._scene
        if scene.sampler.own_level:
            scene = scene.with_(sampler=scene.sampler.with_(t=t, sigma=None), view=scene.view.with_(t=None, sigma=None))
        else:
            scene = scene.with_(view=scene.view.with_(t=t, sigma=None))
        self.edited.emit(scene, "change the time")

    def _set_sigma(self, sigma: float) -> None:
        if self._scene is None:
            return
        scene = self._scene
        if scene.sampler.own_level:
            view = scene.view.with_(t=None, sigma=None)
            scene = scene.with_(sampler=scene.sampler.with_(sigma=sigma), view=view)
        else:
            scene = scene.with_(view=scene.view.with_(t=None, sigma=sigma))
        self.edited.emit(scene, "change the smoothing")

    def _follow(self) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(view=self._scene.view.with_(t=None, sigma=None)), "follow the run")
