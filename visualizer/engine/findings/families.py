"""What is known of all families of models that were trained on one target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Family:
    """One family, trained small.

    Attributes:
        title: what it is.
        kind: of its network.
        net: the name of the trained network in this session; "" where there is none.
        process: the kind of process it was trained along.
        strokes: that it draws in; where that is open the most that were tried.
        weights: how many numbers it learned.
        seconds: of training.
        kl, reverse_kl: KL(p ‖ q) and KL(q ‖ p), nats; None where they are not finite.
        js: the Jensen–Shannon divergence, nats.
        about: whether q is known by a smoothed cloud of draws alone, and so are the divergences.
        w2: (sliced) W₂ of 4,000 draws to p.
        junk: share of its draws with less log p than all but 0.1 % of exact draws have.
        occupancy: share of its draws in each mode; None where p has one mode or too many.
        dropped: modes with less than a tenth of their share.
        golf: strokes and the W₂ of draws in so many, ascending.
        draws: some of them, (n, d).
    """

    title: str
    kind: str
    net: str
    process: str
    strokes: int
    weights: int
    seconds: float
    kl: float | None
    reverse_kl: float | None
    js: float | None
    about: bool
    w2: float
    junk: float
    occupancy: NDArray[np.float64] | None
    dropped: int | None
    golf: tuple[tuple[int, float], ...]
    draws: NDArray[np.float32]


@dataclass(frozen=True)
class Families:
    """All that are known so far.

    Attributes:
        found: in the order of the line-up.
        exact: strokes and W₂ of the exact denoisers, and draws of p itself.
        floor: W₂ of exact draws to p.
        lightest: the weight of the lightest mode; None where there is one mode, or too many.
        done: share of the work.
        doing: what is being done.
        failed: titles of families that could not be trained, and why.
    """

    found: tuple[Family, ...]
    exact: Family
    floor: float
    lightest: float | None
    done: float
    doing: str
    failed: tuple[tuple[str, str], ...] = ()
