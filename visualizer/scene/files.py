"""Scenes as TOML: read with clear refusals, written atomically."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from visualizer.plugins import HINT
from visualizer.scene.columns import DATA_SUFFIXES
from visualizer.scene.errors import FilesOutside, NothingInside, Problem, SceneError
from visualizer.scene.field import SESSION
from visualizer.scene.model import Scene
from visualizer.scene.paths import net_path
from visualizer.scene.reading import checked_file, parse_toml, read_text
from visualizer.scene.remember import CARRIERS, remembered
from visualizer.scene.targets.unknown import target_of

#: Larger files are refused unread: 4,096 components with full precision need under 1 MB.
MAX_BYTES = 4_000_000
VERSION = 1
#: Bytes of a name, at most, and what a temporary name has beside that of its file.
_LONGEST_NAME, _RANDOM = 255, 10
#: Tables whose keys depend on their kind.
_UNIONS = ("start", "field")


def read_scene(path: str | os.PathLike[str], agreed: Collection[str] | None = None) -> Scene:
    """The scene in a TOML file, or in a picture or video that was exported from it.

    Args:
        path: of the file.
        agreed: files outside its folder that it may read; None: all.

    Raises:
        FilesOutside: the scene names other files outside its folder; nothing was read.
        SceneError: naming the file, the key and what was expected.
    """
    file = Path(path)
    if file.suffix.lower() in DATA_SUFFIXES:
        hint = "expected a scene, and these are data: open them in the window, and save that as a scene"
        raise SceneError(str(path), [Problem("", hint)])
    text = _inside(file) if file.suffix.lower() in CARRIERS else read_text(file, MAX_BYTES, "scene file")
    parsed = parse_scene(text, source=str(path))
    if agreed is not None and not set(outside := files_outside(parsed, file.parent)) <= set(agreed):
        raise FilesOutside(str(path), outside)
    try:
        scene = with_files(parsed, partial(_absolute, file.resolve().parent))
    except ValidationError as error:
        raise SceneError(str(path), problems(error)) from None
    if "target" not in parsed.model_fields_set and scene.field.kind == "learned":
        scene = scene.with_(target=target_of(scene.field.file))
    try:
        scene.target.read()  # now: what cannot be used is refused with the scene
    except SceneError as error:
        found = [Problem("target.file", f"{error.source}: {p.expected}") for p in error.problems]
        raise SceneError(str(path), found) from None
    return scene


def files_outside(scene: Scene, folder: Path) -> tuple[str, ...]:
    """The files that a scene in a folder names and that lie neither below it nor with the program; none is opened.

    Whoever wrote the scene has chosen them: they are asked for before they are read.
    """
    folder, found = folder.resolve(), list[str]()

    def look(name: str) -> str:
        place = (folder / name).resolve()
        if not name.startswith(SESSION) and not place.is_relative_to(folder) and net_path(name) == Path(name):
            found.append(str(place))
        return name

    with_files(scene, look)
    return tuple(dict.fromkeys(found))


def _inside(file: Path) -> str:
    try:
        text = remembered(checked_file(file))
    except OSError as error:
        raise SceneError(str(file), [Problem("", f"cannot be read: {error.strerror}")]) from None
    if text is None:
        hint = "holds no scene: it was not exported from this program, or another one has converted it since"
        raise NothingInside(str(file), [Problem("", hint)])
    return text


def with_files(scene: Scene, change: Callable[[str], str]) -> Scene:
    """The scene with the names of its nets and data changed."""

    def changed(part: Any) -> Any:
        return part.with_(file=change(part.file)) if getattr(part, "file", "") else part

    def of(owner: Any) -> dict[str, Any]:
        return {name: changed(getattr(owner, name)) for name in ("field", "guidance")}

    panels = tuple(p.with_(**of(p)) for p in scene.panels)
    return scene.with_(**of(scene), target=changed(scene.target), panels=panels)


def _absolute(folder: Path, file: str) -> str:
    """A file beside the scene by its whole path; what is not there may ship with the program."""
    beside = folder / file
    with contextlib.suppress(OSError):  # a name that is too long, say: that is told when it is read
        if not Path(file).is_absolute() and beside.is_file():
            return str(beside)
    return file


def _relative(folder: Path, file: str) -> str:
    """What lies beside the scene by its name alone, so that both can be moved together."""
    path = Path(file)
    return path.name if path.is_absolute() and path.parent == folder else file


def portable(scene: Scene, folder: Path) -> Scene:
    """The scene as it goes into an export in a folder: it names files from there, and no path tells whose they are."""
    return with_files(scene, partial(_from, folder.resolve()))


def _from(folder: Path, file: str) -> str:
    if not Path(file).is_absolute():
        return file
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # on another drive
        return Path(file).name


def parse_scene(text: str, source: str = "scene") -> Scene:
    """The scene in TOML text; `source` names it in errors.

    Raises:
        SceneError: naming the source, the key and what was expected.
    """
    data = parse_toml(text, source)
    version = data.get("version", VERSION)
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        hint = f"expected {VERSION}; this file is from a newer version of the program ({version}): please update"
        raise SceneError(source, [Problem("version", hint)])
    try:
        return Scene.model_validate(data)
    except ValidationError as error:
        raise SceneError(source, problems(error)) from None


def problems(error: ValidationError) -> list[Problem]:
    """pydantic's findings as keys and sentences."""
    found = []
    for item in error.errors(include_url=False, include_context=True):
        key = _key(item["loc"])
        text = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            text = "unknown key; check its spelling, or remove it"
        elif item["type"] == "missing":
            text = "this key is needed"
        elif item["type"] == "value_error":
            head, colon, rest = text.partition(": ")
            if colon and " " not in head:  # a model's own check names the key within it
                key, text = (f"{key}.{head}" if key else head), rest
        else:
            text = _expected(item["type"], text, item.get("ctx", {}))
        found.append(Problem(key, text))
    # A list in which something is wrong is not too short as well.
    within = {p.key.rpartition("[")[0] for p in found}
    return [p for p in found if p.key not in within or not p.key]


