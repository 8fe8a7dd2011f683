"""A normalizing flow, by zuko: coupling or autoregressive layers of splines or affine maps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from visualizer.learning.networks.base import NETWORKS, Architecture, Flow, Shape
from visualizer.learning.networks.generative import Generative


class NormalizingFlow(Generative):
    """z = f_L(… f_1(y)) with z ~ N(0, I): log p_θ(y) = log N(z; 0, I) + Σ log |det ∂f_l|.

    Affine coupling is RealNVP (Dinh, Sohl-Dickstein & Bengio 2017, https://arxiv.org/abs/1605.08803), splines are
    monotone rational-quadratic ones on [−5, 5] (Durkan et al. 2019, https://arxiv.org/abs/1906.04032). A coupling
    layer moves one coordinate by what the other is; an autoregressive layer moves both, the second by what the first
    is. In one dimension there is nothing to condition on.

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape.d, shape.d, shape.transforms, shape.scale)
        from zuko.flows import MAF, NSF  # here: only who learns or follows a flow needs it

        passes = 2 if shape.d > 1 and shape.flow != "autoregressive" else None
        sizes: dict[str, Any] = {"transforms": shape.transforms, "hidden_features": (shape.width,) * shape.depth}
        with torch.random.fork_rng(devices=[]):  # its first weights are drawn from global state
            torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
            if shape.flow == "affine":
                self.flow = MAF(shape.d, passes=passes, **sizes)
            else:
                self.flow = NSF(shape.d, passes=passes, bins=shape.bins, **sizes)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p_θ(x), (N, d) → (N,)."""
        found: Tensor = self.flow().log_prob(self.inside(x)) - self.log_scale
        return found

    def carry(self, x: Tensor, k: int) -> Tensor:
        """One layer's inverse, from the last to the first."""
        layer = self.flow().transform.transforms[self.strokes - 1 - k]
        return self.outside(layer.inv(self.inside(x)))


_WORDS: dict[Flow, str] = {
    "spline": "spline couplings",
    "affine": "affine couplings",
    "autoregressive": "autoregressive splines",
}

NETWORKS.add(
    Architecture(
        "flow",
        NormalizingFlow,
        None,
        lambda shape: f"Normalizing flow of {shape.transforms} {_WORDS[shape.flow]}",
        prediction="x0",
        objectives=("likelihood", "reverse-kl"),
    )
)
