"""Tables in text: DuckDB finds out how cells are separated and quoted, and takes them apart; what is a number is ours.

A table says how it was read: what separates columns, whether the first row is a heading, the decimal mark, the mark of
thousands, the encoding, and what stands for gaps.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from visualizer.scene.dialect import SEPARATORS, Told
from visualizer.scene.tables.bounds import MAX_COLUMNS, MAX_POINTS, bounded
from visualizer.scene.tables.duck import connect, filled, quoted

_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_POINTS = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d*)?")
_SPACED = re.compile("[-+]?\\d{1,3}([ '\u2019\u00a0\u202f]\\d{3})+([.,]\\d*)?")
_SPACED_COMMA = re.compile("[-+]?\\d{1,3}([ '\u2019\u00a0\u202f]\\d{3})+,\\d+")
#: The marks between thousands that are no decimal mark anywhere.
_SPACES = " '\u2019\u00a0\u202f"
_SEPARATORS = "\t;,|"
#: Rows, columns and letters of a cell that are shown of a table.
_ROWS, _SHOWN, _CELL = 11, 12, 40
#: Rows that headings are told by.
_SAMPLE = 200
_QUOTED = re.compile(r'"[^"]*"')


def from_file(path: str, told: Told | None = None) -> dict[str, Any]:
    """The table in a text file, written as `told` says."""
    told = told or {}
    text, encoding = decoded(Path(path).read_bytes(), str(told.get("encoding", "")))
    return from_text(text, encoding, told)


def decoded(data: bytes, told: str = "") -> tuple[str, str]:
    """Text, and the encoding that it was taken to have: UTF-8 if it can be, else what charset-normalizer guesses."""
    if told:
        return data.decode(told, "replace").lstrip("\ufeff"), told
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), "UTF-8" if mark[0] == 0xEF else "UTF-16"
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data[:100_000]).best()
        encoding = "cp1252" if best is None else best.encoding
        return data.decode(encoding, "replace"), encoding


def from_text(text: str, encoding: str = "UTF-8", told: Told | None = None) -> dict[str, Any]:
    """The table in a text: `columns` by name, and how they were `read`, with its first rows as they are written.

    What is `told` of how it is written (see `Dialect`) is not found out.

    Raises:
        ValueError: there are no columns of numbers, or too many.
    """
    if text.count("\n") > 2 * MAX_POINTS:  # how many rows it has is known once headings and comments are gone
        bounded(text.count("\n"), 1)
    told = told or {}
    text, separator, words = _prepared(text, str(told.get("separator", "")))
    names, cells, separator = _taken_apart(text, separator)
    found = _table(names, cells, separator, told)
    words = words or SEPARATORS.get(separator, "")
    return {**found, "read": {**found["read"], "separator": words, "encoding": encoding}}


def _prepared(text: str, told: str) -> tuple[str, str, str]:
    """Text that a library can take apart, what separates its columns ("": to be found out), and that in words."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    first, _, rest = text.lstrip("\ufeff").partition("\n")
    said = re.fullmatch(r'"?sep=(.)"?', first.strip(" "))
    if said:  # a spreadsheet's own word for it
        return rest, said.group(1), ""
    lines = [line for line in _without_comments(text).split("\n") if line.strip()]
    if not any(character.isdigit() for line in lines for character in line):
        raise ValueError("there are no numbers in it")
    if not any("\t" in line.lstrip("\t") for line in lines[:_SAMPLE]):  # tabs may indent, too
        lines = [line.lstrip("\t") for line in lines]
    if told and told != " ":
        bounded(1, 1 + lines[0].count(told))
        return "\n".join(lines), told, ""
    if told or not any(mark in line for line in lines[:_SAMPLE] for mark in _SEPARATORS):
        bounded(1, len(lines[0].split()))
        spaces = bool(told) or " " in lines[0].strip()
        return "\n".join("\t".join(line.split()) for line in lines), "\t", "spaces" if spaces else "commas"
    bounded(1, 1 + max(lines[0].count(mark) for mark in _SEPARATORS))
    return "\n".join(lines), "", ""


def _without_comments(text: str) -> str:
    """Without lines that begin with # before the table, and such among its rows as have other numbers of cells.

    The last one before the table stays if it can be the heading.
    """
    if "#" not in text:
        return text
    lines = text.split("\n")
    begin = next((i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), len(lines))
    before, table = [line for line in lines[:begin] if line.strip()], lines[begin:]
    if not table:
        return ""
    mark = next((m for m in _SEPARATORS if m in table[0]), None)
    width = len(table[0].split(mark))
    rows = [row for row in table if not row.lstrip().startswith("#") or (mark and row.count(mark) == width - 1)]
    if before:
        heading = before[-1].lstrip().lstrip("#").strip()
        cells, first = (line.strip().split(mark) for line in (heading, table[0]))
        if len(cells) == len(first) and all(map(_number_like, first)) and not any(map(_number_like, cells)):
            rows = [heading, *rows]
    return "\n".join(rows)


