"""Data sets of others: columns of numbers out of CSV, NumPy and Parquet files, bounded, nothing executed."""

from __future__ import annotations

import io
import math
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.reading import checked_file

Array = NDArray[np.float64]
DATA_SUFFIXES = (".csv", ".tsv", ".txt", ".npy", ".npz", ".parquet")
MAX_BYTES, MAX_POINTS, MIN_POINTS, MAX_COLUMNS = 100_000_000, 100_000, 2, 1000
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
#: Larger values are refused: float32 could not tell neighbours apart.
_LARGEST = 1e6


def read_columns(path: Path) -> dict[str, Array]:
    """The columns of numbers in a file by their names; columns without a heading are called 1, 2, …

    Raises:
        SceneError: there are none, the file is too large, or something else that it says in a sentence.
    """
    try:
        size = checked_file(path).stat().st_size
        if size > MAX_BYTES:
            raise _refused(path, f"expected a file below {MAX_BYTES // 10**6} MB, this one has {size // 10**6}")
        columns = _READERS.get(path.suffix.lower(), _text)(path)
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        said = str(error).splitlines()[0] if str(error) else "the file is damaged"
        raise _refused(path, f"expected columns of numbers: {said}") from None
    if not columns:
        raise _refused(path, "expected at least one column of numbers, there is only text")
    if len(columns) > MAX_COLUMNS:
        raise _refused(path, f"expected at most {MAX_COLUMNS} columns, this has {len(columns):,}")
    return columns


def _refused(path: Path, text: str) -> SceneError:
    return SceneError(str(path), [Problem("", text)])


