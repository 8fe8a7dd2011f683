"""The sampler: what moves the particles, with which numbers, from where."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from visualizer.gui.widgets.card import Card, Choice, muted
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene
from visualizer.scene.process import VE
from visualizer.scene.sampler import MAX_PARTICLES, LangevinSampler

SAMPLERS = (
    ("langevin", "Langevin (ULA)"),
    ("forward", "Forward diffusion"),
    ("reverse", "Reverse diffusion"),
    ("ddim", "DDIM / denoising iteration"),
)
STARTS = (
    ("default", "what suits the sampler"),
    ("target", "the target"),
    ("prior", "the prior N(0, σ²)"),
    ("gaussian", "a Gaussian N(0, 1)"),
    ("uniform", "a uniform square"),
    ("mode", "one mode"),
    ("point", "a point (Shift+click)"),
)
_GRIDS = (("uniform", "Uniform steps"), ("quadratic", "Quadratic: t ∝ u²"), ("karras", "Karras: ρ = 7"))


class SamplerPanel(Card):
    """Kind, its own numbers, the start and the number of particles."""

    edited = Signal(object, str)
    gesture = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Sampler", parent)
        self._scene: Scene | None = None
        self.kind = Choice(list(SAMPLERS), "What moves the particles", "Sampler")
        self.kind.activated.connect(self._choose_kind)
        self.own_note = muted("Each picture has a sampler of its own, set in the scene file.")
        self.body.addWidget(self.own_note)
        self.body.addWidget(self.kind)
        self.convention = Choice(
            [("h", "step h:  x + h∇log p + √(2h) ε"), ("dt", "step Δt:  x + (Δt/2)∇log p + √Δt ε")],
            "Two ways of writing the same step: h = Δt/2",
            "Convention of the step",
        )
        self.convention.activated.connect(lambda: self._edit("convention", self.convention.value, "change convention"))
        self.body.addWidget(self.convention)
        self.step = self._slider("step h", Range(1e-4, 2.0, log=True), "Step of Langevin, h in x + h∇log p + √(2h) ε",
                                 self._set_step)  # fmt: skip
        self.warning = muted()
        self.warning.setObjectName("error")
        self.body.addWidget(self.warning)
        self.lam = self._slider("noise λ", Range(0, 2, digits=2),
                                "0: the deterministic ODE; 1: the SDE. All λ have the same marginals p_t.",
                                lambda v: self._set_lambda(v))  # fmt: skip
        self.eta = self._slider("noise η", Range(0, 1, digits=2), "0: deterministic DDIM; 1: ancestral sampling",
                                lambda v: self._edit("eta", v, "change η"))  # fmt: skip
        self.method = Choice([("euler", "Euler (–Maruyama)"), ("heun", "Heun (ODE only)")],
                             "How the equation is integrated; Heun needs λ = 0", "Method")  # fmt: skip
        self.method.activated.connect(self._choose_method)
        self.body.addWidget(self.method)
        self.grid = Choice(list(_GRIDS), "Where along the process the steps fall", "Time grid")
        self.grid.activated.connect(lambda: self._edit("grid", self.grid.value, "change the time grid"))
        self.body.addWidget(self.grid)
        self.steps = self._slider("steps", Range(5, 2000, log=True, integer=True), "Steps of a whole run",
                                  lambda v: self._edit("steps", int(v), "change the number of steps"))  # fmt: skip
        self.count = self._slider("particles", Range(1, MAX_PARTICLES, log=True, integer=True), "Number of particles",
                                  self._set_count)  # fmt: skip
        self.per_frame = self._slider("steps per frame", Range(1, 100, log=True, integer=True),
                                      "Steps taken between two pictures", self._set_per_frame)  # fmt: skip
        self.start = Choice(list(STARTS), "Where the particles start. Shift+click in the picture for a point.", "Start")
        self.start.activated.connect(self._choose_start)
        self.mode = QSpinBox()
        self.mode.setToolTip("Which mode the particles start in")
        self.mode.setAccessibleName("Mode to start in")
        self.mode.setPrefix("no. ")
        self.mode.setFixedWidth(78)
        self.mode.setMinimum(1)
        self.mode.valueChanged.connect(self._choose_mode)
        row = QHBoxLayout()
        label = QLabel("start")
        label.setObjectName("muted")
        row.addWidget(label)
        row.addWidget(self.start, 1)
        row.addWidget(self.mode)
        self.body.addLayout(row)
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setToolTip("The same seed gives the same run, bit for bit")
        self.seed.setAccessibleName("Seed")
        self.seed.setKeyboardTracking(False)
        for box in (self.seed, self.mode):  # typed and done: space and Ctrl+Z belong to the run again
            box.lineEdit().returnPressed.connect(box.clearFocus)
        self.seed.valueChanged.connect(self._set_seed)
        seeds = QHBoxLayout()
        text = QLabel("seed")
        text.setObjectName("muted")
        seeds.addWidget(text)
        seeds.addStretch(1)
        seeds.addWidget(self.seed)
        self.body.addLayout(seeds)

    def _slider(self, name: str, limits: Range, tip: str, action: Any) -> NumberSlider:
        slider = NumberSlider(name, limits, tip)
        slider.edited.connect(action)
        slider.pressed.connect(self._pressed)
        slider.released.connect(self._released)
        self.body.addWidget(slider)
        return slider

    def take(self, scene: Scene) -> None:
        """Edits start from this scene; nothing that is shown here has changed but the limit of the step."""
        self._scene = scene
        self._warn(scene)

    def show_scene(self, scene: Scene) -> None:
        """Follows the scene; only controls that apply are shown."""
        self._scene = scene
        s = scene.sampler
        self.kind.show_value(s.kind)
        fields = type(s).model_fields
        for name, widget in (
            ("convention", self.convention), ("step", self.step), ("lam", self.lam), ("eta", self.eta),
            ("method", self.method), ("grid", self.grid),
        ):  # fmt: skip
            widget.setVisible(name in fields)
        self.steps.setVisible(not isinstance(s, LangevinSampler))
        for name, choice in (("convention", self.convention), ("method", self.method), ("grid", self.grid)):
            if name in fields:
                choice.show_value(getattr(s, name))
        if isinstance(s, LangevinSampler):
            half = s.convention == "dt"
            self.step.name.setText("step Δt" if half else "step h")
            self.step.show_value(2 * s.step if half else s.step)
        self._warn(scene)
        own = any(p.sampler is not None for p in scene.panels)
        self.own_note.setVisible(own)
        for widget in (self.kind, self.convention, self.step, self.lam, self.eta, self.method, self.grid, self.steps):
            widget.setEnabled(not own)
        for name, slider in (("lam", self.lam), ("eta", self.eta)):
            if name in fields:
                slider.show_value(getattr(s, name))
        self.lam.set_range(Range(0, 1 if s.kind == "forward" else 2, digits=2))
        self.steps.show_value(s.steps)
        self.per_frame.show_value(s.steps_per_frame)
        self.count.show_value(scene.particles.count)
        self._show_start(scene)

    def _warn(self, scene: Scene) -> None:
        """Says when h is beyond what the narrowest axis allows (known here for the target and plain smoothing)."""
        s = scene.sampler
        self.warning.hide()
        if isinstance(s, LangevinSampler) and (s.sigma is not None or s.t == 0):
            narrowest = float(np.linalg.eigvalsh(np.array(scene.target.covariances)).min())
            limit = 2 * (narrowest + (s.sigma or 0.0) ** 2)
            if s.step >= limit:
                self.warning.setText(f"Unstable: the narrowest axis allows h < 2σ² = {limit:.3g}")
                self.warning.show()

    def _show_start(self, scene: Scene) -> None:
        start = scene.particles.start
        self.start.show_value("default" if start is None else start.kind)
        index = getattr(start, "index", None)
        self.mode.setVisible(index is not None)
        self.mode.blockSignals(True)
        self.mode.setMaximum(len(scene.target.weights))
        self.mode.setValue((index or 0) + 1)
        self.mode.blockSignals(False)
        self.seed.blockSignals(True)
        self.seed.setValue(min(scene.seed, 2**31 - 1))
        self.seed.blockSignals(False)

    def _edit(self, key: str, value: Any, label: str) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(sampler=self._scene.sampler.with_(**{key: value})), label)

    def _set_step(self, value: float) -> None:
        if self._scene is not None:
            half = getattr(self._scene.sampler, "convention", "h") == "dt"
            self._edit("step", value / 2 if half else value, "change the step")

    def _set_lambda(self, value: float) -> None:
        if self._scene is None:
            return
        sampler = self._scene.sampler
        changes: dict[str, Any] = {"lam": value}
        if value > 0 and getattr(sampler, "method", "euler") == "heun":
            changes["method"] = "euler"
        self.edited.emit(self._scene.with_(sampler=sampler.with_(**changes)), "change λ")

    def _choose_method(self) -> None:
        if self._scene is None:
            return
        changes: dict[str, Any] = {"method": self.method.value}
        if self.method.value == "heun":
            changes["lam"] = 0.0
        self.edited.emit(self._scene.with_(sampler=self._scene.sampler.with_(**changes)), "choose a method")

    def _choose_kind(self) -> None:
        if self._scene is None or self.kind.value == self._scene.sampler.kind:
            return
        scene = self._scene
        kept = {"steps_per_frame": scene.sampler.steps_per_frame}
        changes: dict[str, Any] = {
            "sampler": {"kind": self.kind.value, **kept},
            "particles": scene.particles.with_(start=None),
            "view": scene.view.with_(t=None, sigma=None),
            "caption": "",  # it spoke of another sampler
        }
        if self.kind.value != "langevin" and scene.process == VE():
            # σ up to 10 leaves the picture; where no process was chosen, take one that stays within it.
            changes["process"] = {"kind": "vp-cosine"}
        self.edited.emit(scene.with_(**changes), "choose a sampler")

    def _set_count(self, value: float) -> None:
        if self._scene is not None:
            particles = self._scene.particles.with_(count=int(value))
            self.edited.emit(self._scene.with_(particles=particles), "change the number of particles")

    def _set_per_frame(self, value: float) -> None:
        self._edit("steps_per_frame", int(value), "change steps per frame")

    def _choose_start(self) -> None:
        if self._scene is None:
            return
        kind = self.start.value
        start: Any = None if kind == "default" else {"kind": kind}
        if kind == "point":
            (low, high), *rest = self._scene.target.extent(0.0)
            middle = ((low + high) / 2, *((a + b) / 2 for a, b in rest))
            start = {"kind": "point", "at": middle}
        self.edited.emit(self._scene.with_(particles=self._scene.particles.with_(start=start)), "choose a start")

    def _choose_mode(self, number: int) -> None:
        if self._scene is not None:
            particles = self._scene.particles.with_(start={"kind": "mode", "index": number - 1})
            self.edited.emit(self._scene.with_(particles=particles), "choose a mode")

    def _set_seed(self, seed: int) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(seed=seed), "change the seed")

    def _pressed(self) -> None:
        self.gesture.emit(True)

    def _released(self) -> None:
        self.gesture.emit(False)
