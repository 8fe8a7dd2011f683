"""Where the modes of a density without components are, and where their basins meet."""

from __future__ import annotations

import contourpy
import numpy as np
import scipy

from visualizer.diagnostics.basins import Indices
from visualizer.diagnostics.modes import Basins
from visualizer.engine.drawings import Floats
from visualizer.engine.pictures.common import Cache
from visualizer.engine.run.levels import Level
from visualizer.engine.run.simulation import Simulation

#: Borders are drawn down to this many nats below the peak.
_DEPTH = 14.0
#: Borders are smoothed over this many cells.
_SMOOTH = 2.5


def mode_marks(sim: Simulation, cache: Cache, level: Level, dragging: bool) -> tuple[Floats, tuple[Floats, ...]] | None:
    """Places (K, d) at α times where the modes of p_0 are, and lines between their basins.

    None where components have handles, for one mode, and where noise has drowned them: two Gaussians are one hill when
    they are less than 2σ apart.
    """
    modes = sim.modes(dragging)
    if not isinstance(modes, Basins) or len(modes.places) < 2:
        return None
    if level.alpha * float(np.linalg.norm(np.ptp(modes.places, axis=0))) < 2 * level.sigma:
        return None
    lines = cache.get("borders", modes, lambda: borders(modes))

    def scaled() -> tuple[Floats, tuple[Floats, ...]]:
        places = (level.alpha * modes.places).astype(np.float32)
        return places, tuple((level.alpha * line).astype(np.float32) for line in lines)

    return cache.get("mode marks", (modes, level.alpha), scaled)


def borders(basins: Basins) -> tuple[Floats, ...]:
    """Lines (M, 2) between basins in the plane; none on the line."""
    if basins.d == 1:
        return ()
    labels = basins.partition.labels
    inside = np.stack(
        [scipy.ndimage.gaussian_filter((labels == k).astype(np.float32), _SMOOTH) for k in range(len(basins.places))]
    )
    second = np.partition(inside, -2, axis=0)[-2]
    empty = basins.log_p < basins.log_p.max() - _DEPTH
    lines = []
    for a, b in _neighbours(labels):
        # Between the two as far as no third one is nearer: else it would be drawn twice.
        beyond = (np.minimum(inside[a], inside[b]) < second - 1e-6) | (inside[a] + inside[b] < 0.5)
        z = np.ma.masked_where(empty | beyond, inside[a] - inside[b])
        for line in contourpy.contour_generator(basins.axes[1], basins.axes[0], z).lines(0.0):
            lines.append(np.asarray(line)[:, ::-1].astype(np.float32))
    return tuple(lines)


def _neighbours(labels: Indices) -> list[tuple[int, int]]:
    """Pairs of basins that share a border."""
    pairs = [np.stack([labels[:-1], labels[1:]]), np.stack([labels[:, :-1], labels[:, 1:]])]
    both = np.concatenate([p.reshape(2, -1) for p in pairs], axis=1)
    apart = np.unique(np.sort(both[:, both[0] != both[1]], axis=0), axis=1)
    return [(int(a), int(b)) for a, b in apart.T]
