"""A Schrödinger bridge between two laws, whose potential is a mixture: LightSB."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from visualizer.learning.networks.base import NETWORKS, Architecture, Shape
from visualizer.learning.networks.sourced import Sourced
from visualizer.learning.networks.vae import nodes

#: Points of a first law of its own that the density is summed over.
_SUMMED = 4_096
#: Nodes of noise along an axis.
_ALONG = 65
#: Pairs that are looked at together.
_PAIRS = 4_000_000
#: The standard deviation that S begins with.
_FIRST = 0.3


class Bridge(Sourced):
    """The process nearest to √ε times Brownian motion that begins as p_a and ends as p_θ, over τ from 0 to 1.

    π(x_b | x_a) ∝ exp(x_aᵀx_b/ε) v(x_b) with v(x) = Σ a_k N(x; r_k, ε S_k) (Korotin, Gushchin & Burnaev 2024,
    https://arxiv.org/abs/2310.01174), so that π(x_b | x_a) = Σ ã_k(x_a) N(r_k + S_k x_a, ε S_k) with
    ã_k ∝ a_k exp((x_aᵀS_k x_a + 2 r_kᵀx_a)/2ε). Training makes E_a log Σ ã_k − E_b log v(x_b) small, which is
    KL(π* ‖ π_θ) up to a constant. From x_τ the end is drawn by the same formula with its precision changed, and a
    Brownian bridge leads there: any number of strokes gives the same law.

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape)
        k, d = shape.components, shape.d
        self.epsilon = shape.epsilon
        self.logits = nn.Parameter(torch.zeros(k))
        self.means = nn.Parameter(torch.randn(k, d, generator=generator))
        self.log_diagonal = nn.Parameter(torch.full((k, d), math.log(_FIRST)))
        self.below = nn.Parameter(torch.zeros(k, d * (d - 1) // 2))

    @property
    def lower(self) -> Tensor:
        """L_k with S_k = L_k L_kᵀ, (K, d, d)."""
        lower = torch.diag_embed(self.log_diagonal.exp())
        if self.d == 2:
            lower = lower + torch.nn.functional.pad(self.below[:, :, None], (0, 1, 1, 0))
        return lower

    @property
    def spreads(self) -> Tensor:
        """S_k, (K, d, d)."""
        return self.lower @ self.lower.mT

    def log_potential(self, y: Tensor) -> Tensor:
        """log v, (N, d) → (N,)."""
        lower = math.sqrt(self.epsilon) * self.lower
        law = torch.distributions.MultivariateNormal(self.means, scale_tril=lower, validate_args=False)
        return torch.logsumexp(torch.log_softmax(self.logits, 0) + law.log_prob(y[:, None]), 1)

    def log_shares(self, a: Tensor) -> Tensor:
        """log of a_k exp((x_aᵀS_k x_a + 2 r_kᵀx_a)/2ε), (N, d) → (N, K)."""
        quadratic = torch.einsum("ni,kij,nj->nk", a, self.spreads, a)
        return torch.log_softmax(self.logits, 0) + (quadratic + 2 * a @ self.means.T) / (2 * self.epsilon)

    def loss(self, x: Tensor, generator: torch.Generator, beta: float, importance: int) -> Tensor:
        """E_a log Σ_k ã_k(x_a) − E_b log v(x_b)."""
        z = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        normaliser: Tensor = torch.logsumexp(self.log_shares(self.inside(self.begin(z))), 1)
        return normaliser.mean() - self.log_potential(self.inside(x)).mean()

    def log_prob(self, x: Tensor) -> Tensor:
        """log p_θ(x_b) = log v(x_b) + log E_a exp(x_aᵀx_b/ε)/Σ ã_k(x_a), over points of p_a, (N, d) → (N,)."""
        y, (a, log_weights) = self.inside(x), (v.to(x.device, x.dtype) for v in self._first())
        log_weights = log_weights - torch.logsumexp(self.log_shares(a), 1)
        parts = [torch.logsumexp(some @ a.T / self.epsilon + log_weights, 1) for some in y.split(_PAIRS // len(a))]
        return torch.cat(parts) + self.log_potential(y) - self.log_scale

    def _first(self) -> tuple[Tensor, Tensor]:
        """p_a as points with log-weights."""
        if self.latent:
            return nodes(self.d, _ALONG)
        return self.points[:_SUMMED], torch.full((_SUMMED,), -math.log(_SUMMED))

    def ends(self, y: Tensor, tau: float) -> tuple[Tensor, Tensor, Tensor]:
        """π(x_b | x_τ): log-weights (N, K), means (N, K, d), covariances (K, d, d); in units of the data.

        exp(−|x_b − x_τ|²/2ε(1 − τ)) v(x_b) exp(|x_b|²/2ε), whose precision is P_k/ε + τ/(ε(1 − τ)) I with P_k = S_k⁻¹.
        """
        eye = torch.eye(self.d, dtype=y.dtype, device=y.device)
        precision = torch.linalg.inv(self.spreads)
        covariance = self.epsilon * torch.linalg.inv(precision + tau / (1 - tau) * eye)
        fixed = (precision @ self.means[:, :, None])[:, :, 0]
        pull = (fixed + y[:, None] / (1 - tau)) / self.epsilon
        means = torch.einsum("kij,nkj->nki", covariance, pull)
        log_weights = torch.log_softmax(self.logits, 0) + 0.5 * (pull * means).sum(2)
        log_weights = log_weights - 0.5 * (self.means * fixed).sum(1) / self.epsilon
        log_weights = log_weights + 0.5 * (torch.logdet(covariance) - torch.logdet(self.epsilon * self.spreads))
        return torch.log_softmax(log_weights, 1), means, covariance

    def carry(self, x: Tensor, k: int) -> Tensor:
        """Along the drift b = (E[x_b | x_τ] − x_τ)/(1 − τ)."""
        y = self.inside(x)
        log_weights, means, _ = self.ends(y, k / self.strokes)
        end = (log_weights.exp()[:, :, None] * means).sum(1)
        return self.outside(torch.lerp(y, end, 1 / (self.strokes - k)))

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """An end is drawn, and the next place on a Brownian bridge to it."""
        y, left = self.inside(x), self.strokes - k
        log_weights, means, covariance = self.ends(y, k / self.strokes)
        cumulated = log_weights.exp().cumsum(1)
        u = torch.rand(len(x), 1, generator=generator, device=x.device, dtype=x.dtype) * cumulated[:, -1:]
        chosen = torch.searchsorted(cumulated, u).clamp_max(len(self.logits) - 1)[:, 0]
        noise = torch.randn((2, *y.shape), generator=generator, device=x.device, dtype=x.dtype)
        lower = torch.linalg.cholesky(covariance)[chosen]
        end = means[torch.arange(len(y), device=x.device), chosen] + torch.einsum("nij,nj->ni", lower, noise[0])
        spread = math.sqrt(self.epsilon * (left - 1) / (left * self.strokes))
        return self.outside(torch.lerp(y, end, 1 / left) + spread * noise[1])


NETWORKS.add(
    Architecture(
        "bridge",
        Bridge,
        None,
        lambda shape: f"Schrödinger bridge, {shape.components} Gaussians, ε = {shape.epsilon:g}",
        prediction="x0",
        objectives=("schroedinger-bridge",),
    )
)
