"""Where the exact map of one coordinate after the other carries an even lattice of latents."""

from __future__ import annotations

import numpy as np

from visualizer.diagnostics.rosenblatt import knothe_rosenblatt
from visualizer.engine.drawings import Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.learning import GenerativeNet

#: The lattice reaches so far, in so many lines of so many points: as that of a network.
_REACH, _LINES, _POINTS = 2.5, 21, 161
_PEN = Pen("text", 0.9, 0.7)
#: A dash is this share of the width of the view.
_DASH = 0.008


@LAYERS.add
class RosenblattLayer(Layer):
    """Dashed lines of equal latents; the order is that of the network, where it has one."""

    kind = "rosenblatt"

    def plane(self, seen: Seen) -> Drawings:
        p, net = seen.sim.density, seen.sim.net
        if p is None or seen.dragging:
            return ()
        first = 1 if isinstance(net, GenerativeNet) and net.shape.order == "yx" else 0
        dash = _DASH * (seen.view.x1 - seen.view.x0)

        def make() -> Drawings:
            fine, even = np.linspace(-_REACH, _REACH, _POINTS), np.linspace(-_REACH, _REACH, _LINES)
            across = np.stack(np.meshgrid(even, fine, indexing="ij"), -1)
            z = np.concatenate([across, across[..., ::-1]])
            x = knothe_rosenblatt(p, z.reshape(-1, 2), first).reshape(z.shape).astype(np.float32)
            return (Lines.dashed(tuple(x), _PEN, dash),)

        return seen.cache.get("rosenblatt", (p, first, round(dash, 3)), make)
