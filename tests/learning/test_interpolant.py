"""A flow between two laws: the velocity of Gaussians in closed form, and where it begins and ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.distances import Reference
from visualizer.engine.run.net_files import net_in_file
from visualizer.engine.targets import build_density
from visualizer.learning import Plan, Shape, from_bytes, to_bytes, train
from visualizer.processes import process
from visualizer.scene import load_scene
from visualizer.scene.targets.shape import ShapeTarget

Q = process("vp-cosine")


def gaussian(mean, variance):
    return GaussianMixture(
        torch.ones(1).double(), torch.tensor([mean]).double(), variance * torch.eye(2).double()[None]
    )


def shape(**more):
    return Shape("interpolant", 2, "x0", 64, 2, 1, 1, 1.0, **more)


def test_between_gaussians_the_velocity_is_affine_and_the_loss_comes_to_its_floor():
    """u = E[x_1 − x_0] + c_t (x_t − m_t), c = (t s² − (1 − t) v)/w and w = (1 − t)² v + t² s²; the floor is 2 E v s²/w."""
    p, source = gaussian([1.0, 0.5], 0.49), gaussian([-2.0, 0.0], 0.25)
    plan = Plan(shape(source=True), "flow-matching", steps=700, batch=1024, rate=5e-3, source=source)
    *_, end = train(plan, p, Q, every=700)
    module = end.net.module
    t = torch.linspace(0.05, 0.95, 7)
    for at in t.tolist():
        w = (1 - at) ** 2 * 0.49 + at**2 * 0.25
        mean = (1 - at) * torch.tensor([1.0, 0.5]) + at * torch.tensor([-2.0, 0.0])
        x = mean + math.sqrt(w) * torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
        wanted = torch.tensor([-3.0, -0.5]) + (at * 0.25 - (1 - at) * 0.49) / w * (x - mean)
        found = module.velocity(module.inside(x), torch.full((500,), at)) * module.scale
        assert float((found - wanted).square().sum(1).mean().sqrt()) < 0.15
    even = (np.arange(2000) + 0.5) / 2000
    floor = 2 * np.mean(0.49 * 0.25 / ((1 - even) ** 2 * 0.49 + even**2 * 0.25))
    last = end.losses[-200:].astype(float)
    error = last.std() / math.sqrt(len(last))
    assert floor - 4 * error - 0.002 < last.mean() < floor * 1.1  # 0.002: points are smoothed by 0.02


def test_it_begins_at_its_source_and_ends_at_the_target():
    net, p = net_in_file("moons-to-modes.safetensors"), build_density(load_scene("from-moons-to-modes").target)
    moons = build_density(ShapeTarget(name="two-moons"))
    n = 4_000
    g = torch.Generator().manual_seed(0)
    begun = net.drawer(16).begin(torch.zeros(2, n), g)
    first, last = Reference(moons, n), Reference(p, n)
    assert first.w2(begun.double().numpy()) < 3 * first.floors["w2"]
    ends = {strokes: last.w2(net.sample(n, g, strokes).double().numpy()) for strokes in (1, 4, 32)}
    assert ends[1] > ends[4] > ends[32]
    assert ends[32] < 0.12
    assert net.by_draws
    assert net.strokes is None


def test_a_file_brings_back_what_it_begins_at():
    plan = Plan(shape(source=True), "flow-matching", steps=2, batch=16, source=gaussian([0.0, 0.0], 1.0))
    *_, end = train(plan, gaussian([1.0, 1.0], 1.0), Q, every=2)
    again = from_bytes(to_bytes(end.net))
    assert torch.equal(again.weights["points"], end.net.weights["points"])
    assert again.shape == end.net.shape
    with pytest.raises(ValueError, match="not trained by"):
        Plan(shape(), "denoising")
