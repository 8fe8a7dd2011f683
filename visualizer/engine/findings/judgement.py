"""What is known of a network held against its target."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visualizer.diagnostics.findings import Distance


@dataclass(frozen=True)
class Judgement:
    """What is known so far.

    Attributes:
        t: the times looked at, ascending.
        fisher: E‖s_θ − s‖² under p_t.
        epsilon: σ² E‖s_θ − s‖², the excess of the denoising loss over its minimum.
        loss, least: the denoising loss E‖ε̂ − ε‖² of the network and of the exact field, on the same noise.
        w2: (sliced) W₂ of reverse-SDE samples to the target; `exact_w2` the same run on the exact score.
        shares, weights: mode occupancy of the samples and of the target; None where it has one mode or too many.
        log_prob, exact_log_prob: mean over exact samples of log p by the network's ODE, and of the true one, nats.
        reverse_kl: E_q[log q − log p] over samples of the network's own law q, nats; None where p is 0 at one.
        bound: mean over exact samples of the lower bound of log p that it has, nats.
        junk: share of its samples with less log p than all but 0.1 % of exact samples have.
        integral: of p by the network's ODE over a grid; 1 where it is normalised.
        done: share of the work.
        doing: what is being done.
    """

    t: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    fisher: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    epsilon: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    loss: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    least: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    w2: Distance | None = None
    exact_w2: Distance | None = None
    shares: NDArray[np.float64] | None = None
    weights: NDArray[np.float64] | None = None
    log_prob: float | None = None
    exact_log_prob: float | None = None
    integral: float | None = None
    reverse_kl: float | None = None
    bound: float | None = None
    junk: float | None = None
    done: float = 0.0
    doing: str = ""

    @property
    def kl(self) -> float | None:
        """KL(p ‖ q) in nats, by the samples that both log-densities are means over."""
        return None if self.log_prob is None or self.exact_log_prob is None else self.exact_log_prob - self.log_prob
