"""Pictures side by side, as pure functions from scene to scene."""

from __future__ import annotations

from typing import Any

from visualizer.scene.field import ExactField, GuidancePart
from visualizer.scene.model import MAX_CLASSES, MAX_PANELS, PanelPart, Scene
from visualizer.scene.processes import ProcessPart
from visualizer.scene.processes.ve import VE
from visualizer.scene.processes.vp_cosine import VPCosine
from visualizer.scene.samplers import SAMPLERS, SamplerPart
from visualizer.scene.shapes import SHAPES
from visualizer.scene.start import ModeStart, StartPart
from visualizer.scene.targets import TargetPart
from visualizer.scene.training import NOISE, TrainingPart


def picture(scene: Scene, index: int) -> Scene:
    """The complete scene of one picture."""
    panels = scene.resolved_panels()
    return panels[min(index, len(panels) - 1)]


def process_for(scene: Scene, sampler: SamplerPart) -> ProcessPart:
    """The process a newly chosen sampler runs on: the scene's, unless a diffusion would leave the picture.

    σ up to 10 does: where no process was chosen, take one that stays within it.
    """
    return VPCosine() if sampler.clock == "t" and scene.process == VE() else scene.process


def add_picture(scene: Scene, log_prob: bool = True) -> Scene:
    """One picture more, with a sampler that is not there yet; the same scene where there is no room.

    Args:
        scene: what there is.
        log_prob: whether the log p is known of what is followed: else no sampler is offered that needs it.
    """
    if len(scene.panels) >= MAX_PANELS:
        return scene
    panels = scene.panels or (PanelPart(sampler=scene.sampler, start=scene.particles.start),)
    there = {(p.sampler or scene.sampler).kind for p in panels}
    rivals = sorted((SAMPLERS[kind] for kind in SAMPLERS if SAMPLERS[kind].rival), key=lambda sampler: sampler.rival)
    fit = [rival for rival in rivals if log_prob or not rival.needs_log_prob]
    rival = next((r for r in fit if SAMPLERS.name_of(r) not in there), fit[0])
    sampler = rival(steps_per_frame=scene.sampler.steps_per_frame)
    process = process_for(scene, sampler)
    own = None if process == scene.process else process
    first = panels[0].sampler or scene.sampler
    start = panels[0].start if first.endless and sampler.endless else None  # a diffusion starts where it must
    rival_panel = PanelPart.model_validate({"sampler": sampler, "process": own, "start": start})
    changes: dict[str, Any] = {"panels": (*panels, rival_panel)}
    changes["particles"] = scene.particles.with_(count=min(scene.particles.count, sampler.max_count), start=None)
    return scene.with_(**changes)


def remove_picture(scene: Scene, index: int) -> Scene:
    """One picture less; the last that is left becomes the scene itself."""
    panels = tuple(p for i, p in enumerate(scene.panels) if i != index)
    if len(panels) > 1:
        return scene.with_(panels=panels)
    left = scene.with_(panels=panels).resolved_panels()[0] if panels else scene
    return left.with_(panels=(), title=scene.title)


def with_target(scene: Scene, target: TargetPart) -> Scene:
    """The scene with another target, without what that has no place for: starts in modes, guidance to classes."""
    changed: dict[str, Any] = {"target": target, "training": _fitting_training(scene.training, target)}
    if scene.source is not None and scene.source.d != target.d:
        changed["source"] = None
    if _loses_its_mode(scene.particles.start, scene.target, target):
        changed["particles"] = scene.particles.with_(start=None)
    guidance = _fitting_guidance(scene.guidance, scene.target, target)
    if guidance != scene.guidance:
        changed["guidance"] = guidance
    return scene.with_(**changed)


def _fitting_training(training: TrainingPart, target: TargetPart) -> TrainingPart:
    """A training that is told classes where the target has classes to be told, and begins at what is in its space."""
    if training.labels == "classes" and max(target.labels, default=MAX_CLASSES) >= MAX_CLASSES:
        training = training.with_(labels="none")
    elsewhere = training.source != NOISE and SHAPES[training.source].d != target.d
    return training.with_(source=NOISE) if elsewhere else training


