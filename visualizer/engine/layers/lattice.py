"""Where a network carries its latents: a lattice of z, stroke by stroke."""

from __future__ import annotations

import numpy as np
import torch

from visualizer.engine.drawings import Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.learning import GenerativeNet
from visualizer.samplers.strokes import Strokes, eased

#: The lattice reaches so far along each latent, in so many lines, of so many points by the number of latents.
_REACH, _LINES, _POINTS = 2.5, 21, {1: 1_001, 2: 161}
_PEN = Pen("learned", 1.0, 0.55)
#: The one line that a single latent is.
_CURVE = Pen("learned", 2.6, 0.95)


@LAYERS.add
class LatticeLayer(Layer):
    """Lines of equal latents, carried by as many strokes as the particles have taken; by all in any other run."""

    kind = "lattice"

    def plane(self, seen: Seen) -> Drawings:
        net, sampler = seen.sim.net, seen.sim.sampler
        if not isinstance(net, GenerativeNet):
            return ()
        taken = seen.sim.state.step / sampler.frames if isinstance(sampler, Strokes) else float(net.strokes)

        def make() -> Drawings:
            lines = seen.cache.get("carried", (net,), lambda: carried(net))
            before = min(int(taken), len(lines) - 1)
            u = taken - before
            after = lines[min(before + 1, len(lines) - 1)]
            now = lines[before] + eased(u) * (after - lines[before])  # as particles go
            return (Lines.of(list(now), _PEN if net.latent == 2 else _CURVE),)

        return seen.once("lattice", (net, taken), make)


@torch.no_grad()
def carried(net: GenerativeNet) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """The lattice before the first stroke and after each, (lines, points, 2)."""
    fine = torch.linspace(-_REACH, _REACH, _POINTS[net.latent])
    if net.latent == 1:
        z = fine[None, :, None]
    else:
        even = torch.linspace(-_REACH, _REACH, _LINES)
        across = torch.stack(torch.meshgrid(even, fine, indexing="ij"), -1)
        z = torch.cat([across, across.flip(-1)])
    x = net.module.begin(z.reshape(-1, net.latent))
    found = [x]
    for k in range(net.strokes):
        x = net.module.carry(x, k)
        found.append(x)
    return [v.reshape(*z.shape[:2], net.d).numpy() for v in found]
