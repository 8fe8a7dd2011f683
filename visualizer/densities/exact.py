"""Densities whose truth is known, in a closed form or on a grid, and their fields."""

from __future__ import annotations

import torch

from visualizer.densities.field import MixtureField
from visualizer.densities.gaussian_mixture import GaussianMixture
from visualizer.densities.grid_density import GridDensity
from visualizer.densities.grid_field import GridField
from visualizer.densities.kernel import Workspace

Density = GaussianMixture | GridDensity
ExactField = MixtureField | GridField


def exact_field(
    density: Density, *, device: torch.device | str = "cpu", workspace: Workspace | None = None
) -> ExactField:
    """The exact field of a density in float32."""
    if isinstance(density, GridDensity):
        return GridField(density, device=device)
    return MixtureField(density, device=device, workspace=workspace)
