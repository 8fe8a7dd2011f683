"""What guidance aims at."""

from __future__ import annotations

import math

import numpy as np
import torch

from visualizer.engine.drawings import Curve, Floats, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.contours import CONTOUR_CELLS
from visualizer.engine.pictures.contour_lines import contour_lines
from visualizer.engine.pictures.fields import Grid

#: Of the contours in the plane.
_LINES = Pen("noise", 1.0, 0.9)
#: Of the curve on the line.
_CURVE = Pen("noise", 2.0)


@LAYERS.add
class TiltedLayer(Layer):
    """p_t(x)^{1−w} p_t(x | y)^w, whose score the guided field is at this level."""

    kind = "tilted"

    def plane(self, seen: Seen) -> Drawings:
        field, level = seen.sim.field, seen.level
        if not (field.guided and field.has_log_prob):
            return ()

        def make() -> Drawings:
            cells = CONTOUR_CELLS // (3 if seen.dragging else 1)
            grid = Grid.over(seen.view, cells, max(8, round(cells * seen.view.height / seen.view.width)))
            log_p, _ = field.log_prob_and_score(grid.columns(seen.sim.device), level.alpha, level.sigma)
            xs, ys = grid.axes(torch.device("cpu"))
            lines = contour_lines(xs.numpy(), ys.numpy(), log_p.view(grid.h, grid.w).cpu().numpy())
            return (Lines.of(lines, _LINES),)

        return seen.once("tilted", (field, seen.dragging), make)

    def line(self, seen: Seen) -> Drawings:
        field, level = seen.sim.field, seen.level
        if not (field.guided and field.has_log_prob):
            return ()

        def make() -> Drawings:
            x = torch.from_numpy(seen.along)[None].to(seen.sim.device)
            log_p = field.log_prob_and_score(x, level.alpha, level.sigma)[0].cpu().double()
            p = torch.exp(log_p - log_p.nan_to_num(-math.inf).max()).numpy()
            curve: Floats = np.asarray(p / (np.nansum(p) * (seen.along[1] - seen.along[0])), dtype=np.float32)
            return (Curve(seen.along, curve, _CURVE, plot="density"),)

        return seen.once("tilted", field, make)
