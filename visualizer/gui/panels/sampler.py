"""The sampler: what moves the particles, with which numbers, from where."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from visualizer.gui.names import SAMPLERS
from visualizer.gui.panels.pictures import PicturesBar
from visualizer.gui.panels.start import StartChooser
from visualizer.gui.widgets.card import Card, Choice, muted
from visualizer.gui.widgets.form import Form
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.compare import process_for
from visualizer.scene.files import problems
from visualizer.scene.model import Scene
from visualizer.scene.sampler import KINDS, LangevinSampler, UnderdampedSampler, WalkJumpSampler
from visualizer.scene.start import MAX_PARTICLES
from visualizer.scene.target import MixtureTarget


class SamplerPanel(Card):
    """Kind, its own numbers, the start and the number of particles."""

    edited = Signal(object, str)
    gesture = Signal(bool)
    #: a sentence for the user
    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Sampler", parent)
        self._scene: Scene | None = None
        self._count_before = 0
        self.kind = Choice(list(SAMPLERS), "What moves the particles", "Sampler")
        self.kind.activated.connect(self._choose_kind)
        self.pictures = PicturesBar()
        self.body.addWidget(self.pictures)
        self.body.addWidget(self.kind)
        self.forms: dict[str, Form] = {}
        self._slot = QVBoxLayout()
        self.body.addLayout(self._slot)
        self.tradeoff = QPushButton("Mixing against quality over σ…")
        self.tradeoff.setToolTip("Walks with many σ and plots hops and ESS against W₂ of the jumps (W)")
        self.body.addWidget(self.tradeoff)
        self.warning = muted()
        self.warning.setObjectName("error")
        self.body.addWidget(self.warning)
        self.count = NumberSlider("particles", Range(1, MAX_PARTICLES, log=True, integer=True), "Number of particles")
        self.count.edited.connect(self._set_count)
        self.count.gesture.connect(self.gesture)
        self.body.addWidget(self.count)
        self.start = StartChooser()
        self.start.edited.connect(self.edited)
        self.start.gesture.connect(self.gesture)
        self.start.problem.connect(self.problem)
        self.body.addWidget(self.start)
        self.body.addLayout(self._make_seed())

    def _make_seed(self) -> QHBoxLayout:
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setToolTip("The same seed gives the same run, bit for bit")
        self.seed.setAccessibleName("Seed")
        self.seed.setKeyboardTracking(False)
        # Typed and done: space and Ctrl+Z belong to the run again.
        self.seed.lineEdit().returnPressed.connect(self.seed.clearFocus)
        self.seed.valueChanged.connect(self._set_seed)
        row = QHBoxLayout()
        text = QLabel("seed")
        text.setObjectName("muted")
        row.addWidget(text)
        row.addStretch(1)
        row.addWidget(self.seed)
        return row

    @property
    def form(self) -> Form:
        """The controls of the present kind of sampler."""
        return self.forms[self.kind.value]

    def take(self, scene: Scene) -> None:
        """Edits start from this scene; nothing that is shown here has changed but the limit of the step."""
        self._scene = scene
        self.start.take(scene)
        self._warn(scene)

    def show_scene(self, scene: Scene) -> None:
        """Follows the scene; only controls that apply are shown."""
        self._scene = scene
        s = scene.sampler
        self.kind.show_value(s.kind)
        if s.kind not in self.forms:
            form = self.forms[s.kind] = Form(type(s))
            form.edited.connect(self._change)
            form.gesture.connect(self.gesture)
            form.problem.connect(self.problem)
            self._slot.addWidget(form)
        for kind, form in self.forms.items():
            form.setVisible(kind == s.kind)
        self.form.show_part(s)
        self.tradeoff.setVisible(isinstance(s, WalkJumpSampler))
        self._warn(scene)
        self.count.set_range(Range(1, min(MAX_PARTICLES, s.max_count), log=True, integer=True))
        self.count.show_value(scene.particles.count)
        self.start.show_scene(scene)
        self.seed.blockSignals(True)
        self.seed.setValue(min(scene.seed, 2**31 - 1))
        self.seed.blockSignals(False)

    def offer_log_prob(self, known: bool) -> None:
        """Greys out, with the reason, samplers that need log p where it is not known."""
        for kind, sampler in KINDS.items():
            allowed = known or not sampler.needs_log_prob
            self.kind.allow(kind, allowed, "Needs log p; the network that is followed has a score alone")

    def _warn(self, scene: Scene) -> None:
        """Says when h is beyond what the narrowest axis allows (known here for the target and plain smoothing)."""
        s = scene.sampler
        self.warning.hide()
        if isinstance(s, UnderdampedSampler) and s.friction == 0:
            self.warning.setText("γ = 0: no friction, no noise. Every particle keeps its energy, and p is not sampled.")
            self.warning.show()
        at_zero = isinstance(s, LangevinSampler) and (s.sigma is not None or s.t == 0)
        target = scene.target
        if (at_zero or isinstance(s, WalkJumpSampler)) and isinstance(target, MixtureTarget):
            assert isinstance(s, LangevinSampler | WalkJumpSampler)
            narrowest = float(np.linalg.eigvalsh(np.array(target.covariances)).min())
            limit = 2 * (narrowest + (s.sigma or 0.0) ** 2)
            if s.step >= limit:
                self.warning.setText(f"Unstable: the narrowest axis allows h < 2σ² = {limit:.3g}")
                self.warning.show()

    def _change(self, field: str, value: object) -> None:
        if self._scene is not None:
            try:
                sampler = self._scene.sampler.changed(field, value)
            except ValidationError as error:  # numbers that do not go together, like temperatures out of order
                self.form.show_part(self._scene.sampler)
                self.problem.emit(f"{self.form.name(field)}: {problems(error)[0].expected}. The old numbers are kept.")
                return
            self.edited.emit(self._scene.with_(sampler=sampler), f"change {self.form.name(field)}")

    def _choose_kind(self) -> None:
        if self._scene is None or self.kind.value == self._scene.sampler.kind:
            return
        scene = self._scene
        sampler = KINDS[self.kind.value](steps_per_frame=scene.sampler.steps_per_frame)
        count = scene.particles.count
        if count == scene.sampler.max_count:  # it may have been more before this sampler cut it down
            count = max(count, self._count_before)
        self._count_before = count
        count = min(count, sampler.max_count)
        start = scene.particles.start if sampler.endless and scene.sampler.endless else None
        changes: dict[str, Any] = {
            "sampler": sampler,
            "process": process_for(scene, sampler),
            "particles": scene.particles.with_(start=start, count=count),
            "view": scene.view.with_(t=None, sigma=None),
            "caption": "",  # it spoke of another sampler
        }
        if scene.caption:  # and so did the title that came with it
            changes["title"] = dict(SAMPLERS)[self.kind.value]
        self.edited.emit(scene.with_(**changes), "choose a sampler")

    def _set_count(self, value: float) -> None:
        if self._scene is not None:
            particles = self._scene.particles.with_(count=int(value))
            self.edited.emit(self._scene.with_(particles=particles), "change the number of particles")

    def _set_seed(self, seed: int) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(seed=seed), "change the seed")
