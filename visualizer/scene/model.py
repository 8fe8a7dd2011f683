"""The scene: everything that determines a run and its picture."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.base import Part
from visualizer.scene.field import ExactField, FieldPart, GuidancePart
from visualizer.scene.fit import FitPart
from visualizer.scene.processes import AnyProcess
from visualizer.scene.processes.ve import VE
from visualizer.scene.samplers import AnySampler
from visualizer.scene.samplers.langevin import LangevinSampler
from visualizer.scene.shapes import SHAPES
from visualizer.scene.start import ModeStart, ParticlesPart, StartPart, as_point
from visualizer.scene.targets import AnyTarget
from visualizer.scene.targets.unknown import UnknownTarget
from visualizer.scene.training import NOISE, TrainingPart
from visualizer.scene.view import LayersPart, ViewPart

MAX_PANELS = 4
#: Classes a network can be told.
MAX_CLASSES = 64
#: Targets that can be what a network begins at: those that lie in no file.
SOURCES = ("mixture", "shape", "formula")


class PanelPart(Part):
    """One of several pictures side by side: what it has of its own; the rest is the scene's."""

    title: Annotated[str, Field(max_length=80)] = ""
    process: AnyProcess | None = None
    sampler: AnySampler | None = None
    start: StartPart | None = None
    field: FieldPart | None = None
    guidance: GuidancePart | None = None
    fit: FitPart | None = None


#: What a picture may have of its own under the scene's name of it; its start lies in the scene's particles.
OWN = tuple(name for name in PanelPart.model_fields if name != "start")


class Scene(Part):
    """An immutable, validated document. Every edit makes a new one."""

    version: Literal[1] = 1
    title: Annotated[str, Field(max_length=200)] = "Untitled"
    caption: Annotated[str, Field(max_length=2000)] = ""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    target: AnyTarget = UnknownTarget()
    process: AnyProcess = VE()
    field: FieldPart = ExactField()
    guidance: GuidancePart = GuidancePart()
    sampler: AnySampler = LangevinSampler()
    particles: ParticlesPart = ParticlesPart()
    layers: LayersPart = LayersPart()
    view: ViewPart = ViewPart()
    fit: FitPart = FitPart()
    training: TrainingPart = TrainingPart()
    #: what a network that leads from one law to another begins at, in the place of `training.source`
    source: AnyTarget | None = None
    panels: Annotated[tuple[PanelPart, ...], Field(max_length=MAX_PANELS)] = ()

    @model_validator(mode="after")
    def _does_without_a_target(self) -> Self:
        """Only a learned field can, and what it is then asked for must not need one."""
        if self.target.known:
            return self
        for panel in self.resolved_panels():
            if panel.field.kind != "learned":
                raise ValueError("target: this table is needed: only a learned field can do without")
            if panel.guidance.kind == "class":
                raise ValueError("guidance.kind: expected none or auto where there is no target")
            if panel.particles.start is not None and panel.particles.start.kind == "target":
                raise ValueError("particles.start.kind: expected another start where there is no target")
        return self

    @model_validator(mode="after")
    def _fits_target(self) -> Self:
        starts = [self.particles.start, *(p.start for p in self.panels)]
        for start in starts:
            modes = self.target.modes
            # Only a start in a mode names one.
            if isinstance(start, ModeStart) and modes is not None and start.index >= modes:
                expected = f"a component, 0…{modes - 1}" if modes else "another start"
                raise ValueError(f"particles.start.index: expected {expected}")
            at = getattr(start, "at", getattr(start, "mean", None))
            points = (at, *getattr(start, "others", ()))
            if any(isinstance(p, tuple) and len(p) not in (1, self.target.d) for p in points):
                raise ValueError(f"particles.start: expected a point with {self.target.d} coordinate(s)")
        return self

    @model_validator(mode="after")
    def _has_the_class(self) -> Self:
        for g in (self.guidance, *(p.guidance for p in self.panels)):
            if g is not None and g.kind == "class" and g.label not in self.target.labels:
                known = ", ".join(map(str, sorted(set(self.target.labels))[:20]))
                raise ValueError(f"guidance.label: expected a class of the target, one of {known}")
        return self

    @model_validator(mode="after")
    def _few_classes(self) -> Self:
        if self.training.labels == "classes" and max(self.target.labels, default=MAX_CLASSES) >= MAX_CLASSES:
            raise ValueError(f"training.labels: expected classes below {MAX_CLASSES} in target.classes")
        return self

    @model_validator(mode="after")
    def _begins_at_a_law_without_files(self) -> Self:
        if self.source is not None and self.source.kind not in SOURCES:
            raise ValueError(f"source.kind: expected one of {', '.join(SOURCES)}")
        if self.source is not None and self.source.d != self.target.d:
            raise ValueError(f"source: expected a law in {self.target.d} dimension(s), as the target is")
        return self

    @model_validator(mode="after")
    def _couples_along_straight_ways(self) -> Self:
        if self.training.source != NOISE and SHAPES[self.training.source].d != self.target.d:
            raise ValueError(f'training.source: expected "{NOISE}" or a shape of as many dimensions as the target')
        if self.training.coupling != "independent" and self.process.kind != "linear":
            raise ValueError('training.coupling: expected "independent" unless the process is linear')
        return self

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        for sampler in (self.sampler, *(p.sampler for p in self.panels)):
            if sampler is not None and self.particles.count > sampler.max_count:
                raise ValueError(f"particles.count: expected at most {sampler.max_count:,} for {sampler.kind}")
        return self

    def _repr_png_(self) -> bytes:
        """In a notebook: its picture."""
        found: bytes = import_module("visualizer.notebook").png_of_scene(self)
        return found

    @property
    def start(self) -> StartPart:
        """Where particles start: as given, else what suits the sampler.

        What suits Langevin is a mode; of a target that is no mixture it is around the highest place.
        """
        if self.particles.start is not None:
            return self.particles.start
        return self.target.suited(self.sampler.start)

    def resolved_panels(self) -> tuple[Scene, ...]:
        """One complete scene for each picture; just this one where there are no panels."""
        if not self.panels:
            return (self,)
        return tuple(self._panel(p) for p in self.panels)

    def _panel(self, panel: PanelPart) -> Scene:
        changes: dict[str, Any] = {name: getattr(panel, name) for name in OWN if getattr(panel, name)}
        if panel.start is not None:
            changes["particles"] = self.particles.with_(start=panel.start)
        return self.with_(panels=(), **changes)

    def point(self, value: tuple[float, ...] | float) -> tuple[float, ...]:
        """`value` as a point of the target's dimension."""
        if isinstance(value, tuple) and len(value) == 1:
            value = value[0]
        return as_point(value, self.target.d)
