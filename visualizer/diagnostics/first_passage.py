"""How long particles of a run take from one mode to the other, on the line."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: −ζ(1/2)/√(2π): a walk that is looked at after each step passes a place as if the place lay so many standard
#: deviations of a step farther off (Broadie, Glasserman & Kou, "A continuity correction for discrete barrier options",
#: 1997, https://doi.org/10.1111/1467-9965.00035).
_UNSEEN = 0.5826


class FirstPassage:
    """The mean time from one place to another, of particles of which some have not arrived yet.

    τ̂ = (the time that all have waited) / (arrivals): where all have arrived their mean, else the likeliest τ of waiting
    times that are exponential, as they are behind a barrier. Its standard error is about τ̂/√arrivals.

    Args:
        x: the particles, (N,).
        end: the place to arrive at.
        dt: the time of a step.
        std: the standard deviation of a step's noise.
    """

    def __init__(self, x: Tensor, end: float, dt: float, std: float) -> None:
        self._dt = dt
        self._sign = 1.0 if float(x.mean()) < end else -1.0
        self._end = self._sign * end - _UNSEEN * std
        self._waits = torch.ones_like(x, dtype=torch.bool)
        self._steps = 0
        #: how many have arrived
        self.arrived = 0

    def look(self, x: Tensor) -> None:
        """Call after every step."""
        self._steps += len(x) - self.arrived
        self._waits &= self._sign * x < self._end
        self.arrived = len(x) - int(self._waits.sum())

    @property
    def time(self) -> float | None:
        """τ̂; None where none has arrived."""
        return self._dt * self._steps / self.arrived if self.arrived else None

    @property
    def error(self) -> float | None:
        """The standard error of τ̂."""
        return None if self.time is None else self.time / math.sqrt(self.arrived)
