"""Notes what the lecturer does while presenting, as a script."""

from __future__ import annotations

import time
from typing import Any, Protocol

from PySide6.QtCore import QObject, QPoint, SignalInstance

from visualizer.engine.host.talk import Result
from visualizer.gui.desk import Desk
from visualizer.scene.changes import Change, changes
from visualizer.scene.model import Scene
from visualizer.scene.script import MAX_EVENTS, MAX_SECONDS, Event, Script, scene_event
from visualizer.scene.tour import Stop

#: Seconds between two notes of the run's step.
_STEP_EVERY = 0.25
#: Seconds between two notes of the pointer.
_SPOT_EVERY = 0.06
#: Times are noted to this many digits.
_DIGITS = 3


class Presented(Protocol):
    """What is presented, as the recorder listens to it: signals, and what stands beside the picture."""

    #: the index of the stop; a place in the figure; whether the screen is blank
    moved: SignalInstance
    spotted: SignalInstance
    blanked: SignalInstance
    index: int

    @property
    def stop(self) -> Stop:
        """The stop one is at."""
        ...

    @property
    def name(self) -> str:
        """What is presented."""
        ...

    @property
    def texts(self) -> tuple[str, str, str]:
        """Title, caption and "3 / 12"."""
        ...


class Recorder(QObject):
    """Records from its making until `finish`."""

    def __init__(self, desk: Desk, presented: Presented) -> None:
        super().__init__(desk.host)
        self._desk, self._presented = desk, presented
        self._begin: float | None = None
        self._events: list[Event] = []
        self._scene: Scene | None = None
        self._step = -1
        self._last = {"step": -1.0, "spot": -1.0, "view": -1.0}
        # Where the picture was moved to by hand, which the scene does not say.
        self._looked: dict[str, tuple[float, float]] = {}
        self._note_scene(desk.scene)
        self._note_words(presented.index)
        if desk.pictures:
            self._add(Event(at=0.0, step=desk.pictures[0].moment.step))
        self._begin = time.monotonic()
        for signal, slot in self._listened():
            signal.connect(slot)

    def _listened(self) -> tuple[tuple[Any, Any], ...]:
        p, w = self._presented, self._desk
        return (
            (w.store.changed, self._scene_changed), (w.store.opened, self._opened),
            (w.player.frame, self._frame), (w.player.restarted, self._opened), (p.moved, self._note_words),
            (p.spotted, self._note_spot), (p.blanked, self._note_blank),
            (w.figure.moved, self._moved), (w.figure.fitted, self._fitted),
        )  # fmt: skip

    @property
    def _now(self) -> float:
        return 0.0 if self._begin is None else round(time.monotonic() - self._begin, _DIGITS)

    def _add(self, event: Event) -> None:
        if len(self._events) < MAX_EVENTS and event.at <= MAX_SECONDS:
            self._events.append(event)

    def _scene_changed(self, scene: Scene, old: Scene) -> None:
        if (scene.view.x, scene.view.y, scene.target.d) != (old.view.x, old.view.y, old.target.d):
            self._looked = {}
        self._note_scene(scene)

    def _moved(self) -> None:
        if self._now - self._last["view"] < _SPOT_EVERY:
            return
        self._last["view"] = self._now
        scene, view = self._desk.scene, self._desk.figure.views()[0]
        self._looked = {"x": (round(view.x0, 4), round(view.x1, 4))}
        if scene.target.d == 2:
            self._looked["y"] = (round(view.y0, 4), round(view.y1, 4))
        self._note_scene(scene)

    def _fitted(self) -> None:
        self._looked = {}
        self._note_scene(self._desk.scene)

    def _note_scene(self, scene: Scene) -> None:
        scene = scene.with_(view=scene.view.with_(**self._looked)) if self._looked else scene
        before, self._scene = self._scene, scene
        restart = before is not None and bool(changes(before, scene) & Change.RESTART)
        self._add(scene_event(self._now, before, scene, restart))

    def _opened(self) -> None:
        """The run begins again, whatever the scene."""
        if self._events and self._events[-1].restart and self._events[-1].at >= self._now - 0.005:
            return
        self._add(Event(at=self._now, restart=True))
        self._step = -1

    def _frame(self, result: Result) -> None:
        step = result.pictures[0].moment.step
        jumped = step < self._step or not result.playing
        if step == self._step or (not jumped and self._now - self._last["step"] < _STEP_EVERY):
            return
        self._step, self._last["step"] = step, self._now
        self._add(Event(at=self._now, step=step))

    def _note_words(self, _: int) -> None:
        title, caption, number = self._presented.texts
        stop = self._presented.stop
        self._add(
            Event(
                at=self._now, title=title, caption=caption, number=number, equation=stop.equation, marks=stop.marks,
                norms=stop.norms or 0, digits=stop.digits or 0.0
            )
        )  # fmt: skip

    def _note_spot(self, at: QPoint) -> None:
        if self._now - self._last["spot"] < _SPOT_EVERY:
            return
        self._last["spot"] = self._now
        size = self._desk.figure.size()
        share = (round(at.x() / max(1, size.width()), 4), round(at.y() / max(1, size.height()), 4))
        self._add(Event(at=self._now, spot=(min(max(share[0], -1), 2), min(max(share[1], -1), 2))))

    def _note_blank(self, blank: bool) -> None:
        self._add(Event(at=self._now, blank=blank))

    @property
    def script(self) -> Script:
        """What has happened up to now."""
        return Script(title=self._presented.name, seconds=self._now, events=tuple(self._events))

    def finish(self) -> Script:
        """No more is noted; what happened."""
        for signal, slot in self._listened():
            signal.disconnect(slot)
        return self.script
