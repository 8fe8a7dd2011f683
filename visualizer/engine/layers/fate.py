"""Which mode each place of the noise ends in, along the exact probability-flow ODE and by the jumps of a network."""

from __future__ import annotations

import contourpy
import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import ExactField
from visualizer.densities.grid_source import TooFine
from visualizer.diagnostics.modes import Modes
from visualizer.engine.drawings import Floats, Lines, Pen, Pixels
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import THEMES, ThemeName, rgb
from visualizer.engine.pictures.fields import Grid
from visualizer.learning import GenerativeNet
from visualizer.learning.networks.consistency import Consistency
from visualizer.processes import Process, process
from visualizer.samplers import Reverse, ran, time_grid
from visualizer.samplers.strokes import Strokes

#: Cells along the longer side, and steps of the ODE.
_CELLS, _STEPS = 120, 40
#: So many times are told apart: basins are not worked out anew for every frame.
_TIMES = 40
_OPACITY = 0.45
_BORDER = Pen("learned", 1.8, 0.95)


@LAYERS.add
class FateLayer(Layer):
    """The basins at the time of the picture; of strokes those of the noise that they begin at."""

    kind = "fate"

    def plane(self, seen: Seen) -> Drawings:
        sim = seen.sim
        modes = None if seen.dragging else sim.modes(False)
        if sim.truth is None or modes is None or len(modes.places) < 2:
            return ()
        q, truth = sim.process, sim.truth
        strokes = isinstance(sim.sampler, Strokes)
        share = 1.0 if strokes or seen.level.t is None else seen.level.t / q.t_max
        t = max(1, round(share * _TIMES)) / _TIMES * q.t_max
        net = sim.net if strokes and isinstance(sim.net, GenerativeNet) and sim.net.latent == 2 else None

        def make() -> Drawings:
            grid = seen.grid_of(_CELLS)
            x = grid.columns(sim.device)
            try:
                exact = _exact(truth, q, t, x, net)
            except TooFine:  # a target whose grid shows no little noise
                return ()
            which = _nearest(modes, exact, grid)
            image = seen.image(_coloured(which, seen.theme, seen.view.height, seen.view.width))
            if net is None:
                return (image,)
            learned = _nearest(modes, _carried(net, x.cpu()).to(x.device), grid)
            return image, Lines.of(_borders(learned, grid), _BORDER)

        return seen.cache.get("fate", (sim.density, net, q, t, seen.view, seen.theme), make)


@torch.no_grad()
def _exact(truth: ExactField, q: Process, t: float, x: Tensor, net: GenerativeNet | None) -> Tensor:
    """Where the exact ODE takes places; a consistency model's noise is shown in units of the data."""
    if net is not None and isinstance(net.module, Consistency):
        module = net.module
        r = module.noisiest
        q, t = process("ve", t_max=r * float(module.scale)), r * float(module.scale)
        centre = module.centre.to(x.device)[:, None]
        x = centre + r * (x - centre)
    sampler = Reverse(truth, q, time_grid("quadratic", _STEPS, t), 0.0, "heun")
    return ran(sampler, x, _STEPS, torch.Generator())


@torch.no_grad()
def _carried(net: GenerativeNet, x: Tensor) -> Tensor:
    """Where the strokes of a network take places, without what they draw on the way."""
    y = x.T
    for k in range(net.module.strokes):
        y = net.module.carry(y, k)
    return y.T.contiguous()


def _nearest(modes: Modes, x: Tensor, grid: Grid) -> NDArray[np.int64]:
    found: NDArray[np.int64] = modes.nearest(x, 1.0, 0.0).view(grid.h, grid.w).cpu().numpy()
    return found


def _borders(which: NDArray[np.int64], grid: Grid) -> list[Floats]:
    """Lines between places that end in different modes."""
    xs, ys = (v.numpy() for v in grid.axes(torch.device("cpu")))
    return [
        np.asarray(line, np.float32)
        for k in np.unique(which)
        for line in contourpy.contour_generator(
            xs, ys, scipy.ndimage.gaussian_filter((which == k).astype(float), 1.0)
        ).lines(0.5)
    ]


def _coloured(which: NDArray[np.int64], theme: ThemeName, height: int, width: int) -> Pixels:
    """A colour for each mode, as of particles; premultiplied 0xAARRGGBB over the whole view."""
    colours = np.array([rgb(c) for c in THEMES[theme].components])
    rows = np.arange(height) * which.shape[0] // height
    columns = np.arange(width) * which.shape[1] // width
    c = np.rint(colours[which[rows][:, columns] % len(colours)] * _OPACITY).astype(np.uint32)
    alpha = np.uint32(round(255 * _OPACITY)) << np.uint32(24)
    return np.asarray(alpha | (c[..., 0] << 16) | (c[..., 1] << 8) | c[..., 2], np.uint32)
