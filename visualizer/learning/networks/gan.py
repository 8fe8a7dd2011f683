"""A generative adversarial network: what draws, and what tells draws from data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from visualizer.learning.networks.base import NETWORKS, Adversarial, Architecture, Frozen, Shape
from visualizer.learning.networks.generative import Generative, Loss, mlp

#: Layers of the discriminator.
_CRITIC_DEPTH = 3
#: The weight of the squared gradients of the relativistic loss, ½ γ.
_CENTRED = 0.25


class GAN(Generative):
    """x = G(z) with z ~ N(0, I), and D(x) = logistic of a network T(x), the share of the data in what is at x.

    Goodfellow et al. 2014 (https://arxiv.org/abs/1406.2661): max_D V = E_p log D + E_q log(1 − D) has its optimum at
    D* = p/(p + q), where V = 2 JS(p, q) − 2 ln 2. G makes small, by the objective:

        saturating        E_q log(1 − D)
        non-saturating    −E_q log D
        wasserstein       −E_q T, where T makes E_p T − E_q T − λ E(|∇T| − 1)² large (Gulrajani et al. 2017,
                          https://arxiv.org/abs/1704.00028); for a large λ that is W₁(p, q)
        relativistic      E ln(1 + e^{T(x) − T(G(z))}); D the same with the sign turned, and ½ γ E|∇T|² of data and of
                          draws (R1 and R2; Huang et al. 2024, https://arxiv.org/abs/2501.05441)

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    betas: ClassVar[tuple[float, float]] = (0.5, 0.99)

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape.d, shape.latent, 1, shape.scale)
        depth = shape.depth if shape.decoder == "mlp" else 0
        self.adversarial = shape.adversarial
        #: λ of a Wasserstein critic: 0.1 keeps the plane calm, as in its authors' own toy; 10 makes it a measure of W₁
        self.penalty = 0.1
        self.generator = mlp(shape.d, shape.latent, shape.width, depth, generator, gain=1.0)
        self.critic = mlp(1, shape.d, shape.critic_width, _CRITIC_DEPTH, generator, gain=1.0)

    def carry(self, x: Tensor, k: int) -> Tensor:
        """G(z)."""
        return self.outside(self.generator(self.inside(x)[:, : self.latent]))

    def logit(self, x: Tensor) -> Tensor:
        """T(x), (N, d) → (N,)."""
        found: Tensor = self.critic(self.inside(x))[:, 0]
        return found

    def _drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """Draws in units of the data."""
        z = torch.randn(count, self.latent, generator=generator, device=self.centre.device, dtype=self.centre.dtype)
        found: Tensor = self.generator(z)
        return found

    def turns(self, frozen: Frozen, critic_steps: int) -> Sequence[tuple[list[nn.Parameter], Loss]]:
        """The critic so many times, then what draws; one of them alone where the other is frozen."""
        of_critic = (list(self.critic.parameters()), self.critic_loss)
        of_generator = (list(self.generator.parameters()), self.loss)
        game = ([of_critic] * critic_steps, [of_generator])
        return [*(game[0] if frozen != "discriminator" else []), *(game[1] if frozen != "generator" else [])]

    def critic_loss(self, x: Tensor, generator: torch.Generator, beta: float, importance: int) -> Tensor:
        """What the discriminator makes small: −V, or what its objective has instead."""
        with torch.no_grad():
            fake = self._drawn(len(x), generator)
        real = self.inside(x)
        told, of_fake = self._told(real), self._told(fake)
        if self.adversarial == "relativistic":
            steep = torch.cat([self._slope(y) for y in (real, fake)]).square().sum(1)
            loss = softplus(of_fake - told) + _CENTRED * (steep[: len(x)] + steep[len(x) :])
        elif self.adversarial == "wasserstein":
            u = torch.rand(len(x), 1, generator=generator, device=x.device, dtype=x.dtype)
            loss = of_fake - told + self.penalty * (self._slope(torch.lerp(real, fake, u)).norm(dim=1) - 1).square()
        else:
            loss = softplus(-told) + softplus(of_fake)
        found: Tensor = loss.mean()
        return found

    def loss(self, x: Tensor, generator: torch.Generator, beta: float, importance: int) -> Tensor:
        """What G makes small."""
        against = self._told(self.inside(x)) if self.adversarial == "relativistic" else 0.0
        return self.pulled(self._told(self._drawn(len(x), generator)) - against).mean()

    def pulled(self, told: Tensor) -> Tensor:
        """G's loss at draws, of what the discriminator says of each, (N,) → (N,)."""
        if self.adversarial == "wasserstein":
            return -told
        return -softplus(told) if self.adversarial == "saturating" else softplus(-told)

    def _told(self, y: Tensor) -> Tensor:
        found: Tensor = self.critic(y)[:, 0]
        return found

    def _slope(self, y: Tensor) -> Tensor:
        """∇T, with its graph, (N, d)."""
        y = y.detach().requires_grad_(True)
        found: Tensor = torch.autograd.grad(self._told(y).sum(), y, create_graph=True)[0]
        return found


def _words(shape: Shape) -> str:
    of = "linear" if shape.decoder == "linear" else f"{shape.depth} × {shape.width}"
    return f"GAN, generator {of}, discriminator {_CRITIC_DEPTH} × {shape.critic_width}"


NETWORKS.add(Architecture("gan", GAN, None, _words, prediction="x0", objectives=get_args(Adversarial), latent=True))
