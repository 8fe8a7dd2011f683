"""Training of a scene's network, with its error against the exact field as it goes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density, Field, exact_field
from visualizer.densities.grid_source import TooFine
from visualizer.diagnostics.denoising import mmse
from visualizer.diagnostics.distances import Reference
from visualizer.diagnostics.fits import entropy
from visualizer.engine.run.build import build_process
from visualizer.engine.targets import build_density
from visualizer.learning import GenerativeNet, Plan, Shape, Trained, train
from visualizer.learning.networks import NETWORKS
from visualizer.learning.networks.base import Adversarial
from visualizer.learning.objectives import weight_of
from visualizer.learning.training import noise_levels
from visualizer.processes import Process
from visualizer.scene.model import Scene
from visualizer.scene.networks import NETWORKS as NETWORK_KINDS
from visualizer.scene.targets.shape import ShapeTarget
from visualizer.scene.training import NOISE

#: What of [training] is a size of the network, where the network has it.
_SIZES = (
    *("transforms", "bins", "flow", "decoder", "order", "levels", "untrained"),
    *("encoder", "critic_width", "epsilon"),
)
#: Noise levels at which the least loss is worked out, and α at least there.
_FLOOR_LEVELS, _LEAST_SIGNAL = 40, 1e-4
#: Times at which the error is measured while a network learns.
_LEVELS = 24
#: Places at each of these times.
_PLACES = 200
#: Draws of the target that a likelihood is held against.
_LIKELY = 1_000
#: Strokes that show what a flow alone is worth.
_STROKES = 4
#: Weights are kept at every one of the first few steps, then at steps that grow by this factor.
_CHECKPOINT_GROWTH = 1.12
#: States of the weights that are kept, at most.
_MOST_KEPT = 60


@dataclass(frozen=True)
class Training:
    """Where a training is.

    Attributes:
        step, steps: taken, and in all.
        losses: of every step so far.
        errors: (step, E_t σ_t² E‖s_θ − s‖²) wherever it was measured, or what `Judge` says of another network.
        net: as it is now.
        kept: whether this state is one of the checkpoints.
        floor: what the loss cannot fall below where that is known: H(p) in nats, or the loss of the exact denoiser.
    """

    step: int
    steps: int
    losses: NDArray[np.float32]
    errors: tuple[tuple[int, float], ...]
    net: Trained
    kept: bool
    floor: float | None = None


def plan_of(scene: Scene) -> Plan:
    """The training a scene describes, which has made sure that its numbers go together."""
    t, d = scene.training, scene.target.d
    prediction = NETWORKS[t.network].prediction or t.prediction
    scale = build_density(scene.target).standard_deviation
    classes = max(scene.target.labels) + 1 if t.labels == "classes" else 0
    has = NETWORK_KINDS[t.network].numbers
    sizes = {name: getattr(t, name) for name in _SIZES if name in has}
    begun = scene.source or (None if t.source == NOISE else ShapeTarget(name=t.source))
    source = None if begun is None or "source" not in has else build_density(begun)
    if t.objective in get_args(Adversarial):
        sizes["adversarial"] = t.objective
    if "source" in has:
        sizes["source"] = source is not None
    latent = 0 if "latent" not in has else d if t.encoder == "noise" and "encoder" in has else t.latent
    shape = Shape(
        t.network,
        d,
        prediction,
        t.width,
        t.depth,
        t.components,
        min(t.rank, d),
        scale,
        classes,
        min(latent, d),
        **sizes,
    )
    points = t.points or None
    return Plan(
        shape,
        t.objective,
        t.weighting,
        t.level,
        t.steps,
        t.batch,
        t.rate,
        points,
        scene.seed,
        t.beta,
        t.importance,
        t.coupling,
        t.critic_steps,
        t.frozen,
        source,
    )


def training(scene: Scene, every: int = 20) -> Iterator[Training]:
    """Trains the network of a scene; yields before the first step, every so often, and at the end."""
    plan, target, process = plan_of(scene), build_density(scene.target), build_process(scene)
    judge = Judge(target, process)
    floor = entropy(target) if plan.objective in ("likelihood", "elbo") and plan.beta >= 1 else None
    if plan.objective == "denoising" and plan.coupling == "independent" and not (plan.points or plan.shape.classes):
        floor = denoising_floor(target, process, plan)
    errors: list[tuple[int, float]] = []
    due = 0.0
    for progress in train(plan, target, process, every, scene.target.labels):
        kept = progress.step >= due or progress.step == plan.steps
        if kept:
            due = max(progress.step * _CHECKPOINT_GROWTH, progress.step + plan.steps / _MOST_KEPT / 4)
            errors.append((progress.step, judge.of(progress.net)))
        yield Training(progress.step, plan.steps, progress.losses, tuple(errors), progress.net, kept, floor)


def denoising_floor(target: Density, process: Process, plan: Plan) -> float | None:
    """The loss of the exact denoiser, E λ(t) mmse(t) over the noise levels of a training; None for too fine a grid.

    Of a velocity by plain squares it is E tr Cov(ε − x_0 | x_t), which no network falls below.
    """
    alpha, sigma, _ = noise_levels(process, plan.shape.scale)
    log_ratio = torch.log(sigma.double()) - torch.log(alpha.double().clamp_min(_LEAST_SIGNAL))
    some = torch.linspace(0, len(log_ratio) - 1, _FLOOR_LEVELS).long()
    order = log_ratio.argsort()[some]
    try:
        known = [math.log(mmse(target, float(alpha[i].clamp_min(_LEAST_SIGNAL)), float(sigma[i]))) for i in order]
    except TooFine:
        return None
    least = np.exp(np.interp(log_ratio.numpy(), log_ratio[order].numpy(), known))
    weight = weight_of("x0", plan.weighting, alpha.double(), sigma.double())
    return float((weight * torch.from_numpy(least)).mean())


class Judge:
    """How far a network is off, always at the same t and x.

    Of a score network E_t σ_t² E‖s_θ − s‖² over t even in 0…t_max and x from p_t; of one whose law is known
    KL(p ‖ p_θ) = E_p[log p − log p_θ] in nats; of others that draw the sliced W₂ of what they draw; of one that knows a
    flow alone that of four strokes.
    """

    def __init__(self, target: Density, process: Process) -> None:
        self._target, self._process = target, process
        self._truth = exact_field(target)

    def of(self, net: Trained) -> float:
        """The error of a network."""
        x, log_p = self._drawn
        log_q = net.log_prob(x.T) if isinstance(net, GenerativeNet) else None
        if log_q is not None:
            return float((log_p - log_q.double()).mean())
        if isinstance(net, GenerativeNet) or not net.has_score:
            strokes = None if net.has_score else _STROKES
            x = net.sample(_LIKELY, torch.Generator().manual_seed(0), strokes)
            return self._reference.w2(x.double().numpy())
        return self(net.field(), net.one_level)

    def __call__(self, field: Field, one_level: float | None = None) -> float:
        """The error of a field; at one time alone where it knows only that."""
        if one_level is not None:
            return self.at(field, one_level)
        t_max = self._process.t_max
        return float(np.mean([self.at(field, (i + 0.5) / _LEVELS * t_max) for i in range(_LEVELS)]))

    @cached_property
    def _reference(self) -> Reference:
        return Reference(self._target, _LIKELY)

    @cached_property
    def _drawn(self) -> tuple[Tensor, Tensor]:
        """Draws of the target with their log p."""
        x = self._target.sample(_LIKELY, generator=torch.Generator().manual_seed(0))
        return x, self._target.log_prob(x).double()

    @torch.no_grad()
    def at(self, field: Field, t: float, places: int = _PLACES) -> float:
        """σ_t² E‖s_θ − s‖² at one time."""
        alpha, sigma = self._process.alpha(t), self._process.sigma(t)
        generator = torch.Generator().manual_seed(round(1e6 * t))
        x = self._target.noised(alpha, sigma).sample(places, generator=generator).T.float().contiguous()
        off = field.score(x, alpha, sigma) - self._truth.score(x, alpha, sigma)
        return sigma**2 * float(off.square().sum(0).mean())
