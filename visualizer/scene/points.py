"""Data sets as points: which columns, without gaps, standardised or not, and whether they can be used."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np

from visualizer.scene.columns import MAX_POINTS, Array, read_columns
from visualizer.scene.dialect import Dialect
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.reading import checked_file

MIN_POINTS = 2
#: Larger values are refused: float32 could not tell neighbours apart.
_LARGEST = 1e6
#: Values that spread less than this share of their size are refused, too.
_RESOLVED = 1e-4
#: Beyond this, squares overflow.
_OVERFLOW = 1e100
#: A column that spreads less beside its size is one number.
_CONSTANT = 1e-12


def chosen(columns: dict[str, Array], names: tuple[str, ...], standardise: bool) -> tuple[Array, int]:
    """Some columns as points (n, d), and how many rows had gaps and were left out.

    They are standardised to mean 0 and variance 1 along each axis if asked for.

    Raises:
        ValueError: a column is not there, has more gaps than numbers, is constant, or there are too few or too many
            points.
    """
    for name in names:
        if name not in columns:
            raise ValueError(f"there is no column of numbers {name!r}; there are {', '.join(list(columns)[:12])}")
        known = columns[name][np.isfinite(columns[name])]
        if len(known) >= MIN_POINTS and not _varies(known):
            raise ValueError(f"column {name!r} is the same number throughout")
    if len({len(columns[name]) for name in names}) != 1:
        raise ValueError("the columns are not equally long")
    x, left_out = without_gaps(np.stack([columns[name] for name in names], 1))
    return checked(x, standardise), left_out


def first_of(columns: dict[str, Array]) -> tuple[str, ...]:
    """The names of the first two columns whose numbers differ; of the first ones where there are none such."""
    names = [name for name, x in columns.items() if _varies(x[np.isfinite(x)])]
    names = (names or list(columns))[:2]
    return tuple(n for n in names if len(columns[n]) == len(columns[names[0]]))


def _varies(x: Array) -> bool:
    return len(x) > 1 and bool(x.std() > _CONSTANT * np.abs(x).max())


def wants_standardising(x: Array) -> bool:
    """Whether numbers without gaps are too large or too close together to be used in their own units."""
    if len(x) < MIN_POINTS:
        return False
    size, std = np.abs(x).max(0), x.std(0)
    return bool(size.max() > _LARGEST or not (std > np.maximum(1e-3, _RESOLVED * size)).all())


def without_gaps(x: Array) -> tuple[Array, int]:
    """The rows (n, d) that hold numbers throughout, and how many do not.

    Raises:
        ValueError: those are more than half.
    """
    bad = ~np.isfinite(x).all(1)
    count = int(bad.sum())
    if 2 * count > len(x):
        first = f"the first is row {int(bad.argmax()) + 1:,}"
        raise ValueError(f"{count:,} of {len(x):,} rows have gaps, text or infinite numbers, {first}")
    return (x[~bad], count) if count else (x, 0)


def checked(x: Array, standardise: bool) -> Array:
    """Points without gaps as they can be used.

    Raises:
        ValueError: as for `chosen`.
    """
    if not MIN_POINTS <= len(x) <= MAX_POINTS:
        raise ValueError(f"expected {MIN_POINTS} to {MAX_POINTS:,} rows, there are {len(x):,}: take a part of them")
    if not np.isfinite(x).all():
        raise ValueError("there are gaps or infinite numbers")
    size = np.abs(x).max(0)
    if size.max() > _OVERFLOW:
        raise ValueError(f"the numbers are too large: expected none beyond {_OVERFLOW:g}")
    std = x.std(0)
    if not (std > _CONSTANT * size).all():
        raise ValueError("a column is the same number throughout")
    if standardise:
        return np.asarray((x - x.mean(0)) / std)
    if wants_standardising(x):
        raise ValueError("the numbers are too large or too close together: standardise them")
    return x


_AS_IT_SEEMS = Dialect()


@lru_cache(maxsize=8)
def _loaded(
    path: str, _stamp: tuple[int, int], names: tuple[str, ...], standardise: bool, dialect: Dialect
) -> tuple[Array, int]:
    try:
        x, left_out = chosen(read_columns(Path(path), dialect.told), names, standardise)
    except SceneError:
        raise
    except ValueError as error:
        raise SceneError(path, [Problem("", str(error))]) from None
    x.setflags(write=False)
    return x, left_out


def load_points(
    file: str, names: tuple[str, ...], standardise: bool, dialect: Dialect = _AS_IT_SEEMS
) -> tuple[Array, int]:
    """Points (n, d) in a file, read again only when it has changed, and how many rows with gaps were left out.

    Raises:
        SceneError: they cannot be used.
    """
    path = checked_file(Path(file))
    try:
        status = path.stat()
    except OSError as error:
        raise SceneError(str(path), [Problem("", f"cannot be read: {error.strerror}")]) from None
    return _loaded(str(path), (status.st_mtime_ns, status.st_size), names, standardise, dialect)


def silverman(x: Array) -> float:
    """h = σ (4/((d + 2) n))^{1/(d+4)} with the root mean square σ over the axes (Silverman 1986, 4.14)."""
    n, d = x.shape
    sigma = math.sqrt(float(x.var(0, ddof=1).mean()))
    return float(sigma * (4 / ((d + 2) * n)) ** (1 / (d + 4)))
