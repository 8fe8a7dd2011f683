"""What networks share that draw a sample in a fixed number of strokes and whose law is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from visualizer.densities import Density
from visualizer.learning.networks.base import Frozen, linear

#: A loss from a batch (N, d), a generator, β and the importance samples.
Loss = Callable[[Tensor, torch.Generator, float, int], Tensor]


class Generative(nn.Module):
    """A law p_θ by the map from N(0, I) to it, in strokes. Places are rows (N, d), in the data's own units.

    Inside, everything is in units of the data: y = (x − centre)/scale. A point of the latent space is a row (N, d),
    too, to be shown beside the data: its first `latent` coordinates are z, as centre + scale z.

    Args:
        d: dimension.
        latent: of z.
        strokes: from z to x; what is usual, where whoever draws says how many.
        scale: s, the data's standard deviation.
    """

    #: whether whoever draws says how many strokes there are, by setting `strokes`
    open: ClassVar[bool] = False
    #: of Adam
    betas: ClassVar[tuple[float, float]] = (0.9, 0.99)

    centre: Tensor
    scale: Tensor

    def __init__(self, d: int, latent: int, strokes: int, scale: float) -> None:
        super().__init__()
        self.d, self.latent, self.strokes = d, latent, strokes
        self.register_buffer("centre", torch.zeros(d))
        self.register_buffer("scale", torch.full((), scale))

    def centred(self, mean: Tensor) -> None:
        """Says where the data are. Before training."""
        self.centre.copy_(mean)

    def inside(self, x: Tensor) -> Tensor:
        """x in units of the data."""
        return (x - self.centre) / self.scale

    def outside(self, y: Tensor) -> Tensor:
        """y in the data's own units."""
        return self.centre + self.scale * y

    @property
    def log_scale(self) -> Tensor:
        """log |dx/dy|."""
        return self.d * self.scale.log()

    def taught_by(self, target: Density, source: Density | None, generator: torch.Generator) -> None:
        """Asks of the target itself what training needs beside draws, and of a law to begin at. After `centred`."""

    def log_prob(self, x: Tensor) -> Tensor | None:
        """log p_θ(x) in nats, (N, d) → (N,); None where it is not known."""
        return None

    def loss(self, x: Tensor, generator: torch.Generator, beta: float, importance: int) -> Tensor:
        """What training makes small, of a batch: −E log p_θ where nothing else is said."""
        log_prob = self.log_prob(x)
        assert log_prob is not None  # else it has a loss of its own
        return -log_prob.mean()

    def turns(self, frozen: Frozen, critic_steps: int) -> Sequence[tuple[list[nn.Parameter], Loss]]:
        """Whose weights a step of training moves by which loss, one after another.

        Args:
            frozen: what stays as it is, where two learn beside each other.
            critic_steps: turns of that other.
        """
        return [(list(self.parameters()), self.loss)]

    def bound(self, x: Tensor, importance: int, generator: torch.Generator) -> Tensor | None:
        """A lower bound of log p_θ(x) by so many draws, (N,); None where log p_θ is the objective itself."""
        return None

    @property
    def inputs(self) -> int:
        """Numbers from N(0, 1) that a sample begins with."""
        return self.latent

    def begin(self, z: Tensor) -> Tensor:
        """Latents (N, inputs) where they are shown, (N, d); a line below the data where there is one for two."""
        if self.latent < self.d:
            z = torch.cat([z, torch.full_like(z, BELOW)], 1)
        return self.outside(z)

    def carry(self, x: Tensor, k: int) -> Tensor:
        """Where stroke k takes points without drawing anything, (N, d) → (N, d)."""
        raise NotImplementedError

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Stroke k, with what it draws."""
        return self.carry(x, k)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws, (n, d)."""
        x = self.begin(torch.randn(n, self.inputs, generator=generator, device=self.centre.device))
        for k in range(self.strokes):
            x = self.stroke(x, k, generator)
        return x


#: Where latents on a line are shown below the data, in units of the data.
BELOW = -3.5


def mlp(
    rows: int, columns: int, width: int, depth: int, generator: torch.Generator, gain: float = 0.1
) -> nn.Sequential:
    """SiLU layers from `columns` to `rows` numbers; the last layer begins with this gain."""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [linear(width, width if i else columns, generator, math.sqrt(2) if i else 1.0), nn.SiLU()]
    return nn.Sequential(*layers, linear(rows, width if depth else columns, generator, gain))


def log_normal(x: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """log N(x; mean, std²), each number for itself."""
    return -0.5 * ((x - mean) * torch.exp(-log_std)).square() - log_std - 0.5 * math.log(2 * math.pi)
