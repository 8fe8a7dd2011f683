"""Where a network carries its latents: a lattice of z, stroke by stroke."""

from __future__ import annotations

import math

import numpy as np
import torch

from visualizer.engine.drawings import Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.learning import GenerativeNet
from visualizer.samplers.strokes import Strokes, eased

#: The lattice reaches so far along each latent, in so many lines, of so many points by the number of latents.
_REACH, _LINES, _POINTS = 2.5, 21, {1: 1_001, 2: 161}
_PEN = Pen("learned", 1.0, 0.55)
#: Of the lattice where it is turned over.
_FOLD = Pen("error", 1.6, 0.9)
#: The one line that a single latent is.
_CURVE = Pen("learned", 2.6, 0.95)


@LAYERS.add
class LatticeLayer(Layer):
    """Lines of equal latents, carried by as many strokes as the particles have taken; by all in any other run."""

    kind = "lattice"

    def plane(self, seen: Seen) -> Drawings:
        net, sampler = seen.sim.net, seen.sim.sampler
        if not isinstance(net, GenerativeNet) or not net.latent:
            return ()
        drawn = sampler if isinstance(sampler, Strokes) else None
        strokes = None if drawn is None else drawn.drawer.strokes
        taken = math.inf if drawn is None else seen.sim.state.step / drawn.frames

        def make() -> Drawings:
            lines = seen.cache.get("carried", (net, strokes), lambda: carried(net, strokes))
            before = int(min(taken, len(lines) - 1))
            u = min(taken - before, 1.0)
            after = lines[min(before + 1, len(lines) - 1)]
            now = lines[before] + eased(u) * (after - lines[before])  # as particles go
            if net.latent == 1:
                return (Lines.of(list(now), _CURVE),)
            drawn, turned = Lines.of(list(now), _PEN), folds(now)
            return (drawn, turned) if turned.joined.any() else (drawn,)

        return seen.once("lattice", (net, taken), make)


@torch.no_grad()
def carried(net: GenerativeNet, strokes: int | None) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """The lattice before the first stroke and after each, (lines, points, 2); None: as many strokes as are usual."""
    fine = torch.linspace(-_REACH, _REACH, _POINTS[net.latent])
    if net.latent == 1:
        z = fine[None, :, None]
    else:
        even = torch.linspace(-_REACH, _REACH, _LINES)
        across = torch.stack(torch.meshgrid(even, fine, indexing="ij"), -1)
        z = torch.cat([across, across.flip(-1)])
    module = net.in_strokes(strokes)
    x = module.begin(z.reshape(-1, net.latent))
    found = [x]
    for k in range(module.strokes):
        x = module.carry(x, k)
        found.append(x)
    return [v.reshape(*z.shape[:2], net.d).numpy() for v in found]


def folds(lines: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Lines:
    """Where the lattice (2 n, points, 2) lies turned over: det ∂x/∂z has another sign than in most places."""
    along, across = np.gradient(lines, axis=1), np.concatenate([np.gradient(v, axis=0) for v in np.split(lines, 2)])
    det = across[..., 0] * along[..., 1] - across[..., 1] * along[..., 0]
    det[len(lines) // 2 :] *= -1  # there the other latent runs along the lines
    turned = det * np.sign(np.median(det)) < 0
    joined = np.zeros(turned.shape, dtype=np.int32)
    joined[:, :-1] = turned[:, :-1] & turned[:, 1:]
    return Lines(lines.reshape(-1, 2), joined.ravel(), _FOLD, lift=0.1)
