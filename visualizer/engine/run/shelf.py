"""The nets of a session: a scene that names one runs beside the shelf that holds it. No torch is imported here."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.field import SESSION, LearnedField

if TYPE_CHECKING:
    from visualizer.learning import Model, Trained


class Shelf:
    """Nets that were trained in one window, by the name that a scene gives them. Used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, list[tuple[int, Trained]]] = {}
        #: trainings whose last state is not to stay
        self._passing: set[str] = set()
        #: where nets of this session have been written: by what was asked for, folder and stem
        self._written: dict[tuple[LearnedField, Path, str], Path] = {}
        #: told of every state that is added: name, step, net, and whether it is to stay
        self.watch: Callable[[str, int, Trained, bool], None] = lambda *_: None

    def begin(self) -> str:
        """A name for a training that begins."""
        with self._lock:
            name = f"{SESSION}{len(self._sessions) + 1}"
            self._sessions[name] = []
            return name

    def add(self, name: str, step: int, net: Trained, *, lasting: bool = True) -> None:
        """A state of a training; steps ascend. It takes the place of the one before, if that was not `lasting`."""
        with self._lock:
            states = self._sessions.setdefault(name, [])
            if name in self._passing and states:
                states.pop()
            states.append((step, net))
            (self._passing.discard if lasting else self._passing.add)(name)
        self.watch(name, step, net, lasting)

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
        """The net a scene names: one that was trained here, or that of a file.

        Raises:
            SceneError: there is none, or the file is at fault.
        """
        if field.file.startswith(SESSION):
            return self._of_session(field)
        from visualizer.engine.run.net_files import net_in_file  # brings torch, which the window must not wait for

        return net_in_file(field.file)

    def _of_session(self, field: LearnedField) -> Trained:
        with self._lock:
            kept = self._sessions.get(field.file)
            if not kept:
                text = "this net was trained in another session and not saved; train it again, or choose a file"
                raise SceneError(field.file, [Problem("field.file", text)])
            if field.checkpoint is None:
                return kept[-1][1]
            at = bisect_right(kept, field.checkpoint, key=lambda pair: pair[0])
            return kept[max(0, at - 1)][1]
