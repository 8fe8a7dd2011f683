"""How far a cloud is from a density, beside how far exact samples of the same number are."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.densities import Density
from visualizer.diagnostics.findings import Distance
from visualizer.diagnostics.marginals import law_along

Array = NDArray[np.float64]
#: Directions of a sliced distance.
DIRECTIONS = 32
#: Cells along an axis for KL.
CELLS = 24
#: Exact clouds behind a floor.
REPEATS = 5


def wasserstein2(x: Array, quantiles: Array) -> float:
    """W₂ between n points of the line and a density: (∫ (F_n⁻¹(u) − F⁻¹(u))² du)^½, by midpoints of u.

    `quantiles` are F⁻¹((i + ½)/n).
    """
    return float(np.sqrt(np.mean((np.sort(x) - quantiles) ** 2)))


def beside_its_gaussian(p: Density, draws: int = 20_000) -> float:
    """KL(p ‖ q) = E_p[log p − log q] in nats, q the Gaussian with the mean and the covariance of p; 0 or more.

    The mean over seeded draws, whose standard error is 0.007 of the spread of log p − log q.
    """
    x = p.sample(draws, generator=torch.Generator().manual_seed(0)).double()
    off = x - p.mean.double()
    covariance = p.covariance.double()
    square = (off @ torch.linalg.inv(covariance) * off).sum(1)
    log_q = -0.5 * (square + p.d * math.log(2 * math.pi) + float(torch.logdet(covariance)))
    return max(0.0, float((p.log_prob(x.to(p.dtype)).double() - log_q).mean()))


class Reference:
    """What clouds of n points are held against: a density, and exact clouds of the same number.

    Distances are "w2", in 2-D the sliced one: the root mean square of W₂ along evenly spread directions (Bonneel
    et al. 2015), and "kl", KL(points ‖ p) = Σ q ln(q/p) in nats over cells between quantiles of the marginals.

    Args:
        density: p.
        count: n.
        seed: of the exact clouds.
    """

    def __init__(self, density: Density, count: int, seed: int = 0) -> None:
        self.density, self.count = density, count
        d = density.d
        self._directions = _directions(d)
        self._quantiles = [law_along(density, u).quantiles(count) for u in self._directions]
        marginals = [law_along(density, np.eye(d)[i]) for i in range(d)]
        self._edges = [m.quantiles(CELLS - 1) for m in marginals]
        if d == 1:
            below = marginals[0].cdf(self._edges[0])
            self._probability = np.diff(np.concatenate([[0.0], below, [1.0]]))
        else:
            self._probability = _cell_probabilities(density, self._edges)
        generator = torch.Generator().manual_seed(seed)
        clouds = [density.sample(count, generator=generator).T.double().numpy() for _ in range(REPEATS)]
        self.floors = {name: float(np.mean([getattr(self, name)(c) for c in clouds])) for name in ("w2", "kl")}

    def w2(self, x: Array) -> float:
        """(Sliced) W₂ of x (d, n)."""
        along = zip(self._directions, self._quantiles, strict=True)
        return math.sqrt(float(np.mean([wasserstein2(u @ x, q) ** 2 for u, q in along])))

    def kl(self, x: Array) -> float:
        """KL(points ‖ p) of x (d, n), nats."""
        which = [np.searchsorted(e, v) for e, v in zip(self._edges, x, strict=True)]
        index = which[0] if len(which) == 1 else which[0] * CELLS + which[1]
        counts = np.bincount(index, minlength=len(self._probability))
        q = counts / counts.sum()
        some = q > 0
        return float((q[some] * np.log(q[some] / np.maximum(self._probability[some], 1e-12))).sum())

    def measure(self, x: Array) -> dict[str, Distance]:
        """Both distances of x (d, n), each with its floor."""
        return {name: Distance(getattr(self, name)(x), floor) for name, floor in self.floors.items()}


def _directions(d: int) -> list[Array]:
    if d == 1:
        return [np.ones(1)]
    angles = (np.arange(DIRECTIONS) + 0.5) * math.pi / DIRECTIONS
    return [np.array([math.cos(a), math.sin(a)]) for a in angles]


def _cell_probabilities(density: Density, edges: list[Array], parts: int = 6) -> Array:
    """P of each cell of a product of intervals, (cells²,)."""
    fine = []
    for i, e in enumerate(edges):
        # The outer cells have no end, but what lies beyond these quantiles is far below a floor.
        ends = law_along(density, np.eye(2)[i]).quantiles(4096)
        fine.append(np.concatenate([ends[:1], e, ends[-1:]]))
    nodes, weights = np.polynomial.legendre.leggauss(parts)
    at, lengths = [], []
    for whole in fine:
        half = np.diff(whole) / 2
        at.append(((whole[1:] + whole[:-1]) / 2)[:, None] + half[:, None] * nodes)
        lengths.append(half[:, None] * weights)
    gx, gy = np.meshgrid(at[0].ravel(), at[1].ravel(), indexing="ij")
    points = torch.from_numpy(np.stack([gx.ravel(), gy.ravel()], 1)).to(density.dtype)
    mass = (
        density.log_prob(points).exp().double().cpu().numpy().reshape(gx.shape)
        * lengths[0].ravel()[:, None]
        * lengths[1].ravel()
    )
    cells = len(fine[0]) - 1
    out = mass.reshape(cells, parts, cells, parts).sum((1, 3)).ravel()
    return np.asarray(out / out.sum())
