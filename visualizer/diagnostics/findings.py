"""What diagnostics find: plain values, without torch or scipy, which the window shows."""

from __future__ import annotations

from dataclasses import dataclass

#: Nats of a barrier from which on Kramers' estimate is told.
HIGH = 2.0


@dataclass(frozen=True)
class Distance:
    """A distance and its floor: the mean of the same distance for exact samples of the same number."""

    value: float
    floor: float


@dataclass(frozen=True)
class Barrier:
    """The way out of a well: where its bottom and the barrier are, how high, and Kramers' time over it."""

    bottom: float
    top: float
    height: float
    kramers_time: float

    @property
    def high(self) -> bool:
        """Whether it is so high that Kramers' estimate means something."""
        return self.height >= HIGH


@dataclass(frozen=True)
class Passage:
    """A way from one mode to the next in 1-D: places, exact mean time, and the barrier if there is one."""

    start: float
    end: float
    time: float
    barrier: Barrier | None


@dataclass(frozen=True)
class Convergence:
    """Rank-normalised R̂ (1 where chains agree) and the effective numbers of draws, the worst over coordinates.

    Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021.
    """

    rhat: float
    ess_bulk: float
    ess_tail: float
