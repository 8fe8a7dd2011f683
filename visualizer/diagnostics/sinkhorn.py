"""Entropic optimal transport between two laws on the line: the plan, by Sinkhorn's iteration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Iterations at most.
_MOST = 20_000


@dataclass(frozen=True)
class Plan:
    """π = argmin E_π ½|x − y|² + ε KL(π ‖ p ⊗ q), on cells.

    Attributes:
        x, y: places, (n,) and (m,).
        plan: masses, (n, m), summing to 1; rows belong to x.
        off: how far the mass of any row is from what it has to be, at most.
    """

    x: Array
    y: Array
    plan: Array
    off: float

    @property
    def cost(self) -> float:
        """E|x − y|², at least W₂²."""
        return float((self.plan * (self.x[:, None] - self.y) ** 2).sum())

    @property
    def information(self) -> float:
        """I(x; y) = KL(π ‖ p ⊗ q), nats."""
        apart = self.plan.sum(1)[:, None] * self.plan.sum(0)
        there = self.plan > 0
        return float((self.plan[there] * np.log(self.plan[there] / apart[there])).sum())

    @property
    def mean(self) -> Array:
        """E[y | x], the barycentric map, (n,)."""
        return np.asarray(self.plan @ self.y / np.maximum(self.plan.sum(1), 1e-300))


def sinkhorn(x: Array, p: Array, y: Array, q: Array, epsilon: float, enough: float = 1e-9) -> Plan:
    """Alternates f = −ε log Σ_j q_j exp((g_j − ½|x − y_j|²)/ε) and the same for g, in logarithms; ε falls to its value.

    Cuturi 2013 (https://arxiv.org/abs/1306.0895); scaling of ε as in Schmitzer 2019. Masses p and q sum to 1;
    those of π are off by no more than `enough`.

    Raises:
        ValueError: ε is not positive.
    """
    if not epsilon > 0:
        raise ValueError("ε must be positive")
    cost = 0.5 * (x[:, None] - y) ** 2
    with np.errstate(divide="ignore"):
        log_p, log_q = np.log(p), np.log(q)
    f, g = np.zeros(len(x)), np.zeros(len(y))
    at = max(epsilon, float(cost.max()) / 4)
    for _ in range(_MOST):
        f = -at * scipy.special.logsumexp((g - cost) / at + log_q, axis=1)
        g = -at * scipy.special.logsumexp((f[:, None] - cost) / at + log_p[:, None], axis=0)
        if at > epsilon:
            at = max(epsilon, 0.7 * at)
            continue
        rows = scipy.special.logsumexp((f[:, None] + g - cost) / at + log_q, axis=1)
        if np.abs(np.exp(rows) - 1)[p > 0].max() * p.max() < enough:
            break
    plan = np.exp((f[:, None] + g - cost) / epsilon + log_p[:, None] + log_q)
    return Plan(x, y, plan, float(np.abs(plan.sum(1) - p).max()))