def _number_like(cell: str) -> bool:
    cell = cell.strip().strip('"').strip()
    return any(p.fullmatch(cell) for p in (_PLAIN, _COMMA, _THOUSANDS, _POINTS, _SPACED))


def _taken_apart(text: str, separator: str) -> tuple[list[str], Any, str]:
    """The names of the columns of the table `t`, without a heading, its connection, and what separates them."""
    import duckdb

    connection = connect()
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="", delete=False) as file:
        file.write(text if text.endswith("\n") else text + "\n")
    try:
        for attempt in (text, _with_index(text, separator)):
            if attempt is not text:
                Path(file.name).write_text(attempt, encoding="utf-8")
            try:
                return _read(connection, file.name, separator)
            except duckdb.Error:
                continue
        raise _said(text, separator)
    finally:
        Path(file.name).unlink()


def _read(connection: Any, name: str, separator: str) -> tuple[list[str], Any, str]:
    options = "header=false, all_varchar=true, skip=0, comment='', max_line_size=20000000"
    file = quoted(name)
    if not separator:
        (separator,) = connection.execute(f"select Delimiter from sniff_csv({file}, {options})").fetchone()
        separator = _more_likely(name, separator)
    options += f", delim='{separator}'"
    connection.execute(f"create or replace temp table t as select * from read_csv({file}, {options})")
    names = [row[0] for row in connection.execute("describe t").fetchall()]
    if len(names) > MAX_COLUMNS:
        bounded(1, len(names))
    (rows,) = connection.execute("select count(*) from t").fetchone()
    bounded(rows - 1, len(names))
    return names, connection, separator


def _more_likely(name: str, separator: str) -> str:
    """The mark that leaves more numbers: one that was sniffed may be a decimal mark, or its rows may be uneven."""
    with Path(name).open(encoding="utf-8") as file:
        lines = [_QUOTED.sub('""', line.strip()) for line in islice(file, _SAMPLE)]

    def likelihood(mark: str) -> tuple[float, int, bool]:
        cells = [cell for line in lines[1:] or lines for cell in line.split(mark)]
        return sum(map(_number_like, cells)) / max(1, len(cells)), len(cells), mark == separator

    there = [mark for mark in _SEPARATORS if mark == separator or any(mark in line for line in lines)]
    return max(there, key=likelihood, default=separator)


def _with_index(text: str, separator: str) -> str:
    """A heading that has a name less than the rows have cells is that of a table whose index has none."""
    first, _, rest = text.partition("\n")
    mark = separator or next((m for m in _SEPARATORS if m in first), ",")
    return f"{mark}{first}\n{rest}"


def _said(text: str, separator: str) -> ValueError:
    """Why a text is no table."""
    lines = text.split("\n")
    mark = separator or next((m for m in _SEPARATORS if m in lines[0]), ",")
    try:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error:
        counts = []
    other = next((n for n in counts if n != counts[0]), None)
    if other is None:
        return ValueError("this is no table: quotes do not end, or a row is too long")
    cells = "one cell" if other == 1 else f"{other} cells"
    return ValueError(f"a row has {cells} where there are {counts[0]} columns")


def _table(names: list[str], connection: Any, separator: str, told: Told) -> dict[str, Any]:
    sample = connection.execute(f"select * from t limit {_SAMPLE + 1}").fetchall()
    # "1.500" is a number as it stands, and another one where the mark of thousands is told.
    plain = set() if {"decimal", "thousands"} & set(told) else _plain(connection, names)
    rest = [name for name in names if name not in plain]
    decimal, thousands = _number_marks(connection, rest, separator) if rest else (".", "")
    decimal, thousands = str(told.get("decimal", decimal)), str(told.get("thousands", thousands))
    if thousands == decimal:
        thousands = ""
    numbers = [sum(_is_number(row[i], decimal, thousands) for row in sample[1:]) for i in range(len(names))]
    of_numbers = [i for i, n in enumerate(numbers) if n and 2 * n >= len(sample) - 1]
    heading = bool(told.get("heading", _is_heading(sample, of_numbers, decimal, thousands)))
    columns: dict[str, Any] = {}
    gaps = Counter[str]()
    taken = [""] * len(names)
    named = [(sample[0][i] or "").strip().lstrip("#").strip() if heading else "" for i in range(len(names))]
    skipped = "offset 1" if heading else ""
    for i, name in enumerate(names):
        value = f"try_cast({name} as double)" if name in plain else _as_number(name, decimal, thousands)
        found = connection.execute(f"select {value} as v from (select * from t {skipped})").fetchnumpy()["v"]
        known = found.count() if hasattr(found, "count") else len(found)
        if known and 2 * known >= len(found):
            taken[i] = _another(named[i] or str(i + 1), columns)
            columns[taken[i]] = _filled(found)
            if known == len(found):
                continue
            lost = f"select {name}, count(*) from (select * from t {skipped}) where {value} is null group by 1 limit 20"
            gaps.update({(cell or "").strip(): n for cell, n in connection.execute(lost).fetchall()})
    columns = _index_last(columns, named)
    if not columns:
        raise ValueError("there are no numbers in it")
    read = {
        "heading": heading, "decimal": decimal, "thousands": thousands,
        "gaps": [cell for cell, _ in gaps.most_common(4) if cell],
        "taken": taken[:_SHOWN],
        "rows": [[(cell or "")[:_CELL] for cell in row[:_SHOWN]] for row in sample[:_ROWS]],
    }  # fmt: skip
    return {"columns": columns, "read": read}


