"""What training makes small. Every objective is a mean over a batch, to be differentiated.

To add an objective: a function here; its name in `Objective` of `training.py`, with a branch in `_Run._loss`; its name
in `visualizer/scene/training.py`, with its title in `TrainingPart`; and in `objectives` of the kinds of networks in
`visualizer/scene/networks/` that have it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from visualizer.learning.networks.energy import EnergyMLP
from visualizer.learning.prediction import Prediction

#: How noise levels are weighed: as ε, x_0, the score, v or the velocity would be by plain squares.
Weighting = Literal["epsilon", "x0", "score", "v", "velocity"]
Score = Callable[[Tensor], Tensor]


def target_of(kind: Prediction, x0: Tensor, noise: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
    """What a network of this kind is to predict from x_t = α x_0 + σ ε: (N, d), levels (N,)."""
    a, s = alpha[:, None], sigma[:, None]
    if kind == "x0":
        return x0
    if kind == "epsilon":
        return noise
    if kind == "score":
        return -noise / s
    if kind == "v":
        return a * noise - s * x0
    return noise - x0


def weight_of(kind: Prediction, weighting: Weighting, alpha: Tensor, sigma: Tensor) -> Tensor:
    """λ(t) that turns squares of `kind` into squares of `weighting`: (N,).

    Errors of one x are tied: δε = −σ δs = −(α/σ) δx_0, δv = δε (α² + σ²)/α and δu = δε (α + σ)/α of u = ε − x_0, so
    each is a multiple of another.
    Bounded where a multiple is infinite, at σ/α or α/σ = 10⁴.
    """
    least = 1e-4
    a, s = alpha.clamp_min(least), sigma.clamp_min(least)
    noise_per = {
        "epsilon": torch.ones_like(a),
        "score": s,
        "x0": a / s,
        "v": a / (a**2 + s**2),
        "velocity": a / (a + s),
    }
    return (noise_per[kind] / noise_per[weighting]).square()


def denoising(
    net: Callable[[Tensor, Tensor, Tensor], Tensor],
    kind: Prediction,
    weighting: Weighting,
    x0: Tensor,
    noise: Tensor,
    alpha: Tensor,
    sigma: Tensor,
) -> Tensor:
    """E λ(t) |net(α x_0 + σ ε, t) − target|² (Vincent 2011; Ho et al. 2020; Salimans & Ho 2022)."""
    x = alpha[:, None] * x0 + sigma[:, None] * noise
    error = net(x, alpha, sigma) - target_of(kind, x0, noise, alpha, sigma)
    return (weight_of(kind, weighting, alpha, sigma) * error.square().sum(1)).mean()


def exact_score_matching(score: Score, x: Tensor) -> Tensor:
    """E[|s|² + 2 ∇·s] (Hyvärinen 2005), the trace by one backward pass for each coordinate: x (N, d)."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        s = score(x)
        trace = torch.zeros_like(s[:, 0])
        for i in range(x.shape[1]):
            trace = trace + torch.autograd.grad(s[:, i].sum(), x, create_graph=True)[0][:, i]
        return (s.square().sum(1) + 2 * trace).mean()


def sliced_score_matching(score: Score, x: Tensor, directions: Tensor) -> Tensor:
    """E[|s|² + 2 vᵀ∇s v] for random directions v, (N, d), with E[v vᵀ] = I (Song et al. 2019, reduced variance)."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        s = score(x)
        along = torch.autograd.grad((s * directions).sum(), x, create_graph=True)[0]
        return (s.square().sum(1) + 2 * (along * directions).sum(1)).mean()


def contrastive_divergence(net: EnergyMLP, data: Tensor, samples: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
    """E_data E(x) − E_model E(x), the gradient of −log-likelihood where `samples` are the model's (Hinton 2002).

    A small multiple of the squared energies keeps them near 0 (Du & Mordatch 2019): E is known up to a constant only.
    """
    up, down = net.energy(data, alpha, sigma), net.energy(samples, alpha, sigma)
    return up.mean() - down.mean() + 1e-3 * (up.square().mean() + down.square().mean())


def noise_contrastive(
    log_model: Tensor, log_noise: Tensor, log_model_of_noise: Tensor, log_noise_of_noise: Tensor
) -> Tensor:
    """Logistic loss of telling data from noise by log p_θ − log q, as many of each (Gutmann & Hyvärinen 2010).

    Args:
        log_model, log_noise: log p_θ (with its learned normaliser) and log q of the data.
        log_model_of_noise, log_noise_of_noise: the same of samples of q.
    """
    plus = torch.nn.functional.softplus(-(log_model - log_noise)).mean()
    minus = torch.nn.functional.softplus(log_model_of_noise - log_noise_of_noise).mean()
    return plus + minus


def log_gaussian(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """log N(x; mean, diag std²), (N, d) → (N,)."""
    z = (x - mean) / std
    return -0.5 * z.square().sum(1) - std.log().sum() - 0.5 * x.shape[1] * math.log(2 * math.pi)
