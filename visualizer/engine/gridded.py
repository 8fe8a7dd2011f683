"""Targets without a closed form, put on a grid that is fine enough for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, GaussianMixture, GridDensity, GridSource
from visualizer.scene.data_target import DATA_CELLS, DataTarget, DrawnTarget
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.formula import Node, evaluate
from visualizer.scene.grid_target import FormulaTarget, ShapeTarget
from visualizer.scene.support import Box, centres

#: Cells along an axis, in one and two dimensions: the first that is fine enough, or the last.
_CELLS = {1: (2048, 8192, 32_768, 131_072), 2: (256, 512, 1024)}
#: So many points keep the closed form of their Parzen density, a mixture.
_CLOSED_FORM = 500
#: Fine enough: the transform is below this share of its largest value where the grid ends, in one and two dimensions.
#: What is above the last on the finest grid cannot be shown; between them are edges, and integrable poles.
_RESOLVED, _UNRESOLVED = {1: 1e-6, 2: 1e-4}, 3e-3


def build_grid(target: FormulaTarget | ShapeTarget | DataTarget | DrawnTarget) -> Density:
    """The density of a target, on a grid if it has no closed form that is small enough.

    Raises:
        SceneError: data that are not there, or a kernel too narrow for them.
    """
    if isinstance(target, DataTarget):
        return _parzen(target)
    if isinstance(target, DrawnTarget):
        low, high = zip(*target.box, strict=True)
        # Each cell as four: then what the edges are smoothed by is three cells, which leaves nothing of their ringing.
        values = torch.from_numpy(target.values.astype(np.float64)).repeat_interleave(2, 0).repeat_interleave(2, 1)
        return GridDensity(GridSource(values, low, high), 1.0, target.softness)
    return GridDensity(_source(_Key(target)))


def _parzen(target: DataTarget) -> Density:
    x, h = target.x, target.h
    if len(x) <= _CLOSED_FORM:
        points = torch.tensor(x)
        eye = torch.eye(target.d, dtype=torch.float64)
        return GaussianMixture(torch.ones(len(x)), points, (h * h * eye).expand(len(x), -1, -1))
    if h < target.least_bandwidth:
        text = f"{h:.3g} is too narrow for these data on a grid: expected at least {target.least_bandwidth:g}"
        raise SceneError("target", [Problem("target.bandwidth", text)])
    return GridDensity(_points(target.x.tobytes(), target.d, target.box), 1.0, h)


@lru_cache(maxsize=4)
def _points(data: bytes, d: int, box: Box) -> GridSource:
    x = torch.from_numpy(np.frombuffer(data).reshape(-1, d).copy())
    low, high = zip(*box, strict=True)
    return GridSource.of_points(x, low, high, DATA_CELLS[d])


class _Key:
    """A target as a key of the cache below: its parameters are a dictionary, which has no hash of its own."""

    def __init__(self, target: FormulaTarget | ShapeTarget) -> None:
        self.target, self._text = target, target.model_dump_json()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@lru_cache(maxsize=4)  # each keeps tables of several noise levels: some tens of megabytes
def _source(key: _Key) -> GridSource:
    target = key.target
    if isinstance(target, ShapeTarget):
        curve = target.curve
        if curve is not None:
            return _fine_enough(target.support.box, lambda box, n: curve.on_grid(centres(box, n)))
        written = target.as_formula
        assert written is not None  # a shape is the one or the other
        target = written
    typed = _Typed(target)
    source = _fine_enough(target.support.box, lambda box, n: typed.on_grid(box, n))
    typed.normalise(source)
    source.exact = typed
    return source


def _fine_enough(box: Box, values: Any) -> GridSource:
    low, high = tuple(a for a, _ in box), tuple(b for _, b in box)
    for n in _CELLS[len(box)]:
        p = torch.from_numpy(np.ascontiguousarray(values(box, n)))
        if not bool(torch.isfinite(p).all()):
            raise SceneError("target", [Problem("", "it is infinite, or no number, somewhere in its box")])
        source = GridSource(p, low, high)
        rough = source.roughness()
        if rough < _RESOLVED[len(box)]:
            break
    if rough > _UNRESOLVED:
        text = (
            f"it has details too fine for a grid of {n:,} cells over the box it lies in, "
            f"{' × '.join(f'[{a:.4g}, {b:.4g}]' for a, b in box)}: make them wider, or the box narrower"
        )
        raise SceneError("target", [Problem("", text)])
    return source


class _Typed:
    """A formula as torch sees it: points (N, d) → log p, (N,), differentiable. It is evaluated in float64."""

    def __init__(self, target: FormulaTarget) -> None:
        self._tree: Node = target.tree
        self._parameters = dict(target.parameters)
        self._constant = 0.0

    def __call__(self, y: Tensor) -> Tensor:
        wide = y if y.device.type == "mps" else y.double()  # which has no float64

        def constant(value: float) -> Tensor:
            return torch.tensor(value, dtype=wide.dtype, device=y.device)

        parameters = {k: constant(v) for k, v in self._parameters.items()}
        names = {**parameters, **dict(zip("xy", wide.unbind(1), strict=False))}
        value: Tensor = evaluate(self._tree, names, torch, constant)
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
        self._constant = self._top - float(torch.log(source.table.density.max()))
