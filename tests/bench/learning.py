"""Learning: how long until the default network is good, and what following it costs beside its bare forward pass."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch

from tests.bench.timing import duel
from visualizer.engine.experiments.training import Judge, plan_of
from visualizer.engine.run.build import build_process
from visualizer.engine.targets.mixture import build_mixture
from visualizer.learning import Plan, train
from visualizer.learning.networks.mlp import TimeMLP
from visualizer.scene.networks import NETWORKS
from visualizer.scene.presets import load_scene
from visualizer.scene.training import TrainingPart

#: The error that a training is timed to, and looked for this often.
GOAL, _EVERY = 0.02, 20


def training() -> Iterator[tuple[int, float, float]]:
    """(step, seconds of training, ε-error) of the default network on the default target, until the error is half the goal."""
    scene = load_scene("trapped").with_(process={"kind": "vp-cosine"}, sampler={"kind": "reverse"})
    plan, target, process = plan_of(scene), build_mixture(scene.target), build_process(scene)
    judge, spent, begin = Judge(target, process), 0.0, time.perf_counter()
    for progress in train(plan, target, process, _EVERY):
        spent += time.perf_counter() - begin
        error = judge(progress.net.field())
        yield progress.step, spent, error
        if error < GOAL / 2:
            return
        begin = time.perf_counter()


def inference() -> Iterator[tuple[int, float, float]]:
    """(particles, ms of the field the samplers follow, ms of the bare forward pass on one level), one thread."""
    scene = load_scene("learned-score")
    plan: Plan = plan_of(scene)
    (first, *_) = train(plan, build_mixture(scene.target), build_process(scene), plan.steps)
    module = first.net.module()
    assert isinstance(module, TimeMLP)
    field = first.net.field()
    for count in (10_000, 100_000):
        x = torch.randn(2, count)
        rows, alpha, sigma = x.T.contiguous(), torch.full((count,), 0.8), torch.full((count,), 0.6)
        ours, bare = duel(lambda x=x: field.score(x, 0.8, 0.6), lambda r=rows, a=alpha, s=sigma: module(r, a, s), 4.0)
        yield count, ours, bare


#: Trainings on the default target, the error that each is to come below, and in how many seconds of one core.
BUDGETS: tuple[tuple[str, dict[str, Any], float, float], ...] = (
    ("flow", {"steps": 300}, 0.05, 5),
    ("autoregressive", {"steps": 1200}, 0.02, 5),
    ("vae", {"steps": 2500}, 0.15, 20),
    ("vae", {"importance": 8, "steps": 1500}, 0.12, 20),
    ("hvae", {"levels": 3, "steps": 1000}, 0.1, 20),
    ("gan", {"objective": "relativistic", "steps": 1500}, 0.25, 20),
    ("consistency", {"steps": 1500}, 0.2, 20),
    ("bridge", {"steps": 800}, 0.02, 5),
)


def budgets() -> Iterator[tuple[str, str, float, float | None, float, float, float]]:
    """Kind, numbers, the bar, seconds until the error was below it, seconds and error at the end, and the budget."""
    for kind, numbers, bar, budget in BUDGETS:
        scene = load_scene("trapped").with_(
            process={"kind": "vp-cosine"}, training=TrainingPart.model_validate({"network": kind, **numbers})
        )
        plan, target, process = plan_of(scene), build_mixture(scene.target), build_process(scene)
        judge, spent, reached, begin = Judge(target, process), 0.0, None, time.perf_counter()
        error = float("nan")
        for progress in train(plan, target, process, 50):
            spent += time.perf_counter() - begin
            error = judge.of(progress.net)
            reached = spent if reached is None and error < bar else reached
            begin = time.perf_counter()
        said = ", ".join(f"{name} {value}" for name, value in numbers.items())
        yield f"{kind}: {NETWORKS[kind].error}", said, bar, reached, spent, error, budget
