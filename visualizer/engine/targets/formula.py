"""A formula on a grid that is fine enough for it; without noise the formula itself is asked."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import GridDensity, GridSource
from visualizer.densities.grid_source import moments_of_points
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.engine.targets.gridded import fine_enough
from visualizer.scene.fibres import Fibres
from visualizer.scene.formula import Node, evaluate
from visualizer.scene.support import Box, Support, centres
from visualizer.scene.targets.formula import FormulaTarget

#: Cells along an axis of a grid that rows are put on, and by how many of them it must be smoothed at least.
_CELLS_OF_ROWS, _FINEST = 1024, 3.0


def build_formula(target: FormulaTarget) -> GridDensity:
    """The formula's density.

    Raises:
        SceneError: it is no number somewhere, or too fine for a grid.
    """
    # Its parameters are a dictionary, which has no hash of its own: its text is the key.
    return GridDensity(_source(target.model_dump_json()))


def checked(target: FormulaTarget) -> FormulaTarget:
    """The target, whose density has been made: what is made is remembered.

    Raises:
        SceneError: as `build_formula`.
    """
    build_formula(target)
    return target


@lru_cache(maxsize=4)  # each keeps tables of several noise levels: some tens of megabytes
def _source(text: str) -> GridSource:
    target = FormulaTarget.model_validate_json(text)
    typed = _Typed(target)
    if target.support.narrow is not None:
        return _on_rows(target.support, target.support.narrow, typed)
    source = fine_enough(target.support.box, typed.on_grid, edges=target.hard_edges)
    typed.normalise(source)
    source.exact = typed
    return source


def _on_rows(support: Support, rows: Fibres, typed: _Typed) -> GridSource:
    """A density that is too narrow for a grid somewhere: from rows across it. Smoothed by three cells it is exact."""
    low, high = zip(*support.box, strict=True)
    points, mass = rows.points, rows.mass.ravel()
    margin = 2 * (np.array(high) - low) / _CELLS_OF_ROWS  # a point is shared between the nodes around it
    inside = ((points > low + margin) & (points < high - margin)).all(1)
    at, shares = torch.from_numpy(points[inside]), torch.from_numpy(mass[inside])
    source = GridSource.of_points(at, low, high, _CELLS_OF_ROWS, shares)
    source.mean, source.covariance = moments_of_points(torch.from_numpy(points), torch.from_numpy(mass))
    source.finest = _FINEST * max(source.table.cell)
    typed.normalise_to(support.top + rows.log_total)

    def draw(n: int, generator: torch.Generator | None) -> Tensor:
        return torch.from_numpy(rows.draw(torch.rand(n, 3, dtype=torch.float64, generator=generator).numpy()))

    def function(pair: list[np.ndarray[Any, np.dtype[np.float64]]]) -> Any:
        return typed(torch.from_numpy(np.stack(pair, 1))).numpy() + rows.log_total

    source.draw, source.exact = draw, typed
    laws = (rows.marginal(function, axis) for axis in range(2))
    source.laws = tuple((torch.from_numpy(places.copy()), torch.from_numpy(p.copy())) for places, p in laws)
    return source


class _Typed:
    """A formula as torch sees it: points (N, d) → log p, (N,), differentiable. It is evaluated in float64."""

    def __init__(self, target: FormulaTarget) -> None:
        self._tree: Node = target.tree
        self._parameters = dict(target.parameters)
        self._constant = 0.0
        #: [low, high] of each axis, where p is 0 outside
        self._edges = target.box if target.hard_edges else None

    def __call__(self, y: Tensor) -> Tensor:
        wide = y if y.device.type == "mps" else y.double()  # which has no float64

        def constant(value: float) -> Tensor:
            return torch.tensor(value, dtype=wide.dtype, device=y.device)

        parameters = {k: constant(v) for k, v in self._parameters.items()}
        names = {**parameters, **dict(zip("xy", wide.unbind(1), strict=False))}
        value: Tensor = evaluate(self._tree, names, torch, constant)
        if self._edges is not None:
            low, high = (wide.new_tensor(side) for side in zip(*self._edges, strict=True))
            value = torch.where(((low <= wide) & (wide <= high)).all(1), value, -math.inf)
        return (value - self._constant).to(y.dtype)

    def on_grid(self, box: Box, n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        """exp(log p̃ − max) at the centres of n cells along each axis."""
        points = np.stack([g.ravel() for g in np.meshgrid(*centres(box, n), indexing="ij")], 1)
        log_p = self(torch.from_numpy(points)).numpy()
        self._top = float(log_p.max())
        with np.errstate(invalid="ignore"):  # infinite less infinite: it is told
            return np.asarray(np.exp(log_p - self._top).reshape([n] * len(box)))

    def normalise(self, source: GridSource) -> None:
        """Takes the normaliser over from the grid: ∫ exp(log p̃) = its sum over the cells."""
        self.normalise_to(self._top + math.log(source.total))

    def normalise_to(self, log_total: float) -> None:
        """Takes log ∫ exp(log p̃) from elsewhere."""
        self._constant = log_total


BUILDERS.add(Builder("formula", build_formula))
