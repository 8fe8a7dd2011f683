"""Where nets are found by the name a scene gives them: files, what ships with the program, this session's trainings."""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from visualizer.learning import Model, Net, NetError, foreign_from_bytes, from_bytes, to_bytes
from visualizer.learning.weights import MAX_BYTES
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.field import SESSION, LearnedField
from visualizer.scene.files import write_atomic
from visualizer.scene.model import Scene
from visualizer.scene.paths import net_path

_KEPT_FILES = 8
_MAX_SIDECAR = 100_000


class Shelf:
    """All nets of this process. Used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[tuple[str, int, int], Model] = {}
        self._sessions: dict[str, list[tuple[int, Net]]] = {}
        #: where nets of this session have been written: by what was asked for, folder and stem
        self._written: dict[tuple[LearnedField, Path, str], Path] = {}

    def begin(self) -> str:
        """A name for a training that begins."""
        with self._lock:
            name = f"{SESSION}{len(self._sessions) + 1}"
            self._sessions[name] = []
            return name

    def add(self, name: str, step: int, net: Net) -> None:
        """A checkpoint of a training; steps ascend."""
        with self._lock:
            self._sessions[name].append((step, net))

    def replace_last(self, name: str, step: int, net: Net) -> None:
        """The newest state of a training, in the place of the one before that was not to be kept."""
        with self._lock:
            if self._sessions[name]:
                self._sessions[name].pop()
            self._sessions[name].append((step, net))

    def place(self, field: LearnedField, folder: Path, stem: str) -> Path:
        """A file for a net of this session: where it was written before, else one that is not there yet."""
        key = (field, folder, stem)
        with self._lock:
            if key not in self._written:
                taken = set(self._written.values())
                names = (folder / f"{stem}-{i}.safetensors" for i in count(1))
                self._written[key] = next(p for p in names if p not in taken and not p.exists())
            return self._written[key]

    def steps(self, name: str) -> tuple[int, ...]:
        """The checkpoints of a training."""
        with self._lock:
            return tuple(step for step, _ in self._sessions.get(name, ()))

    def get(self, field: LearnedField) -> Model:
        """The net a scene names.

        Raises:
            SceneError: there is none, or the file is at fault.
        """
        if field.file.startswith(SESSION):
            return self._of_session(field)
        path = net_path(field.file)
        try:
            status = path.stat()
            beside = path.with_suffix(".toml")
            sidecar = beside.stat().st_mtime_ns if path.suffix.lower() == ".onnx" and beside.is_file() else 0
            key = (str(path), status.st_mtime_ns + sidecar, status.st_size)
            with self._lock:
                if key in self._files:
                    return self._files[key]
            if status.st_size > MAX_BYTES:
                raise NetError(f"expected a file below {MAX_BYTES // 10**6} MB")
            net = _read(path)
        except NetError as error:
            raise SceneError(field.file, [Problem("field.file", str(error))]) from None
        except FileNotFoundError:
            raise SceneError(field.file, [Problem("field.file", "there is no such net")]) from None
        except OSError as error:
            raise SceneError(field.file, [Problem("field.file", f"cannot be read: {error.strerror}")]) from None
        with self._lock:
            if len(self._files) >= _KEPT_FILES:
                self._files.pop(next(iter(self._files)))
            self._files[key] = net
        return net

    def _of_session(self, field: LearnedField) -> Net:
        with self._lock:
            kept = self._sessions.get(field.file)
            if not kept:
                text = "this net was trained in another session and not saved; train it again, or choose a file"
                raise SceneError(field.file, [Problem("field.file", text)])
            if field.checkpoint is None:
                return kept[-1][1]
            at = bisect_right(kept, field.checkpoint, key=lambda pair: pair[0])
            return kept[max(0, at - 1)][1]


def _read(path: Path) -> Model:
    """The net in a file, by its ending; beside an ONNX file may be a TOML file that says what it is."""
    if path.suffix.lower() != ".onnx":
        return from_bytes(path.read_bytes())
    beside = path.with_suffix(".toml")
    sidecar = beside.read_text("utf-8") if beside.is_file() and beside.stat().st_size < _MAX_SIDECAR else None
    return foreign_from_bytes(path.read_bytes(), sidecar)


#: The one shelf of this process.
SHELF = Shelf()


@dataclass(frozen=True)
class NetFacts:
    """What is to be known of a net before it is followed.

    Attributes:
        words: what it is, in a line or two.
        d: its dimension.
        has_log_prob: whether samplers that need log p can follow it.
        checkpoints: the steps of its training that can be looked at.
        one_ratio: the only σ/α it knows, if there is but one.
    """

    words: str
    d: int
    has_log_prob: bool
    checkpoints: tuple[int, ...]
    one_ratio: float | None = None


def describe(field: LearnedField) -> NetFacts:
    """The facts of the net a scene names.

    Raises:
        SceneError: there is none, or the file is at fault.
    """
    model = SHELF.get(field)
    ratios = model.known_ratios
    only = ratios[0] if ratios is not None and ratios[0] == ratios[1] else None
    return NetFacts(model.words, model.d, model.has_log_prob, SHELF.steps(field.file), only)


def with_saved_nets(scene: Scene, folder: Path, stem: str) -> Scene:
    """The scene with every net of this session written into `folder` and named there, as `stem`-1.safetensors, …

    Raises:
        OSError: the folder cannot be written.
    """
    written: dict[LearnedField, str] = {}
    for panel in scene.resolved_panels():
        field = panel.field
        if field.kind == "learned" and field.file.startswith(SESSION) and field not in written:
            path = SHELF.place(field, folder.resolve(), stem)
            net = SHELF.get(field)
            assert isinstance(net, Net)  # of a training
            save_net(net, path)
            written[field] = str(path)

    def saved(field: Any) -> Any:
        return LearnedField(file=written[field]) if field in written else field

    if not written:
        return scene
    panels = tuple(p if p.field is None else p.with_(field=saved(p.field)) for p in scene.panels)
    return scene.with_(field=saved(scene.field), panels=panels)


def save_net(net: Net, path: Path) -> None:
    """Writes a net so that the file is either the old one or the new one, whatever happens.

    Raises:
        OSError: the folder cannot be written or the disk is full; the old file is untouched.
    """
    write_atomic(path, to_bytes(net))
