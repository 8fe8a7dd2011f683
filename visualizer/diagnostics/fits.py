"""A smaller mixture q fitted to a density p, and how surprising each is to the other.

KL(p ‖ q) is small where q covers all of p (maximum likelihood, the M-projection), KL(q ‖ p) where q sits on some of p's
modes (variational inference, the I-projection); Bishop 2006, 10.1.2; Minka 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from visualizer.densities import Density, GaussianMixture

Kind = Literal["covering", "seeking"]
#: More components than this are not fitted.
MAX_COMPONENTS = 64
#: About so many nodes in all for a fit and for a measurement, and at least so many along each axis.
COARSE, FINE, _FEWEST = 9_000, 60_000, 12
#: Nodes along each axis while seeking.
_SEEKING_NODES = {1: 61, 2: 15}
#: Nodes reach out to so many standard deviations.
_REACH = 8.5
_EM_STEPS, _EM_TOLERANCE = 400, 1e-9
_LEAST_VARIANCE = 1e-6
#: Along an axis of a grid there are so many nodes at most, and those with less than this share of all are left out.
_GRID_NODES, _NOTHING = 4096, 1e-12
#: log p of nothing while seeking.
_LOG_NOTHING = -1e4


@dataclass(frozen=True)
class Surprise:
    """In nats: H(p) = −E_p log p, H(p, q) = −E_p log q, KL(p ‖ q) and KL(q ‖ p)."""

    entropy: float
    cross_entropy: float
    forward_kl: float
    reverse_kl: float


@lru_cache(maxsize=64)
def _standard_nodes(n: int, d: int) -> tuple[Tensor, Tensor]:
    """Points (n^d, d) and weights with Σ w f(z) ≈ E f(z), z standard normal: the trapezium rule.

    For smooth f it converges as fast as Gauss–Hermite, and it does not lose a narrow valley of f between two nodes.
    """
    z = np.linspace(-_REACH, _REACH, n)
    w = np.exp(-0.5 * z * z)
    w /= w.sum()
    if d == 1:
        return torch.from_numpy(z)[:, None], torch.from_numpy(w)
    grid = np.stack([g.ravel() for g in np.meshgrid(z, z, indexing="ij")], 1)
    return torch.from_numpy(grid), torch.from_numpy(np.outer(w, w).ravel())


def nodes(p: Density, count: int = FINE) -> tuple[Tensor, Tensor]:
    """About `count` points (M, d) and weights (M,) with Σ w f(x) ≈ E_p f: in the axes of components, or on a grid."""
    if not isinstance(p, GaussianMixture) or p.K > MAX_COMPONENTS:
        return _grid_nodes(p, count)
    n = max(_FEWEST, int((count / p.K) ** (1 / p.d)))
    z, w = _standard_nodes(n, p.d)
    spread = p._axes * p._variances.sqrt()[:, None, :]
    x = p._means[:, None, :] + torch.einsum("kij,mj->kmi", spread, z)
    return x.reshape(-1, p.d), (p._weights[:, None] * w).reshape(-1)


def _grid_nodes(p: Density, count: int) -> tuple[Tensor, Tensor]:
    """The midpoint rule over the box p lies in, without cells that hold nothing."""
    n = min(int(count ** (1 / p.d)), _GRID_NODES)
    axes = [a + (torch.arange(n, dtype=torch.float64) + 0.5) * (b - a) / n for a, b in p.bounds()]
    x = torch.stack([g.ravel() for g in torch.meshgrid(*axes, indexing="ij")], 1)
    log_p = p.log_prob(x)
    w = torch.exp(log_p - log_p.max())
    there = w > _NOTHING * w.sum()
    return x[there], w[there] / w[there].sum()


def surprise(p: Density, q: GaussianMixture, count: int = FINE) -> Surprise:
    """How surprising p and q are, to themselves and to each other, by about `count` nodes."""
    (x, w), (y, v) = nodes(p, count), nodes(q, count)
    entropy, cross = -float(w @ p.log_prob(x)), -float(w @ q.log_prob(x))
    return Surprise(entropy, cross, cross - entropy, float(v @ (q.log_prob(y) - p.log_prob(y))))


def fit(
    p: Density,
    kind: Kind,
    components: int,
    start: GaussianMixture | None = None,
    parts: GaussianMixture | None = None,
) -> GaussianMixture:
    """The mixture of so many components that covers p, or seeks its modes.

    Both have local optima: the best one reached from `start` (if it has as many components) and from fixed starts.

    Args:
        p: the density.
        kind, components: what q is to be.
        start: where to begin, if it fits.
        parts: Gaussians that p is roughly made of; a mixture of no more than `MAX_COMPONENTS` is its own.

    Raises:
        ValueError: p has too many components and no parts are given, or none are wanted.
    """
    if components < 1:
        raise ValueError("expected 1 component or more")
    p = p.to(device="cpu", dtype=torch.float64)
    if isinstance(p, GaussianMixture) and p.K <= MAX_COMPONENTS:
        p = parts = _without_empty(p)
    elif parts is None:
        raise ValueError(f"expected a mixture of at most {MAX_COMPONENTS} components, or the parts of p")
    warm = [start] if start is not None and components == start.K and start.d == p.d else []
    if kind == "covering":
        found = [_cover(p, q) for q in warm or _spread_starts(p, parts, components)]
        return min(found, key=lambda q: surprise(p, q).cross_entropy)
    found = [_seek(p, q) for q in warm or [_heaviest(parts, components)]]
    return min(found, key=lambda q: surprise(p, q).reverse_kl)


def _without_empty(p: GaussianMixture) -> GaussianMixture:
    """p without components of no weight: nothing can be fitted to them."""
    kept = p._weights > 0
    return p if bool(kept.all()) else GaussianMixture(p._weights[kept], p._means[kept], p.covariances.double()[kept])


def _moments(p: Density) -> tuple[Tensor, Tensor]:
    if not isinstance(p, GaussianMixture):
        return p.mean, p.covariance
    mean = p._weights @ p._means
    off = p._means - mean
    inside = (p._axes * p._variances[:, None, :]) @ p._axes.mT
    return mean, torch.einsum("k,kij->ij", p._weights, inside + off[:, :, None] * off[:, None, :])


def _heaviest(p: GaussianMixture, count: int) -> GaussianMixture:
    """The heaviest components of p; more than it has are copies a little apart."""
    order = torch.argsort(p._weights, descending=True, stable=True)
    which = order[torch.arange(count) % p.K]
    again = torch.div(torch.arange(count), p.K, rounding_mode="floor").double()
    shift = 0.3 * again[:, None] * p._variances[which].sqrt().max(1, keepdim=True).values
    return GaussianMixture(p._weights[which], p._means[which] + shift, p.covariances.double()[which])


def _spread_starts(p: Density, parts: GaussianMixture, count: int) -> list[GaussianMixture]:
    """The heaviest components, and places along the longest axis of the whole."""
    mean, cov = _moments(p)
    values, axes = torch.linalg.eigh(cov)
    along = torch.linspace(-1, 1, count, dtype=torch.float64) if count > 1 else torch.zeros(1, dtype=torch.float64)
    means = mean + along[:, None] * axes[:, -1] * values[-1].sqrt()
    wide = (cov / count**2 + 1e-3 * cov).expand(count, p.d, p.d)
    return [GaussianMixture(torch.ones(count).double(), means, wide), _heaviest(parts, count)]


def _cover(p: Density, q: GaussianMixture) -> GaussianMixture:
    """Expectation–maximisation on the nodes of p (Dempster, Laird & Rubin 1977); a single one is matched by moments."""
    if q.K == 1:
        mean, cov = _moments(p)
        return GaussianMixture(torch.ones(1).double(), mean[None], cov[None])
    x, w = nodes(p, COARSE)
    before = -np.inf
    for _ in range(_EM_STEPS):
        r = q.responsibilities(x) * w[:, None]
        mass = r.sum(0).clamp_min(1e-12)
        means = (r.T @ x) / mass[:, None]
        off = x[None] - means[:, None]
        cov = torch.einsum("mk,kmi,kmj->kij", r, off, off) / mass[:, None, None]
        q = GaussianMixture(mass, means, cov + _LEAST_VARIANCE * torch.eye(p.d, dtype=torch.float64))
        now = float(w @ q.log_prob(x))
        if now - before < _EM_TOLERANCE:
            break
        before = now
    return q


def _seek(p: Density, q: GaussianMixture) -> GaussianMixture:
    """Minimises KL(q ‖ p) by quadrature and L-BFGS, from q."""
    d, k = q.d, q.K
    z, w = _standard_nodes(_SEEKING_NODES[d], d)
    lower = torch.tril_indices(d, d)
    chol = torch.linalg.cholesky(q.covariances.double())
    chol = (
        chol - torch.diag_embed(chol.diagonal(dim1=1, dim2=2)) + torch.diag_embed(chol.diagonal(dim1=1, dim2=2).log())
    )
    theta = torch.cat([q._weights.clamp_min(1e-12).log(), q._means.flatten(), chol[:, lower[0], lower[1]].flatten()])

    def unpack(t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        flat = torch.zeros(k, d, d, dtype=torch.float64)
        flat[:, lower[0], lower[1]] = t[k + k * d :].view(k, -1)
        diagonal = flat.diagonal(dim1=1, dim2=2)
        return (
            torch.log_softmax(t[:k], 0),
            t[k : k + k * d].view(k, d),
            flat - torch.diag_embed(diagonal) + torch.diag_embed(diagonal.clamp(-12, 12).exp()),
        )

    def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        with torch.enable_grad():
            t = torch.tensor(flat, requires_grad=True)
            log_w, means, factors = unpack(t)
            x = (means[:, None, :] + torch.einsum("kij,mj->kmi", factors, z)).reshape(-1, d)
            off = torch.linalg.solve_triangular(factors, (x[None] - means[:, None]).mT, upper=False)
            log_det = factors.diagonal(dim1=1, dim2=2).log().sum(1)
            log_q = torch.logsumexp(
                (log_w - log_det)[:, None] - 0.5 * off.square().sum(1) - 0.5 * d * np.log(2 * np.pi), 0
            )
            # Where p is 0, KL(q ‖ p) is infinite for every Gaussian: so far away it counts as very small.
            log_p = p.log_prob(x).clamp_min(_LOG_NOTHING)
            value = ((log_w.exp()[:, None] * w).reshape(-1) * (log_q - log_p)).sum()
            (gradient,) = torch.autograd.grad(value, t)
        return float(value.detach()), gradient.numpy()

    best = minimize(objective, theta.numpy(), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    log_w, means, factors = unpack(torch.from_numpy(best.x))
    return GaussianMixture(log_w.exp(), means, factors @ factors.mT)
