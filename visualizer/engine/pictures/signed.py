"""Layers with a sign: particles minus p, sinks of the score, and the slowest mode of the dynamics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density
from visualizer.diagnostics.trapping import Relaxation, slowest_mode
from visualizer.engine.drawings import Floats, Pixels
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import ThemeName, phase_colours, signed_table
from visualizer.engine.pictures.fields import Grid, density_on_grid
from visualizer.engine.pictures.splat import Canvas, blur
from visualizer.engine.pictures.tone import tone_scaled
from visualizer.engine.run.levels import Level
from visualizer.engine.run.simulation import Simulation

#: Device pixels to a cell of the difference map.
_CELL = 6
#: Cells along each axis for the slowest mode, in 2-D.
_MODE_CELLS = 80
#: Cells for the slowest mode in 1-D.
_LINE_CELLS = 600
#: The difference is shown relative to this share of the largest p in the picture.
_FULL = 0.5
_TRAP_OPACITY = 0.45
_SINK_CELLS = 200


def difference(sim: Simulation, p: Density, level: Level, view: Viewport) -> Tensor:
    """The particles' density minus p_t over cells of the view, both smoothed alike, relative to max p_t: (h, w)."""
    w, h = max(8, view.width // _CELL), max(8, view.height // _CELL)
    small = Viewport(view.x0, view.x1, view.y0, view.y1, w, h)
    x = sim.state.x
    cell = (view.x1 - view.x0) * (view.y1 - view.y0) / (w * h)
    counts = Canvas(small, x.device).add_shared(x).image
    exact = density_on_grid(p, level, Grid.over(small, w, h), x.device)
    # Smoothed twice: noise of neighbouring cells would hide what is wrong over larger distances.
    return blur(blur(counts / (x.shape[1] * cell) - exact)) / exact.max().clamp_min(1e-37)


def difference_image(sim: Simulation, p: Density, level: Level, view: Viewport) -> Pixels:
    """Too many particles red, too few indigo: amber would not show on amber."""
    unit = 0.5 + 0.5 * difference(sim, p, level, view) / _FULL
    return tone_scaled(unit, signed_table(sim.scene.view.theme, "density", "error"), (view.height, view.width))


def sinks(sim: Simulation, level: Level, view: Viewport) -> Tensor:
    """∇·s_t of the field that is followed, relative to its largest size in the view: sinks below 0, sources above."""
    longer = max(view.width, view.height)
    w, h = (max(8, round(_SINK_CELLS * side / longer)) for side in (view.width, view.height))
    x = Grid.over(view, w, h).columns(sim.device)
    divergence = sim.field.score_and_divergence(x, level.alpha, level.sigma)[1].view(h, w)
    return divergence / divergence.nan_to_num(0.0).abs().max().clamp_min(1e-30)


def sinks_image(sim: Simulation, level: Level, view: Viewport) -> Pixels:
    """Where the score flows together (teal) and apart (red)."""
    unit = 0.5 + 0.5 * sinks(sim, level, view)
    return tone_scaled(unit, signed_table(sim.scene.view.theme, "score", "error"), (view.height, view.width))


def _slowest(p: Density, level: Level, cells: int) -> Relaxation | None:
    """The slowest mode at a level; it has no sign of its own, so the heaviest component, or the peak, is positive.

    None where it is lost in rounding (times beyond about 10¹² units).
    """
    noised = p.noised(level.alpha, level.sigma)
    found = slowest_mode(noised, cells)
    if found is None:
        return None
    at = tuple(int(np.abs(a - m).argmin()) for a, m in zip(found.axes, noised.peak, strict=True))
    return replace(found, function=np.sign(found.function[at]) * found.function)


def trap_curve(p: Density, level: Level, grid: Floats, density: Floats) -> Floats | None:
    """The eigenfunction of 1/λ₂ on a 1-D grid, of mean square 1 under p_t there; None as for `trap_image`."""
    found = _slowest(p, level, _LINE_CELLS)
    if found is None:
        return None
    # Beyond the last cell with a value there is none: the function is 0 where it is lost in rounding.
    values = np.interp(grid, found.axes[0], found.function, left=0.0, right=0.0)
    size = np.sqrt((values**2 * density).sum() / density.sum())
    return np.asarray(values / max(float(size), 1e-30), dtype=np.float32)


def trap_image(p: Density, level: Level, view: Viewport, theme: ThemeName) -> Pixels | None:
    """The eigenfunction of 1/λ₂ over the view: its sign cuts the plane into the two slowest traps.

    None where the slowest mode is lost in rounding (times beyond about 10¹² units).
    """
    found = _slowest(p, level, _MODE_CELLS)
    if found is None:
        return None
    (values,) = _over_view((found.function,), found, view)
    # Tails grow with the distance from the centre; the sign is the message.
    unit = 0.5 + 0.5 * _TRAP_OPACITY * torch.tanh(values / values.abs().median().clamp_min(1e-9))
    return tone_scaled(unit, signed_table(theme, "error", "score"), (view.height, view.width))


def _over_view(functions: tuple[NDArray[np.float64], ...], found: Relaxation, view: Viewport) -> list[Tensor]:
    """Functions on the grid of a mode, over the view at a quarter of its pixels, (h, w) each."""
    fine = Grid.over(view, max(8, view.width // 4), max(8, view.height // 4))
    places = zip(fine.axes(torch.device("cpu")), found.axes, strict=True)
    columns, rows = ((at.numpy() - axis[0]) / (axis[1] - axis[0]) for at, axis in places)
    at = np.meshgrid(columns, rows)
    return [torch.from_numpy(scipy.ndimage.map_coordinates(f, at, order=1, mode="nearest")).float() for f in functions]


def reach_image(p: Density, level: Level, view: Viewport, theme: ThemeName) -> tuple[Pixels, tuple[float, ...]] | None:
    """The two slowest modes over the view as one hue, and the times of the slowest, 1/λ₂, 1/λ₃ …

    ψ₂ and ψ₃ are constant in each well and differ between wells that are hard to reach from each other: (ψ₂, ψ₃) is a
    place for each well, its angle the hue. Where there are two wells alone ψ₃ says nothing of wells. None where a mode
    is lost in rounding.
    """
    found = _slowest(p, level, _MODE_CELLS)
    if found is None or len(found.functions) < 2:
        return None
    second, third = _over_view(found.functions[:2], found, view)
    size = torch.hypot(second, third)
    colours = phase_colours(theme, 0.75 * torch.tanh(size).numpy(), torch.atan2(third, second).numpy())
    tall, wide = -(-view.height // colours.shape[0]), -(-view.width // colours.shape[1])
    pixels = np.repeat(np.repeat(colours, tall, 0), wide, 1)[: view.height, : view.width]
    return np.ascontiguousarray(pixels), found.times
