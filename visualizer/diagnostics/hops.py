"""Who changed modes, and when."""

from __future__ import annotations

import numpy as np

from visualizer.diagnostics.basins import Indices

#: At least such a share of the particles is in cores, on average, where hops tell anything.
_TELLING = 0.1


class HopCounter:
    """Counts passages from the core of one mode to the core of another.

    Counting cores only keeps a walk that dithers on a ridge from counting many times: between cores a particle still
    belongs to the mode it was in last. Under noise it is the denoised place that is asked, E[x_0 | x_t], the jump of
    walk–jump: the same without noise.
    """

    def __init__(self) -> None:
        self._mode: Indices | None = None
        self.hops = 0
        self.since = self.began = 0
        self._step = 0
        self._looks, self._in_cores = 0, 0.0

    @property
    def telling(self) -> bool:
        """Whether enough particles have been in cores for no hop to mean something."""
        return self._in_cores >= _TELLING * self._looks

    def look(self, core: Indices, step: int) -> None:
        """Notes in whose cores (m,), or -1, particles are at a step. Going back in the run starts the count anew."""
        if self._mode is None or step < self._step or len(self._mode) != len(core):
            self._mode, self.hops, self._looks, self._in_cores = core, 0, 0, 0.0
            self.since = self.began = step
        else:
            hopped = (core >= 0) & (self._mode >= 0) & (core != self._mode)
            if hopped.any():
                self.hops += int(hopped.sum())
                self.since = step
            self._mode = np.where(core >= 0, core, self._mode)
        self._step = step
        self._looks += 1
        self._in_cores += float((core >= 0).mean())
