"""The true reverse kernel of a mixture, which is a mixture: exact with any number of steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from visualizer.densities import GaussianMixture, MixtureField
from visualizer.samplers.base import AlongTime, Info, Setting, State, builds, noise


@dataclass(frozen=True)
class ExactKernel(AlongTime):
    """Draws x_s from p(x_s | x_t) = Σ_k r_k(x_t) N(α_s μ_k + G_k (x_t − α_t μ_k), C_{s,k} − α G_k C_{s,k}), s < t.

    α = α_t/α_s, C_{t,k} = α_t² Σ_k + σ_t² I, G_k = α C_{s,k} C_{t,k}⁻¹, and r_k are the responsibilities under p_t:
    the joint law of (x_s, x_t) given a component is Gaussian. The law of x_s is p_s whatever the step, even one from
    t_max to 0 (Sohl-Dickstein et al. 2015, https://arxiv.org/abs/1503.03585, for the reverse kernel).
    """

    field: MixtureField

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step down the grid; one evaluation, of the responsibilities."""
        x, t, s = state.x, state.t, float(self.grid[-2 - state.step])
        levels = tuple(f(v) for v in (t, s) for f in (self.process.alpha, self.process.sigma))
        centres, gains, roots, shifts = (table.to(x) for table in _kernel(self.field.mixture, *levels))
        parts = []
        for shares in self.field.at(*levels[:2]).responsibilities(x):
            r = shares.T.cumsum(1)
            u = torch.rand(len(r), 1, generator=generator, device=x.device, dtype=r.dtype) * r[:, -1:]
            parts.append(torch.searchsorted(r, u).clamp_max(r.shape[1] - 1)[:, 0])
        k = torch.cat(parts)
        mean = shifts[k].T + torch.einsum("nij,jn->in", gains[k], x - centres[k].T)
        moved = mean + torch.einsum("nij,jn->in", roots[k], noise(x, generator))
        return State(moved.contiguous(), state.step + 1, s), Info(evaluations=1)


@lru_cache(maxsize=256)
def _kernel(
    p: GaussianMixture, alpha_t: float, sigma_t: float, alpha_s: float, sigma_s: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of each component α_t μ, G, the root of the covariance, and α_s μ."""
    eye = torch.eye(p.d, dtype=torch.float64)
    now, then = (a * a * p.covariances64 + s * s * eye for a, s in ((alpha_t, sigma_t), (alpha_s, sigma_s)))
    ratio = alpha_t / alpha_s
    gain = ratio * then @ torch.linalg.inv(now)
    values, vectors = torch.linalg.eigh(then - ratio * gain @ then)
    root = vectors * values.clamp_min(0).sqrt()[:, None, :]  # no covariance is less than 0 but by rounding
    return alpha_t * p.means64, gain, root, alpha_s * p.means64


@builds("exact-kernel")
def build(run: Setting, *, grid: str, steps: int, least_time: float, **_: object) -> ExactKernel:
    """The sampler of a scene, which has made sure that a mixture is followed."""
    assert isinstance(run.field, MixtureField)
    return ExactKernel(run.field, run.process, run.times(grid, steps, least_time))
