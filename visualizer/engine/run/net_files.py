"""Nets in files: those of users, and those that ship with the program."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from visualizer.learning import Model, Net, NetError, foreign_from_bytes, from_bytes, to_bytes
from visualizer.learning.weights import MAX_BYTES
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.files import write_atomic
from visualizer.scene.paths import net_path

_KEPT_FILES = 8
_MAX_SIDECAR = 100_000


def net_in_file(file: str) -> Model:
    """The net that a scene names by its file.

    Raises:
        SceneError: there is none, or the file is at fault.
    """
    path = net_path(file)
    try:
        status = path.stat()
        beside = path.with_suffix(".toml")
        sidecar = beside.stat().st_mtime_ns if path.suffix.lower() == ".onnx" and beside.is_file() else 0
        if status.st_size > MAX_BYTES:
            raise NetError(f"expected a file below {MAX_BYTES // 10**6} MB")
        return _read(path, status.st_mtime_ns + sidecar, status.st_size)
    except NetError as error:
        raise SceneError(file, [Problem("field.file", str(error))]) from None
    except FileNotFoundError:
        raise SceneError(file, [Problem("field.file", "there is no such net")]) from None
    except OSError as error:
        raise SceneError(file, [Problem("field.file", f"cannot be read: {error.strerror}")]) from None


@lru_cache(maxsize=_KEPT_FILES)
def _read(path: Path, changed: int, size: int) -> Model:
    """The net in a file, by its ending, until the file changes; beside an ONNX file a TOML file may say what it is."""
    if path.suffix.lower() != ".onnx":
        return from_bytes(path.read_bytes())
    beside = path.with_suffix(".toml")
    sidecar = beside.read_text("utf-8") if beside.is_file() and beside.stat().st_size < _MAX_SIDECAR else None
    return foreign_from_bytes(path.read_bytes(), sidecar)


def save_net(net: Net, path: Path) -> None:
    """Writes a net so that the file is either the old one or the new one, whatever happens.

    Raises:
        OSError: the folder cannot be written or the disk is full; the old file is untouched.
    """
    write_atomic(path, to_bytes(net))
