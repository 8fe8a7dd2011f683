"""The modes of a scene's target: found once for each density, coarsely while something is dragged."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from visualizer.densities import Density, ExactField, MixtureField
from visualizer.diagnostics.escape import Wells
from visualizer.diagnostics.modes import MAX_GAUSSIANS, MAX_MODES, Basins, Components, Modes, cells_for
from visualizer.scene.targets import TargetPart

#: Passage times are worked out for so many places at most.
MAX_WELLS = 8


def find_modes(
    target: TargetPart, density: Density | None, *, field: ExactField | None = None, coarse: bool = False
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
    if target.in_components and (mixture := density.mixture) is not None and mixture.K <= MAX_MODES:
        return Components(mixture, field if isinstance(field, MixtureField) else None)
    found = basins(density, coarse=coarse)
    return found if found is not None and len(found.places) <= MAX_MODES else None


def basins(density: Density, *, coarse: bool = False) -> Basins | None:
    """The basins of a density, those of the last few are remembered; None if that is too much, or too narrow."""
    cells = cells_for(density, coarse=coarse)
    if cells is None or density.K > MAX_GAUSSIANS:
        return None
    return _basins(density, cells)


def find_wells(target: TargetPart, noised: Density) -> Wells | None:
    """The places on the line that p_t is trapped in: means of a mixture that was given as one, else the modes.

    None in the plane, and for one place or more than `MAX_WELLS`.
    """
    if noised.d != 1:
        return None
    if target.in_components and (mixture := noised.mixture) is not None:
        places = mixture.means64[mixture.weights64 > 0].cpu().numpy()
    else:
        found = basins(noised)
        if found is None:
            return None
        places = found.places
    return Wells.of(noised, places) if 1 < len(np.unique(places)) <= MAX_WELLS else None


@lru_cache(maxsize=4)  # each keeps its density
def _basins(density: Density, cells: int) -> Basins:
    return Basins(density, cells)
