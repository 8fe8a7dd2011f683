"""Noise at the left, data at the right, and the cloud on its way from one to the other."""

from __future__ import annotations

import sys

import numpy as np
import torch

from visualizer.engine.drawings import Floats, Image, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.particles import cloud
from visualizer.engine.layers.ways import thinned
from visualizer.engine.palette import density_table
from visualizer.engine.pictures.fields import Grid, density_on_grid
from visualizer.engine.pictures.tone import tone_scaled
from visualizer.engine.run.levels import Level, at_time
from visualizer.processes import Process
from visualizer.scene.across import Across

#: Cells along the longer side of a density, and how paths are drawn.
_CELLS, _FAINT = 320, Pen("particles", 1.0, 0.22)
Box = tuple[tuple[float, float], tuple[float, float]]


@LAYERS.add
class AcrossLayer(Layer):
    """The laws at both ends, whole paths between them, and the particles where they are on the way."""

    kind = "across"

    def plane(self, seen: Seen) -> Drawings:
        way, sim = Across.of(seen.scene), seen.sim
        x, t = sim.state.x.to("cpu", torch.float32).numpy(), np.array([sim.state.t])
        here = self.places(sim.process, way, x[None], t)[0]
        _, times, ways = sim.paths.upto(sim.state.step, sys.maxsize)
        kept = thinned(len(ways))
        paths = Lines.of_paths(self.places(sim.process, way, ways[kept], times[kept]), _FAINT)
        return (*self._ends(seen, way), paths, cloud(seen, torch.from_numpy(here)))

    @staticmethod
    def places(q: Process, way: Across, x: Floats, t: Floats) -> Floats:
        """Where places x (S, 2, M) at times t (S,) are drawn."""
        levels = [at_time(q, float(s)) for s in t]
        k = np.array([(level.alpha**2 + level.sigma**2) ** -0.5 for level in levels])[:, None, None]
        u = (1 - np.clip(t / q.t_max, 0, 1))[:, None, None]
        move = (u - 0.5) * np.array([way.apart, 0.0])[:, None] - u * np.array(way.middle)[:, None]
        return np.asarray(k * x + move, dtype=np.float32)

    @staticmethod
    def _ends(seen: Seen, way: Across) -> Drawings:
        """The law of the noise at the left, that of the data at the right."""
        p, q = seen.sim.density, seen.sim.process
        if p is None:
            return ()
        end, half = at_time(q, q.t_max), way.apart / 2
        wide = (end.alpha**2 + end.sigma**2) ** 0.5
        low, high = way.noise
        noise: Box = ((low * wide, high * wide), (low * wide, high * wide))
        (x0, x1), (y0, y1) = way.data
        cx, cy = way.middle

        def image(level: Level, of: Box, box: tuple[float, float, float, float]) -> Image:
            (a, b), (c, d) = of
            cell = max(b - a, d - c) / _CELLS
            grid = Grid(a, b, d, c, max(8, round((b - a) / cell)), max(8, round((d - c) / cell)))
            density = density_on_grid(p, level, grid)
            unit = density / density.max().clamp_min(1e-37)
            return Image(tone_scaled(unit, density_table(seen.theme, True), (grid.h, grid.w)), box)

        def both() -> Drawings:
            return (
                image(end, noise, (low - half, high - half, low, high)),
                image(Level(1.0, 0.0, None), way.data, (x0 - cx + half, x1 - cx + half, y0 - cy, y1 - cy)),
            )

        return seen.cache.get("across", (p, seen.scene.process, seen.theme), both)
