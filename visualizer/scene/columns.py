"""Columns of numbers out of CSV, NumPy and Parquet files of others: bounded before they are read, nothing executed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.reading import checked_file

Array = NDArray[np.float64]
DATA_SUFFIXES = (".csv", ".tsv", ".txt", ".npy", ".npz", ".parquet")
#: Bytes of a file, at most.
MAX_BYTES = 100_000_000
#: Rows, at most.
MAX_POINTS = 100_000
#: Columns, at most.
MAX_COLUMNS = 1000
#: Numbers in all, at most.
MAX_NUMBERS = 10_000_000
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
#: A cell with a decimal comma, between separators.
_COMMA = rb'(?:^|SEP)[ "]*[-+]?\d+,\d+[ "\r]*(?:$|SEP)'


_CELLS = re.compile(r"[\s,;]+")
_UNEVEN = re.compile(r"Expected (\d+) columns, got (\d+)")


class _TooMuch(ValueError):
    """A file holds more than is read."""


def read_columns(path: Path) -> dict[str, Array]:
    """The columns of numbers in a file by their names; columns without a heading are called 1, 2, …

    Raises:
        SceneError: there are none, the file is too large, or something else that it says in a sentence.
    """
    try:
        size = checked_file(path).stat().st_size
        if size > MAX_BYTES:
            raise _refused(path, f"expected a file below {MAX_BYTES // 10**6} MB, this one has {size // 10**6}")
        if not size:
            raise _refused(path, "expected columns of numbers: the file is empty")
        columns = _READERS.get(path.suffix.lower(), _text)(path)
    except SceneError:
        raise
    except _TooMuch as error:
        raise _refused(path, str(error)) from None
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror or error}") from None
    except Exception as error:  # whatever parsers stumble over in the files of others
        said = str(error).splitlines()[0] if str(error) else "the file is damaged"
        raise _refused(path, f"expected columns of numbers: {said}") from None
    if not columns:
        raise _refused(path, "expected at least one column of numbers, there is none")
    return columns


def _refused(path: Path, text: str) -> SceneError:
    return SceneError(str(path), [Problem("", text)])


def _bounded(rows: int, columns: int) -> None:
    """Refuses what is too large before it is read.

    Raises:
        _TooMuch: there are too many rows, columns or numbers.
    """
    if rows > MAX_POINTS:
        raise _TooMuch(f"expected 2 to {MAX_POINTS:,} rows, there are {rows:,}: take a part of them")
    if columns > MAX_COLUMNS:
        raise _TooMuch(f"expected at most {MAX_COLUMNS:,} columns, there are {columns:,}: take a part of them")
    if rows * columns > MAX_NUMBERS:
        raise _TooMuch(f"expected at most {MAX_NUMBERS // 10**6} million numbers, there are {rows * columns:,}")


def _few_lines(count: int) -> None:
    """Refuses text that is much too long; how many rows it has is known once headings and comments are gone."""
    if count > 2 * MAX_POINTS:
        _bounded(count, 1)


def parse_text(text: str) -> dict[str, Array]:
    """The columns of numbers in pasted text: separated by commas, semicolons, tabs or spaces.

    Raises:
        ValueError: there are no such columns, or too many.
    """
    _few_lines(text.count("\n"))
    lines = [line.strip(" \r\n") for line in _without_comments(text).splitlines() if line.strip()]
    if not any("\t" in line.lstrip("\t") for line in lines):  # tabs may indent, too
        lines = [line.lstrip("\t") for line in lines]
    if not any(_is_number(cell) for line in lines for cell in _CELLS.split(line)):
        raise ValueError("there are no numbers in it")
    mark = _separator(lines[0])
    _bounded(len(lines) - 1, lines[0].count(mark or " ") + 1)
    if mark is None:
        mark, lines = ",", [",".join(line.split()) for line in lines]
    return _csv("\n".join(lines).encode("utf-8"), mark)


def _text(path: Path) -> dict[str, Array]:
    data = path.read_bytes()
    try:
        text = _without_comments(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"the text is not in UTF-8 (byte {error.start + 1:,}); save it in that encoding") from None
    head = text[:10_000].split("\n", 1)[0]
    mark = _separator(head)
    if mark is None:
        return parse_text(text)
    _few_lines(text.count("\n"))
    _bounded(1, head.count(mark) + 1)
    return _csv(text.encode("utf-8"), mark)


def _separator(line: str) -> str | None:
    """Tab, semicolon or comma (which may be a decimal one where there are others); None for spaces."""
    return next((m for m in "\t;," if m in line), None)


def _without_comments(text: str) -> str:
    """Text without lines that begin with #; the last one before numbers stays if it can be their heading."""
    if "#" not in text:
        return text
    before: list[str] = []
    lines: list[str] = []
    quoted = False  # what is quoted may have lines of its own
    for line in text.splitlines():
        if not quoted and line.lstrip().startswith("#"):
            if not lines:
                before.append(line)
        elif line.strip():
            lines.append(line)
            quoted ^= line.count('"') % 2 == 1
    if before and lines:
        heading = before[-1].lstrip().lstrip("#").strip()
        mark = _separator(lines[0])
        cells, first = (line.strip().split(mark) for line in (heading, lines[0]))
        if len(cells) == len(first) and all(map(_is_number, first)) and not any(map(_is_number, cells)):
            lines = [heading, *lines]
    return "\n".join(lines)


