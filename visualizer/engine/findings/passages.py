"""Passage times from one mode to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visualizer.diagnostics.findings import Barrier
from visualizer.engine.drawings import Floats


@dataclass(frozen=True)
class Passages:
    """What is known so far.

    Attributes:
        start, end: from where to where.
        ways: all pairs of neighbouring modes, there and back, as (start, end).
        step_size: h; a step of the chains is so much time.
        exact: the mean passage time of dx = s dt + √2 dw.
        heated: barriers β ΔU and exact mean passage times of p^β, from a hot target to a cold one.
        barrier: bottom, top, height and Kramers' time; None where p has no valley between.
        grid, energy: U = −log p over places around both modes, least energy 0.
        times: passage times of the chains that have arrived, ascending.
        waiting: chains that have not.
        elapsed: the time they have had.
    """

    start: float
    end: float
    ways: tuple[tuple[float, float], ...]
    step_size: float
    exact: float
    barrier: Barrier | None
    heated: tuple[Floats, Floats]
    grid: Floats
    energy: Floats
    times: Floats
    waiting: int
    elapsed: float

    @property
    def done(self) -> float:
        """The share of chains that have arrived."""
        return len(self.times) / (len(self.times) + self.waiting)

    @property
    def mean(self) -> tuple[float, float]:
        """Estimate of the mean and its standard error.

        While chains are still on their way, theirs is taken to go on at the rate seen since a quarter of all had
        arrived: times are exponential but for the way down from the barrier, which comes first.
        """
        arrived, count = len(self.times), len(self.times) + self.waiting
        if arrived < max(2, count // 2):
            return float("nan"), float("nan")
        times = self.times.astype(np.float64)
        if not self.waiting:
            return float(times.mean()), float(times.std() / arrived**0.5)
        since = times[count // 4]
        late = times[count // 4 :] - since
        tail = (late.sum() + self.waiting * (self.elapsed - since)) / len(late)
        mean = float((times.sum() + self.waiting * (self.elapsed + tail)) / count)
        return mean, mean / arrived**0.5
