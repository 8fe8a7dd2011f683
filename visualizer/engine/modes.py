"""The modes of a scene's target: found once for each density, coarsely while something is dragged."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from visualizer.densities import Density, ExactField, GaussianMixture, GridDensity, GridSource, MixtureField
from visualizer.diagnostics.escape import Wells
from visualizer.diagnostics.modes import MAX_GAUSSIANS, MAX_MODES, Basins, Components, Modes, cells_for
from visualizer.scene.target import MixtureTarget
from visualizer.scene.targets import Target

#: Passage times are worked out for so many places at most.
MAX_WELLS = 8


def find_modes(
    target: Target, density: Density | None, *, field: ExactField | None = None, coarse: bool = False
) -> Modes | None:
    """The components of a mixture that was given as one, else the basins; None where there are too many to tell apart.

    Args:
        target: what the scene says.
        density: the same, built; None where there is none.
        field: its field, if there is one already.
        coarse: quickly (10 instead of 60 ms in the plane).
    """
    if density is None:
        return None
    if isinstance(target, MixtureTarget) and isinstance(density, GaussianMixture) and density.K <= MAX_MODES:
        return Components(density, field if isinstance(field, MixtureField) else None)
    found = basins(density, coarse=coarse)
    return found if found is not None and len(found.places) <= MAX_MODES else None


def basins(density: Density, *, coarse: bool = False) -> Basins | None:
    """The basins of a density, those of the last few are remembered; None if that is too much, or too narrow."""
    cells = cells_for(density, coarse=coarse)
    if cells is None or density.K > MAX_GAUSSIANS:
        return None
    if isinstance(density, GridDensity):
        return _of_grid(density.source, density.alpha, density.sigma, cells)
    return _of_mixture(density, cells)


def find_wells(target: Target, noised: Density) -> Wells | None:
    """The places on the line that p_t is trapped in: means of a mixture that was given as one, else the modes.

    None in the plane, and for one place or more than `MAX_WELLS`.
    """
    if noised.d != 1:
        return None
    if isinstance(target, MixtureTarget) and isinstance(noised, GaussianMixture):
        places = noised._means[noised._weights > 0].cpu().numpy()
    else:
        found = basins(noised)
        if found is None:
            return None
        places = found.places
    return Wells.of(noised, places) if 1 < len(np.unique(places)) <= MAX_WELLS else None


@lru_cache(maxsize=4)
def _of_grid(source: GridSource, alpha: float, sigma: float, cells: int) -> Basins:
    return Basins(GridDensity(source, alpha, sigma), cells)


@lru_cache(maxsize=4)
def _of_mixture(mixture: GaussianMixture, cells: int) -> Basins:
    return Basins(mixture, cells)