def _csv(data: bytes, mark: str) -> dict[str, Array]:
    import pyarrow.csv as arrow
    from pyarrow import ArrowInvalid

    first = data.split(b"\n", 1)[0].decode("utf-8").strip().split(mark)
    comma = mark != "," and re.search(_COMMA.replace(b"SEP", mark.encode()), data, re.MULTILINE) is not None
    numbers = all(_is_number(cell.replace(",", ".") if comma else cell) for cell in first)
    try:
        table = arrow.read_csv(
            io.BytesIO(data),
            read_options=arrow.ReadOptions(autogenerate_column_names=numbers),
            parse_options=arrow.ParseOptions(delimiter=mark),
            convert_options=arrow.ConvertOptions(decimal_point="," if comma else "."),
        )
    except ArrowInvalid as error:
        found = _UNEVEN.search(str(error))
        if found is None:
            raise
        cells = "one cell" if found.group(2) == "1" else f"{found.group(2)} cells"
        raise ValueError(f"a row has {cells} where there are {found.group(1)} columns") from None
    _bounded(table.num_rows, table.num_columns)
    names = [str(i + 1) for i in range(table.num_columns)] if numbers else table.column_names
    return _of_arrow(zip(names, table.columns, strict=True))


def _is_number(text: str) -> bool:
    try:
        float(text.strip().strip('"'))
    except ValueError:
        return False
    return True


def _of_arrow(named: Iterable[tuple[str, Any]]) -> dict[str, Array]:
    import pyarrow

    out: dict[str, Array] = {}
    for name, column in named:
        if pyarrow.types.is_string(column.type):
            column = _mostly_numbers(column)
        if column is not None and (pyarrow.types.is_floating(column.type) or pyarrow.types.is_integer(column.type)):
            out[_another(name, out)] = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    return out


def _another(name: str, taken: dict[str, Array]) -> str:
    """The name, or the name with a number if there is such a column already."""
    return next(n for i in range(1, len(taken) + 2) if (n := name if i == 1 else f"{name} ({i})") not in taken)


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

    file = parquet.ParquetFile(path)
    # Only what is numbers by its type: a text that is told once may stand in every row.
    kinds = file.schema_arrow
    names = [f.name for f in kinds if pyarrow.types.is_floating(f.type) or pyarrow.types.is_integer(f.type)]
    _bounded(file.metadata.num_rows, len(names))
    table = file.read(columns=names)
    return _of_arrow(zip(table.column_names, table.columns, strict=True))


def _npy(path: Path) -> dict[str, Array]:
    with path.open("rb") as file:
        return _columns_of("", file)


def _npz(path: Path) -> dict[str, Array]:
    out: dict[str, Array] = {}
    with zipfile.ZipFile(path) as archive:
        if len(archive.infolist()) > MAX_COLUMNS:
            raise _TooMuch(f"expected at most {MAX_COLUMNS:,} arrays, there are {len(archive.infolist()):,}")
        for item in archive.infolist():
            if item.filename.endswith(".npy"):
                with archive.open(item) as file:
                    out |= _columns_of(item.filename.removesuffix(".npy"), file)
                _bounded(max((len(v) for v in out.values()), default=0), len(out))
    return out


def _columns_of(name: str, file: IO[bytes]) -> dict[str, Array]:
    """The columns of one array, whose header is looked at first: what is no numbers is not read."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.kind not in "fiu" or len(shape) not in (1, 2):
        return {}
    rows, columns = shape if len(shape) == 2 else (*shape, 1)
    if rows < 0 or columns < 0:
        raise ValueError("the file is damaged")
    _bounded(rows, columns)
    data = file.read(rows * columns * dtype.itemsize)
    if len(data) < rows * columns * dtype.itemsize:
        raise ValueError("the file ends too early")
    array = np.frombuffer(data, dtype).reshape((rows, columns), order="F" if fortran else "C").astype(np.float64)
    if len(shape) == 1:
        return {name or "1": np.ascontiguousarray(array[:, 0])}
    return {f"{name}{i + 1}": np.ascontiguousarray(array[:, i]) for i in range(columns)}


_READERS = {".npy": _npy, ".npz": _npz, ".parquet": _parquet}
