"""An autoregressive model: one coordinate after the other, each by a mixture of Gaussians."""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer.learning.networks.base import NETWORKS, Architecture, Shape
from visualizer.learning.networks.generative import Generative, log_normal, mlp

#: Standard deviations of the components begin so wide.
_FIRST_STD = 0.5
#: ln of the least standard deviation, in units of the data.
_LEAST = -7.0


class Autoregressive(Generative):
    """p_θ(x) p_θ(y | x), or p_θ(y) p_θ(x | y): mixtures of K Gaussians whose numbers an MLP gives.

    Mixture density networks (Bishop 1994, https://publications.aston.ac.uk/id/eprint/373/).

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape.d, shape.d, shape.d, shape.scale)
        self.components = k = shape.components
        #: the coordinate of each stroke
        self.axes = (0, 1)[: shape.d] if shape.order == "xy" else (1, 0)[-shape.d :]
        start = torch.cat([torch.zeros(k), torch.randn(k, generator=generator), torch.full((k,), _FIRST_STD).log()])
        self.first = torch.nn.Parameter(start)
        if shape.d == 2:
            self.second = mlp(3 * k, 1, shape.width, shape.depth, generator)
            with torch.no_grad():
                self.second[-1].bias.copy_(start)  # type: ignore[operator]  # Sequential does not say that it is Linear

    def conditional(self, y: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
        """Log-weights, means and log-standard-deviations of stroke k, (N, K) each, of places in units of the data."""
        numbers = self.first.expand(len(y), -1) if k == 0 else self.second(y[:, self.axes[:1]])
        logits, means, log_stds = numbers.split(self.components, 1)
        return torch.log_softmax(logits, 1), means, log_stds.clamp_min(_LEAST)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p_θ(x), (N, d) → (N,)."""
        y = self.inside(x)
        found = -self.log_scale.expand(len(x))
        for k, axis in enumerate(self.axes):
            weights, means, log_stds = self.conditional(y, k)
            found = found + torch.logsumexp(weights + log_normal(y[:, axis, None], means, log_stds), 1)
        return found

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """The coordinate of stroke k anew: a component by its weight, and a draw from it."""
        y, axis = self.inside(x), self.axes[k]
        weights, means, log_stds = self.conditional(y, k)
        cumulated = weights.exp().cumsum(1)
        u = torch.rand(len(x), 1, generator=generator, device=x.device) * cumulated[:, -1:]
        chosen = torch.searchsorted(cumulated, u).clamp_max(self.components - 1)
        mean, std = means.gather(1, chosen)[:, 0], log_stds.gather(1, chosen)[:, 0].exp()
        drawn = mean + std * torch.randn(len(x), generator=generator, device=x.device)
        y = y.clone()
        y[:, axis] = drawn
        return self.outside(y)

    def carry(self, x: Tensor, k: int) -> Tensor:
        """The Knothe–Rosenblatt map: coordinate z goes where p_θ has as much below as N(0, 1) has below z."""
        y, axis = self.inside(x), self.axes[k]
        weights, means, log_stds = self.conditional(y, k)
        below = torch.special.ndtr(y[:, axis])
        low, high = (means - 12 * log_stds.exp()).amin(1), (means + 12 * log_stds.exp()).amax(1)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            mass = (weights.exp() * torch.special.ndtr((middle[:, None] - means) / log_stds.exp())).sum(1)
            low, high = torch.where(mass < below, middle, low), torch.where(mass < below, high, middle)
        y = y.clone()
        y[:, axis] = 0.5 * (low + high)
        return self.outside(y)


#: Halvings of an interval until float32 has nothing more to tell.
_HALVINGS = 40

NETWORKS.add(
    Architecture(
        "autoregressive",
        Autoregressive,
        None,
        lambda shape: f"Autoregressive model, {shape.components} Gaussians a coordinate",
        prediction="x0",
        objectives=("likelihood",),
    )
)
