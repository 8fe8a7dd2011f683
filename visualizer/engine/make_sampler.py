"""The sampler a scene asks for, following its field."""

from __future__ import annotations

import torch

from visualizer.densities import ExactField, Field, GaussianMixture, GuidedField, MixtureField
from visualizer.engine.build import fixed_level
from visualizer.engine.nets import SHELF
from visualizer.learning import ForeignNet, Net, learned_field
from visualizer.processes import Process
from visualizer.samplers import (
    DDIM,
    HMC,
    MALA,
    NUTS,
    SVGD,
    AnnealedLangevin,
    DormandPrince,
    DPMSolver,
    Forward,
    Langevin,
    ParallelTempering,
    PredictorCorrector,
    RandomWalk,
    Reverse,
    Sampler,
    SimulatedAnnealing,
    Underdamped,
    WalkJump,
    time_grid,
)
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene
from visualizer.scene.sampler import (
    AnnealedLangevinSampler,
    DDIMSampler,
    DPMSolverSampler,
    ForwardSampler,
    HMCSampler,
    LangevinSampler,
    LevelSampler,
    MALASampler,
    NUTSSampler,
    ParallelTemperingSampler,
    PredictorCorrectorSampler,
    RandomWalkSampler,
    ReverseSampler,
    SimulatedAnnealingSampler,
    SVGDSampler,
    UnderdampedSampler,
    WalkJumpSampler,
)
from visualizer.scene.unknown import UnknownTarget


def guided(
    field: Field, truth: ExactField | None, scene: Scene, device: torch.device | str, net: Net | ForeignNet | None
) -> Field:
    """The field pushed as the scene's guidance says; itself where it says nothing.

    A network that was told classes is pushed by itself, without a classifier; others by the exact one.

    Raises:
        SceneError: the worse network is not there or does not fit, or the sampler needs a log p that is not known.
    """
    pushed = _pushed(field, truth, scene, device, net)
    if scene.sampler.needs_log_prob and not pushed.has_log_prob:
        text = "this sampler needs log p, and what is followed has a score alone: choose one that needs only the score"
        raise SceneError(scene.title, [Problem("sampler.kind", text)])
    return pushed


def _pushed(
    field: Field, truth: ExactField | None, scene: Scene, device: torch.device | str, net: Net | ForeignNet | None
) -> Field:
    g = scene.guidance
    if g.kind == "none":
        return field
    if g.kind == "auto":
        worse = follow(SHELF.get(LearnedField(file=g.file)), scene, device)
        return GuidedField(worse, field, worse, g.weight)
    if not (isinstance(net, Net) and net.shape.classes):
        assert truth is not None  # else the scene would have refused this guidance
        return GuidedField(field, class_field(truth, scene), truth, g.weight)
    if g.label >= net.shape.classes:
        text = f"this network knows {net.shape.classes} classes: expected one below that"
        raise SceneError(scene.title, [Problem("guidance.label", text)])
    return GuidedField(field, learned_field(net, device, g.label), field, g.weight)


def class_field(truth: ExactField | None, scene: Scene) -> MixtureField:
    """p(x | y): the components of one class alone."""
    assert isinstance(truth, MixtureField)  # only components have classes
    p = truth.mixture
    kept = torch.tensor([label == scene.guidance.label for label in scene.target.labels])
    part = GaussianMixture(p.weights[kept], p.means[kept], p.covariances[kept])
    return MixtureField(part, dtype=truth.dtype, device=truth.device)


def follow(net: Net | ForeignNet, scene: Scene, device: torch.device | str) -> Field:
    """The field of a net.

    Raises:
        SceneError: its dimension is not the target's.
    """
    if net.d != scene.target.d:
        where = scene.field.file if isinstance(scene.field, LearnedField) else scene.title
        text = f"this net is for {net.d} dimension(s), the target has {scene.target.d}"
        if isinstance(scene.target, UnknownTarget):
            text = f'this net is for {net.d} dimension(s): write kind = "unknown", dimension = {net.d} under [target]'
        raise SceneError(where, [Problem("field.file", text)])
    return learned_field(net, device)


def build_sampler(scene: Scene, field: Field, q: Process) -> Sampler:
    """The sampler, following `field`."""
    s = scene.sampler
    if isinstance(s, LevelSampler | WalkJumpSampler):
        return _at_level(s, field, q)
    if isinstance(s, AnnealedLangevinSampler):
        return AnnealedLangevin(field, s.step, s.sigma_max, s.sigma_min, s.levels, s.steps_per_level)
    if isinstance(s, SimulatedAnnealingSampler):
        return SimulatedAnnealing(field.at(1.0, 0.0), s.step, s.width, s.steps)
    return _along_time(s, field, q)


def _at_level(s: LevelSampler | WalkJumpSampler, field: Field, q: Process) -> Sampler:
    level = fixed_level(s, q)
    density, t = field.at(level.alpha, level.sigma), level.t or 0.0
    match s:
        case LangevinSampler():
            return Langevin(density, s.step, t=t)
        case RandomWalkSampler():
            return RandomWalk(density, s.step, t=t)
        case MALASampler():
            return MALA(density, s.step, t=t)
        case UnderdampedSampler():
            return Underdamped(density, s.step, s.friction, t=t)
        case HMCSampler():
            return HMC(density, s.step, s.leapfrog_steps, t=t)
        case NUTSSampler():
            return NUTS(density, s.step, s.max_depth, t=t)
        case ParallelTemperingSampler():
            return ParallelTempering(density, s.step, tuple(1 / v for v in s.temperatures), s.width, t=t)
        case SVGDSampler():
            return SVGD(density, s.step, t=t)
        case WalkJumpSampler():
            return WalkJump(density, s.step, s.sigma, t=t)
    raise AssertionError(type(s).__name__)


def _along_time(
    s: ForwardSampler | ReverseSampler | DDIMSampler | PredictorCorrectorSampler | DPMSolverSampler,
    field: Field,
    q: Process,
) -> Sampler:
    grid = time_grid(s.grid, s.steps, q.t_max)
    match s:
        case ForwardSampler():
            return Forward(field, q, grid, s.lam)
        case ReverseSampler(method="dopri5"):
            return DormandPrince(field, q, grid, prior_std=None if isinstance(field, ExactField) else q.prior_std())
        case ReverseSampler():
            return Reverse(field, q, grid, s.lam, s.method)
        case DDIMSampler():
            return DDIM(field, q, grid, s.eta)
        case PredictorCorrectorSampler():
            return PredictorCorrector(field, q, grid, s.corrections, s.snr)
        case DPMSolverSampler():
            return DPMSolver(field, q, grid)
