"""A time-conditioned MLP, which predicts x_0, ε, the score, v or the velocity."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from visualizer.densities import Field
from visualizer.learning.networks.base import (
    FREQUENCIES,
    NETWORKS,
    Architecture,
    Shape,
    in_pieces,
    level_features,
    linear,
)
from visualizer.learning.prediction import Prediction
from visualizer.learning.score import LearnedScore


class TimeMLP(nn.Module):
    """x, (α, σ) → a prediction, (N, d): SiLU layers over y = x/√(α²s² + σ²), the level added to the first.

    Outputs are scaled to the size of what is predicted: s for x_0, 1 for ε, 1/(s√(α² + σ²)) for the score,
    √(α² + σ²s²) for v and √(s² + 1) for the velocity ε − x_0.

    Args:
        d: dimension.
        kind: what it predicts: x0, epsilon, score, v or velocity.
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
        self.place = linear(width, d, generator)
        self.level = linear(width, 2 * FREQUENCIES + 2, generator)
        self.hidden = nn.ModuleList(linear(width, width, generator, math.sqrt(2)) for _ in range(depth - 1))
        self.out = linear(d, width, generator, 0.1)
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
        if self.kind == "velocity":
            return torch.full_like(alpha, math.hypot(self.scale, 1.0))
        if self.kind == "score":
            return 1 / (self.scale * torch.sqrt(alpha**2 + sigma**2))  # where x is c times larger, ∇ is c times smaller
        return torch.sqrt(alpha**2 + (sigma * self.scale) ** 2)

    def forward(self, x: Tensor, alpha: Tensor, sigma: Tensor, labels: Tensor | None = None) -> Tensor:
        """(N, d), (N,), (N,) → (N, d); labels (N,) of classes, −1 where none is told."""
        h: Tensor = self.place(x / self.radius(alpha, sigma)[:, None])
        h = h + self.level(level_features(alpha, sigma / self.scale))
        if labels is not None:
            # As a product: rows that are gathered get their gradients in whatever order threads come.
            told = nn.functional.one_hot(labels.clamp_min(0), self.classes) * (labels >= 0)[:, None]
            h = h + told.to(h.dtype) @ self.label
        h = nn.functional.silu(h)
        for layer in self.hidden:
            h = nn.functional.silu(layer(h))
        out: Tensor = self.out(h)
        return out * self.size(alpha, sigma)[:, None]


class MLPPredictor:
    """A `TimeMLP` for many particles at one noise level: the level folds into the first bias, in chunks, in columns.

    Args:
        net: the network.
        device: where.
        label: the class it is told; None for none.
    """

    def __init__(self, net: TimeMLP, device: torch.device | str = "cpu", label: int | None = None) -> None:
        self.d, self.prediction = net.d, net.kind
        self._net, self._label = net.to(device), label
        self._level: tuple[float, float] | None = None
        self._bias = self._place = torch.empty(0)
        self._size = 1.0

    def _fold(self, alpha: float, sigma: float) -> None:
        """Everything that depends on the level alone."""
        if self._level == (alpha, sigma):
            return
        net = self._net
        weight = net.place.weight
        a, s = (torch.tensor([v], dtype=weight.dtype) for v in (alpha, sigma))  # a GPU is not asked about two numbers
        features = level_features(a, s / net.scale).to(weight.device)
        bias = net.place.bias + net.level(features)[0]
        self._bias = (bias if self._label is None else bias + net.label[self._label])[:, None]
        self._place = weight / float(net.radius(a, s))
        self._size = float(net.size(a, s))
        self._level = (alpha, sigma)

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """(d, N) → (d, N)."""
        self._fold(alpha, sigma)
        return in_pieces(self._layers, x)

    def _layers(self, x: Tensor) -> Tensor:
        in_place = not x.requires_grad
        h = torch.nn.functional.silu(torch.addmm(self._bias, self._place, x), inplace=in_place)
        for layer in self._net.hidden:
            h = torch.nn.functional.silu(torch.addmm(layer.bias[:, None], layer.weight, h), inplace=in_place)  # type: ignore[arg-type,index]  # ModuleList does not say that they are Linear
        return torch.addmm(self._net.out.bias[:, None], self._net.out.weight, h).mul(self._size)


def _build(shape: Shape, generator: torch.Generator) -> TimeMLP:
    return TimeMLP(shape.d, shape.prediction, shape.width, shape.depth, shape.scale, generator, shape.classes)


def _field(module: TimeMLP, ratios: tuple[float, float], device: torch.device | str, label: int | None) -> Field:
    return LearnedScore(MLPPredictor(module, device, label), ratios)


NETWORKS.add(
    Architecture(
        "mlp",
        _build,
        _field,
        lambda shape: f"MLP that predicts {shape.prediction}",
        takes_classes=True,
        most_dimensions=64,
    )
)
