"""Learning: how long until the default network is good, and what following it costs beside its bare forward pass."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from tests.bench.timing import duel
from visualizer.engine.experiments.training import Judge, plan_of
from visualizer.engine.run.build import build_process
from visualizer.engine.targets.mixture import build_mixture
from visualizer.learning import Plan, train
from visualizer.learning.networks.mlp import TimeMLP
from visualizer.scene.presets import load_scene

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
