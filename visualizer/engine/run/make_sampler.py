"""The sampler a scene asks for, following its field."""

from __future__ import annotations

import torch

from visualizer.densities import ExactField, Field, GaussianMixture, GuidedField, MixtureField
from visualizer.engine.run.levels import run_level
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import Model
from visualizer.processes import Process
from visualizer.samplers import SAMPLERS, Sampler, Setting
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene
from visualizer.scene.samplers.strokes import StrokesSampler


def guided(
    field: Field, truth: ExactField | None, scene: Scene, device: torch.device | str, net: Model | None, shelf: Shelf
) -> Field:
    """The field pushed as the scene's guidance says; itself where it says nothing.

    A network that was told classes is pushed by itself, without a classifier; others by the exact one.

    Raises:
        SceneError: the worse network is not there or does not fit, or the sampler needs a log p that is not known.
    """
    pushed = _pushed(field, truth, scene, device, net, shelf)
    if scene.sampler.needs_log_prob and not pushed.has_log_prob:
        text = "this sampler needs log p, and what is followed has a score alone: choose one that needs only the score"
        raise SceneError(scene.title, [Problem("sampler.kind", text)])
    return pushed


def _pushed(
    field: Field, truth: ExactField | None, scene: Scene, device: torch.device | str, net: Model | None, shelf: Shelf
) -> Field:
    g = scene.guidance
    if g.kind == "none":
        return field
    if g.kind == "auto":
        worse = follow(shelf.get(LearnedField(file=g.file)), scene, device)
        return GuidedField(worse, field, worse, g.weight)
    if net is None or not net.classes:
        assert truth is not None  # else the scene would have refused this guidance
        return GuidedField(field, class_field(truth, scene), truth, g.weight)
    if g.label >= net.classes:
        text = f"this network knows {net.classes} classes: expected one below that"
        raise SceneError(scene.title, [Problem("guidance.label", text)])
    return GuidedField(field, net.field(device, g.label), field, g.weight)


def class_field(truth: ExactField | None, scene: Scene) -> MixtureField:
    """p(x | y): the components of one class alone."""
    assert isinstance(truth, MixtureField)  # only components have classes
    p = truth.mixture
    kept = torch.tensor([label == scene.guidance.label for label in scene.target.labels])
    part = GaussianMixture(p.weights[kept], p.means[kept], p.covariances[kept])
    return MixtureField(part, dtype=truth.dtype, device=truth.device)


def follow(net: Model, scene: Scene, device: torch.device | str) -> Field:
    """The field of a net.

    Raises:
        SceneError: its dimension is not the target's.
    """
    if net.d != scene.target.d:
        where = scene.field.file if scene.field.kind == "learned" else scene.title
        text = f"this net is for {net.d} dimension(s), the target has {scene.target.d}"
        if net.d > 2:
            text = f"this net is for {net.d} dimensions; pictures have one or two. Digits have a window: Ctrl+Shift+W"
        elif not scene.target.known:
            text = f'this net is for {net.d} dimension(s): write kind = "unknown", dimension = {net.d} under [target]'
        raise SceneError(where, [Problem("field.file", text)])
    try:
        return net.field(device)
    except ValueError as error:
        raise SceneError(scene.title, [Problem("field.file", str(error))]) from None


def build_sampler(scene: Scene, field: Field, q: Process, net: Model | None, device: torch.device) -> Sampler:
    """The sampler, following `field`, of `net` where there is one. Its numbers are the keys of the scene's table."""
    part = scene.sampler
    if getattr(part, "least_time", 0.0) >= q.t_max:
        raise SceneError(scene.title, [Problem("sampler.least_time", f"expected less than t_max, {q.t_max:g}")])
    level = run_level(scene, q, part.begins(q.t_max))
    if part.needs_mixture and not isinstance(field, MixtureField):
        text = "this sampler needs a Gaussian mixture and its exact score: choose a mixture as the target"
        raise SceneError(scene.title, [Problem("sampler.kind", text)])
    if net is not None and not net.has_score and not part.follows_flow:
        text = (
            "this network knows the flow from noise to data, and no score: choose Strokes, the reverse ODE (λ = 0), "
            "DDIM (η = 0) or DPM-Solver++"
        )
        raise SceneError(scene.title, [Problem("sampler.kind", text)])
    drawer = net.drawer(part.strokes, device) if net is not None and isinstance(part, StrokesSampler) else None
    run = Setting(field, q, level.alpha, level.sigma, level.t or 0.0, drawer)
    return SAMPLERS[part.kind].build(run, **{name: getattr(part, name) for name in type(part).model_fields})
