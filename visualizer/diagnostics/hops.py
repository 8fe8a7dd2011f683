"""Who changed modes, and when."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from visualizer.diagnostics.basins import Indices
from visualizer.diagnostics.modes import Modes

#: So many noised copies of each mode are looked at.
_COPIES = 64


def told_apart(modes: Modes, denoise: Callable[[Tensor], Tensor], alpha: float, sigma: float) -> bool:
    """Whether under this noise there are two modes whose places, noised and denoised, mostly lie in their own cores.

    Else no hop means nothing: E[x_0 | x_t] is near E[x_0] for everybody.
    """
    places = torch.from_numpy(np.ascontiguousarray(modes.places.T)).float()
    noise = torch.randn(len(places), _COPIES, generator=torch.Generator().manual_seed(0))
    copies = (alpha * places[:, :, None] + sigma * noise[:, None, :]).flatten(1)
    seen = modes.cores(denoise(copies.contiguous()).cpu().double().numpy()).reshape(-1, _COPIES)
    own = (seen == np.arange(len(seen))[:, None]).mean(1)
    return int((own > 0.5).sum()) >= 2


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

    def look(self, core: Indices, step: int) -> None:
        """Notes in whose cores (m,), or -1, particles are at a step. Going back in the run starts the count anew."""
        if self._mode is None or step < self._step or len(self._mode) != len(core):
            self._mode, self.hops = core, 0
            self.since = self.began = step
        else:
            hopped = (core >= 0) & (self._mode >= 0) & (core != self._mode)
            if hopped.any():
                self.hops += int(hopped.sum())
                self.since = step
            self._mode = np.where(core >= 0, core, self._mode)
        self._step = step
