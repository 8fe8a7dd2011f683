"""Timing two things against each other on a machine that is not ours alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]
#: About how long one burst lasts, seconds; what takes longer is done once.
_BURST = 0.1


@dataclass(frozen=True)
class Row:
    """One line of the table: what, against what, the ratio and what it should be."""

    what: str
    against: str
    ours_ms: float
    theirs_ms: float
    reach: str
    hold: str

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.theirs_ms / self.ours_ms


def once(work: Work) -> float:
    """Seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def duel(ours: Work, theirs: Work, seconds: float = 3.0) -> tuple[float, float]:
    """Median milliseconds of both, in alternating bursts.

    A busy moment of the machine strikes both alike, and within a burst each finds the caches as its own
    loop leaves them, which is how either runs in earnest.
    """
    once(ours), once(theirs)
    cost = max(once(ours), 1e-6), max(once(theirs), 1e-6)
    bursts = [min(50, max(8, round(_BURST / c))) if c < _BURST else 1 for c in cost]
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[1]) < 3:
        for work, burst, taken in zip((ours, theirs), bursts, times, strict=True):
            taken.extend(once(work) for _ in range(burst))
    return 1e3 * statistics.median(times[0]), 1e3 * statistics.median(times[1])


def median_ms(work: Work, seconds: float = 1.5) -> float:
    """Median milliseconds of one thing alone."""
    once(work)
    end, taken = time.perf_counter() + seconds, []
    while time.perf_counter() < end or len(taken) < 3:
        taken.append(once(work))
    return 1e3 * statistics.median(taken)
