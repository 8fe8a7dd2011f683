"""The denoiser as arrows."""

from __future__ import annotations

import torch

from visualizer.densities import Field
from visualizer.engine.drawings import Arrows, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.flow import of_numbers

#: Arrows along the longer side.
_ARROWS = 22


def denoiser_arrows(seen: Seen, field: Field, pen: Pen) -> Drawings:
    """x → D(x) on a grid over the view; a dot ends each arrow."""

    def make() -> Drawings:
        asked, device = seen.beside(field)
        x = seen.grid_of(_ARROWS).columns(device)
        moved = asked.denoise(x, seen.level.alpha, seen.level.sigma) - x
        return (Arrows(of_numbers(torch.cat([x, moved]).T), 0.0, pen),)

    return seen.once(f"denoiser {field is seen.sim.truth}", (seen.sim.density, field, pen), make)


@LAYERS.add
class DenoiserLayer(Layer):
    """E[x_0 | x_t = x], Tweedie's formula."""

    kind = "denoiser"

    def plane(self, seen: Seen) -> Drawings:
        return denoiser_arrows(seen, seen.sim.field, Pen(seen.role or "noise", 1.2, 0.85))
