"""Where a network errs."""

from __future__ import annotations

import numpy as np

from visualizer.engine.drawings import Key
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import KEY_PIXELS, LEVELS, glow_table
from visualizer.engine.pictures.tone import tone_scaled

#: Cells along the longer side.
_CELLS = 160
_TICKS = ((0.0, "0"), (0.25, "0.25"), (0.5, "0.5"), (1.0, "≥ 1"))


@LAYERS.add
class ErrorLayer(Layer):
    """σ‖s_θ − s‖, the error of the noise prediction: opaque red at 1, the size of the noise itself."""

    kind = "error"

    def plane(self, seen: Seen) -> Drawings:
        learned, truth, view = seen.sim.learned, seen.truth, seen.view
        if learned is None or truth is None:
            return ()

        def make() -> Drawings:
            off = seen.score_grid(_CELLS, learned)[0] - seen.score_grid(_CELLS, truth)[0]
            unit = off.square().sum(0).sqrt().mul_(seen.sim.field_sigma(seen.level.alpha, seen.level.sigma))
            table = glow_table(seen.theme, "error")
            pixels = tone_scaled(unit.sqrt().clamp_(max=1.0), table, (view.height, view.width))
            shown = np.rint(np.sqrt(np.linspace(0, 1, KEY_PIXELS)) * (LEVELS - 1)).astype(int)
            hatched = "; hatched: no number" if bool(unit.isnan().any()) else ""
            return seen.image(pixels), Key(f"error  σ |s_θ − s|{hatched}", table[shown], _TICKS)

        return seen.once("error", (seen.sim.density, learned, seen.theme), make)
