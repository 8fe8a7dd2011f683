"""A flow from one law to another along straight interpolants: flow matching between any two."""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer.learning.networks.base import NETWORKS, Architecture, Shape, level_features
from visualizer.learning.networks.generative import mlp
from visualizer.learning.networks.sourced import Sourced


class Interpolant(Sourced):
    """dx/dt = u_θ(x, t) from t = 1, the first law, to t = 0, the data; u_θ ≈ E[x_1 − x_0 | x_t].

    x_t = (1 − t) x_0 + t x_1, x_0 and x_1 drawn apart (Lipman et al. 2023, https://arxiv.org/abs/2210.02747; Albergo &
    Vanden-Eijnden 2023, https://arxiv.org/abs/2209.15571). A stroke is a step of Euler's method. From noise this is
    flow matching as an MLP learns it; its score is not known where the first law is another.

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape)
        features = level_features(torch.ones(1), torch.ones(1)).shape[1]
        self.layers = mlp(shape.d, shape.d + features, shape.width, shape.depth, generator)

    def velocity(self, y: Tensor, t: Tensor) -> Tensor:
        """u_θ, (N, d) and (N,) → (N, d), in units of the data."""
        found: Tensor = self.layers(torch.cat([y, level_features(1 - t, t)], 1))
        return found

    def loss(self, x: Tensor, generator: torch.Generator, beta: float, importance: int) -> Tensor:
        """E|u_θ(x_t, t) − (x_1 − x_0)|²."""
        y = self.inside(x)
        z = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        first = self.inside(self.begin(z))
        t = torch.rand(len(x), generator=generator, device=x.device, dtype=x.dtype)
        between = torch.lerp(y, first, t[:, None])
        off = self.velocity(between, t) - (first - y)
        return off.square().sum(1).mean()

    def carry(self, x: Tensor, k: int) -> Tensor:
        """A step of Euler's method."""
        y = self.inside(x)
        t = torch.full_like(y[:, 0], 1 - k / self.strokes)
        return self.outside(y - self.velocity(y, t) / self.strokes)


NETWORKS.add(
    Architecture(
        "interpolant",
        Interpolant,
        None,
        lambda shape: "Flow from points of another law" if shape.source else "Flow from noise",
        prediction="x0",
        objectives=("flow-matching",),
    )
)
