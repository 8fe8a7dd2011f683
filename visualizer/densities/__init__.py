"""Probability densities with a score: evaluation, sampling, noising and denoising."""

from visualizer.densities.exact import Density, ExactField, exact_field
from visualizer.densities.field import Field, FieldAtLevel, MixtureField
from visualizer.densities.gaussian_mixture import GaussianMixture
from visualizer.densities.grid_density import GridDensity
from visualizer.densities.grid_field import GridField
from visualizer.densities.grid_source import GridSource, spline_weights
from visualizer.densities.guided import GuidedField
from visualizer.densities.kernel import MixtureKernel, Workspace

__all__ = [
    "Density",
    "ExactField",
    "Field",
    "FieldAtLevel",
    "GaussianMixture",
    "GridDensity",
    "GridField",
    "GridSource",
    "GuidedField",
    "MixtureField",
    "MixtureKernel",
    "Workspace",
    "exact_field",
    "spline_weights",
]
