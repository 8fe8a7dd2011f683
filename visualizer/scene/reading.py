"""Text and TOML from files of others: bounded, with sentences for whatever is wrong with them."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from visualizer.scene.errors import Problem, SceneError

#: Parts of a dotted key, at most: reading longer ones takes time in the square of them.
_MAX_DOTS = 50
_KEY = re.compile(r"^\s*\[*\s*([^=\n\"'#]*)", re.MULTILINE)


def checked_file(path: Path) -> Path:
    """The path, if there is a file at it: reading from a device or a pipe might never end.

    Raises:
        SceneError: there is none, or something else.
    """
    if str(path).startswith(("\\\\", "//")):  # asking a stranger's machine would tell it who asks
        raise refused(path, "files on other machines are not opened: copy the file to this one")
    try:
        there, regular = path.exists(), path.is_file()
    except (OSError, ValueError) as error:  # a name that is too long, say, or none that a system knows
        raise refused(
            path, f"cannot be read: {getattr(error, 'strerror', None) or 'that is no name of a file'}"
        ) from None
    if not there:
        raise refused(path, "there is no such file")
    if not regular:
        raise refused(path, "expected a file")
    return path


def read_bytes(path: Path, limit: int, kind: str) -> bytes:
    """What is in a file of at most `limit` bytes; `kind` names what was expected.

    What is looked at is what was opened: a name may stand for something else a moment later.

    Raises:
        SceneError: naming the file and what was expected.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # opening a pipe waits for nobody
    try:
        handle = os.open(checked_file(path), flags)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise refused(path, "expected a file")
            data = file.read(limit + 1) if status.st_size <= limit else None
    except OSError as error:
        raise refused(path, f"cannot be read: {error.strerror}") from None
    if data is None or len(data) > limit:
        raise refused(path, f"expected a {kind} below {max(1, limit // 10**6)} MB")
    return data


def read_text(path: Path, limit: int, kind: str) -> str:
    """As `read_bytes`, of a text in UTF-8."""
    try:
        return read_bytes(path, limit, kind).decode("utf-8")
    except UnicodeDecodeError:
        raise refused(path, "expected a text file in UTF-8") from None


def refused(path: Path, text: str) -> SceneError:
    """What is wrong with a file, as an error."""
    return SceneError(str(path)[:200], [Problem("", text)])


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The tables in TOML text.

    Raises:
        SceneError: it is not valid.
    """
    if any(key.count(".") > _MAX_DOTS for key in _KEY.findall(text)):
        raise SceneError(source, [Problem("", f"expected keys of at most {_MAX_DOTS} parts")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SceneError(source, [Problem("", f"not valid TOML: {error}")]) from None
    except (RecursionError, ValueError, OverflowError):  # arrays in arrays, numbers of thousands of digits
        raise SceneError(source, [Problem("", "a number is too large, or tables lie too deep in each other")]) from None


def begins_with(path: str | os.PathLike[str], mark: str) -> bool:
    """Whether a TOML file has a mark in its first 4 kB; False where it cannot be read."""
    file = Path(path)
    try:
        if file.suffix.lower() != ".toml" or not file.is_file():
            return False
        with file.open("rb") as handle:
            return mark.encode() in handle.read(4096)
    except OSError:
        return False
