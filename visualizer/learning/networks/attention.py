"""Attention over the components of a learnable mixture, which is the posterior mean under that mixture."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from visualizer.densities import Field, GaussianMixture, MixtureField
from visualizer.learning.networks.base import NETWORKS, Architecture, Shape


class AttentionDenoiser(nn.Module):
    """The posterior mean under a learnable mixture: attention over its components.

    Component k is N(μ_k, U_k U_kᵀ + ψ I) with U_k (d, r): D = Σ r_k (μ_k + α Σ_k C_k⁻¹ (x − α μ_k)), the softmax r
    over log π_k + log N(x; α μ_k, C_k), C_k = α² Σ_k + σ² I. K = 1 is probabilistic PCA (Tipping & Bishop 1999).

    Args:
        d: dimension.
        components, rank: K and r.
        scale: s; means begin as N(0, s²).
        generator: of the first parameters.
    """

    def __init__(self, d: int, components: int, rank: int, scale: float, generator: torch.Generator) -> None:
        super().__init__()
        self.d, self.components, self.rank, self.scale = d, components, rank, scale
        self.logits = nn.Parameter(torch.zeros(components))
        self.means = nn.Parameter(scale * torch.randn(components, d, generator=generator))
        self.factors = nn.Parameter(0.5 * scale * torch.randn(components, d, rank, generator=generator))
        self.log_floor = nn.Parameter(torch.full((), 2 * math.log(0.3 * scale)))

    def covariances(self) -> Tensor:
        """U_k U_kᵀ + ψ I, (K, d, d)."""
        floor = self.log_floor.exp() * torch.eye(self.d, dtype=self.means.dtype, device=self.means.device)
        return self.factors @ self.factors.mT + floor

    def forward(self, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """D, (N, d)."""
        covariances = self.covariances()
        identity = torch.eye(self.d, dtype=x.dtype, device=x.device)
        noised = (alpha**2)[:, None, None, None] * covariances + (sigma**2)[:, None, None, None] * identity
        inverse, log_det = _inverse(noised)  # (N, K, d, d), (N, K)
        off = x[:, None, :] - alpha[:, None, None] * self.means
        whitened = (inverse @ off[..., None])[..., 0]
        log = torch.log_softmax(self.logits, 0) - 0.5 * ((off * whitened).sum(-1) + log_det)
        each = self.means + alpha[:, None, None] * (covariances @ whitened[..., None])[..., 0]
        return (torch.softmax(log, 1)[..., None] * each).sum(1)


def mixture_of(net: AttentionDenoiser) -> GaussianMixture:
    """The mixture whose posterior mean an attention denoiser is."""
    with torch.no_grad():
        weights = torch.softmax(net.logits.double(), 0)
        floor = net.log_floor.double().exp() * torch.eye(net.d, dtype=torch.float64)
        factors = net.factors.double()
        return GaussianMixture(weights, net.means.double(), factors @ factors.mT + floor)


def _inverse(c: Tensor) -> tuple[Tensor, Tensor]:
    """Inverse and log-determinant of symmetric positive definite (…, d, d), d 1 or 2, in closed form."""
    if c.shape[-1] == 1:
        return 1 / c, c[..., 0, 0].log()
    xx, xy, yy = c[..., 0, 0], c[..., 0, 1], c[..., 1, 1]
    determinant = xx * yy - xy * xy
    adjugate = torch.stack([torch.stack([yy, -xy], -1), torch.stack([-xy, xx], -1)], -2)
    return adjugate / determinant[..., None, None], determinant.log()


def _build(shape: Shape, generator: torch.Generator) -> AttentionDenoiser:
    return AttentionDenoiser(shape.d, shape.components, shape.rank, shape.scale, generator)


def _field(
    module: AttentionDenoiser, ratios: tuple[float, float], device: torch.device | str, label: int | None
) -> Field:
    """What it has learned is a mixture, which has everything in closed form."""
    return MixtureField(mixture_of(module), device=device)


NETWORKS.add(
    Architecture(
        "attention",
        _build,
        _field,
        lambda shape: f"Attention over {shape.components} components",
        prediction="x0",
        denoises_only=True,
    )
)
