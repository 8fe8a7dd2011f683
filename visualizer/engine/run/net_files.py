"""Nets in files: those of users, and those that ship with the program."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from visualizer import apart
from visualizer.learning import Model, NetError, Trained, foreign_from_bytes, from_bytes, to_bytes
from visualizer.learning.weights import MAX_BYTES
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.files import write_atomic
from visualizer.scene.paths import net_path
from visualizer.scene.reading import checked_file, read_bytes, read_text

_KEPT_FILES = 8
_MAX_SIDECAR = 100_000
#: Seconds and bytes for trying a network of others; what tries it has to import torch first.
_PATIENCE, _MEMORY = 30.0, 24 << 30
_TOO_LONG = "its first run took too long and was stopped. A score network answers in milliseconds."
_BRINGS_DOWN = "it brings down what runs it, and was kept out. Export it again, with another version of the exporter."


def net_in_file(file: str) -> Model:
    """The net that a scene names by its file.

    Raises:
        SceneError: there is none, or the file is at fault.
    """
    try:
        path = checked_file(net_path(file))
        status = path.stat()
        beside = path.with_suffix(".toml")
        sidecar = beside.stat().st_mtime_ns if path.suffix.lower() == ".onnx" and beside.is_file() else 0
        return _read(path, status.st_mtime_ns + sidecar, status.st_size)
    except NetError as error:
        said = str(error)
    except SceneError as error:
        said = "there is no such net" if "no such file" in str(error) else error.problems[0].expected
    except OSError as error:
        said = f"cannot be read: {error.strerror}"
    except Exception:  # whatever libraries stumble over in the files of others
        said = "this is no network that can be read: the file is damaged. Copy or export it again"
    raise SceneError(file[:200], [Problem("field.file", said)])


@lru_cache(maxsize=_KEPT_FILES)
def _read(path: Path, changed: int, size: int) -> Model:
    """The net in a file, by its ending, until the file changes; beside an ONNX file a TOML file may say what it is."""
    if path.suffix.lower() != ".onnx":
        return from_bytes(read_bytes(path, MAX_BYTES, "file"))
    try:  # first where it can do no harm: native code runs what a stranger's file says
        apart.call(f"{__name__}:try_foreign", str(path), seconds=_PATIENCE, memory=_MEMORY)
    except apart.Refused as error:
        raise NetError(str(error)) from None
    except apart.Broken as error:
        raise NetError(_TOO_LONG if "too long" in str(error) else _BRINGS_DOWN) from error
    return _foreign(path, probe=False)


def _foreign(path: Path, *, probe: bool) -> Model:
    beside = path.with_suffix(".toml")
    sidecar = read_text(beside, _MAX_SIDECAR, "text") if beside.is_file() else None
    return foreign_from_bytes(read_bytes(path, MAX_BYTES, "file"), sidecar, probe=probe)


def try_foreign(path: str) -> bool:
    """In the process that parses: reads and runs a network of others.

    Raises:
        ValueError: why it cannot be used.
    """
    try:
        _foreign(Path(path), probe=True)
    except SceneError as error:
        raise ValueError(error.problems[0].expected) from None
    return True


def save_net(net: Trained, path: Path) -> None:
    """Writes a net so that the file is either the old one or the new one, whatever happens.

    Raises:
        OSError: the folder cannot be written or the disk is full; the old file is untouched.
    """
    write_atomic(path, to_bytes(net))
