"""A Gaussian mixture, in closed form."""

from __future__ import annotations

import torch

from visualizer.densities import GaussianMixture
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.scene.targets.mixture import MixtureTarget


def build_mixture(target: MixtureTarget, device: torch.device | str = "cpu") -> GaussianMixture:
    """The target in float64."""
    to = {"dtype": torch.float64, "device": device}
    return GaussianMixture(
        torch.tensor(target.weights, **to),  # type: ignore[arg-type]  # the stubs cannot spread a dict
        torch.tensor(target.means, **to),  # type: ignore[arg-type]  # as above
        torch.tensor(target.covariances, **to),  # type: ignore[arg-type]  # as above
    )


BUILDERS.add(Builder("mixture", build_mixture))
