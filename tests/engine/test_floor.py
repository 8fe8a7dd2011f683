"""What the loss of a denoiser cannot fall below."""

from __future__ import annotations

import math

import pytest
import torch

from visualizer.densities import GaussianMixture
from visualizer.engine.experiments.training import denoising_floor, training
from visualizer.learning import Plan, Shape
from visualizer.learning.objectives import weight_of
from visualizer.learning.training import noise_levels
from visualizer.processes import process
from visualizer.scene import load_scene


@pytest.mark.parametrize(
    ("kind", "prediction", "weighting"),
    [("vp-cosine", "v", "epsilon"), ("linear", "velocity", "velocity"), ("ve", "x0", "x0")],
)
def test_of_a_gaussian_it_is_in_closed_form(kind, prediction, weighting):
    """mmse = d v σ²/(α² v + σ²) at each level."""
    v, q = 1.7, process(kind)
    p = GaussianMixture(torch.ones(1).double(), torch.tensor([[0.4, -1.0]]).double(), v * torch.eye(2).double()[None])
    plan = Plan(Shape("mlp", 2, prediction, 8, 1, 1, 1, math.sqrt(v)), weighting=weighting)
    alpha, sigma, _ = noise_levels(q, math.sqrt(v))
    alpha, sigma = alpha.double(), sigma.double()
    mmse = 2 * v * sigma**2 / (alpha**2 * v + sigma**2)
    wanted = float((weight_of("x0", weighting, alpha, sigma) * mmse).mean())
    assert denoising_floor(p, q, plan) == pytest.approx(wanted, rel=2e-3)


def test_a_training_stays_above_it_and_comes_near():
    scene = load_scene("learned-score").resolved_panels()[0].with_(panels=())
    scene = scene.with_(training=scene.training.with_(steps=300, width=64, depth=2, batch=1024))
    *_, end = training(scene, 300)
    last = end.losses[-100:].astype(float)
    error = last.std() / math.sqrt(len(last))
    assert last.mean() > end.floor - 4 * error
    assert last.mean() < 1.05 * end.floor


def test_where_less_than_all_is_known_there_is_none():
    scene = load_scene("memorised").resolved_panels()[0].with_(panels=())
    first = next(training(scene.with_(training=scene.training.with_(steps=1)), 1))
    assert first.floor is None  # it learns eight points
