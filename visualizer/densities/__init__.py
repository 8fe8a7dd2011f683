"""Probability densities with a score: evaluation, sampling, noising and denoising.

This room imports nothing of the program. `Density` (in `exact.py`) is what every density has, at its own noise level;
`Field` (in `field.py`) is what samplers follow, at every noise level. `GaussianMixture` has both in closed form,
`GridDensity` by Fourier transforms on a grid. Here σ becomes a density: `Density.noised(alpha, sigma)` is the law of α
x₀ + σ ε. (For speed two pictures work the covariances α² Σ + σ² I out themselves: one component while it is dragged, in
`engine/pictures/fields.py`, and the river, in `engine/pictures/river.py`.) Read `gaussian_mixture.py` first.
"""

from visualizer.densities.cells import cell_centres, cell_places
from visualizer.densities.exact import Density, ExactField, exact_field
from visualizer.densities.field import Field, FieldAtLevel, FixedLevel, MixtureField
from visualizer.densities.gaussian_mixture import GaussianMixture
from visualizer.densities.grid_density import GridDensity
from visualizer.densities.grid_field import GridField
from visualizer.densities.grid_source import GridSource, spline_weights
from visualizer.densities.guided import GuidedField
from visualizer.densities.kernel import MixtureKernel, Workspace
from visualizer.densities.points import Points

__all__ = [
    "Density",
    "ExactField",
    "Field",
    "FieldAtLevel",
    "FixedLevel",
    "GaussianMixture",
    "GridDensity",
    "GridField",
    "GridSource",
    "GuidedField",
    "MixtureField",
    "MixtureKernel",
    "Points",
    "Workspace",
    "cell_centres",
    "cell_places",
    "exact_field",
    "spline_weights",
]
