"""What walk–jump does over σ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TradeoffPoint:
    """What walk–jump does at one σ. Numbers are NaN where its step is unstable.

    Attributes:
        sigma: σ.
        hops: changes of mode of the jumps of a chain in 1,000 steps, begun from exact samples of p_σ; NaN where jumps
            do not tell modes apart.
        ess: bulk effective sample size of such a chain in 1,000 steps, the worst over coordinates.
        w2: (sliced) W₂ of the jumps to p after all steps from the scene's start.
        exact_w2: the same for jumps from exact samples of p_σ, as many: what is left when mixing is perfect.
        floor: the same for exact samples of p, as many as there are jumps.
    """

    sigma: float
    hops: float
    ess: float
    w2: float
    exact_w2: float
    floor: float


@dataclass(frozen=True)
class Tradeoff:
    """The points so far, and the share of the work that is done."""

    points: tuple[TradeoffPoint, ...]
    done: float