def _filled(found: Any) -> Any:
    import numpy as np

    whole = filled(found)
    return np.where(np.isfinite(whole), whole, np.nan)  # inf is a word for a gap, not a number


def _plain(connection: Any, names: list[str]) -> set[str]:
    """The columns whose cells below the first are numbers as they stand: they need no closer look."""
    counts = ", ".join(f"count(try_cast({name} as double))" for name in names)
    rows, *numbers = connection.execute(f"select count(*), {counts} from (select * from t offset 1)").fetchone()
    return {name for name, n in zip(names, numbers, strict=True) if n == rows > 0}


def _number_marks(connection: Any, names: list[str], separator: str) -> tuple[str, str]:
    """The decimal mark and the mark of thousands, by what cells with commas look like."""

    def count(pattern: re.Pattern[str], but: re.Pattern[str] | None = None) -> int:
        # Every cell counts: the one that tells may stand anywhere.
        conditions = (
            f"count(*) filter (regexp_full_match(trim({n}, ' \"'), '{_sql(pattern)}')"
            + (f" and not regexp_full_match(trim({n}, ' \"'), '{_sql(but)}')" if but else "") + ")"
            for n in names
        )  # fmt: skip
        return sum(connection.execute(f"select {', '.join(conditions)} from t").fetchone())

    grouped = count(_POINTS, _PLAIN)  # 1.234,5 or 1.234.567
    if grouped or count(_COMMA, _THOUSANDS) or count(_SPACED_COMMA):
        return ",", "." if grouped or count(_POINTS) else ""
    if count(_THOUSANDS):  # 1,352: where commas separate columns, it was quoted for the sake of its thousands
        points = count(re.compile(r"[-+]?\d{1,3}(,\d{3})+\.\d*"))
        return (".", ",") if separator == "," or points else (",", "")
    return ".", ""


def _sql(pattern: re.Pattern[str]) -> str:
    return pattern.pattern.replace("'", "''")


def _as_number(name: str, decimal: str, thousands: str) -> str:
    """The SQL of a cell as a number; NULL where it is none."""
    cell = f"trim({name}, ' \"')"
    spaces = f"translate({cell}, '{_SPACES.replace(chr(39), chr(39) * 2)}', '')"
    cell = f"case when regexp_full_match({cell}, '{_sql(_SPACED)}') then {spaces} else {cell} end"
    if thousands:
        whole = _THOUSANDS if thousands == "," else _POINTS
        without = f"replace({cell}, '{thousands}', '')"
        cell = f"case when regexp_full_match({cell}, '{_sql(whole)}') then {without} else {cell} end"
    if decimal == ",":
        cell = f"replace({cell}, ',', '.')"
    plain = f"case when regexp_full_match({cell}, '{_sql(_PLAIN)}') then {cell} end"
    return f"try_cast({plain} as double)"


def _is_number(cell: str | None, decimal: str, thousands: str) -> bool:
    cell = (cell or "").strip().strip('"').strip()
    if _SPACED.fullmatch(cell):
        return True
    if thousands and (_THOUSANDS if thousands == "," else _POINTS).fullmatch(cell):
        return True
    return _PLAIN.fullmatch(cell.replace(",", ".") if decimal == "," else cell) is not None


def _is_heading(sample: list[Any], of_numbers: list[int], decimal: str, thousands: str) -> bool:
    """Whether the first row names the columns: where there are numbers below, it has none; or it counts the columns."""
    first = [(cell or "").strip() for cell in sample[0]]
    if len(sample) < 2 or not of_numbers:
        return False
    if not any(_is_number(first[i], decimal, thousands) for i in of_numbers):
        return True
    counted = [[str(k + start) for k in range(len(first))] for start in (0, 1)]
    below = [row[i] or "" for row in sample[1:] for i in of_numbers]
    return len(first) > 1 and first in counted and not all(re.fullmatch(r"\s*[-+]?\d+\s*", cell) for cell in below)


def _index_last(columns: dict[str, Any], named: list[str]) -> dict[str, Any]:
    """A first column without a name that counts the rows is that of a program, not of the data: it comes last."""
    import numpy as np

    if not columns or not named or named[0] or not any(named) or "1" not in columns:
        return columns
    x = columns["1"]
    if any(np.array_equal(x, np.arange(len(x)) + start) for start in (0, 1)):
        return {**{k: v for k, v in columns.items() if k != "1"}, "1": x}
    return columns


def _another(name: str, taken: dict[str, Any]) -> str:
    """The name, or the name with a number if there is such a column already."""
    return next(n for i in range(1, len(taken) + 2) if (n := name if i == 1 else f"{name} ({i})") not in taken)
