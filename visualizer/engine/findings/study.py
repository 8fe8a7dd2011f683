"""What has come of a study so far, and lines to be drawn of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
#: What a run is measured after so many of.
TIMES = ("at", "evaluations")


@dataclass(frozen=True)
class StudyLine:
    """One line: points of a variant, with quartiles over the seeds.

    Attributes:
        name: what it is called.
        x: ascending.
        low, median, high: the quartiles of each point.
        seeds: how many runs each point has.
        cell: of each point the run nearest to its median.
    """

    name: str
    x: Array
    low: Array
    median: Array
    high: Array
    seeds: Numbers
    cell: Numbers


@dataclass(frozen=True)
class StudyTable:
    """All numbers, a row for each.

    Attributes:
        variants, metrics: the names that `variant` and `metric` count.
        axes: the names of the axes.
        labels: the values of each axis in words.
        cell, variant, at, metric, index: of each row, (n,).
        place: the number of its value along each axis, (axes, n).
        number: that value, where it is one, else its number, (axes, n).
        evaluations, value: of each row, (n,).
    """

    variants: tuple[str, ...]
    axes: tuple[str, ...]
    metrics: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    cell: Numbers
    variant: Numbers
    at: Numbers
    metric: Numbers
    index: Numbers
    place: NDArray[np.int64]
    number: Array
    evaluations: Array
    value: Array

    @property
    def abscissae(self) -> list[str]:
        """What lines may run along: axes, steps, evaluations, and what was measured."""
        axes = [name for name, labels in zip(self.axes, self.labels, strict=True) if len(labels) > 1]
        times = list(TIMES) if len(np.unique(self.at)) > 1 else []
        return [*axes, *times, *self.metrics]

    def lines(self, x: str, y: str, index: int = 0) -> tuple[StudyLine, ...]:
        """One line for each variant and each value of the other axes."""
        lines: dict[tuple[int, ...], list[_Point]] = {}
        for point in self._points(x, y, index):
            lines.setdefault(point.line, []).append(point)
        return tuple(self._line(x, key, points) for key, points in lines.items())

    def _points(self, x: str, y: str, index: int) -> Iterator[_Point]:
        if y not in self.metrics:
            return
        rows = np.flatnonzero((self.metric == self.metrics.index(y)) & (self.index == index))
        if x not in TIMES and len(rows):
            rows = rows[self.at[rows] == self.at[rows].max()]
        keys = np.stack([self.variant[rows], *self.place[:, rows], self.at[rows]], 1)
        _, which = np.unique(keys, axis=0, return_inverse=True)
        for k in range(which.max() + 1 if len(rows) else 0):
            mine = rows[which.ravel() == k]
            at = self._along(x, mine)
            if np.isfinite(at):
                low, median, high = np.quantile(self.value[mine], (0.25, 0.5, 0.75))
                nearest = self.cell[mine[np.abs(self.value[mine] - median).argmin()]]
                yield _Point(self._key(x, mine[0]), at, (low, median, high), len(mine), int(nearest))

    def _along(self, x: str, rows: Numbers) -> float:
        """Where a point lies along x."""
        if x in self.axes:
            return float(self.number[self.axes.index(x), rows[0]])
        if x in TIMES:
            return float(np.median(getattr(self, x)[rows]))
        if x not in self.metrics:
            return float("nan")
        there = (self.metric == self.metrics.index(x)) & (self.index == 0) & (self.at == self.at[rows[0]])
        found = self.value[there & np.isin(self.cell, self.cell[rows])]
        return float(np.median(found)) if len(found) else float("nan")

    def _key(self, x: str, row: int) -> tuple[int, ...]:
        """Which line a row is of; where x was measured, and there are no axes, variants are points of one line."""
        along = x in self.metrics and not self.axes
        rest = [-1 if name == x else int(self.place[i, row]) for i, name in enumerate(self.axes)]
        return (-1 if along else int(self.variant[row]), *rest)

    def _line(self, x: str, key: tuple[int, ...], points: list[_Point]) -> StudyLine:
        points.sort(key=lambda p: p.x)
        said = [self.variants[key[0]]] if key[0] >= 0 and self.variants[key[0]] else []
        for name, labels, k in zip(self.axes, self.labels, key[1:], strict=True):
            if k >= 0 and len(labels) > 1:
                said.append(f"{name.rpartition('.')[2]} = {labels[k]}")
        low, median, high = np.array([p.quartiles for p in points]).T
        cell, seeds = (np.array([getattr(p, name) for p in points], np.int64) for name in ("cell", "seeds"))
        return StudyLine(", ".join(said), np.array([p.x for p in points]), low, median, high, seeds, cell)


@dataclass(frozen=True)
class _Point:
    """A variant at values of all axes: every seed of it."""

    line: tuple[int, ...]
    x: float
    quartiles: tuple[float, float, float]
    seeds: int
    cell: int


#: What is better where it is less, and where it is more.
_LESS, _MORE = ("kl", "sliced-w2", "r-hat", "escape-time"), ("ess-bulk", "ess-tail", "hops")


def best_run(metric: str, over_time: bool, lines: Sequence[StudyLine]) -> int | None:
    """The run of the point with the best median: at the end of each line where lines run over time, else anywhere.

    None where there is no better and worse.
    """
    if metric not in (*_LESS, *_MORE):
        return None
    sign = 1 if metric in _LESS else -1
    since = -1 if over_time else 0
    found = [
        (sign * float(m), int(c)) for line in lines for m, c in zip(line.median[since:], line.cell[since:], strict=True)
    ]
    return min(found)[1] if found else None


@dataclass(frozen=True)
class StudyState:
    """Where a study is, and what there is of it.

    Attributes:
        done, failed, total: runs.
        seconds_left: about so long; None where nothing is known.
        failures: which runs have failed and why, in a line each.
        table: the numbers.
        x, y: what the study itself wants drawn.
    """

    title: str
    done: int
    failed: int
    total: int
    seconds_left: float | None
    table: StudyTable
    x: str
    y: tuple[str, ...]
    failures: tuple[str, ...] = field(default=())
