"""Functions put on a grid that is fine enough for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import GridSource
from visualizer.densities.precision import widest
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.support import Box, centres

#: Cells along an axis, in one and two dimensions: the first that is fine enough, or the last.
_CELLS = {1: (2048, 8192, 32_768, 131_072), 2: (256, 512, 1024)}
#: A grid is fine enough where its transform ends below this share of its largest value, by dimension.
_RESOLVED = {1: 1e-6, 2: 1e-4}
#: What is above this on the finest grid cannot be shown; between the two are edges and integrable poles.
_UNRESOLVED = 3e-3
#: The same for densities that are said to have hard edges: a board of eight by eight squares with nothing between.
_UNRESOLVED_EDGES = 2e-2


class Kept:
    """The grids that were asked for last, of all kinds of targets; the oldest go where all take too many bytes.

    Args:
        most: bytes of all together; the newest stays whatever it takes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._grids: dict[Hashable, GridSource] = {}
        self._lock = Lock()  # pictures and experiments ask in several threads

    def get(self, key: Hashable, make: Callable[[], GridSource]) -> GridSource:
        """The grid of that key, made if it is not there."""
        with self._lock:
            found = self._grids.pop(key, None)
        found = found or make()
        with self._lock:
            self._grids[key] = found
            while len(self._grids) > 1 and sum(grid.nbytes for grid in self._grids.values()) > self._most:
                del self._grids[next(iter(self._grids))]
        return found


#: Grids of the targets that were built last, of which one takes up to some hundred megabytes.
GRIDS = Kept(300 << 20)


def fine_enough(box: Box, values: Callable[[Box, int], NDArray[np.float64]], *, edges: bool = False) -> GridSource:
    """A density over a box from `values`, which has it at the centres of n cells along each axis, up to a factor.

    With `edges` p ends at the box at once.

    Raises:
        SceneError: it is no number somewhere, or has details too fine for the finest grid.
    """
    low, high = tuple(a for a, _ in box), tuple(b for _, b in box)
    for n in _CELLS[len(box)]:
        p = torch.from_numpy(np.ascontiguousarray(values(box, n)))
        if not bool(torch.isfinite(p).all()):
            raise SceneError("target", [Problem("", "it is infinite, or no number, somewhere in its box")])
        source = GridSource(p, low, high, edges=edges)
        rough = source.roughness()
        if rough < _RESOLVED[len(box)]:
            break
    if rough > (_UNRESOLVED_EDGES if edges else _UNRESOLVED):
        text = (
            f"it has details too fine for a grid of {n:,} cells over the box it lies in, "
            f"{' × '.join(f'[{a:.4g}, {b:.4g}]' for a, b in box)}: make them wider, or the box narrower"
        )
        raise SceneError("target", [Problem("", text)])
    return source


class Unnormalised:
    """A log-density up to a constant as torch sees it: points (N, d) → log p, (N,), differentiable, in float64.

    Args:
        function: log p̃ of points (N, d).
        edges: [low, high] of each axis, outside of which p is 0; None: nowhere.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], edges: Box | None = None) -> None:
        self._function, self._edges = function, edges
        self._constant = self._top = 0.0

    def __call__(self, y: Tensor) -> Tensor:
        wide = widest(y)
        value = self._function(wide)
        if self._edges is not None:
            low, high = (wide.new_tensor(side) for side in zip(*self._edges, strict=True))
            value = torch.where(((low <= wide) & (wide <= high)).all(1), value, -math.inf)
        return (value - self._constant).to(y.dtype)

    def on_grid(self, box: Box, n: int) -> NDArray[np.float64]:
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
