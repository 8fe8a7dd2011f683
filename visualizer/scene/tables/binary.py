"""NumPy arrays and Parquet files: headers first, and no more than is allowed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from visualizer.scene.tables.bounds import MAX_COLUMNS, MAX_POINTS, bounded
from visualizer.scene.tables.duck import connect, filled, quoted

#: Types of Parquet's that are numbers, by how they begin.
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
#: Bytes of an array's header.
_HEADER = 10_000


def parquet(path: str) -> dict[str, Any]:
    """The columns of numbers in a Parquet file: only what is numbers by its type, for a text may stand in every row."""
    import duckdb

    connection, file = connect(), quoted(path)
    try:
        found = connection.execute(f"describe select * from read_parquet({file})").fetchall()
        names = [row[0] for row in found if row[1].startswith(_NUMBERS)]
        (rows,) = connection.execute(f"select sum(num_rows) from parquet_file_metadata({file})").fetchone() or (0,)
        bounded(int(rows or 0), len(names))
        if not names:
            return {"columns": {}, "read": {}}
        wanted = ", ".join(f'cast("{n.replace(chr(34), chr(34) * 2)}" as double) as c{i}' for i, n in enumerate(names))
        table = connection.execute(f"select {wanted} from read_parquet({file}) limit {MAX_POINTS + 1}").fetchnumpy()
        bounded(len(table["c0"]), len(names))  # what a footer says of its rows need not be so
    except duckdb.Error as error:
        raise ValueError("this is no Parquet file that can be read: it is damaged, or of a kind of its own") from error
    columns = [filled(table[f"c{i}"]) for i in range(len(names))]
    return {"columns": dict(zip(names, columns, strict=True)), "read": {}}


def npy(path: str) -> dict[str, Any]:
    """The columns of an array."""
    with Path(path).open("rb") as file:
        return {"columns": _columns_of("", file), "read": {}}


def npz(path: str) -> dict[str, Any]:
    """The columns of all arrays of an archive."""
    out: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MAX_COLUMNS:
                raise ValueError(f"expected at most {MAX_COLUMNS:,} arrays, there are {len(archive.infolist()):,}")
            for item in archive.infolist():
                if item.filename.endswith(".npy"):
                    with archive.open(item) as file:
                        out |= _columns_of(item.filename.removesuffix(".npy"), file)
                    bounded(max((len(v) for v in out.values()), default=0), len(out))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError("the archive is damaged, or packed in a way of its own") from error
    return {"columns": out, "read": {}}


def _columns_of(name: str, file: IO[bytes]) -> dict[str, Any]:
    """The columns of one array, whose header is looked at first: what is no numbers is not read."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file, max_header_size=_HEADER)
    except (ValueError, SyntaxError, TypeError) as error:
        raise ValueError("this is no array of NumPy's that can be read") from error
    if dtype.names is not None:
        return _fields_of(name, file, shape, dtype)
    if dtype.kind not in "fiu" or len(shape) not in (1, 2):
        return {}
    rows, columns = shape if len(shape) == 2 else (*shape, 1)
    array = _values(file, rows, columns, dtype).reshape((rows, columns), order="F" if fortran else "C")
    array = array.astype(np.float64)
    if len(shape) == 1:
        return {name or "1": np.ascontiguousarray(array[:, 0])}
    return {f"{name}{i + 1}": np.ascontiguousarray(array[:, i]) for i in range(columns)}


def _fields_of(name: str, file: IO[bytes], shape: tuple[int, ...], dtype: Any) -> dict[str, Any]:
    """The fields of a structured array that are numbers."""
    if len(shape) != 1 or dtype.hasobject:
        return {}
    rows = _values(file, shape[0], 1, dtype)
    fields = [f for f in dtype.names if dtype[f].kind in "fiu" and not dtype[f].shape]
    bounded(len(rows), len(fields))
    return {f"{name}{f}" if not name else f"{name}.{f}": rows[f].astype(np.float64) for f in fields}


def _values(file: IO[bytes], rows: int, columns: int, dtype: Any) -> Any:
    if rows < 0 or columns < 0:
        raise ValueError("the file is damaged")
    bounded(rows, columns)
    size = rows * columns * dtype.itemsize
    data = file.read(size)
    if len(data) < size:
        raise ValueError("the file ends too early")
    return np.frombuffer(data, dtype)
