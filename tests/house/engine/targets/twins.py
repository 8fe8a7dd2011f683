"""Two equal Gaussians."""

from __future__ import annotations

import torch

from visualizer.densities import GaussianMixture
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.scene.targets import TargetPart


def build_twins(target: TargetPart) -> GaussianMixture:
    """The mixture."""
    half = getattr(target, "apart", 0.0) / 2
    means = torch.tensor([[-half, 0.0], [half, 0.0]], dtype=torch.float64)
    return GaussianMixture(torch.ones(2).double(), means, torch.eye(2).double().expand(2, 2, 2))


BUILDERS.add(Builder("twins", build_twins))
