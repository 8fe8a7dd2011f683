"""A stack of denoisers: a small network of its own for each range of noise levels."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from visualizer.densities import Field
from visualizer.learning.networks.base import NETWORKS, Architecture, Shape, in_pieces
from visualizer.learning.prediction import Prediction
from visualizer.learning.score import LearnedScore

#: ln(σ/(α s)) at the ends of the ranges, which are equally wide; what lies beyond belongs to the first or the last.
_LEAST, _LARGEST = math.log(0.02), math.log(50.0)


class Stack(nn.Module):
    """D(x; α, σ) = c x + s σ/r F_k(x/r, v), with r² = α²s² + σ² and c = α s²/r²: k is the level of σ/α, and v ∈ [−1, 1]
    says where in the level's range σ/α lies.

    c x is the denoiser of N(0, s² I); each F_k is an MLP of its own, which learns what its level differs by (Karras et
    al. 2022, https://arxiv.org/abs/2206.00364, for the preconditioning). The weights of all levels are stacked: (L, …).

    Args:
        shape: its sizes: `levels` networks, of which number `untrained` learns nothing (0: all learn).
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__()
        self.d, self.scale, self.levels, self.untrained = shape.d, shape.scale, shape.levels, shape.untrained
        sizes = [shape.d + 1, *[shape.width] * shape.depth, shape.d]
        gains = [1.0, *[math.sqrt(2)] * (shape.depth - 1), 0.1]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for columns, rows, gain in zip(sizes, sizes[1:], gains, strict=False):
            drawn = torch.randn(self.levels, rows, columns, generator=generator)
            self.weights.append(nn.Parameter(drawn * (gain / math.sqrt(columns))))
            self.biases.append(nn.Parameter(torch.zeros(self.levels, rows, 1)))

    def level(self, alpha: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """Which network answers, and where in its range the level lies, −1…1: (N,) → (N,), (N,)."""
        u = torch.log(sigma.clamp_min(1e-9) / (alpha.clamp_min(1e-9) * self.scale))
        share = (u - _LEAST) / (_LARGEST - _LEAST) * self.levels
        k = share.floor().clamp(0, self.levels - 1)
        return k.long(), (2 * (share - k) - 1).clamp(-1, 1)

    def layers(self, y: Tensor, k: int | slice) -> Tensor:
        """F_k of columns (x/r, v), (d + 1, N) → (d, N); of a slice of levels, (L, d, N)."""
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            y = weight[k] @ y + bias[k]
            if i + 1 < len(self.weights):
                y = nn.functional.silu(y)
        return y

    def forward(self, x: Tensor, alpha: Tensor, sigma: Tensor, labels: Tensor | None = None) -> Tensor:
        """D, (N, d) and levels (N,) → (N, d)."""
        r = torch.sqrt((alpha * self.scale) ** 2 + sigma**2)[:, None]
        k, v = self.level(alpha, sigma)
        of_all = self.layers(torch.cat([(x / r).T, v[None]]), slice(None))  # (L, d, N)
        out = of_all[k, :, torch.arange(len(x), device=x.device)]
        if self.untrained:  # its weights see no gradient
            out = torch.where((k == self.untrained - 1)[:, None], out.detach(), out)
        return self.preconditioned(x, out, alpha[:, None], sigma[:, None], r)

    def preconditioned(self, x: Tensor, out: Tensor, alpha: Tensor, sigma: Tensor, r: Tensor) -> Tensor:
        """D from F."""
        return alpha * self.scale**2 / r**2 * x + self.scale * sigma / r * out


class StackPredictor:
    """A stack for many particles at one noise level: one of its networks alone, in columns.

    Args:
        net: the stack.
        device: where.
    """

    prediction: Prediction = "x0"

    def __init__(self, net: Stack, device: torch.device | str = "cpu") -> None:
        self.d, self._net = net.d, net.to(device)

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """(d, N) → (d, N)."""
        a, s = (torch.tensor([v], dtype=x.dtype, device=x.device) for v in (alpha, sigma))
        r = torch.sqrt((a * self._net.scale) ** 2 + s**2)
        k, v = self._net.level(a, s)
        number = int(k)

        def asked(part: Tensor) -> Tensor:
            out = self._net.layers(torch.cat([part / r, v.expand(1, part.shape[1])]), number)
            return self._net.preconditioned(part, out, a, s, r)

        return in_pieces(asked, x)


def _field(module: Stack, ratios: tuple[float, float], device: torch.device | str, label: int | None) -> Field:
    return LearnedScore(StackPredictor(module, device), ratios)


def _words(shape: Shape) -> str:
    left_out = f", number {shape.untrained} untrained" if shape.untrained else ""
    return f"Stack of {shape.levels} denoisers{left_out}"


NETWORKS.add(Architecture("stack", Stack, _field, _words, prediction="x0", denoises_only=True, most_levels=32))
