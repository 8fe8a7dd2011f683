"""Timing two things against each other on a machine that is not ours alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]


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
    """Median milliseconds of both, taken in turn so that a busy moment strikes both alike."""
    once(ours), once(theirs)
    first, second = max(once(ours), 1e-6), max(once(theirs), 1e-6)
    batch = max(1, round(second / first / 4))
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[1]) < 3:
        times[0].extend(once(ours) for _ in range(batch))
        times[1].append(once(theirs))
    return 1e3 * statistics.median(times[0]), 1e3 * statistics.median(times[1])
