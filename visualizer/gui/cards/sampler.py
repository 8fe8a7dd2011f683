"""The sampler: what moves the particles, with which numbers, from where."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.cards.pictures import PicturesBar
from visualizer.gui.cards.start import StartChooser
from visualizer.gui.widgets.card import Card, Choice, More, Shown, muted
from visualizer.gui.widgets.form import Form, Forms
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.compare import process_for
from visualizer.scene.files import problems
from visualizer.scene.model import Scene
from visualizer.scene.samplers import SAMPLERS
from visualizer.scene.start import MAX_PARTICLES


class SamplerCard(Card):
    """Kind, its own numbers, the start and the number of particles."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Sampler", parent)
        self._count_before = 0
        self.kind = Choice(SAMPLERS.titles(), "What moves the particles", "Sampler")
        self._head_families()
        self.kind.activated.connect(self._choose_kind)
        self.pictures = PicturesBar()
        self.corner.addWidget(self.pictures.compare)
        self.body.addWidget(self.pictures)
        self.body.addWidget(self.kind)
        self.start = StartChooser()
        seed = QWidget()
        seed.setLayout(self._make_seed())
        more = More("more", self.start, seed)
        self.forms = Forms(more.body)
        self.forms.edited.connect(self._change)
        self.forms.gesture.connect(self.gesture)
        self.forms.problem.connect(self.problem)
        self.body.addWidget(self.forms)
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
        self.body.addLayout(self._make_crowds())
        self.start.edited.connect(self.edited)
        self.start.gesture.connect(self.gesture)
        self.start.problem.connect(self.problem)
        self.add_more(more)

    def _make_crowds(self) -> QHBoxLayout:
        """One chain, a few hundred, a cloud: a button for each."""
        row = QHBoxLayout()
        row.setSpacing(6)
        self.crowds = [QPushButton(text) for text in ("One chain", "Hundreds", "Cloud")]
        tips = (
            "One particle, slowly: what it proposes, takes and refuses (O)",
            "Three hundred particles, at half speed (Shift+O)",
            "Twenty thousand particles (Alt+O)",
        )
        for button, tip in zip(self.crowds, tips, strict=True):
            button.setToolTip(tip)
            row.addWidget(button)
        return row

    def _head_families(self) -> None:
        family = ""
        for kind in SAMPLERS:
            if SAMPLERS[kind].family != family:
                family = SAMPLERS[kind].family
                self.kind.head(kind, family)

    def show_kinds(self) -> None:
        """Follows the register."""
        self.kind.fill(SAMPLERS.titles())
        self._head_families()

    def choose(self, kind: str) -> None:
        """Takes a sampler, as from the list."""
        self.kind.show_value(kind)
        self._choose_kind()

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
        row.setContentsMargins(0, 0, 0, 0)
        text = QLabel("seed")
        text.setObjectName("muted")
        row.addWidget(text)
        row.addStretch(1)
        row.addWidget(self.seed)
        return row

    @property
    def form(self) -> Form:
        """The controls of the present kind of sampler."""
        return self.forms.shown

    def take(self, scene: Scene) -> None:
        """Edits start from this scene; nothing that is shown here has changed but the limit of the step."""
        super().take(scene)
        self.start.take(scene)
        self._warn(scene)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene; only controls that apply are shown."""
        self._scene = scene
        s = scene.sampler
        self.summary.show_text(s.short_name)
        self.kind.show_value(s.kind)
        self.forms.show_part(s)
        self.tradeoff.setVisible(s.kind == "walk-jump")
        self._warn(scene)
        self.count.set_range(Range(1, min(MAX_PARTICLES, s.max_count), log=True, integer=True))
        self.count.show_value(scene.particles.count)
        self.start.show_scene(scene)
        self.seed.blockSignals(True)
        self.seed.setValue(min(scene.seed, 2**31 - 1))
        self.seed.blockSignals(False)

    def show_result(self, shown: Shown) -> None:
        """Follows the modes that were found, and how far the start is from what it stands for."""
        found = shown.picture.occupancy
        self.start.show_modes(len(found.shares) if found is not None else 1)
        self.start.show_gap(shown.report.start_kl if shown.report is not None else None)

    def offer_log_prob(self, known: bool) -> None:
        """Greys out, with the reason, samplers that need log p where it is not known."""
        for kind in SAMPLERS:
            allowed = known or not SAMPLERS[kind].needs_log_prob
            self.kind.allow(kind, allowed, "Needs log p; the network that is followed has a score alone")

    def _warn(self, scene: Scene) -> None:
        """Says when h is beyond what the narrowest axis allows (known here for the target and plain smoothing)."""
        warning = scene.sampler.warning(scene.target.least_variance)
        self.warning.setText(warning)
        self.warning.setVisible(bool(warning))

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
        sampler = SAMPLERS[self.kind.value](steps_per_frame=scene.sampler.steps_per_frame)
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
            changes["title"] = sampler.title
        self.edited.emit(scene.with_(**changes), "choose a sampler")

    def _set_count(self, value: float) -> None:
        if self._scene is not None:
            particles = self._scene.particles.with_(count=int(value))
            self.edited.emit(self._scene.with_(particles=particles), "change the number of particles")

    def _set_seed(self, seed: int) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(seed=seed), "change the seed")
