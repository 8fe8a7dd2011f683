"""Pairs of noise and data, joined, and how straight the flow is that is followed."""

from __future__ import annotations

import numpy as np
import torch

from visualizer.densities import Density
from visualizer.diagnostics.straightness import straightness
from visualizer.engine.drawings import Lines, Pen, Row, Text
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.learning import Net
from visualizer.learning.couplings import Coupling, flowed, matched
from visualizer.processes import Process

#: Pairs that are drawn, and among how many the nearest are matched.
_SHOWN, _TOGETHER = 90, 256
_PEN = Pen("noise", 1.0, 0.55)


@LAYERS.add
class ChordsLayer(Layer):
    """By the coupling of the network that is followed, else independent; of the process linear alone."""

    kind = "chords"

    def plane(self, seen: Seen) -> Drawings:
        sim, q = seen.sim, seen.sim.process
        p, field = sim.density, sim.field
        if p is None or q.kind != "linear" or seen.dragging:
            return ()
        coupling: Coupling = sim.net.coupling if isinstance(sim.net, Net) else "independent"

        def make() -> Drawings:
            found = straightness(field, q, p, device=sim.device)
            rows = (
                Row("straightness S", f"{found.excess:.3g}"),
                Row("energy", f"{found.energy:.3g}"),
                Row("W₂² ≈", f"{found.least:.3g}"),
            )
            return Lines.of(list(chords(p, q, coupling)), _PEN), Text(rows)

        return seen.cache.get("chords", (p, field, q), make)


def chords(p: Density, q: Process, coupling: Coupling) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """From noise to the data that goes with it, (n, 2, d)."""
    generator = torch.Generator().manual_seed(0)
    if coupling == "reflow":
        x, noise = flowed(p, q, _SHOWN, generator)
    else:
        x = p.sample(_TOGETHER, generator=generator).float()
        noise = torch.randn(x.shape, generator=generator)
        noise = matched(x, noise) if coupling == "minibatch-ot" else noise
    return torch.stack([noise, x], 1)[:_SHOWN].numpy()
