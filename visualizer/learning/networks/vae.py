"""A variational autoencoder with one or two latents, whose marginal likelihood is known by quadrature."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor, nn

from visualizer.learning.networks.base import NETWORKS, Architecture, Shape
from visualizer.learning.networks.generative import Generative, log_normal, mlp

#: Nodes of the latents reach so far, and are so many along an axis, by dimension.
_REACH, _NODES = 6.5, {1: 2_601, 2: 131}
#: ln τ begins at, in units of the data.
_FIRST_LOG_TAU = math.log(0.3)
#: ln τ at least: narrower than that no grid shows the density.
_LEAST_LOG_TAU = math.log(0.01)
#: ln v of the encoder, at most and at least.
_LOG_VARIANCE = (-14.0, 4.0)
#: Pairs of places and nodes that are looked at together.
_PAIRS = 4_000_000


@cache
def nodes(latent: int, along: int | None = None) -> tuple[Tensor, Tensor]:
    """Points z (G, latent) and log-weights (G,): Σ w f(z) = E_{N(0, I)} f(z), by the trapezium rule on [−6.5, 6.5].

    There are `along` of them along an axis, as many as narrow integrands need where nothing is said.
    """
    z = torch.linspace(-_REACH, _REACH, along or _NODES[latent], dtype=torch.float64)
    log = -0.5 * z.square()
    if latent == 2:
        z = torch.stack([g.ravel() for g in torch.meshgrid(z, z, indexing="ij")], 1)
        log = (log[:, None] + log).ravel()
    return z.reshape(-1, latent), torch.log_softmax(log, 0)


def code(encoder: nn.Module, z: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and ln variance that an encoder gives, side by side: (…, below) → (…, latent) each."""
    mean, log_variance = encoder(z.flatten(0, -2)).reshape(*z.shape[:-1], -1).chunk(2, -1)
    return mean, log_variance.clamp(*_LOG_VARIANCE)


