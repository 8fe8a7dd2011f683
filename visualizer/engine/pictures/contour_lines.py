"""Lines of equal density."""

from __future__ import annotations

import contourpy
import numpy as np
from numpy.typing import NDArray

from visualizer.engine.drawings import Floats

#: Contours are drawn at p = max p · exp(−½ r²) for these r: rings of one Gaussian.
CONTOUR_RADII = tuple(0.6 * i for i in range(1, 8))
#: Shares of a law that its rings hold: those of one and of two standard deviations of a Gaussian in the plane.
_HELD = (0.3935, 0.8647)


def contour_lines(xs: Floats, ys: Floats, log_p: Floats) -> tuple[Floats, ...]:
    """Lines where p = max p · exp(−r²/2) for the radii of `CONTOUR_RADII`, from log p at the middles of cells.

    They go on, straight, to the middles of cells beyond: a picture is seen to the edge of its last cell.
    """
    generator = contourpy.contour_generator(*(np.pad(v, 1, "reflect", reflect_type="odd") for v in (xs, ys, log_p)))
    top = float(np.nanmax(log_p)) if np.isfinite(log_p).any() else 0.0
    lines = [line for r in CONTOUR_RADII for line in generator.lines(top - 0.5 * r * r)]
    return tuple(np.asarray(line, dtype=np.float32) for line in lines)


def rings(
    xs: NDArray[np.float64], ys: NDArray[np.float64], share: NDArray[np.float64]
) -> tuple[NDArray[np.float32], ...]:
    """Lines of equal density that hold 39 % and 86 % of a law on cells of one size, (len(xs), len(ys))."""
    ordered = np.sort(share.ravel())[::-1]
    held = np.cumsum(ordered)
    levels = [float(ordered[np.searchsorted(held, part)]) for part in _HELD]
    drawn = contourpy.contour_generator(xs, ys, share.T)
    return tuple(np.asarray(line, np.float32) for level in levels for line in drawn.lines(level))
