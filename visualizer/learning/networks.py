"""Networks: a time-conditioned MLP, the attention denoiser of a learnable mixture, an energy MLP.

All see the noise level as (α, σ) and places as rows (N, d), in units of the data's standard deviation s; they do not
know which process the pair belongs to.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from visualizer.learning.prediction import Prediction

#: Frequencies of the noise level's features, and the range of ln(σ/α) they resolve.
FREQUENCIES, LOG_RANGE = 16, 6.0


def level_features(alpha: Tensor, sigma: Tensor) -> Tensor:
    """Features of a noise level, (M,) and (M,) → (M, 2 F + 2): Fourier features of u and of φ.

    u = ln(σ/α) clipped to ±6, scaled to ±1, resolves small σ; φ = atan2(σ, α) is smooth at both ends (Tancik et al.
    2020 for the features).
    """
    angle = torch.atan2(sigma, alpha)
    u = (torch.log(sigma.clamp_min(1e-9)) - torch.log(alpha.clamp_min(1e-9))).clamp(-LOG_RANGE, LOG_RANGE) / LOG_RANGE
    half = FREQUENCIES // 2
    turns = torch.arange(1, half + 1, dtype=u.dtype, device=u.device) * (math.pi / 2)
    waves = torch.cat([u[:, None] * turns, angle[:, None] * turns], 1)
    return torch.cat([torch.sin(waves), torch.cos(waves), u[:, None], angle[:, None]], 1)


def _linear(rows: int, columns: int, generator: torch.Generator, gain: float = 1.0) -> nn.Linear:
    """A layer with weights N(0, gain²/columns) and no bias yet, drawn from `generator` alone."""
    layer: nn.Linear = nn.utils.skip_init(
        nn.Linear, columns, rows
    )  # its own initialisation would draw from global state
    with torch.no_grad():
        layer.weight.copy_(torch.randn(rows, columns, generator=generator) * (gain / math.sqrt(columns)))
        layer.bias.zero_()
    return layer


class TimeMLP(nn.Module):
    """x, (α, σ) → a prediction, (N, d): SiLU layers over y = x/√(α²s² + σ²), the level added to the first.

    Outputs are scaled to the size of what is predicted: s for x_0, 1 for ε, 1/(s√(α² + σ²)) for the score and
    √(α² + σ²s²) for v.

    Args:
        d: dimension.
        kind: what it predicts: x0, epsilon, score or v.
        width, depth: of its hidden layers.
        scale: s.
        generator: of the first weights.
        classes: of labels it can be told; 0 for none.
    """

    def __init__(
        self,
        d: int,
        kind: Prediction,
        width: int,
        depth: int,
        scale: float,
        generator: torch.Generator,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.d, self.kind, self.width, self.depth, self.scale = d, kind, width, depth, scale
        self.place = _linear(width, d, generator)
        self.level = _linear(width, 2 * FREQUENCIES + 2, generator)
        self.hidden = nn.ModuleList(_linear(width, width, generator, math.sqrt(2)) for _ in range(depth - 1))
        self.out = _linear(d, width, generator, 0.1)
        self.classes = classes
        if classes:  # added to the first layer like the level; nothing where the label is not told
            self.label = nn.Parameter(torch.randn(classes, width, generator=generator))

    def radius(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """√(α²s² + σ²), about the standard deviation of x_t."""
        return torch.sqrt((alpha * self.scale) ** 2 + sigma**2)

    def size(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """The size of what is predicted."""
        if self.kind == "x0":
            return torch.full_like(alpha, self.scale)
        if self.kind == "epsilon":
            return torch.ones_like(alpha)
        if self.kind == "score":
            return 1 / (self.scale * torch.sqrt(alpha**2 + sigma**2))  # where x is c times larger, ∇ is c times smaller
        return torch.sqrt(alpha**2 + (sigma * self.scale) ** 2)

    def forward(self, x: Tensor, alpha: Tensor, sigma: Tensor, labels: Tensor | None = None) -> Tensor:
        """(N, d), (N,), (N,) → (N, d); labels (N,) of classes, −1 where none is told."""
        h: Tensor = self.place(x / self.radius(alpha, sigma)[:, None])
        h = h + self.level(level_features(alpha, sigma / self.scale))
        if labels is not None:
            h = h + self.label[labels.clamp_min(0)] * (labels >= 0)[:, None]
        h = nn.functional.silu(h)
        for layer in self.hidden:
            h = nn.functional.silu(layer(h))
        out: Tensor = self.out(h)
        return out * self.size(alpha, sigma)[:, None]


class EnergyMLP(nn.Module):
    """E(x, α, σ), (N,), whose gradient is minus the score: p_θ ∝ e^{−E}.

    E = |x|²/(2(α²s² + σ²)) + f(y, α, σ): a Gaussian to begin with, so that it is a density from the start.
    f is an MLP with SiLU layers, times `size`. Arguments as of `TimeMLP`.
    """

    def __init__(self, d: int, width: int, depth: int, scale: float, generator: torch.Generator) -> None:
        super().__init__()
        self.body = TimeMLP(d, "epsilon", width, depth, scale, generator)
        self.d, self.width, self.depth, self.scale = d, width, depth, scale
        self.body.out = _linear(1, width, generator, 0.1)
        #: log of the normaliser, learned by noise-contrastive estimation alone
        self.log_normaliser = nn.Parameter(torch.zeros(()))

    def energy(self, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """E, (N,)."""
        gaussian = 0.5 * x.square().sum(1) / self.body.radius(alpha, sigma).square()
        correction: Tensor = self.body(x, alpha, sigma)[:, 0]
        return gaussian + correction

    def forward(self, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """The score −∇E, (N, d), differentiable in the weights while they are trained."""
        with torch.enable_grad():
            leaf = x.requires_grad_(True) if x.is_leaf else x
            energy = self.energy(leaf, alpha, sigma).sum()
            return -torch.autograd.grad(energy, leaf, create_graph=self.training)[0]


class AttentionDenoiser(nn.Module):
    """The posterior mean under a learnable mixture: attention over its components (seed 000).

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


def _inverse(c: Tensor) -> tuple[Tensor, Tensor]:
    """Inverse and log-determinant of symmetric positive definite (…, d, d), d 1 or 2, in closed form."""
    if c.shape[-1] == 1:
        return 1 / c, c[..., 0, 0].log()
    xx, xy, yy = c[..., 0, 0], c[..., 0, 1], c[..., 1, 1]
    determinant = xx * yy - xy * xy
    adjugate = torch.stack([torch.stack([yy, -xy], -1), torch.stack([-xy, xx], -1)], -2)
    return adjugate / determinant[..., None, None], determinant.log()


Network = TimeMLP | EnergyMLP | AttentionDenoiser
