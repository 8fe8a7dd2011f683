"""A hierarchical variational autoencoder: latents of latents, a Markov chain up to them and down again."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from visualizer.learning.networks.base import NETWORKS, Architecture, Shape
from visualizer.learning.networks.vae import VAE, Rung

#: Levels, at most.
_MOST = 8
#: Draws of z_1 that its law is known by where there are more levels.
_DRAWS = 16_384


class _Noise(nn.Module):
    """q(z_l | z_{l−1}) = N(a z_{l−1}, (1 − a²) I): what is as wide as the data stays so, and is noisier."""

    def __init__(self, a: float) -> None:
        super().__init__()
        self.a = a

    def forward(self, z: Tensor) -> Tensor:
        """Mean and ln variance, side by side."""
        return torch.cat([self.a * z, torch.full_like(z, math.log1p(-(self.a**2)))], 1)


class HVAE(VAE):
    """p_θ(x) = ∫ p(z_L) Π p_θ(z_{l−1} | z_l) p_θ(x | z_1), with q(z_1 | x) Π q(z_l | z_{l−1}).

    Every step up is N(m(z), diag v(z)), every step down N(g_l(z), τ_l² I). ELBO(x) = E_q[log p_θ(x | z_1) +
    Σ_{l<L} log p_θ(z_l | z_{l+1})/q(z_l | z_{l−1})] − KL(q(z_L | z_{L−1}) ‖ N(0, I)) (Sønderby et al. 2016,
    https://arxiv.org/abs/1602.02282). With one level it is the VAE. With an encoder that adds noise, level by level,
    it is a diffusion (Kingma et al. 2021, https://arxiv.org/abs/2107.00630): level l keeps cos(π l/(2 L + 2)) of x.

    p_θ is known by 16,384 draws of z_1, each with its N(g_1(z_1), τ_1² I): to about a hundredth of a nat.

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape, generator)
        self.strokes = shape.levels
        self.rungs = nn.ModuleList(Rung(shape, shape.latent, generator) for _ in range(shape.levels - 1))
        if shape.encoder == "noise":
            kept = [math.cos(0.5 * math.pi * level / (shape.levels + 1)) for level in range(shape.levels + 1)]
            for level, part in enumerate((self, *self.rungs)):
                part.encoder = _Noise(kept[level + 1] / kept[level])

    def nodes(self) -> tuple[Tensor, Tensor]:
        """Draws of z_1 that all count alike; those of one level are the VAE's."""
        if self.strokes == 1:
            return super().nodes()
        levels = self.strokes
        even = torch.quasirandom.SobolEngine(levels * self.latent, scramble=True, seed=0).draw(_DRAWS).double()
        normal = torch.special.ndtri(even.clamp(1e-6, 1 - 1e-6)).to(self.centre).split(self.latent, 1)
        z = normal[0]
        for k in range(levels - 1):
            rung = self.rung(k)
            z = rung.decoder(z) + rung.log_std.exp() * normal[k + 1]
        return z.double(), torch.full((_DRAWS,), -math.log(_DRAWS), dtype=torch.float64, device=z.device)

    def rung(self, k: int) -> Rung:
        """What stroke k goes down by, but the last."""
        found = self.rungs[self.strokes - 2 - k]
        assert isinstance(found, Rung)
        return found

    def carry(self, x: Tensor, k: int) -> Tensor:
        """g_l(z)."""
        if k == self.strokes - 1:
            return super().carry(x, k)
        return self.begin(self.rung(k).decoder(self.inside(x)[:, : self.latent]))

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """g_l(z) + τ_l ε."""
        if k == self.strokes - 1:
            return super().stroke(x, k, generator)
        rung = self.rung(k)
        mean = rung.decoder(self.inside(x)[:, : self.latent])
        return self.begin(mean + rung.log_std.exp() * torch.randn(mean.shape, generator=generator, device=x.device))


def _words(shape: Shape) -> str:
    encoder = ", its encoder adds noise" if shape.encoder == "noise" else ""
    return f"Hierarchical autoencoder of {shape.levels} levels{encoder}"


NETWORKS.add(
    Architecture("hvae", HVAE, None, _words, prediction="x0", objectives=("elbo",), most_levels=_MOST, latent=True)
)
