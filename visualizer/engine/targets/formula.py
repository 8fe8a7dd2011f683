"""A formula on a grid that is fine enough for it; without noise the formula itself is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import GridDensity, GridSource
from visualizer.densities.grid_source import moments_of_points
from visualizer.engine.targets.base import BUILDERS, Builder
from visualizer.engine.targets.gridded import GRIDS, Unnormalised, fine_enough
from visualizer.scene.fibres import Fibres
from visualizer.scene.formula import evaluate
from visualizer.scene.support import Support
from visualizer.scene.targets.formula import FormulaTarget

#: Cells along an axis of a grid that rows are put on, and by how many of them it must be smoothed at least.
_CELLS_OF_ROWS, _FINEST = 1024, 3.0


def build_formula(target: FormulaTarget) -> GridDensity:
    """The formula's density.

    Raises:
        SceneError: it is no number somewhere, or too fine for a grid.
    """
    # Its parameters are a dictionary, which has no hash of its own: its text is the key.
    text = target.model_dump_json()
    return GridDensity(GRIDS.get(("formula", text), lambda: _source(text)))


def checked(target: FormulaTarget) -> FormulaTarget:
    """The target, whose density has been made: what is made is remembered.

    Raises:
        SceneError: as `build_formula`.
    """
    build_formula(target)
    return target


def _source(text: str) -> GridSource:
    target = FormulaTarget.model_validate_json(text)
    typed = _typed(target)
    if target.support.narrow is not None:
        return _on_rows(target.support, target.support.narrow, typed)
    source = fine_enough(target.support.box, typed.on_grid, edges=target.hard_edges)
    typed.normalise(source)
    source.exact = typed
    return source


def _on_rows(support: Support, rows: Fibres, typed: Unnormalised) -> GridSource:
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


def _typed(target: FormulaTarget) -> Unnormalised:
    """The formula as torch sees it."""
    tree, numbers = target.tree, dict(target.parameters)

    def value(y: Tensor) -> Tensor:
        def constant(number: float) -> Tensor:
            return torch.tensor(number, dtype=y.dtype, device=y.device)

        parameters = {k: constant(v) for k, v in numbers.items()}
        names = {**parameters, **dict(zip("xy", y.unbind(1), strict=False))}
        found: Tensor = evaluate(tree, names, torch, constant)
        return found

    return Unnormalised(value, target.box if target.hard_edges else None)


BUILDERS.add(Builder("formula", build_formula))
