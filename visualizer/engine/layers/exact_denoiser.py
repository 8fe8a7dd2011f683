"""The target's own denoiser as arrows, beside that of a network."""

from __future__ import annotations

from visualizer.engine.drawings import Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.denoiser import denoiser_arrows

#: Seen on both sides of the network's.
_PEN = Pen("noise", 3.0, 0.8)


@LAYERS.add
class ExactDenoiserLayer(Layer):
    """E[x_0 | x_t = x] under the target."""

    kind = "exact-denoiser"

    def plane(self, seen: Seen) -> Drawings:
        return () if seen.truth is None else denoiser_arrows(seen, seen.truth, _PEN)