def parse_text(text: str) -> dict[str, Array]:
    """The columns of numbers in pasted text: separated by commas, semicolons, tabs or spaces.

    Raises:
        ValueError: there are no such columns.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise ValueError("there is no text")
    mark = next((m for m in ("\t", ";", ",") if m in lines[0]), " ")
    joined = "\n".join(",".join(line.split() if mark == " " else line.split(mark)) for line in lines)
    return _csv(joined.encode("utf-8"), ",")


def _text(path: Path) -> dict[str, Array]:
    data = path.read_bytes()
    try:
        data[:1_000_000].decode("utf-8", errors="strict" if len(data) <= 1_000_000 else "ignore")
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"the text is not in UTF-8 (byte {error.start + 1:,}); save it in that encoding") from None
    head = data[:10_000].split(b"\n", 1)[0]
    mark = max((b",", b";", b"\t"), key=head.count)
    if not head.count(mark):
        return parse_text(data.decode("utf-8"))
    return _csv(data, mark.decode())


def _csv(data: bytes, mark: str) -> dict[str, Array]:
    import pyarrow
    import pyarrow.csv as arrow

    first = data.split(b"\n", 1)[0].decode("utf-8").strip().strip("\ufeff").split(mark)
    numbers = all(_is_number(cell) for cell in first)
    try:
        table = arrow.read_csv(
            io.BytesIO(data),
            read_options=arrow.ReadOptions(autogenerate_column_names=numbers),
            parse_options=arrow.ParseOptions(delimiter=mark),
        )
    except pyarrow.ArrowInvalid as error:
        raise ValueError(str(error)) from None
    return _of_table(table, numbered=numbers)


def _is_number(text: str) -> bool:
    try:
        float(text.strip().strip('"'))
    except ValueError:
        return False
    return True


def _of_table(table: object, numbered: bool = False) -> dict[str, Array]:
    import pyarrow

    assert isinstance(table, pyarrow.Table)
    out: dict[str, Array] = {}
    for i, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        kind = column.type
        if pyarrow.types.is_string(kind):
            column = _mostly_numbers(column)
        if column is not None and (pyarrow.types.is_floating(column.type) or pyarrow.types.is_integer(column.type)):
            values = column.to_numpy(zero_copy_only=False)
            out[str(i + 1) if numbered else name] = np.asarray(values, dtype=np.float64)
    return out


def _mostly_numbers(column: Any) -> Any:
    """A column of text as numbers with gaps, where at least half of it is numbers; None for real text."""
    import pyarrow
    import pyarrow.compute as compute

    is_number = compute.match_substring_regex(column, _NUMBER)
    known = compute.sum(is_number).as_py() or 0
    if 2 * known < len(column):
        return None
    trimmed = compute.utf8_trim_whitespace(column)
    return compute.if_else(is_number, trimmed, pyarrow.scalar(None, pyarrow.string())).cast(pyarrow.float64())


def _parquet(path: Path) -> dict[str, Array]:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(path)
        if file.metadata.num_rows > 100 * MAX_POINTS or file.metadata.num_columns > MAX_COLUMNS:
            raise ValueError(f"{file.metadata.num_rows:,} rows are too many")
        return _of_table(file.read())
    except pyarrow.ArrowException as error:
        raise ValueError(str(error)) from None


def _npy(path: Path) -> dict[str, Array]:
    # Mapped, not read: a header that promises more than there is in the file is refused before anything is taken up.
    return _columns_of("", np.load(path, mmap_mode="r", allow_pickle=False))


def _npz(path: Path) -> dict[str, Array]:
    with zipfile.ZipFile(path) as archive:
        if sum(item.file_size for item in archive.infolist()) > 2 * MAX_BYTES:
            raise ValueError("unpacked it would be too large")
    out: dict[str, Array] = {}
    with np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            out |= _columns_of(name, archive[name])
    return out


def _columns_of(name: str, array: NDArray[np.generic]) -> dict[str, Array]:
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2):
        return {}
    if array.ndim == 1:
        return {name or "1": np.asarray(array, dtype=np.float64)}
    if array.shape[1] > MAX_COLUMNS:
        raise ValueError(f"{array.shape[1]:,} columns are too many")
    return {f"{name}{i + 1}": np.asarray(array[:, i], dtype=np.float64) for i in range(array.shape[1])}


_READERS = {".npy": _npy, ".npz": _npz, ".parquet": _parquet}


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
    if len({len(columns[name]) for name in names}) != 1:
        raise ValueError("the columns are not equally long")
    x, left_out = without_gaps(np.stack([columns[name] for name in names], 1))
    return checked(x, standardise), left_out


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
    std = x.std(0)
    if not (std > 1e-9 * np.maximum(1.0, np.abs(x).max(0))).all():
        raise ValueError("a column is the same number throughout")
    if standardise:
        x = (x - x.mean(0)) / std
    if np.abs(x).max() > _LARGEST or std.min() < 1e-3 * float(not standardise):
        raise ValueError("the numbers are too large or too close together: standardise them")
    return x


@lru_cache(maxsize=8)
def _loaded(path: str, _stamp: tuple[int, int], names: tuple[str, ...], standardise: bool) -> tuple[Array, int]:
    try:
        x, left_out = chosen(read_columns(Path(path)), names, standardise)
    except ValueError as error:
        raise SceneError(path, [Problem("", str(error))]) from None
    x.setflags(write=False)
    return x, left_out


def load_points(file: str, names: tuple[str, ...], standardise: bool) -> tuple[Array, int]:
    """Points (n, d) in a file, read again only when it has changed, and how many rows with gaps were left out.

    Raises:
        SceneError: they cannot be used.
    """
    path = checked_file(Path(file))
    try:
        status = path.stat()
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from None
    return _loaded(str(path), (status.st_mtime_ns, status.st_size), names, standardise)


def silverman(x: Array) -> float:
    """h = σ (4/((d + 2) n))^{1/(d+4)} with the root mean square σ over the axes (Silverman 1986, 4.14)."""
    n, d = x.shape
    sigma = math.sqrt(float(x.var(0, ddof=1).mean()))
    return float(sigma * (4 / ((d + 2) * n)) ** (1 / (d + 4)))
