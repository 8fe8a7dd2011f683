"""Densities that plug-ins bring, on grids; without noise the plug-in itself is asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from visualizer.densities import GridDensity, GridSource
from visualizer.engine.targets.base import Builder
from visualizer.engine.targets.gridded import GRIDS, Unnormalised, fine_enough
from visualizer.plugins import Plugin
from visualizer.plugins.code import function_of
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.targets.plugged import PluggedTarget

#: Cells along an axis by which it is seen whether the box holds a density, and what may be left at its sides, beside
#: the peak.
_SIDES, _MOST = 128, 1e-3


def made(plugin: Plugin) -> Builder:
    """What builds the density of a plug-in."""
    return Builder(plugin.name, partial(_build, plugin))


def log_density_of(plugin: Plugin, numbers: dict[str, float]) -> Callable[[Tensor], Tensor]:
    """log p̃ of points (N, d), differentiable: by the plug-in's `score` where there is one, else by autograd."""
    log_density, score = function_of(plugin, "log_density"), function_of(plugin, "score")
    assert log_density is not None  # the manifest was refused otherwise

    def value(y: Tensor) -> Tensor:
        found = log_density(y.T, **numbers)
        if not isinstance(found, Tensor) or found.shape != y.shape[:1]:
            got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            text = f"log_density has to return shape ({len(y)},) for x of shape {tuple(y.T.shape)}, and returned {got}"
            raise plugin.fault(text)
        if score is None:
            return found
        with torch.no_grad():
            slope = score(y.T, **numbers)
        if not isinstance(slope, Tensor) or slope.shape != y.T.shape:
            raise plugin.fault(f"score has to return the shape of x, {tuple(y.T.shape)}")
        return found.detach() + ((y - y.detach()) * slope.T).sum(1)  # the same value, with this slope

    return value


def _cut_off(p: Any) -> float:
    """The largest density in the cells at the sides, beside the largest of all: 1 where there is none."""
    sides = [p.take(i, axis).max() for axis in range(p.ndim) for i in (0, -1)]
    return float(max(sides) / max(p.max(), 1e-300))


def _build(plugin: Plugin, target: PluggedTarget) -> GridDensity:
    """The plug-in's density.

    Raises:
        PluginError: it fails.
        SceneError: it is no number somewhere, or too fine for a grid.
    """
    of = (plugin, tuple(target.numbers_of_plugin().items()))
    return GridDensity(GRIDS.get(of, lambda: _source(*of)))


def _source(plugin: Plugin, numbers: tuple[tuple[str, float], ...]) -> GridSource:
    said: Any = plugin.manifest
    typed = Unnormalised(log_density_of(plugin, dict(numbers)), said.box if said.hard_edges else None)
    with torch.no_grad():
        if not said.hard_edges and _cut_off(typed.on_grid(said.box, _SIDES)) > _MOST:
            text = (
                'much of it lies outside of the plug-in\'s box: take other numbers, widen the box, or say "hard_edges"'
            )
            raise SceneError("target", [Problem("", text)])
        source = fine_enough(said.box, typed.on_grid, edges=said.hard_edges)
    typed.normalise(source)
    source.exact = typed
    return source
