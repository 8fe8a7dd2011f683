"""Lines of equal density."""

from __future__ import annotations

import contourpy
import numpy as np

from visualizer.engine.drawings import Floats

#: Contours are drawn at p = max p · exp(−½ r²) for these r: rings of one Gaussian.
CONTOUR_RADII = tuple(0.6 * i for i in range(1, 8))


def contour_lines(xs: Floats, ys: Floats, log_p: Floats) -> tuple[Floats, ...]:
    """Lines where p = max p · exp(−r²/2) for the radii of `CONTOUR_RADII`."""
    generator = contourpy.contour_generator(xs, ys, log_p)
    top = float(np.nanmax(log_p)) if np.isfinite(log_p).any() else 0.0
    lines = [line for r in CONTOUR_RADII for line in generator.lines(top - 0.5 * r * r)]
    return tuple(np.asarray(line, dtype=np.float32) for line in lines)
