"""Text and TOML from files of others: bounded, with sentences for whatever is wrong with them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from visualizer.scene.errors import Problem, SceneError


def checked_file(path: Path) -> Path:
    """The path, if there is a file at it: reading from a device or a pipe might never end.

    Raises:
        SceneError: there is none, or something else.
    """
    try:
        there, regular = path.exists(), path.is_file()
    except OSError as error:  # a name that is too long, say
        raise SceneError(str(path)[:200], [Problem("", f"cannot be read: {error.strerror}")]) from None
    if not there:
        raise SceneError(str(path), [Problem("", "there is no such file")])
    if not regular:
        raise SceneError(str(path), [Problem("", "expected a file")])
    return path


def read_text(path: Path, limit: int, kind: str) -> str:
    """The text in a file of at most `limit` bytes; `kind` names what was expected.

    Raises:
        SceneError: naming the file and what was expected.
    """
    try:
        with checked_file(path).open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SceneError(str(path), [Problem("", f"cannot be read: {error.strerror}")]) from None
    if len(data) > limit:
        raise SceneError(str(path), [Problem("", f"expected a {kind} below {limit // 10**6} MB")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SceneError(str(path), [Problem("", "expected a text file in UTF-8")]) from None


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The tables in TOML text.

    Raises:
        SceneError: it is not valid.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SceneError(source, [Problem("", f"not valid TOML: {error}")]) from None
