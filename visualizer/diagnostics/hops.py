"""Who changed modes, and when."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visualizer.densities import GaussianMixture

Array = NDArray[np.float64]
#: Within so many standard deviations of a mean a particle is in that mode; between modes it still belongs to the last.
CORE = 1.5


class HopCounter:
    """Counts passages from the core of one component to the core of another.

    Counting cores only keeps a walk that dithers on a ridge from counting many times.

    Args:
        mixture: whose components are the modes.
    """

    def __init__(self, mixture: GaussianMixture) -> None:
        self._means = mixture._means.cpu().numpy()
        self._whiten = mixture._whiten.cpu().numpy()
        self._mode: NDArray[np.int64] | None = None
        self.hops = 0
        self.since = self.began = 0
        self._step = 0

    def look(self, x: Array, step: int) -> None:
        """Notes where particles x (d, m) are at a step. Going back in the run starts the count anew."""
        z = np.einsum("kij,kjm->kim", self._whiten, x[None] - self._means[:, :, None])
        distance = np.sqrt((z * z).sum(1))
        nearest = distance.argmin(0)
        core = distance.min(0) < CORE
        if self._mode is None or step < self._step or len(self._mode) != x.shape[1]:
            self._mode, self.hops = np.where(core, nearest, -1), 0
            self.since = self.began = step
        else:
            hopped = core & (self._mode >= 0) & (nearest != self._mode)
            if hopped.any():
                self.hops += int(hopped.sum())
                self.since = step
            self._mode = np.where(core, nearest, self._mode)
        self._step = step