def _loses_its_mode(start: StartPart | None, old: TargetPart, new: TargetPart) -> bool:
    """Whether a start in a mode means another one, or nothing, once the target has changed."""
    if not isinstance(start, ModeStart):  # only that names a component
        return False
    if new.modes is not None:
        return start.index >= new.modes
    return new.elsewhere(old)


def another_target(scene: Scene, target: TargetPart) -> Scene:
    """The scene with a target that may be anywhere else, of another kind or dimension: the view finds it.

    What the view held, a noise level or a band, is let go with what it was held for.
    """
    if target.called != scene.target.called:  # what was said is of another density
        scene = scene.with_(title=target.called, caption="")
    if target.d != scene.target.d:
        return in_other_dimension(scene, target)
    far = target.elsewhere(scene.target)
    scene = with_target(scene, target)
    return scene.with_(view=scene.view.with_(x=None, y=None, t=None, sigma=None, band=None)) if far else scene


def in_other_dimension(scene: Scene, target: TargetPart) -> Scene:
    """The scene with a target of another dimension, without what is for the old one: places, view, networks."""
    scene = scene.with_(panels=tuple(p.with_(field=None) for p in scene.panels))
    particles = scene.particles
    if getattr(particles.start, "at", None) is not None or getattr(particles.start, "mean", None) is not None:
        particles = particles.with_(start=None)
    if _loses_its_mode(particles.start, scene.target, target):
        particles = particles.with_(start=None)
    changed: dict[str, Any] = {
        "target": target,
        "particles": particles,
        "view": scene.view.with_(x=None, y=None, t=None, sigma=None, cut=None),
        "field": ExactField(),  # a network is for one dimension
        "training": _fitting_training(scene.training, target),
        "source": None,  # it is a law in the other dimension
    }
    guidance = _fitting_guidance(scene.guidance, scene.target, target)
    changed["guidance"] = GuidancePart() if guidance.kind == "auto" else guidance
    return scene.with_(**changed)


def _fitting_guidance(g: GuidancePart, old: TargetPart, new: TargetPart) -> GuidancePart:
    """Guidance towards a class follows the component that was in it into its new class."""
    if g.label in new.labels:
        return g
    if g.label in old.labels and len(old.labels) == len(new.labels):
        return g.with_(label=new.labels[old.labels.index(g.label)])
    return GuidancePart()


def _fitting(panel: PanelPart, old: TargetPart, target: TargetPart) -> PanelPart:
    """A picture without what a target with fewer components has no place for."""
    changed: dict[str, Any] = {}
    if _loses_its_mode(panel.start, old, target):
        changed["start"] = None
    if panel.guidance is not None:
        changed["guidance"] = _fitting_guidance(panel.guidance, old, target)
    return panel.with_(**changed) if changed else panel


def with_picture(scene: Scene, index: int, edited: Scene) -> Scene:
    """The scene after picture `index` was edited into `edited`: its sampler is its own, the target is shared.

    What a picture has of its own stays its own; everything else belongs to all.
    """
    if not scene.panels:
        return edited
    index = min(index, len(scene.panels) - 1)
    panel, before = scene.panels[index], picture(scene, index)
    differing = {name for name in Scene.model_fields if getattr(edited, name) != getattr(before, name)}
    own: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    panels = scene.panels
    if "target" in differing:
        fitted = with_target(scene.with_(panels=()), edited.target)
        shared = {name: getattr(fitted, name) for name in ("target", "particles", "guidance")}
        panels = tuple(_fitting(p, before.target, edited.target) for p in panels)
    for name in differing - {"target", "particles", "panels"}:
        (own if _is_own(panel, name, differing) else shared)[name] = getattr(edited, name)
    particles = shared.get("particles", scene.particles).with_(count=edited.particles.count)
    if edited.particles.start != before.particles.start:
        if panel.start is not None or edited.particles.start is None:
            own["start"] = edited.particles.start
        else:
            particles = scene.particles.with_(start=edited.particles.start, count=edited.particles.count)
    panels = tuple(p.with_(**own) if i == index else p for i, p in enumerate(panels))
    return scene.with_(**(shared | {"particles": particles}), panels=panels)


def _is_own(panel: PanelPart, name: str, differing: set[str]) -> bool:
    """Whether an edit of `name` is the picture's alone: samplers are, and the process that comes with another."""
    return name == "sampler" or (name == "process" and "sampler" in differing) or bool(getattr(panel, name, None))
