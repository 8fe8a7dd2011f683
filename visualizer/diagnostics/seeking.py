"""The mixture that seeks the modes of a density: KL(q ‖ p) by quadrature, minimised by L-BFGS (Liu & Nocedal 1989)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density, GaussianMixture

Array = NDArray[np.float64]
#: log p of nothing: where p is 0, KL(q ‖ p) is infinite for every Gaussian.
_LOG_NOTHING = -1e4
#: How far logarithms of weights may go from where they begin.
_WEIGHTS = 30.0
#: How far logarithms of standard deviations may go.
_STDS = 5.0
#: How far means may go.
_MEANS = 1e3
#: How far shears may go.
_SHEARS = 10.0


def seek(
    p: Density,
    q: GaussianMixture,
    z: Tensor,
    w: Tensor,
    steps: int = 200,
    check: Callable[[], None] = lambda: None,
) -> GaussianMixture:
    """A minimum of KL(q ‖ p), from q.

    Component k of the result is found as μ_k + C_k (δ_k + L_k z), with C_k the Cholesky factor of where it begins: so
    it is the same in all units, and whatever the widths of components are.

    Args:
        p: the density.
        q: where to begin.
        z, w: nodes (M, d) of a standard normal variable and their weights.
        steps: at most.
        check: called before each evaluation; what it raises ends them.
    """
    search = _Search(p, q, z, w)

    def objective(flat: Array) -> tuple[float, Array]:
        check()
        return search.objective(flat)

    options = {"maxiter": steps}
    best = scipy.optimize.minimize(
        objective, search.start(), jac=True, method="L-BFGS-B", bounds=search.limits(), options=options
    )
    with torch.no_grad():
        log_w, means, factors = search.unpack(torch.from_numpy(best.x))
    cov = factors @ factors.mT
    least = 1e-12 * cov.diagonal(dim1=1, dim2=2).sum(1)[:, None, None] * torch.eye(q.d, dtype=torch.float64)
    return GaussianMixture(log_w.exp(), means, cov + least)


class _Search:
    def __init__(self, p: Density, q: GaussianMixture, z: Tensor, w: Tensor) -> None:
        self.p, self.z, self.w, self.d, self.k = p, z, w, q.d, q.K
        self.log_weights, self.means = q.weights64.clamp_min(1e-12).log(), q.means64
        self.factors = torch.linalg.cholesky(q.covariances64)
        self.lower = torch.tril_indices(q.d, q.d)

    def start(self) -> Array:
        """log π, then δ = 0 and L = 1 (the logarithms of its diagonal)."""
        rest = self.k * (self.d + self.lower.shape[1])
        return np.concatenate([self.log_weights.numpy(), np.zeros(rest)])

    def limits(self) -> list[tuple[float, float]]:
        """Of each parameter."""
        diagonal = (self.lower[0] == self.lower[1]).tolist()
        shapes = [_STDS if on else _SHEARS for on in diagonal] * self.k
        around = [(v - _WEIGHTS, v + _WEIGHTS) for v in self.log_weights.tolist()]
        return around + [(-v, v) for v in [_MEANS] * (self.k * self.d) + shapes]

    def unpack(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """log π (K,), means (K, d) and Cholesky factors (K, d, d)."""
        k, d = self.k, self.d
        flat = torch.zeros(k, d, d, dtype=torch.float64)
        flat[:, self.lower[0], self.lower[1]] = t[k + k * d :].view(k, -1)
        diagonal = flat.diagonal(dim1=1, dim2=2)
        factors = self.factors @ (flat - torch.diag_embed(diagonal) + torch.diag_embed(diagonal.exp()))
        means = self.means + (self.factors @ t[k : k + k * d].view(k, d, 1))[:, :, 0]
        return torch.log_softmax(t[:k], 0), means, factors

    def objective(self, flat: Array) -> tuple[float, Array]:
        """KL(q ‖ p) and its gradient."""
        with torch.enable_grad():
            t = torch.tensor(flat, requires_grad=True)
            log_w, means, factors = self.unpack(t)
            x = (means[:, None, :] + torch.einsum("kij,mj->kmi", factors, self.z)).reshape(-1, self.d)
            off = torch.linalg.solve_triangular(factors, (x[None] - means[:, None]).mT, upper=False)
            log_norm = factors.diagonal(dim1=1, dim2=2).log().sum(1) + 0.5 * self.d * math.log(2 * math.pi)
            log_q = torch.logsumexp((log_w - log_norm)[:, None] - 0.5 * off.square().sum(1), 0)
            log_p = self.p.log_prob(x).clamp_min(_LOG_NOTHING)
            value = ((log_w.exp()[:, None] * self.w).reshape(-1) * (log_q - log_p)).sum()
            (gradient,) = torch.autograd.grad(value, t)
        return float(value.detach()), gradient.numpy()
