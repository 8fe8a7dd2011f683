"""Probability densities with a score: evaluation, sampling, noising and denoising."""

from visualizer.densities.field import Field, FieldAtLevel, MixtureField
from visualizer.densities.gaussian_mixture import GaussianMixture
from visualizer.densities.guided import GuidedField
from visualizer.densities.kernel import MixtureKernel, Workspace

__all__ = ["Field", "FieldAtLevel", "GaussianMixture", "GuidedField", "MixtureField", "MixtureKernel", "Workspace"]
