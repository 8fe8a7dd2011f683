"""The density that a reverse SDE along a field really makes: Fokker and Planck's equation for its drift."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density
from visualizer.diagnostics.fokker_planck import Drifted
from visualizer.samplers import Reverse
from visualizer.samplers.base import SINGULAR_ALPHA

Array = NDArray[np.float64]
#: Cells along an axis, by dimension, and the box in standard deviations of the noise.
_CELLS, _REACH = {1: 500, 2: 110}, 4.5
#: Noise that is so many times as wide as the target leaves no cells for the target.
_WIDEST = 4.0
#: The grid reaches so much beyond the target, as a share of its box.
_MARGIN = 0.15


class ModelDensity:
    """Follows one run of a reverse SDE from the noise downwards, a step of the grid at a time.

    Args:
        sampler: Euler–Maruyama with λ > 0.
        p: the target, for the box alone.
        device: of the field.
    """

    def __init__(self, sampler: Reverse, p: Density, device: torch.device | str = "cpu") -> None:
        self.sampler, self.step, self._device = sampler, 0, device
        spread = sampler.process.prior_std()
        sides = []
        for low, high in p.bounds():
            low, high = min(low, -_REACH * spread), max(high, _REACH * spread)
            sides.append((low - _MARGIN * (high - low), high + _MARGIN * (high - low)))
        self.grid = Drifted(tuple(sides), _CELLS[p.d])
        self.density = self._gaussian(torch.zeros(p.d), spread)

    @staticmethod
    def suits(sampler: object, p: Density) -> bool:
        """Whether there is noise in the run, and the target fits on a grid together with the noise it begins at."""
        if not isinstance(sampler, Reverse) or sampler.lam == 0 or sampler.method != "euler":
            return False
        return sampler.process.prior_std() < _WIDEST * p.standard_deviation

    def _gaussian(self, mean: Tensor, std: float) -> Array:
        off = (self.grid.places - mean.double().numpy()) / std
        shape = tuple(len(a) for a in self.grid.axes)
        return self.grid.normalised(np.exp(-0.5 * (off**2).sum(1)).reshape(shape))

    def advance(self) -> None:
        """One step of the run."""
        s = self.sampler
        q, t, t_next = s.process, float(s.grid[-1 - self.step]), float(s.grid[-2 - self.step])
        self.step += 1
        if q.alpha(t) < SINGULAR_ALPHA:  # all noise alike becomes a Gaussian around the mean of the data
            mean = s.field.denoise(torch.zeros(len(self.grid.axes), 1, device=self._device), q.alpha(t), q.sigma(t))[
                :, 0
            ].cpu()
            self.density = self._gaussian(q.alpha(t_next) * mean, q.sigma(t_next))
            return
        drift = [
            -s.slope(torch.from_numpy(places.T.astype(np.float32)).contiguous().to(self._device), t)[axis]
            .cpu()
            .double()
            .numpy()
            for axis, places in enumerate(self.grid.faces)
        ]
        diffusion = 0.5 * s.lam**2 * float(q.diffusion2(t))
        self.density = self.grid.advance(self.density, drift, diffusion, t - t_next)
