"""Mixtures of a data set, beside the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.targets.mixture import MixtureTarget

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fits:
    """What there is so far.

    Attributes:
        bic: the Bayesian information criterion of 1, 2, … components: −2 log L + m log n, m parameters (Schwarz 1978).
        mixtures: as many.
        outlines: of each, a line (2, m) with gaps: ellipses at one and two standard deviations, or p over x in 1-D.
        data: some of the points (m, 2), or the heights of a histogram in 1-D over the `edges` of its bars.
        points, most: n; and how many components there will be at most.
        done: the share of the work.
    """

    bic: tuple[float, ...]
    mixtures: tuple[MixtureTarget, ...]
    outlines: tuple[Array, ...]
    data: Array
    edges: Array
    points: int
    most: int
    done: float

    @property
    def best(self) -> int:
        """K with the least BIC."""
        return 1 + int(np.argmin(self.bic))
