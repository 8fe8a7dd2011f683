"""Expectation–maximisation on weighted nodes: the mixture that covers a density (Dempster, Laird & Rubin 1977)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from visualizer.densities import GaussianMixture

_TOLERANCE = 1e-9
#: No variance is below so much of that of all along its axis.
_LEAST_VARIANCE = 1e-6


def cover(
    x: Tensor,
    w: Tensor,
    least: Tensor,
    q: GaussianMixture,
    steps: int = 400,
    check: Callable[[], None] = lambda: None,
) -> GaussianMixture:
    """A maximum of Σ_m w_m log q(x_m), from q.

    Args:
        x: nodes, (M, d), float64.
        w: their weights, (M,), summing to 1.
        least: what is narrower along an axis is not told from a node, (d,).
        q: where to begin.
        steps: at most.
        check: called before each; what it raises ends them.
    """
    mean = w @ x
    scale = (w @ (x - mean).square()).sqrt()
    u = (x - mean) / scale
    rows, columns = torch.triu_indices(q.d, q.d)
    # log π_k N(u; μ_k, Σ_k) is linear in 1, u_i and u_i u_j: with them a step is two products of matrices.
    features = torch.cat([torch.ones_like(u[:, :1]), u, u[:, rows] * u[:, columns]], 1)
    weighted = features * w[:, None]
    mass, means = q.weights64, (q.means64 - mean) / scale
    cov = q.covariances64 / (scale[:, None] * scale)
    floor, before = torch.diag((least / scale).square() + _LEAST_VARIANCE), -torch.inf
    for _ in range(steps):
        check()
        logits = features @ _coefficients(mass, means, cov)
        log_q = torch.logsumexp(logits, 1)
        now = float(w @ log_q)
        if now - before < _TOLERANCE:
            break
        before = now
        sums = weighted.T @ logits.sub_(log_q[:, None]).exp_()
        mass, means, cov = _maximised(sums, q.d)
        cov = cov + floor
    return GaussianMixture(mass, mean + scale * means, scale[:, None] * cov * scale)


def _coefficients(mass: Tensor, means: Tensor, cov: Tensor) -> Tensor:
    """Of the features in log π_k N(u; μ_k, Σ_k), (F, K)."""
    d = means.shape[1]
    precision = torch.linalg.inv(cov)
    pull = (precision @ means[:, :, None])[:, :, 0]
    constant = torch.log(mass) - 0.5 * (torch.logdet(cov) + (means * pull).sum(1))
    constant = constant - 0.5 * d * torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64))
    rows, columns = torch.triu_indices(d, d)
    bend = -precision[:, rows, columns] * torch.where(rows == columns, 0.5, 1.0)
    return torch.cat([constant[:, None], pull, bend], 1).T


def _maximised(sums: Tensor, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, means and covariances of the sums Σ_m w_m r_mk f(x_m), (F, K)."""
    mass = sums[0].clamp_min(1e-12)
    means = (sums[1 : 1 + d] / mass).T
    rows, columns = torch.triu_indices(d, d)
    second = torch.empty(len(mass), d, d, dtype=torch.float64)
    second[:, rows, columns] = second[:, columns, rows] = (sums[1 + d :] / mass).T
    cov = second - means[:, :, None] * means[:, None, :]
    return mass / mass.sum(), means, cov
