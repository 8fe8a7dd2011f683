"""What tests of samplers share: targets, runs, and laws to be within error bars of."""

from __future__ import annotations

import math

import torch

from visualizer.densities import GaussianMixture


def wells() -> GaussianMixture:
    """Two wells in 1-D that Langevin crosses."""
    t = torch.tensor
    return GaussianMixture(t([0.3, 0.7]).double(), t([[-1.5], [1.0]]).double(), t([[[0.09]], [[0.25]]]).double())


def three_far_modes() -> GaussianMixture:
    """Three modes in 2-D that nothing local crosses."""
    means = torch.tensor([[-4.0, 0.0], [4.0, 0.0], [0.0, 5.0]]).double()
    cov = torch.tensor([[0.3, 0.1], [0.1, 0.2]]).double().expand(3, 2, 2)
    return GaussianMixture(torch.tensor([0.5, 0.3, 0.2]).double(), means, cov)


def gaussian(variance: float, mean: float = 0.0) -> GaussianMixture:
    """One Gaussian in 1-D."""
    one = torch.ones(1).double()
    return GaussianMixture(one, mean * one[:, None], variance * one[:, None, None])


def run(sampler, x, seed, steps=None):
    """The state at the end of a run."""
    g = torch.Generator().manual_seed(seed)
    state = sampler.init(x, g)
    for _ in range(sampler.steps or steps):
        state, _ = sampler.step(state, g)
    return state


def cdf(p: GaussianMixture, at: float) -> float:
    """P(x < at) in 1-D."""
    z = (at - p.means[:, 0]) / p.covariances[:, 0, 0].sqrt()
    return float((p.weights * 0.5 * (1 + torch.erf(z / math.sqrt(2)))).sum())


def shares_off(x: torch.Tensor, p: GaussianMixture) -> list[float]:
    """Shares below five places less the exact ones, in standard errors of so many independent draws."""
    n = x.shape[1]
    mean = float(p.weights @ p.means[:, 0])
    spread = float(p.means.max() - p.means.min()) + float(p.covariances.max()) ** 0.5
    out = []
    for u in (-0.5, -0.2, 0.0, 0.2, 0.5):
        at = mean + u * spread
        share = cdf(p, at)
        error = math.sqrt(max(share * (1 - share), 1 / n) / n)
        out.append((float((x < at).double().mean()) - share) / error)
    return out


def mode_shares(x: torch.Tensor, p: GaussianMixture) -> torch.Tensor:
    """Shares of the columns x (d, N) whose likeliest component is each of p's."""
    which = p.responsibilities(x.T.double()).argmax(1)
    return torch.bincount(which, minlength=p.K).double() / x.shape[1]


def occupancy_off(x: torch.Tensor, p: GaussianMixture) -> list[float]:
    """Shares of the modes less the weights, in standard errors."""
    errors = (p.weights * (1 - p.weights) / x.shape[1]).sqrt()
    return ((mode_shares(x, p) - p.weights) / errors).tolist()
