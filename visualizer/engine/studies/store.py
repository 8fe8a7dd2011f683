"""What came of the cells of a study: one small file each, whole or not there; all of them as one table."""

from __future__ import annotations

import base64
import json
import os
import platform
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.files import write_atomic
from visualizer.scene.study import Plan
from visualizer.scene.tables.files import table_bytes

#: The columns of the table after those of variant, axes and seed.
_COLUMNS = ("at", "steps", "evaluations", "metric", "index", "value")


class Store:
    """A folder of cells. The presence of a file is the state of its cell: there is nothing else to go wrong.

    Args:
        folder: is made where it is not there.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._name = f"{platform.node().replace(' ', '-')} {os.getpid()} {secrets.token_hex(4)}"
        self._found: dict[str, dict[str, Any]] = {}
        self._claims: set[str] = set()
        (folder / "cells").mkdir(parents=True, exist_ok=True)

    def _path(self, key: str, ending: str) -> Path:
        return self.folder / "cells" / key[:2] / f"{key}.{ending}"

    def done(self) -> set[str]:
        """The keys of cells that are done and whole."""
        return {p.stem for p in (self.folder / "cells").glob("*/*.json") if self.get(p.stem) is not None}

    def failed(self) -> set[str]:
        """The keys of cells that have failed."""
        return {p.stem for p in (self.folder / "cells").glob("*/*.failed")}

    def has(self, key: str) -> bool:
        """Whether a cell is done, perhaps by another runner."""
        return self.get(key) is not None

    def claim(self, key: str, seconds: float) -> bool:
        """Takes a cell for this runner; False where another runner has it, which lives and has not had it so long."""
        path = self._path(key, "taken")
        path.parent.mkdir(exist_ok=True)
        try:
            with open(path, "x") as file:
                file.write(self._name)
            self._claims.add(key)
            return True
        except FileExistsError:
            pass
        try:
            name = path.read_text()
            host, pid = [*name.split(" "), ""][:2]  # nothing is there yet, or never will be: the claim grows old
            fresh = time.time() - path.stat().st_mtime < seconds
        except OSError:  # it has just been done
            return False
        if name != self._name and fresh and (host != self._name.split(" ")[0] or _lives(pid)):
            return False
        path.write_text(self._name)
        self._claims.add(key)
        return True

    def put(self, key: str, text: str) -> None:
        """A cell is done."""
        self._write(key, "json", text)
        self.let_go(key, "failed")

    def fail(self, key: str, text: str) -> Path:
        """A cell has failed: why, in a file of its own."""
        self._write(key, "failed", text)
        self.let_go(key)
        return self._path(key, "failed")

    def let_go(self, key: str, *endings: str) -> None:
        """A cell is nobody's any more; what is left of it under other endings goes, too."""
        self._claims.discard(key)
        for ending in ("taken", *endings):
            self._path(key, ending).unlink(missing_ok=True)

    def let_all_go(self) -> None:
        """This runner ends: what it had under way is anybody's."""
        for key in list(self._claims):
            self.let_go(key)

    def forget_failures(self) -> None:
        """Failed cells are to be run again."""
        for key in self.failed():
            self._path(key, "failed").unlink(missing_ok=True)

    def _write(self, key: str, ending: str, text: str) -> None:
        path = self._path(key, ending)
        path.parent.mkdir(exist_ok=True)
        write_atomic(path, text.encode(), durable=False)

    def get(self, key: str) -> dict[str, Any] | None:
        """What came of a cell; None where it is not done, or its file was cut short by the end of a machine."""
        if key not in self._found:
            try:
                self._found[key] = json.loads(self._path(key, "json").read_text())
            except (OSError, ValueError):
                return None
        return self._found[key]

    def draws(self, key: str) -> NDArray[np.float32] | None:
        """The draws that were kept of a cell, (chains, draws, d); None where there are none."""
        told = (self.get(key) or {}).get("draws")
        if told is None:
            return None
        return np.frombuffer(base64.b64decode(told["base64"]), "<f4").reshape(told["shape"])

    def write_results(self, plan: Plan, keys: Iterable[str]) -> Path:
        """All that is known as a table, a row for each number, in the order of the study.

        Raises:
            OSError: it cannot be written.
        """
        axes = tuple(plan.study.axes)
        names = ("variant", *axes, "seed", *_COLUMNS, "key")
        rows = [
            (cell.variant, *map(_plain, cell.values), cell.seed, *row, key)
            for cell, key in zip(plan.cells, keys, strict=True)
            if (found := self.get(key)) is not None
            for row in found["rows"]
        ]
        columns = {name: _column([row[i] for row in rows]) for i, name in enumerate(names)}
        path = self.folder / "results.parquet"
        write_atomic(path, table_bytes(".parquet", columns, plan.study.title))
        return path


def _lives(pid: str) -> bool:
    """Whether there is a process of that number on this machine."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _plain(value: Any) -> Any:
    """A value of an axis as a number or a text."""
    return value if isinstance(value, int | float | str) else json.dumps(value)


def _column(values: list[Any]) -> Any:
    if any(isinstance(v, str) for v in values) or not values:
        return np.array([str(v) for v in values], dtype=object)
    return np.array(values, dtype=np.int64 if all(isinstance(v, int) for v in values) else np.float64)