class Rung(nn.Module):
    """A step up and down between one level of latents and the next: N(m(z), diag v(z)), and N(g(z'), τ² I).

    Args:
        shape: its sizes.
        below: numbers of what it encodes.
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, below: int, generator: torch.Generator) -> None:
        super().__init__()
        depth = shape.depth if shape.decoder == "mlp" else 0
        self.encoder: nn.Module = mlp(2 * shape.latent, below, shape.width, depth, generator)
        self.decoder = mlp(below, shape.latent, shape.width, depth, generator)
        self.log_tau = nn.Parameter(torch.full((), _FIRST_LOG_TAU))

    @property
    def log_std(self) -> Tensor:
        """ln τ, in units of the data."""
        return self.log_tau.clamp_min(_LEAST_LOG_TAU)

    def encode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """m(z) and ln v(z), (…, below) → (…, latent) each."""
        return code(self.encoder, z)


class VAE(Generative):
    """p_θ(x) = ∫ N(z; 0, I) N(x; g(z), τ² I) dz, with q(z | x) = N(m(x), diag v(x)).

    ELBO(x) = E_q log p_θ(x | z) − KL(q(z | x) ‖ p(z)) = log p_θ(x) − KL(q(z | x) ‖ p_θ(z | x)) (Kingma & Welling 2014,
    https://arxiv.org/abs/1312.6114). With `importance` K > 1 the bound is E log (1/K) Σ p(z_k) p_θ(x | z_k)/q(z_k | x)
    (Burda, Grosse & Salakhutdinov 2016, https://arxiv.org/abs/1509.00519). β weighs the KL (Higgins et al. 2017).

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape.d, shape.latent, 1, shape.scale)
        first = Rung(shape, shape.d, generator)
        self.encoder, self.decoder, self.log_tau = first.encoder, first.decoder, first.log_tau
        #: from z_1 upwards, where there are latents of latents
        self.rungs = nn.ModuleList()

    @property
    def _log_tau(self) -> Tensor:
        return self.log_tau.clamp_min(_LEAST_LOG_TAU)

    @property
    def tau(self) -> float:
        """τ in the data's own units."""
        return float(self._log_tau.detach().exp() * self.scale)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """m(x) and ln v(x), (N, latent) each."""
        return code(self.encoder, self.inside(x))

    def decode(self, z: Tensor) -> Tensor:
        """g(z), (N, latent) → (N, d)."""
        return self.outside(self.decoder(z))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p_θ(x | z), (…, d) and (…, latent) → (…,)."""
        off = log_normal(self.inside(x), self.decoder(z), self._log_tau)
        return off.sum(-1) - self.log_scale

    def bound(self, x: Tensor, importance: int, generator: torch.Generator, beta: float = 1.0) -> Tensor:
        """The ELBO (importance = 1), or the bound of so many importance samples, (N,)."""
        log_likelihood, *by_level = self.terms(x, importance, generator)
        found = log_likelihood - beta * sum(by_level)
        return found[0] if importance == 1 else torch.logsumexp(found, 0) - math.log(importance)

    def terms(self, x: Tensor, importance: int, generator: torch.Generator) -> list[Tensor]:
        """log p_θ(x | z_1), then log q(z_l | z_{l−1})/p_θ(z_l | z_{l+1}) of each level l, (importance, N) each.

        The expectation of the last of them is taken in closed form, KL(q ‖ N(0, I)), where importance = 1.
        """
        mean, log_variance = self.encode(x)
        noise = torch.randn((importance, *mean.shape), generator=generator, dtype=x.dtype, device=x.device)
        z = mean + noise * torch.exp(0.5 * log_variance)
        found = [self.log_likelihood(x, z)]
        for rung in self.rungs:
            assert isinstance(rung, Rung)
            mean_above, log_variance_above = rung.encode(z)
            noise = torch.randn(mean_above.shape, generator=generator, dtype=x.dtype, device=x.device)
            above = mean_above + noise * torch.exp(0.5 * log_variance_above)
            log_p = log_normal(z, rung.decoder(above), rung.log_std)
            found.append((log_normal(z, mean, 0.5 * log_variance) - log_p).sum(-1))
            mean, log_variance, z = mean_above, log_variance_above, above
        if importance == 1:
            found.append(kl_to_prior(mean, log_variance).expand(found[0].shape))
        else:
            zero = torch.zeros((), dtype=x.dtype, device=x.device)
            found.append((log_normal(z, mean, 0.5 * log_variance) - log_normal(z, zero, zero)).sum(-1))
        return found

    def nodes(self) -> tuple[Tensor, Tensor]:
        """Points z (G, latent) and log-weights (G,): Σ w f(z) = E f(z) under what the decoder is given."""
        return nodes(self.latent)

    def loss(self, x: Tensor, generator: torch.Generator, beta: float, importance: int) -> Tensor:
        """−E of the bound."""
        return -self.bound(x, importance, generator, beta).mean()

    def log_prob(self, x: Tensor) -> Tensor:
        """log p_θ(x) by quadrature over z, (N, d) → (N,)."""
        z, log_weights = (v.to(x.device, x.dtype) for v in self.nodes())
        places = self.decode(z)
        factor = -0.5 * torch.exp(-2 * self._log_tau) / self.scale**2
        constant = -self.d * (self._log_tau + 0.5 * math.log(2 * math.pi)) - self.log_scale
        found = []
        for some in x.split(max(1, _PAIRS // len(z))):
            square = (some[:, None, :] - places).square().sum(-1)
            found.append(torch.logsumexp(log_weights + factor * square, 1))
        return torch.cat(found) + constant

    def posterior(self, x: Tensor) -> Tensor:
        """log p_θ(z | x) as log-shares of the nodes, (N, d) → (N, G)."""
        z, log_weights = (v.to(x.device, x.dtype) for v in self.nodes())
        return torch.log_softmax(log_weights + self.log_likelihood(x[:, None, :], z), 1)

    def carry(self, x: Tensor, k: int) -> Tensor:
        """g(z)."""
        return self.decode(self.inside(x)[:, : self.latent])

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """g(z) + τ ε."""
        mean = self.carry(x, k)
        return mean + self.tau * torch.randn(mean.shape, generator=generator, device=x.device)


def kl_to_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(m, diag v) ‖ N(0, I)) = ½ Σ (m² + v − 1 − ln v), (N, latent) → (N,)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(-1)


NETWORKS.add(
    Architecture(
        "vae",
        VAE,
        None,
        lambda shape: f"Variational autoencoder, {shape.latent} latent{'s' if shape.latent > 1 else ''}",
        prediction="x0",
        objectives=("elbo",),
        latent=True,
    )
)