def _expected(kind: str, text: str, ctx: dict[str, Any]) -> str:
    if kind == "union_tag_invalid":
        return f"kind: expected one of {ctx['expected_tags']}; {HINT}"
    if kind == "union_tag_not_found":
        return 'expected a table with `kind = "…"`'
    if kind in ("too_short", "too_long"):
        bound = f"least {ctx['min_length']}" if kind == "too_short" else f"most {ctx['max_length']}"
        return f"expected at {bound} items, got {ctx['actual_length']}"
    if kind == "tuple_type":
        return "expected a list"
    if kind == "string_pattern_mismatch":
        return "expected a name of at most 20 letters, digits and _, beginning with a letter"
    if kind == "string_too_long":
        return f"expected at most {ctx['max_length']:,} characters"
    return "expected " + (text.removeprefix("Input should be ") if text.startswith("Input") else text)


def _key(loc: tuple[int | str, ...]) -> str:
    """("target", "means", 2) → "target.means[2]"; names of union members are pydantic's, not the user's."""
    out = ""
    previous: int | str = ""
    for part in loc:
        if isinstance(part, int):
            out += f"[{part}]"
        elif previous in _UNIONS or "[" in str(part) or part in ("float", "constrained"):
            pass
        else:
            out += f".{part}" if out else part
        previous = part
    return out


def dump_scene(scene: Scene) -> str:
    """The scene as TOML text; what equals its default is left out, but for version and title.

    >>> scene = parse_scene("[target]\\nweights = [1]\\nmeans = [0.0]\\ncovariances = [1.0]")
    >>> parse_scene(dump_scene(scene)) == scene
    True
    """
    data = scene.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    data = {"version": scene.version, "title": scene.title, **data}
    for table, part in (("target", scene.target), ("process", scene.process), ("sampler", scene.sampler)):
        data[table] = {"kind": part.kind, **data.get(table, {})}
    if scene.source is not None:
        data["source"] = {"kind": scene.source.kind, **data.get("source", {})}
        scene.source.shortened(data["source"])
    if "training" in data:
        data["training"] = scene.training.told()
    if "field" in data:
        data["field"] = {"kind": scene.field.kind, **data["field"]}
    start = scene.particles.start
    if start is not None:
        data["particles"]["start"] = {"kind": start.kind, **data["particles"]["start"]}
    for panel, given in zip(data.get("panels", ()), scene.panels, strict=False):
        for key in ("process", "sampler", "start", "field"):
            part = getattr(given, key)
            if part is not None:
                panel[key] = {"kind": part.kind, **panel.get(key, {})}
    scene.target.shortened(data["target"])
    return _compact(tomli_w.dumps(data))


def _compact(text: str) -> str:
    """Arrays on one line each (the writer puts every number on its own)."""
    out: list[str] = []
    array: list[str] | None = None
    for line in text.rstrip("\n").split("\n"):
        if array is not None:
            item = line.strip()
            if item.startswith("]"):
                array[-1] = array[-1].removesuffix(", ")
            array.append(item + " " if item.endswith(",") else item)
            if line == "]":
                out.append("".join(array))
                array = None
        elif line.endswith("= ["):
            array = [line]
        else:
            out.append(line)
    return "\n".join(out) + "\n"


def save_scene(scene: Scene, path: str | os.PathLike[str]) -> None:
    """Writes the scene so that the file is either the old one or the new one, whatever happens.

    Raises:
        OSError: the folder cannot be written or the disk is full; the old file is untouched.
    """
    folder = Path(path).resolve().parent
    write_atomic(Path(path), dump_scene(with_files(scene, partial(_relative, folder))).encode("utf-8"))


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes beside, flushes to the disk, then renames over. A link stays one: what it leads to is replaced.

    What is not `durable` is not flushed: it survives the end of the program, and not that of the machine.

    Raises:
        OSError: it cannot be written, or is marked as read-only.
    """
    path = path.resolve()
    if path.exists() and not path.stat().st_mode & 0o222:  # which the administrator could do all the same
        raise OSError(errno.EACCES, "the file is marked as read-only", str(path))
    label = path.name if len(os.fsencode(path.name)) <= _LONGEST_NAME - _RANDOM else "visualizer"
    handle, name = tempfile.mkstemp(prefix=f".{label}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if path.exists():
            os.chmod(name, path.stat().st_mode & 0o777)
        else:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
