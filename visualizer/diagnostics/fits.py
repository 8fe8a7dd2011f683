"""A smaller mixture q fitted to a density p, and how surprising each is to the other.

KL(p ‖ q) is small where q covers all of p (maximum likelihood, the M-projection), KL(q ‖ p) where q sits on some of p's
modes (variational inference, the I-projection); Bishop 2006, 10.1.2; Minka 2005.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, GaussianMixture, cell_places
from visualizer.diagnostics.covering import cover
from visualizer.diagnostics.seeking import seek

Kind = Literal["covering", "seeking"]
#: More components than this are not fitted.
MAX_COMPONENTS = 64
#: Nodes in all for a fit, about.
COARSE = 9_000
#: Nodes in all for a measurement, about.
FINE = 60_000
#: Nodes along each axis, at least.
_FEWEST = 12
#: Nodes in all while seeking, about.
_SEEKING = 2_000
#: Least and most nodes along each axis while seeking, by dimension.
_SEEKING_NODES = {1: (61, 121), 2: (15, 41)}
#: Nodes reach out to this many standard deviations.
_REACH = 8.5
#: Most distance of nodes, in widths of the integrand.
_RESOLVED = 1.0
#: Most distance of nodes, in widths of what is fitted on them.
_FITTED = 0.5
#: Most nodes along an axis of a grid, by dimension.
_GRID_NODES = {1: 16_384, 2: 512}
#: Nodes with less than this share of all are left out.
_NOTHING = 1e-12
#: Clouds drawn from p that covering begins at, among others.
_DRAWN = 3
#: Steps of covering.
_COVERING = 100
#: Steps of covering on finer nodes.
_POLISHING = 60
#: Fits that differ by less, in nats, are as good as each other.
_SAME = 1e-7
#: Seeking begins from the parts of p, from what covers p, and from parts with this share of the variance.
_NARROWER = 1 / 9
#: Steps from each beginning.
_FIRST_STEPS = 25
#: Steps from the best of them.
_LAST_STEPS = 120


@dataclass(frozen=True)
class Surprise:
    """In nats: H(p) = −E_p log p, H(p, q) = −E_p log q, KL(p ‖ q) and KL(q ‖ p)."""

    entropy: float
    cross_entropy: float
    forward_kl: float
    reverse_kl: float


class Nodes(NamedTuple):
    """Points x (M, d) and weights w (M,): Σ w f(x) ≈ E_p f for all f as smooth as `least` (d,), or as p, is wide."""

    x: Tensor
    w: Tensor
    least: Tensor


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


def nodes(
    p: Density, count: int = FINE, parts: GaussianMixture | None = None, other: GaussianMixture | None = None
) -> Nodes:
    """About `count` of them: in the axes of components, or on a grid.

    Where p has parts narrower than such a grid's cells, there are as many more as they need. Where nodes of a wide
    component would be too far apart for the narrowest one, or for that of an `other` mixture that is to be integrated
    over them, they are spread evenly instead.
    """
    m = _small_mixture(p)
    if m is None:
        return _grid_nodes(p, count, None if parts is None else _narrowest(parts))
    n = _along(m, count)
    if _distance(m, count) > _RESOLVED * min(_narrowest(q) for q in (m, other or m)):
        return _spread_nodes(m, count)
    z, w = _standard_nodes(n, m.d)
    spread = m.axes * m.variances.sqrt()[:, None, :]
    x = m.means64[:, None, :] + torch.einsum("kij,mj->kmi", spread, z)
    return Nodes(x.reshape(-1, m.d), (m.weights64[:, None] * w).reshape(-1), torch.zeros(m.d, dtype=torch.float64))


def _small_mixture(p: Density) -> GaussianMixture | None:
    """p as a mixture, where it is one of no more than `MAX_COMPONENTS`."""
    return p.mixture if p.K <= MAX_COMPONENTS else None


def _narrowest(p: GaussianMixture) -> float:
    return math.sqrt(float(p.variances.min()))


def _along(p: GaussianMixture, count: int) -> int:
    """Nodes along each axis of a component, of about so many in all."""
    return max(_FEWEST, int((count / p.K) ** (1 / p.d)))


def _distance(p: GaussianMixture, count: int) -> float:
    """Between neighbouring nodes of the widest component."""
    return 2 * _REACH / (_along(p, count) - 1) * math.sqrt(float(p.variances.max()))


def _spread_nodes(p: GaussianMixture, count: int) -> Nodes:
    """A scrambled Sobol sequence (Owen 1998) in the components, in proportion to their weights.

    It errs more than a lattice of Gaussians does, but has no rows for a fit to collapse onto.
    """
    shares = (count * p.weights64).round().clamp_min(_FEWEST).long()
    which = torch.repeat_interleave(torch.arange(p.K), shares)
    u = torch.quasirandom.SobolEngine(p.d, scramble=True, seed=0).draw(len(which), dtype=torch.float64)
    z = torch.special.ndtri(u.clamp(1e-12, 1 - 1e-12))
    spread = p.axes * p.variances.sqrt()[:, None, :]
    x = p.means64[which] + torch.einsum("mij,mj->mi", spread[which], z)
    return Nodes(x, (p.weights64 / shares)[which], torch.zeros(p.d, dtype=torch.float64))


def _grid_nodes(p: Density, count: int, narrowest: float | None) -> Nodes:
    """The midpoint rule over the box p lies in, without cells that hold nothing."""
    bounds = p.bounds()
    asked = int(count ** (1 / p.d))
    if narrowest is not None:  # with cells of σ the rule errs by 2e^(−2π²) for a Gaussian
        asked = max(asked, math.ceil(max(b - a for a, b in bounds) / narrowest))
    n = min(asked, _GRID_NODES[p.d])
    x = cell_places(bounds, n)
    log_p = p.log_prob(x)
    w = torch.exp(log_p - log_p.max())
    there = w > _NOTHING * w.sum()
    # Narrower than half a cell a Gaussian on a node would weigh more than the cell does.
    least = torch.tensor([(b - a) / (2 * n) for a, b in bounds], dtype=torch.float64)
    return Nodes(x[there], w[there] / w[there].sum(), least)


def entropy(p: Density, count: int = FINE) -> float:
    """H(p) = −E_p log p in nats, by about `count` nodes (see `nodes`)."""
    x, w, _ = nodes(p, count)
    return -float(w @ p.log_prob(x))


def surprise(p: Density, q: GaussianMixture, count: int = FINE, parts: GaussianMixture | None = None) -> Surprise:
    """How surprising p and q are, to themselves and to each other, by about `count` nodes (see `nodes`)."""
    x, w, _ = nodes(p, count, parts, q)
    entropy, cross = -float(w @ p.log_prob(x)), -float(w @ q.log_prob(x))
    return Surprise(entropy, cross, cross - entropy, _reverse_kl(p, q, count))


def _reverse_kl(p: Density, q: GaussianMixture, count: int = FINE) -> float:
    y, v, _ = nodes(q, count, other=_small_mixture(p))
    return float(v @ (q.log_prob(y) - p.log_prob(y)))


def fit(
    p: Density,
    kind: Kind,
    components: int,
    start: GaussianMixture | None = None,
    parts: GaussianMixture | None = None,
    check: Callable[[], None] = lambda: None,
) -> GaussianMixture:
    """The mixture of so many components that covers p, or seeks its modes.

    Both have local optima: the best one reached from `start` (if it has as many components) and from fixed starts.

    Args:
        p: the density.
        kind, components: what q is to be.
        start: where to begin, if it fits.
        parts: Gaussians that p is roughly made of; a mixture of no more than `MAX_COMPONENTS` is its own.
        check: called every few milliseconds; what it raises ends the fit.

    Raises:
        ValueError: p has too many components and no parts are given, or none are wanted.
    """
    if components < 1:
        raise ValueError("expected 1 component or more")
    p = p.to(device="cpu", dtype=torch.float64)
    if (mixture := _small_mixture(p)) is not None:
        p = parts = _without_empty(mixture)
    elif parts is None:
        raise ValueError(f"expected a mixture of at most {MAX_COMPONENTS} components, or the parts of p")
    warm = [start] if start is not None and components == start.K and start.d == p.d else []
    if kind == "covering":
        return _covering(p, warm, components, parts, check)
    if warm:
        return seek(p, warm[0], *_seeking_nodes(p.d, components, _SEEKING), check=check)
    return _seeking(p, components, parts, check)


def _seeking(p: Density, count: int, parts: GaussianMixture, check: Callable[[], None]) -> GaussianMixture:
    """The best fit that seeks p's modes: a few steps from any start, then from the best of them on more nodes.

    Between the nodes of a wide component p may be anything, so what is found is held against what it was found from.
    """
    found = [*_mode_starts(parts, count), _covering(p, [], count, parts, check)]
    for q in found[:]:
        found.append(seek(p, q, *_seeking_nodes(p.d, count, _SEEKING), _FIRST_STEPS, check))
    best = _least(found, lambda q: _reverse_kl(p, q), check)
    last = seek(p, best, *_seeking_nodes(p.d, count, 2 * _SEEKING), _LAST_STEPS, check)
    return _least([last, best], lambda q: _reverse_kl(p, q), check)


def _least(
    found: list[GaussianMixture], measure: Callable[[GaussianMixture], float], check: Callable[[], None]
) -> GaussianMixture:
    """The first of those with the least value: which of two that are the same but for rounding must not vary."""
    values = []
    for q in found:
        check()
        values.append(measure(q))
    return next(q for q, value in zip(found, values, strict=True) if value <= min(values) + _SAME)


def _seeking_nodes(d: int, count: int, total: int) -> tuple[Tensor, Tensor]:
    """About so many in all for so many components."""
    fewest, most = _SEEKING_NODES[d]
    return _standard_nodes(min(max(fewest, int((total / count) ** (1 / d))), most), d)


def _covering(
    p: Density, warm: list[GaussianMixture], count: int, parts: GaussianMixture, check: Callable[[], None]
) -> GaussianMixture:
    """The best fit that covers p: from the one before, or from any start and then on finer nodes.

    A single Gaussian is matched by moments.
    """
    if count == 1:
        mean, cov = p.mean, p.covariance
        return GaussianMixture(torch.ones(1).double(), mean[None], cov[None])
    own = p is parts
    coarse = _spread_nodes(parts, COARSE) if own else nodes(p, COARSE, parts)
    if warm:
        return cover(*coarse, warm[0], check=check)
    starts = _spread_starts(p, parts, count)
    found = [cover(*coarse, q, _COVERING, check) for q in starts]
    if own and count >= parts.K:
        found.insert(0, _itself(parts, count))
    on_grid = None if own else nodes(p, FINE, parts)

    def cross_entropy(q: GaussianMixture) -> float:
        x, w, _ = on_grid or nodes(p, FINE, other=q)
        return -float(w @ q.log_prob(x))

    best = _least(found, cross_entropy, check)
    rows = own and _distance(parts, FINE) > _FITTED * _narrowest(best)
    fine = _spread_nodes(parts, FINE) if rows else on_grid or nodes(p, FINE)
    last = cover(*fine, best, _POLISHING, check)
    return _least([last, best], cross_entropy, check)


def _without_empty(p: GaussianMixture) -> GaussianMixture:
    """p without components of no weight: nothing can be fitted to them."""
    kept = p.weights64 > 0
    return p if bool(kept.all()) else GaussianMixture(p.weights64[kept], p.means64[kept], p.covariances64[kept])


def heaviest(p: GaussianMixture, count: int) -> GaussianMixture:
    """The heaviest components of p; more than it has are copies a little apart."""
    order = torch.argsort(p.weights64, descending=True, stable=True)
    which = order[torch.arange(count) % p.K]
    again = torch.div(torch.arange(count), p.K, rounding_mode="floor").double()
    shift = 0.3 * again[:, None] * p.variances[which].sqrt().max(1, keepdim=True).values
    return GaussianMixture(p.weights64[which], p.means64[which] + shift, p.covariances64[which])


def _itself(p: GaussianMixture, count: int) -> GaussianMixture:
    """p written with more components than it needs."""
    which = torch.arange(count) % p.K
    shares = p.weights64[which] / torch.bincount(which)[which]
    return GaussianMixture(shares, p.means64[which], p.covariances64[which])


def _mode_starts(parts: GaussianMixture, count: int) -> list[GaussianMixture]:
    """The heaviest components, and the same narrower: a basin may be wider than anything Gaussian within it."""
    wide = heaviest(parts, count)
    return [wide, GaussianMixture(wide.weights64, wide.means64, _NARROWER * wide.covariances64)]


def _spread_starts(p: Density, parts: GaussianMixture, count: int) -> list[GaussianMixture]:
    """The heaviest components, places along the longest axis of the whole, and places drawn from it."""
    mean, cov = p.mean, p.covariance
    values, axes = torch.linalg.eigh(cov)
    along = torch.linspace(-1, 1, count, dtype=torch.float64) if count > 1 else torch.zeros(1, dtype=torch.float64)
    g = torch.Generator().manual_seed(0)
    places = [mean + along[:, None] * axes[:, -1] * values[-1].sqrt()]
    places += [p.sample(count, generator=g).double() for _ in range(_DRAWN)]
    wide = (cov / count**2 + 1e-3 * cov).expand(count, p.d, p.d)
    return [*(GaussianMixture(torch.ones(count).double(), at, wide) for at in places), heaviest(parts, count)]
